#ifndef POSTIGO_ACT_H
#define POSTIGO_ACT_H

/*
 * act: what the desk book's rules propose, done to an incident.
 *
 * What cannot be done (a step of the state that is not one, an agent who is
 * not there, an answer that may not go) is left, with why, and never an
 * error: a rule costs itself, never the event that it ran on.
 */

#include <stdbool.h>

#include "daemon/base/err.h"

struct decision;
struct incident;

/*
 * A new incident that is not written yet: the book's defaults, and what
 * rules say of queue, team, assignee, priority, reason, policy and proposed
 * reply. incident.created will tell it.
 */
enum outcome act_words(struct decision *dc, struct incident *inc,
		       struct err *e) MUST_CHECK;

/*
 * The rest, of a new incident that is written and whose first clock has not
 * started: tags, state, snooze, notes, notices, an answer. dc->changed: *inc
 * has to be saved.
 */
enum outcome act_fresh(struct decision *dc, struct incident *inc,
		       struct err *e) MUST_CHECK;

/* All of it, of an incident that was there; its clocks follow. */
enum outcome act_change(struct decision *dc, struct incident *inc,
			struct err *e) MUST_CHECK;

#endif
