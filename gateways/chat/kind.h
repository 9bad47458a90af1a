#ifndef POSTIGO_CHAT_KIND_H
#define POSTIGO_CHAT_KIND_H

/*
 * kind: what a file is, by its octets; what it is called does not count.
 * Pictures and PDF are known by their first octets; a plain text is UTF-8
 * without control characters to its end.
 */

#include <stdbool.h>
#include <stddef.h>

#define KIND_HEAD 16 /* octets that kind_of() looks at */

/*
 * The media type of a file that begins with these octets, if the declared
 * one agrees: image/png, image/jpeg, image/gif, image/webp,
 * application/pdf, text/plain. NULL: none of them. Static.
 * declared  a Content-Type header, or NULL
 */
const char *kind_of(const char *declared, const void *p, size_t n);

/* A plain text that comes in parts. */
struct kind_text {
	char rest[4]; /* of a character that was cut */
	size_t len;
	bool bad;
};

/* One part more; zero the struct before the first. */
void kind_text_more(struct kind_text *t, const char *p, size_t n);

/* Was all of it a plain text? */
bool kind_text_good(const struct kind_text *t);

#endif
