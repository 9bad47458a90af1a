#ifndef POSTIGO_LZFU_H
#define POSTIGO_LZFU_H

/*
 * lzfu: the packing of rich texts in winmail.dat.
 *
 * Source: [MS-OXRTFCP].
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Append what p unpacks to, at most as much as it says and as out takes.
 * false: it is none. What is cut short gives what is there.
 */
bool lzfu_unpack(struct buf *out, const void *p, size_t n);

#endif
