#ifndef POSTIGO_HOOK_H
#define POSTIGO_HOOK_H

/*
 * hook: what another's server delivered, octet for octet, from its answer
 * until somebody has read it. Handed out with a lease, as jobs are.
 *
 * Invariants: a body over BLOB_ROW_BYTES is a blob to which the row refers, so
 * that no sweep takes it; a lease names its attempt, and only the newest
 * attempt may end it. Source: schema/STORE.md, "hook".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

struct store;

#define HOOK_TAKE_MAX 100
#define HOOK_TAKE_BYTES (480 * 1024) /* of bodies given at once, as octets */
#define HOOK_WHY_MAX 300

/* One to keep; borrowed. */
struct hook_new {
	int64_t connection_id;
	int64_t received_ms;
	const char *sha256;
	int64_t bytes;
	const void *data; /* NULL over BLOB_ROW_BYTES: the caller has referred
			     to the blob */
};

enum outcome hook_add(struct store *s, const struct hook_new *h, int64_t now_ms,
		      int64_t *id_out, struct err *e) MUST_CHECK;

struct hook {
	int64_t id;
	char state[8]; /* waiting, taken, done, dead */
	int64_t attempts;
	char sha256[HASH_HEX];
	char role[16]; /* its connection's */
	int64_t connection_id;
};

/* role: the connection's, or NULL for any. OUT_PERM code "not_found". */
enum outcome hook_load(struct store *s, int64_t id, const char *role,
		       struct hook *out, struct err *e) MUST_CHECK;

/*
 * Lease those of a role's active connections that are due, oldest first.
 * max  at most HOOK_TAKE_MAX; fewer where their bodies would be over
 *      HOOK_TAKE_BYTES
 * out  new array of {id, attempt, connection, received_at, bytes, sha256,
 *      body?}
 */
enum outcome hook_take(struct store *s, const char *role, int64_t now_ms,
		       int64_t lease_ms, int max, json_t **out,
		       struct err *e) MUST_CHECK;

/* state: done or dead. why: of a dead one; NULL: "". */
enum outcome hook_end(struct store *s, int64_t id, const char *state,
		      const char *why, int64_t now_ms,
		      struct err *e) MUST_CHECK;

/* It waits until due_ms. */
enum outcome hook_requeue(struct store *s, int64_t id, int64_t due_ms,
			  const char *why, struct err *e) MUST_CHECK;

/* One that has ended waits anew, as if it had just come.
 * OUT_PERM  code "conflict": it has not ended */
enum outcome hook_again(struct store *s, int64_t id, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* Leases that ran out, at most max: they wait again; one that was taken
 * `tries` times is dead, since it may be what ends its reader. */
enum outcome hook_lapse(struct store *s, int64_t now_ms, int max, int tries,
			int *n_out, struct err *e) MUST_CHECK;

/* Delete done ones 7 days after their end, dead ones after 90, at most max of
 * each; blobs to which nothing else refers are staged and end now. */
enum outcome hook_expire(struct store *s, int64_t now_ms, int max, int *n_out,
			 struct err *e) MUST_CHECK;

/* Delete those of a connection; blobs as above. */
enum outcome hook_forget(struct store *s, int64_t connection_id,
			 struct err *e) MUST_CHECK;

/* Delete those of a connection that have ended and were received up to an
 * instant, among its max oldest ones; blobs as above. */
enum outcome hook_erase(struct store *s, int64_t connection_id, int64_t upto_ms,
			int64_t now_ms, int max, int *n_out,
			struct err *e) MUST_CHECK;

/* The clock went back: as delivery_clock_back(). */
enum outcome hook_clock_back(struct store *s, int64_t now_ms, int64_t wait_ms,
			     int64_t lease_ms, struct err *e) MUST_CHECK;

/* As delivery_roles() and delivery_next(); hook_next counts hook_expire() in. */
enum outcome hook_roles(struct store *s, int64_t after_ms, int64_t now_ms,
			void (*fn)(void *arg, const char *role), void *arg,
			struct err *e) MUST_CHECK;
enum outcome hook_next(struct store *s, int64_t now_ms, int64_t *ms_out,
		       struct err *e) MUST_CHECK;

/*
 * HookRow objects (methods.tbl), newest first.
 * state, connection  NULL: any
 * before             rows below it; 0: from the newest on
 */
enum outcome hook_list(struct store *s, const char *state,
		       const char *connection, int64_t before, int limit,
		       json_t **out, struct err *e) MUST_CHECK;

/*
 * One of them.
 * hook_out  new HookRow
 * body_out  new base64 text of its octets, or NULL: they are a blob
 * OUT_PERM  code "not_found"
 */
enum outcome hook_view(struct store *s, int64_t id, json_t **hook_out,
		       json_t **body_out, struct err *e) MUST_CHECK;

/*
 * {waiting, taken, dead}: how many. New.
 * due_ms_out  since when the oldest one that waits is due; 0: none waits
 */
enum outcome hook_counts(struct store *s, json_t **out, int64_t *due_ms_out,
			 struct err *e) MUST_CHECK;

#endif
