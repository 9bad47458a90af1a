#include "daemon/base/hash.h"

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

bool
hash_same(const void *a, const void *b, size_t n)
{
	return sodium_memcmp(a, b, n) == 0;
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

bool
hash_b64(struct buf *b, const void *p, size_t n)
{
	size_t need =
		sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_ORIGINAL);
	char *at = buf_room(b, need);

	if (at == NULL)
		return false;
	(void)sodium_bin2base64(at, need, p, n, sodium_base64_VARIANT_ORIGINAL);
	b->len += need - 1;
	return true;
}

bool
hash_unb64(struct buf *b, const char *s, size_t n)
{
	size_t got = 0;
	char *at = buf_room(b, n / 4 * 3 + 3);

	if (at == NULL)
		return false;
	if (sodium_base642bin((unsigned char *)at, n / 4 * 3 + 3, s, n, NULL,
			      &got, NULL,
			      sodium_base64_VARIANT_ORIGINAL) != 0) {
		at[0] = '\0';
		return false;
	}
	b->len += got;
	b->data[b->len] = '\0';
	return true;
}
