#include "daemon/merge.h"

#include <jansson.h>
#include <string.h>

#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/desk.h"
#include "daemon/store/claim.h"
#include "daemon/store/clock.h"
#include "daemon/store/event.h"
#include "daemon/store/visitor.h"

/* --- may it be? ---------------------------------------------------------------- */

static enum outcome
merge_states(const struct incident *from, const struct incident *into,
	     struct err *e)
{
	if (from->id == into->id)
		return err_code(e, OUT_PERM, "conflict",
				"an incident cannot be merged into itself");
	if (!change_allowed(from->state, INCIDENT_MERGED))
		return err_code(e, OUT_PERM, "conflict",
				"an incident that is '%s' cannot be merged",
				incident_state_name(from->state));
	if (!change_allowed(into->state, INCIDENT_MERGED))
		return err_code(e, OUT_PERM, "conflict",
				"nothing can be merged into an incident that "
				"is '%s'",
				incident_state_name(into->state));
	return OUT_OK;
}

/* A visitor who waits there would not see what is answered elsewhere. */
static enum outcome
merge_chat(struct store *s, const struct incident *from, struct err *e)
{
	bool active = false;
	enum outcome o = visitor_chats(s, from->id, &active, e);

	if (o == OUT_OK && active)
		return err_code(e, OUT_PERM, "conflict",
				"the chat goes on: end it, or merge the other "
				"one into it");
	return o;
}

static enum outcome
merge_claim(struct store *s, const struct incident *from, struct err *e)
{
	struct clock_row clock;
	struct claim_row c;
	bool found = false;
	enum outcome o = claim_find(s, from->id, &c, &found, e);

	if (o != OUT_OK || !found || c.withdrawn_ms != 0)
		return o;
	if (c.clock_id != 0) {
		o = clock_load(s, c.clock_id, &clock, e);
		if (o != OUT_OK || clock.state != CLOCK_RUNNING)
			return o;
	}
	return err_code(e, OUT_PERM, "conflict",
			"claim %s is not answered: merge the other one into "
			"this",
			c.code);
}

/* --- merging --------------------------------------------------------------------- */

/* The start of its reply clock that runs; 0: none does. */
static enum outcome
open_start(struct store *s, int64_t incident_id, int64_t *start_out,
	   struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int n;
	int i;
	enum outcome o = clock_running(s, incident_id, rows, &n, e);

	*start_out = 0;
	for (i = 0; o == OUT_OK && i < n; i++)
		if (strcmp(rows[i].name, "first_response") == 0 ||
		    strcmp(rows[i].name, "next_response") == 0)
			*start_out = rows[i].start_s;
	return o;
}

static enum outcome
merge_event(struct store *s, struct incident *inc, const char *kind,
	    const char *member, int64_t other, int64_t agent_id, int64_t now_ms,
	    struct err *e)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, member, json_integer(other));
	inc->updated_ms = now_ms;
	inc->undecided = inc->undecided && agent_id == 0;
	return event_add(s, now_ms, kind, inc->id, agent_id, data, e);
}

static enum outcome
merge_end(struct desk *d, struct store *s, struct incident *from,
	  int64_t into_id, int64_t agent_id, int64_t now_ms, struct err *e)
{
	enum incident_state before = from->state;
	enum outcome o =
		change_state(s, from, INCIDENT_MERGED, agent_id, now_ms, e);

	if (o == OUT_OK)
		o = clocks_state(d, s, from, before, now_ms, e);
	from->merged_into = into_id;
	return o == OUT_OK ? merge_event(s, from, "incident.merged", "into",
					 into_id, agent_id, now_ms, e)
			   : o;
}

/* What waited in the merged one waits in the survivor. */
static enum outcome
merge_wake(struct desk *d, struct store *s, struct incident *into,
	   int64_t start_s, int64_t agent_id, int64_t now_ms, struct err *e)
{
	enum incident_state before = into->state;
	enum outcome o = OUT_OK;

	if (start_s == 0)
		return OUT_OK;
	if (before != INCIDENT_NEW && before != INCIDENT_OPEN)
		o = change_state(s, into, INCIDENT_OPEN, agent_id, now_ms, e);
	if (o == OUT_OK)
		o = clocks_woken(d, s, into, before, now_ms, e);
	return o == OUT_OK ? clocks_inherit(d, s, into, start_s, now_ms, e) : o;
}

enum outcome
merge_into(struct desk *d, struct store *s, struct incident *from,
	   struct incident *into, int64_t agent_id, int64_t now_ms,
	   struct err *e)
{
	int64_t now = change_now(into, change_now(from, now_ms));
	int64_t start_s = 0;
	enum outcome o = merge_states(from, into, e);

	if (o == OUT_OK)
		o = merge_chat(s, from, e);
	if (o == OUT_OK)
		o = merge_claim(s, from, e);
	if (o == OUT_OK)
		o = open_start(s, from->id, &start_s, e);
	if (o == OUT_OK)
		o = merge_end(d, s, from, into->id, agent_id, now, e);
	if (o == OUT_OK)
		o = merge_event(s, into, "incident.joined", "from", from->id,
				agent_id, now, e);
	return o == OUT_OK ? merge_wake(d, s, into, start_s, agent_id, now, e)
			   : o;
}

enum outcome
merge_survivor(struct store *s, struct incident *inc, struct err *e)
{
	enum outcome o = OUT_OK;
	int i;

	for (i = 0; o == OUT_OK && inc->state == INCIDENT_MERGED &&
		    inc->merged_into != 0 && i < MERGE_STEPS_MAX;
	     i++) {
		int64_t next = inc->merged_into;

		incident_release(inc);
		o = incident_load(s, next, inc, e);
	}
	return o;
}
