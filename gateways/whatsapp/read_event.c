/*
 * read_event: changes of fields other than messages and echoes: what happened
 * to an account, a number or a template. What fields share is read by name; the
 * rest is told as it is, in one line, where nothing personal can stand.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/whatsapp/read_inner.h"
#include "gateways/whatsapp/read_take.h"

#define DETAIL_MAX 500 /* octets */
#define PREFERENCES_MAX 100
#define LEVELS_MAX 3 /* of a value, that are told */
#define NUMBER_DIGITS 24

static const struct take members[] = {
	{ "event", TAKE_ID, NULL },
	{ "decision", TAKE_ID, NULL },
	{ "current_limit", TAKE_ID, NULL },
	{ "display_phone_number", TAKE_ID, NULL },
	{ "message_template_id", TAKE_NUMBER, NULL },
	{ "message_template_name", TAKE_LINE, NULL },
	{ "message_template_language", TAKE_ID, NULL },
	{ "reason", TAKE_LINE, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take alert_members[] = {
	{ "alert_severity", TAKE_ID, "severity" },
	{ "alert_status", TAKE_ID, NULL },
	{ "alert_type", TAKE_ID, NULL },
	{ "alert_description", TAKE_LINE, "reason" },
	{ NULL, TAKE_ID, NULL },
};
static const struct take preference_members[] = {
	{ "wa_id", TAKE_ID, NULL },       { "user_id", TAKE_ID, NULL },
	{ "category", TAKE_ID, NULL },    { "value", TAKE_ID, NULL },
	{ "timestamp", TAKE_TIME, NULL }, { NULL, TAKE_ID, NULL },
};
static const struct take entry_members[] = {
	{ "time", TAKE_TIME, "timestamp" },
	{ NULL, TAKE_ID, NULL },
};

static void
put_preferences(const struct reading *r, json_t *event)
{
	const json_t *from = take_array(r->value, "user_preferences");
	json_t *list = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(from, i, o)
	{
		json_t *one = json_object();

		take_all(one, o, preference_members);
		if (i < PREFERENCES_MAX)
			(void)json_array_append(list, one);
		json_decref(one);
	}
	take_set(event, "preferences", list);
}

static void
say(struct buf *b, const char *name, const char *value)
{
	(void)buf_printf(b, "%s%s: %s", b->len != 0 ? ", " : "", name, value);
}

/* Names and values of v and what is in it, down to a depth. */
static void
tell(struct buf *b, const char *name, const json_t *v, int levels)
{
	char number[NUMBER_DIGITS];
	const char *key;
	json_t *o;
	size_t i;

	if (b->full || levels == 0)
		return;
	switch (json_typeof(v)) {
	case JSON_STRING:
		say(b, name, json_string_value(v));
		break;
	case JSON_INTEGER:
		(void)snprintf(number, sizeof number, "%lld",
			       (long long)json_integer_value(v));
		say(b, name, number);
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		say(b, name, json_is_true(v) ? "yes" : "no");
		break;
	case JSON_ARRAY:
		json_array_foreach(v, i, o) tell(b, name, o, levels - 1);
		break;
	case JSON_OBJECT:
		json_object_foreach((json_t *)v, key, o)
			tell(b, key, o, levels - 1);
		break;
	case JSON_REAL:
	case JSON_NULL:
		break;
	}
}

/* Fields of an account have no metadata, and speak of no customer. */
static void
put_detail(const struct reading *r, json_t *event)
{
	const struct take one_line[] = { { "detail", TAKE_LINE, NULL },
					 { NULL, TAKE_ID, NULL } };
	struct buf b;
	json_t *raw;

	if (take_object(r->value, "metadata") != NULL)
		return;
	buf_init(&b, DETAIL_MAX);
	tell(&b, "value", r->value, LEVELS_MAX + 1);
	raw = json_object();
	if (b.len != 0)
		(void)json_object_set_new(raw, "detail",
					  json_string(buf_str(&b)));
	take_all(event, raw, one_line);
	json_decref(raw);
	buf_release(&b);
}

void
read_event(struct reading *r, const char *field)
{
	json_t *event = reading_fact(r, NULL);
	json_t *entry = json_object();

	(void)json_object_set_new(event, "field", json_string(field));
	if (r->waba != NULL)
		take_set(event, "waba_id", json_string(r->waba));
	if (r->at != NULL)
		(void)json_object_set(entry, "time", (json_t *)r->at);
	take_all(event, entry, entry_members);
	json_decref(entry);
	take_all(event, r->value, members);
	take_all(event, take_object(r->value, "alert_info"), alert_members);
	put_preferences(r, event);
	put_detail(r, event);
	r->count++;
	(void)json_array_append_new(r->events, event);
}
