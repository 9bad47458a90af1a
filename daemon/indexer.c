#include "daemon/indexer.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/engine_p.h"
#include "daemon/store/search.h"
#include "daemon/store/store.h"

#define LOWEST 19
/* linux/ioprio.h: this thread, best effort, the last of its class */
#define IOPRIO_WHO_THREAD 1
#define IOPRIO_LAST (2 << 13 | 7)

/* What the thread has open. */
struct work {
	struct indexer *ix;
	struct store *store;
	struct search *search;
};

void
indexer_init(struct indexer *ix, struct engine *en)
{
	pthread_condattr_t attr;

	memset(ix, 0, sizeof *ix);
	ix->en = en;
	(void)pthread_mutex_init(&ix->lock, NULL);
	(void)pthread_condattr_init(&attr);
	(void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	(void)pthread_cond_init(&ix->some, &attr);
	(void)pthread_condattr_destroy(&attr);
}

void
indexer_release(struct indexer *ix)
{
	(void)pthread_mutex_destroy(&ix->lock);
	(void)pthread_cond_destroy(&ix->some);
}

static void
signal_thread(struct indexer *ix)
{
	(void)pthread_mutex_lock(&ix->lock);
	(void)pthread_cond_signal(&ix->some);
	(void)pthread_mutex_unlock(&ix->lock);
}

void
indexer_wake(struct indexer *ix)
{
	if (!atomic_exchange(&ix->woken, true))
		signal_thread(ix);
}

void
indexer_damaged(struct indexer *ix)
{
	atomic_store(&ix->damaged, true);
	indexer_wake(ix);
}

void
indexer_look(struct indexer *ix)
{
	atomic_store(&ix->look, true);
	indexer_wake(ix);
}

void
indexer_why(struct indexer *ix, char *out, size_t n)
{
	(void)pthread_mutex_lock(&ix->lock);
	(void)snprintf(out, n, "%s", ix->why);
	(void)pthread_mutex_unlock(&ix->lock);
}

/* Each kind of trouble is logged once, and its end. */
static void
note(struct indexer *ix, const char *why)
{
	bool changed;

	(void)pthread_mutex_lock(&ix->lock);
	changed = strcmp(ix->why, why) != 0;
	(void)snprintf(ix->why, sizeof ix->why, "%s", why);
	(void)pthread_mutex_unlock(&ix->lock);
	if (!changed)
		return;
	if (why[0] != '\0')
		log_warn("search.waits", "%s", why);
	else
		log_info("search.goes_on", "messages are indexed again");
}

/* Until it is woken (unless only a stop counts), stopped, or so long. */
static void
wait_ms(struct indexer *ix, int ms, bool wakes)
{
	struct timespec end;

	(void)clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += ms / 1000;
	end.tv_nsec += (long)(ms % 1000) * 1000000;
	if (end.tv_nsec >= 1000000000) {
		end.tv_nsec -= 1000000000;
		end.tv_sec++;
	}
	(void)pthread_mutex_lock(&ix->lock);
	while (!atomic_load(&ix->stopped) &&
	       !(wakes && atomic_load(&ix->woken)))
		if (pthread_cond_timedwait(&ix->some, &ix->lock, &end) != 0)
			break;
	(void)pthread_mutex_unlock(&ix->lock);
}

/* What is derived gives way to what is not: it must not be the index that
 * brings the disk to its reserve, where contacts are refused. */
static bool
space_short(const struct engine *en)
{
	uint64_t reserve = (uint64_t)atomic_load(&en->space.reserve);
	struct statvfs v;

	return statvfs(store_dir(en->store), &v) == 0 &&
	       (uint64_t)v.f_bavail * v.f_frsize <
		       INDEXER_SPACE_MIN + reserve + reserve / 2;
}

static enum outcome
open_both(struct work *w, struct err *e)
{
	const char *dir = store_dir(w->ix->en->store);
	bool made = false;
	enum outcome o = OUT_OK;

	if (w->store == NULL)
		o = store_open(dir, STORE_READ, &w->store, e);
	if (o == OUT_OK && w->search == NULL)
		o = search_open(w->store, &w->search, &made, e);
	if (o == OUT_OK && made)
		log_info("search.made", "the index is made anew");
	return o;
}

/* Index all that there is. */
static enum outcome
catch_up(struct work *w, struct err *e)
{
	enum outcome o = OUT_OK;
	int n = 1;

	while (o == OUT_OK && n > 0 && !atomic_load(&w->ix->stopped)) {
		if (space_short(w->ix->en))
			return err_code(e, OUT_TEMP, "full",
					"the index waits for space on the "
					"disk");
		o = search_step(w->search, w->store, &w->ix->stopped, &n, e);
		if (o == OUT_OK)
			note(w->ix, "");
	}
	return o;
}

/* Somebody removed the file, or it is damaged: it is made anew. */
static void
forget(struct work *w)
{
	bool damaged = atomic_exchange(&w->ix->damaged, false);
	bool look = atomic_exchange(&w->ix->look, false);

	/* opening it anew finds out whether it is one, and makes it if not */
	if (w->search != NULL &&
	    (damaged || look || !search_current(w->search)))
		search_close(&w->search);
	if (damaged)
		search_remove(store_dir(w->ix->en->store));
}

static void
lower_priority(void)
{
	/* of this thread alone: Linux gives each its own */
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), LOWEST);
	(void)syscall(SYS_ioprio_set, IOPRIO_WHO_THREAD, 0, IOPRIO_LAST);
}

static void *
indexer_main(void *arg)
{
	struct indexer *ix = arg;
	struct work w = { .ix = ix };

	lower_priority();
	while (!atomic_load(&ix->stopped)) {
		struct err e = { .text = "" };
		enum outcome o;

		atomic_store(&ix->woken, false);
		forget(&w);
		o = open_both(&w, &e);
		if (o == OUT_OK)
			o = catch_up(&w, &e);
		if (atomic_load(&ix->stopped))
			break;
		if (o == OUT_OK) {
			wait_ms(ix, INDEXER_LOOK_MS, true);
			wait_ms(ix, INDEXER_GATHER_MS, false);
			continue;
		}
		note(ix, e.text);
		if (strcmp(e.code, "index") == 0)
			atomic_store(&ix->damaged, true);
		wait_ms(ix, INDEXER_RETRY_MS, false);
	}
	search_close(&w.search);
	store_close(&w.store);
	return NULL;
}

enum outcome
indexer_start(struct indexer *ix, struct err *e)
{
	int rc = pthread_create(&ix->thread, NULL, indexer_main, ix);

	if (rc != 0)
		return err_sys(e, OUT_TEMP, rc, "could not start a thread");
	ix->runs = true;
	return OUT_OK;
}

void
indexer_stop(struct indexer *ix)
{
	atomic_store(&ix->stopped, true);
	signal_thread(ix);
	if (ix->runs)
		(void)pthread_join(ix->thread, NULL);
	ix->runs = false;
}
