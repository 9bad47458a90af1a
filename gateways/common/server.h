#ifndef POSTIGO_SERVER_H
#define POSTIGO_SERVER_H

/*
 * server: HTTP/1.1 and WebSocket for gateways, one thread, one loop.
 *
 * A *hit* is one HTTP request and its answer; a *sock* is one WebSocket.
 * Both are counted: whoever keeps one over a callback takes a reference.
 * After the browser went away the calls on them do nothing.
 *
 * Not here: cookies, forms, origins (http.h), what a path means, and the
 * bus (busloop.h). libwebsockets is used in lws_*.c alone.
 *
 * Invariants: at most `connections` connections, `per_network` of them from
 * one network that is neither loopback nor a trusted proxy; a body over its
 * ceiling is refused before it is read; a sock holds at most
 * SOCK_QUEUE_BYTES to be sent, or it is dropped.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define SERVER_CONNECTIONS 2000
#define SERVER_PER_NETWORK 50
#define SERVER_REQUESTS 256
#define HIT_HEADERS_BYTES 16384                /* all request headers */
#define HIT_PATH_BYTES 2048                    /* decoded path */
#define HIT_ARGS_MAX 32                        /* parts of a query */
#define HIT_ANSWER_HEADERS_BYTES 8192          /* all answer headers */
#define HIT_DISCARD_BYTES (64LL * 1024 * 1024) /* refused, yet read */
#define SOCK_MESSAGE_BYTES (256 * 1024)        /* from a browser */
#define SOCK_FRAGMENTS 1024                    /* frames of one message */
#define SOCK_READ_BYTES 16384                  /* of a frame at once */
#define SOCK_QUEUE_BYTES (4 * 1024 * 1024)     /* to a browser */
#define SOCK_QUEUE_MAX 4096                    /* messages of it */
#define SOCK_LOW_BYTES (64 * 1024)             /* `drained` below this */
#define SOCK_STALL_S 60 /* longest wait for one message to leave */

struct server;
struct hit;
struct sock;
struct timer;
struct shared;

struct server_options {
	const char *listen; /* "127.0.0.1:8480" or "[::1]:8480"; port 0: any */
	const char *tls_cert; /* PEM file, or NULL for plain HTTP */
	const char *tls_key;  /* PEM file */
	const char *protocol; /* WebSocket subprotocol that clients must name */
	const char *const *proxies; /* trusted: "ADDR" or "ADDR/BITS" */
	size_t proxy_count;
	size_t connections;   /* 0: SERVER_CONNECTIONS */
	size_t per_network;   /* 0: SERVER_PER_NETWORK */
	size_t requests;      /* read or answered at once, each with its
				 headers; 0: SERVER_REQUESTS; others wait */
	size_t message_bytes; /* of a WebSocket; 0: SOCK_MESSAGE_BYTES */
	size_t fragments;     /* 0: SOCK_FRAGMENTS */
	size_t read_bytes;    /* each WebSocket holds these; 0:
				 SOCK_READ_BYTES */
};

struct server_hooks {
	/* The headers of a request are here: answer, keep it for later, or
	 * ask for its body with hit_body() or hit_stream(). */
	void (*hit)(void *arg, struct hit *h);
	/* A WebSocket is asked for. true: granted, `opened` follows with
	 * what hit_tag() was set to. false: hit_send() was called. */
	bool (*upgrade)(void *arg, struct hit *h);
	void (*opened)(void *arg, struct sock *s);
	/* A granted WebSocket did not come to be: what hit_tag() was set to,
	 * once more, if it was set. May be NULL. */
	void (*abandoned)(void *arg, void *tag);
	/* A whole message, at most message_bytes, valid UTF-8. */
	void (*message)(void *arg, struct sock *s, const char *p, size_t n);
	/* What was queued fell below SOCK_LOW_BYTES. */
	void (*drained)(void *arg, struct sock *s);
	/* The last callback of a sock. */
	void (*closed)(void *arg, struct sock *s);
	void *arg;
};

/*
 * Listen. Plain HTTP on an address that is not loopback is refused.
 * OUT_PERM: options that cannot work; OUT_TEMP: the address is taken.
 */
enum outcome server_open(const struct server_options *o,
			 const struct server_hooks *hooks, struct server **out,
			 struct err *e) MUST_CHECK;
void server_close(struct server **s);

/* Serve until server_stop(). OUT_TEMP: the loop failed. */
enum outcome server_run(struct server *s, struct err *e) MUST_CHECK;
void server_stop(struct server *s);

/* The port that is listened on. */
int server_port(const struct server *s);

/* Is the address of "ADDR:PORT" loopback? *port_out is set if it parses. */
bool server_is_loopback(const char *listen, int *port_out);

/*
 * Watch a descriptor of the caller's: fn runs when it can be read (or
 * written, if write is set). Call again when fd or write changed; fd -1
 * stops watching. The descriptor stays the caller's to close, before or
 * after. One descriptor a slot, slots 0 to SERVER_WATCHES - 1.
 */
#define SERVER_WATCHES 4
typedef void server_ready_fn(void *arg);
void server_watch(struct server *s, int slot, int fd, bool write,
		  server_ready_fn *fn, void *arg);

/* A timer, not running yet. */
struct timer *timer_new(struct server *s, void (*fn)(void *arg), void *arg);
/* Run once in ms milliseconds from now; an earlier setting is forgotten. */
void timer_set(struct timer *t, int64_t ms);
void timer_stop(struct timer *t);
void timer_free(struct timer **t);

/* --- counted bytes, for many socks or many hits -------------------------- */

struct shared *shared_new(const void *p, size_t n);
struct shared *shared_ref(struct shared *b);
void shared_unref(struct shared *b);
size_t shared_len(const struct shared *b);

/* --- hits ------------------------------------------------------------------ */

struct hit *hit_ref(struct hit *h);
void hit_unref(struct hit *h);

/* Is somebody still there who waits for an answer? */
bool hit_alive(const struct hit *h);

const char *hit_method(const struct hit *h); /* "GET" */
const char *hit_path(const struct hit *h);   /* decoded, begins with '/' */

/* Value of a query argument, decoded; NULL: absent. First of several. */
const char *hit_arg(const struct hit *h, const char *name);

/* The i-th query argument as "name=value", decoded; NULL: no more. */
const char *hit_arg_at(const struct hit *h, size_t i);

/* A request header by its lower-case name; NULL: absent or not kept (see
 * the table in lws_hit.c). Several of one name come as one, with commas. */
const char *hit_header(const struct hit *h, const char *name);

/* Address of the browser: the peer's, or the last one of X-Forwarded-For
 * that is no trusted proxy, if the peer is one. */
const char *hit_address(const struct hit *h);
bool hit_is_tls(const struct hit *h);

/* Content-Length, 0 if there is no body. */
int64_t hit_length(const struct hit *h);

/* A pointer of the upgrade hook's that sock_tag() gives back. */
void hit_tag(struct hit *h, void *tag);

/*
 * Take the body: fn runs once, with all of it (NUL-terminated), or with p
 * NULL if the browser went away before. A body over max bytes is the
 * caller's to refuse: see hit_length().
 */
typedef void hit_body_fn(void *arg, struct hit *h, const char *p, size_t n);
void hit_body(struct hit *h, size_t max, hit_body_fn *fn, void *arg);

/*
 * Take the body in parts as they come; p NULL and n 0 once at its end, or
 * when the browser went away before (see hit_alive()). The caller may
 * hit_pause() when it has enough, and hit_resume(). With part NULL nobody
 * takes it any more, nor hears of its end.
 */
void hit_stream(struct hit *h, hit_body_fn *part, void *arg);
void hit_pause(struct hit *h);
void hit_resume(struct hit *h);

/* Add an answer header. name is lower case without colon; line breaks in
 * the value are an error of ours. */
void hit_set(struct hit *h, const char *name, const char *value);
void hit_setf(struct hit *h, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The connection ends after the answer; of a body that still comes nothing is
 * kept, and it is read for two seconds more, so that the answer is seen. To be
 * called before the answer. */
void hit_hangup(struct hit *h);

/* Answer. p is copied; type is a content type or NULL. Once a hit. */
void hit_send(struct hit *h, int status, const char *type, const void *p,
	      size_t n);
void hit_send_shared(struct hit *h, int status, const char *type,
		     struct shared *b);

/*
 * Answer with total bytes that come later. pull runs when more is wanted
 * and is answered, then or later, by hit_feed() or hit_cut(). If the hit
 * ends before all was fed, pull runs a last time (unless one is still to be
 * answered), and hit_alive() says so.
 */
typedef void hit_pull_fn(void *arg, struct hit *h);
void hit_start(struct hit *h, int status, const char *type, int64_t total,
	       hit_pull_fn *pull, void *arg);
void hit_feed(struct hit *h, const void *p, size_t n);
void hit_cut(struct hit *h);

/* --- WebSockets ------------------------------------------------------------ */

struct sock *sock_ref(struct sock *s);
void sock_unref(struct sock *s);
bool sock_alive(const struct sock *s);
void *sock_tag(const struct sock *s);
void sock_set_tag(struct sock *s, void *tag);

/* Queue a message. Over the ceilings the sock is dropped. */
void sock_send(struct sock *s, const void *p, size_t n);
void sock_send_shared(struct sock *s, struct shared *b);

/* Bytes that wait to be sent. */
size_t sock_queued(const struct sock *s);

/* Close with a code of RFC 6455 section 7.4 or 4000-4999, after what is
 * queued was sent. reason is static, at most 60 bytes. */
void sock_close(struct sock *s, int code, const char *reason);

#endif
