#include "gateways/mail/net/resolve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "gateways/mail/net/net.h"

#define THREAD_STACK ((size_t)512 * 1024)

/* One question; freed by whoever lets it go last. */
struct question {
	atomic_int holders;
	int done; /* eventfd */
	char *host;
	char port[8];
	int error;
	struct addrinfo *found;
};

static atomic_int threads;

static void
let_go(struct question *q)
{
	if (atomic_fetch_sub(&q->holders, 1) > 1)
		return;
	if (q->found != NULL)
		freeaddrinfo(q->found);
	close(q->done);
	mem_free(q->host);
	mem_free(q);
}

static int
look_up(struct question *q, int flags)
{
	struct addrinfo hints = {
		.ai_family = AF_UNSPEC,
		.ai_socktype = SOCK_STREAM,
		.ai_flags = AI_NUMERICSERV | flags,
	};

	return getaddrinfo(q->host, q->port, &hints, &q->found);
}

static void *
work(void *arg)
{
	struct question *q = arg;
	uint64_t one = 1;

	q->error = look_up(q, 0);
	while (write(q->done, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	let_go(q);
	atomic_fetch_sub(&threads, 1);
	return NULL;
}

/* Signals are for other threads. */
static int
start(struct question *q)
{
	sigset_t all, was;
	pthread_attr_t attr;
	pthread_t id;
	int r;

	if (atomic_fetch_add(&threads, 1) >= RESOLVE_THREADS_MAX) {
		atomic_fetch_sub(&threads, 1);
		return EAGAIN;
	}
	atomic_fetch_add(&q->holders, 1);
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, THREAD_STACK);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &was);
	r = pthread_create(&id, &attr, work, q);
	pthread_sigmask(SIG_SETMASK, &was, NULL);
	pthread_attr_destroy(&attr);
	if (r != 0) {
		atomic_fetch_sub(&threads, 1);
		atomic_fetch_sub(&q->holders, 1);
	}
	return r;
}

static enum outcome
wait_for(struct question *q, int64_t wait_ms, const struct net_cancel *cancel,
	 struct err *e)
{
	struct pollfd p[2] = {
		{ .fd = q->done, .events = POLLIN },
		{ .fd = cancel != NULL ? net_cancel_fd(cancel) : -1,
		  .events = POLLIN },
	};
	uint64_t count;
	int r;

	do
		r = poll(p, 2, wait_ms > INT_MAX ? INT_MAX : (int)wait_ms);
	while (r < 0 && errno == EINTR);
	if (p[1].revents != 0)
		return err_code(e, OUT_TEMP, NET_CANCELLED, "cancelled");
	if (r <= 0)
		return err_code(e, OUT_TEMP, NET_NETWORK,
				"could not find '%.100s' in time", q->host);
	/* What the thread wrote before is ours by this read. */
	if (read(q->done, &count, sizeof(count)) != sizeof(count))
		return err_sys(e, OUT_TEMP, errno, "could not look up a name");
	return OUT_OK;
}

static void
take(const struct addrinfo *a, struct resolved *out)
{
	for (; a != NULL && out->count < RESOLVE_MAX; a = a->ai_next) {
		if (a->ai_addrlen > sizeof(out->addr[0]))
			continue;
		memcpy(&out->addr[out->count], a->ai_addr, a->ai_addrlen);
		out->len[out->count++] = a->ai_addrlen;
	}
}

enum outcome
resolve(const char *host, uint16_t port, int64_t wait_ms,
	const struct net_cancel *cancel, struct resolved *out, struct err *e)
{
	struct question *q = mem_new(1, sizeof(*q));
	enum outcome o = OUT_OK;
	int r;

	memset(out, 0, sizeof(*out));
	atomic_init(&q->holders, 1);
	q->host = mem_strdup(host);
	snprintf(q->port, sizeof(q->port), "%u", (unsigned)port);
	q->done = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (q->done < 0) {
		o = err_sys(e, OUT_TEMP, errno, "could not look up a name");
		goto out;
	}
	q->error = look_up(q, AI_NUMERICHOST);
	if (q->error == EAI_NONAME) {
		r = start(q);
		if (r != 0) {
			o = err_sys(e, OUT_TEMP, r,
				    "could not look up '%.100s'", host);
			goto out;
		}
		o = wait_for(q, wait_ms, cancel, e);
		if (o != OUT_OK)
			goto out;
	}
	if (q->error == 0)
		take(q->found, out);
	if (out->count == 0)
		o = err_code(e, OUT_TEMP, NET_NETWORK,
			     "could not find '%.100s': %s", host,
			     q->error == 0 ? "it has no address"
					   : gai_strerror(q->error));
out:
	if (o != OUT_OK && e->code[0] == '\0')
		snprintf(e->code, sizeof(e->code), "%s", NET_NETWORK);
	let_go(q);
	return o;
}

int
resolved_loopback(const struct sockaddr_storage *a)
{
	if (a->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)a;

		return ntohl(in->sin_addr.s_addr) >> 24 == 127;
	}
	if (a->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in = (const struct sockaddr_in6 *)a;

		return IN6_IS_ADDR_LOOPBACK(&in->sin6_addr);
	}
	return 0;
}
