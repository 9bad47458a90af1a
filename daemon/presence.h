#ifndef POSTIGO_PRESENCE_H
#define POSTIGO_PRESENCE_H

/*
 * presence: agents who are away: agent.away and agent.back, and absences that
 * end when they were said to. An open console says nothing about that.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define PRESENCE_ENDS_MAX 64 /* absences that end in one tick */

/* Subscribers are told that an agent went or came. by: who said so; 0: time. */
enum outcome presence_told(struct store *s, int64_t agent_id, int64_t by,
			   int64_t now_ms, struct err *e) MUST_CHECK;

/* End absences whose time has come. more_out  set if there is more */
enum outcome presence_tick(struct store *s, int64_t now_ms, bool *more_out,
			   struct err *e) MUST_CHECK;

#endif
