#include "daemon/ctl/lines.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define INPUT_BYTES 65536 /* read at once */

struct run {
	struct lines *l;
	lines_fn *take;
	void *ctx;
	struct buf line;
	bool over;        /* this line is over its ceiling */
	long long number; /* of this line, from 1 */
};

static void
tell(struct run *r, const char *what)
{
	char *text = ctl_clean(what);

	r->l->wrong++;
	(void)ctl_fail(EXIT_DATA, "line %lld: %s", r->number, text);
	mem_free(text);
}

static void
take_object(struct run *r, const json_t *o)
{
	const json_t *id = json_object_get(o, "id");
	char bad[LINES_BAD_MAX] = "";

	if (!json_is_object(o))
		tell(r, "not an object");
	else if (id != NULL && !json_is_string(id) && !json_is_number(id))
		tell(r, "'id' is neither a string nor a number");
	else if (r->take(r->ctx, r->l, o, bad))
		r->l->right++;
	else
		tell(r, bad);
}

static bool
blank(const char *s)
{
	return s[strspn(s, " \t\r")] == '\0';
}

/* The line is whole. */
static void
end_line(struct run *r)
{
	json_error_t e;
	json_t *o;

	r->number++;
	if (r->over) {
		tell(r, "over 1 MiB");
	} else if (memchr(buf_str(&r->line), '\0', r->line.len) != NULL) {
		tell(r, "a NUL byte");
	} else if (!blank(buf_str(&r->line))) {
		o = json_loadb(buf_str(&r->line), r->line.len,
			       JSON_REJECT_DUPLICATES, &e);
		if (o != NULL)
			take_object(r, o);
		else
			tell(r, e.text);
		json_decref(o);
	}
	buf_clear(&r->line);
	r->over = false;
}

static void
add(struct run *r, const char *s, size_t n)
{
	if (!r->over && !buf_add(&r->line, s, n))
		r->over = true;
}

static void
take_part(struct run *r, const char *at, size_t n)
{
	const char *end;

	while (r->l->code == EXIT_FINE && (end = memchr(at, '\n', n)) != NULL) {
		add(r, at, (size_t)(end - at));
		end_line(r);
		n -= (size_t)(end - at) + 1;
		at = end + 1;
	}
	add(r, at, n);
}

static void
read_all(struct run *r)
{
	struct lines *l = r->l;
	char *part = mem_new(INPUT_BYTES, 1);
	ssize_t n = 1;

	while (l->code == EXIT_FINE && n > 0) {
		if (fflush(stdout) != 0) {
			l->code = ctl_fail(EXIT_INPUT_OUTPUT,
					   "could not write the results");
			break;
		}
		do
			n = read(STDIN_FILENO, part, INPUT_BYTES);
		while (n < 0 && errno == EINTR);
		if (n > 0)
			take_part(r, part, (size_t)n);
	}
	if (n < 0)
		l->code = ctl_fail(EXIT_INPUT_OUTPUT,
				   "could not read standard input: %s",
				   strerror(errno));
	else if (l->code == EXIT_FINE && (r->line.len > 0 || r->over))
		end_line(r);
	mem_free(part);
}

int
lines_read(struct lines *l, lines_fn *take, void *ctx)
{
	struct run r = { .l = l, .take = take, .ctx = ctx };

	*l = (struct lines){ .code = EXIT_FINE };
	buf_init(&r.line, LINES_BYTES_MAX);
	read_all(&r);
	buf_release(&r.line);
	if (l->code == EXIT_FINE && l->wrong > 0)
		l->code = ctl_fail(EXIT_DATA, "%lld of %lld lines were wrong",
				   l->wrong, l->wrong + l->right);
	return l->code;
}
