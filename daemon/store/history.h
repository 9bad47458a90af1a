#ifndef POSTIGO_HISTORY_H
#define POSTIGO_HISTORY_H

/*
 * history: what happened to an incident and to those who work in it, as the
 * causes of broken promises are judged from it. Reads only.
 *
 * Source: schema/STORE.md, "event", "agent_away"; schema/REPORTS.md, "Causes".
 */

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "rules/deadline.h"

struct store;

#define HISTORY_EVENTS_MAX 1000 /* of one incident that are looked at */
#define HISTORY_AWAY_MAX 64     /* of one agent that are looked at */

/* An event; valid during the call alone. */
struct history_event {
	int64_t at_ms;
	const char *kind;
	int64_t agent_id; /* 0: nobody */
	const json_t *data;
};

typedef void history_fn(void *arg, const struct history_event *ev);

/*
 * The newest HISTORY_EVENTS_MAX events of an incident up to an instant, the
 * oldest first: those that say who had it, who opened it, who wrote, and what
 * became of its clocks.
 */
enum outcome history_each(struct store *s, int64_t incident_id,
			  int64_t until_ms, history_fn *fn, void *arg,
			  struct err *e) MUST_CHECK;

/*
 * When an agent was away between two instants, the newest HISTORY_AWAY_MAX,
 * in order, cut to whole seconds.
 * out  room for HISTORY_AWAY_MAX; to_s is DEADLINE_NEVER while it lasts
 */
enum outcome history_away(struct store *s, int64_t agent_id, int64_t from_ms,
			  int64_t until_ms, struct pause *out, size_t *n_out,
			  struct err *e) MUST_CHECK;

/*
 * When the contact that the channel received in that second was committed; 0:
 * there is no such contact.
 */
enum outcome history_committed(struct store *s, int64_t incident_id,
			       int64_t received_s, int64_t *committed_ms_out,
			       struct err *e) MUST_CHECK;

#endif
