#include "gateways/common/bodies.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

#define BODY_MAX ((size_t)16 * 1024 * 1024)
#define PIECE 65536

static enum outcome
read_file(const char *name, struct buf *b, struct err *e)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	char piece[PIECE];
	size_t n;
	enum outcome o = OUT_OK;

	if (f == NULL)
		return err_sys(e, OUT_PERM, errno, "cannot open '%s'", name);
	while ((n = fread(piece, 1, sizeof piece, f)) != 0)
		if (!buf_add(b, piece, n))
			break;
	if (b->full)
		o = err_set(e, OUT_PERM, "'%s' has over %zu bytes", name,
			    b->max);
	else if (ferror(f))
		o = err_sys(e, OUT_PERM, errno, "cannot read '%s'", name);
	if (f != stdin)
		(void)fclose(f);
	return o;
}

/* Takes o. */
static void
print_line(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (text != NULL)
		(void)puts(text);
	mem_free(text);
	json_decref(o);
}

static int
print_facts(const struct bodies_reader *r, const char *name,
	    const struct buf *body)
{
	struct err e = { .text = "" };
	json_t *facts;
	enum outcome o = r->read(r->arg, buf_str(body), body->len, &facts, &e);

	if (o == OUT_OK) {
		print_line(
			json_pack("{s:s, s:o}", "file", name, "facts", facts));
		return BODIES_OK;
	}
	print_line(json_pack("{s:s, s:s, s:o*}", "file", name, "error", e.text,
			     "retry",
			     r->retries ? json_boolean(o == OUT_TEMP) : NULL));
	return BODIES_REFUSED;
}

static int
print_one(const struct bodies_reader *r, const char *name)
{
	struct err e = { .text = "" };
	struct buf body;
	int rc = BODIES_FAILED;

	buf_init(&body, BODY_MAX);
	if (read_file(name, &body, &e) == OUT_OK)
		rc = print_facts(r, name, &body);
	else
		(void)fprintf(stderr, "%s: %s\n", r->program, e.text);
	buf_release(&body);
	return rc;
}

int
bodies_print(const struct bodies_reader *r, char *const *names, int count)
{
	int worst = BODIES_OK;

	if (count == 0)
		return print_one(r, "-");
	for (int i = 0; i < count; i++) {
		int rc = print_one(r, names[i]);

		worst = rc > worst ? rc : worst;
	}
	return worst;
}
