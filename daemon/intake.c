#include "daemon/intake.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/engine_p.h"
#include "daemon/octets.h"
#include "daemon/peer.h"
#include "daemon/task.h"
#include "daemon/wire/frame.h"

#define PROTOCOL_VERSION 1
#define ID_MAX 64  /* characters of an id that is a string */
#define KEY_MAX 64 /* of a command key */
#define AS_MAX 64  /* of a handle */

#define RPC_PARSE (-32700)
#define RPC_REQUEST (-32600)
#define RPC_METHOD (-32601)
#define RPC_PARAMS (-32602)
#define RPC_REFUSED (-32000)

/* Answer a frame that does not become a task. id may be NULL. */
static void
answer_error(struct peer *p, const json_t *id, int rpc, const char *code,
	     const char *text)
{
	json_t *o =
		json_pack("{s:s, s:i, s:{s:i, s:s, s:{s:s, s:s}}}", "jsonrpc",
			  "2.0", "id", 0, "error", "code", rpc, "message", text,
			  "data", "outcome", "perm", "code", code);

	(void)json_object_set_new(
		o, "id", id == NULL ? json_null() : json_copy((json_t *)id));
	peer_put(p, o);
	json_decref(o);
	peer_flush(p);
}

void
intake_too_long(struct peer *p)
{
	char text[64];

	(void)snprintf(text, sizeof text, "frame is over %d bytes",
		       FRAME_BYTES);
	answer_error(p, NULL, RPC_PARSE, "frame", text);
}

static bool
id_ok(const json_t *id)
{
	return json_is_integer(id) ||
	       (json_is_string(id) && json_string_length(id) <= ID_MAX);
}

static bool
key_ok(const json_t *key)
{
	const char *s = json_string_value(key);

	if (s == NULL || *s == '\0' || json_string_length(key) > KEY_MAX)
		return false;
	return strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
			 "0123456789_.:-") == json_string_length(key);
}

static bool
absent(const json_t *v)
{
	return v == NULL || json_is_null(v);
}

/* Why a frame is not a request; NULL: it is one. */
static const char *
not_a_request(json_t *frame)
{
	const char *version =
		json_string_value(json_object_get(frame, "jsonrpc"));
	json_t *params = json_object_get(frame, "params");
	json_t *as = json_object_get(frame, "as");
	json_t *key = json_object_get(frame, "key");

	if (version == NULL || strcmp(version, "2.0") != 0)
		return "'jsonrpc' is not \"2.0\"";
	if (!id_ok(json_object_get(frame, "id")))
		return "'id' is neither an integer nor a string of at most 64 "
		       "characters";
	if (!json_is_string(json_object_get(frame, "method")))
		return "'method' is not a string";
	if (!absent(params) && !json_is_object(params))
		return "'params' is not an object";
	if (!absent(as) &&
	    (!json_is_string(as) || json_string_length(as) > AS_MAX))
		return "'as' is not a handle";
	if (!absent(key) && !key_ok(key))
		return "'key' is not 1 to 64 characters of [A-Za-z0-9_.:-]";
	return NULL;
}

/* hello is looked at here, because what follows depends on it. */
static bool
hello_ok(struct peer *p, const json_t *id, const json_t *params)
{
	json_int_t v = json_integer_value(json_object_get(params, "protocol"));
	char text[80];
	char shown[256];
	const char *program =
		json_string_value(json_object_get(params, "program"));

	if (v != PROTOCOL_VERSION) {
		(void)snprintf(text, sizeof text,
			       "protocol %lld is not spoken here, only %d",
			       (long long)v, PROTOCOL_VERSION);
		answer_error(p, id, RPC_REFUSED, "protocol", text);
		return false;
	}
	if (!p->hello)
		log_info("peer.hello", "peer %llu (%s, pid %ld) is %s",
			 (unsigned long long)p->serial, role_name(p->role),
			 (long)p->pid,
			 log_text(program, strlen(program), shown));
	p->hello = true;
	return true;
}

/* Members of the frame as members of the request. */
static void
fill(struct task *t, const struct method *m)
{
	struct request *rq = &t->rq;
	json_t *frame = t->frame;

	rq->method = m;
	rq->id = json_object_get(frame, "id");
	rq->params = json_object_get(frame, "params");
	if (absent(rq->params)) {
		(void)json_object_set_new(frame, "params", json_object());
		rq->params = json_object_get(frame, "params");
	}
	t->as = json_string_value(json_object_get(frame, "as"));
	rq->key = json_string_value(json_object_get(frame, "key"));
}

/* ping, typing: what needs neither store nor order. */
static void
run_local(struct net *n, struct task *t)
{
	struct peer *p = peer_ref(t->rq.peer);
	struct request *rq = &t->rq;
	json_t *reply;

	if (method_may(rq->method, rq->role, ACTOR_NONE, STAFF_AGENT) ||
	    turn_authorise(t) == OUT_OK)
		rq->outcome = method_handlers[rq->method->index](n->en->d, NULL,
								 rq, &rq->err);
	(void)task_short(t);
	reply = task_reply(t);
	peer_put(p, reply);
	json_decref(reply);
	peer_flush(p);
	task_done(t);
	peer_unref(p);
}

/* What comes from outside and makes the store grow. An upload that was begun
 * goes on: its ceilings are low, and its octets are here already. */
static bool
grows(const struct request *rq)
{
	const char *name = rq->method->name;

	if (strcmp(name, "blob.put") == 0)
		return json_integer_value(
			       json_object_get(rq->params, "offset")) == 0;
	return strcmp(name, "contact.add") == 0 ||
	       strcmp(name, "hook.put") == 0 || strcmp(name, "echo.add") == 0 ||
	       strcmp(name, "chat.write") == 0 ||
	       strcmp(name, "visitor.start") == 0;
}

/* Answered in its order, with nothing done; what it brought is let go. */
static void
refuse_full(struct net *n, struct task *t)
{
	(void)atomic_fetch_add(&n->refused_full, 1);
	task_fail(t, OUT_TEMP, "full", ENGINE_FULL_MS,
		  "little space is left on the disk: nothing new is taken");
	(void)json_object_clear(t->rq.params);
	net_dispatch(n, t);
}

/* The frames of all peers are too many together. */
static void
refuse_bytes(struct net *n, struct task *t)
{
	(void)atomic_fetch_add(&n->refused_bytes, 1);
	task_fail(t, OUT_TEMP, "busy",
		  queue_retry_ms(&n->en->turn_queue, clock_tick_ms()),
		  "too many octets are under way");
	(void)json_object_clear(t->rq.params);
	net_dispatch(n, t);
}

/* A request whose parameters are right. false: close the peer. */
static bool
send_on(struct net *n, struct peer *p, struct task *t)
{
	const struct method *m = t->rq.method;
	struct err e;

	if (strcmp(m->name, "hello") == 0) {
		if (!hello_ok(p, t->rq.id, t->rq.params)) {
			task_done(t);
			return false;
		}
		net_dispatch(n, t);
		return true;
	}
	if (space_low(&n->en->space) && grows(&t->rq)) {
		refuse_full(n, t);
		return true;
	}
	if (octets_take(t, &e) != OUT_OK) {
		answer_error(p, t->rq.id, RPC_PARAMS, "bad_params", e.text);
		task_done(t);
		return true;
	}
	if (m->kind == METHOD_CALM || m->kind == METHOD_SLOW)
		t->prep = PREP_CALM;
	/* Whoever may not call it does not make a password be hashed. The
	 * turn checks again. */
	if (t->prep == PREP_CALM && turn_authorise(t) != OUT_OK) {
		t->prep = PREP_NONE;
		t->over = true;
	}
	if (m->kind == METHOD_LOCAL)
		run_local(n, t);
	else
		net_dispatch(n, t);
	return true;
}

/* A frame that is a request. false: close the peer. */
static bool
take_request(struct net *n, struct peer *p, json_t *frame, size_t len)
{
	json_t *id = json_object_get(frame, "id");
	const char *name = json_string_value(json_object_get(frame, "method"));
	const struct method *m = method_find(name);
	struct task *t;
	struct err e;
	char text[160];
	char shown[256];

	if (!p->hello && (m == NULL || strcmp(m->name, "hello") != 0)) {
		answer_error(p, id, RPC_REQUEST, "hello", "say hello first");
		json_decref(frame);
		return true;
	}
	if (m == NULL || !method_may_ever(m, p->role)) {
		(void)snprintf(text, sizeof text,
			       "no method '%.64s' for the %s socket",
			       log_text(name, strlen(name), shown),
			       role_name(p->role));
		answer_error(p, id, RPC_METHOD, "no_method", text);
		json_decref(frame);
		return true;
	}
	t = task_new(p, frame, len);
	fill(t, m);
	if (task_short(t)) {
		t->over = true;
		net_dispatch(n, t);
		return true;
	}
	if (len > NET_SMALL_BYTES &&
	    atomic_load(&n->call_bytes) > NET_CALL_BYTES) {
		refuse_bytes(n, t);
		return true;
	}
	if (method_check(m, t->rq.params, &e) != OUT_OK) {
		answer_error(p, t->rq.id, RPC_PARAMS, "bad_params", e.text);
		task_done(t);
		return true;
	}
	return send_on(n, p, t);
}

bool
intake_line(struct net *n, struct peer *p, const char *line, size_t len)
{
	json_t *frame;
	const char *why;
	struct err e;

	(void)mem_short_take();
	if (frame_parse(line, len, &frame, &e) != OUT_OK) {
		char shown[256];

		answer_error(p, NULL, RPC_PARSE, "frame",
			     log_text(e.text, strlen(e.text), shown));
		return false;
	}
	why = not_a_request(frame);
	if (why != NULL) {
		json_t *id = json_object_get(frame, "id");

		answer_error(p, id_ok(id) ? id : NULL, RPC_REQUEST, "request",
			     why);
		json_decref(frame);
		return true;
	}
	return take_request(n, p, frame, len);
}
