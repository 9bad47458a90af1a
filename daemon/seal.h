#ifndef POSTIGO_SEAL_H
#define POSTIGO_SEAL_H

/*
 * seal: secrets of connections, sealed for the store. XSalsa20-Poly1305
 * (libsodium's secretbox) under a key derived from the desk's, with a random
 * nonce before the box.
 */

#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define SEAL_MORE 40         /* octets that a sealed text is longer */
#define SEAL_MAX (64 * 1024) /* ceiling of a plain text */

/* n octets sealed; *out_n octets at the result, free with mem_free. */
unsigned char *seal(const unsigned char key[HASH_BYTES], const void *plain,
		    size_t n, size_t *out_n);

/*
 * Open what seal() made. *plain_out is NUL-terminated; free with mem_free.
 * OUT_PERM  another key sealed it, or it was changed
 */
enum outcome unseal(const unsigned char key[HASH_BYTES], const void *sealed,
		    size_t n, char **plain_out, struct err *e) MUST_CHECK;

#endif
