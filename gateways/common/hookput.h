#ifndef POSTIGO_HOOKPUT_H
#define POSTIGO_HOOKPUT_H

/*
 * hookput: a delivery's octets, made durable by the daemon: hook.put, and before
 * it blob.put in parts for what does not fit a frame.
 *
 * Invariants: at most PUT_LARGE_MAX large ones are sent at once, the others
 * wait for their turn; a put ends exactly once, with OUT_OK only after the
 * daemon has committed it.
 *
 * Source: schema/PROTOCOL.md, "hook.put", "blob.put".
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define PUT_WHOLE_BYTES ((size_t)256 * 1024) /* in one request, up to this */
#define PUT_CHUNK_BYTES ((size_t)256 * 1024) /* of a larger one */
#define PUT_LARGE_MAX 3 /* the daemon allows 4 uploads a connection */

struct bus;
struct puts;

/*
 * How it ended. OUT_OK: stored. OUT_TEMP, OUT_UNSURE: not now, or nobody
 * knows. OUT_PERM: the daemon will not have it; e->code says why.
 */
typedef void put_done_fn(void *arg, enum outcome o, const struct err *e,
			 int64_t retry_after_ms);

struct puts *puts_new(struct bus *bus);
/* After the bus. Those that wait for their turn are not told. */
void puts_free(struct puts **p);

/*
 * Store n octets as they came.
 * connection   its name, copied
 * body         borrowed until fn runs
 * received_ms  when they came, of the wall clock
 * fn           runs exactly once, never before this returns
 *
 * OUT_TEMP     the bus takes nothing now: fn is not called
 */
enum outcome puts_put(struct puts *p, const char *connection, const void *body,
		      size_t n, int64_t received_ms, put_done_fn *fn, void *arg,
		      struct err *e) MUST_CHECK;

#endif
