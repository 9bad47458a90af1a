#ifndef POSTIGO_PLAN_RUN_H
#define POSTIGO_PLAN_RUN_H

/*
 * plan_run: plans that are due become jobs `mail.notice`, one for each agent.
 * A job names the plan and its stretch of time; the mail is made when a
 * gateway asks for it (daemon/m_notice.c), by a reading thread.
 *
 * Invariant: the jobs of a run and the instant of the next one are committed
 * together, so a run is neither lost nor done twice. Of several that were
 * missed the newest is done.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct plan_row;
struct store;

/* Set p->next_ms to its next run after now_ms; 0 if it is not active.
 * OUT_PERM: code "bad_params", no such zone. */
enum outcome plan_schedule(struct plan_row *p, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/*
 * Queue the mails of a run.
 * agents  a list of rows
 * run_s   when it should have run; its stretch of time ends before
 * tried   somebody asked: no threshold is looked at
 * jobs    the rows of the jobs are appended; may be NULL
 */
enum outcome plan_queue(struct desk *d, struct store *s,
			const struct plan_row *p, const json_t *agents,
			int64_t run_s, bool tried, int64_t now_ms, json_t *jobs,
			struct err *e) MUST_CHECK;

/* Run what is due; *more is set if there may be more. */
enum outcome plans_tick(struct desk *d, struct store *s, int64_t now_ms,
			bool *more, struct err *e) MUST_CHECK;

/* The clock went back: no plan waits longer than it would from now on. */
enum outcome plans_clock_back(struct store *s, int64_t now_ms,
			      struct err *e) MUST_CHECK;

#endif
