#include "tests/fault/rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/engine_p.h"
#include "daemon/intake.h"
#include "daemon/peer.h"
#include "daemon/people.h"
#include "daemon/readers.h"
#include "daemon/settings.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/book.h"
#include "daemon/store/search.h"
#include "daemon/store/store.h"
#include "daemon/task.h"
#include "daemon/worker.h"
#include "rules/book.h"
#include "tests/fault/inject.h"

#define TASKS_MAX 16
#define READ_BYTES 65536
#define ID 7

struct rig {
	struct settings settings;
	struct desk d;
	struct store *s;
	struct engine *en;
	struct reader reader;
	struct peer *peer[ROLE_COUNT];
	int fd[ROLE_COUNT];    /* the client's end */
	struct peer *onlooker; /* subscribed to events */
	int onlooker_fd;
	int64_t heard; /* last event before */
	char *dir;
	char *run;
	bool refused; /* intake asked to close the peer */
};

/* Tasks that were made and not yet done: what a jump out of the turn leaves. */
static struct task *live[TASKS_MAX];
static bool ticking;

_Noreturn void
rig_fail(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fprintf(stderr, "# ");
	(void)vfprintf(stderr, fmt, ap);
	(void)fprintf(stderr, "\n");
	va_end(ap);
	exit(3);
}

/* --- seams ------------------------------------------------------------------- */

struct task *__real_task_new(struct peer *peer, json_t *frame, size_t bytes);
struct task *__wrap_task_new(struct peer *peer, json_t *frame, size_t bytes);
void __real_task_done(struct task *t);
void __wrap_task_done(struct task *t);
bool __real_queue_closed(struct queue *q);
bool __wrap_queue_closed(struct queue *q);

struct task *
__wrap_task_new(struct peer *peer, json_t *frame, size_t bytes)
{
	struct task *t = __real_task_new(peer, frame, bytes);
	size_t i = 0;

	while (i < TASKS_MAX && live[i] != NULL)
		i++;
	if (i == TASKS_MAX)
		rig_fail("too many tasks");
	live[i] = t;
	return t;
}

void
__wrap_task_done(struct task *t)
{
	size_t i;

	for (i = 0; i < TASKS_MAX; i++)
		if (live[i] == t)
			live[i] = NULL;
	__real_task_done(t);
}

/* The turn's thread looks once for what is due and then finds its queue
 * closed. */
bool
__wrap_queue_closed(struct queue *q)
{
	if (!ticking)
		return __real_queue_closed(q);
	ticking = false;
	return false;
}

/* --- opening ------------------------------------------------------------------ */

static void
must(enum outcome o, const struct err *e, const char *what)
{
	if (o != OUT_OK)
		rig_fail("%s: %s", what, e->text);
}

/* A new connection; *fd_out is the client's end. */
static struct peer *
connect_peer(struct rig *r, enum role role, int *fd_out)
{
	struct engine *en = r->en;
	struct epoll_event ev = { .events = EPOLLIN };
	struct peer *p;
	int fds[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0,
		       fds) != 0)
		rig_fail("socketpair: %s", strerror(errno));
	p = peer_new(&en->net, en->net.epoll_fd, fds[0], role);
	p->serial = ++en->net.serial;
	p->reading = true;
	p->watched = EPOLLIN;
	p->hello = true;
	ev.data.ptr = p;
	(void)epoll_ctl(en->net.epoll_fd, EPOLL_CTL_ADD, fds[0], &ev);
	p->next = en->net.peers;
	if (p->next != NULL)
		p->next->prev = p;
	en->net.peers = p;
	en->net.counts[role]++;
	*fd_out = fds[1];
	return p;
}

static void
connect_role(struct rig *r, enum role role)
{
	r->peer[role] = connect_peer(r, role, &r->fd[role]);
}

void
rig_reconnect(struct rig *r, enum role role)
{
	struct peer *p = r->peer[role];

	if (p != NULL) {
		(void)close(r->fd[role]);
		p->broken = true;
		net_poke(&r->en->net, p);
		net_mail(&r->en->net);
	}
	connect_role(r, role);
	r->refused = false;
}

struct rig *
rig_open(const char *dir)
{
	struct rig *r = mem_new(1, sizeof *r);
	struct err e = { .text = "" };

	r->dir = mem_strdup(dir);
	r->run = mem_printf("%s/run", dir);
	r->settings.data_dir = r->dir;
	r->settings.run_dir = r->run;
	r->settings.peers = 64;
	r->settings.face[FACE_CHAT].url = "https://chat.olmo.example";
	r->d.settings = &r->settings;
	r->d.started_ms = clock_now_ms();
	(void)memset(r->d.key, RIG_KEY, sizeof r->d.key);
	(void)pthread_mutex_init(&r->d.book_lock, NULL);
	must(store_open(dir, STORE_WRITE, &r->s, &e), &e, "open");
	must(book_load(r->s, &r->d.book, &r->d.book_version, &e), &e, "book");
	must(people_load(&r->d, r->s, &e), &e, "people");
	r->en = engine_new(&r->d, r->s, NULL);
	r->en->turn.tick_ms = clock_now_ms() + ENGINE_TICK_MS_MAX;
	must(blobfile_start(dir, &e), &e, "blobs");
	must(net_start(&r->en->net, r->en, &e), &e, "net");
	r->reader.en = r->en;
	must(store_open(dir, STORE_READ, &r->reader.store, &e), &e, "read");
	r->onlooker = connect_peer(r, ROLE_CONTROL, &r->onlooker_fd);
	r->onlooker->subscribed = true;
	r->heard = r->onlooker->event_sent = store_number(r->s);
	return r;
}

void
rig_index(struct rig *r)
{
	struct search *x = NULL;
	atomic_bool stop = false;
	struct err e = { .text = "" };
	bool made;
	int n = 1;

	must(search_open(r->reader.store, &x, &made, &e), &e, "index");
	while (n > 0)
		must(search_step(x, r->reader.store, &stop, &n, &e), &e,
		     "index");
	search_close(&x);
}

/* After a jump out of the turn some requests belong to nobody. */
static void
abandon(void)
{
	size_t i;

	for (i = 0; i < TASKS_MAX; i++)
		if (live[i] != NULL)
			task_done(live[i]);
}

void
rig_close(struct rig **rp)
{
	struct rig *r = *rp;
	size_t i;

	abandon();
	for (i = 0; i < ROLE_COUNT; i++)
		if (r->peer[i] != NULL)
			(void)close(r->fd[i]);
	(void)close(r->onlooker_fd);
	net_close(&r->en->net);
	engine_free(r->en);
	store_close(&r->reader.store);
	store_close(&r->s);
	people_free(&r->d.people);
	desk_leave_book(&r->d);
	book_unref(&r->d.book);
	if (r->d.next_book != NULL)
		book_unref(&r->d.next_book);
	(void)pthread_mutex_destroy(&r->d.book_lock);
	mem_free(r->dir);
	mem_free(r->run);
	MEM_CLEAR(rp);
}

/* --- asking -------------------------------------------------------------------- */

/* A handle on the role's connection for whoever asks. */
static void
handle_for(struct rig *r, const struct rig_who *who, char name[HANDLE_NAME])
{
	struct handles *hs = &r->peer[who->role]->handles;
	struct handle *h = handle_new(hs, name);

	if (h == NULL)
		rig_fail("no handle is left");
	h->name = mem_strdup("Ana");
	h->live = true;
	h->used_ms = h->touched_ms = clock_now_ms();
	if (who->visitor_id != 0) {
		h->idle_ms = INT64_C(24) * 3600 * 1000;
		handle_bind(hs, h, who->visitor_id, who->incident_id);
		return;
	}
	h->actor = ACTOR_STAFF;
	h->agent_id = who->agent_id;
	h->staff = who->agent_id == RIG_AGENT_ADMIN ? STAFF_ADMIN : STAFF_AGENT;
}

static void
reopen_queue(struct queue *q)
{
	size_t max = q->max;

	queue_release(q);
	queue_init(q, max);
}

void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

/* What a worker holds when it ends the daemon is no leak. */
static bool unwatched;

static void
watch_leaks(bool on)
{
	if (on == !unwatched || __lsan_disable == NULL)
		return;
	unwatched = !on;
	if (on)
		__lsan_enable();
	else
		__lsan_disable();
}

/* One step after the other, as long as one leaves something for another. */
static void
run_all(struct rig *r)
{
	struct engine *en = r->en;

	if (en->file_queue.first != NULL) {
		queue_close(&en->file_queue);
		watch_leaks(!inject_may_end());
		(void)worker_files_main(en);
		watch_leaks(true);
		reopen_queue(&en->file_queue);
	}
	if (en->calm_queue.first != NULL) {
		queue_close(&en->calm_queue);
		(void)worker_calm_main(en);
		reopen_queue(&en->calm_queue);
	}
	if (en->slow_queue.first != NULL) {
		queue_close(&en->slow_queue);
		(void)worker_slow_main(en);
		reopen_queue(&en->slow_queue);
	}
	if (en->test_queue.first != NULL) {
		queue_close(&en->test_queue);
		(void)worker_test_main(en);
		reopen_queue(&en->test_queue);
	}
	net_mail(&en->net);
	if (en->turn_queue.first != NULL) {
		queue_close(&en->turn_queue);
		(void)turn_main(en);
		reopen_queue(&en->turn_queue);
	}
	if (en->read_queue.first != NULL) {
		queue_close(&en->read_queue);
		(void)reader_main(&r->reader);
		reopen_queue(&en->read_queue);
	}
}

/* What the client reads until there is nothing more. */
static void
read_frames(struct peer *p, int fd, struct buf *in)
{
	for (;;) {
		char *room = buf_room(in, READ_BYTES);
		ssize_t n;

		if (room == NULL)
			rig_fail("too much is answered");
		peer_flush(p);
		n = recv(fd, room, READ_BYTES, MSG_DONTWAIT);
		if (n <= 0)
			return;
		in->len += (size_t)n;
	}
}

static void
find_reply(const struct buf *in, struct rig_answer *a)
{
	const char *at = in->data;
	const char *end = at + in->len;

	while (at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		json_t *o;

		if (nl == NULL)
			rig_fail("half a frame was sent");
		o = json_loadb(at, (size_t)(nl - at), 0, NULL);
		if (!json_is_object(o))
			rig_fail("not a frame: %.*s", (int)(nl - at), at);
		at = nl + 1;
		if (json_object_get(o, "method") != NULL) {
			json_decref(o);
			continue;
		}
		a->replies++;
		json_decref(a->reply);
		a->reply = o;
	}
}

/* What can be jumped out of. */
static int
run_line(struct rig *r, struct peer *p, const char *line, struct rig_arm *arm)
{
	int code = setjmp(inject_exit);

	if (code != 0) {
		watch_leaks(true);
		arm->seen = inject_disarm(&arm->failed);
		return code;
	}
	inject_exit_set = true;
	if (arm->on)
		inject_arm(arm->kind, arm->n, arm->forever, arm->errnum);
	r->refused = !intake_line(&r->en->net, p, line, strlen(line));
	run_all(r);
	arm->seen = inject_disarm(&arm->failed);
	inject_exit_set = false;
	return RIG_EXIT_NONE;
}

struct rig_answer
rig_ask(struct rig *r, const struct rig_who *who, const char *method,
	const char *params, const char *key, struct rig_arm *arm)
{
	struct rig_arm none = { .on = false };
	struct rig_answer a = { .exit_code = RIG_EXIT_NONE };
	char name[HANDLE_NAME] = "";
	struct buf in;
	char *line;

	if (r->peer[who->role] == NULL)
		connect_role(r, who->role);
	if (who->agent_id != 0 || who->visitor_id != 0)
		handle_for(r, who, name);
	line = mem_printf("{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\","
			  "\"params\":%s%s%s%s%s%s%s}",
			  ID, method, params, name[0] ? ",\"as\":\"" : "", name,
			  name[0] ? "\"" : "", key ? ",\"key\":\"" : "",
			  key ? key : "", key ? "\"" : "");
	a.exit_code = run_line(r, r->peer[who->role], line, arm ? arm : &none);
	mem_free(line);
	buf_init(&in, 16 * 1024 * 1024);
	read_frames(r->peer[who->role], r->fd[who->role], &in);
	find_reply(&in, &a);
	buf_release(&in);
	a.closed = r->refused || r->peer[who->role]->broken;
	return a;
}

void
rig_answer_release(struct rig_answer *a)
{
	json_decref(a->reply);
	a->reply = NULL;
}

/* The next event of a frame, or why not; *lost: events are not told. */
static const char *
hear(struct rig *r, const json_t *o, bool *lost)
{
	const char *method = json_string_value(json_object_get(o, "method"));
	int64_t number = json_integer_value(
		json_object_get(json_object_get(o, "params"), "number"));

	if (method == NULL)
		return o == NULL ? "a subscriber is told no frame"
				 : "a subscriber is answered";
	if (strcmp(method, "events.dropped") == 0) {
		*lost = true;
		return number == r->heard ? NULL
					  : "it is told to ask from elsewhere";
	}
	if (strcmp(method, "event") != 0)
		return NULL;
	if (*lost || number != r->heard + 1)
		return "a subscriber misses an event";
	r->heard = number;
	return NULL;
}

const char *
rig_heard(struct rig *r, int64_t last)
{
	bool lost = r->onlooker->broken;
	const char *why = NULL;
	const char *at;
	const char *end;
	struct buf in;

	buf_init(&in, 16 * 1024 * 1024);
	read_frames(r->onlooker, r->onlooker_fd, &in);
	at = in.data;
	end = at + in.len;
	while (why == NULL && at < end) {
		const char *nl = memchr(at, '\n', (size_t)(end - at));
		json_t *o = NULL;

		if (nl != NULL)
			o = json_loadb(at, (size_t)(nl - at), 0, NULL);
		why = hear(r, o, &lost);
		json_decref(o);
		at = nl != NULL ? nl + 1 : end;
	}
	buf_release(&in);
	if (why == NULL && !lost && last >= 0 && r->heard != last)
		why = "a subscriber heard another number of events";
	return why;
}

int
rig_tick(struct rig *r, struct rig_arm *arm)
{
	struct engine *en = r->en;
	int code = setjmp(inject_exit);

	if (code != 0) {
		arm->seen = inject_disarm(&arm->failed);
		return code;
	}
	inject_exit_set = true;
	if (arm->on)
		inject_arm(arm->kind, arm->n, arm->forever, arm->errnum);
	ticking = true;
	en->turn.tick_ms = 0;
	queue_close(&en->turn_queue);
	(void)turn_main(en);
	reopen_queue(&en->turn_queue);
	arm->seen = inject_disarm(&arm->failed);
	inject_exit_set = false;
	return RIG_EXIT_NONE;
}
