#include "daemon/peer.h"

#include <assert.h>
#include <errno.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/net.h"
#include "daemon/wire/frame.h"

#define PEER_IN_BYTES (FRAME_BYTES + 65536)

struct peer *
peer_new(struct net *net, int epoll_fd, int fd, enum role role)
{
	struct peer *p = mem_new(1, sizeof *p);

	p->net = net;
	p->epoll_fd = epoll_fd;
	p->fd = fd;
	p->role = role;
	p->handles.max = role == ROLE_CHAT ? HANDLES_VISITORS_MAX : HANDLES_MAX;
	buf_init(&p->in, PEER_IN_BYTES);
	buf_init(&p->out, PEER_OUT_BYTES);
	(void)pthread_mutex_init(&p->lock, NULL);
	atomic_init(&p->refs, 1);
	return p;
}

struct peer *
peer_ref(struct peer *p)
{
	(void)atomic_fetch_add(&p->refs, 1);
	return p;
}

void
peer_unref(struct peer *p)
{
	if (atomic_fetch_sub(&p->refs, 1) != 1)
		return;
	assert(p->fd < 0);
	buf_release(&p->in);
	buf_release(&p->out);
	handles_release(&p->handles);
	(void)pthread_mutex_destroy(&p->lock);
	mem_free(p);
}

void
peer_begin(struct peer *p, size_t bytes)
{
	(void)atomic_fetch_add(&p->calls, 1);
	(void)atomic_fetch_add(&p->call_bytes, (long)bytes);
	net_call_began(p->net, bytes);
}

void
peer_end(struct peer *p, size_t bytes)
{
	(void)atomic_fetch_sub(&p->call_bytes, (long)bytes);
	(void)atomic_fetch_sub(&p->calls, 1);
	if (atomic_load(&p->paused))
		net_poke(p->net, p);
	net_call_ended(p->net, bytes);
}

bool
peer_at_ceiling(const struct peer *p)
{
	return atomic_load(&p->calls) >= PEER_CALLS_MAX ||
	       atomic_load(&p->call_bytes) >= PEER_CALL_BYTES ||
	       atomic_load(&p->stuffed);
}

/* Ask epoll for what is wanted now. The lock is held. */
static void
watch(struct peer *p)
{
	struct epoll_event ev = { .data.ptr = p };

	if (p->fd < 0)
		return;
	if (p->reading)
		ev.events |= EPOLLIN;
	if (p->out.len > 0 && !p->broken)
		ev.events |= EPOLLOUT;
	if (ev.events == p->watched)
		return;
	p->watched = ev.events;
	(void)epoll_ctl(p->epoll_fd, EPOLL_CTL_MOD, p->fd, &ev);
}

static void
broken(struct peer *p)
{
	if (p->broken)
		return;
	p->broken = true;
	buf_release(&p->out);
	atomic_store(&p->stuffed, false);
	net_poke(p->net, p);
}

void
peer_break_locked(struct peer *p)
{
	if (p->fd < 0 || p->broken)
		return;
	log_warn("peer.unsaid",
		 "peer %llu (%s) cannot be told something: its connection ends",
		 (unsigned long long)p->serial, role_name(p->role));
	broken(p);
}

void
peer_break(struct peer *p)
{
	(void)pthread_mutex_lock(&p->lock);
	peer_break_locked(p);
	(void)pthread_mutex_unlock(&p->lock);
}

static void
flush_locked(struct peer *p)
{
	ssize_t n;

	while (p->fd >= 0 && !p->broken && p->out.len > 0) {
		n = send(p->fd, p->out.data, p->out.len,
			 MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n > 0) {
			buf_drop(&p->out, (size_t)n);
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK)
			broken(p);
		break;
	}
	if (p->out.len == 0 && p->out.cap > 65536)
		buf_release(&p->out);
	if (p->out.len < PEER_OUT_PAUSE && atomic_load(&p->stuffed)) {
		atomic_store(&p->stuffed, false);
		if (atomic_load(&p->paused))
			net_poke(p->net, p);
	}
	watch(p);
}

void
peer_put_locked(struct peer *p, const char *frames, size_t n)
{
	if (p->fd < 0 || p->broken)
		return;
	if (!buf_add(&p->out, frames, n)) {
		log_warn("peer.slow",
			 "peer %llu (%s) does not read: dropped at %d bytes",
			 (unsigned long long)p->serial, role_name(p->role),
			 PEER_OUT_BYTES);
		(void)atomic_fetch_add(&p->net->slow_peers, 1);
		broken(p);
	} else if (p->out.len >= PEER_OUT_PAUSE) {
		atomic_store(&p->stuffed, true);
	}
}

void
peer_put_bytes(struct peer *p, const char *frames, size_t n)
{
	(void)pthread_mutex_lock(&p->lock);
	peer_put_locked(p, frames, n);
	(void)pthread_mutex_unlock(&p->lock);
}

void
peer_put_part(struct peer *p, const json_t *frame, const struct json_part *part)
{
	struct buf b;
	struct err e;

	buf_init(&b, FRAME_BYTES);
	if (frame == NULL) {
		peer_break(p);
	} else if (frame_put_part(&b, frame, part, &e) == OUT_OK) {
		peer_put_bytes(p, b.data, b.len);
	} else {
		json_t *o = json_pack(
			"{s:s, s:O?, s:{s:i, s:s, s:{s:s, s:s}}}", "jsonrpc",
			"2.0", "id", json_object_get(frame, "id"), "error",
			"code", -32000, "message", "the result is too large",
			"data", "outcome", "perm", "code", "too_large");

		if (o != NULL && frame_put(&b, o, &e) == OUT_OK)
			peer_put_bytes(p, b.data, b.len);
		else
			peer_break(p);
		json_decref(o);
	}
	buf_release(&b);
}

void
peer_put(struct peer *p, const json_t *frame)
{
	peer_put_part(p, frame, NULL);
}

void
peer_flush(struct peer *p)
{
	(void)pthread_mutex_lock(&p->lock);
	if ((p->watched & EPOLLOUT) == 0)
		flush_locked(p);
	(void)pthread_mutex_unlock(&p->lock);
}

void
peer_writable(struct peer *p)
{
	(void)pthread_mutex_lock(&p->lock);
	flush_locked(p);
	(void)pthread_mutex_unlock(&p->lock);
}

json_t *
peer_note_new(const char *method, json_t *params)
{
	return json_pack("{s:s, s:s, s:O}", "jsonrpc", "2.0", "method", method,
			 "params", params);
}

void
peer_note(struct peer *p, const char *method, json_t *params)
{
	json_t *o = peer_note_new(method, params);

	peer_put(p, o);
	json_decref(o);
	peer_flush(p);
}

void
peer_read_on(struct peer *p, bool on)
{
	(void)pthread_mutex_lock(&p->lock);
	p->reading = on;
	watch(p);
	(void)pthread_mutex_unlock(&p->lock);
}

bool
peer_gone(struct peer *p)
{
	bool gone;

	(void)pthread_mutex_lock(&p->lock);
	gone = p->broken || p->fd < 0;
	(void)pthread_mutex_unlock(&p->lock);
	return gone;
}

void
peer_shut(struct peer *p)
{
	(void)pthread_mutex_lock(&p->lock);
	if (p->fd >= 0) {
		(void)epoll_ctl(p->epoll_fd, EPOLL_CTL_DEL, p->fd, NULL);
		(void)close(p->fd);
		p->fd = -1;
	}
	p->subscribed = false;
	(void)pthread_mutex_unlock(&p->lock);
}
