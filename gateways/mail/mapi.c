#include "gateways/mail/mapi.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/mail/charset.h"

#define MANY 0x1000  /* of a type: a list of values */
#define NAMED 0x8000 /* ids from here on carry their name */
#define GUID_BYTES 16
#define VALUES_MAX 10000 /* of one property */

/* What is left of a block. */
struct rest {
	const unsigned char *p;
	size_t n;
};

uint32_t
mapi_read(const unsigned char *p, size_t octets)
{
	uint32_t v = 0;

	while (octets)
		v = v << 8 | p[--octets];
	return v;
}

static bool
take(struct rest *r, size_t n, const unsigned char **out)
{
	if (n > r->n)
		return false;
	*out = r->p;
	r->p += n;
	r->n -= n;
	return true;
}

static bool
take_number(struct rest *r, uint32_t *out)
{
	const unsigned char *p;

	if (!take(r, 4, &p))
		return false;
	*out = mapi_read(p, 4);
	return true;
}

/* Values are filled up to a multiple of four; the last may lack that. */
static bool
take_filled(struct rest *r, size_t n, const unsigned char **out)
{
	const unsigned char *fill;

	if (!take(r, n, out))
		return false;
	return take(r, n % 4 && r->n ? 4 - n % 4 : 0, &fill);
}

/* Octets of a value of fixed size; -1: its size is written before it. */
static int
size_of(unsigned type)
{
	switch (type) {
	case 0x0000: /* unspecified */
	case 0x0001: /* null */
		return 0;
	case 0x0002: /* 2 octets, filled */
	case MAPI_LONG:
	case 0x0004:
	case 0x000a: /* error */
	case 0x000b: /* boolean, filled */
		return 4;
	case 0x0005: /* double */
	case 0x0006: /* currency */
	case 0x0007: /* a time of programs */
	case 0x0014:
	case 0x0040: /* a time of the system */
		return 8;
	case 0x0048:
		return GUID_BYTES;
	default:
		return -1;
	}
}

/* Step over what names a property of one's own. */
static bool
skip_name(struct rest *r)
{
	const unsigned char *p;
	uint32_t kind, n;

	if (!take(r, GUID_BYTES, &p) || !take_number(r, &kind) ||
	    !take_number(r, &n))
		return false;
	return kind == 0 || take_filled(r, n, &p);
}

/* The values of one property; *out is the first. */
static bool
take_values(struct rest *r, unsigned type, struct mapi_value *out)
{
	unsigned one = type & ~(unsigned)MANY;
	int fixed = size_of(one);
	uint32_t count = 1, n;

	out->type = one;
	out->n = 0;
	if (fixed < 0 && one != MAPI_OBJECT && one != MAPI_STRING &&
	    one != MAPI_UNICODE && one != MAPI_BINARY)
		return false;
	if ((fixed < 0 || type & MANY) && !take_number(r, &count))
		return false;
	if (count > VALUES_MAX || (fixed == 0 && count > 1))
		return false;
	for (uint32_t i = 0; i < count; i++) {
		const unsigned char *p;

		n = (uint32_t)fixed;
		if (fixed < 0 && !take_number(r, &n))
			return false;
		if (!take_filled(r, n, &p))
			return false;
		if (i == 0) {
			out->p = p;
			out->n = n;
		}
	}
	return true;
}

bool
mapi_find(const struct mapi_block *b, unsigned id, struct mapi_value *out)
{
	struct rest r = { b->p, b->n };
	uint32_t count, tag;

	if (!take_number(&r, &count) || count > MAPI_PROPERTIES_MAX)
		return false;
	while (count--) {
		if (!take_number(&r, &tag))
			return false;
		if (tag >> 16 >= NAMED && !skip_name(&r))
			return false;
		if (!take_values(&r, tag & 0xffff, out))
			return false;
		if (tag >> 16 == id)
			return out->n > 0;
	}
	return false;
}

bool
mapi_text(const struct mapi_block *b, unsigned id, const char *charset,
	  struct buf *out)
{
	struct mapi_value v;
	size_t from = out->len;

	if (!mapi_find(b, id, &v))
		return false;
	if (v.type == MAPI_UNICODE)
		charset = "UTF-16LE";
	else if (v.type != MAPI_STRING)
		return false;
	charset_utf8(out, charset, strlen(charset), (const char *)v.p, v.n);
	return out->len > from;
}

uint32_t
mapi_number(const struct mapi_block *b, unsigned id)
{
	struct mapi_value v;

	return mapi_find(b, id, &v) && v.type == MAPI_LONG ? mapi_read(v.p, 4)
							   : 0;
}
