#ifndef POSTIGO_HTTP_CLIENT_H
#define POSTIGO_HTTP_CLIENT_H

/*
 * http_client: POST to somebody else's server: one at a time and waiting
 * (http_post), or many in a loop of their own (http_client). The only file
 * that knows libcurl.
 *
 * Invariants: https with the peer verified, or http to this machine where the
 * caller allows it; no redirect is followed, no proxy of the environment
 * used; a post is made once, on a connection of its own; an answer has a ceiling of octets and of time, and what is over the
 * octets is left unread.
 *
 * http_post() is safe to use from several threads.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

#define HTTP_CONNECT_S 10 /* of it to connect */
#define HTTP_POSTS_MAX 32 /* under way in a client */
#define HTTP_HEADERS_MAX 16

/* Codes of *e beside an outcome that is not OUT_OK. */
#define HTTP_CANCELLED "cancelled"
#define HTTP_TLS "tls"
#define HTTP_NETWORK "network"
#define HTTP_ADDRESS "address" /* neither https nor allowed http */

/* Everything is borrowed; http_client_post() copies what it needs. */
struct http_post {
	const char *url;
	bool here_plain;           /* http:// to this machine is allowed */
	const char *ca_file;       /* NULL: the system's certificates */
	const char *const *header; /* "Name: value" lines, NULL at the end; or
				      NULL */
	const char *body;
	size_t body_n;
	int wait_s;      /* for the whole of it */
	bool answer_cut; /* of an answer over its ceiling the start will do */
	size_t answer_max;
	bool (*stop)(void *arg); /* asked now and then; or NULL */
	void *stop_arg;
};

/* Once, before any thread starts. */
void http_start(void);

/*
 * Post and wait.
 * answer      initialised by the caller with its ceiling; what was answered
 * status_out  HTTP status of the answer
 *
 * OUT_OK    answered, whatever the status
 * OUT_TEMP  HTTP_NETWORK (also: no answer in time, or one too long),
 *           HTTP_CANCELLED
 * OUT_PERM  HTTP_TLS, HTTP_ADDRESS
 */
enum outcome http_post(const struct http_post *p, struct buf *answer,
		       long *status_out, struct err *e) MUST_CHECK;

/* A value as application/x-www-form-urlencoded has it; appended to b. */
bool http_form_value(struct buf *b, const char *value);

struct http_client;

/* How a post of a client ended; as of http_post(). Borrowed. */
struct http_result {
	enum outcome outcome;
	struct err err;
	long status;
	const struct buf *answer;
};
typedef void http_done_fn(void *arg, const struct http_result *r);

struct http_client *http_client_new(void);
/* Ends what is under way; its functions are not called. */
void http_client_free(struct http_client **c);

/*
 * Begin one. fn runs later, from http_client_wait(), exactly once.
 * OUT_TEMP  HTTP_POSTS_MAX are under way
 * OUT_PERM  HTTP_ADDRESS
 */
enum outcome http_client_post(struct http_client *c, const struct http_post *p,
			      http_done_fn *fn, void *arg,
			      struct err *e) MUST_CHECK;

size_t http_client_busy(const struct http_client *c);

/*
 * Wait until something can be done, or one of the others is ready (revents of
 * each is set), and do it.
 * ms  at most so long; less than 0: until something is ready
 */
void http_client_wait(struct http_client *c, struct pollfd *others, unsigned n,
		      int ms);

#endif
