/*
 * cause: gathers what is known of a broken promise, up to its deadline, and
 * has it judged.
 */

#include "daemon/cause.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/cause_case.h"
#include "daemon/cause_team.h"
#include "daemon/desk.h"
#include "daemon/hours.h"
#include "daemon/receipt.h"
#include "daemon/store/clock.h"
#include "daemon/store/history.h"
#include "daemon/store/incident.h"
#include "rules/deadline.h"

/* One judgement while it is gathered. */
struct gather {
	struct desk *d;
	struct store *s;
	const struct clock_row *row;
	struct pause *open; /* of c */
	struct cause_case c;
	struct cause *out;
	int64_t met_s; /* the clock seemed met since then; 0: it runs */
};

static const char *const names[CAUSE_COUNT] = {
	"nobody_scheduled", "assignee_away",
	"fetched_late",     "arrived_near_closing",
	"nobody_assigned",  "unopened",
	"waiting_on_note",  "reopened_late",
	"late_applied",     "worked_on",
};

const char *
cause_name(enum cause_code c)
{
	return names[c];
}

enum cause_code
cause_parse(const char *s)
{
	size_t i;

	for (i = 0; i < CAUSE_COUNT; i++)
		if (strcmp(s, names[i]) == 0)
			break;
	return (enum cause_code)i;
}

/* --- what happened -------------------------------------------------------------- */

static void
set_name(char *to, size_t n, const json_t *v)
{
	if (json_is_string(v))
		(void)snprintf(to, n, "%s", json_string_value(v));
}

/* Words of the incident from an object of them, or of pairs [before, now]. */
static void
note_words(struct cause *out, const json_t *set, bool pairs)
{
	const struct {
		const char *name;
		char *to;
		size_t n;
	} words[] = { { "queue", out->queue, sizeof out->queue },
		      { "team", out->team, sizeof out->team },
		      { "channel", out->channel, sizeof out->channel },
		      { "reason", out->reason, sizeof out->reason } };
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++) {
		const json_t *v = json_object_get(set, words[i].name);

		set_name(words[i].to, words[i].n,
			 pairs ? json_array_get(v, 1) : v);
	}
}

/* Somebody has it from now on. Over the ceiling the last one keeps it. */
static void
note_hold(struct cause_case *c, int64_t at_s, int64_t agent_id)
{
	struct cause_hold *last = &c->holds[c->hold_n - 1];

	if (last->agent_id == agent_id || c->hold_n == CAUSE_HOLDS_MAX)
		return;
	last->to_s = at_s;
	c->holds[c->hold_n++] = (struct cause_hold){ at_s, c->due_s, agent_id };
}

/* The first event that says who has it, or who had it until then. */
static void
note_first(struct cause_case *c, int64_t agent_id)
{
	if (c->hold_n == 0)
		c->holds[c->hold_n++] =
			(struct cause_hold){ INT64_MIN, c->due_s, agent_id };
}

static void
note_seen(struct cause_case *c, int64_t at_s, int64_t agent_id)
{
	size_t i;

	for (i = 0; i < c->seen_n; i++)
		if (c->seen[i].agent_id == agent_id)
			return;
	if (agent_id != 0 && c->seen_n < CAUSE_SEEN_MAX)
		c->seen[c->seen_n++] = (struct cause_seen){ agent_id, at_s };
}

/* A note of a colleague waits until somebody writes. */
static void
note_message(struct cause_case *c, int64_t at_s, const struct history_event *ev)
{
	const char *direction =
		json_string_value(json_object_get(ev->data, "direction"));
	bool note = direction != NULL && strcmp(direction, "note") == 0;

	if (note && ev->agent_id == 0)
		return;
	c->note_s = note ? at_s : 0;
	c->note_agent_id = note ? ev->agent_id : 0;
}

/* What became of the clock itself. */
static void
note_clock(struct gather *g, int64_t at_s, const struct history_event *ev)
{
	struct cause_case *c = &g->c;

	if (json_integer_value(json_object_get(ev->data, "clock")) !=
	    g->row->id)
		return;
	if (strcmp(ev->kind, "clock.started") == 0 ||
	    (strcmp(ev->kind, "clock.retargeted") == 0 &&
	     json_is_true(json_object_get(ev->data, "late")))) {
		c->known_s = at_s > c->start_s ? at_s : c->start_s;
		return;
	}
	if (strcmp(ev->kind, "clock.retargeted") == 0)
		return;
	if (strcmp(ev->kind, "clock.reopened") != 0) {
		g->met_s = at_s;
		return;
	}
	if (g->met_s != 0 && c->idle_n < CAUSE_IDLE_MAX)
		c->idle[c->idle_n++] = (struct pause){ g->met_s, at_s };
	g->met_s = 0;
	c->back_s = at_s;
}

static int64_t
id_of(const json_t *data, const char *name)
{
	return json_integer_value(json_object_get(data, name));
}

static void
note_people(struct cause_case *c, int64_t at_s, const struct history_event *ev)
{
	if (strcmp(ev->kind, "incident.created") == 0) {
		note_first(c, id_of(ev->data, "assignee"));
	} else if (strcmp(ev->kind, "incident.assigned") == 0) {
		note_first(c, id_of(ev->data, "from"));
		note_hold(c, at_s, id_of(ev->data, "to"));
	} else if (strcmp(ev->kind, "message.added") == 0) {
		note_message(c, at_s, ev);
	}
	note_seen(c, at_s, ev->agent_id);
}

static void
note_event(void *arg, const struct history_event *ev)
{
	struct gather *g = arg;
	int64_t at_s = ev->at_ms / 1000;

	/* a clock that was met runs again: also after its deadline */
	if (strncmp(ev->kind, "clock.", 6) == 0) {
		note_clock(g, at_s, ev);
		return;
	}
	if (at_s > g->c.due_s)
		return;
	note_people(&g->c, at_s, ev);
	if (strcmp(ev->kind, "incident.created") == 0)
		note_words(g->out, ev->data, false);
	else if (strcmp(ev->kind, "incident.classified") == 0)
		note_words(g->out, json_object_get(ev->data, "set"), false);
	else if (strcmp(ev->kind, "incident.changed") == 0)
		note_words(g->out, json_object_get(ev->data, "set"), true);
}

/* The incident's row, for what no event tells, then its events. */
static enum outcome
gather_events(struct gather *g, int64_t now_ms, struct err *e)
{
	struct cause *out = g->out;
	struct incident inc;
	enum outcome o = incident_load(g->s, g->row->incident_id, &inc, e);

	if (o == OUT_OK) {
		(void)snprintf(out->queue, sizeof out->queue, "%s", inc.queue);
		(void)snprintf(out->team, sizeof out->team, "%s", inc.team);
		(void)snprintf(out->channel, sizeof out->channel, "%s",
			       inc.channel);
		(void)snprintf(out->reason, sizeof out->reason, "%s",
			       inc.reason);
		o = history_each(g->s, inc.id, now_ms, note_event, g, e);
		note_first(&g->c, inc.assignee_id);
		out->owner_id = g->c.holds[g->c.hold_n - 1].agent_id;
	}
	incident_release(&inc);
	return o;
}

/* --- who was away ---------------------------------------------------------------- */

static enum outcome
gather_away(struct gather *g, int64_t agent_id, struct err *e)
{
	struct pause list[HISTORY_AWAY_MAX];
	struct cause_case *c = &g->c;
	int64_t past_s = INT64_MIN;
	size_t n = 0;
	size_t i;
	enum outcome o;

	for (i = 0; i < c->away_n; i++)
		if (c->away[i].agent_id == agent_id)
			return OUT_OK;
	o = history_away(g->s, agent_id, c->start_s * 1000, c->due_s * 1000,
			 list, &n, e);
	for (i = 0; o == OUT_OK && i < n && c->away_n < CAUSE_AWAY_MAX; i++) {
		struct cause_away *a = &c->away[c->away_n];

		a->agent_id = agent_id;
		a->from_s = list[i].from_s > past_s ? list[i].from_s : past_s;
		a->to_s = list[i].to_s;
		past_s = a->to_s > past_s ? a->to_s : past_s;
		c->away_n++;
	}
	return o;
}

static enum outcome
gather_holders_away(struct gather *g, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	for (i = 0; o == OUT_OK && i < g->c.hold_n; i++)
		if (g->c.holds[i].agent_id != 0)
			o = gather_away(g, g->c.holds[i].agent_id, e);
	return o;
}

/* --- the clock --------------------------------------------------------------------- */

/* The stretches that count, as a list. */
static void
gather_open(struct gather *g, const struct course *course)
{
	struct cause_case *c = &g->c;
	struct receipt x = { .n = 0 };
	size_t i;

	receipt_walk(&x, course, c->due_s);
	g->open = mem_new(x.n + 1, sizeof *g->open);
	for (i = 0; i < x.n; i++)
		if (x.list[i].kind == WORKING_OPEN)
			g->open[c->open_n++] = (struct pause){ x.list[i].from_s,
							       x.list[i].to_s };
	c->open = g->open;
	receipt_release(&x);
}

/* That, and the first closing. */
static enum outcome
gather_clock(struct gather *g, struct err *e)
{
	struct course course = { .span_count = 0 };
	struct hours h = { .open = false };
	enum outcome o = receipt_course(g->d, g->s, g->row, &course, e);

	if (o == OUT_OK) {
		gather_open(g, &course);
		if (course.spans[0].calendar != NULL)
			hours_at(course.spans[0].calendar, g->c.start_s, &h);
		g->c.closes_s = h.open ? h.closes_s : 0;
	}
	course_release(&course);
	return o;
}

static enum outcome
gather_contact(struct gather *g, struct err *e)
{
	int64_t committed_ms = 0;
	enum outcome o = history_committed(g->s, g->row->incident_id,
					   g->c.start_s, &committed_ms, e);

	g->c.committed_s = committed_ms / 1000;
	return o;
}

static enum outcome
gather(struct gather *g, int64_t now_ms, struct err *e)
{
	enum outcome o = gather_events(g, now_ms, e);

	if (o == OUT_OK)
		o = gather_clock(g, e);
	if (o == OUT_OK)
		o = gather_contact(g, e);
	if (o == OUT_OK)
		o = gather_holders_away(g, e);
	if (o == OUT_OK)
		o = cause_team(g->d, g->s, &g->c, g->out, e);
	return o;
}

enum outcome
cause_judge(struct desk *d, struct store *s, const struct clock_row *c,
	    int64_t now_ms, struct cause *out, struct err *e)
{
	struct gather *g = mem_new(1, sizeof *g);
	enum outcome o;

	memset(out, 0, sizeof *out);
	out->code = "";
	g->d = d;
	g->s = s;
	g->out = out;
	g->row = c;
	g->c.start_s = c->start_s;
	g->c.known_s = c->start_s;
	g->c.due_s = c->due_s;
	g->c.late = c->late;
	o = gather(g, now_ms, e);
	if (o == OUT_OK)
		cause_of(&g->c, out);
	else if (o == OUT_PERM)
		/* a book that cannot be read costs the cause, not the breach */
		o = OUT_OK;
	mem_free(g->open);
	mem_free(g);
	return o;
}

static json_t *
id_or_null(int64_t id)
{
	return id != 0 ? json_integer(id) : json_null();
}

void
cause_tell(const struct cause *c, json_t *data)
{
	(void)json_object_set_new(data, "agent", id_or_null(c->owner_id));
	(void)json_object_set_new(data, "queue", json_string(c->queue));
	(void)json_object_set_new(data, "team", json_string(c->team));
	(void)json_object_set_new(data, "channel", json_string(c->channel));
	(void)json_object_set_new(data, "reason", json_string(c->reason));
	(void)json_object_set_new(data, "cause", json_string(c->code));
	(void)json_object_set_new(data, "cause_s", json_integer(c->seconds));
	(void)json_object_set_new(data, "cause_agent", id_or_null(c->agent_id));
}
