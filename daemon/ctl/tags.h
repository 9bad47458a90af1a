#ifndef POSTIGO_CTL_TAGS_H
#define POSTIGO_CTL_TAGS_H

/*
 * tags: lists as "v=DKIM1; k=rsa; p=MIIB...", of DKIM and DMARC.
 * Source: RFC 6376 section 3.2; RFC 7489 section 6.4.
 */

#include <stdbool.h>
#include <stddef.h>

#define TAGS_MAX 40        /* of one list */
#define TAGS_TEXT_MAX 8192 /* octets of it */

struct tags {
	char text[TAGS_TEXT_MAX]; /* names and values, each with NUL */
	const char *name[TAGS_MAX];
	const char *value[TAGS_MAX]; /* without white space at its ends */
	size_t n;
};

/*
 * Read one.
 * false: it is none: no '=' where one must be, a name twice, a name that is
 *        none, or over a ceiling
 */
bool tags_read(const char *list, struct tags *out);

/* The value of a name, as it is spelled; NULL: it is not there. */
const char *tags_value(const struct tags *t, const char *name);

/* The first name. "" if there is none. */
const char *tags_first(const struct tags *t);

/* Is the word in a value that is a list with that character between, without
 * regard to case and white space? */
bool tags_has(const char *value, char between, const char *word);

#endif
