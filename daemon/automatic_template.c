/*
 * automatic_template: a saved reply as WhatsApp's template, for where its text
 * may not go.
 */

#include <string.h>

#include "daemon/automatic_p.h"
#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/store/template.h"
#include "daemon/template.h"

/* Of "es": "es" itself if it is approved, else the first of "es_*". NULL:
 * none. Borrowed from the list. */
static const char *
language_among(const json_t *list, const char *language)
{
	size_t n = strlen(language);
	const char *found = NULL;
	const json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		const char *one = json_string_value(j);

		if (strncmp(one, language, n) != 0)
			continue;
		if (one[n] == '\0')
			return one;
		if (one[n] == '_' && found == NULL)
			found = one;
	}
	/* one that says no language is in whichever there is */
	if (n == 0 && found == NULL)
		found = json_string_value(json_array_get(list, 0));
	return found;
}

/* A text of the book with its variables, as a value can be. New. */
static char *
value_of(const char *text, const struct automatic_say *say)
{
	struct buf b;
	char *value;

	buf_init(&b, AUTOMATIC_BYTES_MAX);
	book_text_render(text, &say->facts, &b);
	value = template_value(buf_str(&b));
	buf_release(&b);
	return value;
}

static bool
asks_expected(const struct book_template *t)
{
	size_t i;

	if (t->header != NULL && book_text_asks_expected(t->header))
		return true;
	for (i = 0; i < t->value_count; i++)
		if (book_text_asks_expected(t->values[i]))
			return true;
	return false;
}

/* What template_make() takes. New. */
static json_t *
ask_of(const struct book_template *t, const char *language,
       const struct automatic_say *say)
{
	json_t *values = json_array();
	json_t *ask = json_object();
	char *value;
	size_t i;

	for (i = 0; i < t->value_count; i++) {
		value = value_of(t->values[i], say);
		(void)json_array_append_new(values, json_string(value));
		mem_free(value);
	}
	(void)json_object_set_new(ask, "name", json_string(t->name));
	(void)json_object_set_new(ask, "language", json_string(language));
	(void)json_object_set_new(ask, "parameters", values);
	if (t->header != NULL) {
		value = value_of(t->header, say);
		(void)json_object_set_new(ask, "header", json_string(value));
		mem_free(value);
	}
	return ask;
}

/* In the language in which it is approved; *why_out "template": in none that
 * would do, or it does not fit. */
static enum outcome
make(const struct automatic_ask *q, const struct book_template *t,
     int64_t connection_id, struct automatic_say *say,
     struct template_made *out, const char **why_out, struct err *e)
{
	json_t *list = NULL;
	const char *language;
	json_t *ask;
	enum outcome o =
		template_languages(q->s, connection_id, t->name, &list, e);

	if (o != OUT_OK)
		return o;
	language = language_among(list, t->language);
	if (language != NULL) {
		automatic_say_in(say, q, t->language);
		ask = ask_of(t, language, say);
		o = template_make(q->s, connection_id, ask, false, out, e);
		json_decref(ask);
	}
	json_decref(list);
	if (language == NULL ||
	    (o == OUT_PERM && strcmp(e->code, "template") == 0)) {
		*why_out = "template";
		return OUT_OK;
	}
	return o;
}

enum outcome
automatic_template(const struct automatic_ask *q, const struct book_reply *r,
		   int64_t connection_id, struct template_made *out,
		   struct promised *told_out, const char **why_out,
		   struct err *e)
{
	struct automatic_say say;
	const struct book_template *t;
	enum outcome o = automatic_say(q, &say, e);

	memset(out, 0, sizeof *out);
	*why_out = NULL;
	if (o == OUT_OK) {
		t = book_template_in(r, automatic_language(q),
				     member_str(say.desk, "language"));
		if (t == NULL)
			*why_out = "window";
		else
			o = make(q, t, connection_id, &say, out, why_out, e);
		*told_out = say.told;
		told_out->known =
			told_out->known && t != NULL && asks_expected(t);
	}
	automatic_say_release(&say);
	return o;
}
