#ifndef POSTIGO_VISIT_H
#define POSTIGO_VISIT_H

/*
 * visit: what the chat's gateways and staff are told of visitors: that there
 * is something to ask for, that somebody types, who is there.
 *
 * Invariants: nothing is told before the commit of what it is about; the cost
 * is that of the handles concerned, found by incident or visitor; "typing" and
 * "visitor.state" are lost rather than queued without end.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/wire/method.h"

struct engine;
struct handle;
struct peer;

#define VISITS_STATE_MS 1000 /* staff are told at most this often */
#define VISITS_AHEAD 100     /* who wait longest are told that it moves */
#define VISITS_MAX 16384     /* waiting to be told; beyond, they are not */

/* --- the turn's thread, after a commit --------------------------------------- */

/* Handles of visitors whose incident is another one now. Before replies. */
void visits_bind(struct engine *en);

/* Tell "visitor.changed" of the incidents of the batch's events, once for each
 * peer. Before the batch of events is taken. */
void visits_changed(struct engine *en);

/* End handles of visitors who are gone; staff are told how visitors are, and
 * who waits that the queue moved, at most each VISITS_STATE_MS: what is left
 * is told later. */
void visits_tell(struct engine *en);

/* What follows from handles that were dropped: whoever typed does no more. */
void visits_left(struct engine *en);

/* Milliseconds until visits_tell() has something to tell; -1: nothing. */
int visits_wait_ms(const struct engine *en);

void visits_release(struct engine *en);

/* --- any thread ---------------------------------------------------------------- */

/* A live handle is about to be dropped. Its peer may be locked. */
void visit_left(struct engine *en, const struct handle *h);

/* The same of all handles of a peer that is gone; it is not locked. */
void visit_peer_left(struct engine *en, struct peer *p);

/* Somebody types, or no longer does. */
struct typing {
	enum actor actor;
	int64_t incident_id;
	int64_t agent_id; /* of ACTOR_STAFF */
	const char *name; /* shown */
	bool on;
};

/* Tell staff, and what staff type also the incident's visitors. No peer is
 * locked. */
void typing_tell(struct engine *en, const struct typing *t);

#endif
