#ifndef POSTIGO_CHANGE_H
#define POSTIGO_CHANGE_H

/*
 * change: the one place where an incident's state changes, and small words
 * that the writing handlers share.
 *
 * Invariant: a step that is not in the tables is refused; every step leaves an
 * event incident.changed with the state before and now.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/member.h"
#include "daemon/store/incident.h"

struct desk;
struct request;
struct store;

#define REF_MAX 32 /* "P-42" */

void change_ref(int64_t incident_id, char out[REF_MAX]);

/* May staff take an incident from one state to another? */
bool change_allowed(enum incident_state from, enum incident_state to);

/* What an incident becomes when an answer in it failed for good: open, or the
 * same where nothing is done (new, open, spam, merged). */
enum incident_state change_after_failure(enum incident_state from);

/* Set the state in *inc: what sleeps no more has no instant to wake at. */
void change_state_to(struct incident *inc, enum incident_state to);

/*
 * Change the state in *inc and write the event; nothing if it is the same.
 * The caller has asked change_allowed() for staff, moves the clocks and saves
 * the row.
 * OUT_PERM  code "conflict": neither staff nor a failure may take that step
 */
enum outcome change_state(struct store *s, struct incident *inc,
			  enum incident_state to, int64_t agent_id,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * Write incident.created: everything about a new incident that later events
 * only change, so that fsck can fold it from them.
 * inc      as its row was written
 * version  of the desk book that was in force; 0: none
 */
enum outcome change_created(struct store *s, const struct incident *inc,
			    int64_t message_id, int64_t version,
			    int64_t agent_id, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* An incident's instants never go back, even if the system's clock does. */
int64_t change_now(const struct incident *inc, int64_t now_ms);

/* Note in *inc that a message was added and write message.added. at_ms: when
 * the channel received it, or now_ms. direction: static. */
enum outcome change_message(struct store *s, struct incident *inc,
			    int64_t message_id, const char *direction,
			    int64_t at_ms, int64_t agent_id, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/*
 * Write an internal note of staff, with its event, and save the incident.
 * agent_id  0: Postigo's own word
 * now_ms    the turn's instant
 */
enum outcome change_note(struct store *s, struct incident *inc,
			 int64_t agent_id, const char *text, int64_t now_ms,
			 int64_t *message_out, struct err *e) MUST_CHECK;

/* {name: [before, now]}; both are taken. */
void change_pair(json_t *set, const char *name, json_t *before, json_t *now);

/* Write incident.changed; set is taken. Nothing if it is empty. */
enum outcome change_event(struct store *s, int64_t incident_id, json_t *set,
			  int64_t agent_id, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/*
 * Refer to octets that came with the request, or were put before.
 * OUT_PERM  code "blob_missing"
 */
enum outcome change_blob(struct store *s, const struct request *rq,
			 const char *sha256, int64_t now_ms,
			 struct err *e) MUST_CHECK;

/* The attachments of a message: a list of FileIn, or NULL. */
enum outcome change_files(struct store *s, const struct request *rq,
			  int64_t message_id, const json_t *files,
			  int64_t now_ms, struct err *e) MUST_CHECK;

#endif
