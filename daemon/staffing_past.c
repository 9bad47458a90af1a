/*
 * staffing_past: what the desk's past says of a plan: weeks of arrivals, what
 * chats and answers take, how patient visitors are.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/staffing.h"
#include "daemon/store/staffing.h"
#include "daemon/wall.h"
#include "rules/calendar.h"
#include "rules/deadline.h"

#define HALF_S 1800
#define WEEKS (FORECAST_WEEKS + 1) /* one more, to be judged */
#define GAP_MAX_S 1800 /* between two answers of one stretch of work */
#define LEFT_MIN 5     /* who left; fewer say nothing of patience */

/* Weeks of arrivals, oldest first; the last one ends today at 0:00. */
struct weeks {
	const struct calendar *c;
	int64_t first_day;
	struct forecast_week week[WEEKS];
};

static void
arrived(void *arg, int64_t at_s)
{
	struct weeks *w = arg;
	int64_t day = wall_day(w->c, at_s);
	int64_t k = (day - w->first_day) / WALL_WEEK;
	int slot = wall_weekday(day) * FORECAST_DAY +
		   (int)(wall_second(w->c, at_s) / HALF_S);

	if (day >= w->first_day && k < WEEKS)
		w->week[k].count[slot]++;
}

/* Dates on which the calendar is not as usual. */
static void
mark_unusual(struct weeks *w)
{
	int64_t i;

	for (i = 0; i < (int64_t)WEEKS * WALL_WEEK; i++) {
		int64_t day = w->first_day + i;
		bool special = false;
		size_t n;

		(void)calendar_day(w->c, day, &n, &special);
		w->week[i / WALL_WEEK].unusual[wall_weekday(day)] = special;
	}
}

static bool
empty_week(const struct forecast_week *w)
{
	int i;

	for (i = 0; i < FORECAST_SLOTS; i++)
		if (w->count[i] != 0)
			return false;
	return true;
}

/* Weeks before the desk's first contact say nothing; nor does the week of it,
 * if there are others. */
static int
first_week(const struct weeks *w)
{
	int k = 0;

	while (k < WEEKS && empty_week(&w->week[k]))
		k++;
	return k > 0 && k < WEEKS - 1 ? k + 1 : k;
}

static void
add_weeks(struct weeks *to, const struct weeks *from)
{
	int k;
	int i;

	for (k = 0; k < WEEKS; k++)
		for (i = 0; i < FORECAST_SLOTS; i++)
			to->week[k].count[i] += from->week[k].count[i];
}

/* One channel's weeks, and what they forecast. */
static enum outcome
read_weeks(struct store *s, const struct staffing_ask *q, bool chats,
	   const struct calendar *c, struct weeks *w, struct forecast *out,
	   struct err *e)
{
	int64_t today = staffing_today(q, c);
	enum outcome o;
	int k;

	memset(w, 0, sizeof *w);
	w->c = c;
	w->first_day = today - (int64_t)WEEKS * WALL_WEEK;
	mark_unusual(w);
	o = staffing_arrivals(s, chats, q->queue,
			      wall_day_start(c, w->first_day),
			      wall_day_start(c, today), arrived, w, e);
	k = first_week(w);
	forecast_make(w->week + k, WEEKS - k, out);
	return o;
}

static enum outcome
read_arrivals(struct store *s, const struct staffing_ask *q,
	      const struct calendar *c, struct staffing_past *out,
	      struct err *e)
{
	struct weeks *all = mem_new(2, sizeof *all);
	struct forecast *before = mem_new(1, sizeof *before);
	enum outcome o = OUT_OK;
	int k;

	out->error = (struct forecast_error){ -1, -1 };
	if (q->chats)
		o = read_weeks(s, q, true, c, &all[0], &out->chats, e);
	if (o == OUT_OK && q->mails)
		o = read_weeks(s, q, false, c, &all[1], &out->mails, e);
	if (o == OUT_OK) {
		if (!q->chats)
			all[0] = all[1];
		else if (q->mails)
			add_weeks(&all[0], &all[1]);
		k = first_week(&all[0]);
		forecast_make(all[0].week + k, WEEKS - 1 - k, before);
		if (before->weeks > 0)
			forecast_error(before, &all[0].week[WEEKS - 1],
				       &out->error);
	}
	mem_free(before);
	mem_free(all);
	return o;
}

/* --- chats ------------------------------------------------------------------- */

struct talks {
	const struct calendar *c;
	struct staffing_talk *list;
	size_t n;
	double waited_s; /* all of them, until answered or left */
	int left;
};

static bool
open_at(const struct calendar *c, int64_t t_s)
{
	return deadline_used(c, t_s, t_s + 1, NULL, 0) > 0;
}

/* Who asks while nobody is there does not wait as others do. */
static void
talk(void *arg, const struct staffing_talk *t)
{
	struct talks *all = arg;

	all->list[all->n++] = *t;
	if (open_at(all->c, t->asked_s))
		all->waited_s += (double)(t->answered_s - t->asked_s);
}

static void
left(void *arg, int64_t asked_s, int64_t left_s)
{
	struct talks *all = arg;

	if (!open_at(all->c, asked_s))
		return;
	all->waited_s += (double)(left_s - asked_s);
	all->left++;
}

static int
by_agent(const void *a, const void *b)
{
	const struct staffing_talk *x = a;
	const struct staffing_talk *y = b;

	if (x->agent_id != y->agent_id)
		return x->agent_id < y->agent_id ? -1 : 1;
	return (x->answered_s > y->answered_s) -
	       (x->answered_s < y->answered_s);
}

/* Seconds of chats, by seconds in which their agent was in any. */
static double
parallel(struct staffing_talk *list, size_t n)
{
	double chats = 0;
	double busy = 0;
	int64_t until = INT64_MIN;
	size_t i;

	qsort(list, n, sizeof *list, by_agent);
	for (i = 0; i < n; i++) {
		int64_t from = list[i].answered_s;

		if (i == 0 || list[i].agent_id != list[i - 1].agent_id)
			until = INT64_MIN;
		chats += (double)(list[i].ended_s - from);
		if (until > from)
			from = until;
		if (list[i].ended_s > from)
			busy += (double)(list[i].ended_s - from);
		if (list[i].ended_s > until)
			until = list[i].ended_s;
	}
	return busy > 0 ? chats / busy : 1;
}

static double
mean_talk(const struct staffing_talk *list, size_t n)
{
	double sum = 0;
	size_t i;

	for (i = 0; i < n; i++)
		sum += (double)(list[i].ended_s - list[i].answered_s);
	return fmax(1, sum / (double)n);
}

static enum outcome
read_talks(struct store *s, int64_t since_s, const struct calendar *c,
	   struct staffing_past *out, struct err *e)
{
	struct talks all = { .c = c };
	enum outcome o;

	all.list = mem_new(STAFFING_TALKS_MAX, sizeof *all.list);
	o = staffing_talks(s, since_s, talk, &all, e);
	if (o == OUT_OK)
		o = staffing_left(s, since_s, left, &all, e);
	out->chat_s = (struct staffing_figure){ STAFFING_CHAT_S, (int)all.n };
	out->parallel = (struct staffing_figure){ 1, (int)all.n };
	if (all.n >= STAFFING_FEW) {
		out->chat_s.value = mean_talk(all.list, all.n);
		out->parallel.value = parallel(all.list, all.n);
	}
	out->left = all.left;
	if (all.left >= LEFT_MIN)
		out->patience_s = fmax(1, all.waited_s / all.left);
	mem_free(all.list);
	return o;
}

/* --- mail -------------------------------------------------------------------- */

struct answer {
	int64_t agent_id;
	int64_t at_s;
};

struct answers {
	struct answer *list;
	size_t n;
};

static void
answered(void *arg, int64_t agent_id, int64_t at_s)
{
	struct answers *all = arg;

	all->list[all->n++] = (struct answer){ agent_id, at_s };
}

static int
by_agent_then_time(const void *a, const void *b)
{
	const struct answer *x = a;
	const struct answer *y = b;

	if (x->agent_id != y->agent_id)
		return x->agent_id < y->agent_id ? -1 : 1;
	return (x->at_s > y->at_s) - (x->at_s < y->at_s);
}

/* The mean of the gaps between an agent's answers, those alone that lie within
 * one stretch of work. */
static enum outcome
read_answers(struct store *s, int64_t since_s, struct staffing_past *out,
	     struct err *e)
{
	struct answers all = { .n = 0 };
	double sum = 0;
	int n = 0;
	size_t i;
	enum outcome o;

	all.list = mem_new(STAFFING_ANSWERS_MAX, sizeof *all.list);
	o = staffing_answers(s, since_s, answered, &all, e);
	qsort(all.list, all.n, sizeof *all.list, by_agent_then_time);
	for (i = 1; i < all.n; i++) {
		int64_t gap = all.list[i].at_s - all.list[i - 1].at_s;

		if (all.list[i].agent_id == all.list[i - 1].agent_id &&
		    gap <= GAP_MAX_S) {
			sum += (double)gap;
			n++;
		}
	}
	out->mail_s = (struct staffing_figure){ STAFFING_MAIL_S, n };
	if (n >= STAFFING_FEW)
		out->mail_s.value = fmax(1, sum / n);
	mem_free(all.list);
	return o;
}

enum outcome
staffing_past_read(struct store *s, const struct staffing_ask *q,
		   const struct calendar *c, struct staffing_past *out,
		   struct err *e)
{
	int64_t since_s = q->now_s - (int64_t)STAFFING_PAST_DAYS * DAY_S;
	enum outcome o = read_arrivals(s, q, c, out, e);

	if (o == OUT_OK)
		o = read_talks(s, since_s, c, out, e);
	if (o == OUT_OK)
		o = read_answers(s, since_s, out, e);
	return o;
}
