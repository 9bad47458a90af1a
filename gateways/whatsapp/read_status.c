/*
 * read_status: what became of a message of ours, and errors, which have the
 * same shape wherever they stand.
 */

#include <string.h>

#include "gateways/whatsapp/read_inner.h"
#include "gateways/whatsapp/read_take.h"

#define STATUS_MAX 32 /* octets of its word */
#define ERRORS_MAX 10 /* of one status or message */

static const struct take members[] = {
	{ "id", TAKE_ID, NULL },
	{ "status", TAKE_ID, NULL },
	{ "recipient_id", TAKE_ID, NULL },
	{ "recipient_user_id", TAKE_ID, NULL },
	{ "recipient_parent_user_id", TAKE_ID, NULL },
	{ "parent_recipient_user_id", TAKE_ID, "recipient_parent_user_id" },
	{ "recipient_type", TAKE_ID, NULL },
	{ "recipient_participant_id", TAKE_ID, NULL },
	{ "recipient_participant_user_id", TAKE_ID, NULL },
	{ "participant_recipient_user_id", TAKE_ID,
	  "recipient_participant_user_id" },
	{ "recipient_identity_key_hash", TAKE_WORD, NULL },
	{ "biz_opaque_callback_data", TAKE_LINE, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take pricing_members[] = {
	{ "billable", TAKE_BOOL, NULL }, { "pricing_model", TAKE_ID, NULL },
	{ "category", TAKE_ID, NULL },   { "type", TAKE_ID, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take conversation_members[] = {
	{ "id", TAKE_ID, NULL },
	{ "expiration_timestamp", TAKE_TIME, "expires" },
	{ NULL, TAKE_ID, NULL },
};
static const struct take origin_members[] = {
	{ "type", TAKE_ID, "origin" },
	{ NULL, TAKE_ID, NULL },
};
static const struct take error_members[] = {
	{ "title", TAKE_LINE, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take message_members[] = {
	{ "message", TAKE_LINE, "title" },
	{ NULL, TAKE_ID, NULL },
};
static const struct take detail_members[] = {
	{ "details", TAKE_LINE, "detail" },
	{ NULL, TAKE_ID, NULL },
};

bool
read_error(const json_t *o, json_t *to)
{
	const json_t *code = json_object_get(o, "code");

	if (!json_is_integer(code) || json_integer_value(code) < 0)
		return false;
	(void)json_object_set_new(to, "code",
				  json_integer(json_integer_value(code)));
	take_all(to, o, error_members);
	if (json_object_get(to, "title") == NULL)
		take_all(to, o, message_members);
	take_all(to, take_object(o, "error_data"), detail_members);
	return true;
}

void
read_error_codes(const json_t *errors, json_t *to)
{
	json_t *codes = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(errors, i, o)
	{
		const json_t *code = json_object_get(o, "code");

		if (i < ERRORS_MAX && json_is_integer(code))
			(void)json_array_append_new(
				codes, json_integer(json_integer_value(code)));
	}
	take_set(to, "error_codes", codes);
}

static json_t *
error_list(const json_t *errors)
{
	json_t *list = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(errors, i, o)
	{
		json_t *one = json_object();

		if (i < ERRORS_MAX && read_error(o, one))
			(void)json_array_append_new(list, one);
		else
			json_decref(one);
	}
	return list;
}

void
read_status(struct reading *r, size_t i, const json_t *o)
{
	const char *word = take_id(o, "status");
	const json_t *errors = take_array(o, "errors");
	const json_t *talk = take_object(o, "conversation");
	json_t *pricing = json_object();
	json_t *conversation = json_object();
	json_t *s;

	if (take_id(o, "id") == NULL || word == NULL ||
	    strlen(word) > STATUS_MAX) {
		json_decref(pricing);
		json_decref(conversation);
		reading_refuse(r, "statuses", i,
			       take_id(o, "id") == NULL
				       ? "no id that can be kept"
				       : "no status");
		return;
	}
	s = reading_fact(r, o);
	take_all(s, o, members);
	take_all(pricing, take_object(o, "pricing"), pricing_members);
	take_set(s, "pricing", pricing);
	take_all(conversation, talk, conversation_members);
	take_all(conversation, take_object(talk, "origin"), origin_members);
	take_set(s, "conversation", conversation);
	read_error_codes(errors, s);
	take_set(s, "errors", error_list(errors));
	r->count++;
	(void)json_array_append_new(r->statuses, s);
}
