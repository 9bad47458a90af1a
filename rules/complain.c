#include "rules/complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"

#define GUESS_BYTES 60 /* longer words are not compared */
#define GUESS_LEAST 3  /* shorter ones are near to all others */

/* Drop what a cut has left of letters. */
static void
whole_letters(char *s)
{
	size_t n = strlen(s);
	size_t i = 0;
	size_t o = 0;

	while (i < n) {
		size_t step = utf8_next(s + i, n - i, NULL);

		memmove(s + o, s + i, step);
		o += step;
		i += step != 0 ? step : 1;
	}
	s[o] = '\0';
}

void
complain(struct book_errors *errs, struct loc at, const char *hint,
	 const char *fmt, ...)
{
	struct book_error *e;
	char text[512];
	va_list ap;

	if (errs->n == BOOK_ERRORS_MAX) {
		errs->dropped++;
		return;
	}
	if (errs->list == NULL)
		errs->list = mem_new(BOOK_ERRORS_MAX, sizeof *errs->list);
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	whole_letters(text);
	e = &errs->list[errs->n++];
	e->line = at.line;
	e->column = at.column;
	e->text = mem_strdup(text);
	e->hint = mem_strdup(hint);
}

struct loc
complain_bad_byte(const char *s, size_t n)
{
	struct loc at = { 1, 1 };
	size_t i = 0;

	while (i < n) {
		size_t step = s[i] != '\0' ? utf8_next(s + i, n - i, NULL) : 0;

		if (step == 0)
			break;
		at.column++;
		if (s[i] == '\n') {
			at.line++;
			at.column = 1;
		}
		i += step;
	}
	return at;
}

static int
earlier(const void *va, const void *vb)
{
	const struct book_error *a = va;
	const struct book_error *b = vb;

	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	if (a->column != b->column)
		return a->column < b->column ? -1 : 1;
	return strcmp(a->text, b->text);
}

void
complain_sort(struct book_errors *errs)
{
	if (errs->n > 1)
		qsort(errs->list, errs->n, sizeof *errs->list, earlier);
}

void
book_errors_release(struct book_errors *errs)
{
	size_t i;

	for (i = 0; i < errs->n; i++) {
		mem_free(errs->list[i].text);
		mem_free(errs->list[i].hint);
	}
	mem_free(errs->list);
	memset(errs, 0, sizeof *errs);
}

void
book_errors_print(const struct book_errors *errs, const char *file,
		  struct buf *b)
{
	size_t i;

	for (i = 0; i < errs->n; i++) {
		const struct book_error *e = &errs->list[i];

		(void)buf_printf(b, "%s:%d:%d: %s", file, e->line, e->column,
				 e->text);
		if (e->hint != NULL)
			(void)buf_printf(b, " (%s)", e->hint);
		(void)buf_putc(b, '\n');
	}
	if (errs->dropped != 0)
		(void)buf_printf(b, "%s: %zu more errors not shown\n", file,
				 errs->dropped);
}

static size_t
least(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Levenshtein distance with swaps of neighbours, in bytes. */
static size_t
distance(const char *a, const char *b)
{
	size_t d[3][GUESS_BYTES + 1];
	size_t an = strlen(a);
	size_t bn = strlen(b);
	size_t i;
	size_t j;

	for (j = 0; j <= bn; j++)
		d[0][j] = j;
	for (i = 1; i <= an; i++) {
		size_t *now = d[i % 3];
		size_t *last = d[(i + 2) % 3];
		size_t *older = d[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= bn; j++) {
			size_t cost = a[i - 1] != b[j - 1];

			now[j] = least(last[j] + 1, now[j - 1] + 1,
				       last[j - 1] + cost);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && older[j - 2] + 1 < now[j])
				now[j] = older[j - 2] + 1;
		}
	}
	return d[an % 3][bn];
}

void
guess_start(struct guess *g, const char *meant)
{
	g->meant = meant;
	g->best = NULL;
	g->distance = 0;
}

void
guess_offer(struct guess *g, const char *candidate)
{
	size_t n = strlen(candidate);
	size_t d;

	if (strcasecmp(g->meant, candidate) == 0) {
		g->best = candidate;
		g->distance = 0;
		return;
	}
	if (n < GUESS_LEAST || n > GUESS_BYTES ||
	    strlen(g->meant) > GUESS_BYTES)
		return;
	d = distance(g->meant, candidate);
	if (d > (n + 2) / 3 || d >= n)
		return;
	if (g->best == NULL || d < g->distance) {
		g->best = candidate;
		g->distance = d;
	}
}

const char *
guess_hint(const struct guess *g, const char *otherwise, char out[160])
{
	if (g->best == NULL)
		return otherwise;
	(void)snprintf(out, 160, "did you mean '%s'?", g->best);
	return out;
}
