#ifndef POSTIGO_OCTET_H
#define POSTIGO_OCTET_H

/*
 * octet: reading what a message or a hook refers to: attachments and octets as
 * they came, kept as rows of table blob or as files below DIR/blobs.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define OCTET_RANGE_MAX 393216 /* octets of one response */

/*
 * A range of a blob that a message refers to.
 *
 * from, n  octets; n is cut at OCTET_RANGE_MAX and at the end
 * out      new {data, bytes, content_type}
 *
 * OUT_TEMP  the file could not be read
 * OUT_PERM  code "not_found": no such message, or it does not refer to it
 */
enum outcome octet_get(struct store *s, int64_t message_id, const char *sha256,
		       int64_t from, int64_t n, json_t **out,
		       struct err *e) MUST_CHECK;

/* As octet_get(), of the body of a hook that a role has; role NULL: any. */
enum outcome octet_get_hook(struct store *s, int64_t hook_id, const char *role,
			    const char *sha256, int64_t from, int64_t n,
			    json_t **out, struct err *e) MUST_CHECK;

#endif
