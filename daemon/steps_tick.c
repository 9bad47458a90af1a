/*
 * steps_tick: warnings and escalations whose instant has come.
 */

#include <jansson.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/notice.h"
#include "daemon/steps.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/step.h"
#include "rules/deadline.h"
#include "rules/rule.h"

/* One that is due. */
struct due {
	struct desk *d;
	struct store *s;
	const struct step_row *row;
	const struct book *book; /* of the clock's version */
	const struct book_policy *policy;
	int64_t now_ms;
};

/* Members of both events. */
static json_t *
step_data(const struct due *x)
{
	return json_pack("{s:I, s:s, s:I, s:I}", "clock",
			 (json_int_t)x->row->clock_id, "name", x->row->clock,
			 "step", (json_int_t)x->row->number, "at_s",
			 (json_int_t)x->row->at_s);
}

/* Open seconds to the deadline: the clock runs, so no pause is among them. */
static int64_t
left_s(const struct due *x)
{
	const struct calendar *c = book_calendar(x->book, x->row->calendar);
	int64_t now_s = x->now_ms / 1000;

	if (c == NULL)
		return x->row->due_s - now_s;
	return deadline_used(c, now_s, x->row->due_s, NULL, 0);
}

/* An event of the incident is told: none after it is of an earlier instant. */
static enum outcome
tell(const struct due *x, struct incident *inc, const char *kind, json_t *data,
     struct err *e)
{
	enum outcome o;

	inc->updated_ms = change_now(inc, x->now_ms);
	o = event_add(x->s, inc->updated_ms, kind, inc->id, 0, data, e);
	return o == OUT_OK ? incident_save(x->s, inc, e) : o;
}

static enum outcome
warn(const struct due *x, struct incident *inc, struct err *e)
{
	const struct notice_warning w = {
		.clock = x->row->clock,
		.due_s = x->row->due_s,
		.calendar = book_calendar(x->book, x->row->calendar),
	};
	json_t *agents = json_array();
	json_t *data;
	enum outcome o = notice_for(x->d, x->s, inc, agents, e);

	if (o == OUT_OK)
		o = notice_warning(x->d, x->s, inc, agents, &w, x->now_ms, e);
	if (o != OUT_OK) {
		json_decref(agents);
		return o;
	}
	data = step_data(x);
	(void)json_object_set_new(data, "left_s", json_integer(left_s(x)));
	(void)json_object_set_new(data, "agents", agents);
	o = tell(x, inc, "clock.warned", data, e);
	if (o == OUT_OK && decide_asks(x->d, "clock.warning"))
		o = decide_warning(x->d, x->s, inc->id, x->row->clock,
				   x->row->due_s - x->now_ms / 1000, x->now_ms,
				   e);
	return o;
}

/* Which of the escalations of its clock it is, from 1. */
static json_int_t
level_of(const struct book_policy *p, size_t number)
{
	json_int_t level = 0;
	size_t i;

	for (i = 0; i <= number; i++)
		level += p->escalations[i]->clock ==
			 p->escalations[number]->clock;
	return level;
}

static enum outcome
escalate(const struct due *x, struct incident *inc, struct err *e)
{
	size_t number = (size_t)x->row->number;
	const struct book_escalation *esc = x->policy->escalations[number];
	json_t *actions = json_array();
	json_t *data = step_data(x);
	enum outcome o;
	size_t i;

	for (i = 0; i < esc->action_count; i++)
		(void)json_array_append_new(
			actions,
			json_string(rule_action_name(esc->actions[i].kind)));
	(void)json_object_set_new(data, "level",
				  json_integer(level_of(x->policy, number)));
	(void)json_object_set_new(data, "actions", actions);
	o = tell(x, inc, "clock.escalated", data, e);
	return o == OUT_OK ? decide_escalation(x->d, x->s, inc->id, esc,
					       x->row->at_s, x->now_ms, e)
			   : o;
}

/* Its mark is written with what it does. */
static enum outcome
step_do(const struct due *x, struct err *e)
{
	const struct book_policy *p = x->policy;
	size_t number = (size_t)x->row->number;
	struct incident inc;
	enum outcome o = incident_load(x->s, x->row->incident_id, &inc, e);

	if (o != OUT_OK) {
		incident_release(&inc);
		return o;
	}
	if (x->row->kind == STEP_ESCALATION && number < p->escalation_count)
		o = escalate(x, &inc, e);
	else if (x->row->kind == STEP_WARNING && number < p->warning_count &&
		 x->now_ms / 1000 <= x->row->due_s)
		o = warn(x, &inc, e);
	incident_release(&inc);
	return o;
}

/* The policy is that of the book which the clock began with. A book that this
 * program cannot read costs its steps, and not the tick. */
static enum outcome
step_run(struct due *x, struct err *e)
{
	struct book *book = NULL;
	enum outcome o = step_done(x->s, x->row, x->now_ms, e);

	if (o != OUT_OK)
		return o;
	o = desk_book_of(x->d, x->s, x->row->book_version, &book, e);
	if (o == OUT_PERM && strcmp(e->code, "damaged") != 0) {
		log_warn("step.failed", "steps of version %lld: %s",
			 (long long)x->row->book_version, e->text);
		return OUT_OK;
	}
	if (o != OUT_OK)
		return o;
	x->book = book;
	x->policy = book_policy(book, x->row->policy);
	if (x->policy != NULL)
		o = step_do(x, e);
	book_unref(&book);
	return o;
}

enum outcome
steps_tick(struct desk *d, struct store *s, int64_t now_ms, bool *more_out,
	   struct err *e)
{
	struct step_row *row = mem_new(1, sizeof *row);
	struct due x = { .d = d, .s = s, .row = row, .now_ms = now_ms };
	bool found = true;
	enum outcome o = OUT_OK;
	int runs;

	for (runs = 0; o == OUT_OK && found && runs < STEPS_RUNS_MAX; runs++) {
		o = step_due(s, now_ms / 1000, row, &found, e);
		if (o == OUT_OK && found)
			o = step_run(&x, e);
	}
	*more_out = *more_out || (o == OUT_OK && found);
	mem_free(row);
	return o;
}
