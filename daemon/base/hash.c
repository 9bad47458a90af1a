#include "daemon/base/hash.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"

void
hash_start(void)
{
	if (sodium_init() < 0)
		abort();
}

void
hash_raw(const void *p, size_t n, unsigned char out[HASH_BYTES])
{
	(void)crypto_hash_sha256(out, p, n);
}

int
hash_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

void
hash_to_hex(const unsigned char *p, size_t n, char *out)
{
	(void)sodium_bin2hex(out, 2 * n + 1, p, n);
}

void
hash_hex(const void *p, size_t n, char out[HASH_HEX])
{
	unsigned char raw[HASH_BYTES];

	hash_raw(p, n, raw);
	hash_to_hex(raw, sizeof raw, out);
}

struct hash_state {
	crypto_hash_sha256_state s;
};

struct hash_state *
hash_begin(void)
{
	struct hash_state *h = mem_new(1, sizeof *h);

	(void)crypto_hash_sha256_init(&h->s);
	return h;
}

void
hash_more(struct hash_state *h, const void *p, size_t n)
{
	if (n != 0)
		(void)crypto_hash_sha256_update(&h->s, p, n);
}

void
hash_end(struct hash_state *h, char out[HASH_HEX])
{
	unsigned char raw[HASH_BYTES];

	(void)crypto_hash_sha256_final(&h->s, raw);
	hash_to_hex(raw, sizeof raw, out);
}

void
hash_drop(struct hash_state **h)
{
	mem_free(*h);
	*h = NULL;
}

bool
hash_is_hex(const char *s)
{
	return strlen(s) == HASH_HEX - 1 &&
	       strspn(s, "0123456789abcdef") == HASH_HEX - 1;
}

void
hash_mac(const unsigned char key[HASH_BYTES], const void *p, size_t n,
	 unsigned char out[HASH_BYTES])
{
	(void)crypto_auth_hmacsha256(out, p, n, key);
}

void
hash_mac_keyed(const void *key, size_t key_n, const void *p, size_t n,
	       unsigned char out[HASH_BYTES])
{
	crypto_auth_hmacsha256_state st;

	(void)crypto_auth_hmacsha256_init(&st, key, key_n);
	(void)crypto_auth_hmacsha256_update(&st, p, n);
	(void)crypto_auth_hmacsha256_final(&st, out);
	sodium_memzero(&st, sizeof st);
}

bool
hash_same(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
}

void
hash_forget(void *p, size_t n)
{
	sodium_memzero(p, n);
}

void
hash_random(void *p, size_t n)
{
	randombytes_buf(p, n);
}

void
hash_token(char out[48])
{
	unsigned char raw[32];

	hash_random(raw, sizeof raw);
	(void)sodium_bin2base64(out, 48, raw, sizeof raw,
				sodium_base64_VARIANT_URLSAFE_NO_PADDING);
	sodium_memzero(raw, sizeof raw);
}

static const char b64_digits[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* libsodium's base64 takes constant time, some ten times as long; octets of
 * customers are no keys. */
bool
hash_b64(struct buf *b, const void *p, size_t n)
{
	const unsigned char *in = p;
	char *at = buf_room(b, n / 3 * 4 + 4);
	char *to = at;
	unsigned v;

	if (at == NULL)
		return false;
	for (; n >= 3; n -= 3, in += 3) {
		v = (unsigned)in[0] << 16 | (unsigned)in[1] << 8 | in[2];
		*to++ = b64_digits[v >> 18];
		*to++ = b64_digits[v >> 12 & 63];
		*to++ = b64_digits[v >> 6 & 63];
		*to++ = b64_digits[v & 63];
	}
	if (n > 0) {
		v = (unsigned)in[0] << 16 | (n > 1 ? (unsigned)in[1] << 8 : 0);
		*to++ = b64_digits[v >> 18];
		*to++ = b64_digits[v >> 12 & 63];
		*to++ = n > 1 ? b64_digits[v >> 6 & 63] : '=';
		*to++ = '=';
	}
	*to = '\0';
	b->len += (size_t)(to - at);
	return true;
}

#define B64_BAD 64

/* The value of a digit, B64_BAD if it is none. */
static unsigned char b64_values[256];
static pthread_once_t b64_once = PTHREAD_ONCE_INIT;

static void
b64_prepare(void)
{
	unsigned char i;

	(void)memset(b64_values, B64_BAD, sizeof b64_values);
	for (i = 0; i < B64_BAD; i++)
		b64_values[(unsigned char)b64_digits[i]] = i;
}

/* The last group: padded, and without bits that nobody would read. */
static bool
b64_last(const unsigned char *s, unsigned char *out, size_t *n)
{
	unsigned a = b64_values[s[0]];
	unsigned b = b64_values[s[1]];
	unsigned c = s[2] == '=' ? 0 : b64_values[s[2]];
	unsigned d = s[3] == '=' ? 0 : b64_values[s[3]];
	unsigned v = a << 18 | b << 12 | c << 6 | d;
	size_t got = s[3] != '=' ? 3 : s[2] != '=' ? 2 : 1;

	if (a == B64_BAD || b == B64_BAD || c == B64_BAD || d == B64_BAD)
		return false;
	if ((got < 3 && (v & 0xff) != 0) || (got < 2 && (v & 0xffff) != 0) ||
	    (s[2] == '=' && s[3] != '='))
		return false;
	out[0] = (unsigned char)(v >> 16);
	out[1] = (unsigned char)(v >> 8 & 0xff);
	out[2] = (unsigned char)(v & 0xff);
	*n += got;
	return true;
}

bool
hash_unb64(struct buf *b, const char *text, size_t n)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned char *at = (unsigned char *)buf_room(b, n / 4 * 3 + 3);
	unsigned char *to = at;
	size_t got = 0;
	size_t i;

	if (at == NULL)
		return false;
	(void)pthread_once(&b64_once, b64_prepare);
	for (i = 0; i + 4 < n; i += 4, to += 3) {
		unsigned v0 = b64_values[s[i]];
		unsigned v1 = b64_values[s[i + 1]];
		unsigned v2 = b64_values[s[i + 2]];
		unsigned v3 = b64_values[s[i + 3]];

		if (((v0 | v1 | v2 | v3) & B64_BAD) != 0)
			break;
		to[0] = (unsigned char)(v0 << 2 | v1 >> 4);
		to[1] = (unsigned char)((v1 & 15) << 4 | v2 >> 2);
		to[2] = (unsigned char)((v2 & 3) << 6 | v3);
	}
	got = (size_t)(to - at);
	if (n % 4 != 0 ||
	    (n != 0 && (i + 4 != n || !b64_last(s + i, to, &got)))) {
		at[0] = '\0';
		return false;
	}
	b->len += got;
	b->data[b->len] = '\0';
	return true;
}
