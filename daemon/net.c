#include "daemon/net.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/engine_p.h"
#include "daemon/intake.h"
#include "daemon/peer.h"
#include "daemon/settings.h"
#include "daemon/task.h"
#include "daemon/visit.h"
#include "daemon/wire/frame.h"

#define LATE_MS 2000 /* of what is due, before reads wait for it */
#define READ_BYTES 65536
#define READS_PER_WAKE 4 /* so that one peer does not starve others */
#define EVENTS_PER_WAKE 64
#define ACCEPTS_PER_WAKE 32
#define LISTEN_BACKLOG 128
#define REFUSED_LOG_MS 60000
#define BYE_MS 1000 /* time for "bye" to leave */

/* --- other threads ---------------------------------------------------------- */

static void
wake(struct net *n)
{
	uint64_t one = 1;
	ssize_t w;

	do
		w = write(n->wake_fd, &one, sizeof one);
	while (w < 0 && errno == EINTR);
}

void
net_poke(struct net *n, struct peer *p)
{
	if (atomic_exchange(&p->poked, true))
		return;
	(void)peer_ref(p);
	(void)pthread_mutex_lock(&n->mail_lock);
	p->poked_next = n->poked;
	n->poked = p;
	(void)pthread_mutex_unlock(&n->mail_lock);
	wake(n);
}

void
net_ready(struct net *n, struct task *t)
{
	bool first;

	t->rq.next = NULL;
	(void)pthread_mutex_lock(&n->mail_lock);
	first = n->ready == NULL;
	if (first)
		n->ready = t;
	else
		n->ready_tail->rq.next = &t->rq;
	n->ready_tail = t;
	(void)pthread_mutex_unlock(&n->mail_lock);
	if (first)
		wake(n);
}

void
net_call_began(struct net *n, size_t bytes)
{
	(void)atomic_fetch_add(&n->call_bytes, (long)bytes);
	(void)atomic_fetch_add(&n->calls, 1);
}

void
net_call_ended(struct net *n, size_t bytes)
{
	(void)atomic_fetch_sub(&n->call_bytes, (long)bytes);
	if (atomic_fetch_sub(&n->calls, 1) == 1 && atomic_load(&n->stop_waits))
		wake(n);
}

void
net_each(struct net *n, void (*fn)(struct peer *p, void *arg), void *arg)
{
	struct peer *p;

	(void)pthread_mutex_lock(&n->peers_lock);
	for (p = n->peers; p != NULL; p = p->next)
		fn(p, arg);
	(void)pthread_mutex_unlock(&n->peers_lock);
}

/* --- peers coming and going ------------------------------------------------- */

static void
list_add(struct net *n, struct peer *p)
{
	(void)pthread_mutex_lock(&n->peers_lock);
	p->next = n->peers;
	if (p->next != NULL)
		p->next->prev = p;
	n->peers = p;
	n->counts[p->role]++;
	(void)pthread_mutex_unlock(&n->peers_lock);
}

static void
list_remove(struct net *n, struct peer *p)
{
	(void)pthread_mutex_lock(&n->peers_lock);
	if (p->prev != NULL)
		p->prev->next = p->next;
	else
		n->peers = p->next;
	if (p->next != NULL)
		p->next->prev = p->prev;
	n->counts[p->role]--;
	(void)pthread_mutex_unlock(&n->peers_lock);
}

static void
give_up_at(struct net *n, struct peer *p, int64_t tick_ms)
{
	p->give_up_ms = tick_ms;
	if (n->next_give_up_ms == 0 || tick_ms < n->next_give_up_ms)
		n->next_give_up_ms = tick_ms;
}

/* Its requests go on; their replies are dropped. The reference of the list
 * goes last, so p lives until its epoll events of this wake were looked at:
 * they find fd < 0. */
static void
drop(struct net *n, struct peer *p)
{
	if (p->fd < 0)
		return;
	log_debug("peer.closed", "peer %llu (%s) is gone",
		  (unsigned long long)p->serial, role_name(p->role));
	list_remove(n, p);
	visit_peer_left(n->en, p);
	peer_shut(p);
	buf_release(&p->in);
	atomic_store(&p->paused, false);
	p->give_up_ms = 0;
	(void)net_poke(n, p);
	peer_unref(p);
}

static bool
all_sent(struct peer *p)
{
	bool sent;

	(void)pthread_mutex_lock(&p->lock);
	sent = p->out.len == 0;
	(void)pthread_mutex_unlock(&p->lock);
	return sent;
}

static bool
is_broken(struct peer *p)
{
	bool b;

	(void)pthread_mutex_lock(&p->lock);
	b = p->broken;
	(void)pthread_mutex_unlock(&p->lock);
	return b;
}

/* Refuse it: what waits to be sent leaves, then it is closed. */
static void
refuse(struct net *n, struct peer *p)
{
	p->closing = true;
	buf_release(&p->in);
	peer_read_on(p, false);
	peer_flush(p);
	give_up_at(n, p, clock_tick_ms() + PEER_LINGER_MS);
}

/* Take whole frames out of what was read, up to the ceiling of requests. */
static void
take_frames(struct net *n, struct peer *p)
{
	size_t from = 0;
	const char *line;
	size_t len;

	while (!p->closing && !n->stopping) {
		enum frame_next got;

		if (peer_at_ceiling(p)) {
			atomic_store(&p->paused, true);
			if (peer_at_ceiling(p))
				break;
			atomic_store(&p->paused, p->eof);
		}
		got = frame_next(&p->in, &from, &line, &len);
		if (got == FRAME_LINE) {
			if (!intake_line(n, p, line, len))
				refuse(n, p);
			continue;
		}
		if (got == FRAME_OVER) {
			intake_too_long(p);
			refuse(n, p);
		}
		break;
	}
	if (p->in.data != NULL)
		buf_drop(&p->in, from < p->in.len ? from : p->in.len);
	if (p->in.len == 0 && p->in.cap > READ_BYTES)
		buf_release(&p->in);
}

/* Is it to be read? While it is at a ceiling, whoever takes it below looks at
 * paused, so that is set first. */
static bool
may_read(struct peer *p)
{
	if (p->eof)
		return false;
	if (!peer_at_ceiling(p))
		return true;
	atomic_store(&p->paused, true);
	return !peer_at_ceiling(p);
}

/* Decide anew what is to become of a peer. */
static void
settle(struct net *n, struct peer *p)
{
	if (p->fd < 0)
		return;
	if (is_broken(p) || (p->closing && all_sent(p))) {
		drop(n, p);
		return;
	}
	if (p->closing || n->stopping)
		return;
	if (atomic_load(&p->paused) && !peer_at_ceiling(p)) {
		atomic_store(&p->paused, p->eof);
		take_frames(n, p);
	}
	if (p->eof && atomic_load(&p->calls) == 0 && p->line == NULL &&
	    all_sent(p)) {
		drop(n, p);
		return;
	}
	if (!p->closing)
		peer_read_on(p, may_read(p));
}

static void
read_peer(struct net *n, struct peer *p)
{
	int i;

	for (i = 0; i < READS_PER_WAKE && p->fd >= 0; i++) {
		char *room;
		ssize_t got;

		if (p->closing || p->eof || peer_at_ceiling(p))
			break;
		room = buf_room(&p->in, READ_BYTES);
		if (room == NULL)
			break;
		got = recv(p->fd, room, READ_BYTES, MSG_DONTWAIT);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno != EAGAIN && errno != EWOULDBLOCK) {
			drop(n, p);
			return;
		}
		if (got < 0)
			break;
		if (got == 0) {
			p->eof = true;
			atomic_store(&p->paused, true);
			break;
		}
		p->in.len += (size_t)got;
		/* A long line in many pieces is scanned once. */
		if (memchr(room, '\n', (size_t)got) != NULL ||
		    p->in.len >= FRAME_BYTES)
			take_frames(n, p);
		if (got < READ_BYTES)
			break;
	}
	settle(n, p);
}

/* May this user connect to this role's socket? */
static bool
may_connect(struct net *n, int fd, enum role role, struct ucred *cred)
{
	socklen_t len = sizeof *cred;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, cred, &len) != 0)
		return false;
	return cred->uid == 0 || cred->uid == geteuid() ||
	       settings_user_may(n->settings, role, cred->uid);
}

static void
log_refused(struct net *n, enum role role, const char *why)
{
	int64_t now = clock_tick_ms();

	(void)atomic_fetch_add(&n->refused_peers, 1);
	if (n->refused_logged_ms != 0 &&
	    now - n->refused_logged_ms < REFUSED_LOG_MS)
		return;
	n->refused_logged_ms = now;
	log_warn("peer.refused", "a connection to %s was refused: %s",
		 role_name(role), why);
}

static void
admit(struct net *n, const struct listener *l, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct ucred cred = { 0 };
	struct peer *p;

	if (!may_connect(n, fd, l->role, &cred)) {
		log_refused(n, l->role, "its user may not");
		(void)close(fd);
		return;
	}
	if (n->counts[l->role] >= n->settings->peers) {
		log_refused(n, l->role, "there are too many already");
		(void)close(fd);
		return;
	}
	p = peer_new(n, n->epoll_fd, fd, l->role);
	p->pid = cred.pid;
	p->uid = cred.uid;
	p->serial = ++n->serial;
	p->reading = true;
	p->watched = EPOLLIN;
	ev.data.ptr = p;
	list_add(n, p);
	if (epoll_ctl(n->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0) {
		drop(n, p);
		return;
	}
	give_up_at(n, p, clock_tick_ms() + PEER_HELLO_MS);
	log_debug("peer.connected", "peer %llu (%s), pid %ld",
		  (unsigned long long)p->serial, role_name(p->role),
		  (long)p->pid);
}

/* Out of descriptors: a connection is taken with the spare one and closed,
 * or epoll would report it for ever. */
static void
accept_refused(struct net *n, struct listener *l)
{
	int fd;

	log_refused(n, l->role, "no descriptors are left");
	if (n->spare_fd >= 0)
		(void)close(n->spare_fd);
	fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
	if (fd >= 0)
		(void)close(fd);
	n->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
accept_peers(struct net *n, struct listener *l)
{
	int i;

	for (i = 0; i < ACCEPTS_PER_WAKE && l->fd >= 0; i++) {
		int fd = accept4(l->fd, NULL, NULL,
				 SOCK_CLOEXEC | SOCK_NONBLOCK);

		if (fd >= 0) {
			admit(n, l, fd);
		} else if (errno == EMFILE || errno == ENFILE) {
			accept_refused(n, l);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}

/* --- requests on their way -------------------------------------------------- */

static void
busy(struct task *t, struct queue *q)
{
	struct peer *p = peer_ref(t->rq.peer);
	json_t *reply;

	task_fail(t, OUT_TEMP, "busy", queue_retry_ms(q, clock_tick_ms()),
		  "the daemon has too much to do");
	reply = task_reply(t);
	peer_put(p, reply);
	json_decref(reply);
	peer_flush(p);
	task_done(t);
	peer_unref(p);
}

/*
 * A read before which nothing of its peer is under way needs no turn: what the
 * peer wrote is durable, so any view that begins now has it. false: it does,
 * where the turn is late with what is due (a clock that was set forward shows a
 * deadline that nobody has looked at yet), when it is refused, which the turn
 * notes, and when its session is to be touched.
 */
static bool
read_at_once(struct net *n, struct task *t)
{
	struct peer *p = t->rq.peer;

	if (t->over || t->rq.method->kind != METHOD_READ ||
	    atomic_load(&p->in_turn) != 0 ||
	    clock_now_ms() - atomic_load(&n->en->turn.done_ms) > LATE_MS)
		return false;
	if (turn_authorise(t) != OUT_OK || t->touch)
		return false;
	if (!queue_push_lane(&n->en->read_queue, &p->read_lane, &t->rq))
		busy(t, &n->en->read_queue);
	return true;
}

static void
to_turn(struct net *n, struct task *t)
{
	if (read_at_once(n, t))
		return;
	task_to_turn(t);
	if (!queue_push_lane(&n->en->turn_queue, &t->rq.peer->turn_lane,
			     &t->rq))
		busy(t, &n->en->turn_queue);
}

/* Let go everything at the front of the line that is ready. A peer that is
 * gone lives by its requests alone, and the last may end meanwhile. */
static void
move_line(struct net *n, struct peer *p)
{
	(void)peer_ref(p);
	while (p->line != NULL && p->line->ready) {
		struct task *t = p->line;

		p->line = t->line_next;
		if (p->line == NULL)
			p->line_tail = NULL;
		t->in_line = false;
		to_turn(n, t);
	}
	peer_unref(p);
}

static void
join_line(struct peer *p, struct task *t, bool ready)
{
	t->in_line = true;
	t->ready = ready;
	t->line_next = NULL;
	if (p->line_tail == NULL)
		p->line = t;
	else
		p->line_tail->line_next = t;
	p->line_tail = t;
}

/* Where the slow part of a request waits. */
static struct queue *
prepare_queue(struct net *n, const struct method *m)
{
	if (m->kind != METHOD_SLOW)
		return &n->en->calm_queue;
	return strcmp(m->name, "book.test") == 0 ? &n->en->test_queue
						 : &n->en->slow_queue;
}

void
net_dispatch(struct net *n, struct task *t)
{
	struct peer *p = t->rq.peer;
	struct queue *q = prepare_queue(n, t->rq.method);

	switch (t->prep) {
	case PREP_CALM:
		if (!queue_push(q, &t->rq))
			busy(t, q);
		return;
	case PREP_FILES:
		q = &n->en->file_queue;
		join_line(p, t, false);
		if (!queue_push(q, &t->rq)) {
			task_fail(t, OUT_TEMP, "busy",
				  queue_retry_ms(q, clock_tick_ms()),
				  "too many files wait to be written");
			t->ready = true;
			move_line(n, p);
		}
		return;
	case PREP_NONE:
		break;
	}
	if (p->line == NULL)
		to_turn(n, t);
	else
		join_line(p, t, true);
}

void
net_mail(struct net *n)
{
	struct peer *poked;
	struct task *ready;
	uint64_t count;

	while (read(n->wake_fd, &count, sizeof count) < 0 && errno == EINTR)
		;
	(void)pthread_mutex_lock(&n->mail_lock);
	poked = n->poked;
	ready = n->ready;
	n->poked = NULL;
	n->ready = n->ready_tail = NULL;
	(void)pthread_mutex_unlock(&n->mail_lock);
	while (ready != NULL) {
		struct task *t = ready;

		ready = t->rq.next == NULL ? NULL : task_of(t->rq.next);
		t->ready = true;
		if (t->in_line)
			move_line(n, t->rq.peer);
		else
			to_turn(n, t);
	}
	while (poked != NULL) {
		struct peer *p = poked;

		poked = p->poked_next;
		atomic_store(&p->poked, false);
		settle(n, p);
		peer_unref(p);
	}
}

/* --- the loop --------------------------------------------------------------- */

static void
check_give_up(struct net *n)
{
	int64_t now = clock_tick_ms();
	struct peer *p;
	struct peer *next;

	if (n->next_give_up_ms == 0 || now < n->next_give_up_ms)
		return;
	n->next_give_up_ms = 0;
	for (p = n->peers; p != NULL; p = next) {
		next = p->next;
		if (p->give_up_ms == 0)
			continue;
		if (!p->closing && p->hello)
			p->give_up_ms = 0;
		else if (now >= p->give_up_ms)
			drop(n, p);
		else
			give_up_at(n, p, p->give_up_ms);
	}
}

static void
pause_peer(struct peer *p, void *arg)
{
	(void)arg;
	peer_read_on(p, false);
}

static void
stop_begin(struct net *n)
{
	size_t i;

	if (n->stopping)
		return;
	log_info("daemon.stopping", "no new requests are taken");
	n->stopping = true;
	n->stop_by_ms = clock_tick_ms() + ENGINE_STOP_MS;
	atomic_store(&n->stop_waits, true);
	for (i = 0; i < ROLE_COUNT; i++) {
		struct listener *l = &n->listeners[i];

		if (l->fd >= 0) {
			(void)close(l->fd);
			(void)unlink(l->path);
		}
		l->fd = -1;
	}
	net_each(n, pause_peer, NULL);
}

static void
say_bye(struct peer *p, void *arg)
{
	peer_note(p, "bye", arg);
}

static void
count_unsent(struct peer *p, void *arg)
{
	size_t *left = arg;

	if (!all_sent(p) && !is_broken(p))
		(*left)++;
}

/* All requests have ended: "bye", and true once it has left. */
static bool
stop_done(struct net *n)
{
	int64_t now = clock_tick_ms();
	size_t left = 0;

	if (!n->stopping)
		return false;
	if (atomic_load(&n->calls) > 0 && now < n->stop_by_ms)
		return false;
	if (!n->said_bye) {
		json_t *none = json_object();

		n->said_bye = true;
		n->stop_by_ms = now + BYE_MS;
		net_each(n, say_bye, none);
		json_decref(none);
	}
	net_each(n, count_unsent, &left);
	return left == 0 || now >= n->stop_by_ms;
}

static void
read_signals(struct net *n)
{
	struct signalfd_siginfo si;

	while (read(n->signal_fd, &si, sizeof si) == (ssize_t)sizeof si) {
		if (si.ssi_signo == SIGHUP)
			engine_reload(n->en);
		else
			stop_begin(n);
	}
}

static int
wait_ms(const struct net *n)
{
	int64_t now = clock_tick_ms();
	int64_t until = n->next_give_up_ms;

	if (n->stopping && (until == 0 || n->stop_by_ms < until))
		until = n->stop_by_ms;
	if (until == 0)
		return -1;
	return until <= now ? 0 : (int)(until - now);
}

static void
serve(struct net *n, const struct epoll_event *ev)
{
	struct listener *l = ev->data.ptr;
	struct peer *p = ev->data.ptr;

	if (ev->data.ptr == &n->wake_fd) {
		net_mail(n);
	} else if (ev->data.ptr == &n->signal_fd) {
		read_signals(n);
	} else if (l >= n->listeners && l < n->listeners + ROLE_COUNT) {
		accept_peers(n, l);
	} else if (p->fd >= 0) {
		if (ev->events & EPOLLOUT)
			peer_writable(p);
		if (ev->events & EPOLLIN)
			read_peer(n, p);
		else if (ev->events & (EPOLLHUP | EPOLLERR))
			drop(n, p);
		else
			settle(n, p);
	}
}

void
net_run(struct net *n)
{
	struct epoll_event evs[EVENTS_PER_WAKE];

	while (!stop_done(n)) {
		int i;
		int got = epoll_wait(n->epoll_fd, evs, EVENTS_PER_WAKE,
				     wait_ms(n));

		/* A peer that is dropped stays in memory until the next
		 * wake's mail is read: see drop(). */
		for (i = 0; i < got; i++)
			if (evs[i].data.ptr != &n->wake_fd)
				serve(n, &evs[i]);
		for (i = 0; i < got; i++)
			if (evs[i].data.ptr == &n->wake_fd)
				serve(n, &evs[i]);
		check_give_up(n);
	}
}

/* --- opening and closing ---------------------------------------------------- */

static enum outcome
listen_on(struct net *n, struct listener *l, const char *dir, struct err *e)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct epoll_event ev = { .events = EPOLLIN, .data.ptr = l };
	mode_t mode = settings_user_named(n->settings, l->role) ? 0666 : 0600;

	l->path = mem_printf("%s/%s.sock", dir, role_name(l->role));
	if (strlen(l->path) >= sizeof a.sun_path)
		return err_code(e, OUT_PERM, "create",
				"path of socket '%s' is over %zu bytes",
				l->path, sizeof a.sun_path - 1);
	(void)memcpy(a.sun_path, l->path, strlen(l->path) + 1);
	l->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)unlink(l->path);
	if (l->fd < 0 || bind(l->fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    chmod(l->path, mode) != 0 || listen(l->fd, LISTEN_BACKLOG) != 0 ||
	    epoll_ctl(n->epoll_fd, EPOLL_CTL_ADD, l->fd, &ev) != 0) {
		(void)err_sys(e, OUT_PERM, errno, "cannot listen on '%s'",
			      l->path);
		(void)snprintf(e->code, sizeof e->code, "create");
		return OUT_PERM;
	}
	return OUT_OK;
}

enum outcome
net_start(struct net *n, struct engine *en, struct err *e)
{
	struct epoll_event ev = { .events = EPOLLIN };
	sigset_t set;
	int i;

	*n = (struct net){ .en = en, .settings = en->d->settings };
	(void)pthread_mutex_init(&n->peers_lock, NULL);
	(void)pthread_mutex_init(&n->mail_lock, NULL);
	for (i = 0; i < ROLE_COUNT; i++)
		n->listeners[i] =
			(struct listener){ .role = (enum role)i, .fd = -1 };
	(void)sigemptyset(&set);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	(void)sigaddset(&set, SIGHUP);
	n->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	n->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	n->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	n->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	if (n->epoll_fd < 0 || n->wake_fd < 0 || n->signal_fd < 0)
		return err_sys(e, OUT_TEMP, errno, "could not start polling");
	ev.data.ptr = &n->wake_fd;
	(void)epoll_ctl(n->epoll_fd, EPOLL_CTL_ADD, n->wake_fd, &ev);
	ev.data.ptr = &n->signal_fd;
	(void)epoll_ctl(n->epoll_fd, EPOLL_CTL_ADD, n->signal_fd, &ev);
	return OUT_OK;
}

enum outcome
net_open(struct net *n, struct engine *en, const char *run_dir, struct err *e)
{
	enum outcome o = net_start(n, en, e);
	int i;

	if (o != OUT_OK)
		return o;
	for (i = 0; i < ROLE_COUNT; i++)
		if (listen_on(n, &n->listeners[i], run_dir, e) != OUT_OK)
			return OUT_PERM;
	return OUT_OK;
}

void
net_close(struct net *n)
{
	size_t i;

	while (n->peers != NULL)
		drop(n, n->peers);
	net_mail(n);
	for (i = 0; i < ROLE_COUNT; i++) {
		struct listener *l = &n->listeners[i];

		if (l->fd >= 0) {
			(void)close(l->fd);
			(void)unlink(l->path);
		}
		mem_free(l->path);
	}
	(void)close(n->epoll_fd);
	(void)close(n->wake_fd);
	(void)close(n->signal_fd);
	if (n->spare_fd >= 0)
		(void)close(n->spare_fd);
	(void)pthread_mutex_destroy(&n->peers_lock);
	(void)pthread_mutex_destroy(&n->mail_lock);
}
