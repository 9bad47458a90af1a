#include "gateways/mail/crypt.h"

#include <string.h>

#include "daemon/base/buf.h"

#define TAG_INTEGER 0x02
#define TAG_OCTETS 0x04
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31
#define TAG_FIRST 0xa0 /* [0], constructed */
#define TAG_OCTETS_MADE (TAG_OCTETS | 0x20)

/* A run of octets that is read from its front. */
struct run {
	const unsigned char *p;
	size_t n;
};

/* One element: its tag and what is in it. */
struct item {
	unsigned tag;
	struct run in;
	bool open; /* of no said length: ends with two zero octets */
};

/*
 * Take the element at the front off the run. One that is open holds all that
 * is left of the run: who needs what stands behind it walks it (skip, gather).
 */
static bool
take(struct run *r, struct item *out)
{
	size_t i = 2, len = 0, octets;

	if (r->n < 2 || (r->p[0] & 0x1f) == 0x1f)
		return false;
	out->tag = r->p[0];
	out->open = r->p[1] == 0x80;
	if (r->p[1] < 0x80) {
		len = r->p[1];
	} else if (out->open) {
		if (!(out->tag & 0x20))
			return false;
		len = r->n - i;
	} else {
		octets = r->p[1] & 0x7f;
		if (octets > 4 || r->n < i + octets)
			return false;
		for (; octets; octets--)
			len = len << 8 | r->p[i++];
	}
	if (len > r->n - i)
		return false;
	out->in.p = r->p + i;
	out->in.n = len;
	r->p += i + len;
	r->n -= i + len;
	return true;
}

static bool
enter(struct run *r, unsigned tag, struct item *out)
{
	return take(r, out) && out->tag == tag;
}

/* Step over one element of any tag; an open one is walked to its end. */
static bool
skip(struct run *r, int depth)
{
	struct item t;

	if (depth > CRYPT_DEPTH_MAX || !take(r, &t))
		return false;
	if (!t.open)
		return true;
	while (t.in.n >= 2 && (t.in.p[0] || t.in.p[1]))
		if (!skip(&t.in, depth + 1))
			return false;
	if (t.in.n < 2)
		return false;
	r->p = t.in.p + 2;
	r->n = t.in.n - 2;
	return true;
}

/*
 * The octets of an OCTET STRING, in one piece or in many. What is cut short
 * gives what is there. *left is what stands behind it, if it was open.
 */
static bool
gather(const struct item *t, struct buf *out, int depth, struct run *left)
{
	struct run r = t->in;
	struct item piece;

	if (t->tag == TAG_OCTETS)
		return buf_add(out, (const char *)r.p, r.n);
	if (t->tag != TAG_OCTETS_MADE || depth > CRYPT_DEPTH_MAX)
		return false;
	while (r.n >= 2 && (r.p[0] || r.p[1])) {
		struct run inner = { 0 };

		if (!take(&r, &piece) ||
		    !gather(&piece, out, depth + 1, &inner))
			return out->len > 0;
		if (piece.open)
			r = inner;
	}
	if (r.n >= 2) {
		r.p += 2;
		r.n -= 2;
	}
	*left = r;
	return true;
}

static bool
is_oid(const struct item *t, const unsigned char *oid, size_t n)
{
	return t->tag == TAG_OID && t->in.n == n &&
	       memcmp(t->in.p, oid, n) == 0;
}

/* SignedData to its content. */
static void
content(struct run r, struct buf *out)
{
	struct item signed_data, info, oid, explicit_one, octets;
	struct run left = { 0 };

	if (!enter(&r, TAG_SEQUENCE, &signed_data))
		return;
	r = signed_data.in;
	if (!skip(&r, 0) || !skip(&r, 0)) /* version, digestAlgorithms */
		return;
	if (!enter(&r, TAG_SEQUENCE, &info))
		return;
	r = info.in;
	if (!enter(&r, TAG_OID, &oid) || !enter(&r, TAG_FIRST, &explicit_one))
		return;
	r = explicit_one.in;
	if (take(&r, &octets))
		(void)gather(&octets, out, 0, &left);
}

enum crypt
crypt_pkcs7(const void *p, size_t n, struct buf *out)
{
	static const unsigned char signed_data[] = { 0x2a, 0x86, 0x48,
						     0x86, 0xf7, 0x0d,
						     0x01, 0x07, 0x02 };
	static const unsigned char enveloped[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
						   0x0d, 0x01, 0x07, 0x03 };
	static const unsigned char with_mac[] = { 0x2a, 0x86, 0x48, 0x86,
						  0xf7, 0x0d, 0x01, 0x09,
						  0x10, 0x01, 0x17 };
	struct run r = { p, n };
	struct item info, oid, explicit_one;

	if (!enter(&r, TAG_SEQUENCE, &info))
		return CRYPT_NONE;
	r = info.in;
	if (!take(&r, &oid))
		return CRYPT_NONE;
	if (is_oid(&oid, enveloped, sizeof(enveloped)) ||
	    is_oid(&oid, with_mac, sizeof(with_mac)))
		return CRYPT_ENCRYPTED;
	if (!is_oid(&oid, signed_data, sizeof(signed_data)) ||
	    !enter(&r, TAG_FIRST, &explicit_one))
		return CRYPT_NONE;
	content(explicit_one.in, out);
	return CRYPT_SIGNED;
}

bool
crypt_is_signature(const char *kind)
{
	static const char *const kinds[] = { "application/pkcs7-signature",
					     "application/x-pkcs7-signature",
					     "application/pgp-signature" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

/* The line of armour that starts at a line of p; NULL: there is none. */
static const char *
line_with(const char *p, size_t n, const char *mark)
{
	const char *at = p, *end = p + n;
	size_t len = strlen(mark);

	while ((at = memmem(at, (size_t)(end - at), mark, len)) != NULL) {
		if (at == p || at[-1] == '\n')
			return at;
		at += len;
	}
	return NULL;
}

static const char *
next_line(const char *s, const char *end)
{
	const char *nl = memchr(s, '\n', (size_t)(end - s));

	return nl ? nl + 1 : end;
}

/* The lines of armour after its first, up to and with the blank one. */
static const char *
after_armour(const char *s, const char *end)
{
	for (s = next_line(s, end); s < end;) {
		const char *line = s;

		s = next_line(s, end);
		if (s - line < 3 && (line[0] == '\n' || line[0] == '\r'))
			break;
	}
	return s;
}

/* "- " before lines that begin with a dash (RFC 9580 7.2). */
static void
add_undashed(struct buf *out, const char *s, const char *end)
{
	while (s < end) {
		const char *next = next_line(s, end);

		if (next - s > 2 && s[0] == '-' && s[1] == ' ')
			s += 2;
		(void)buf_add(out, s, (size_t)(next - s));
		s = next;
	}
}

enum crypt
crypt_armour(const char *p, size_t n, struct buf *out)
{
	static const char begin[] = "-----BEGIN PGP SIGNED MESSAGE-----";
	static const char mark[] = "-----BEGIN PGP SIGNATURE-----";
	static const char last[] = "-----END PGP SIGNATURE-----";
	const char *end = p + n, *from, *text, *sig, *behind;

	if (!n)
		return CRYPT_NONE;
	if (line_with(p, n, "-----BEGIN PGP MESSAGE-----"))
		return CRYPT_ENCRYPTED;
	from = line_with(p, n, begin);
	if (!from)
		return CRYPT_NONE;
	text = after_armour(from, end);
	sig = line_with(text, (size_t)(end - text), mark);
	behind = sig ? line_with(sig, (size_t)(end - sig), last) : NULL;
	if (!behind)
		return CRYPT_NONE;
	(void)buf_add(out, p, (size_t)(from - p));
	add_undashed(out, text, sig);
	behind = next_line(behind, end);
	(void)buf_add(out, behind, (size_t)(end - behind));
	return CRYPT_SIGNED;
}
