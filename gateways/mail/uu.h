#ifndef POSTIGO_UU_H
#define POSTIGO_UU_H

/*
 * uu: files that stand uuencoded in a text, as programs of long ago sent
 * them. Only a sound one is taken out: a begin line, lines of the length
 * that each says, and an end line. Linear in the octets.
 *
 * Source: POSIX uuencode, "uuencode Historical Algorithm".
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

#define UU_FILES_MAX 50 /* of one text */

struct uu {
	size_t from, to;  /* octets of the text that it takes */
	const char *name; /* in the text, not ended by NUL; may be empty */
	size_t name_len;
	size_t data; /* offset of its first line */
};

/*
 * The first sound file in p (n octets) at or after from.
 * false: there is none.
 */
bool uu_find(const char *p, size_t n, size_t from, struct uu *out);

/* Append its octets. p is the text in which it was found. */
void uu_decode(const char *p, const struct uu *u, struct buf *out);

#endif
