#ifndef POSTIGO_SHOP_SCAN_H
#define POSTIGO_SHOP_SCAN_H

/*
 * scan: the octets of a shop to a JSON value in which every number is text, as
 * it was written. So money never becomes a double, an id of 64 bits stays
 * itself, and "12" and 12 are the same to whoever reads.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/err.h"

#define SCAN_BYTES_MAX ((size_t)32 * 1024 * 1024) /* of a body */
#define SCAN_DEPTH_MAX 64 /* of nested arrays and objects */

/*
 * Parse n octets. A byte order mark before them is skipped, escaped NULs and
 * lone surrogates become U+FFFD; of a repeated key the last one counts. The
 * value has objects, arrays, strings, true, false and null, and no numbers.
 *
 * out  a new reference on OUT_OK
 *
 * OUT_PERM  not one JSON value in UTF-8, nested deeper, or over the ceiling;
 *           *e says where, and nothing of what the body says
 */
enum outcome scan_text(const char *p, size_t n, json_t **out,
		       struct err *e) MUST_CHECK;

#endif
