#ifndef POSTIGO_IMPORT_SEEN_H
#define POSTIGO_IMPORT_SEEN_H

/*
 * import_seen: which orders a file has, to find those whose rows are not
 * together. Eight octets are kept of each; names themselves are not.
 */

#include <stdbool.h>
#include <stddef.h>

#define SEEN_MAX ((size_t)16 * 1024 * 1024) /* orders of one file */

struct import_seen;

struct import_seen *import_seen_new(void);
void import_seen_free(struct import_seen **s);

/* Rows of an order begin. What was there before is noted as apart. false:
 * SEEN_MAX. */
bool import_seen_add(struct import_seen *s, const char *key);

/* Did its rows begin more than once? */
bool import_seen_apart(const struct import_seen *s, const char *key);

/* How many orders there are. */
size_t import_seen_count(const struct import_seen *s);

#endif
