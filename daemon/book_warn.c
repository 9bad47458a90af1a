#include "daemon/book_warn.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/template.h"
#include "daemon/template.h"
#include "rules/book.h"

/* Is a language of Meta's one of the book's: es of "es" and "es_MX"? */
static bool
is_kind_of(const char *meta, const char *language)
{
	size_t n = strlen(language);

	return n == 0 || (strncmp(meta, language, n) == 0 &&
			  (meta[n] == '\0' || meta[n] == '_'));
}

static const char *
str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

/* What speaks against it, new; NULL: some number has it so. */
static char *
fault_of(const struct book_template *t, const json_t *known)
{
	struct template_needs needs = { .values = 0 };
	bool language = false;
	struct err ignored;
	const json_t *one;
	size_t i;

	json_array_foreach(known, i, one)
	{
		if (!is_kind_of(str(one, "language"), t->language))
			continue;
		language = true;
		if (template_needs(json_object_get(one, "components"), &needs,
				   &ignored) == OUT_OK &&
		    needs.values == t->value_count &&
		    needs.header == (t->header != NULL) && needs.file == NULL)
			return NULL;
	}
	if (json_array_size(known) == 0)
		return mem_printf("no number has a template '%.100s'", t->name);
	if (!language)
		return mem_printf("template '%.100s' is not there in '%s'",
				  t->name, t->language);
	if (needs.file != NULL)
		return mem_printf("the header of template '%.100s' shows a "
				  "file",
				  t->name);
	if (needs.header != (t->header != NULL))
		return mem_printf("the header of template '%.100s' takes %s "
				  "text",
				  t->name, needs.header ? "a" : "no");
	return mem_printf("template '%.100s' takes %zu parameters, not %zu",
			  t->name, needs.values, t->value_count);
}

static enum outcome
warn_one(struct store *s, const struct book_template *t, json_t *list,
	 struct err *e)
{
	json_t *known = NULL;
	char *fault;
	enum outcome o = template_named(s, t->name, &known, e);

	if (o != OUT_OK)
		return o;
	fault = fault_of(t, known);
	if (fault != NULL)
		(void)json_array_append_new(
			list,
			json_pack("{s:i, s:i, s:s, s:s}", "line", t->line,
				  "column", t->column, "text", fault, "hint",
				  "it does not go until Meta has "
				  "approved it so"));
	mem_free(fault);
	json_decref(known);
	return OUT_OK;
}

enum outcome
book_warnings(struct store *s, const struct book *b, json_t **out,
	      struct err *e)
{
	json_t *list = json_array();
	bool any = false;
	enum outcome o = template_any(s, &any, e);
	size_t i;
	size_t k;

	for (i = 0; o == OUT_OK && any && i < book_reply_count(b); i++) {
		const struct book_reply *r = book_reply_at(b, i);

		for (k = 0; o == OUT_OK && k < r->template_count &&
			    json_array_size(list) < BOOK_WARNINGS_MAX;
		     k++)
			o = warn_one(s, &r->templates[k], list, e);
	}
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}
