#ifndef POSTIGO_PEER_H
#define POSTIGO_PEER_H

/*
 * peer: one connection. The network thread reads and closes it; any thread
 * may send on it.
 *
 * Invariants: fd is valid exactly until the network thread closed it under
 * the lock; at most PEER_OUT_BYTES wait to be sent, a peer over that is
 * broken and gets closed; the last reference frees it.
 */

#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "daemon/base/buf.h"
#include "daemon/handle.h"
#include "daemon/queue.h"
#include "daemon/wire/method.h"

struct json_part;

#define PEER_CALLS_MAX 256 /* requests under way; beyond, it is not read */
#define PEER_CALL_BYTES (16 * 1024 * 1024) /* their frames; as above */
#define PEER_OUT_BYTES (4 * 1024 * 1024)
#define PEER_OUT_PAUSE (1024 * 1024)       /* beyond, it is not read */
#define PEER_EVENT_BYTES (3 * 1024 * 1024) /* beyond, a subscription ends */
#define PEER_EVENT_SUM (64 * 1024 * 1024)  /* shared by all subscriptions */
#define PEER_EVENT_LEAST (128 * 1024)      /* of it, for each */
#define PEER_HELLO_MS 10000                /* time in which a peer says hello */
#define PEER_LINGER_MS 3000 /* a refused peer may take this long to read */

struct net;
struct task;

struct peer {
	/* fixed */
	enum role role;
	pid_t pid;
	uid_t uid;
	uint64_t serial;
	struct net *net;
	int epoll_fd;

	/* network thread */
	struct buf in;
	bool scanned; /* no newline in what is left of in */
	bool hello;
	bool eof;           /* it sends no more */
	bool closing;       /* it is refused: closed once out is empty */
	int64_t give_up_ms; /* tick at which it is closed; 0: never */
	struct task *line;  /* requests that wait for one before them */
	struct task *line_tail;
	struct peer *prev;
	struct peer *next;
	struct peer *poked_next; /* under the net's lock */

	/* under lock */
	pthread_mutex_t lock;
	int fd;
	struct buf out;
	unsigned watched; /* epoll events now asked for */
	bool reading;
	bool broken;
	bool subscribed;
	int64_t event_sent; /* last event number sent or skipped */
	struct handles handles;

	/* under the locks of the queues that they are in */
	struct lane turn_lane;
	struct lane read_lane;

	/* counts */
	atomic_uint refs;
	atomic_int calls;
	atomic_int in_turn; /* handed to the turn, and not yet let go by it */
	atomic_long call_bytes;
	atomic_bool stuffed; /* PEER_OUT_PAUSE waits to be sent */
	atomic_bool paused;  /* not read until calls end */
	atomic_bool poked;
};

/* fd is taken; one reference is the caller's. */
struct peer *peer_new(struct net *net, int epoll_fd, int fd, enum role role);
struct peer *peer_ref(struct peer *p);
void peer_unref(struct peer *p);

/* A request began and ended. peer_end may wake the network thread. */
void peer_begin(struct peer *p, size_t bytes);
void peer_end(struct peer *p, size_t bytes);
/* Has it as many requests under way as it may, or so much to read? */
bool peer_at_ceiling(const struct peer *p);

/*
 * What should be sent cannot be: the peer is broken, so that whoever is there
 * asks again on another connection instead of waiting.
 */
void peer_break(struct peer *p);

/*
 * Put one frame, or octets that are whole frames, at the end of what is to
 * be sent; nothing is sent yet. Over the ceiling the peer is broken, and when
 * frame is NULL.
 * part  text for one value of the frame (json_text.h), or NULL
 */
void peer_put(struct peer *p, const json_t *frame);
void peer_put_part(struct peer *p, const json_t *frame,
		   const struct json_part *part);
void peer_put_bytes(struct peer *p, const char *frames, size_t n);
/* Send what can be sent without waiting. If the socket was full, the network
 * thread goes on once it is not. */
void peer_flush(struct peer *p);
/* Network thread: the socket takes more. */
void peer_writable(struct peer *p);

/* A notification; params are borrowed. */
void peer_note(struct peer *p, const char *method, json_t *params);

/* Network thread: whether to read from it. */
void peer_read_on(struct peer *p, bool on);
/* Will nobody read what it is sent? Thread safe. */
bool peer_gone(struct peer *p);
/* Network thread: close the socket; others may still hold the peer. */
void peer_shut(struct peer *p);

/* The caller holds the lock in these. */
void peer_break_locked(struct peer *p);
void peer_put_locked(struct peer *p, const char *frames, size_t n);
json_t *peer_note_new(const char *method, json_t *params);

#endif
