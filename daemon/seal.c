#include "daemon/seal.h"

#include <sodium.h>
#include <string.h>

#include "daemon/base/mem.h"

static const char purpose[] = "postigo connection secrets 1";

static void
seal_key(const unsigned char key[HASH_BYTES],
	 unsigned char out[crypto_secretbox_KEYBYTES])
{
	_Static_assert(crypto_secretbox_KEYBYTES == HASH_BYTES, "a MAC's size");
	_Static_assert(crypto_secretbox_NONCEBYTES +
				       crypto_secretbox_MACBYTES ==
			       SEAL_MORE,
		       "nonce and tag");
	hash_mac(key, purpose, strlen(purpose), out);
}

unsigned char *
seal(const unsigned char key[HASH_BYTES], const void *plain, size_t n,
     size_t *out_n)
{
	unsigned char k[crypto_secretbox_KEYBYTES];
	unsigned char *out = mem_new(n + SEAL_MORE, 1);

	seal_key(key, k);
	hash_random(out, crypto_secretbox_NONCEBYTES);
	(void)crypto_secretbox_easy(out + crypto_secretbox_NONCEBYTES, plain, n,
				    out, k);
	sodium_memzero(k, sizeof(k));
	*out_n = n + SEAL_MORE;
	return out;
}

enum outcome
unseal(const unsigned char key[HASH_BYTES], const void *sealed, size_t n,
       char **plain_out, struct err *e)
{
	const unsigned char *p = sealed;
	unsigned char k[crypto_secretbox_KEYBYTES];
	unsigned char *plain;
	int bad;

	if (n < SEAL_MORE || n > SEAL_MAX + SEAL_MORE)
		return err_set(e, OUT_PERM,
			       "cannot open sealed secrets: not "
			       "of the right length");
	plain = mem_new(n - SEAL_MORE + 1, 1);
	seal_key(key, k);
	bad = crypto_secretbox_open_easy(plain, p + crypto_secretbox_NONCEBYTES,
					 n - crypto_secretbox_NONCEBYTES, p, k);
	sodium_memzero(k, sizeof(k));
	if (bad) {
		mem_free(plain);
		return err_set(e, OUT_PERM,
			       "cannot open sealed secrets: "
			       "another key, or changed");
	}
	*plain_out = (char *)plain;
	return OUT_OK;
}
