#include "gateways/common/signature.h"

#include <string.h>

#include "daemon/base/buf.h"

#define PREFIX "sha256="
#define PREFIX_N (sizeof PREFIX - 1)
#define BASE64_N 44 /* letters of HASH_BYTES octets */

bool
signature_read(const char *header, unsigned char mac[HASH_BYTES])
{
	size_t i;

	if (header == NULL || strncmp(header, PREFIX, PREFIX_N) != 0 ||
	    strlen(header) != PREFIX_N + HASH_HEX - 1)
		return false;
	header += PREFIX_N;
	for (i = 0; i < HASH_BYTES; i++) {
		int high = hash_hex_digit(header[2 * i]);
		int low = hash_hex_digit(header[2 * i + 1]);

		if (high < 0 || low < 0)
			return false;
		mac[i] = (unsigned char)(high << 4 | low);
	}
	return true;
}

bool
signature_read_base64(const char *header, unsigned char mac[HASH_BYTES])
{
	struct buf b;
	bool good;

	if (header == NULL || strlen(header) != BASE64_N)
		return false;
	buf_init(&b, BASE64_N);
	good = hash_unb64(&b, header, BASE64_N) && b.len == HASH_BYTES;
	if (good)
		memcpy(mac, b.data, HASH_BYTES);
	buf_release(&b);
	return good;
}

bool
signature_good(const char *const *secrets, size_t n, const void *body,
	       size_t body_n, const unsigned char mac[HASH_BYTES])
{
	unsigned char own[HASH_BYTES];
	bool good = false;
	size_t i;

	for (i = 0; i < n && !good; i++) {
		if (secrets[i] == NULL || secrets[i][0] == '\0')
			continue;
		hash_mac_keyed(secrets[i], strlen(secrets[i]), body, body_n,
			       own);
		good = hash_same(own, mac, HASH_BYTES);
	}
	hash_forget(own, sizeof own);
	return good;
}

/* The digests are compared, so that neither length nor place shows. */
bool
signature_word(const char *expected, const char *given)
{
	unsigned char key[HASH_BYTES];
	unsigned char a[HASH_BYTES];
	unsigned char b[HASH_BYTES];

	if (expected == NULL || given == NULL || expected[0] == '\0')
		return false;
	hash_random(key, sizeof key);
	hash_mac(key, expected, strlen(expected), a);
	hash_mac(key, given, strlen(given), b);
	return hash_same(a, b, HASH_BYTES);
}
