/*
 * m_presence: agent.away and agent.back. Everybody says it of themselves; a
 * lead and above also of others, but of nobody above themselves.
 */

#include "daemon/base/clock.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/presence.h"
#include "daemon/store/agent.h"
#include "daemon/store/away.h"
#include "daemon/trail.h"

#define AHEAD_MS ((int64_t)366 * 86400 * 1000) /* an absence ends before */

/* named by the table of handlers */
method_fn m_agent_away;
method_fn m_agent_back;

/* Whom it is about: oneself, or another one below or beside. */
static enum outcome
presence_who(struct store *s, const struct request *rq, struct agent_row *a,
	     struct err *e)
{
	int64_t id = param_int(rq, "agent", rq->agent_id);
	enum outcome o;

	if (id == 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'agent' is missing");
	o = agent_get(s, id, a, e);
	if (o != OUT_OK || rq->agent_id == 0 || rq->agent_id == id)
		return o;
	if (rq->staff < STAFF_LEAD || a->role > rq->staff)
		return err_code(e, OUT_PERM, "not_allowed",
				"that is for leads, and not of somebody above "
				"them");
	return OUT_OK;
}

/* The row was changed: subscribers, audit, and the result. */
static enum outcome
presence_changed(struct store *s, struct request *rq, int64_t id, bool changed,
		 struct err *e)
{
	json_t *agent = NULL;
	enum outcome o = OUT_OK;

	if (changed)
		o = presence_told(s, id, rq->agent_id, rq->now_ms, e);
	if (o == OUT_OK && changed && id != rq->agent_id)
		o = trail_add(s, rq, id, "ok", e);
	if (o == OUT_OK)
		o = agent_view(s, id, &agent, e);
	if (o == OUT_OK)
		result_set(rq, "agent", agent);
	return o;
}

enum outcome
m_agent_away(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	const char *reason = param_str(rq, "reason");
	const char *until = param_str(rq, "until");
	struct agent_row a = { .id = 0 };
	int64_t until_ms = 0;
	enum outcome o;

	(void)d;
	if (!away_reason(reason))
		return err_code(e, OUT_PERM, "bad_params",
				"'reason' is none of break, meeting, training, "
				"absence, holiday, other");
	if (until != NULL &&
	    (!clock_parse(until, &until_ms) || until_ms <= rq->now_ms ||
	     until_ms > rq->now_ms + AHEAD_MS))
		return err_code(e, OUT_PERM, "bad_params",
				"'until' is not an instant to come, within a "
				"year");
	o = presence_who(s, rq, &a, e);
	if (o == OUT_OK)
		o = away_begin(s, a.id, reason, until_ms, rq->now_ms, e);
	return o == OUT_OK ? presence_changed(s, rq, a.id, true, e) : o;
}

enum outcome
m_agent_back(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct agent_row a = { .id = 0 };
	bool changed = false;
	enum outcome o = presence_who(s, rq, &a, e);

	(void)d;
	if (o == OUT_OK)
		o = away_end(s, a.id, rq->now_ms, &changed, e);
	return o == OUT_OK ? presence_changed(s, rq, a.id, changed, e) : o;
}
