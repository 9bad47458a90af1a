#include "gateways/whatsapp/parse.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "gateways/whatsapp/read.h"

#define BODY_MAX ((size_t)16 * 1024 * 1024)
#define PIECE 65536

enum {
	PARSE_OK,
	PARSE_REFUSED, /* a body */
	PARSE_FAILED   /* a file */
};

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

/* What a body holds need not be printed again. */
static void
drop_raw(const json_t *list)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)(void) json_object_del(o, "raw");
}

/* Takes o. */
static void
print(json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT);

	if (text != NULL)
		(void)puts(text);
	mem_free(text);
	json_decref(o);
}

static int
parse(const char *name)
{
	struct err e = { .text = "" };
	struct buf b;
	json_t *facts;
	int rc = PARSE_OK;

	buf_init(&b, BODY_MAX);
	if (read_file(name, &b, &e) != OUT_OK) {
		(void)fprintf(stderr, "postigo-whatsapp: %s\n", e.text);
		rc = PARSE_FAILED;
	} else if (wa_read(buf_str(&b), b.len, &facts, &e) == OUT_OK) {
		drop_raw(json_object_get(facts, "messages"));
		drop_raw(json_object_get(facts, "own"));
		drop_raw(json_object_get(facts, "echoes"));
		print(json_pack("{s:s, s:o}", "file", name, "facts", facts));
	} else {
		print(json_pack("{s:s, s:s}", "file", name, "error", e.text));
		rc = PARSE_REFUSED;
	}
	buf_release(&b);
	return rc;
}

int
parse_main(int argc, char **argv)
{
	int worst = PARSE_OK;
	int i;

	if (argc < 2)
		return parse("-");
	for (i = 1; i < argc; i++) {
		int rc = parse(argv[i]);

		worst = rc > worst ? rc : worst;
	}
	return worst;
}
