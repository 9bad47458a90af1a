#include "daemon/task.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/peer.h"
#include "daemon/store/blobfile.h"
#include "rules/book.h"

#define RPC_REFUSED (-32000)
#define RPC_PARAMS (-32602)
#define TASK_SHORT_MS 1000

struct task *
task_new(struct peer *peer, json_t *frame, size_t bytes)
{
	struct task *t = mem_new(1, sizeof *t);

	t->rq.engine = t;
	t->rq.peer = peer_ref(peer);
	t->rq.role = peer->role;
	t->frame = frame;
	t->bytes = bytes;
	t->subscribed = -1;
	t->number = -1;
	peer_begin(peer, bytes);
	return t;
}

struct task *
task_of(struct request *rq)
{
	return rq->engine;
}

void
task_fail(struct task *t, enum outcome o, const char *code,
	  int64_t retry_after_ms, const char *text)
{
	t->rq.outcome = err_code(&t->rq.err, o, code, "%s", text);
	t->rq.retry_after_ms = retry_after_ms;
	t->over = true;
}

bool
task_short(struct task *t)
{
	struct request *rq = &t->rq;

	if (!mem_short_take())
		return false;
	json_decref(rq->error_data);
	rq->error_data = NULL;
	rq->keep = false;
	rq->retry_after_ms = TASK_SHORT_MS;
	rq->outcome = err_code(&rq->err, OUT_TEMP, "busy",
			       "could not be done now: out of memory");
	return true;
}

/* A failure without a code is one of ours: its text stays in the log, the
 * peer gets a number to look for there. */
static void
hide_inside(struct task *t)
{
	static atomic_uint_fast32_t references;
	struct request *rq = &t->rq;
	unsigned ref;

	if (rq->err.code[0] != '\0')
		return;
	ref = (unsigned)atomic_fetch_add(&references, 1) + 1;
	log_error("request.failed", "reference %u: %s: %s", ref,
		  rq->method->name, rq->err.text);
	(void)err_code(&rq->err, rq->outcome, "internal",
		       "could not be done; see 'reference %u' in the log", ref);
}

static json_t *
error_object(struct task *t)
{
	struct request *rq = &t->rq;
	json_t *data;
	bool bad = strcmp(rq->err.code, "bad_params") == 0;

	hide_inside(t);
	data = rq->error_data != NULL ? json_incref(rq->error_data)
				      : json_object();
	(void)json_object_set_new(data, "outcome",
				  json_string(outcome_name(rq->outcome)));
	(void)json_object_set_new(data, "code", json_string(rq->err.code));
	if (rq->outcome == OUT_TEMP && rq->retry_after_ms > 0)
		(void)json_object_set_new(data, "retry_after_ms",
					  json_integer(rq->retry_after_ms));
	return json_pack("{s:i, s:s, s:o}", "code",
			 bad ? RPC_PARAMS : RPC_REFUSED, "message",
			 rq->err.text, "data", data);
}

json_t *
task_reply(struct task *t)
{
	struct request *rq = &t->rq;
	json_t *o = json_object();

	(void)json_object_set_new(o, "jsonrpc", json_string("2.0"));
	(void)json_object_set(o, "id", rq->id);
	if (rq->outcome != OUT_OK) {
		(void)json_object_set_new(o, "error", error_object(t));
		return o;
	}
	(void)json_object_set(o, "result", rq->result);
	if (t->number >= 0)
		(void)json_object_set_new(o, "number", json_integer(t->number));
	return o;
}

void
task_to_turn(struct task *t)
{
	t->in_turn = true;
	(void)atomic_fetch_add(&t->rq.peer->in_turn, 1);
}

void
task_left_turn(struct task *t)
{
	if (t->in_turn)
		(void)atomic_fetch_sub(&t->rq.peer->in_turn, 1);
	t->in_turn = false;
}

void
task_done(struct task *t)
{
	struct request *rq = &t->rq;
	size_t i;

	for (i = 0; i < rq->blob_count; i++) {
		if (rq->blobs[i].pinned)
			blobfile_unpin(rq->blobs[i].sha256);
		mem_free(rq->blobs[i].data);
	}
	mem_free(rq->blobs);
	mem_free(rq->prepared);
	book_unref(&rq->book);
	json_decref(rq->result);
	buf_release(&rq->text);
	json_decref(rq->error_data);
	json_decref(t->catchup);
	json_decref(t->frame);
	task_left_turn(t);
	peer_end(rq->peer, t->bytes);
	peer_unref(rq->peer);
	mem_free(t);
}

const struct request_blob *
request_blob(const struct request *rq, const char *sha256)
{
	size_t i;

	for (i = 0; i < rq->blob_count; i++)
		if (strcmp(rq->blobs[i].sha256, sha256) == 0)
			return &rq->blobs[i];
	return NULL;
}
