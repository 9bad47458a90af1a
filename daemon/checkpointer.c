#include "daemon/checkpointer.h"

#include <errno.h>

#include "daemon/base/clock.h"
#include "daemon/store/store.h"
#include "daemon/turn.h"

static void
wake(struct checkpointer *c)
{
	if (!atomic_exchange(&c->woken, true))
		(void)sem_post(&c->some);
}

static void
copy(struct checkpointer *c)
{
	struct err e = { .text = "" };
	int pages;
	int copied;
	enum outcome o = store_log_copy(c->store, &pages, &copied, &e);

	if (o == OUT_UNSURE)
		turn_die(&e);
	if (o == OUT_OK)
		atomic_store(&c->copied, copied);
	else
		atomic_store(&c->retry_ms,
			     clock_tick_ms() + CHECKPOINTER_RETRY_MS);
}

static void *
checkpointer_main(void *arg)
{
	struct checkpointer *c = arg;

	for (;;) {
		while (sem_wait(&c->some) != 0 && errno == EINTR)
			;
		if (atomic_load(&c->stopped))
			return NULL;
		atomic_store(&c->woken, false);
		copy(c);
	}
}

void
checkpointer_told(struct checkpointer *c, int pages)
{
	int copied = atomic_load(&c->copied);

	/* the log was begun anew: pages of the one before do not count */
	if (pages < copied) {
		atomic_store(&c->copied, 0);
		copied = 0;
	}
	if (pages - copied >= CHECKPOINTER_PAGES &&
	    clock_tick_ms() >= atomic_load(&c->retry_ms))
		wake(c);
}

enum outcome
checkpointer_start(struct checkpointer *c, const char *dir, struct err *e)
{
	enum outcome o = store_open(dir, STORE_LOG, &c->store, e);
	int rc;

	if (o != OUT_OK)
		return o;
	(void)sem_init(&c->some, 0, 0);
	rc = pthread_create(&c->thread, NULL, checkpointer_main, c);
	if (rc == 0) {
		c->runs = true;
		return OUT_OK;
	}
	(void)sem_destroy(&c->some);
	store_close(&c->store);
	return err_sys(e, OUT_TEMP, rc, "could not start a thread");
}

void
checkpointer_stop(struct checkpointer *c)
{
	if (!c->runs)
		return;
	atomic_store(&c->stopped, true);
	(void)sem_post(&c->some);
	(void)pthread_join(c->thread, NULL);
	(void)sem_destroy(&c->some);
	store_close(&c->store);
	c->runs = false;
}
