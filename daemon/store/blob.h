#ifndef POSTIGO_BLOB_H
#define POSTIGO_BLOB_H

/*
 * blob: the rows of octets, known by their SHA-256. Up to BLOB_ROW_BYTES the
 * octets are in the row; larger ones are files that somebody else has made
 * durable before the row is written.
 *
 * Invariant: a row with staged_until_ms is referred to by nothing.
 * Source: schema/STORE.md, "blob".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define BLOB_ROW_BYTES (64 * 1024)
#define BLOB_STAGED_MS (24 * 60 * 60 * 1000)

/*
 * Keep octets for good: the caller refers to them in the same transaction.
 * data  the octets, or NULL if they are a file
 */
enum outcome blob_keep(struct store *s, const char *sha256, int64_t bytes,
		       const void *data, int64_t now_ms,
		       struct err *e) MUST_CHECK;

/* Keep them for BLOB_STAGED_MS, until something refers to them. */
enum outcome blob_stage(struct store *s, const char *sha256, int64_t bytes,
			const void *data, int64_t now_ms,
			struct err *e) MUST_CHECK;

/*
 * Refer to octets that were put before.
 * bytes_out  may be NULL
 * OUT_PERM   code "blob_missing"
 */
enum outcome blob_claim(struct store *s, const char *sha256, int64_t *bytes_out,
			struct err *e) MUST_CHECK;

/*
 * What referred to them is gone: if nothing else does, they are staged and end
 * at end_ms.
 */
enum outcome blob_let_go(struct store *s, const char *sha256, int64_t end_ms,
			 struct err *e) MUST_CHECK;

/*
 * Delete up to max staged rows whose time is over.
 * files   array; digests whose octets are a file are appended. Unlink them
 *         after the commit if no row has come back
 * n_out   how many rows
 */
enum outcome blob_expire(struct store *s, int64_t now_ms, int max,
			 json_t *files, int *n_out, struct err *e) MUST_CHECK;

/* When the next staged row ends; INT64_MAX: never. */
enum outcome blob_next(struct store *s, int64_t *ms_out,
		       struct err *e) MUST_CHECK;

/* Is there a row of that digest? */
enum outcome blob_known(struct store *s, const char *sha256, bool *known_out,
			struct err *e) MUST_CHECK;

#endif
