/*
 * postigo book fmt: a desk book in its canonical form.
 */

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "rules/book_fmt.h"

#define FMT_BYTES_MAX (4 * 1024 * 1024)

const struct ctl_option book_fmt_options[] = {
	{ "--write", NULL, "put the form in the file's place" },
	{ "--check", NULL, "write nothing; exit 1 if the file differs" },
	{ NULL, NULL, NULL },
};

/* Through a file beside it, so that there is always a whole book. */
static int
replace(const char *path, const struct buf *text)
{
	char *beside = mem_printf("%s.new", path);
	struct stat st;
	FILE *f = NULL;
	bool well = stat(path, &st) == 0;

	if (well)
		f = fopen(beside, "wxe");
	well = f != NULL && fwrite(text->data, 1, text->len, f) == text->len &&
	       fflush(f) == 0 && fchmod(fileno(f), st.st_mode & 07777) == 0 &&
	       fsync(fileno(f)) == 0;
	if (f != NULL && fclose(f) != 0)
		well = false;
	well = well && rename(beside, path) == 0;
	if (!well && f != NULL)
		(void)unlink(beside);
	mem_free(beside);
	return well ? EXIT_FINE
		    : ctl_fail(EXIT_CREATE, "cannot write '%s': %m", path);
}

static int
tell_errors(const char *path, struct book_errors *errs)
{
	struct buf b;

	buf_init(&b, FMT_BYTES_MAX);
	book_errors_print(errs, path, &b);
	(void)fputs(buf_str(&b), stderr);
	buf_release(&b);
	return ctl_fail(EXIT_DATA, "%s: nothing was formatted", path);
}

static int
give(struct ctl *c, const struct ctl_args *a, const char *before,
     const struct buf *after)
{
	const char *path = a->word[0];
	bool same = strcmp(before, buf_str(after)) == 0;

	if (ctl_arg(a, "--check") != NULL) {
		if (!same)
			ctl_say(c, "%s: is not in its canonical form", path);
		return same ? EXIT_FINE : EXIT_FOUND;
	}
	if (ctl_arg(a, "--write") == NULL)
		return fwrite(after->data, 1, after->len, stdout) ==
					       after->len &&
				       fflush(stdout) == 0
			       ? EXIT_FINE
			       : ctl_fail(EXIT_INPUT_OUTPUT,
					  "could not write the book");
	if (strcmp(path, "-") == 0)
		return ctl_fail(EXIT_USAGE, "--write needs a file");
	return same ? EXIT_FINE : replace(path, after);
}

int
verb_book_fmt(struct ctl *c, const struct ctl_args *a)
{
	struct book_errors errs = { .n = 0 };
	struct buf after;
	char *before;
	int code = ctl_read(a->word[0], &before);

	if (code != EXIT_FINE)
		return code;
	buf_init(&after, FMT_BYTES_MAX);
	if (book_fmt(before, strlen(before), &after, &errs) == OUT_OK)
		code = give(c, a, before, &after);
	else
		code = tell_errors(a->word[0], &errs);
	book_errors_release(&errs);
	buf_release(&after);
	mem_free(before);
	return code;
}
