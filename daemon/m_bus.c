/* m_bus: hello, ping, blob.put and events.subscribe. What they promise:
 * schema/PROTOCOL.md. */
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/engine_p.h"
#include "daemon/peer.h"
#include "daemon/request.h"
#include "daemon/store/blob.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/event.h"
#include "daemon/store/store.h"
#include "daemon/task.h"
#include "daemon/wire/frame.h"

method_fn m_hello;
method_fn m_ping;
method_fn m_blob_put;
method_fn m_events_subscribe;

enum outcome
m_hello(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *desk = NULL;
	enum outcome o = deskrow_get(s, &desk, e);

	(void)d;
	if (o != OUT_OK)
		return o;
	rq->result = json_pack(
		"{s:i, s:s, s:s, s:O, s:O, s:I, s:i, s:i, s:i, s:i}",
		"protocol", 1, "program", "postigod", "version",
		PACKAGE_VERSION, "desk", json_object_get(desk, "name"),
		"language", json_object_get(desk, "language"), "number",
		(json_int_t)store_number(s), "frame_bytes", FRAME_BYTES,
		"raw_inline_bytes", RAW_INLINE_BYTES, "window_requests",
		PEER_CALLS_MAX, "window_bytes", PEER_CALL_BYTES);
	json_decref(desk);
	return OUT_OK;
}

enum outcome
m_ping(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	char now[32];

	(void)d;
	(void)s;
	(void)e;
	clock_iso_ms(clock_now_ms(), now);
	rq->result = json_pack("{s:s}", "now", now);
	return OUT_OK;
}

/* The whole blob is in rq->blobs; chunks before the last never get here. */
enum outcome
m_blob_put(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	const struct request_blob *b = rq->blobs;
	enum outcome o;

	(void)d;
	if (rq->blob_count != 1)
		return err_code(e, OUT_PERM, "bad_params", "'data' is missing");
	o = blob_stage(s, b->sha256, b->bytes, b->data, rq->now_ms, e);
	if (o != OUT_OK)
		return o;
	rq->result = json_pack("{s:I, s:s}", "bytes", (json_int_t)b->bytes,
			       "sha256", b->sha256);
	return OUT_OK;
}

enum outcome
m_events_subscribe(struct desk *d, struct store *s, struct request *rq,
		   struct err *e)
{
	struct task *t = task_of(rq);
	const json_t *from = json_object_get(rq->params, "from");
	int64_t last = store_number(s);
	int64_t number =
		json_is_integer(from) ? json_integer_value(from) : last;
	int64_t floor = 0;
	enum outcome o;

	(void)d;
	if (number < 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'from' is not the number of an event");
	/* an earlier state of the desk was restored */
	if (number > last) {
		rq->error_data = json_pack("{s:I}", "last", (json_int_t)last);
		return err_code(e, OUT_PERM, "gone",
				"there is no event %lld: the last is %lld",
				(long long)number, (long long)last);
	}
	o = deskrow_floor(s, &floor, e);
	if (o != OUT_OK)
		return o;
	if (number < floor) {
		rq->error_data = json_pack("{s:I}", "floor", (json_int_t)floor);
		return err_code(e, OUT_PERM, "gone",
				"events up to %lld are no longer kept",
				(long long)floor);
	}
	if (number < last) {
		o = event_list(s, number, ENGINE_CATCHUP_MAX + 1, &t->catchup,
			       e);
		if (o != OUT_OK)
			return o;
		if (json_array_size(t->catchup) > ENGINE_CATCHUP_MAX)
			return err_code(e, OUT_PERM, "behind",
					"more than %d events to send: use "
					"events.since first",
					ENGINE_CATCHUP_MAX);
	}
	t->subscribed = number;
	rq->result = json_pack("{s:I}", "number", (json_int_t)number);
	return OUT_OK;
}

/* --- handles, for the session handlers -------------------------------------- */

const char *
engine_handle_open(struct request *rq, int64_t agent_id, enum staff staff,
		   const char *name, const char *session_hash,
		   int64_t expires_ms)
{
	struct task *t = task_of(rq);
	struct peer *p = rq->peer;
	struct handle *h;

	(void)pthread_mutex_lock(&p->lock);
	h = handle_new(&p->handles, t->opened);
	if (h != NULL) {
		h->name = mem_strdup(name);
		h->agent_id = agent_id;
		h->staff = staff;
		h->fades =
			json_is_string(json_object_get(rq->params, "cookie"));
		h->expires_ms = expires_ms;
		h->used_ms = rq->now_ms;
		h->touched_ms = rq->now_ms;
		(void)memcpy(h->session, session_hash,
			     strnlen(session_hash, HASH_HEX - 1));
	} else {
		t->opened[0] = '\0';
	}
	(void)pthread_mutex_unlock(&p->lock);
	return h == NULL ? NULL : t->opened;
}

const char *
engine_visitor_open(struct request *rq, int64_t visitor_id, int64_t incident_id,
		    const char *name, int64_t idle_ms)
{
	struct task *t = task_of(rq);
	struct peer *p = rq->peer;
	struct handle *h;

	(void)pthread_mutex_lock(&p->lock);
	h = handle_new(&p->handles, t->opened);
	if (h != NULL) {
		h->name = mem_strdup(name);
		h->idle_ms = idle_ms;
		h->used_ms = rq->now_ms;
		h->touched_ms = rq->now_ms;
		handle_bind(&p->handles, h, visitor_id, incident_id);
	} else {
		t->opened[0] = '\0';
	}
	(void)pthread_mutex_unlock(&p->lock);
	return h == NULL ? NULL : t->opened;
}

bool
engine_handle_close(struct request *rq, const char *handle,
		    char session_hash_out[65])
{
	struct task *t = task_of(rq);
	struct peer *p = rq->peer;
	struct handle *h;

	(void)pthread_mutex_lock(&p->lock);
	h = handle_find(&p->handles, handle);
	if (h != NULL) {
		handle_name(&p->handles, h, t->closing);
		(void)memcpy(session_hash_out, h->session, HASH_HEX);
	}
	(void)pthread_mutex_unlock(&p->lock);
	return h != NULL;
}
