/*
 * postigo book check: read a desk book as the daemon would, without one.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/ctl/book_file.h"
#include "daemon/ctl/ctl.h"
#include "rules/book.h"
#include "rules/include.h"

#define APPLIED_BYTES_MAX 900000 /* schema/wire/methods.tbl, book.apply */

/* One JSON object: what "book.check" of the bus answers, and each error's
 * file. */
static int
print_json(const struct include *f, const struct book *b,
	   const struct book_errors *errs)
{
	json_t *list = json_array();
	json_t *o;
	size_t i;
	int code;

	for (i = 0; i < errs->n; i++) {
		const struct book_error *x = &errs->list[i];
		int line;
		const char *file = include_place(f, x->line, &line);

		(void)json_array_append_new(
			list, json_pack("{s:s, s:i, s:i, s:s, s:s?}", "file",
					file, "line", line, "column", x->column,
					"text", x->text, "hint", x->hint));
	}
	o = json_pack("{s:b, s:o, s:I}", "ok", b != NULL, "errors", list,
		      "rules",
		      (json_int_t)(b != NULL ? book_rule_count(b) : 0));
	code = ctl_print_json(o);
	json_decref(o);
	return code;
}

static void
say_counts(const struct ctl *c, const char *path, const struct book *b)
{
	struct buf out;

	buf_init(&out, 4096);
	book_count(b, &out);
	ctl_say(c, "%s: %s, no errors", path, buf_str(&out));
	buf_release(&out);
}

/* What is wrong, for people or as JSON. */
static int
tell_errors(const struct ctl *c, const struct ctl_args *a,
	    const struct include *f, const struct book_errors *errs)
{
	size_t n = errs->n + errs->dropped;

	if (c->json)
		(void)print_json(f, NULL, errs);
	else
		book_file_errors(f, errs);
	return ctl_fail(EXIT_FOUND, "%s: %zu error%s", a->word[0], n,
			n == 1 ? "" : "s");
}

int
verb_book_check(struct ctl *c, const struct ctl_args *a)
{
	struct book_errors errs = { .list = NULL };
	struct include *f = NULL;
	struct book *b = NULL;
	struct err e = { .text = "" };
	int code = EXIT_FINE;
	enum outcome o = include_read(a->word[0], &f, &errs, &e);
	size_t n = 0;

	if (f == NULL) {
		book_errors_release(&errs);
		return ctl_fail(EXIT_DATA, "%s", e.text);
	}
	if (o == OUT_OK) {
		const char *text = include_text(f, &n);

		o = book_read(text, n, &b, &errs);
	}
	if (o != OUT_OK) {
		code = tell_errors(c, a, f, &errs);
	} else if (n > APPLIED_BYTES_MAX) {
		code = ctl_fail(EXIT_FOUND,
				"%s: %zu bytes with all its files; one of over "
				"%d cannot be applied",
				a->word[0], n, APPLIED_BYTES_MAX);
		book_unref(&b);
	} else {
		if (c->json)
			code = print_json(f, b, &errs);
		say_counts(c, a->word[0], b);
		book_unref(&b);
	}
	book_errors_release(&errs);
	include_free(&f);
	return code;
}
