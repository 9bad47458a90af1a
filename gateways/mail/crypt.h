#ifndef POSTIGO_CRYPT_H
#define POSTIGO_CRYPT_H

/*
 * crypt: signed and encrypted mail, recognised. Nothing is verified and
 * nothing is decrypted: what is signed is read like any other mail, what is
 * encrypted is kept and said.
 *
 * Invariants: the walk through DER or BER reads only octets that are there,
 * nests at most CRYPT_DEPTH_MAX deep and is linear.
 *
 * Sources: RFC 5652 (CMS), RFC 8551 (S/MIME), RFC 3156 and RFC 9580 (PGP),
 * X.690 for the encoding.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define CRYPT_DEPTH_MAX 16

enum crypt {
	CRYPT_NONE,
	CRYPT_SIGNED,   /* the content is there to be read */
	CRYPT_ENCRYPTED /* it is not */
};

/*
 * What application/pkcs7-mime octets hold. CRYPT_SIGNED: the content, a part
 * with its header, is appended to out (nothing, if only certificates or a
 * detached signature are in it). CRYPT_NONE: it is neither, or broken.
 */
enum crypt crypt_pkcs7(const void *p, size_t n, struct buf *out);

/* Is the content type (lower case) that of a detached signature? */
bool crypt_is_signature(const char *kind);

/*
 * A text that PGP made without MIME. CRYPT_SIGNED: what was signed is
 * appended to out without its armour, and what stands around it with it.
 * CRYPT_ENCRYPTED, CRYPT_NONE: out is as it was.
 */
enum crypt crypt_armour(const char *p, size_t n, struct buf *out);

#endif
