/* clocks_start: what starts clocks: contacts, and policies that come later. */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/clocks.h"
#include "daemon/clocks_p.h"
#include "daemon/desk.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"

/* --- one clock ---------------------------------------------------------------- */

static json_t *
started_data(const struct clocks *x, const struct clock_start *st,
	     const struct clock_new *c, int64_t id)
{
	json_t *data = clocks_data(id, c->name);

	(void)json_object_set_new(data, "due_s", clocks_instant(c->due_s));
	clocks_put_terms(data, &st->terms);
	(void)json_object_set_new(data, "start_s", json_integer(c->start_s));
	(void)json_object_set_new(data, "priority",
				  json_string(x->inc->priority));
	if (*c->rule != '\0')
		(void)json_object_set_new(data, "rule", json_string(c->rule));
	if (c->late)
		(void)json_object_set_new(data, "late", json_true());
	if (st->cause != NULL)
		(void)json_object_set_new(data, "cause",
					  json_string(st->cause));
	return data;
}

/* The course is resolved. */
static enum outcome
begin_at(struct clocks *x, const struct clock_start *st,
	 const struct course *course, int64_t *id_out, struct err *e)
{
	int64_t due_s = course_due(course);
	struct clock_new c = { .incident_id = x->inc->id,
			       .name = book_clock_name(st->clock),
			       .policy = st->terms.policy,
			       .calendar = st->terms.calendar,
			       .book_version = st->terms.book_version,
			       .start_s = st->start_s,
			       .budget_s = st->terms.budget_s,
			       .days = st->terms.days,
			       .due_s = due_s,
			       /* what was fetched late is no late promise */
			       .late = st->cause != NULL && due_s < x->now_s,
			       .rule = st->rule,
			       .priority = x->inc->priority };
	enum outcome o = clock_add(x->s, &c, id_out, e);

	if (o == OUT_OK)
		o = clocks_event(x, "clock.started",
				 started_data(x, st, &c, *id_out), e);
	return o == OUT_OK ? clocks_steps(x, *id_out, c.name, course, due_s, e)
			   : o;
}

enum outcome
clocks_begin(struct clocks *x, const struct clock_start *st, int64_t *id_out,
	     struct err *e)
{
	struct course course;
	enum outcome o;

	course_init(&course, st->start_s, &st->terms);
	o = clocks_resolve(x, &course, e);
	if (o == OUT_OK)
		o = begin_at(x, st, &course, id_out, e);
	course_release(&course);
	return o;
}

/* --- a new incident ------------------------------------------------------------ */

/* Nothing is read for it: a new clock has one span and no pause. */
static int64_t
planned_due(const struct book_policy *p, const struct course_terms *t,
	    int64_t start_s)
{
	struct deadline_span span = { .from_s = start_s,
				      .calendar = t->calendar[0] != '\0'
							  ? p->calendar
							  : NULL,
				      .budget_s = t->budget_s,
				      .days = (int)t->days };

	return deadline_chain(&span, 1, NULL, 0);
}

void
clocks_plan(const struct book *b, int64_t version, const struct clock_ask *ask,
	    struct clock_plan *out)
{
	static const enum book_clock first[] = { BOOK_CLOCK_FIRST_RESPONSE,
						 BOOK_CLOCK_RESOLUTION };
	const struct book_policy *p =
		clocks_policy_of(b, ask->policy, ask->channel);
	struct course_terms t;
	size_t i;

	memset(out, 0, sizeof *out);
	out->due_s = DEADLINE_NEVER;
	out->start_s = ask->start_ms / 1000;
	out->rule = ask->rule;
	if (p == NULL)
		return;
	out->policy = p->name;
	out->book_version = version;
	for (i = 0; i < sizeof first / sizeof first[0]; i++) {
		int64_t due;

		if (!clocks_terms(p, version, first[i], ask->priority, &t))
			continue;
		due = planned_due(p, &t, out->start_s);
		out->clocks[out->n++] = first[i];
		if (due < out->due_s)
			out->due_s = due;
	}
}

enum outcome
clocks_start(struct desk *d, struct store *s, const struct book *b,
	     struct incident *inc, const struct clock_plan *p, int64_t now_ms,
	     struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	const struct book_policy *policy = book_policy(b, p->policy);
	enum outcome o = OUT_OK;
	int64_t id;
	int i;

	for (i = 0; o == OUT_OK && i < p->n; i++) {
		struct clock_start st = { .clock = p->clocks[i],
					  .start_s = p->start_s,
					  .rule = p->rule };

		if (clocks_terms(policy, p->book_version, st.clock,
				 inc->priority, &st.terms))
			o = clocks_begin(&x, &st, &id, e);
	}
	if (o == OUT_OK)
		o = clocks_pauses(&x, e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

/* --- an incident that is there ---------------------------------------------------- */

static bool
has_reply(const struct clock_row *rows, int n)
{
	int i;

	for (i = 0; i < n; i++)
		if (clocks_is_reply(rows[i].name))
			return true;
	return false;
}

/* A reply clock from start_ms on, unless one runs. */
static enum outcome
attach_reply(struct clocks *x, const struct book_policy *p, int64_t version,
	     int64_t start_ms, const char *rule, const char *cause,
	     struct err *e)
{
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	struct clock_start st = { .start_s = start_ms / 1000,
				  .rule = rule,
				  .cause = cause };
	struct message_place answer;
	int64_t at;
	int64_t id;
	int n;
	enum outcome o = clock_running(x->s, x->inc->id, rows, &n, e);

	if (o != OUT_OK || has_reply(rows, n))
		return o;
	o = message_answer(x->s, x->inc->id, 0, &answer, &at, e);
	if (o != OUT_OK)
		return o;
	st.clock = answer.id == 0 ? BOOK_CLOCK_FIRST_RESPONSE
				  : BOOK_CLOCK_NEXT_RESPONSE;
	if (!clocks_terms(p, version, st.clock, x->inc->priority, &st.terms))
		return OUT_OK;
	return clocks_begin(x, &st, &id, e);
}

/* The resolution, unless there is or was one: from the customer's first word
 * on. What the desk wrote first is owed nothing until they write. */
static enum outcome
attach_resolution(struct clocks *x, const struct book_policy *p,
		  int64_t version, const char *rule, const char *cause,
		  struct err *e)
{
	struct clock_row row;
	struct clock_start st = { .clock = BOOK_CLOCK_RESOLUTION,
				  .rule = rule,
				  .cause = cause };
	int64_t first_ms;
	int64_t id;
	int n;
	enum outcome o;

	if (!clocks_terms(p, version, st.clock, x->inc->priority, &st.terms))
		return OUT_OK;
	o = clock_newest(x->s, x->inc->id, "resolution", &row, &n, e);
	if (o != OUT_OK || (n > 0 && row.state != CLOCK_CANCELLED))
		return o;
	o = message_first_contact(x->s, x->inc->id, &first_ms, e);
	if (o != OUT_OK || first_ms == 0)
		return o;
	st.start_s = first_ms / 1000;
	o = clocks_begin(x, &st, &id, e);
	return o == OUT_OK ? clocks_pauses(x, e) : o;
}

enum outcome
clocks_attach(struct clocks *x, const struct book *b, int64_t version,
	      const char *rule, const char *cause, struct err *e)
{
	const struct book_policy *p =
		clocks_policy_of(b, x->inc->policy, x->inc->channel);
	char *known = NULL;
	int64_t owed_ms = 0;
	enum outcome o = OUT_OK;

	if (p == NULL || !incident_state_active(x->inc->state))
		return OUT_OK;
	if (rule == NULL) {
		o = clock_rule(x->s, x->inc->id, p->name, &known, e);
		rule = known != NULL ? known : "";
	}
	if (o == OUT_OK)
		o = message_owed(x->s, x->inc->id, &owed_ms, e);
	if (o == OUT_OK && owed_ms != 0)
		o = attach_reply(x, p, version, owed_ms, rule, cause, e);
	if (o == OUT_OK)
		o = attach_resolution(x, p, version, rule, cause, e);
	mem_free(known);
	return o;
}

/* A contact of an incident that is there: what it begins. */
static enum outcome
contact_starts(struct clocks *x, const struct book *b, int64_t version,
	       int64_t start_ms, const char *rule, struct err *e)
{
	const struct book_policy *p =
		clocks_policy_of(b, x->inc->policy, x->inc->channel);
	int64_t contacts = 0;
	enum outcome o;

	if (p == NULL)
		return OUT_OK;
	o = attach_reply(x, p, version, start_ms, rule, NULL, e);
	if (o == OUT_OK)
		o = message_contacts(x->s, x->inc->id, &contacts, e);
	/* the desk wrote first: this is the customer's first word */
	if (o == OUT_OK && contacts == 1)
		o = attach_resolution(x, p, version, rule, NULL, e);
	return o;
}

enum outcome
clocks_contact(struct desk *d, struct store *s, struct incident *inc,
	       int64_t start_ms, int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	int64_t version;
	struct book *b = desk_book(d, &version);
	char *rule = NULL;
	enum outcome o = clock_rule(s, inc->id, inc->policy, &rule, e);

	if (o == OUT_OK)
		o = contact_starts(&x, b, version, start_ms, rule, e);
	if (o == OUT_OK)
		o = clocks_due(&x, e);
	mem_free(rule);
	book_unref(&b);
	return o;
}

enum outcome
clocks_reply_from(struct clocks *x, int64_t start_s, const char *cause,
		  struct err *e)
{
	int64_t version;
	struct book *b = desk_book(x->d, &version);
	const struct book_policy *p =
		clocks_policy_of(b, x->inc->policy, x->inc->channel);
	char *rule = NULL;
	enum outcome o = OUT_OK;

	if (p != NULL)
		o = clock_rule(x->s, x->inc->id, p->name, &rule, e);
	if (o == OUT_OK && p != NULL)
		o = attach_reply(x, p, version, start_s * 1000, rule, cause, e);
	mem_free(rule);
	book_unref(&b);
	return o;
}

/* --- orders, claims ------------------------------------------------------------- */

/* A clock that no contact starts; *id_out 0: no policy promises it. */
static enum outcome
start_named(struct clocks *x, enum book_clock clock, int64_t start_s,
	    int64_t *id_out, struct err *e)
{
	struct clock_start st = { .clock = clock, .start_s = start_s };
	int64_t version;
	struct book *b = desk_book(x->d, &version);
	const struct book_policy *p =
		clocks_policy_of(b, x->inc->policy, x->inc->channel);
	char *rule = NULL;
	enum outcome o = OUT_OK;

	*id_out = 0;
	if (p != NULL &&
	    clocks_terms(p, version, clock, x->inc->priority, &st.terms)) {
		o = clock_rule(x->s, x->inc->id, p->name, &rule, e);
		st.rule = rule;
		if (o == OUT_OK)
			o = clocks_begin(x, &st, id_out, e);
	}
	mem_free(rule);
	book_unref(&b);
	return o == OUT_OK ? clocks_due(x, e) : o;
}

enum outcome
clocks_proactive_start(struct desk *d, struct store *s, struct incident *inc,
		       int64_t bought_s, int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	struct clock_row row;
	int64_t id;
	int n;
	enum outcome o = clock_newest(s, inc->id, "proactive", &row, &n, e);

	if (o != OUT_OK || n > 0)
		return o;
	return start_named(&x, BOOK_CLOCK_PROACTIVE, bought_s, &id, e);
}

enum outcome
clocks_claim_start(struct desk *d, struct store *s, struct incident *inc,
		   int64_t at_s, int64_t now_ms, int64_t *clock_out,
		   struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);

	return start_named(&x, BOOK_CLOCK_CLAIM, at_s, clock_out, e);
}
