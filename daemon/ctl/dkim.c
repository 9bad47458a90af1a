#include "daemon/ctl/dkim.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/tags.h"

#define ED25519_BYTES 32
#define KEY_BYTES_MAX 4096
#define FIELD_MAX 4096 /* octets of one header field */

/* --- DER: just so much as the length of a key needs ------------------------------ */

enum {
	DER_INTEGER = 0x02,
	DER_BITS = 0x03,
	DER_SEQUENCE = 0x30
};

struct der {
	const unsigned char *p;
	size_t n;
};

/* The contents of the next element, which must be of that type; d goes on
 * behind it. */
static bool
der_take(struct der *d, unsigned char type, struct der *out)
{
	size_t len;
	size_t at = 2;
	size_t more;

	if (d->n < 2 || d->p[0] != type)
		return false;
	len = d->p[1];
	if (len > 0x80) {
		more = len - 0x80;
		if (more > 2 || d->n < at + more)
			return false;
		for (len = 0; more > 0; more--)
			len = len << 8 | d->p[at++];
	} else if (len == 0x80) {
		return false;
	}
	if (d->n - at < len)
		return false;
	*out = (struct der){ d->p + at, len };
	d->p += at + len;
	d->n -= at + len;
	return true;
}

/* Bits of the modulus in a SubjectPublicKeyInfo (RFC 5280), or in the
 * RSAPublicKey alone; 0: it is neither. */
static int
rsa_bits(const unsigned char *p, size_t n)
{
	struct der all = { p, n };
	struct der key;
	struct der in;
	struct der x;
	int bits;

	if (!der_take(&all, DER_SEQUENCE, &key))
		return 0;
	in = key;
	if (der_take(&in, DER_SEQUENCE, &x)) {
		/* algorithm, then the key in a string of bits */
		if (!der_take(&in, DER_BITS, &x) || x.n < 1 || x.p[0] != 0)
			return 0;
		in = (struct der){ x.p + 1, x.n - 1 };
		if (!der_take(&in, DER_SEQUENCE, &key))
			return 0;
	}
	if (!der_take(&key, DER_INTEGER, &x))
		return 0;
	while (x.n > 0 && *x.p == 0) {
		x.p++;
		x.n--;
	}
	if (x.n == 0)
		return 0;
	bits = (int)x.n * 8;
	for (unsigned char first = *x.p; (first & 0x80) == 0; first <<= 1)
		bits--;
	return bits;
}

/* --- a key ----------------------------------------------------------------------- */

bool
dkim_is(const char *text)
{
	return strncasecmp(text, "v=DKIM1", 7) == 0 ||
	       strstr(text, "p=") != NULL;
}

/* Base64 with white space in it, which is left out. */
static bool
unwrap(const char *value, struct buf *out)
{
	struct buf b;
	bool ok;

	buf_init(&b, TAGS_TEXT_MAX);
	for (; *value != '\0'; value++)
		if (strchr(" \t\r\n", *value) == NULL)
			(void)buf_putc(&b, *value);
	ok = hash_unb64(out, buf_str(&b), b.len);
	buf_release(&b);
	return ok;
}

static enum outcome
read_octets(const char *value, struct dkim_key *out, struct err *e)
{
	struct buf b;
	enum outcome o = OUT_OK;

	buf_init(&b, KEY_BYTES_MAX);
	if (!unwrap(value, &b))
		o = err_set(e, OUT_PERM, "its key (p=) is cut or not base64");
	else if (out->rsa)
		out->bits = rsa_bits((const unsigned char *)buf_str(&b), b.len);
	else if (b.len != ED25519_BYTES)
		o = err_set(e, OUT_PERM,
			    "its key (p=) is not of 32 octets, as "
			    "Ed25519 has it");
	if (o == OUT_OK && out->rsa && out->bits == 0)
		o = err_set(e, OUT_PERM, "its key (p=) is no RSA key");
	buf_release(&b);
	return o;
}

/* What the tags beside the key say. */
static enum outcome
read_limits(const struct tags *t, struct dkim_key *out, struct err *e)
{
	const char *version = tags_value(t, "v");
	const char *kind = tags_value(t, "k");
	const char *hashes = tags_value(t, "h");
	const char *services = tags_value(t, "s");
	const char *flags = tags_value(t, "t");

	if (version != NULL &&
	    (strcmp(version, "DKIM1") != 0 || strcmp(tags_first(t), "v") != 0))
		return err_set(e, OUT_PERM,
			       "v= is not DKIM1, or does not stand first");
	out->rsa = kind == NULL || strcmp(kind, "rsa") == 0;
	if (!out->rsa && strcmp(kind, "ed25519") != 0)
		return err_set(e, OUT_PERM,
			       "k=%.40s is a kind of key that "
			       "receivers do not know",
			       kind);
	if (hashes != NULL && !tags_has(hashes, ':', "sha256"))
		return err_set(e, OUT_PERM, "h= does not allow sha256");
	if (services != NULL && !tags_has(services, ':', "*") &&
	    !tags_has(services, ':', "email"))
		return err_set(e, OUT_PERM, "s= does not allow email");
	out->testing = flags != NULL && tags_has(flags, ':', "y");
	return OUT_OK;
}

enum outcome
dkim_read(const char *text, struct dkim_key *out, struct err *e)
{
	struct tags *t = mem_new(1, sizeof *t);
	const char *key;
	enum outcome o;

	*out = (struct dkim_key){ .rsa = true };
	if (!tags_read(text, t)) {
		mem_free(t);
		return err_set(e, OUT_PERM, "it is no list of NAME=VALUE");
	}
	key = tags_value(t, "p");
	o = read_limits(t, out, e);
	if (o == OUT_OK && key == NULL)
		o = err_set(e, OUT_PERM, "there is no key (p=) in it");
	else if (o == OUT_OK && *key == '\0')
		out->revoked = true;
	else if (o == OUT_OK)
		o = read_octets(key, out, e);
	mem_free(t);
	return o;
}

/* --- a mail ---------------------------------------------------------------------- */

bool
dkim_is_selector(const char *selector)
{
	return strlen(selector) <= DKIM_SELECTOR_MAX && dns_is_name(selector);
}

static bool
read_signature(const char *value, struct dkim_signature *out)
{
	struct tags *t = mem_new(1, sizeof *t);
	const char *d = NULL;
	const char *s = NULL;
	bool ok;

	if (tags_read(value, t)) {
		d = tags_value(t, "d");
		s = tags_value(t, "s");
	}
	ok = d != NULL && s != NULL && dns_is_name(d) && dkim_is_selector(s);
	if (ok) {
		(void)snprintf(out->domain, sizeof out->domain, "%s", d);
		(void)snprintf(out->selector, sizeof out->selector, "%s", s);
	}
	mem_free(t);
	return ok;
}

/* The end of a field: a line that the next one does not continue. */
static const char *
field_end(const char *p)
{
	for (;;) {
		p += strcspn(p, "\n");
		if (*p == '\0' || (p[1] != ' ' && p[1] != '\t'))
			return p;
		p++;
	}
}

void
dkim_signatures(const char *mail, struct dkim_signature *out, size_t *n_out)
{
	static const char name[] = "DKIM-Signature:";
	const char *p = mail;

	*n_out = 0;
	while (*p != '\0' && *p != '\n' && *p != '\r' &&
	       *n_out < DKIM_SIGNATURES_MAX) {
		const char *end = field_end(p);
		size_t skip = sizeof name - 1;

		if (strncasecmp(p, name, skip) == 0 &&
		    (size_t)(end - p) < FIELD_MAX) {
			char *value =
				mem_strndup(p + skip, (size_t)(end - p) - skip);

			if (read_signature(value, &out[*n_out]))
				(*n_out)++;
			mem_free(value);
		}
		p = *end == '\0' ? end : end + 1;
	}
}
