/*
 * fold_clock: what events tell of clocks and claims. Spans and pauses of a
 * clock are two columns of it, lists of rows.
 */

#include <string.h>

#include "daemon/store/fold_p.h"

/* Members that an event has only where they are not what is usual. */
static void
tell_or(struct thing *t, int column, const struct fold_event *ev,
	const char *name, json_t *usual)
{
	json_t *v = fold_member(ev, name);

	if (v != NULL && json_is_boolean(v))
		fold_want(t, column, json_integer(json_is_true(v)));
	else if (v != NULL)
		fold_want(t, column, json_incref(v));
	else
		fold_want(t, column, json_incref(usual));
	json_decref(usual);
}

static void
tell_terms(struct thing *t, const struct fold_event *ev)
{
	fold_tell_if(t, C_POLICY, ev, "policy");
	fold_tell_if(t, C_CALENDAR, ev, "calendar");
	fold_tell_if(t, C_BOOK, ev, "book");
	fold_tell_if(t, C_BUDGET, ev, "budget_s");
	tell_or(t, C_DAYS, ev, "days", json_integer(0));
	tell_or(t, C_PRIORITY, ev, "priority", json_string(""));
	tell_or(t, C_LATE, ev, "late", json_integer(0));
}

static void
want_running(struct thing *t)
{
	fold_want(t, C_STATE, json_string("running"));
	fold_want(t, C_ENDED, json_null());
	fold_want(t, C_CAUSE, json_string(""));
	fold_want(t, C_MESSAGE, json_null());
	fold_want(t, C_USED, json_null());
}

void
fold_clock_started(struct fold *f, const struct fold_event *ev)
{
	struct thing *t =
		fold_first(f, ev, FOLD_CLOCK, fold_number(ev, "clock"));
	const char *cause = json_string_value(fold_member(ev, "cause"));

	if (t == NULL)
		return;
	fold_note(f, ev);
	want_running(t);
	fold_tell(f, t, C_NAME, ev, "name");
	fold_tell(f, t, C_DUE, ev, "due_s");
	fold_tell_if(t, C_START, ev, "start_s");
	tell_terms(t, ev);
	tell_or(t, C_RULE, ev, "rule", json_string(""));
	fold_want(t, C_BREACHED, json_integer(0));
	fold_want(t, C_PAUSED, json_integer(0));
	fold_want(t, C_SPANS, json_array());
	fold_want(t, C_PAUSES, json_array());
	t->elsewhere = cause != NULL && strcmp(cause, "merge") == 0;
	t->anew = cause != NULL && strcmp(cause, "reopened") == 0;
}

struct thing *
fold_clock(struct fold *f, const struct fold_event *ev, const char *from)
{
	struct thing *t = fold_named(f, ev, FOLD_CLOCK, "clock");
	const char *state;

	if (t == NULL)
		return NULL;
	fold_note(f, ev);
	state = json_string_value(t->want[C_STATE]);
	if (state == NULL || strcmp(state, from) != 0)
		fold_gap(f, ev, "state of the clock");
	if (!json_equal(fold_member(ev, "name"), t->want[C_NAME]))
		fold_gap(f, ev, "name");
	return t;
}

/* The answer that fulfilled it, at its own commit; a word about an order
 * counts when the channel took it. */
static void
fulfilled_by(struct fold *f, const struct thing *t, const struct fold_event *ev)
{
	const char *name = json_string_value(t->want[C_NAME]);
	const struct fold_message *m =
		fold_told_message(&f->inc, fold_number(ev, "message"));

	if (m == NULL)
		fold_gap(f, ev, "message");
	else if (m->committed_ms / 1000 != fold_number(ev, "ended_s") &&
		 (name == NULL || strcmp(name, "proactive") != 0))
		fold_gap(f, ev, "ended_s");
}

void
fold_clock_fulfilled(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_clock(f, ev, "running");
	const char *name;

	if (t == NULL)
		return;
	name = json_string_value(t->want[C_NAME]);
	/* the state alone resolves, and nothing else does without words */
	if (name == NULL || strcmp(name, "resolution") != 0)
		fulfilled_by(f, t, ev);
	tell_or(t, C_MESSAGE, ev, "message", json_null());
	tell_or(t, C_CAUSE, ev, "cause", json_string("answered"));
	tell_or(t, C_USED, ev, "used_s", json_null());
	fold_tell(f, t, C_ENDED, ev, "ended_s");
	fold_want(t, C_STATE, json_string("fulfilled"));
}

void
fold_clock_cancelled(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_clock(f, ev, "running");

	if (t == NULL)
		return;
	fold_tell(f, t, C_CAUSE, ev, "cause");
	tell_or(t, C_USED, ev, "used_s", json_null());
	fold_want(t, C_STATE, json_string("cancelled"));
	fold_want(t, C_ENDED, json_integer(ev->at_ms / 1000));
	fold_want(t, C_MESSAGE, json_null());
}

/* --- pauses ------------------------------------------------------------------- */

/* What is told of a clock, to be changed; NULL: it is not known. */
static json_t *
list_of(struct thing *t, int column)
{
	return json_is_array(t->want[column]) ? t->want[column] : NULL;
}

static void
pause_add(struct thing *t, json_t *from, json_t *to, json_t *cause)
{
	json_t *row = json_array();

	(void)json_array_append(row, from);
	(void)json_array_append(row, to);
	(void)json_array_append(row, cause);
	(void)json_array_append_new(list_of(t, C_PAUSES), row);
}

/* Lift the pause that holds. */
static void
pause_lift(struct thing *t, json_t *at)
{
	json_t *list = list_of(t, C_PAUSES);
	size_t n = json_array_size(list);

	if (json_integer_value(t->want[C_PAUSED]) != 0 && n > 0)
		(void)json_array_set(json_array_get(list, n - 1), 1, at);
	fold_want(t, C_PAUSED, json_integer(0));
}

void
fold_clock_paused(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_clock(f, ev, "running");
	json_t *at = fold_member(ev, "at_s");
	json_t *cause = fold_member(ev, "cause");
	json_t *holds = json_null();

	if (t == NULL || !json_is_integer(at) || !json_is_string(cause) ||
	    list_of(t, C_PAUSES) == NULL) {
		fold_gap(f, ev, "at_s");
		return;
	}
	pause_lift(t, at);
	pause_add(t, at, holds, cause);
	json_decref(holds);
	fold_want(t, C_PAUSED, json_integer(1));
	fold_tell_if(t, C_DUE, ev, "due_s");
}

void
fold_clock_resumed(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_clock(f, ev, "running");

	if (t == NULL)
		return;
	if (json_integer_value(t->want[C_PAUSED]) == 0 ||
	    !json_is_integer(fold_member(ev, "at_s")))
		fold_gap(f, ev, "at_s");
	else
		pause_lift(t, fold_member(ev, "at_s"));
	fold_tell(f, t, C_DUE, ev, "due_s");
}

/* Of a resolution the time in which it was solved is a pause. */
void
fold_clock_reopened(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_clock(f, ev, "fulfilled");
	json_t *at = fold_member(ev, "at_s");

	if (t == NULL)
		return;
	if (at != NULL && list_of(t, C_PAUSES) != NULL &&
	    t->want[C_ENDED] != NULL && t->want[C_CAUSE] != NULL) {
		pause_add(t, t->want[C_ENDED], at, t->want[C_CAUSE]);
		fold_tell(f, t, C_DUE, ev, "due_s");
	}
	want_running(t);
}

/* --- moves ------------------------------------------------------------------------ */

static json_t *
span_of(const struct thing *t, json_t *from)
{
	static const int columns[] = { C_BOOK, C_POLICY, C_CALENDAR, C_BUDGET,
				       C_DAYS };
	json_t *row = json_array();
	size_t i;

	(void)json_array_append(row, from);
	for (i = 0; i < sizeof columns / sizeof columns[0]; i++) {
		json_t *v = t->want[columns[i]];

		(void)json_array_append_new(row, v != NULL ? json_incref(v)
							   : json_null());
	}
	return row;
}

/* From from_s on other terms hold; t has those before. */
static void
move_terms(struct thing *t, const struct fold_event *ev)
{
	json_t *spans = list_of(t, C_SPANS);
	json_t *from = fold_member(ev, "from_s");

	if (spans == NULL)
		return;
	if (json_integer_value(from) <= json_integer_value(t->want[C_START])) {
		(void)json_array_clear(spans);
		tell_terms(t, ev);
		return;
	}
	if (json_array_size(spans) == 0)
		(void)json_array_append_new(spans,
					    span_of(t, t->want[C_START]));
	tell_terms(t, ev);
	(void)json_array_append_new(spans, span_of(t, from));
}

/* Its start is that of a clock of another incident. */
static void
move_start(struct thing *t, const struct fold_event *ev)
{
	json_t *spans = list_of(t, C_SPANS);

	fold_tell_if(t, C_START, ev, "from_s");
	if (json_array_size(spans) > 0)
		(void)json_array_set(json_array_get(spans, 0), 0,
				     t->want[C_START]);
	tell_or(t, C_LATE, ev, "late", json_integer(0));
	t->elsewhere = true;
}

void
fold_clock_moved(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_clock(f, ev, "running");
	const char *cause = json_string_value(fold_member(ev, "cause"));

	if (t == NULL)
		return;
	if (!json_equal(fold_member(ev, "from_due_s"), t->want[C_DUE]))
		fold_gap(f, ev, "from_due_s");
	if (json_integer_value(t->want[C_BREACHED]) != 0)
		fold_gap(f, ev, "breached");
	if (cause == NULL || !json_is_integer(fold_member(ev, "from_s")))
		fold_gap(f, ev, "from_s");
	else if (strcmp(cause, "merge") == 0)
		move_start(t, ev);
	else if (strcmp(cause, "zone") == 0)
		tell_or(t, C_LATE, ev, "late", json_integer(0));
	else
		move_terms(t, ev);
	fold_tell_if(t, C_RULE, ev, "rule");
	fold_tell(f, t, C_DUE, ev, "to_due_s");
}

/* --- claims ------------------------------------------------------------------------- */

/* A claim that was withdrawn may be registered again, by its first code. */
void
fold_claim_registered(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_thing_find(&f->inc, FOLD_CLAIM, f->inc.id);

	fold_note(f, ev);
	if (t == NULL || !t->told) {
		t = fold_first(f, ev, FOLD_CLAIM, f->inc.id);
	} else {
		if (json_is_null(t->want[M_WITHDRAWN]))
			fold_gap(f, ev, "was told before");
		if (!json_equal(fold_member(ev, "code"), t->want[M_CODE]))
			fold_gap(f, ev, "code");
	}
	if (t == NULL)
		return;
	fold_tell(f, t, M_CODE, ev, "code");
	tell_or(t, M_CLOCK, ev, "clock", json_null());
	fold_want(t, M_REGISTERED, json_integer(ev->at_ms));
	fold_want(t, M_AGENT,
		  ev->agent_id != 0 ? json_integer(ev->agent_id) : json_null());
	fold_want(t, M_WITHDRAWN, json_null());
}

void
fold_claim_withdrawn(struct fold *f, const struct fold_event *ev)
{
	struct thing *t = fold_thing_find(&f->inc, FOLD_CLAIM, f->inc.id);

	fold_note(f, ev);
	if (t == NULL || !t->told || !json_is_null(t->want[M_WITHDRAWN])) {
		fold_gap(f, ev, "is the first to tell of it");
		return;
	}
	fold_want(t, M_WITHDRAWN, json_integer(ev->at_ms));
}
