#ifndef POSTIGO_STORE_PAST_H
#define POSTIGO_STORE_PAST_H

/*
 * past: messages as rules may ask about them once more, long after they came.
 * Reads only. Whoever goes through many does so in steps, each within a short
 * read transaction, so that the log of the store can begin anew meanwhile.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define PAST_FILES_MAX 100
#define PAST_INCIDENTS_MAX 1000 /* of one customer that are counted */

struct past_file {
	const char *name;
	const char *type;
};

/* A message, its incident and customer. Strings live until the next one is
 * read; NULL is unknown. */
struct past {
	int64_t id;
	int64_t incident_id;
	int64_t number; /* place in the incident: 1 opened it */
	int64_t received_ms;
	int64_t committed_ms;
	const char *direction;
	const char *author;
	bool by_hand; /* a customer's words that an agent noted */
	bool robot;
	const char *subject; /* else of the incident's first message */
	const char *text;
	const char *reply_text;
	const char *address;    /* that it came from; else of the first */
	const char *name;       /* of the customer; may be empty */
	const char *connection; /* of the incident: its name */
	const char *channel;
	const char *language; /* of the customer */
	const char *page;     /* of a chat whose visitor is still known */
	int64_t incidents;    /* of the customer, up to this one; 0: the event
			      noted it */
	/* the incident as it is now */
	const char *queue;
	const char *priority;
	const char *reason;
	const char *policy;
	struct past_file files[PAST_FILES_MAX];
	size_t file_count;
	/* data of its events, JSON text: incident.created of the first message;
	 * incident.classified of this one; NULL: there is none */
	const char *created;
	const char *classified;
	int64_t classified_number; /* of that event; 0: none */
};

struct past_reader;

struct past_reader *past_new(void);
void past_free(struct past_reader **r);

/*
 * One message.
 * decided  read its events too
 * OUT_PERM  code "not_found"
 */
enum outcome past_read(struct store *s, struct past_reader *r, int64_t id,
		       bool decided, const struct past **out,
		       struct err *e) MUST_CHECK;

/*
 * Headers of a mail: [{name, value}], new; NULL: none are kept.
 */
enum outcome past_headers(struct store *s, int64_t message_id, json_t **out,
			  struct err *e) MUST_CHECK;

#define PAST_EMAIL_BYTES 256

/* An agent's address; "": there is no such agent. */
enum outcome past_agent(struct store *s, int64_t agent_id,
			char out[PAST_EMAIL_BYTES], struct err *e) MUST_CHECK;

/* An incident's first message; 0: it has none. */
enum outcome past_first(struct store *s, int64_t incident_id, int64_t *id_out,
			struct err *e) MUST_CHECK;

/* The first message committed at an instant or after it; one more than the
 * last if there is none. */
enum outcome past_after(struct store *s, int64_t at_ms, int64_t *id_out,
			struct err *e) MUST_CHECK;

/* When the newest message below a row was committed; 0: there is none. */
enum outcome past_committed(struct store *s, int64_t before, int64_t *at_ms_out,
			    struct err *e) MUST_CHECK;

/* Where a walk is: messages from `from` on, below `before`. */
struct past_walk {
	int64_t from;
	int64_t before; /* out: where to go on */
	bool later;     /* also messages that opened no incident */
	int rows;       /* at most so many in one step */
	bool done;      /* out: there are no more */
};

/*
 * One step, newest first: customers' messages that opened an incident, and
 * with walk->later every later message but notes. In a read transaction.
 *
 * each  called for each; false: stop after this one
 */
enum outcome past_step(struct store *s, struct past_reader *r,
		       struct past_walk *walk,
		       bool (*each)(void *arg, const struct past *p), void *arg,
		       struct err *e) MUST_CHECK;

#endif
