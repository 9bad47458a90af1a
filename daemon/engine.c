#include "daemon/engine.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/engine_p.h"
#include "daemon/notify.h"
#include "daemon/peer.h"
#include "daemon/readers.h"
#include "daemon/settings.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/store.h"
#include "daemon/visit.h"
#include "daemon/worker.h"

#define TEST_NICE 2 /* of back-tests: less than an equal share */

/* Threads that were started, so that a failed start can end them. */
struct crew {
	struct readers readers;
	pthread_t files;
	pthread_t calm;
	pthread_t slow;
	pthread_t test;
	pthread_t turn;
	bool turn_runs;
	bool files_runs;
	bool calm_runs;
	bool slow_runs;
	bool test_runs;
};

static enum outcome
start_thread(pthread_t *t, bool *runs, void *(*fn)(void *), struct engine *en,
	     struct err *e)
{
	int rc = pthread_create(t, NULL, fn, en);

	if (rc != 0)
		return err_sys(e, OUT_TEMP, rc, "could not start a thread");
	*runs = true;
	return OUT_OK;
}

/* Back-tests have time: mails and agents come first. Their second thread
 * inherits it. */
static void *
test_main(void *en)
{
	(void)setpriority(PRIO_PROCESS, (id_t)syscall(SYS_gettid), TEST_NICE);
	return worker_test_main(en);
}

static enum outcome
start(struct engine *en, struct crew *c, struct err *e)
{
	enum outcome o = readers_start(&c->readers, en, e);

	if (o == OUT_OK)
		o = checkpointer_start(&en->checkpointer, store_dir(en->store),
				       e);
	if (o == OUT_OK)
		o = start_thread(&c->files, &c->files_runs, worker_files_main,
				 en, e);
	if (o == OUT_OK)
		o = start_thread(&c->calm, &c->calm_runs, worker_calm_main, en,
				 e);
	if (o == OUT_OK)
		o = start_thread(&c->slow, &c->slow_runs, worker_slow_main, en,
				 e);
	if (o == OUT_OK)
		o = start_thread(&c->test, &c->test_runs, test_main, en, e);
	if (o == OUT_OK)
		o = start_thread(&c->turn, &c->turn_runs, turn_main, en, e);
	if (o == OUT_OK)
		o = indexer_start(&en->indexer, e);
	return o;
}

/* Threads end in the order in which requests travel. */
static void
stop(struct engine *en, struct crew *c)
{
	indexer_stop(&en->indexer);
	queue_close(&en->file_queue);
	queue_close(&en->calm_queue);
	queue_close(&en->slow_queue);
	queue_close(&en->test_queue);
	if (c->files_runs)
		(void)pthread_join(c->files, NULL);
	if (c->calm_runs)
		(void)pthread_join(c->calm, NULL);
	if (c->slow_runs)
		(void)pthread_join(c->slow, NULL);
	if (c->test_runs)
		(void)pthread_join(c->test, NULL);
	queue_close(&en->turn_queue);
	if (c->turn_runs)
		(void)pthread_join(c->turn, NULL);
	checkpointer_stop(&en->checkpointer);
	queue_close(&en->read_queue);
	readers_join(&c->readers);
}

static enum outcome
make_run_dir(const char *dir, struct err *e)
{
	struct stat st;

	if (mkdir(dir, 0700) != 0 && errno != EEXIST) {
		(void)err_sys(e, OUT_PERM, errno, "cannot make folder '%s'",
			      dir);
		(void)snprintf(e->code, sizeof e->code, "create");
		return OUT_PERM;
	}
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return err_code(e, OUT_PERM, "create", "'%s' is not a folder",
				dir);
	return OUT_OK;
}

static void
block_signals(void)
{
	sigset_t set;

	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	(void)sigaddset(&set, SIGPIPE);
	(void)pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void
say_ready(const struct engine *en)
{
#ifdef PLANTED_BUG
	log_error("planted", "TEST BUILD with a bug: " PLANTED_BUG);
#endif
	log_info("daemon.ready", "version %s serves '%s'", PACKAGE_VERSION,
		 store_dir(en->store));
	notify_send("READY=1\nSTATUS=serving");
}

struct engine *
engine_new(struct desk *d, struct store *s, const char *config_path)
{
	struct engine *en = mem_new(1, sizeof *en);

	en->d = d;
	en->store = s;
	en->config_path = config_path;
	(void)pthread_mutex_init(&en->gone_lock, NULL);
	(void)pthread_mutex_init(&en->left_lock, NULL);
	indexer_init(&en->indexer, en);
	en->gone = json_array();
	en->turn.gone = json_array();
	en->turn.watch_clock = getenv("POSTIGO_TEST_CLOCK_FILE") != NULL;
	queue_init(&en->turn_queue, ENGINE_TURN_QUEUE_MAX);
	queue_init(&en->read_queue, ENGINE_READ_QUEUE_MAX);
	queue_init(&en->file_queue, ENGINE_FILE_QUEUE_MAX);
	queue_init(&en->calm_queue, ENGINE_CALM_QUEUE_MAX);
	queue_init(&en->slow_queue, ENGINE_SLOW_QUEUE_MAX);
	queue_init(&en->test_queue, ENGINE_TEST_QUEUE_MAX);
	space_init(&en->space, d->settings->reserve);
	d->engine = en;
	return en;
}

void
engine_free(struct engine *en)
{
	en->d->engine = NULL;
	queue_release(&en->turn_queue);
	queue_release(&en->read_queue);
	queue_release(&en->file_queue);
	queue_release(&en->calm_queue);
	queue_release(&en->slow_queue);
	queue_release(&en->test_queue);
	json_decref(en->gone);
	json_decref(en->turn.gone);
	visits_release(en);
	indexer_release(&en->indexer);
	(void)pthread_mutex_destroy(&en->gone_lock);
	(void)pthread_mutex_destroy(&en->left_lock);
	mem_free(en->turn.ends);
	settings_free(&en->reloaded);
	mem_free(en);
}

enum outcome
engine_run(struct desk *d, struct store *s, const char *config_path,
	   struct err *e)
{
	struct engine *en = engine_new(d, s, config_path);
	struct crew c = { .turn_runs = false };
	const char *run = d->settings->run_dir;
	enum outcome o;

	block_signals();
	space_look(&en->space, store_dir(s), clock_tick_ms());
	o = blobfile_start(store_dir(s), e);
	if (o == OUT_OK)
		o = make_run_dir(run, e);
	if (o == OUT_OK) {
		o = net_open(&en->net, en, run, e);
		if (o == OUT_OK)
			o = start(en, &c, e);
		if (o == OUT_OK) {
			say_ready(en);
			net_run(&en->net);
			notify_send("STOPPING=1");
		}
		stop(en, &c);
		net_close(&en->net);
	}
	engine_free(en);
	return o;
}

static bool
same_face(const struct face_settings *a, const struct face_settings *b)
{
	return strcmp(a->address, b->address) == 0 && a->port == b->port &&
	       strcmp(a->certificate, b->certificate) == 0 &&
	       strcmp(a->key, b->key) == 0 && strcmp(a->url, b->url) == 0;
}

/* New settings are valid. Ceilings and users count from now on; what is said
 * here needs a restart of a program. */
static void
adopt(struct engine *en, struct settings *now)
{
	const struct settings *old = en->d->settings;
	static const char *const faces[FACE_COUNT] = { "console", "chat",
						       "whatsapp", "shop" };
	size_t i;

	if (strcmp(old->run_dir, now->run_dir) != 0)
		log_warn("settings.restart", "'run' changes with a restart");
	if (old->log_kind != now->log_kind || old->log_level != now->log_level)
		log_warn("settings.restart", "'log' changes with a restart");
	for (i = 0; i < FACE_COUNT; i++)
		if (!same_face(&old->face[i], &now->face[i]))
			log_warn("settings.restart",
				 "'%s' changes with a restart of its gateway",
				 faces[i]);
	settings_free(&en->reloaded);
	en->reloaded = now;
	en->net.settings = now;
	space_set(&en->space, now->reserve);
	log_info("settings.reload", "the new settings stand");
}

void
engine_reload(struct engine *en)
{
	struct settings *now = NULL;
	struct settings_errors errs = { 0 };
	size_t i;

	notify_reloading();
	if (en->config_path == NULL) {
		log_info("settings.reload", "there is no settings file");
	} else if (settings_read(en->config_path, en->d->settings->data_dir,
				 &now, &errs) != OUT_OK) {
		for (i = 0; i < errs.n; i++)
			log_error("settings.reload", "%s", errs.list[i]);
		log_error("settings.reload",
			  "%zu errors: the old settings stay", errs.n);
	} else {
		adopt(en, now);
	}
	settings_errors_release(&errs);
	notify_send("READY=1");
}

bool
engine_stopping(const struct desk *d)
{
	return atomic_load(&d->engine->net.stop_waits);
}

void
engine_measure(struct desk *d)
{
	queue_poke(&d->engine->read_queue);
}

bool
engine_asker_gone(const struct request *rq)
{
	return rq->peer != NULL && peer_gone(rq->peer);
}

void
engine_index_why(struct desk *d, char *out, size_t n)
{
	indexer_why(&d->engine->indexer, out, n);
}

void
engine_index_damaged(struct desk *d)
{
	indexer_damaged(&d->engine->indexer);
}

void
engine_index_look(struct desk *d)
{
	indexer_look(&d->engine->indexer);
}

void
engine_space(struct desk *d, struct engine_space *out)
{
	const struct space *sp = &d->engine->space;

	out->left = atomic_load(&sp->left);
	out->reserve = atomic_load(&sp->reserve);
	out->low = space_low(sp);
}

static json_t *
backlog_json(const char *name, struct queue *q)
{
	struct queue_state st = queue_state(q);

	return json_pack("{s:s, s:I, s:I, s:I, s:I}", "name", name, "waiting",
			 (json_int_t)st.waiting, "high", (json_int_t)st.high,
			 "max", (json_int_t)st.max, "refused",
			 (json_int_t)st.refused);
}

json_t *
engine_load(struct desk *d)
{
	struct engine *en = d->engine;
	struct net *n = &en->net;

	return json_pack(
		"{s:[o,o,o,o,o,o], s:{s:I, s:I, s:I, s:I, s:I}}", "backlog",
		backlog_json("turn", &en->turn_queue),
		backlog_json("reads", &en->read_queue),
		backlog_json("files", &en->file_queue),
		backlog_json("hashes", &en->calm_queue),
		backlog_json("slow", &en->slow_queue),
		backlog_json("tests", &en->test_queue), "refused", "bytes",
		(json_int_t)atomic_load(&n->refused_bytes), "full",
		(json_int_t)atomic_load(&n->refused_full), "connections",
		(json_int_t)atomic_load(&n->refused_peers), "slow_connections",
		(json_int_t)atomic_load(&n->slow_peers), "slow_subscriptions",
		(json_int_t)atomic_load(&n->slow_events));
}

void
engine_peer_counts(struct desk *d, size_t counts_out[ROLE_COUNT])
{
	struct net *n = &d->engine->net;

	(void)pthread_mutex_lock(&n->peers_lock);
	(void)memcpy(counts_out, n->counts, sizeof n->counts);
	(void)pthread_mutex_unlock(&n->peers_lock);
}
