#include "daemon/readers.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/engine_p.h"
#include "daemon/peer.h"
#include "daemon/store/store.h"
#include "daemon/task.h"

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

void *
reader_main(void *arg)
{
	struct reader *r = arg;
	struct request *rq;

	for (;;) {
		struct task *t;
		struct peer *p;
		json_t *reply;

		rq = queue_take(&r->en->read_queue, 1, -1);
		if (rq == NULL)
			return NULL;
		t = task_of(rq);
		p = peer_ref(rq->peer);
		run_read(r, t);
		reply = task_reply(t);
		peer_put(p, reply);
		json_decref(reply);
		peer_flush(p);
		task_done(t);
		peer_unref(p);
	}
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
