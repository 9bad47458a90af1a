#ifndef POSTIGO_STORE_AWAY_H
#define POSTIGO_STORE_AWAY_H

/*
 * away: when agents were away, and why. Rows are kept: reports ask them.
 * Source: schema/STORE.md, "agent_away".
 *
 * Invariant: an agent is away at most once at a time; an absence ends after it
 * began.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* One of the words of agent_away.reason? */
bool away_reason(const char *s);

/*
 * An agent goes: an absence that runs ends here and another one begins.
 * until_ms  when they will be back, as far as is known; 0: not said
 */
enum outcome away_begin(struct store *s, int64_t agent_id, const char *reason,
			int64_t until_ms, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* They are back. *changed_out: they were away. */
enum outcome away_end(struct store *s, int64_t agent_id, int64_t now_ms,
		      bool *changed_out, struct err *e) MUST_CHECK;

/* The earliest absence whose end was said and has come ends then.
 * *agent_out: whose; 0: there is none. */
enum outcome away_lapse(struct store *s, int64_t now_ms, int64_t *agent_out,
			struct err *e) MUST_CHECK;

/* When the next one ends by itself; INT64_MAX: none does. */
enum outcome away_next(struct store *s, int64_t *ms_out,
		       struct err *e) MUST_CHECK;

#endif
