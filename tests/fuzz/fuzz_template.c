/*
 * fuzz_template: octets as an answer of Graph with templates, which the
 * gateway takes, and as values, which fill them in. Says: no crash; what is
 * kept fits; what template_check() lets pass is filled in whole, with as many
 * parameters as the template takes, and within Meta's length.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/template.h"
#include "gateways/whatsapp/templates.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int so)
{
	if (!so)
		abort();
}

static size_t
parameters(const json_t *filled)
{
	const json_t *c;
	size_t n = 0;
	size_t i;

	json_array_foreach(filled, i, c)
	{
		n += json_array_size(json_object_get(c, "parameters"));
	}
	return n;
}

/* With n values, all of them the same. */
static void
try_values(const json_t *components, size_t n, const char *value,
	   const char *header, bool file)
{
	json_t *list = json_array();
	struct template_values v = { list, header, file };
	struct template_needs needs;
	struct err e;
	json_t *filled;
	char *text;
	size_t i;

	for (i = 0; i < n; i++)
		(void)json_array_append_new(list, json_string(value));
	text = template_render(components, &v);
	must(utf8_valid(text, strlen(text)));
	mem_free(text);
	if (template_check(components, &v, &e) == OUT_OK) {
		must(template_needs(components, &needs, &e) == OUT_OK);
		must(needs.values == n && needs.header == (header != NULL));
		filled = template_fill(components, &v);
		must(parameters(filled) ==
		     n + (header != NULL) + (needs.file != NULL));
		json_decref(filled);
	} else {
		must(strcmp(e.code, "template") == 0 && e.text[0] != '\0');
	}
	json_decref(list);
}

static void
try_one(const json_t *components, const char *value)
{
	struct template_needs needs;
	struct err e;
	bool known = template_needs(components, &needs, &e) == OUT_OK;

	try_values(components, 0, value, NULL, false);
	try_values(components, 1, value, value, true);
	if (known)
		try_values(components, needs.values, value,
			   needs.header ? value : NULL, needs.file != NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	json_t *page = json_loadb((const char *)data, size, 0, NULL);
	json_t *list = json_array();
	const json_t *t;
	char *query;
	char *value;
	size_t i;

	if (page == NULL) {
		json_decref(list);
		return 0;
	}
	(void)templates_take(page, list);
	query = templates_query(templates_after(page));
	must(strpbrk(query, " \r\n#") == NULL);
	mem_free(query);
	json_array_foreach(list, i, t)
	{
		const char *name =
			json_string_value(json_object_get(t, "name"));

		must(templates_part(list, i) > 0);
		value = template_value(name);
		must(strpbrk(value, "\r\n\t") == NULL);
		try_one(json_object_get(t, "components"), value);
		mem_free(value);
	}
	json_decref(list);
	json_decref(page);
	return 0;
}
