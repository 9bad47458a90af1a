#include "daemon/report.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/report_p.h"
#include "daemon/store/agent.h"
#include "daemon/store/row.h"
#include "rules/book.h"
#include "rules/deadline.h"
#include "rules/zone.h"

#define DAY_S 86400
#define MONTH_FEBRUARY 2
#define LEAP_DAY 29

static const struct report_kind *const kinds[] = {
	&report_today,   &report_promises, &report_times,
	&report_margins, &report_breaches, &report_backlog,
	&report_volume,  &report_agents,   &report_kept,
};
#define KINDS (sizeof kinds / sizeof kinds[0])

static const char *const compares[REPORT_COMPARES] = { "none", "previous",
						       "year" };

enum report_compare
report_compare_parse(const char *s)
{
	int c = 0;

	while (c < REPORT_COMPARES && strcmp(compares[c], s) != 0)
		c++;
	return (enum report_compare)c;
}

static const struct report_kind *
kind_find(const char *name)
{
	for (size_t i = 0; i < KINDS; i++)
		if (strcmp(kinds[i]->name, name) == 0)
			return kinds[i];
	return NULL;
}

bool
report_known(const char *name)
{
	return kind_find(name) != NULL;
}

/* --- the catalogue ------------------------------------------------------------ */

static json_t *
columns_json(const struct report_column *c)
{
	json_t *list = json_array();

	for (; c->name != NULL; c++) {
		json_t *o = json_object();

		row_set(o, "name", json_string(c->name));
		row_set(o, "unit", json_string(c->unit));
		(void)json_array_append_new(list, o);
	}
	return list;
}

json_t *
report_catalogue(void)
{
	json_t *list = json_array();

	for (size_t i = 0; i < KINDS; i++) {
		json_t *o = json_object();
		json_t *groups = json_array();
		const char *const *g = kinds[i]->groups;

		for (; *g != NULL; g++)
			(void)json_array_append_new(groups, json_string(*g));
		row_set(o, "report", json_string(kinds[i]->name));
		row_set(o, "groups", groups);
		row_set(o, "figures", columns_json(kinds[i]->figures));
		row_set(o, "columns", columns_json(kinds[i]->columns));
		(void)json_array_append_new(list, o);
	}
	return list;
}

/* --- what kinds call ------------------------------------------------------------ */

bool
report_look(struct report *r)
{
	if (r->looked++ < REPORT_FACTS_MAX)
		return true;
	r->cut = true;
	return false;
}

bool
report_reply(const struct fact *f)
{
	return strcmp(f->name, "first_response") == 0 ||
	       strcmp(f->name, "next_response") == 0;
}

void
report_set(struct report *r, size_t i, int64_t value, int64_t n,
	   const char *fact)
{
	assert(i < REPORT_FIGURES_MAX);
	r->figure[i] = (struct report_figure){ value, n, fact };
}

static json_t *
value_json(int64_t v)
{
	return v != REPORT_UNKNOWN ? json_integer(v) : json_null();
}

/* What a person calls the key, where that is another word. */
static enum outcome
title_of(struct report *r, const char *key, json_t **out, struct err *e)
{
	const struct book_queue *queue;
	json_t *agent = NULL;
	long long id = 0;
	enum outcome o = OUT_OK;

	*out = NULL;
	if (strcmp(r->group, "queue") == 0) {
		queue = book_queue(r->q->book, key);
		*out = queue != NULL ? json_string(queue->title) : NULL;
	} else if (strcmp(r->group, "agent") == 0 &&
		   sscanf(key, "%19lld", &id) == 1 && id != 0) {
		o = agent_view(r->s, id, &agent, e);
		*out = json_incref(json_object_get(agent, "name"));
		json_decref(agent);
	}
	if (*out == NULL)
		*out = json_string("");
	return o;
}

enum outcome
report_row(struct report *r, const char *key, const char *fact,
	   const int64_t *values, size_t n, struct err *e)
{
	json_t *o;
	json_t *list;
	json_t *title = NULL;
	enum outcome out;

	if (r->before)
		return OUT_OK;
	if (json_array_size(r->rows) >= REPORT_ROWS_MAX) {
		r->cut = true;
		return OUT_OK;
	}
	out = title_of(r, key, &title, e);
	if (out != OUT_OK)
		return out;
	list = json_array();
	for (size_t i = 0; i < n; i++)
		(void)json_array_append_new(list, value_json(values[i]));
	o = json_object();
	row_set(o, "key", json_string(key));
	row_set(o, "title", title);
	row_set(o, "link",
		fact != NULL ? report_link(r, fact, r->group, key)
			     : json_string(""));
	row_set(o, "values", list);
	(void)json_array_append_new(r->rows, o);
	return OUT_OK;
}

/* --- the period to compare with ---------------------------------------------------- */

/* The same local second a year before; of 29 February, of the day before. */
static int64_t
year_before(int64_t local_s)
{
	int64_t days = local_s / DAY_S;
	int64_t year;
	int month;
	int day;

	clock_date(days, &year, &month, &day);
	if (month == MONTH_FEBRUARY && day == LEAP_DAY)
		day--;
	return clock_days(year - 1, month, day) * DAY_S + local_s % DAY_S;
}

/* Local time is moved, so that days stay days where the zone changes. */
static void
period_before(struct report *r, int64_t *since_s, int64_t *until_s)
{
	int64_t since = report_local(r, r->since_s);
	int64_t until = report_local(r, r->until_s);

	if (r->q->compare == REPORT_PREVIOUS) {
		*since_s = report_instant(r, 2 * since - until);
		*until_s = r->since_s;
	} else {
		*since_s = report_instant(r, year_before(since));
		*until_s = report_instant(r, year_before(until));
	}
}

/* --- making ------------------------------------------------------------------------- */

static bool
among(const char *const *list, const char *s)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return true;
	return false;
}

enum outcome
report_zone(struct report *r, struct err *e)
{
	const struct calendar *c = book_calendar_first(r->q->book);
	const char *name = r->q->zone != NULL ? r->q->zone
			   : c != NULL        ? calendar_zone(c)
					      : "UTC";
	enum outcome o = zone_open(name, &r->zone, e);

	(void)snprintf(r->zone_name, sizeof r->zone_name, "%s", name);
	if (o == OUT_PERM)
		return err_code(e, OUT_PERM, "bad_params",
				"'%.60s' is not a time zone", name);
	return o;
}

static enum outcome
check_filters(const struct report *r, struct err *e)
{
	const struct report_query *q = r->q;
	const struct {
		const char *name;
		unsigned bit;
		bool asked;
	} filters[] = {
		{ "clock", FILTER_CLOCK, q->clock != NULL },
		{ "policy", FILTER_POLICY, q->policy != NULL },
		{ "channel", FILTER_CHANNEL, q->channel != NULL },
		{ "queue", FILTER_QUEUE, q->queue != NULL },
		{ "team", FILTER_TEAM, q->team != NULL },
		{ "reason", FILTER_REASON, q->reason != NULL },
		{ "agent", FILTER_AGENT, q->agent_id != 0 },
	};

	for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++)
		if (filters[i].asked &&
		    (r->kind->filters & filters[i].bit) == 0)
			return err_code(e, OUT_PERM, "bad_params",
					"the report '%s' is not narrowed by "
					"'%s'",
					r->kind->name, filters[i].name);
	return OUT_OK;
}

static enum outcome
check(struct report *r, struct err *e)
{
	const struct report_query *q = r->q;

	r->kind = kind_find(q->report);
	if (r->kind == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"there is no report '%.60s'", q->report);
	r->group = q->group != NULL ? q->group : r->kind->groups[0];
	if (!among(r->kind->groups, r->group))
		return err_code(e, OUT_PERM, "bad_params",
				"the report '%s' has no group '%.60s'",
				r->kind->name, r->group);
	if (q->since_s < 0 || q->until_s <= q->since_s ||
	    q->until_s - q->since_s > (int64_t)REPORT_DAYS_MAX * DAY_S)
		return err_code(e, OUT_PERM, "bad_params",
				"'until' is not after 'since', by at most %d "
				"days",
				REPORT_DAYS_MAX);
	return check_filters(r, e);
}

/* The period that is asked for, or the day of now. */
static void
period_of(struct report *r)
{
	int64_t day;

	r->since_s = r->q->since_s;
	r->until_s = r->q->until_s;
	if ((r->kind->filters & REPORT_OF_TODAY) == 0)
		return;
	day = report_local(r, r->q->now_s) / DAY_S;
	r->since_s = report_instant(r, day * DAY_S);
	r->until_s = report_instant(r, (day + 1) * DAY_S);
}

static void
filter_of(const struct report *r, struct fact_filter *f)
{
	const struct report_query *q = r->q;

	*f = (struct fact_filter){ .since_s = r->since_s,
				   .until_s = r->until_s,
				   .clock = q->clock,
				   .policy = q->policy,
				   .channel = q->channel,
				   .queue = q->queue,
				   .team = q->team,
				   .reason = q->reason,
				   .agent_id = q->agent_id };
}

static json_t *
figures_json(struct report *r)
{
	json_t *list = json_array();

	for (size_t i = 0; r->kind->figures[i].name != NULL; i++) {
		const struct report_figure *f = &r->figure[i];
		json_t *o = json_object();

		row_set(o, "name", json_string(r->kind->figures[i].name));
		row_set(o, "unit", json_string(r->kind->figures[i].unit));
		row_set(o, "value", value_json(f->value));
		row_set(o, "before", json_null());
		row_set(o, "n", json_integer(f->n));
		row_set(o, "link",
			f->fact != NULL ? report_link(r, f->fact, NULL, NULL)
					: json_string(""));
		(void)json_array_append_new(list, o);
	}
	return list;
}

static void
clear_figures(struct report *r)
{
	for (size_t i = 0; i < REPORT_FIGURES_MAX; i++)
		report_set(r, i, REPORT_UNKNOWN, 0, NULL);
}

/* The figures once more, of the other period. */
static enum outcome
compare(struct report *r, json_t *figures, struct err *e)
{
	json_t *one;
	size_t i;
	enum outcome o;

	if (r->q->compare == REPORT_ALONE ||
	    (r->kind->filters & REPORT_OF_TODAY) != 0)
		return OUT_OK;
	period_before(r, &r->filter.since_s, &r->filter.until_s);
	r->before = true;
	clear_figures(r);
	o = r->kind->make(r, e);
	json_array_foreach(figures, i, one)
		row_set(one, "before", value_json(r->figure[i].value));
	return o;
}

static json_t *
names_of(const struct report_column *c, json_t *list)
{
	for (; c->name != NULL; c++)
		(void)json_array_append_new(list, json_string(c->name));
	return list;
}

/* figures and rows are taken. */
static json_t *
report_json(struct report *r, json_t *figures)
{
	json_t *o = json_object();

	row_set(o, "report", json_string(r->kind->name));
	row_set(o, "since", row_iso(r->since_s * 1000));
	row_set(o, "until", row_iso(r->until_s * 1000));
	row_set(o, "zone", json_string(r->zone_name));
	row_set(o, "group", json_string(r->group));
	row_set(o, "figures", figures);
	row_set(o, "columns", columns_json(r->kind->columns));
	row_set(o, "rows", json_incref(r->rows));
	row_set(o, "definitions",
		names_of(r->kind->columns,
			 names_of(r->kind->figures, json_array())));
	row_set(o, "made_at", row_iso(r->q->now_s * 1000));
	row_set(o, "cut", json_boolean(r->cut));
	return o;
}

enum outcome
report_make(struct store *s, const struct report_query *q, json_t **out,
	    struct err *e)
{
	struct report r = { .s = s, .q = q };
	json_t *figures = NULL;
	enum outcome o = check(&r, e);

	*out = NULL;
	if (o == OUT_OK)
		o = report_zone(&r, e);
	if (o != OUT_OK)
		return o;
	period_of(&r);
	filter_of(&r, &r.filter);
	r.rows = json_array();
	clear_figures(&r);
	o = r.kind->make(&r, e);
	if (o == OUT_OK) {
		figures = figures_json(&r);
		o = compare(&r, figures, e);
	}
	if (o == OUT_OK)
		*out = report_json(&r, figures);
	else
		json_decref(figures);
	json_decref(r.rows);
	zone_free(&r.zone);
	return o;
}
