/*
 * read_message: a message of a person, or one of ours from the phone: whose it
 * is, what it answers, where it came from. What it holds: read_content.c.
 */

#include <stdio.h>
#include <string.h>

#include "gateways/whatsapp/read.h"
#include "gateways/whatsapp/read_inner.h"
#include "gateways/whatsapp/read_take.h"

#define DIGITS_MAX 40
#define KEY_MAX (2 * WA_ID_MAX + 2)

static const struct take head[] = {
	{ "id", TAKE_ID, NULL },
	{ "from", TAKE_ID, NULL },
	{ "from_user_id", TAKE_ID, "user_id" },
	{ "from_parent_user_id", TAKE_ID, "parent_user_id" },
	{ "to", TAKE_ID, NULL },
	{ "to_user_id", TAKE_ID, NULL },
	{ "to_parent_user_id", TAKE_ID, NULL },
	{ "group_id", TAKE_ID, NULL },
	{ NULL, TAKE_ID, NULL },
};

static const struct take context_members[] = {
	{ "id", TAKE_ID, "context_id" },
	{ "from", TAKE_ID, "context_from" },
	{ "forwarded", TAKE_BOOL, NULL },
	{ "frequently_forwarded", TAKE_BOOL, NULL },
	{ NULL, TAKE_ID, NULL },
};

static const struct take product_members[] = {
	{ "catalog_id", TAKE_ID, NULL },
	{ "product_retailer_id", TAKE_LINE, NULL },
	{ NULL, TAKE_ID, NULL },
};

static const struct take referral_members[] = {
	{ "source_type", TAKE_ID, NULL },
	{ "source_id", TAKE_ID, NULL },
	{ "source_url", TAKE_URL, NULL },
	{ "headline", TAKE_LINE, NULL },
	{ "body", TAKE_LINE, NULL },
	{ "media_type", TAKE_ID, NULL },
	{ "image_url", TAKE_URL, NULL },
	{ "video_url", TAKE_URL, NULL },
	{ "thumbnail_url", TAKE_URL, NULL },
	{ "ctwa_clid", TAKE_URL, NULL },
	{ NULL, TAKE_ID, NULL },
};

static const struct take welcome_members[] = {
	{ "text", TAKE_LINE, "welcome_message" },
	{ NULL, TAKE_ID, NULL },
};

static void
put_context(const json_t *o, json_t *message)
{
	const json_t *context = take_object(o, "context");
	json_t *product = json_object();

	take_all(message, context, context_members);
	take_all(product, take_object(context, "referred_product"),
		 product_members);
	take_set(message, "referred_product", product);
}

static void
put_referral(const json_t *o, json_t *message)
{
	const json_t *from = take_object(o, "referral");
	json_t *referral = json_object();

	take_all(referral, from, referral_members);
	take_all(referral, take_object(from, "welcome_message"),
		 welcome_members);
	take_set(message, "referral", referral);
}

/* The digits of a number, however it is written. */
static void
digits(const char *s, char out[DIGITS_MAX])
{
	size_t n = 0;

	for (; s != NULL && *s != '\0' && n + 1 < DIGITS_MAX; s++)
		if (*s >= '0' && *s <= '9')
			out[n++] = *s;
	out[n] = '\0';
}

static bool
is_own(const struct reading *r, const json_t *o)
{
	char from[DIGITS_MAX];
	char ours[DIGITS_MAX];

	digits(take_id(o, "from"), from);
	digits(r->display, ours);
	return from[0] != '\0' && strcmp(from, ours) == 0;
}

static bool
is_known(struct reading *r, const char *id)
{
	char key[KEY_MAX];

	(void)snprintf(key, sizeof key, "%s\n%s", r->phone, id);
	if (json_object_get(r->seen, key) != NULL)
		return true;
	(void)json_object_set_new(r->seen, key, json_true());
	return false;
}

/* A message but for its person: NULL and *why_out, or a new reference. */
static json_t *
common(const struct reading *r, const json_t *o, const char **why_out)
{
	const char *type = take_id(o, "type");
	json_t *m;

	*why_out = take_id(o, "id") == NULL ? "no id that can be kept"
		   : type == NULL || strlen(type) > WA_TYPE_MAX ? "no type"
								: NULL;
	if (*why_out != NULL)
		return NULL;
	m = reading_fact(r, o);
	(void)json_object_set(m, "raw", (json_t *)o);
	take_all(m, o, head);
	(void)json_object_set_new(m, "type", json_string(type));
	put_context(o, m);
	put_referral(o, m);
	read_error_codes(json_object_get(o, "errors"), m);
	*why_out = read_content(o, type, m);
	if (*why_out == NULL)
		return m;
	json_decref(m);
	return NULL;
}

void
read_message(struct reading *r, size_t i, const json_t *o)
{
	const char *why;
	json_t *m = common(r, o, &why);

	if (m == NULL) {
		reading_refuse(r, "messages", i, why);
		return;
	}
	read_person(r, o, m);
	if (json_object_get(m, "from") == NULL &&
	    json_object_get(m, "user_id") == NULL &&
	    json_object_get(m, "wa_id") == NULL) {
		json_decref(m);
		reading_refuse(r, "messages", i, "no sender");
	} else if (is_known(r, take_id(m, "id"))) {
		json_decref(m);
	} else {
		r->count++;
		(void)json_array_append_new(is_own(r, o) ? r->own : r->messages,
					    m);
	}
}

void
read_echo(struct reading *r, size_t i, const json_t *o)
{
	const char *why;
	json_t *m = common(r, o, &why);

	if (m != NULL && json_object_get(m, "to") == NULL &&
	    json_object_get(m, "to_user_id") == NULL) {
		json_decref(m);
		m = NULL;
		why = "no recipient";
	}
	if (m == NULL) {
		reading_refuse(r, "message_echoes", i, why);
		return;
	}
	r->count++;
	(void)json_array_append_new(r->echoes, m);
}
