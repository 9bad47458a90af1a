#ifndef POSTIGO_MAIL_RESOLVE_H
#define POSTIGO_MAIL_RESOLVE_H

/*
 * resolve: a name to addresses, within a time. getaddrinfo() cannot be
 * interrupted, so it runs on a thread of its own, which is left behind when
 * time is up; of those there are RESOLVE_THREADS_MAX at most.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "daemon/base/err.h"

struct net_cancel;

#define RESOLVE_MAX 8
#define RESOLVE_THREADS_MAX 16

struct resolved {
	struct sockaddr_storage addr[RESOLVE_MAX];
	socklen_t len[RESOLVE_MAX];
	size_t count;
};

/*
 * wait_ms  how long; addresses as text need no time
 * cancel   may be NULL
 * OUT_TEMP (NET_NETWORK): not found now, time is up, too many at once;
 * NET_CANCELLED
 */
enum outcome resolve(const char *host, uint16_t port, int64_t wait_ms,
		     const struct net_cancel *cancel, struct resolved *out,
		     struct err *e) MUST_CHECK;

/* Does an address stay on this machine? */
int resolved_loopback(const struct sockaddr_storage *a);

#endif
