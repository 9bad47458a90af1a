#include "daemon/readers.h"

#include <string.h>

#include "daemon/answer_time.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/engine_p.h"
#include "daemon/peer.h"
#include "daemon/store/store.h"
#include "daemon/task.h"
#include "daemon/wire/json_text.h"
#include "rules/book.h"

static void
run_read(struct reader *r, struct task *t)
{
	struct request *rq = &t->rq;

	rq->now_ms = clock_now_ms();
	(void)mem_short_take();
	rq->outcome = store_read_begin(r->store, &rq->err);
	if (rq->outcome != OUT_OK)
		return;
	t->number = store_number(r->store);
	rq->outcome = method_handlers[rq->method->index](r->en->d, r->store, rq,
							 &rq->err);
	store_read_end(r->store);
	if (rq->outcome == OUT_OK && !json_is_object(rq->result))
		rq->outcome = err_set(&rq->err, OUT_PERM,
				      "the handler gave no result");
	(void)task_short(t);
}

/* What is active is counted once; then the turn keeps count. */
static void
count(struct reader *r)
{
	struct err e;
	enum outcome o;

	(void)mem_short_take();
	o = store_tally_load(r->store, &e);
	store_read_end(r->store);
	if (o != OUT_OK)
		log_warn("tally.failed", "%s", e.text);
}

/* How long answers take is measured here, between two requests. */
static void
measure(struct reader *r)
{
	struct desk *d = r->en->d;
	struct book *b = desk_book(d, NULL);
	struct err e;
	enum outcome o = store_read_begin(r->store, &e);

	(void)mem_short_take();
	if (o == OUT_OK) {
		o = answer_times_measure(d->times, r->store, b, clock_now_ms(),
					 &e);
		store_read_end(r->store);
	}
	if (o != OUT_OK)
		log_warn("answer_time.failed", "%s", e.text);
	book_unref(&b);
}

/* Send the response, with the handler's text in the place that it has there. */
static void
answer(struct peer *p, struct task *t)
{
	json_t *reply = task_reply(t);
	struct json_part part = { .place = t->rq.text_place,
				  .text = buf_str(&t->rq.text),
				  .len = t->rq.text.len };

	peer_put_part(p, reply, part.place != NULL ? &part : NULL);
	json_decref(reply);
	peer_flush(p);
}

/* Was the queue closed, and is nothing left in it? */
static bool
read_over(struct queue *q)
{
	return queue_closed(q) && queue_state(q).waiting == 0;
}

void *
reader_main(void *arg)
{
	struct reader *r = arg;
	struct request *rq;

	if (r->counts)
		count(r);
	for (;;) {
		struct task *t;
		struct peer *p;

		if (answer_times_wanted(r->en->d->times))
			measure(r);
		rq = queue_take(&r->en->read_queue, 1, -1);
		if (rq == NULL && read_over(&r->en->read_queue))
			return NULL;
		if (rq == NULL)
			continue;
		t = task_of(rq);
		p = peer_ref(rq->peer);
		run_read(r, t);
		answer(p, t);
		task_done(t);
		peer_unref(p);
	}
}

/* The first reader has its view of the store from here on. */
static enum outcome
share_count(struct reader *r, bool first, struct err *e)
{
	if (first)
		store_tally_start(r->en->store);
	store_tally_share(r->store, r->en->store);
	r->counts = first;
	return first ? store_read_begin(r->store, e) : OUT_OK;
}

enum outcome
readers_start(struct readers *rs, struct engine *en, struct err *e)
{
	const char *dir = store_dir(en->store);

	for (rs->n = 0; rs->n < ENGINE_READERS; rs->n++) {
		struct reader *r = &rs->list[rs->n];
		enum outcome o;
		int rc;

		*r = (struct reader){ .en = en };
		o = store_open(dir, STORE_READ, &r->store, e);
		if (o != OUT_OK)
			return o;
		o = store_keep(r->store, ENGINE_READER_KIB, e);
		if (o == OUT_OK)
			o = share_count(r, rs->n == 0, e);
		if (o != OUT_OK) {
			store_close(&r->store);
			return o;
		}
		rc = pthread_create(&r->thread, NULL, reader_main, r);
		if (rc != 0) {
			store_close(&r->store);
			return err_sys(e, OUT_TEMP, rc,
				       "could not start a reader");
		}
	}
	return OUT_OK;
}

void
readers_join(struct readers *rs)
{
	size_t i;

	for (i = 0; i < rs->n; i++) {
		(void)pthread_join(rs->list[i].thread, NULL);
		store_close(&rs->list[i].store);
	}
	rs->n = 0;
}
