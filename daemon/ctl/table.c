/*
 * Tables for people: columns aligned by characters, not bytes.
 */

#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/ctl/ctl.h"

#define TABLE_CELL_BYTES 400 /* what of a text is shown */
#define TABLE_GROW 256       /* cells that are made room for at once */

struct table {
	size_t columns;
	size_t cells;
	size_t room;
	char **cell; /* row by row, headings first */
};

char *
ctl_clean(const char *s)
{
	struct buf b;
	size_t n = strlen(s);
	size_t i = 0;

	buf_init(&b, n * 3 + 1);
	while (i < n) {
		uint32_t cp = 0;
		size_t len = utf8_next(s + i, n - i, &cp);
		bool shown = len > 0 && cp >= 0x20 && cp != 0x7f &&
			     !(cp >= 0x80 && cp < 0xa0) &&
			     !(cp >= 0x2028 && cp <= 0x202e) &&
			     !(cp >= 0x2066 && cp <= 0x2069);

		if (shown)
			(void)buf_add(&b, s + i, len);
		else
			(void)buf_putc(&b,
				       cp == '\n' || cp == '\t' ? ' ' : '?');
		i += len > 0 ? len : 1;
	}
	return b.len > 0 ? buf_take(&b) : mem_strdup("");
}

/* Characters, for alignment; wide and joining ones are not weighed. */
static size_t
width(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		if (((unsigned char)*s & 0xc0) != 0x80)
			n++;
	return n;
}

struct table *
table_new(const char *const *headings)
{
	struct table *t = mem_new(1, sizeof *t);

	while (headings[t->columns] != NULL)
		t->columns++;
	assert(t->columns > 0 && t->columns <= CTL_COLUMNS_MAX);
	for (size_t i = 0; i < t->columns; i++)
		table_add(t, headings[i]);
	return t;
}

void
table_add(struct table *t, const char *text)
{
	char *clean = ctl_clean(text != NULL ? text : "");

	clean[utf8_cut(clean, strlen(clean), TABLE_CELL_BYTES)] = '\0';
	if (t->cells == t->room) {
		t->room += TABLE_GROW;
		t->cell = mem_resize(t->cell, t->room, sizeof *t->cell);
	}
	t->cell[t->cells++] = clean;
}

static void
print_row(const struct table *t, size_t row, const size_t *wide)
{
	for (size_t i = 0; i < t->columns; i++) {
		const char *s = t->cell[row * t->columns + i];

		(void)fputs(s, stdout);
		if (i + 1 == t->columns)
			break;
		for (size_t k = width(s); k < wide[i] + 2; k++)
			(void)putchar(' ');
	}
}

void
table_print(struct ctl *c, struct table **tp)
{
	struct table *t = *tp;
	size_t wide[CTL_COLUMNS_MAX] = { 0 };
	size_t i;

	assert(t->cells % t->columns == 0);
	for (i = 0; i < t->cells; i++) {
		size_t w = width(t->cell[i]);

		if (w > wide[i % t->columns])
			wide[i % t->columns] = w;
	}
	for (i = 0; i < t->cells / t->columns; i++) {
		bool dim = i == 0 && c->color;

		(void)fputs(dim ? "\033[2m" : "", stdout);
		print_row(t, i, wide);
		(void)fputs(dim ? "\033[0m\n" : "\n", stdout);
	}
	table_drop(tp);
}

void
table_drop(struct table **tp)
{
	struct table *t = *tp;

	for (size_t i = 0; i < t->cells; i++)
		mem_free(t->cell[i]);
	mem_free(t->cell);
	MEM_CLEAR(tp);
}

void
table_add_number(struct table *t, long long n)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%lld", n);
	table_add(t, text);
}

int
table_list(struct ctl *c, const char *const *headings, const json_t *list,
	   table_row_fn *row)
{
	struct table *t = table_new(headings);
	const json_t *x;
	size_t i;
	int code = EXIT_FINE;

	json_array_foreach(list, i, x)
	{
		if (!c->json)
			row(t, x);
		else if (code == EXIT_FINE)
			code = ctl_print_json(x);
	}
	if (c->json)
		table_drop(&t);
	else
		table_print(c, &t);
	return code;
}

int
table_ask(struct ctl *c, const char *const *headings, const char *method,
	  json_t *params, const char *name, table_row_fn *row)
{
	json_t *result = NULL;
	int code = ctl_ask(c, method, params, CTL_ASK_MS, &result);

	if (code == EXIT_FINE)
		code = table_list(c, headings, json_object_get(result, name),
				  row);
	json_decref(result);
	return code;
}
