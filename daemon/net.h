#ifndef POSTIGO_NET_H
#define POSTIGO_NET_H

/*
 * net: the network thread. It accepts, reads, cuts frames, has them checked
 * (intake.h), keeps each peer's order and closes. It never touches the
 * store and never waits for anything but epoll.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/wire/method.h"

struct engine;
struct peer;
struct settings;
struct task;

/* Octets of the frames of all requests under way: beyond, those over
 * NET_SMALL_BYTES are refused. */
#define NET_CALL_BYTES ((long)128 * 1024 * 1024)
#define NET_SMALL_BYTES ((size_t)16 * 1024)

struct listener {
	enum role role;
	int fd; /* -1: none */
	char *path;
};

struct net {
	struct engine *en;
	int epoll_fd;
	int wake_fd;
	int signal_fd;
	const struct settings *settings; /* now in force */
	int spare_fd; /* given up when descriptors run out, to refuse aloud */
	struct listener listeners[ROLE_COUNT];
	uint64_t serial;
	bool stopping;
	bool said_bye;
	int64_t stop_by_ms;
	int64_t next_give_up_ms; /* 0: nobody is waited for */
	int64_t refused_logged_ms;

	pthread_mutex_t peers_lock; /* the list and counts */
	struct peer *peers;
	size_t counts[ROLE_COUNT];

	pthread_mutex_t mail_lock; /* what other threads leave here */
	struct peer *poked;
	struct task *ready;
	struct task *ready_tail;

	atomic_long calls; /* under way in the whole daemon */
	atomic_long call_bytes;
	atomic_int
		subscribed; /* peers that are told events, at the last look */

	/* since the start; engine_load() */
	atomic_ulong refused_bytes; /* requests beyond NET_CALL_BYTES */
	atomic_ulong refused_full;  /* requests, for the reserve of the disk */
	atomic_ulong refused_peers; /* connections */
	atomic_ulong slow_peers;    /* connections that were dropped */
	atomic_ulong slow_events;   /* subscriptions that were ended */
	atomic_bool stop_waits;
};

/*
 * Make the sockets of all roles in a folder (made if it is absent, mode 0700).
 * Stale sockets are replaced: the caller holds the store's lock.
 * OUT_PERM: code "create"
 */
enum outcome net_open(struct net *n, struct engine *en, const char *run_dir,
		      struct err *e) MUST_CHECK;

/* The part of net_open() that makes no socket. OUT_TEMP: no descriptors. */
enum outcome net_start(struct net *n, struct engine *en,
		       struct err *e) MUST_CHECK;

/* Serve until a SIGTERM or SIGINT and the orderly stop after it. */
void net_run(struct net *n);

/* Close everything; every other thread has ended. */
void net_close(struct net *n);

/* --- from any thread ------------------------------------------------------- */

/* Look at this peer again. */
void net_poke(struct net *n, struct peer *p);
/* A request's preparation has ended: it may join the turn in its order. */
void net_ready(struct net *n, struct task *t);
/* Count requests of the whole daemon, and the octets of their frames. */
void net_call_began(struct net *n, size_t bytes);
void net_call_ended(struct net *n, size_t bytes);

/*
 * Call fn for each connected peer. The list is locked meanwhile.
 */
void net_each(struct net *n, void (*fn)(struct peer *p, void *arg), void *arg);

/* --- network thread --------------------------------------------------------- */

/* Send a request on its way: its line, a worker, the turn or the readers. */
void net_dispatch(struct net *n, struct task *t);
/* Take what other threads left: requests that are ready, peers to look at. */
void net_mail(struct net *n);

#endif
