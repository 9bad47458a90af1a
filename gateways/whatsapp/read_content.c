/*
 * read_content: what a message of each type holds, by a table. An object that
 * is not there leaves a message without content, which is kept; one of another
 * shape than its type's makes the message one that cannot be read.
 */

#include <stdio.h>
#include <string.h>

#include "gateways/common/scan.h"
#include "gateways/whatsapp/read.h"
#include "gateways/whatsapp/read_inner.h"
#include "gateways/whatsapp/read_take.h"

#define MEDIA_ID_MAX 128
#define ITEMS_MAX 100    /* of an order; contacts of one message */
#define PARTS_MAX 20     /* phones and mail addresses of a contact */
#define FORM_DEPTH_MAX 8 /* of what a form was filled with */
#define FORM_MAX 16384   /* octets of it */

static const struct take media_members[] = {
	{ "mime_type", TAKE_WORD, NULL }, { "sha256", TAKE_HASH, NULL },
	{ "caption", TAKE_SHORT, NULL },  { "voice", TAKE_BOOL, NULL },
	{ "animated", TAKE_BOOL, NULL },  { "url", TAKE_URL, NULL },
	{ "filename", TAKE_LINE, NULL },  { NULL, TAKE_ID, NULL },
};
static const struct take location_members[] = {
	{ "latitude", TAKE_NUMBER, NULL }, { "longitude", TAKE_NUMBER, NULL },
	{ "name", TAKE_LINE, NULL },       { "address", TAKE_LINE, NULL },
	{ "url", TAKE_URL, NULL },         { NULL, TAKE_ID, NULL },
};
static const struct take phone_members[] = {
	{ "phone", TAKE_LINE, NULL },
	{ "wa_id", TAKE_ID, NULL },
	{ "type", TAKE_LINE, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take button_members[] = {
	{ "payload", TAKE_LINE, NULL },
	{ "text", TAKE_LINE, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take reply_members[] = {
	{ "id", TAKE_LINE, NULL },          { "title", TAKE_LINE, NULL },
	{ "description", TAKE_LINE, NULL }, { "name", TAKE_LINE, NULL },
	{ "response", TAKE_LINE, NULL },    { NULL, TAKE_ID, NULL },
};
static const struct take item_members[] = {
	{ "product_retailer_id", TAKE_LINE, NULL },
	{ "quantity", TAKE_NUMBER, NULL },
	{ "item_price", TAKE_NUMBER, NULL },
	{ "currency", TAKE_ID, NULL },
	{ NULL, TAKE_ID, NULL },
};
static const struct take system_members[] = {
	{ "type", TAKE_ID, NULL },
	{ "wa_id", TAKE_ID, NULL },
	{ "new_wa_id", TAKE_ID, "wa_id" }, /* until 2023 */
	{ "customer", TAKE_ID, NULL },
	{ "user_id", TAKE_ID, NULL },
	{ "previous_user_id", TAKE_ID, NULL },
	{ "parent_user_id", TAKE_ID, NULL },
	{ NULL, TAKE_ID, NULL },
};

static void
put_text(json_t *to, const json_t *from, const char *name)
{
	const struct take table[] = { { name, TAKE_TEXT, "text" },
				      { NULL, TAKE_ID, NULL } };

	take_all(to, from, table);
}

static void
put_line(json_t *to, const char *as, const json_t *from, const char *name)
{
	const struct take table[] = { { name, TAKE_LINE, as },
				      { NULL, TAKE_ID, NULL } };

	take_all(to, from, table);
}

static const char *
text_in(const json_t *o, const json_t *v, json_t *message)
{
	(void)o;
	if (take_odd(v, "body", JSON_STRING))
		return "the text is no string";
	put_text(message, v, "body");
	return NULL;
}

/* It becomes a part of a URL: nothing but letters, digits, '_' and '-'. */
static bool
is_media_id(const char *s)
{
	static const char fine[] = "abcdefghijklmnopqrstuvwxyz"
				   "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

	return s != NULL && strlen(s) <= MEDIA_ID_MAX &&
	       strspn(s, fine) == strlen(s);
}

/* Of a path, its last part: a customer's file name names no folder. */
static void
put_filename(json_t *media)
{
	const char *s = json_string_value(json_object_get(media, "filename"));
	const char *last = s;

	if (s == NULL)
		return;
	for (; *s != '\0'; s++)
		if (*s == '/' || *s == '\\')
			last = s + 1;
	if (*last == '\0')
		(void)json_object_del(media, "filename");
	else
		(void)json_object_set_new(media, "filename", json_string(last));
}

static const char *
media_in(const json_t *o, const json_t *v, json_t *message)
{
	const char *type = json_string_value(json_object_get(o, "type"));
	const char *id = take_id(v, "id");
	bool old_voice = strcmp(type, "voice") == 0;
	json_t *media = json_object();

	(void)json_object_set_new(media, "kind",
				  json_string(old_voice ? "audio" : type));
	if (is_media_id(id))
		(void)json_object_set_new(media, "id", json_string(id));
	take_all(media, v, media_members);
	if (old_voice)
		(void)json_object_set_new(media, "voice", json_true());
	put_filename(media);
	put_text(message, v, "caption");
	take_set(message, "media", media);
	return NULL;
}

static const char *
location_in(const json_t *o, const json_t *v, json_t *message)
{
	json_t *location = json_object();

	(void)o;
	take_all(location, v, location_members);
	if (json_object_get(location, "latitude") == NULL ||
	    json_object_get(location, "longitude") == NULL) {
		json_decref(location);
		return "a location without coordinates";
	}
	take_set(message, "location", location);
	return NULL;
}

/* Objects of an array, at most max of them, by a table. */
static json_t *
several(const json_t *list, size_t max, const struct take *table)
{
	json_t *out = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		json_t *one = json_object();

		take_all(one, o, table);
		if (json_object_size(one) == 0 || json_array_size(out) == max)
			json_decref(one);
		else
			(void)json_array_append_new(out, one);
	}
	return out;
}

static json_t *
mails(const json_t *list)
{
	json_t *out = json_array();
	const json_t *o;
	size_t i;

	json_array_foreach(list, i, o)
	{
		json_t *one = json_object();
		json_t *mail;

		put_line(one, "email", o, "email");
		mail = json_object_get(one, "email");
		if (mail != NULL && json_array_size(out) < PARTS_MAX)
			(void)json_array_append(out, mail);
		json_decref(one);
	}
	return out;
}

static json_t *
person(const json_t *o)
{
	json_t *p = json_object();

	put_line(p, "name", take_object(o, "name"), "formatted_name");
	take_set(p, "phones",
		 several(take_array(o, "phones"), PARTS_MAX, phone_members));
	take_set(p, "emails", mails(take_array(o, "emails")));
	put_line(p, "company", take_object(o, "org"), "company");
	if (json_is_string(json_object_get(o, "vcard")))
		take_set(p, "vcard", json_true());
	return p;
}

static const char *
contacts_in(const json_t *o, const json_t *v, json_t *message)
{
	json_t *list = json_array();
	const json_t *one;
	size_t i;

	json_array_foreach(v, i, one) if (i < ITEMS_MAX)(void)
		json_array_append_new(list, person(one));
	take_set(message, "contacts", list);
	put_line(message, "contacts_origin", o, "origin");
	return NULL;
}

static const char *
button_in(const json_t *o, const json_t *v, json_t *message)
{
	json_t *button = json_object();

	(void)o;
	take_all(button, v, button_members);
	put_text(message, button, "text");
	take_set(message, "button", button);
	return NULL;
}

/* What a form was filled with comes as text, which may be broken. */
static void
put_form(json_t *interactive, const json_t *v)
{
	const json_t *raw = json_object_get(v, "response_json");
	const char *s = json_string_value(raw);
	size_t n = json_string_length(raw);
	json_t *form;
	struct err e;

	if (s == NULL || n == 0)
		return;
	if (n <= FORM_MAX &&
	    scan_json(s, n, FORM_DEPTH_MAX, &form, &e) == OUT_OK)
		take_set(interactive, "response", form);
	else
		put_line(interactive, "response_raw", v, "response_json");
}

static const char *
interactive_in(const json_t *o, const json_t *v, json_t *message)
{
	const char *type = take_id(v, "type");
	const json_t *inner = type != NULL ? take_object(v, type) : NULL;
	json_t *interactive;

	(void)o;
	if (type == NULL)
		return "an interactive answer without a type";
	interactive = json_pack("{s:s}", "type", type);
	take_all(interactive, inner, reply_members);
	put_form(interactive, inner);
	put_text(message, inner, "body");
	put_text(message, interactive, "title");
	take_set(message, "interactive", interactive);
	return NULL;
}

static const char *
order_in(const json_t *o, const json_t *v, json_t *message)
{
	json_t *order = json_object();

	(void)o;
	put_line(order, "catalog_id", v, "catalog_id");
	take_set(order, "items",
		 several(take_array(v, "product_items"), ITEMS_MAX,
			 item_members));
	put_text(message, v, "text");
	take_set(message, "order", order);
	return NULL;
}

static const char *
reaction_in(const json_t *o, const json_t *v, json_t *message)
{
	const char *target = take_id(v, "message_id");
	json_t *reaction;

	(void)o;
	if (target == NULL)
		return "a reaction to nothing";
	if (json_string_length(json_object_get(v, "emoji")) > WA_EMOJI_MAX)
		return "a reaction that is no emoji";
	reaction = json_pack("{s:s}", "message_id", target);
	put_line(reaction, "emoji", v, "emoji");
	take_set(message, "reaction", reaction);
	return NULL;
}

static const char *
system_in(const json_t *o, const json_t *v, json_t *message)
{
	json_t *system = json_object();

	(void)o;
	take_all(system, v, system_members);
	put_text(message, v, "body");
	take_set(message, "system", system);
	return NULL;
}

static const char *
unsupported_in(const json_t *o, const json_t *v, json_t *message)
{
	(void)o;
	put_line(message, "unsupported_type", v, "type");
	return NULL;
}

static const char *
revoke_in(const json_t *o, const json_t *v, json_t *message)
{
	const char *id = take_id(v, "original_message_id");

	(void)o;
	if (id == NULL)
		return "what is deleted is not named";
	(void)json_object_set_new(message, "revoke", json_string(id));
	return NULL;
}

static const char *edit_in(const json_t *o, const json_t *v, json_t *message);

/* A type, its object's name and JSON type, and how it is read. */
static const struct content {
	const char *type;
	const char *object;
	json_type is;
	const char *(*in)(const json_t *o, const json_t *v, json_t *message);
	bool inner; /* may an edit hold it? */
} contents[] = {
	{ "text", "text", JSON_OBJECT, text_in, true },
	{ "image", "image", JSON_OBJECT, media_in, true },
	{ "video", "video", JSON_OBJECT, media_in, true },
	{ "audio", "audio", JSON_OBJECT, media_in, true },
	{ "voice", "voice", JSON_OBJECT, media_in, true },
	{ "document", "document", JSON_OBJECT, media_in, true },
	{ "sticker", "sticker", JSON_OBJECT, media_in, true },
	{ "location", "location", JSON_OBJECT, location_in, false },
	{ "contacts", "contacts", JSON_ARRAY, contacts_in, false },
	{ "button", "button", JSON_OBJECT, button_in, false },
	{ "interactive", "interactive", JSON_OBJECT, interactive_in, false },
	{ "order", "order", JSON_OBJECT, order_in, false },
	{ "reaction", "reaction", JSON_OBJECT, reaction_in, false },
	{ "system", "system", JSON_OBJECT, system_in, false },
	{ "unsupported", "unsupported", JSON_OBJECT, unsupported_in, false },
	{ "unknown", "unsupported", JSON_OBJECT, unsupported_in, false },
	{ "edit", "edit", JSON_OBJECT, edit_in, false },
	{ "revoke", "revoke", JSON_OBJECT, revoke_in, false },
};

static const struct content *
find(const char *type)
{
	for (size_t i = 0; i < sizeof contents / sizeof contents[0]; i++)
		if (strcmp(contents[i].type, type) == 0)
			return &contents[i];
	return NULL;
}

static const char *
edit_in(const json_t *o, const json_t *v, json_t *message)
{
	const char *id = take_id(v, "original_message_id");
	const json_t *now = take_object(v, "message");
	const char *type = take_id(now, "type");
	const struct content *c = type != NULL ? find(type) : NULL;
	json_t *edit;

	(void)o;
	if (id == NULL)
		return "what is edited is not named";
	edit = json_pack("{s:s}", "original_message_id", id);
	if (type != NULL)
		(void)json_object_set_new(edit, "type", json_string(type));
	if (c != NULL && c->inner && take_object(now, c->object) != NULL &&
	    c->in(now, take_object(now, c->object), edit) != NULL) {
		json_decref(edit);
		return "what it is edited to cannot be read";
	}
	take_set(message, "edit", edit);
	return NULL;
}

const char *
read_content(const json_t *o, const char *type, json_t *message)
{
	const struct content *c = find(type);
	const json_t *v;

	(void)json_object_set_new(message, "supported",
				  json_boolean(c != NULL));
	if (c == NULL)
		return NULL;
	v = json_object_get(o, c->object);
	if (take_odd(o, c->object, c->is))
		return "its content is of another shape than its type";
	return v == NULL || json_is_null(v) ? NULL : c->in(o, v, message);
}
