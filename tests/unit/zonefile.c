#include "tests/unit/zonefile.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "rules/zone.h"

#define YEAR_2038_S INT64_C(2145916800)

static void
put32(struct buf *b, uint32_t v)
{
	(void)buf_putc(b, (char)(v >> 24));
	(void)buf_putc(b, (char)(v >> 16));
	(void)buf_putc(b, (char)(v >> 8));
	(void)buf_putc(b, (char)v);
}

static void
put_header(struct buf *b, size_t times, size_t types)
{
	(void)buf_add(b, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	put32(b, 0);
	put32(b, 0);
	put32(b, 0);
	put32(b, (uint32_t)times);
	put32(b, (uint32_t)types);
	put32(b, 4);
}

static void
put_block(struct buf *b, const struct zonefile *f, bool wide)
{
	size_t i;

	put_header(b, f->times, f->types);
	for (i = 0; i < f->times; i++) {
		if (wide)
			put32(b, (uint32_t)((uint64_t)f->at[i] >> 32));
		put32(b, (uint32_t)f->at[i]);
	}
	(void)buf_add(b, f->type, f->times);
	for (i = 0; i < f->types; i++) {
		put32(b, (uint32_t)f->offset[i]);
		(void)buf_add(b, "\0\0", 2);
	}
	(void)buf_add(b, "XXX", 4);
}

void
zonefile_put(struct buf *b, const struct zonefile *f)
{
	static const struct zonefile empty = { .types = 1 };

	/* a slim file, as zic -b slim writes it, has an empty 32-bit block */
	put_block(b, f->fat ? f : &empty, false);
	put_block(b, f, true);
	(void)buf_printf(b, "\n%s\n", f->footer);
}

/* The type of an offset, made if need be. */
static unsigned char
type_of(struct zonefile *f, int32_t offset)
{
	size_t i;

	for (i = 0; i < f->types; i++)
		if (f->offset[i] == offset)
			return (unsigned char)i;
	if (f->types == sizeof f->offset / sizeof *f->offset)
		abort();
	f->offset[f->types] = offset;
	return (unsigned char)f->types++;
}

void
zonefile_fatten(const struct zonefile *slim, struct zonefile *out)
{
	struct zone *z = NULL;
	struct buf b;
	struct err e;
	int64_t at;
	int64_t next;
	int32_t offset;

	buf_init(&b, ZONE_FILE_BYTES);
	zonefile_put(&b, slim);
	if (zone_read((const unsigned char *)b.data, b.len, &z, &e) != OUT_OK)
		abort();
	*out = *slim;
	out->fat = true;
	at = slim->times != 0 ? slim->at[slim->times - 1] : 0;
	(void)zone_offset(z, at, &next);
	while (next < YEAR_2038_S && out->times < ZONEFILE_TIMES) {
		at = next;
		offset = zone_offset(z, at, &next);
		out->at[out->times] = at;
		out->type[out->times++] = type_of(out, offset);
	}
	buf_release(&b);
	zone_free(&z);
}
