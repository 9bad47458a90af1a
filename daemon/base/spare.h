#ifndef POSTIGO_SPARE_H
#define POSTIGO_SPARE_H

/*
 * spare: memory for a library that goes on when it is refused some, with less
 * than was meant, or reads beyond what it has (jansson 2.14, whose parser does
 * not look whether a string's buffer grew). When the system has none, blocks
 * come out of a reserve, which is noted for the thread (mem_short_note): what
 * was under way is refused then, and gives its blocks back. When the reserve
 * has come to its end as well, the process ends as with mem_new.
 *
 * Thread safe. Blocks go back by mem_free, too.
 */

#include <stdbool.h>
#include <stddef.h>

/* A request needs less than its frame (1 MiB) and its result; several may be
 * under way. Not touched before it is needed. */
#define SPARE_BYTES ((size_t)8 * 1024 * 1024)

/* n bytes, not zeroed; never NULL. */
void *spare_get(size_t n) __attribute__((malloc, returns_nonnull));

/* Give a block of spare_get back; accepts NULL. */
void spare_put(void *p);

/* Is it a block of the reserve? It is given back then. */
bool spare_took_back(void *p);

#endif
