#include "gateways/whatsapp/message.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/whatsapp/marks.h"

#define TRACKER_MAX 512
#define BODY_BYTES (16 * 1024) /* of 4,096 characters */

static const json_t *
card(const json_t *delivery)
{
	return json_object_get(delivery, "whatsapp");
}

static const char *
str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

const char *
message_person(const json_t *delivery)
{
	const json_t *to = json_object_get(card(delivery), "to");

	return *str(to, "wa_id") ? str(to, "wa_id") : str(to, "user_id");
}

/* The delivery's text with marks; NULL: none, or *e says why not. */
static json_t *
body_text(const json_t *delivery, size_t max, struct err *e)
{
	const char *text = str(delivery, "text");
	json_t *v = NULL;
	struct buf b;

	e->text[0] = '\0';
	buf_init(&b, BODY_BYTES);
	if (*text && marks_write(text, strlen(text), max, &b, e) == OUT_OK)
		v = json_stringn(buf_str(&b), b.len);
	buf_release(&b);
	return v;
}

static json_t *
make_text(const json_t *d, struct err *e)
{
	json_t *body = body_text(d, MARKS_TEXT_MAX, e);

	if (!body && !*e->text)
		(void)err_set(e, OUT_PERM, "there is no text");
	return body ? json_pack("{s:o}", "body", body) : NULL;
}

/* What a sound cannot have goes with a document. */
static const char *
media_kind(const json_t *d, const struct kind *kind)
{
	return kind->kind == KIND_AUDIO && *str(d, "text") ? "document"
							   : kind->name;
}

static json_t *
make_media(const json_t *d, const struct kind *kind, const char *media,
	   struct err *e)
{
	const char *name = str(json_object_get(card(d), "file"), "filename");
	json_t *caption = body_text(d, MARKS_CAPTION_MAX, e);
	json_t *o;

	if (*e->text)
		return NULL;
	o = json_pack("{s:s, s:o*}", "id", media, "caption", caption);
	if (*name && strcmp(media_kind(d, kind), "document") == 0)
		(void)json_object_set_new(o, "filename", json_string(name));
	return o;
}

/* The parameter of a header that shows a file, or NULL. Borrowed. */
static json_t *
header_file(const json_t *components)
{
	json_t *c;
	size_t i;

	json_array_foreach(components, i, c)
	{
		json_t *p = json_array_get(json_object_get(c, "parameters"), 0);

		if (strcmp(str(c, "type"), "header") == 0 &&
		    json_object_get(p, str(p, "type")) != NULL &&
		    strcmp(str(p, "type"), "text") != 0)
			return p;
	}
	return NULL;
}

/* Into the header of a template goes the file that it shows. Anything can be
 * shown as a document. */
static bool
put_header(json_t *components, const json_t *d, const struct kind *kind,
	   const char *media, struct err *e)
{
	const char *name = str(json_object_get(card(d), "file"), "filename");
	json_t *p = header_file(components);
	const char *as = str(p, "type");
	json_t *shown = json_object_get(p, as);

	if (!p && !media)
		return true;
	if (!p || !media || !kind ||
	    (strcmp(as, "document") != 0 && strcmp(as, kind->name) != 0)) {
		(void)err_set(e, OUT_PERM,
			      "its header takes no such file, but: %s",
			      *as ? as : "none");
		return false;
	}
	(void)json_object_set_new(shown, "id", json_string(media));
	if (*name && strcmp(as, "document") == 0)
		(void)json_object_set_new(shown, "filename", json_string(name));
	return true;
}

static json_t *
make_template(const json_t *d, const struct kind *kind, const char *media,
	      struct err *e)
{
	const json_t *t = json_object_get(card(d), "template");
	json_t *components = json_deep_copy(json_object_get(t, "components"));

	if (!put_header(components, d, kind, media, e)) {
		json_decref(components);
		return NULL;
	}
	return json_pack("{s:s, s:{s:s}, s:o*}", "name", str(t, "name"),
			 "language", "code", str(t, "language"), "components",
			 components);
}

static json_t *
make_buttons(const json_t *buttons)
{
	json_t *list = json_array();
	const json_t *b;
	size_t i;

	json_array_foreach(buttons, i, b)(void) json_array_append_new(
		list, json_pack("{s:s, s:{s:s, s:s}}", "type", "reply", "reply",
				"id", str(b, "id"), "title", str(b, "title")));
	return json_pack("{s:o}", "buttons", list);
}

static json_t *
make_interactive(const json_t *d, struct err *e)
{
	const json_t *x = json_object_get(card(d), "interactive");
	const json_t *list = json_object_get(x, "list");
	size_t max = list ? MARKS_TEXT_MAX : MARKS_CAPTION_MAX;
	json_t *body = body_text(d, max, e);
	json_t *action;

	if (!body) {
		if (!*e->text)
			(void)err_set(e, OUT_PERM, "there is no text");
		return NULL;
	}
	if (list)
		action = json_pack("{s:s, s:[{s:O}]}", "button",
				   str(list, "button"), "sections", "rows",
				   json_object_get(list, "rows"));
	else
		action = make_buttons(json_object_get(x, "buttons"));
	return json_pack("{s:s, s:{s:o}, s:o}", "type",
			 list ? "list" : "button", "body", "text", body,
			 "action", action);
}

static json_t *
make_reaction(const json_t *d)
{
	const json_t *r = json_object_get(card(d), "reaction");

	return json_pack("{s:s, s:s}", "message_id", str(r, "message"), "emoji",
			 str(r, "emoji"));
}

/* The object named like the type, and the type. */
static json_t *
make_content(const json_t *d, const struct kind *kind, const char *media,
	     const char **type, struct err *e)
{
	const char *what = str(card(d), "kind");

	*type = what;
	(void)err_set(e, OUT_PERM, "it has no content of its kind");
	if (strcmp(what, "text") == 0)
		return make_text(d, e);
	if (strcmp(what, "template") == 0)
		return make_template(d, kind, media, e);
	if (strcmp(what, "interactive") == 0)
		return make_interactive(d, e);
	if (strcmp(what, "reaction") == 0)
		return make_reaction(d);
	if (strcmp(what, "media") == 0 && kind && media) {
		*type = media_kind(d, kind);
		return make_media(d, kind, media, e);
	}
	return NULL;
}

/* A number with its plus: without it Graph puts our own country in front. */
static bool
set_to(json_t *m, const json_t *d)
{
	const json_t *to = json_object_get(card(d), "to");
	const char *number = str(to, "wa_id");

	if (*number)
		return json_object_set_new(m, "to",
					   json_sprintf("+%s", number)) == 0;
	return *str(to, "user_id") &&
	       json_object_set(m, "recipient",
			       json_object_get(to, "user_id")) == 0;
}

enum outcome
message_build(const json_t *delivery, const struct kind *kind,
	      const char *media, json_t **out, struct err *e)
{
	const char *key = str(delivery, "key");
	const char *quotes = str(card(delivery), "quotes");
	const char *type;
	json_t *content = make_content(delivery, kind, media, &type, e);
	json_t *m;

	*out = NULL;
	if (!content)
		return OUT_PERM;
	m = json_pack("{s:s, s:s, s:s, s:o}", "messaging_product", "whatsapp",
		      "recipient_type", "individual", "type", type, type,
		      content);
	if (*quotes && strcmp(type, "reaction") != 0)
		(void)json_object_set_new(
			m, "context", json_pack("{s:s}", "message_id", quotes));
	if (!*key || strlen(key) > TRACKER_MAX || !set_to(m, delivery)) {
		json_decref(m);
		return err_set(e, OUT_PERM,
			       "it has no key, or nobody to go to");
	}
	(void)json_object_set_new(m, "biz_opaque_callback_data",
				  json_string(key));
	*out = m;
	return OUT_OK;
}

json_t *
message_read(const char *external_id, bool typing)
{
	json_t *m =
		json_pack("{s:s, s:s, s:s}", "messaging_product", "whatsapp",
			  "status", "read", "message_id", external_id);

	if (typing)
		(void)json_object_set_new(m, "typing_indicator",
					  json_pack("{s:s}", "type", "text"));
	return m;
}
