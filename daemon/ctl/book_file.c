#include "daemon/ctl/book_file.h"

#include <stdio.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "rules/book.h"
#include "rules/include.h"

#define ERRORS_BYTES_MAX (1024 * 1024) /* of all that is printed */

void
book_file_errors(const struct include *f, const struct book_errors *errs)
{
	struct buf b;

	buf_init(&b, ERRORS_BYTES_MAX);
	include_print(f, errs, &b);
	(void)fflush(stdout);
	(void)fwrite(buf_str(&b), 1, b.len, stderr);
	buf_release(&b);
}

void
book_file_refused(const struct include *f, const json_t *errors)
{
	struct book_errors errs = { .n = json_array_size(errors) };
	size_t i;
	json_t *x;

	if (errs.n == 0)
		return;
	errs.list = mem_new(errs.n, sizeof *errs.list);
	json_array_foreach(errors, i, x)
	{
		struct book_error *e = &errs.list[i];
		const char *hint = ctl_str(x, "hint");

		e->line = (int)ctl_int(x, "line");
		e->column = (int)ctl_int(x, "column");
		e->text = mem_strdup(ctl_str(x, "text"));
		e->hint = mem_strdup(hint[0] != '\0' ? hint : NULL);
	}
	book_file_errors(f, &errs);
	book_errors_release(&errs);
}

int
book_file_read(const char *path, struct include **out)
{
	struct book_errors errs = { .list = NULL };
	struct err e = { .text = "" };
	int code = EXIT_FINE;

	if (include_read(path, out, &errs, &e) != OUT_OK) {
		if (*out == NULL)
			code = ctl_fail(EXIT_DATA, "%s", e.text);
		else
			book_file_errors(*out, &errs);
		if (*out != NULL)
			code = ctl_fail(EXIT_FOUND, "%s: %zu error%s", path,
					errs.n, errs.n == 1 ? "" : "s");
		include_free(out);
	}
	book_errors_release(&errs);
	return code;
}

int
book_file_ask(struct ctl *c, const struct include *f, const char *what,
	      const char *method, json_t *params, int timeout_ms, json_t **out)
{
	json_t *data = NULL;
	struct err e = { .text = "" };
	enum outcome o;
	int code = ctl_connect(c);

	*out = NULL;
	if (code != EXIT_FINE) {
		json_decref(params);
		return code;
	}
	o = ctl_try(c, method, params, NULL, timeout_ms, out, &data, &e);
	if (o != OUT_OK && f != NULL)
		book_file_refused(f, json_object_get(data, "errors"));
	json_decref(data);
	if (o == OUT_OK)
		return EXIT_FINE;
	return ctl_fail(ctl_exit_of(o, &e), "%s%s%s", what != NULL ? what : "",
			what != NULL ? ": " : "", e.text);
}
