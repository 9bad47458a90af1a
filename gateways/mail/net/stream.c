#include "gateways/mail/net/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/resolve.h"
#include "gateways/mail/net/tls.h"

struct stream {
	int fd; /* -1: a script */
	char *host;
	char *ca_file;
	const struct net_cancel *cancel;
	struct tls *tls; /* NULL: in clear */
	bool loopback;
	int64_t until_ms; /* monotonic: the operation's end */
	size_t read_left;
	bool dead;
	enum outcome fault;
	struct err why;
	const char *script;
	size_t script_left;
};

/* --- failing ------------------------------------------------------------- */

void
stream_fail(struct stream *s, enum outcome o, const char *code, const char *fmt,
	    ...)
{
	char text[sizeof(s->why.text)];
	va_list ap;

	if (s->dead)
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	s->dead = true;
	s->fault = err_code(&s->why, o, code, "%s", text);
}

static void
fail_ended(struct stream *s)
{
	stream_fail(s, OUT_TEMP, NET_NETWORK, "'%.100s' closed the connection",
		    s->host);
}

static void
fail_errno(struct stream *s, int errnum)
{
	char text[128];

	if (errnum == EPIPE || errnum == ECONNRESET) {
		fail_ended(s);
		return;
	}
	stream_fail(s, OUT_TEMP, NET_NETWORK, "the connection to '%.100s': %s",
		    s->host, strerror_r(errnum, text, sizeof(text)));
}

enum outcome
stream_fault(const struct stream *s, struct err *e)
{
	if (!s->dead)
		return OUT_OK;
	*e = s->why;
	return s->fault;
}

bool
stream_dead(const struct stream *s)
{
	return s->dead;
}

/* --- waiting ------------------------------------------------------------- */

static int
cap_int(int64_t ms)
{
	return ms < 0 ? 0 : ms > INT_MAX ? INT_MAX : (int)ms;
}

/* Wait for the socket until the deadline. false: dead. */
static bool
ready(struct stream *s, short events)
{
	struct pollfd p[2] = {
		{ .fd = s->fd, .events = events },
		{ .fd = s->cancel != NULL ? net_cancel_fd(s->cancel) : -1,
		  .events = POLLIN },
	};
	int64_t left;
	int r;

	do {
		left = s->until_ms - clock_tick_ms();
		r = poll(p, 2, cap_int(left));
	} while (r < 0 && errno == EINTR);
	if (p[1].revents != 0)
		stream_fail(s, OUT_TEMP, NET_CANCELLED, "cancelled");
	else if (r == 0)
		stream_fail(s, OUT_TEMP, NET_NETWORK,
			    "'%.100s' did not answer in time", s->host);
	else if (r < 0)
		fail_errno(s, errno);
	return !s->dead;
}

/* Deadline and flag hold also while octets never stop coming. */
static bool
in_time(struct stream *s)
{
	if (s->dead)
		return false;
	if (s->cancel != NULL && net_cancel_is_set(s->cancel))
		stream_fail(s, OUT_TEMP, NET_CANCELLED, "cancelled");
	else if (clock_tick_ms() > s->until_ms)
		stream_fail(s, OUT_TEMP, NET_NETWORK,
			    "'%.100s' did not answer in time", s->host);
	return !s->dead;
}

enum stream_woke
stream_wait(struct stream *s, int64_t ms, const struct net_cancel *wake)
{
	struct pollfd p[3] = {
		{ .fd = s->fd, .events = POLLIN },
		{ .fd = s->cancel != NULL ? net_cancel_fd(s->cancel) : -1,
		  .events = POLLIN },
		{ .fd = wake != NULL ? net_cancel_fd(wake) : -1,
		  .events = POLLIN },
	};
	int64_t end = clock_tick_ms() + ms;
	int r;

	if (s->dead)
		return STREAM_DEAD;
	if (s->fd < 0 || (s->tls != NULL && tls_ready(s->tls)))
		return STREAM_READY;
	do {
		do
			r = poll(p, 3, cap_int(end - clock_tick_ms()));
		while (r < 0 && errno == EINTR);
		if (p[1].revents != 0) {
			stream_fail(s, OUT_TEMP, NET_CANCELLED, "cancelled");
			return STREAM_DEAD;
		}
		if (r < 0) {
			fail_errno(s, errno);
			return STREAM_DEAD;
		}
		if (p[0].revents != 0 && (s->tls == NULL || tls_ready(s->tls)))
			return STREAM_READY;
		if (p[2].revents != 0)
			return STREAM_WOKEN;
	} while (r > 0 && clock_tick_ms() < end);
	return STREAM_TIMEOUT;
}

enum outcome
stream_pause(struct stream *s, int64_t ms, const struct net_cancel *wake,
	     struct err *e)
{
	struct pollfd p[2] = {
		{ .fd = s->cancel != NULL ? net_cancel_fd(s->cancel) : -1,
		  .events = POLLIN },
		{ .fd = wake != NULL ? net_cancel_fd(wake) : -1,
		  .events = POLLIN },
	};
	int64_t end = clock_tick_ms() + ms;
	int r;

	do
		r = poll(p, 2, cap_int(end - clock_tick_ms()));
	while (r < 0 && errno == EINTR);
	if (p[0].revents != 0)
		stream_fail(s, OUT_TEMP, NET_CANCELLED, "cancelled");
	return stream_fault(s, e);
}

/* --- octets -------------------------------------------------------------- */

static ssize_t
read_script(struct stream *s, void *p, size_t n)
{
	if (n > s->script_left)
		n = s->script_left;
	if (n == 0) {
		fail_ended(s);
		return -1;
	}
	memcpy(p, s->script, n);
	s->script += n;
	s->script_left -= n;
	return (ssize_t)n;
}

/* One try. -2: not now, *events says for what to wait; -1: dead. */
static ssize_t
try_read(struct stream *s, void *p, size_t n, short *events)
{
	size_t got = 0;
	ssize_t k;

	*events = POLLIN;
	if (s->tls == NULL) {
		k = recv(s->fd, p, n, 0);
		if (k > 0)
			return k;
		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			return -2;
		if (k == 0)
			fail_ended(s);
		else
			fail_errno(s, errno);
		return -1;
	}
	switch (tls_read(s->tls, p, n, &got)) {
	case TLS_DONE:
		return (ssize_t)got;
	case TLS_WANT_WRITE:
		*events = POLLOUT;
		return -2;
	case TLS_WANT_READ:
		return -2;
	case TLS_END:
		fail_ended(s);
		return -1;
	default:
		stream_fail(s, OUT_TEMP, NET_NETWORK,
			    "the TLS connection to '%.100s' broke", s->host);
		return -1;
	}
}

ssize_t
stream_read(struct stream *s, void *p, size_t n)
{
	short events = POLLIN;
	ssize_t k;

	if (!in_time(s))
		return -1;
	if (s->read_left == 0) {
		stream_fail(s, OUT_TEMP, NET_TOO_BIG,
			    "'%.100s' sends more than we asked for", s->host);
		return -1;
	}
	if (n > s->read_left)
		n = s->read_left;
	if (s->fd < 0)
		k = read_script(s, p, n);
	else
		while ((k = try_read(s, p, n, &events)) == -2)
			if (!ready(s, events))
				return -1;
	if (k < 0)
		return -1;
	s->read_left -= (size_t)k;
	return k;
}

static ssize_t
try_write(struct stream *s, const void *p, size_t n, short *events)
{
	size_t put = 0;
	ssize_t k;

	*events = POLLOUT;
	if (s->tls == NULL) {
		k = send(s->fd, p, n, MSG_NOSIGNAL);
		if (k > 0)
			return k;
		if (k < 0 && (errno == EAGAIN || errno == EINTR))
			return -2;
		fail_errno(s, k == 0 ? EPIPE : errno);
		return -1;
	}
	switch (tls_write(s->tls, p, n, &put)) {
	case TLS_DONE:
		return (ssize_t)put;
	case TLS_WANT_READ:
		*events = POLLIN;
		return -2;
	case TLS_WANT_WRITE:
		return -2;
	case TLS_END:
		fail_ended(s);
		return -1;
	default:
		stream_fail(s, OUT_TEMP, NET_NETWORK,
			    "the TLS connection to '%.100s' broke", s->host);
		return -1;
	}
}

int
stream_write(struct stream *s, const void *p, size_t n)
{
	const char *at = p;
	short events = POLLOUT;
	ssize_t k;

	while (n > 0) {
		if (!in_time(s))
			return -1;
		k = s->fd < 0 ? (ssize_t)n : try_write(s, at, n, &events);
		if (k == -1 || (k == -2 && !ready(s, events)))
			return -1;
		if (k > 0) {
			at += k;
			n -= (size_t)k;
		}
	}
	return s->dead ? -1 : 0;
}

/* --- life ---------------------------------------------------------------- */

static struct stream *
blank(const struct net_server *server)
{
	struct stream *s = mem_new(1, sizeof(*s));
	int64_t ms = server->wait_ms > 0 ? server->wait_ms : NET_OPEN_MS;

	s->fd = -1;
	s->host = mem_strdup(server->host);
	s->ca_file = mem_strdup(server->ca_file);
	s->cancel = server->cancel;
	s->until_ms = clock_tick_ms() + ms;
	s->read_left = STREAM_OPEN_READ_MAX;
	return s;
}

static void
own_socket(struct stream *s, int fd)
{
	int one = 1;

	s->fd = fd;
	fcntl(fd, F_SETFL, O_NONBLOCK);
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
}

struct stream *
stream_over(int fd, const struct net_server *server)
{
	struct stream *s = blank(server);

	net_ignore_sigpipe();
	own_socket(s, fd);
	s->loopback = true;
	return s;
}

struct stream *
stream_script(const void *p, size_t n)
{
	struct net_server none = { .host = "script" };
	struct stream *s = blank(&none);

	s->script = p;
	s->script_left = n;
	s->loopback = true;
	return s;
}

/* One address. 0, or why not; the stream may be dead then (cancelled). */
static int
try_address(struct stream *s, const struct sockaddr_storage *a, socklen_t len,
	    int64_t until_ms)
{
	int64_t all = s->until_ms;
	int error = 0;
	socklen_t n = sizeof(error);
	int fd = socket(a->ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	own_socket(s, fd);
	if (connect(fd, (const struct sockaddr *)a, len) == 0)
		return 0;
	error = errno;
	if (error == EINPROGRESS) {
		struct pollfd p[2] = {
			{ .fd = fd, .events = POLLOUT },
			{ .fd = s->cancel != NULL ? net_cancel_fd(s->cancel)
						  : -1,
			  .events = POLLIN },
		};
		int r;

		do
			r = poll(p, 2,
				 cap_int((until_ms < all ? until_ms : all) -
					 clock_tick_ms()));
		while (r < 0 && errno == EINTR);
		if (p[1].revents != 0)
			stream_fail(s, OUT_TEMP, NET_CANCELLED, "cancelled");
		else if (r == 0)
			error = ETIMEDOUT;
		else if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) != 0)
			error = errno;
		if (error == 0 && !s->dead)
			return 0;
	}
	close(fd);
	s->fd = -1;
	return error != 0 ? error : ECANCELED;
}

static enum outcome
connect_any(struct stream *s, const struct net_server *server,
	    const struct resolved *to, struct err *e)
{
	int error = 0;
	char text[128];

	for (size_t i = 0; i < to->count; i++) {
		int64_t now = clock_tick_ms();
		int64_t share = (s->until_ms - now) / (int64_t)(to->count - i);

		s->loopback = resolved_loopback(&to->addr[i]);
		if (server->security == NET_SEC_NONE && !s->loopback)
			continue;
		error = try_address(s, &to->addr[i], to->len[i], now + share);
		if (error == 0)
			return OUT_OK;
		if (s->dead)
			return stream_fault(s, e);
	}
	if (error == 0)
		return err_code(e, OUT_PERM, NET_REFUSED,
				"'%.100s' is not this machine: without TLS "
				"nothing goes there",
				s->host);
	return err_code(e, OUT_TEMP, NET_NETWORK,
			"could not connect to '%.100s' port %u: %s", s->host,
			(unsigned)server->port,
			strerror_r(error, text, sizeof(text)));
}

static enum outcome
shake_hands(struct stream *s, struct err *e)
{
	enum outcome o = tls_new(s->fd, s->host, s->ca_file, &s->tls, e);
	enum tls_io io;

	if (o != OUT_OK) {
		stream_fail(s, o, e->code, "%s", e->text);
		return o;
	}
	while ((io = tls_handshake(s->tls, e)) != TLS_DONE) {
		if (io == TLS_BROKEN) {
			stream_fail(s,
				    net_class(e) == NET_C_TLS ? OUT_PERM
							      : OUT_TEMP,
				    e->code, "%s", e->text);
			return s->fault;
		}
		if (!in_time(s) ||
		    !ready(s, io == TLS_WANT_READ ? POLLIN : POLLOUT))
			return stream_fault(s, e);
	}
	return OUT_OK;
}

enum outcome
stream_open(const struct net_server *server, struct stream **out, struct err *e)
{
	struct stream *s = blank(server);
	struct resolved to;
	enum outcome o;

	net_ignore_sigpipe();
	*out = NULL;
	o = resolve(server->host, server->port, s->until_ms - clock_tick_ms(),
		    server->cancel, &to, e);
	if (o == OUT_OK)
		o = connect_any(s, server, &to, e);
	if (o == OUT_OK && server->security == NET_SEC_TLS)
		o = shake_hands(s, e);
	if (o == OUT_OK)
		*out = s;
	else
		stream_close(&s);
	return o;
}

enum outcome
stream_starttls(struct stream *s, size_t unread, struct err *e)
{
	char c;

	if (s->dead)
		return stream_fault(s, e);
	if (s->fd < 0 || s->tls != NULL)
		stream_fail(s, OUT_PERM, NET_TLS, "TLS cannot begin here");
	else if (unread > 0 || recv(s->fd, &c, 1, MSG_PEEK) == 1)
		stream_fail(s, OUT_PERM, NET_TLS,
			    "'%.100s' or somebody in between sent octets "
			    "ahead of TLS",
			    s->host);
	if (s->dead)
		return stream_fault(s, e);
	return shake_hands(s, e);
}

void
stream_close(struct stream **s)
{
	struct stream *x = *s;

	if (x == NULL)
		return;
	if (x->tls != NULL && !x->dead)
		tls_bye(x->tls);
	tls_free(&x->tls);
	if (x->fd >= 0)
		close(x->fd);
	mem_free(x->host);
	mem_free(x->ca_file);
	MEM_CLEAR(s);
}

void
stream_begin(struct stream *s, int64_t wait_ms, size_t read_max)
{
	s->until_ms = clock_tick_ms() + wait_ms;
	s->read_left = read_max;
}

/* --- questions ----------------------------------------------------------- */

bool
stream_secret(const struct stream *s)
{
	return s->tls != NULL;
}

bool
stream_loopback(const struct stream *s)
{
	return s->loopback;
}

int
stream_fd(const struct stream *s)
{
	return s->fd;
}

const char *
stream_host(const struct stream *s)
{
	return s->host;
}
