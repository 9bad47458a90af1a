/* clocks_move: clocks that are given another length, calendar or start. */

#include <string.h>

#include "daemon/clocks.h"
#include "daemon/clocks_p.h"
#include "daemon/desk.h"
#include "daemon/store/incident.h"

/* --- one clock ------------------------------------------------------------------ */

static enum outcome
moved_event(struct clocks *x, const struct clock_row *c, int64_t before_s,
	    const struct clock_move *m, const struct course *course,
	    struct err *e)
{
	const struct course_span *last = &course->spans[course->span_count - 1];
	json_t *data = clocks_data(c->id, c->name);

	(void)json_object_set_new(data, "from_due_s", clocks_instant(before_s));
	(void)json_object_set_new(data, "to_due_s", clocks_instant(c->due_s));
	(void)json_object_set_new(data, "cause", json_string(m->cause));
	clocks_put_terms(data, &last->terms);
	(void)json_object_set_new(data, "from_s", json_integer(m->from_s));
	(void)json_object_set_new(data, "priority", json_string(c->priority));
	(void)json_object_set_new(data, "late", json_boolean(c->late));
	if (m->rule != NULL)
		(void)json_object_set_new(data, "rule", json_string(m->rule));
	return clocks_event(x, "clock.retargeted", data, e);
}

static enum outcome
moved_write(struct clocks *x, struct clock_row *c, const struct clock_move *m,
	    const struct course *course, struct err *e)
{
	int64_t before_s = c->due_s;
	enum outcome o;

	c->start_s = course->start_s;
	c->due_s = course_due(course);
	/* a deadline that is over when it is given is no judgement of anybody */
	c->late = c->due_s < x->now_s ||
		  (m->terms != NULL && c->due_s <= m->from_s);
	o = clock_put_course(x->s, c->id, course, c->due_s, e);
	if (o == OUT_OK)
		o = clock_put_terms(x->s, c->id, c->priority, m->rule, c->late,
				    e);
	if (o == OUT_OK)
		o = moved_event(x, c, before_s, m, course, e);
	return o == OUT_OK
		       ? clocks_steps(x, c->id, c->name, course, c->due_s, e)
		       : o;
}

enum outcome
clocks_move(struct clocks *x, struct clock_row *c, const struct clock_move *m,
	    struct err *e)
{
	struct course course;
	bool fits = true;
	enum outcome o;

	if (c->breached)
		return OUT_OK;
	o = clock_course(x->s, c, &course, e);
	if (m->terms != NULL)
		fits = course_move(&course, m->from_s, m->terms);
	else if (strcmp(m->cause, "merge") == 0)
		course_start(&course, m->from_s);
	if (o == OUT_OK && fits)
		o = clocks_resolve(x, &course, e);
	if (o == OUT_OK && fits)
		o = moved_write(x, c, m, &course, e);
	course_release(&course);
	return o;
}

/* --- another policy, another priority -------------------------------------------- */

/* The statute's clock is no policy's to take away. */
static bool
may_drop(const struct clock_row *c)
{
	return strcmp(c->name, "claim") != 0;
}

static enum outcome
policy_one(struct clocks *x, const struct book_policy *p, int64_t version,
	   const char *rule, struct clock_row *c, struct err *e)
{
	struct course_terms terms;
	struct clock_move m = { .cause = "policy",
				.terms = &terms,
				.from_s = x->now_s,
				.rule = rule };
	struct clock_ending z = { .ended_s = x->now_s, .cause = "policy" };

	if (p != NULL && clocks_terms(p, version, clocks_kind(c->name),
				      x->inc->priority, &terms)) {
		(void)snprintf(c->priority, sizeof c->priority, "%s",
			       x->inc->priority);
		return clocks_move(x, c, &m, e);
	}
	return may_drop(c) && !c->breached ? clocks_end(x, c, &z, e) : OUT_OK;
}

enum outcome
clocks_policy(struct desk *d, struct store *s, const struct book *b,
	      int64_t version, struct incident *inc, const char *rule,
	      int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	const struct book_policy *p =
		clocks_policy_of(b, inc->policy, inc->channel);
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int n;
	int i;
	enum outcome o = clocks_rows(&x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		o = policy_one(&x, p, version, rule, &rows[i], e);
	if (o == OUT_OK)
		o = clocks_attach(&x, b, version, rule, "policy", e);
	if (o == OUT_OK)
		o = clocks_pauses(&x, e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

/* Of the version that holds for the clock, what the priority is promised. */
static enum outcome
priority_one(struct clocks *x, struct clock_row *c, struct err *e)
{
	struct course_terms terms;
	struct clock_move m = { .cause = "priority",
				.terms = &terms,
				.from_s = x->now_s };
	const struct book_policy *p;
	struct book *b = NULL;
	enum outcome o = desk_book_of(x->d, x->s, c->terms.book_version, &b, e);

	if (o != OUT_OK)
		return clocks_unreadable(o, e) ? OUT_OK : o;
	p = book_policy(b, c->terms.policy);
	if (p != NULL &&
	    clocks_terms(p, c->terms.book_version, clocks_kind(c->name),
			 x->inc->priority, &terms) &&
	    (terms.budget_s != c->terms.budget_s ||
	     terms.days != c->terms.days)) {
		(void)snprintf(c->priority, sizeof c->priority, "%s",
			       x->inc->priority);
		o = clocks_move(x, c, &m, e);
	}
	book_unref(&b);
	return o;
}

enum outcome
clocks_priority(struct desk *d, struct store *s, struct incident *inc,
		int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	int n;
	int i;
	enum outcome o = clocks_rows(&x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		o = priority_one(&x, &rows[i], e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}

/* --- a start that another incident had ---------------------------------------------- */

enum outcome
clocks_inherit(struct desk *d, struct store *s, struct incident *inc,
	       int64_t start_s, int64_t now_ms, struct err *e)
{
	struct clocks x = clocks_of(d, s, inc, now_ms);
	struct clock_move m = { .cause = "merge", .from_s = start_s };
	struct clock_row rows[CLOCKS_RUNNING_MAX];
	bool runs = false;
	int n;
	int i;
	enum outcome o = clocks_rows(&x, rows, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++) {
		if (!clocks_is_reply(rows[i].name))
			continue;
		runs = true;
		if (start_s < rows[i].start_s)
			o = clocks_move(&x, &rows[i], &m, e);
	}
	if (o == OUT_OK && !runs)
		o = clocks_reply_from(&x, start_s, "merge", e);
	return o == OUT_OK ? clocks_due(&x, e) : o;
}
