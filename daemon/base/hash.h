#ifndef POSTIGO_HASH_H
#define POSTIGO_HASH_H

/*
 * hash: SHA-256, hexadecimal, base64 and random octets, over libsodium.
 * hash_start() must have been called once in the process before any other.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_BYTES 32
#define HASH_HEX 65 /* 64 digits and NUL */

struct buf;

/* Make libsodium ready. Aborts if the system has no random source. */
void hash_start(void);

/* SHA-256 (FIPS 180-4) of n bytes as 64 lower-case digits and NUL. */
void hash_hex(const void *p, size_t n, char out[HASH_HEX]);

/* SHA-256 of n bytes. */
void hash_raw(const void *p, size_t n, unsigned char out[HASH_BYTES]);

/* Is s exactly 64 lower-case hexadecimal digits? */
bool hash_is_hex(const char *s);

/* The value of a hexadecimal digit of either case; -1: it is none. */
int hash_hex_digit(char c);

/* Octets as lower-case hexadecimal; out holds 2 * n + 1. */
void hash_to_hex(const unsigned char *p, size_t n, char *out);

/* SHA-256 of what comes in parts. hash_end() may be called once. */
struct hash_state;
struct hash_state *hash_begin(void);
void hash_more(struct hash_state *s, const void *p, size_t n);
void hash_end(struct hash_state *s, char out[HASH_HEX]);
void hash_drop(struct hash_state **s);

/* HMAC-SHA-256 (RFC 2104) under a key of any length. */
void hash_mac_keyed(const void *key, size_t key_n, const void *p, size_t n,
		    unsigned char out[HASH_BYTES]);

/* HMAC-SHA-256 under a 32-octet key. */
void hash_mac(const unsigned char key[HASH_BYTES], const void *p, size_t n,
	      unsigned char out[HASH_BYTES]);

/* Are n octets the same? In constant time. */
bool hash_same(const void *a, const void *b, size_t n);

/* Overwrite a secret. */
void hash_forget(void *p, size_t n);

/* Fill p with n octets from getrandom(2). */
void hash_random(void *p, size_t n);

/* A fresh secret of 32 octets as 43 characters of base64url and NUL. */
void hash_token(char out[48]);

/* Base64 (RFC 4648 section 4, padded) of n bytes appended to b. */
bool hash_b64(struct buf *b, const void *p, size_t n);

/* Decode padded base64 of n characters, appended to b. false: malformed or
 * over b's ceiling; b is then as before. */
bool hash_unb64(struct buf *b, const char *s, size_t n);

#endif
