#include "daemon/turn.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/engine_p.h"
#include "daemon/peer.h"
#include "daemon/repeat.h"
#include "daemon/store/audit.h"
#include "daemon/store/event.h"
#include "daemon/store/session.h"
#include "daemon/store/store.h"
#include "daemon/store/visitor.h"
#include "daemon/subscribe.h"
#include "daemon/task.h"
#include "daemon/visit.h"
#include "rules/book.h"

#define TICK_SOON_MS 1000 /* after a change, what is due is looked for again */
#define TICK_FAILED_MS 5000
#define TEST_CLOCK_MS 100
#define FULL_LOG_MS 60000

/* What one commit answers. */
struct batch {
	struct request *writes; /* in order, and what failed before it ran */
	struct request *last_write;
	struct request *reads;
	struct request *last_read;
	size_t n;
	bool lost; /* the transaction is gone: nothing of it may stand */
};

/* What a request may have changed outside the store. */
struct mark {
	size_t end_count;
	size_t gone_count;
	size_t visit_count;
	unsigned wake_outbox;
	unsigned wake_jobs;
	unsigned wake_connections;
	unsigned wake_hooks;
	struct book *book;
	int64_t version;
};

static void
append(struct request **first, struct request **last, struct request *rq)
{
	rq->next = NULL;
	if (*last == NULL)
		*first = rq;
	else
		(*last)->next = rq;
	*last = rq;
}

_Noreturn void
turn_die(const struct err *e)
{
	log_error("store.sync_failed",
		  "%s; nothing more is answered, the daemon ends", e->text);
	_exit(EXIT_STORE);
}

static void
log_full(struct turn *t, const struct err *e)
{
	int64_t now = clock_tick_ms();

	if (t->full_logged_ms != 0 && now - t->full_logged_ms < FULL_LOG_MS)
		return;
	t->full_logged_ms = now;
	log_error("store.full",
		  "%s; contacts stay with their senders until there is space",
		  e->text);
}

/* --- who may call what ------------------------------------------------------ */

static enum outcome
refuse(struct task *t, const char *code, const char *text)
{
	t->rq.outcome = err_code(&t->rq.err, OUT_PERM, code, "%s", text);
	return OUT_PERM;
}

/* The request acts for whom the handle stands for. The peer is locked. */
static void
use(struct task *t, struct handle *h, int64_t now_ms)
{
	struct request *rq = &t->rq;
	int64_t every =
		h->actor == ACTOR_VISITOR ? VISITOR_TOUCH_MS : SESSION_TOUCH_MS;

	h->used_ms = now_ms;
	if ((h->fades || h->idle_ms != 0) && rq->method->kind != METHOD_LOCAL &&
	    now_ms - h->touched_ms >= every) {
		h->touched_ms = now_ms;
		t->touch = true;
	}
	rq->agent_id = h->agent_id;
	rq->staff = h->staff;
	rq->visitor_id = h->key[HANDLE_BY_VISITOR];
	(void)memcpy(t->session, h->session, sizeof t->session);
	rq->session = t->session;
}

enum outcome
turn_authorise(struct task *t)
{
	struct request *rq = &t->rq;
	struct peer *p = rq->peer;
	struct handle *h;
	int64_t now = clock_now_ms();
	bool may = false;

	if (t->as == NULL)
		return method_may(rq->method, rq->role, ACTOR_NONE, STAFF_AGENT)
			       ? OUT_OK
			       : refuse(t, "not_allowed",
					"this needs a person: name a handle in "
					"'as'");
	(void)pthread_mutex_lock(&p->lock);
	h = handle_find(&p->handles, t->as);
	if (h != NULL && (!h->live || handle_over(h, now)))
		h = NULL;
	if (h != NULL) {
		may = method_may(rq->method, rq->role, h->actor, h->staff);
		use(t, h, now);
	}
	(void)pthread_mutex_unlock(&p->lock);
	if (h == NULL)
		return refuse(t, "no_session", "the session has ended");
	return may ? OUT_OK
		   : refuse(t, "not_allowed", "this person may not do that");
}

/* --- one request ------------------------------------------------------------ */

static struct mark
mark_of(const struct engine *en)
{
	const struct desk *d = en->d;

	return (struct mark){
		.end_count = en->turn.end_count,
		.gone_count = json_array_size(en->turn.gone),
		.visit_count = en->turn.visits.n,
		.wake_outbox = d->wake_outbox,
		.wake_jobs = d->wake_jobs,
		.wake_connections = d->wake_connections,
		.wake_hooks = d->wake_hooks,
		.book = d->next_book == NULL ? NULL : book_ref(d->next_book),
		.version = d->next_version,
	};
}

static void
mark_forget(struct mark *m)
{
	if (m->book != NULL)
		book_unref(&m->book);
}

/* As it was before the request. */
static void
mark_restore(struct engine *en, struct mark *m)
{
	struct desk *d = en->d;

	en->turn.end_count = m->end_count;
	en->turn.visits.n = m->visit_count;
	while (json_array_size(en->turn.gone) > m->gone_count)
		(void)json_array_remove(en->turn.gone,
					json_array_size(en->turn.gone) - 1);
	d->wake_outbox = m->wake_outbox;
	d->wake_jobs = m->wake_jobs;
	d->wake_connections = m->wake_connections;
	d->wake_hooks = m->wake_hooks;
	if (d->next_book != NULL)
		book_unref(&d->next_book);
	d->next_book = m->book;
	d->next_version = m->version;
	m->book = NULL;
}

/* A handler inside its savepoint, with its command key. */
static enum outcome
call_handler(struct engine *en, struct task *t)
{
	struct request *rq = &t->rq;
	enum outcome o = OUT_OK;

	o = repeat_find(en->d, en->store, t, &rq->err);
	if (o != OUT_OK || t->repeated)
		return o;
	o = method_handlers[rq->method->index](en->d, en->store, rq, &rq->err);
	if (o == OUT_OK && !json_is_object(rq->result))
		o = err_set(&rq->err, OUT_PERM, "the handler gave no result");
	if (o == OUT_OK)
		o = repeat_note(en->store, t, &rq->err);
	return o;
}

static enum outcome
call(struct engine *en, struct task *t)
{
	enum outcome o;

	(void)mem_short_take();
	o = call_handler(en, t);
	return task_short(t) ? OUT_TEMP : o;
}

static void
run_write(struct engine *en, struct batch *b, struct task *t)
{
	struct request *rq = &t->rq;
	struct mark m = mark_of(en);
	struct err e;
	bool kept = false;

	rq->now_ms = en->turn.now_ms;
	rq->outcome = store_begin(en->store, &rq->err);
	if (rq->outcome == OUT_OK) {
		rq->outcome = store_save(en->store, &rq->err);
		b->lost = b->lost || rq->outcome != OUT_OK;
	}
	if (rq->outcome != OUT_OK) {
		mark_forget(&m);
		return;
	}
	rq->outcome = call(en, t);
	if (rq->outcome == OUT_OK)
		rq->outcome = store_release(en->store, &rq->err);
	else
		kept = rq->keep && store_release(en->store, &e) == OUT_OK;
	if (rq->outcome != OUT_OK && !kept) {
		mark_restore(en, &m);
		if (store_undo(en->store, &e) != OUT_OK)
			b->lost = true;
	}
	if (rq->outcome == OUT_TEMP && strcmp(rq->err.code, "full") == 0) {
		log_full(&en->turn, &rq->err);
		if (rq->retry_after_ms == 0)
			rq->retry_after_ms = ENGINE_FULL_MS;
	}
	mark_forget(&m);
}

/* The session is used: a minute's exactness is enough, so this costs a commit
 * of its own only where nothing else is written. */
static void
touch_session(struct engine *en, struct batch *b, struct task *t)
{
	struct err e;
	enum outcome o;

	if (!t->touch || b->lost || store_begin(en->store, &e) != OUT_OK)
		return;
	if (t->rq.visitor_id != 0)
		o = visitor_touch(en->store, t->rq.visitor_id, en->turn.now_ms,
				  &e);
	else
		o = session_touch(en->store, t->session, en->turn.now_ms, &e);
	if (o != OUT_OK) {
		log_warn("session.touch", "%s", e.text);
		b->lost = true; /* SQLite may have ended the transaction */
	}
}

/* Somebody tried what they may not: an audit row, a few a second at most, so
 * that nobody fills the disk with them. */
static void
note_denied(struct engine *en, struct batch *b, const struct task *t)
{
	struct turn *turn = &en->turn;
	struct audit_entry a = { .at_ms = turn->now_ms,
				 .agent_id = t->rq.agent_id,
				 .role = role_name(t->rq.role),
				 .action = t->rq.method->name,
				 .outcome = t->rq.err.code };
	struct err e;

	if (turn->now_ms - turn->denied_ms >= 1000) {
		turn->denied_ms = turn->now_ms;
		turn->denied = 0;
	}
	if (b->lost || ++turn->denied > TURN_DENIALS_MAX ||
	    store_begin(en->store, &e) != OUT_OK)
		return;
	if (audit_add(en->store, &a, &e) != OUT_OK) {
		log_warn("audit.lost", "%s", e.text);
		b->lost = true; /* SQLite may have ended the transaction */
	}
}

static void
take_one(struct engine *en, struct batch *b, struct request *rq)
{
	struct task *t = task_of(rq);

	b->n++;
	if (!t->over && turn_authorise(t) != OUT_OK)
		t->over = true;
	touch_session(en, b, t);
	if (t->over && strcmp(rq->err.code, "not_allowed") == 0)
		note_denied(en, b, t);
	if (!t->over && (rq->method->kind == METHOD_READ ||
			 rq->method->kind == METHOD_LOCAL)) {
		append(&b->reads, &b->last_read, rq);
		return;
	}
	append(&b->writes, &b->last_write, rq);
	if (!t->over && !b->lost)
		run_write(en, b, t);
}

/* --- after the commit -------------------------------------------------------- */

/* Handles that the request opened or closed, and its subscription. */
static void
settle_handles(struct engine *en, struct task *t)
{
	struct peer *p = t->rq.peer;
	bool ok = t->rq.outcome == OUT_OK;
	struct handle *h;

	(void)pthread_mutex_lock(&p->lock);
	if (t->opened[0] != '\0') {
		h = handle_find(&p->handles, t->opened);
		if (h != NULL && ok)
			h->live = true;
		else if (h != NULL)
			handle_drop(&p->handles, h);
	}
	if (ok && t->closing[0] != '\0') {
		h = handle_find(&p->handles, t->closing);
		if (h != NULL) {
			visit_left(en, h);
			handle_drop(&p->handles, h);
		}
	}
	(void)pthread_mutex_unlock(&p->lock);
}

/*
 * The one place from which replies of the turn leave: everything in the list
 * is durable, or is an error that promises nothing.
 */
static void
turn_release(struct engine *en, struct request *list, int64_t number)
{
	struct request *rq;
	struct request *next;

	for (rq = list; rq != NULL; rq = rq->next) {
		struct task *t = task_of(rq);
		json_t *reply;

		t->number = number;
		settle_handles(en, t);
		task_left_turn(t);
		reply = task_reply(t);
		peer_put(rq->peer, reply);
		json_decref(reply);
		if (rq->outcome == OUT_OK)
			subscribe_begin(t);
	}
	for (rq = list; rq != NULL; rq = next) {
		next = rq->next;
		peer_flush(rq->peer);
		task_done(task_of(rq));
	}
}

/* Reads of the batch: everything before them is durable. */
static void
release_reads(struct engine *en, struct request *list)
{
	struct request *next;

	for (; list != NULL; list = next) {
		struct task *t = task_of(list);

		next = list->next;
		task_left_turn(t);
		if (queue_push_lane(&en->read_queue, &list->peer->read_lane,
				    list))
			continue;
		list->next = NULL;
		task_fail(t, OUT_TEMP, "busy",
			  queue_retry_ms(&en->read_queue, clock_tick_ms()),
			  "too many reads wait");
		turn_release(en, list, -1);
	}
}

/* The transaction is gone: whatever was promised in it is not so. */
static void
fail_batch(struct engine *en, struct batch *b, const struct err *why)
{
	bool full = strcmp(why->code, "full") == 0;
	struct desk *d = en->d;
	struct request *rq;

	if (full)
		log_full(&en->turn, why);
	else
		log_error("store.failed", "%s", why->text);
	store_rollback(en->store);
	if (store_sync_failed(en->store))
		turn_die(why); /* it could not be undone */
	event_batch_drop(en->store);
	d->wake_outbox = d->wake_jobs = d->wake_connections = 0;
	d->wake_hooks = 0;
	(void)json_array_clear(en->turn.gone);
	en->turn.end_count = 0;
	en->turn.visits.n = 0;
	if (d->next_book != NULL)
		book_unref(&d->next_book);
	for (rq = b->writes; rq != NULL; rq = rq->next) {
		struct task *t = task_of(rq);

		if (t->over)
			continue;
		json_decref(rq->result);
		rq->result = NULL;
		json_decref(rq->error_data);
		rq->error_data = NULL;
		t->subscribed = -1;
		task_fail(t, OUT_TEMP, full ? "full" : "busy", ENGINE_FULL_MS,
			  full ? "could not be stored now: no space on the disk"
			       : "could not be stored now");
	}
}

/* The book that the turn applied is everyone's now. */
static void
swap_book(struct desk *d)
{
	struct book *old;

	if (d->next_book == NULL)
		return;
	(void)pthread_mutex_lock(&d->book_lock);
	old = d->left_book;
	d->left_book = d->book;
	d->book = d->next_book;
	d->book_version = d->next_version;
	d->next_book = NULL;
	(void)pthread_mutex_unlock(&d->book_lock);
	book_unref(&old);
}

/* OUT_OK: all that the batch promises is durable. */
static enum outcome
commit(struct engine *en, struct batch *b, bool *changed_out, struct err *e)
{
	enum outcome o;

	*changed_out = false;
	if (store_sync_failed(en->store)) {
		(void)err_code(e, OUT_UNSURE, "sync", "a sync failed");
		turn_die(e);
	}
	if (b->lost) {
		(void)err_code(e, OUT_TEMP, "full", "the transaction was lost");
		return OUT_TEMP;
	}
	*changed_out = store_changed(en->store);
	if (!*changed_out) {
		store_rollback(en->store);
		return OUT_OK;
	}
	o = store_commit(en->store, e);
	if (o == OUT_UNSURE)
		turn_die(e);
	return o;
}

/* Files that no row names any more are the worker's to unlink. */
static void
hand_over_gone(struct engine *en)
{
	if (json_array_size(en->turn.gone) == 0)
		return;
	(void)pthread_mutex_lock(&en->gone_lock);
	(void)json_array_extend(en->gone, en->turn.gone);
	(void)pthread_mutex_unlock(&en->gone_lock);
	(void)json_array_clear(en->turn.gone);
}

/* Subscribers miss no event: what cannot be told ends their subscription. */
static void
tell_events(struct engine *en)
{
	json_t *events = NULL;
	struct err e;
	enum outcome o;

	if (!subscribe_any(en))
		return;
	(void)mem_short_take();
	o = event_batch_take(en->store, &events, &e);
	if (o != OUT_OK || mem_short_take())
		subscribe_lose(en);
	else
		subscribe_events(en, events);
	json_decref(events);
}

/* The next look at what is due: reads need no turn before it. */
static void
tick_at(struct turn *t, int64_t ms)
{
	t->tick_ms = ms;
	atomic_store(&t->done_ms, ms);
}

/* Commit, then tell everyone whom it concerns. */
static void
finish(struct engine *en, struct batch *b)
{
	struct err e = { .text = "" };
	bool changed;

#ifdef PLANTED_ANSWER_EARLY
	turn_release(en, b->writes, store_number(en->store));
	b->writes = b->last_write = NULL;
#endif
	if (commit(en, b, &changed, &e) != OUT_OK)
		fail_batch(en, b, &e);
	swap_book(en->d);
	visits_bind(en);
	/* before it is answered: reads do not wait for the turn */
	subscribe_ends(en, en->turn.ends, en->turn.end_count);
	en->turn.end_count = 0;
	turn_release(en, b->writes, store_number(en->store));
	if (changed) {
		checkpointer_told(&en->checkpointer,
				  store_log_pages(en->store));
		indexer_wake(&en->indexer);
	}
	release_reads(en, b->reads);
	visits_changed(en);
	tell_events(en);
	visits_tell(en);
	event_batch_drop(en->store);
	hand_over_gone(en);
	subscribe_wakes(en);
	if (changed && en->turn.tick_ms > en->turn.now_ms + TICK_SOON_MS)
		tick_at(&en->turn, en->turn.now_ms + TICK_SOON_MS);
}

static int64_t
tick_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* A request is still there until its batch is finished. */
static void
take_timed(struct engine *en, struct batch *b, struct request *rq)
{
	int64_t began_us = tick_us();

	take_one(en, b, rq);
	queue_spent(&en->turn_queue, &rq->peer->turn_lane,
		    tick_us() - began_us);
}

/* What waits, of the peer first for which least was done: whoever came
 * meanwhile shares the commit. A batch of several peers is committed after ENGINE_BATCH_MS of
 * work, so that nobody waits for another's many; what is left is for the next
 * one. */
static void
run_batch(struct engine *en, struct request *rq)
{
	struct batch b = { 0 };
	const struct peer *first = rq->peer;
	int64_t end_ms = clock_tick_ms() + ENGINE_BATCH_MS;
	bool several = false;

	en->turn.now_ms = clock_now_ms();
	while (rq != NULL) {
		several = several || rq->peer != first;
		rq->beside = b.n + queue_state(&en->turn_queue).waiting;
		take_timed(en, &b, rq);
		if (b.n >= ENGINE_BATCH_MAX ||
		    (several && clock_tick_ms() >= end_ms))
			break;
		rq = queue_take(&en->turn_queue, 1, 0);
	}
	finish(en, &b);
}

/* --- what is due ------------------------------------------------------------- */

static void
run_tick(struct engine *en)
{
	struct turn *t = &en->turn;
	struct batch b = { 0 };
	struct err e = { .text = "" };
	struct err undo;
	struct mark m = mark_of(en);
	int64_t next = 0;
	enum outcome o;

	t->now_ms = clock_now_ms();
	t->tick_ms = t->now_ms + ENGINE_TICK_MS_MAX;
	o = store_begin(en->store, &e);
	if (o == OUT_OK)
		o = store_save(en->store, &e);
	if (o == OUT_OK) {
		(void)mem_short_take();
		o = desk_tick(en->d, en->store, t->now_ms, &next, &e);
		if (mem_short_take())
			o = err_set(&e, OUT_TEMP, "out of memory");
		if (o == OUT_OK)
			o = store_release(en->store, &e);
		if (o != OUT_OK) {
			mark_restore(en, &m);
			b.lost = store_undo(en->store, &undo) != OUT_OK;
		}
	}
	if (o != OUT_OK) {
		log_error("desk.tick", "what is due could not be done: %s",
			  e.text);
		next = t->now_ms + TICK_FAILED_MS;
	}
	mark_forget(&m);
	finish(en, &b);
	subscribe_sweep(en, t->now_ms);
	tick_at(t, next < t->tick_ms ? next : t->tick_ms);
}

static int
wait_ms(const struct engine *en)
{
	const struct turn *t = &en->turn;
	int64_t left = t->tick_ms - clock_now_ms();
	int told = visits_wait_ms(en);

	if (left > ENGINE_TICK_MS_MAX)
		left = ENGINE_TICK_MS_MAX;
	if (told >= 0 && left > told)
		left = told;
	if (t->watch_clock && left > TEST_CLOCK_MS)
		left = TEST_CLOCK_MS;
	return left < 0 ? 0 : (int)left;
}

/* Each thread knows of itself alone: none has to look up who the turn's is. */
static _Thread_local bool here;

bool
turn_here(void)
{
	return here;
}

void *
turn_main(void *arg)
{
	struct engine *en = arg;
	struct turn *t = &en->turn;

	here = true;
	while (!queue_closed(&en->turn_queue)) {
		struct request *rq =
			queue_take(&en->turn_queue, 1, wait_ms(en));

		if (rq != NULL)
			run_batch(en, rq);
		visits_left(en);
		if (clock_now_ms() >= t->tick_ms ||
		    t->tick_ms > clock_now_ms() + ENGINE_TICK_MS_MAX)
			run_tick(en);
	}
	for (;;) {
		struct request *rq = queue_take(&en->turn_queue, 1, 0);

		if (rq == NULL)
			break;
		run_batch(en, rq);
	}
	here = false;
	return NULL;
}

/* --- for handlers ------------------------------------------------------------- */

static void
note_end(struct desk *d, const struct turn_end *end)
{
	struct turn *t = &d->engine->turn;

	assert(t->end_count < TURN_ENDS_MAX);
	if (t->end_count == t->end_cap) {
		t->end_cap = t->end_cap == 0 ? 16 : t->end_cap * 2;
		t->ends = mem_resize(t->ends, t->end_cap, sizeof *t->ends);
	}
	t->ends[t->end_count++] = *end;
}

void
desk_end_sessions(struct desk *d, int64_t agent_id, const char *session,
		  const char *except)
{
	struct turn_end end = { .agent_id = agent_id, .staff = -1 };

	(void)snprintf(end.session, sizeof end.session, "%s",
		       session == NULL ? "" : session);
	(void)snprintf(end.except, sizeof end.except, "%s",
		       except == NULL ? "" : except);
	note_end(d, &end);
}

void
desk_blob_gone(struct desk *d, const char *sha256)
{
	(void)json_array_append_new(d->engine->turn.gone, json_string(sha256));
}

void
engine_agent_role(struct desk *d, int64_t agent_id, enum staff staff)
{
	struct turn_end end = { .agent_id = agent_id, .staff = (int)staff };

	note_end(d, &end);
}
