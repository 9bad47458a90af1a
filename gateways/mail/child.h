#ifndef POSTIGO_CHILD_H
#define POSTIGO_CHILD_H

/*
 * child: the gateway's end of postigo-mime, a program that does one request
 * after another over a pair of sockets and may die on any of them. A request
 * is a struct child_frame, JSON, octets; so is its answer.
 *
 * Invariants: one request at a time; a child is replaced after
 * CHILD_REQUESTS_MAX requests, after any failure, and when it does not
 * answer in time.
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct buf;
struct child;

#define CHILD_OCTETS_MAX ((size_t)100 * 1024 * 1024)
#define CHILD_JSON_MAX ((size_t)8 * 1024 * 1024)
#define CHILD_REQUESTS_MAX 1000
#define CHILD_ALARM_S 5     /* of work on one request */
#define CHILD_WAIT_MS 15000 /* for its answer, octets moved both ways */

enum child_op {
	CHILD_PARSE = 1, /* octets: a mail; answer: fields, attachments */
	CHILD_BUILD,     /* a delivery, attachments; answer: a mail */
	CHILD_STRIP,     /* {"html": bool}, a body; answer: what is new */
	CHILD_DONE,      /* an answer */
	CHILD_REFUSED    /* an answer: {"text": why} */
};

struct child_frame {
	uint32_t op;
	uint32_t json_len;
	uint64_t octets_len;
};

/* path of postigo-mime, copied; it is started when it is first needed. */
struct child *child_new(const char *path);
void child_free(struct child **c);

/*
 * Ask and wait.
 * request  borrowed, or NULL
 * out      the answer's octets are appended; may be NULL to drop them
 * json_out new reference on OUT_OK; may be NULL
 *
 * OUT_OK    answered
 * OUT_PERM  it refused, died or was too slow: code "refused" or "died"
 * OUT_TEMP  it could not be started
 */
enum outcome child_ask(struct child *c, enum child_op op, const json_t *request,
		       const void *octets, size_t n, json_t **json_out,
		       struct buf *out, struct err *e) MUST_CHECK;

/* Read and write whole frames' pieces on a blocking socket; -1: no more. */
int child_read(int fd, void *p, size_t n);
int child_write(int fd, const void *p, size_t n);

#endif
