#ifndef POSTIGO_OCTETS_H
#define POSTIGO_OCTETS_H

/*
 * octets: base64 members of a request become octets that are hashed and
 * checked, on the network thread.
 *
 * Source: schema/PROTOCOL.md, "Octets".
 */

#include "daemon/base/err.h"

struct task;

#define OCTETS_MAX 256 /* octets of one request: raw and attachments */

/*
 * Take every member of type base64 out of the request's parameters, with the
 * digest and size beside it, into rq->blobs. t->prep is PREP_FILES if one is
 * over BLOB_ROW_BYTES, or for blob.put, whose chunk is the one blob (its
 * digest is of the chunk).
 *
 * OUT_PERM  not base64, or digest or size do not agree; the text names it
 */
enum outcome octets_take(struct task *t, struct err *e) MUST_CHECK;

#endif
