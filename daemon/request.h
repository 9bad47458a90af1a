#ifndef POSTIGO_REQUEST_H
#define POSTIGO_REQUEST_H

/*
 * request: one frame of a peer on its way through the daemon.
 *
 *   network thread   parse, check parameters, decode and hash octets
 *   worker thread    large files, password hashes (METHOD_CALM), backups
 *                    (METHOD_SLOW)
 *   turn's thread    who may call it; writes run, each in its savepoint
 *   reader threads   reads run
 *   turn's thread    after the commit: the response leaves
 *
 * A handler is named m_ and the method's name with dots as underscores:
 * incident.answer is m_incident_answer. It sets rq->result and returns
 * OUT_OK, or fills *e and returns why. It never sends anything.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"
#include "daemon/wire/method.h"

struct book;
struct desk;
struct store;
struct peer;

/* Octets that came with a request, decoded, hashed and checked against the
 * digest that the caller named. Up to BLOB_ROW_BYTES they are in data;
 * larger ones are already durable as a file (data is NULL). */
struct request_blob {
	char sha256[65];
	int64_t bytes;
	unsigned char *data;
	bool pinned; /* a file, which blobfile_pin() keeps until the end */
};

struct request {
	/* set before a handler runs; borrowed */
	const struct method *method;
	json_t *params;      /* checked against the table; base64 "data" members
			   are taken out, their octets are in blobs */
	enum role role;      /* of the socket */
	int64_t agent_id;    /* who it acts for; 0: nobody */
	enum staff staff;    /* their role, if agent_id is not 0 */
	int64_t visitor_id;  /* the visitor that it acts for; 0: none */
	const char *session; /* hash of the cookie or token behind "as", or
				NULL */
	const char *key;     /* command key, or NULL */
	struct request_blob *blobs;
	size_t blob_count;
	void *prepared;    /* METHOD_CALM, METHOD_SLOW: what prepare made */
	struct book *book; /* and the desk book that it read, or NULL; a handler
			      that keeps it takes it out */
	int64_t now_ms;    /* the turn's instant: use it, not the clock */
	size_t beside;     /* of a write: others of its batch before it, and
			      those that wait */

	/* set by the handler */
	json_t *result;     /* new reference; an object */
	struct buf text;    /* JSON text that stands for one of its values */
	json_t *text_place; /* which one it is: borrowed from result, or NULL */
	json_t *error_data; /* more members for "data" of an error, or NULL */
	int64_t retry_after_ms; /* OUT_TEMP: when to come again, or 0 */
	bool keep; /* what it wrote stands although it failed: a log-in's
		      failure is counted and audited */

	/* the engine's own */
	struct peer *peer;
	json_t *id;
	struct request *next;
	enum outcome outcome;
	struct err err;
	void *engine;
};

/*
 * Run a request.
 * s  the writing handle inside the turn's transaction and the request's
 *    savepoint, or a reading handle inside a read transaction
 *
 * OUT_OK    rq->result is set
 * else      *e is set; everything the handler wrote is undone
 */
typedef enum outcome method_fn(struct desk *d, struct store *s,
			       struct request *rq, struct err *e);

/*
 * The slow part of a METHOD_CALM or METHOD_SLOW method, on its worker's thread,
 * without the writing handle of the store. May set rq->prepared (freed with
 * mem_free after the response left).
 */
typedef enum outcome prepare_fn(struct desk *d, struct request *rq,
				struct err *e);

/* Generated: handlers in the order of method_table (METHOD_LOCAL ones are the
 * engine's). */
extern method_fn *const method_handlers[];
/* Generated: p_NAME of the METHOD_CALM and METHOD_SLOW ones, NULL for the others. */
extern prepare_fn *const method_prepares[];

/* The octets with that digest among rq->blobs, or NULL. */
const struct request_blob *request_blob(const struct request *rq,
					const char *sha256);

#endif
