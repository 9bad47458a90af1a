/*
 * m_hook: hook.*: what other servers deliver is kept as it came, so that they
 * can be answered at once; a gateway reads it afterwards, on lease.
 *
 * Invariants: a hook is in the commit that its hook.put is answered after; a
 * lease names its attempt, and only the newest attempt may end it.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/blob.h"
#include "daemon/store/hook.h"
#include "daemon/store/incident.h"
#include "daemon/store/privacy.h"
#include "daemon/trail.h"

#define HOOK_LEASE_MS_MIN 1000
#define HOOK_LEASE_MS_MAX 600000
#define HOOK_RETRY_MS 1000
#define HOOK_RETRY_MS_MAX (5 * 60 * 1000)
#define HOOK_TRIES_MAX 1000 /* some three days */
#define HOOK_LIST_MAX 100

/* named by the table of handlers */
method_fn m_hook_put;
method_fn m_hook_take;
method_fn m_hook_end;
method_fn m_hook_list;
method_fn m_hook_get;
method_fn m_hook_again;

static int64_t
hook_clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* The body that came along, or was put before: large ones only. */
static enum outcome
put_body(struct store *s, const struct request *rq, struct hook_new *h,
	 struct err *e)
{
	const json_t *body = json_object_get(rq->params, "body");
	const struct request_blob *b;
	enum outcome o;

	h->sha256 = member_str(body, "sha256");
	b = request_blob(rq, h->sha256);
	if (b != NULL && b->bytes <= BLOB_ROW_BYTES) {
		h->bytes = b->bytes;
		h->data = b->data;
		return OUT_OK;
	}
	o = change_blob(s, rq, h->sha256, rq->now_ms, e);
	if (o == OUT_OK)
		o = blob_claim(s, h->sha256, &h->bytes, e);
	if (o == OUT_OK && h->bytes <= BLOB_ROW_BYTES)
		o = err_code(e, OUT_PERM, "bad_params",
			     "'body.data' is missing: octets up to %d come "
			     "with the request",
			     BLOB_ROW_BYTES);
	return o;
}

enum outcome
m_hook_put(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct hook_new h = { .data = NULL };
	int64_t id = 0;
	enum outcome o = link_id(s, param_str(rq, "connection"),
				 role_name(rq->role), &h.connection_id, e);

	if (o == OUT_OK &&
	    !clock_parse(param_str(rq, "received_at"), &h.received_ms))
		o = err_code(e, OUT_PERM, "bad_params",
			     "'received_at' is not an instant");
	if (h.received_ms > rq->now_ms)
		h.received_ms = rq->now_ms;
	if (o == OUT_OK)
		o = put_body(s, rq, &h, e);
	if (o == OUT_OK)
		o = hook_add(s, &h, rq->now_ms, &id, e);
	if (o != OUT_OK)
		return o;
	d->wake_hooks |= 1U << rq->role;
	result_set(rq, "hook", json_integer(id));
	return OUT_OK;
}

enum outcome
m_hook_take(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t lease = hook_clamp(param_int(rq, "lease_ms", 0),
				   HOOK_LEASE_MS_MIN, HOOK_LEASE_MS_MAX);
	int64_t max = hook_clamp(param_int(rq, "max", 1), 1, HOOK_TAKE_MAX);
	json_t *hooks = NULL;
	enum outcome o;

	(void)d;
	o = hook_take(s, role_name(rq->role), rq->now_ms, rq->now_ms + lease,
		      (int)max, &hooks, e);
	if (o == OUT_OK)
		result_set(rq, "hooks", hooks);
	return o;
}

static int64_t
hook_wait(int64_t attempts)
{
	int64_t wait = HOOK_RETRY_MS;

	while (--attempts > 0 && wait < HOOK_RETRY_MS_MAX)
		wait *= 2;
	return wait < HOOK_RETRY_MS_MAX ? wait : HOOK_RETRY_MS_MAX;
}

/* What a reader says of its attempt; *state_out: static. */
static enum outcome
end_as(struct store *s, const struct request *rq, const struct hook *h,
       const char **state_out, struct err *e)
{
	const char *word = param_str(rq, "result");
	const char *why = param_str(rq, "why");
	bool again = strcmp(word, "again") == 0;

	if (again && h->attempts < HOOK_TRIES_MAX) {
		*state_out = "waiting";
		return hook_requeue(
			s, h->id, rq->now_ms + hook_wait(h->attempts), why, e);
	}
	if (strcmp(word, "done") == 0) {
		*state_out = "done";
		return hook_end(s, h->id, "done", NULL, rq->now_ms, e);
	}
	if (!again && strcmp(word, "dead") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'result' is none of done, dead, again");
	*state_out = "dead";
	return hook_end(s, h->id, "dead",
			why != NULL && *why != '\0' ? why : "no reason given",
			rq->now_ms, e);
}

enum outcome
m_hook_end(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct hook h;
	bool more = false;
	const char *state = NULL;
	enum outcome o = hook_load(s, param_int(rq, "hook", 0),
				   role_name(rq->role), &h, e);

	(void)d;
	if (o != OUT_OK)
		return o;
	if (strcmp(h.state, "taken") != 0 ||
	    h.attempts != param_int(rq, "attempt", 0)) {
		rq->error_data = json_object();
		(void)json_object_set_new(rq->error_data, "state",
					  json_string(h.state));
		return err_code(e, OUT_PERM, "conflict",
				"the hook was taken again or has ended");
	}
	o = end_as(s, rq, &h, &state, e);
	if (o == OUT_OK && rq->role == ROLE_SHOP)
		o = privacy_bodies(s, h.connection_id, rq->now_ms, &more, e);
	if (o == OUT_OK)
		result_set(rq, "state", json_string(state));
	return o;
}

enum outcome
m_hook_list(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t limit =
		hook_clamp(param_int(rq, "limit", 50), 1, HOOK_LIST_MAX);
	json_t *hooks = NULL;
	enum outcome o = hook_list(
		s, param_str(rq, "state"), param_str(rq, "connection"),
		param_int(rq, "before", 0), (int)limit, &hooks, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "hooks", hooks);
	return o;
}

enum outcome
m_hook_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *hook = NULL;
	json_t *body = NULL;
	enum outcome o = hook_view(s, param_int(rq, "id", 0), &hook, &body, e);

	(void)d;
	if (o != OUT_OK)
		return o;
	result_set(rq, "hook", hook);
	if (body != NULL)
		result_set(rq, "body", body);
	return OUT_OK;
}

/* Of dead and done ones alike: reading one twice changes nothing twice. */
enum outcome
m_hook_again(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct hook h;
	enum outcome o = hook_load(s, param_int(rq, "id", 0), NULL, &h, e);

	if (o == OUT_OK)
		o = hook_again(s, h.id, rq->now_ms, e);
	if (o == OUT_OK)
		o = trail_add(s, rq, h.id, "ok", e);
	if (o != OUT_OK)
		return o;
	d->wake_hooks |= 1U << role_parse(h.role);
	result_set(rq, "state", json_string("waiting"));
	return OUT_OK;
}
