#include "daemon/worker.h"

#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/engine_p.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/collect.h"
#include "daemon/store/store.h"
#include "daemon/task.h"
#include "daemon/upload.h"

#define FILE_BATCH 64 /* requests whose folders are synced together */

_Noreturn static void
die(const struct err *e)
{
	log_error("store.sync_failed",
		  "%s; nothing more is answered, the daemon ends", e->text);
	_exit(EXIT_STORE);
}

/* Large octets of a request become files; small ones stay in memory. */
static enum outcome
write_octets(struct blobfile_batch *b, struct task *t, struct err *e)
{
	struct request *rq = &t->rq;
	size_t i;

	for (i = 0; i < rq->blob_count; i++) {
		struct request_blob *blob = &rq->blobs[i];
		enum outcome o;

		if (blob->bytes <= BLOB_ROW_BYTES)
			continue;
		blobfile_pin(blob->sha256);
		blob->pinned = true;
		o = blobfile_add(b, blob->data, (size_t)blob->bytes,
				 blob->sha256, e);
		MEM_CLEAR(&blob->data);
		if (o == OUT_UNSURE)
			return o;
		if (o != OUT_OK) {
			task_fail(t, o, e->code, ENGINE_FULL_MS, e->text);
			return OUT_OK;
		}
	}
	return OUT_OK;
}

/* Octets whose staged row's day was over. What cannot be removed now, a sweep
 * finds later. */
static void
remove_gone(struct engine *en, struct collect *c)
{
	json_t *gone = json_array();
	size_t i;
	json_t *sha;

	(void)pthread_mutex_lock(&en->gone_lock);
	(void)json_array_extend(gone, en->gone);
	(void)json_array_clear(en->gone);
	(void)pthread_mutex_unlock(&en->gone_lock);
	json_array_foreach(gone, i, sha)
		collect_file(c, json_string_value(sha));
	json_decref(gone);
}

/* The sweep through all files: at the start, then once a day. */
struct sweep {
	struct collect *c;
	bool runs;
	int64_t step_ms; /* tick of its next step, or of the next one's first */
};

static void
sweep(struct sweep *w, int64_t tick_ms)
{
	int64_t files;
	int64_t bytes;

	if (tick_ms < w->step_ms)
		return;
	w->runs = collect_step(w->c);
	w->step_ms = tick_ms + (w->runs ? COLLECT_PAUSE_MS : COLLECT_EVERY_MS);
	if (w->runs)
		return;
	collect_count(w->c, &files, &bytes);
	if (files > 0)
		log_info("blobs.collected",
			 "%lld files that nothing names, %lld octets",
			 (long long)files, (long long)bytes);
}

void *
worker_files_main(void *arg)
{
	struct engine *en = arg;
	struct blobfile_batch b = { .dir = store_dir(en->store) };
	struct uploads us = { .dir = store_dir(en->store) };
	struct sweep w = { .c = collect_new(store_dir(en->store)),
			   .runs = true };

	for (;;) {
		struct request *list =
			queue_take(&en->file_queue, FILE_BATCH,
				   w.runs ? COLLECT_PAUSE_MS : SPACE_LOOK_MS);
		struct request *rq;
		struct request *next;
		struct err e;

		if (list == NULL && queue_closed(&en->file_queue))
			break;
#ifdef PLANTED_COMMIT_BEFORE_FILE
		if (blobfile_sync(&b, &e) != OUT_OK)
			die(&e);
#endif
		space_look(&en->space, store_dir(en->store), clock_tick_ms());
		uploads_prune(&us, clock_tick_ms());
		remove_gone(en, w.c);
		desk_leave_book(en->d);
		sweep(&w, clock_tick_ms());
		for (rq = list; rq != NULL; rq = rq->next) {
			struct task *t = task_of(rq);
			enum outcome o =
				strcmp(rq->method->name, "blob.put") == 0
					? upload_chunk(&us, &b, t, &e)
					: write_octets(&b, t, &e);

			if (o != OUT_OK)
				die(&e);
		}
#ifndef PLANTED_COMMIT_BEFORE_FILE
		if (blobfile_sync(&b, &e) != OUT_OK)
			die(&e);
#endif
		for (rq = list; rq != NULL; rq = next) {
			next = rq->next;
			net_ready(&en->net, task_of(rq));
		}
	}
	uploads_release(&us);
	collect_free(&w.c);
	return NULL;
}

static void *
prepare(struct engine *en, struct queue *q)
{
	for (;;) {
		struct request *rq = queue_take(q, 1, -1);
		prepare_fn *fn;
		struct task *t;

		if (rq == NULL)
			return NULL;
		t = task_of(rq);
		fn = method_prepares[rq->method->index];
		rq->now_ms = clock_now_ms();
		if (fn != NULL) {
			(void)mem_short_take();
			rq->outcome = fn(en->d, rq, &rq->err);
			(void)task_short(t);
			t->over = rq->outcome != OUT_OK;
		}
		net_ready(&en->net, t);
	}
}

void *
worker_calm_main(void *arg)
{
	struct engine *en = arg;

	return prepare(en, &en->calm_queue);
}

void *
worker_slow_main(void *arg)
{
	struct engine *en = arg;

	return prepare(en, &en->slow_queue);
}

void *
worker_test_main(void *arg)
{
	struct engine *en = arg;

	return prepare(en, &en->test_queue);
}
