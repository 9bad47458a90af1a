#ifndef POSTIGO_HTTP_CLIENT_H
#define POSTIGO_HTTP_CLIENT_H

/*
 * http_client: requests to somebody else's server: one at a time and waiting
 * (http_ask), or many in a loop of their own (http_client). The only file
 * that knows libcurl.
 *
 * Invariants: https with the peer verified, or http to this machine where the
 * caller allows it; where the caller has a list of hosts, no other is asked;
 * no redirect is followed, so what a header says reaches one host alone; no
 * proxy of the environment is used; a request is made once, on a connection of
 * its own; an answer has a ceiling of octets and of time, and what is over the
 * octets is left unread.
 *
 * http_ask() is safe to use from several threads.
 */

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

#define HTTP_CONNECT_S 10 /* of it to connect */
#define HTTP_ASKS_MAX 64  /* under way in a client */
#define HTTP_HEADERS_MAX 16
#define HTTP_FIELDS_MAX 8

/* Codes of *e beside an outcome that is not OUT_OK. */
#define HTTP_CANCELLED "cancelled"
#define HTTP_TLS "tls"
#define HTTP_NETWORK "network"
#define HTTP_ADDRESS "address" /* not https nor allowed http, or its host */
#define HTTP_LARGE "too_large" /* what came is over the file's ceiling */
#define HTTP_FILE "file"       /* a file could not be read or written */

enum http_method {
	HTTP_POST,
	HTTP_GET
};

/* One field of a form (multipart/form-data). Of the last one value may be
 * NULL: then it is a file, the octets of fd from its start. */
struct http_field {
	const char *name;
	const char *value;
	const char *filename;
	const char *type;
	int fd; /* stays the caller's, open until the end */
	size_t size;
};

/* Everything is borrowed; http_client_ask() copies what it needs. */
struct http_request {
	enum http_method method;
	const char *url;
	bool here_plain;           /* http:// to this machine is allowed */
	const char *const *hosts;  /* see http_host_in(), NULL at the end; NULL:
				     any */
	const char *ca_file;       /* NULL: the system's certificates */
	const char *const *header; /* "Name: value" lines, NULL at the end; or
				      NULL */
	const char *body;
	size_t body_n;
	const struct http_field *field; /* instead of a body; or NULL */
	size_t fields;
	int wait_s;      /* for the whole of it */
	int still_s;     /* without progress; 0: as long as wait_s */
	bool answer_cut; /* of an answer over its ceiling the start will do */
	size_t answer_max;
	/* The octets of an answer with status 200 go into a file: appended to
	 * to_fd, at most to_max of them. to_max 0: into the answer, as others */
	int to_fd;
	size_t to_max;
	bool (*stop)(void *arg); /* asked now and then; or NULL */
	void *stop_arg;
};

/* Once, before any thread starts. */
void http_start(void);

/*
 * Ask and wait.
 * answer      initialised by the caller with its ceiling; what was answered
 * status_out  HTTP status of the answer
 *
 * OUT_OK    answered, whatever the status
 * OUT_TEMP  HTTP_NETWORK (also: no answer in time, or one too long),
 *           HTTP_CANCELLED
 * OUT_PERM  HTTP_TLS, HTTP_ADDRESS, HTTP_LARGE, HTTP_FILE
 */
enum outcome http_ask(const struct http_request *p, struct buf *answer,
		      long *status_out, struct err *e) MUST_CHECK;

/*
 * Is the host of a URL in a list? An entry is a host ("graph.facebook.com") or
 * a domain whose hosts are all meant ("*.fbsbx.com"); no letter case. What is
 * no URL is in none.
 */
bool http_host_in(const char *url, const char *const *hosts);

/* A value as application/x-www-form-urlencoded has it; appended to b. */
bool http_form_value(struct buf *b, const char *value);

struct http_client;

/* How a request of a client ended; as of http_ask(). Borrowed. */
struct http_result {
	enum outcome outcome;
	struct err err;
	long status; /* 0: none came */
	bool begun;  /* false: for certain nothing of the request has gone */
	const struct buf *answer;
	size_t bytes; /* that went into the file */
	const void *transfer;
};

/* A header of the answer, or NULL. Borrowed, until the next call. */
const char *http_result_header(const struct http_result *r, const char *name);

typedef void http_done_fn(void *arg, const struct http_result *r);

struct http_client *http_client_new(void);
/* Ends what is under way; its functions are not called. */
void http_client_free(struct http_client **c);

/*
 * Begin one. fn runs later, from http_client_wait(), exactly once.
 * OUT_TEMP  HTTP_ASKS_MAX are under way
 * OUT_PERM  HTTP_ADDRESS
 */
enum outcome http_client_ask(struct http_client *c,
			     const struct http_request *p, http_done_fn *fn,
			     void *arg, struct err *e) MUST_CHECK;

size_t http_client_busy(const struct http_client *c);

/*
 * Wait until something can be done, or one of the others is ready (revents of
 * each is set), and do it.
 * ms  at most so long; less than 0: until something is ready
 */
void http_client_wait(struct http_client *c, struct pollfd *others, unsigned n,
		      int ms);

#endif
