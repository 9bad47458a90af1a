#ifndef POSTIGO_EVENT_H
#define POSTIGO_EVENT_H

/*
 * event: what happened, numbered, written in the transaction of the change
 * itself, and told to subscribers once that is committed.
 *
 * Invariants: numbers grow by one over the desk, sequences by one within an
 * incident, neither ever has a gap; data holds ids, codes and numbers only.
 * Source: schema/wire/events.tbl; schema/STORE.md, "event".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define EVENT_BATCH_MAX 65536 /* events that one transaction may write */
#define EVENT_BYTES_MAX (16 * 1024 * 1024) /* of one event's data */

/*
 * Write one event. It is in the batch for subscribers until the request's
 * savepoint is undone or the transaction rolled back.
 *
 * at_ms        the turn's instant
 * kind         static text, one of events.tbl
 * incident_id  0: of no incident
 * agent_id     who did it; 0: a customer or Postigo itself
 * data         taken; an object
 *
 * OUT_PERM     constraint: no such incident or agent; code "too_large": data
 *              is over EVENT_BYTES_MAX
 */
enum outcome event_add(struct store *s, int64_t at_ms, const char *kind,
		       int64_t incident_id, int64_t agent_id, json_t *data,
		       struct err *e) MUST_CHECK;

/*
 * The events of the transaction that was just committed, as a new array of
 * Event objects (methods.tbl), oldest first; NULL if there are none. They
 * are forgotten. Call after store_commit and before the next store_begin.
 * Outcomes: those of store_fail(); *out is NULL then, and they are forgotten.
 */
enum outcome event_batch_take(struct store *s, json_t **out,
			      struct err *e) MUST_CHECK;

/* Look at them, oldest first, without making them objects. */
void event_batch_each(struct store *s,
		      void (*fn)(void *arg, const char *kind,
				 int64_t incident_id, const json_t *data),
		      void *arg);

/* Forget them: nobody listens. */
void event_batch_drop(struct store *s);

/*
 * Events after number from, oldest first, at most limit.
 * out  new array of Event objects
 */
enum outcome event_list(struct store *s, int64_t from, int limit, json_t **out,
			struct err *e) MUST_CHECK;

/* The newest events of an incident, oldest first, at most limit. */
enum outcome event_list_incident(struct store *s, int64_t incident_id,
				 int limit, json_t **out,
				 struct err *e) MUST_CHECK;

/*
 * What rules decided about an incident: its newest incident.created,
 * .classified and .undecided, oldest first, at most limit.
 * number  of the one event that is wanted; 0: all of them
 */
enum outcome event_list_decisions(struct store *s, int64_t incident_id,
				  int64_t number, int limit, json_t **out,
				  struct err *e) MUST_CHECK;

#endif
