#ifndef POSTIGO_SCAN_H
#define POSTIGO_SCAN_H

/*
 * scan: octets of somebody else's to a JSON value whose every string is text
 * and whose every number is finite, or is kept as it was written, nested
 * within a ceiling.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/err.h"

/*
 * Parse n octets. Escaped NULs and lone surrogates become U+FFFD, numbers that
 * are too large become null; of a repeated key the last one counts.
 *
 * depth    of nested arrays and objects at most
 * out      a new reference on OUT_OK
 *
 * OUT_PERM  not one JSON value in UTF-8, or nested deeper; *e says where
 */
enum outcome scan_json(const char *p, size_t n, size_t depth, json_t **out,
		       struct err *e) MUST_CHECK;

/*
 * As scan_json, but every number comes as a string of its own characters, as
 * long as they are: money never goes through floating point, and an id that
 * came as a number is text as one that came as a string.
 */
enum outcome scan_json_text(const char *p, size_t n, size_t depth, json_t **out,
			    struct err *e) MUST_CHECK;

#endif
