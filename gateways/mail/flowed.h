#ifndef POSTIGO_FLOWED_H
#define POSTIGO_FLOWED_H

/*
 * flowed: texts whose lines were broken for the way, joined again.
 *
 * Source: RFC 3676.
 */

#include <stddef.h>

struct buf;

/*
 * Append p; if its Content-Type says format=flowed, lines that end in a blank
 * go on with the next one of their quote depth.
 */
void flowed_join(struct buf *out, const char *p, size_t n, const char *type);

#endif
