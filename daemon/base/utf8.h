#ifndef POSTIGO_UTF8_H
#define POSTIGO_UTF8_H

/*
 * utf8: is it text, and making it text.
 *
 * Well-formed means RFC 3629: no overlong forms, no surrogates, nothing
 * above U+10FFFF. NUL is well-formed UTF-8 but never text on the bus.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;

/*
 * Length in bytes (1 to 4) of the well-formed character at p, n bytes left;
 * 0 if there is none. cp_out (may be NULL) gets the code point.
 */
size_t utf8_next(const char *p, size_t n, uint32_t *cp_out);

/* Is all of it well-formed and free of NUL? */
bool utf8_valid(const char *p, size_t n);

#define UTF8_BYTES_MAX 4 /* of one code point */

/* Encode one code point (<= U+10FFFF). Returns how many bytes were written. */
size_t utf8_encode(uint32_t cp, char out[UTF8_BYTES_MAX]);

/* Append one code point (not a surrogate, <= U+10FFFF). false: ceiling. */
bool utf8_put(struct buf *b, uint32_t cp);

/*
 * Append n bytes with each malformed byte and each NUL replaced by U+FFFD.
 * Returns how many replacements were made. Stops at the buffer's ceiling.
 */
size_t utf8_clean(struct buf *b, const char *p, size_t n);

/* The largest length <= max at which p (n bytes) can be cut cleanly. */
size_t utf8_cut(const char *p, size_t n, size_t max);

#endif
