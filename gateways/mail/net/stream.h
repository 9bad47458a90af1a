#ifndef POSTIGO_MAIL_STREAM_H
#define POSTIGO_MAIL_STREAM_H

/*
 * stream: octets to and from a server, in clear or in TLS.
 *
 * Invariants: (1) nothing waits longer than the operation's deadline, however
 * slowly octets drip; (2) nothing waits when the cancel flag is set; (3) an
 * operation reads at most as many octets as it said; (4) after the first
 * failure the stream is dead: every call fails at once and stream_fault()
 * says why; (5) TLS is at least 1.2, with the certificate's chain and name
 * verified, or there is no stream.
 *
 * A stream belongs to one thread at a time.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "gateways/mail/net/net.h"

struct stream;

/* Octets that may be read before the first stream_begin(). */
#define STREAM_OPEN_READ_MAX ((size_t)256 * 1024)

/* Connect, and shake hands if the security is NET_SEC_TLS. The deadline of
 * opening goes on to hold for what follows, until stream_begin(). */
enum outcome stream_open(const struct net_server *server, struct stream **out,
			 struct err *e) MUST_CHECK;

/*
 * A stream over a connected, clear socket, for tests.
 * fd      taken: closed by stream_close(), also after a failure
 * server  as above; host is the name that a certificate must have
 */
struct stream *stream_over(int fd, const struct net_server *server);

/*
 * A stream whose server is a memory: reads give what is there, then the end;
 * writes vanish. For fuzzing. p is borrowed until stream_close().
 */
struct stream *stream_script(const void *p, size_t n);

/* End it (in TLS with a close notice, without waiting). Accepts NULL in *s. */
void stream_close(struct stream **s);

/*
 * A new operation: wait_ms of real time from now and read_max octets for all
 * that follows, until the next one. A dead stream stays dead.
 */
void stream_begin(struct stream *s, int64_t wait_ms, size_t read_max);

/*
 * From clear to TLS, after the server agreed. unread is how many octets the
 * caller holds that were read before: any at all, here or there, were put in
 * by somebody in between, and the stream dies with NET_TLS.
 */
enum outcome stream_starttls(struct stream *s, size_t unread,
			     struct err *e) MUST_CHECK;

/* 1 to n octets, or -1: dead (the end of the stream too). Never 0. */
ssize_t stream_read(struct stream *s, void *p, size_t n);

/* All of it or -1: dead. */
int stream_write(struct stream *s, const void *p, size_t n);

enum stream_woke {
	STREAM_READY,   /* something can be read, or the stream has ended */
	STREAM_TIMEOUT, /* nothing came; the stream lives */
	STREAM_WOKEN,   /* the caller's flag is set; the stream lives */
	STREAM_DEAD     /* dead or cancelled */
};

/*
 * Wait for octets, at most ms; the operation's deadline does not count.
 * wake  another flag that ends the wait (STREAM_WOKEN); NULL: none
 */
enum stream_woke stream_wait(struct stream *s, int64_t ms,
			     const struct net_cancel *wake);

/* Do nothing for ms: OUT_OK then, or as soon as wake is set. */
enum outcome stream_pause(struct stream *s, int64_t ms,
			  const struct net_cancel *wake,
			  struct err *e) MUST_CHECK;

/* Is it in TLS; does the connection not leave this machine? */
bool stream_secret(const struct stream *s);
bool stream_loopback(const struct stream *s);
int stream_fd(const struct stream *s);

/* The name that was given, for texts. */
const char *stream_host(const struct stream *s);

/* Declare it dead: it broke the protocol, is too big, ... First one counts. */
void stream_fail(struct stream *s, enum outcome o, const char *code,
		 const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* Why it is dead: into *e, and the outcome; OUT_OK if it lives. */
enum outcome stream_fault(const struct stream *s, struct err *e);
bool stream_dead(const struct stream *s);

#endif
