/* m_staffing: how many agents keep the promises of a day. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/staffing.h"
#include "daemon/store/row.h"
#include "daemon/wall.h"
#include "rules/book.h"
#include "rules/calendar.h"
#include "rules/deadline.h"

#define TARGET_DEFAULT 8000 /* basis points */
#define TARGET_MAX 9999
#define WITHIN_DEFAULT 60
#define WITHIN_MAX 3600
#define SHRINKAGE_MAX 9000
#define DATE_LEN 10 /* "2026-11-23" */

/* Named by the generated table of handlers. */
method_fn m_report_staffing;

static json_t *
points(double share)
{
	return json_integer((json_int_t)lround(share * 10000));
}

static json_t *
hundredths(double v)
{
	return json_integer((json_int_t)lround(v * 100));
}

/* --- what is asked ------------------------------------------------------------- */

static enum outcome
number(const struct request *rq, const char *name, int64_t or_else, int64_t min,
       int64_t max, int64_t *out, struct err *e)
{
	*out = param_int(rq, name, or_else);
	if (*out < min || *out > max)
		return err_code(e, OUT_PERM, "bad_params",
				"'%s' is not from %lld to %lld", name,
				(long long)min, (long long)max);
	return OUT_OK;
}

static enum outcome
ask_agents(const struct request *rq, struct staffing_ask *q, struct err *e)
{
	const json_t *list = param_json(rq, "agents");
	const json_t *j;
	size_t i;

	if (json_array_size(list) > STAFFING_HALVES)
		return err_code(e, OUT_PERM, "bad_params",
				"'agents' has more than %d numbers",
				STAFFING_HALVES);
	json_array_foreach(list, i, j)
	{
		json_int_t n = json_integer_value(j);

		if (n < 0 || n > STAFFING_AGENTS_MAX)
			return err_code(e, OUT_PERM, "bad_params",
					"'agents' are from 0 to %d",
					STAFFING_AGENTS_MAX);
		q->agents[q->agent_count++] = (int)n;
	}
	return OUT_OK;
}

static enum outcome
ask_channel(const struct request *rq, struct staffing_ask *q, struct err *e)
{
	const char *channel = param_str(rq, "channel");

	q->chats = channel == NULL || strcmp(channel, "chat") == 0;
	q->mails = channel == NULL || strcmp(channel, "email") == 0;
	if (!q->chats && !q->mails)
		return err_code(e, OUT_PERM, "bad_params",
				"'channel' is neither chat nor email");
	if (*q->queue != '\0' && book_queue(q->book, q->queue) == NULL)
		return err_code(e, OUT_PERM, "bad_params",
				"'queue': the desk book has no such queue");
	return OUT_OK;
}

/* Today if the team is still to work, else the next day on which it does. */
static int64_t
next_day(const struct staffing_ask *q)
{
	const struct calendar *c = staffing_calendar(q);
	int64_t t = c != NULL ? deadline_due(c, q->now_s, 1, NULL, 0)
			      : DEADLINE_NEVER;
	int64_t day = c != NULL ? staffing_today(q, c) : 0;

	if (t == DEADLINE_NEVER || wall_day(c, t - 1) - day > 7)
		return day;
	return wall_day(c, t - 1);
}

static enum outcome
ask_date(const struct request *rq, struct staffing_ask *q, struct err *e)
{
	const char *date = param_str(rq, "date");
	char text[32];
	int64_t ms;

	q->day = next_day(q);
	if (date == NULL)
		return OUT_OK;
	(void)snprintf(text, sizeof text, "%.10sT00:00:00Z", date);
	if (strlen(date) != DATE_LEN || !clock_parse(text, &ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'date' is not a date like 2026-01-31");
	q->day = ms / 1000 / DAY_S;
	return OUT_OK;
}

static enum outcome
ask_read(const struct request *rq, struct staffing_ask *q, struct err *e)
{
	const char *queue = param_str(rq, "queue");
	int64_t target;
	int64_t within;
	int64_t shrinkage;
	enum outcome o;

	q->queue = queue != NULL ? queue : "";
	q->now_s = rq->now_ms / 1000;
	o = ask_channel(rq, q, e);
	if (o == OUT_OK)
		o = number(rq, "target", TARGET_DEFAULT, 1, TARGET_MAX, &target,
			   e);
	if (o == OUT_OK)
		o = number(rq, "within", WITHIN_DEFAULT, 0, WITHIN_MAX, &within,
			   e);
	if (o == OUT_OK)
		o = number(rq, "shrinkage", 0, 0, SHRINKAGE_MAX, &shrinkage, e);
	if (o == OUT_OK)
		o = ask_agents(rq, q, e);
	if (o == OUT_OK)
		o = ask_date(rq, q, e);
	if (o != OUT_OK)
		return o;
	q->target = (double)target / 10000;
	q->within_s = (double)within;
	q->shrinkage = (double)shrinkage / 10000;
	return OUT_OK;
}

/* --- what is answered ---------------------------------------------------------- */

static json_t *
figure_json(const struct staffing_figure *f, double scale)
{
	json_t *o = json_object();

	row_set(o, "value", json_integer((json_int_t)lround(f->value * scale)));
	row_set(o, "n", json_integer(f->samples));
	row_set(o, "measured", json_boolean(f->samples >= STAFFING_FEW));
	return o;
}

static json_t *
expected_json(const struct forecast_half *f)
{
	json_t *o = json_object();

	row_set(o, "mean", hundredths(f->mean));
	row_set(o, "low", hundredths(f->low));
	row_set(o, "high", hundredths(f->high));
	return o;
}

/* "09:30" */
static json_t *
wall_json(int64_t second)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%02d:%02d", (int)(second / 3600),
		       (int)(second / 60 % 60));
	return json_string(text);
}

static json_t *
half_json(const struct staffing *st, const struct staffing_ask *q,
	  const struct staffing_half *h)
{
	json_t *o = json_object();
	json_t *within = json_array();
	bool open = q->chats && h->open > 0;
	int i;

	for (i = 0; open && i < st->with_count; i++)
		(void)json_array_append_new(within, points(h->within[i]));
	row_set(o, "from", row_iso(h->from_s * 1000));
	row_set(o, "at", wall_json(h->wall_s));
	row_set(o, "open", points(h->open));
	row_set(o, "chats", expected_json(&h->chats));
	row_set(o, "mails", expected_json(&h->mails));
	row_set(o, "needed", json_integer(h->needed));
	row_set(o, "rostered", json_integer(h->rostered));
	row_set(o, "given",
		h->given >= 0 ? json_integer(h->given) : json_null());
	row_set(o, "within", within);
	row_set(o, "given_within",
		open && h->given >= 0 ? points(h->given_within) : json_null());
	return o;
}

static json_t *
with_json(const struct staffing_ask *q, const struct staffing_with *w)
{
	json_t *o = json_object();

	row_set(o, "agents", json_integer(w->agents));
	row_set(o, "within", q->chats ? points(w->within) : json_null());
	row_set(o, "left", q->chats ? points(w->left) : json_null());
	row_set(o, "mails", q->mails ? hundredths(w->mail.due) : json_null());
	row_set(o, "late", q->mails ? hundredths(w->mail.late) : json_null());
	row_set(o, "sure", q->mails ? points(w->mail.sure) : json_null());
	row_set(o, "open", q->mails ? hundredths(w->mail.open) : json_null());
	return o;
}

static json_t *
past_json(const struct staffing *st, const struct staffing_ask *q)
{
	const struct staffing_past *p = &st->past;
	json_t *o = json_object();
	int weeks = q->chats ? p->chats.weeks : p->mails.weeks;

	if (q->mails && p->mails.weeks > weeks)
		weeks = p->mails.weeks;
	row_set(o, "weeks", json_integer(weeks));
	row_set(o, "error",
		p->error.halves >= 0 ? points(p->error.halves) : json_null());
	row_set(o, "error_days",
		p->error.days >= 0 ? points(p->error.days) : json_null());
	row_set(o, "chat_s", figure_json(&p->chat_s, 1));
	row_set(o, "parallel", figure_json(&p->parallel, 100));
	row_set(o, "mail_s", figure_json(&p->mail_s, 1));
	row_set(o, "patience_s",
		p->patience_s > 0
			? json_integer((json_int_t)lround(p->patience_s))
			: json_null());
	row_set(o, "left", json_integer(p->left));
	return o;
}

static void
answer(struct request *rq, const struct staffing_ask *q,
       const struct staffing *st)
{
	json_t *halves = json_array();
	json_t *with = json_array();
	char date[16];
	int64_t year;
	int month;
	int day;
	int i;

	for (i = 0; i < st->half_count; i++)
		(void)json_array_append_new(halves,
					    half_json(st, q, &st->halves[i]));
	for (i = 0; i < st->with_count; i++)
		(void)json_array_append_new(with, with_json(q, &st->with[i]));
	clock_date(q->day, &year, &month, &day);
	(void)snprintf(date, sizeof date, "%04lld-%02d-%02d", (long long)year,
		       month, day);
	result_set(rq, "date", json_string(date));
	result_set(rq, "zone", json_string(st->zone));
	result_set(rq, "target", points(q->target));
	result_set(rq, "within_s", json_integer((json_int_t)q->within_s));
	result_set(rq, "past", past_json(st, q));
	result_set(rq, "waiting", json_integer((json_int_t)st->waiting));
	result_set(rq, "overdue", json_integer((json_int_t)st->overdue));
	result_set(rq, "halves", halves);
	result_set(rq, "with", with);
	result_set(rq, "given",
		   st->has_given ? with_json(q, &st->given) : json_null());
	result_set(rq, "needed",
		   st->needed <= st->with_count ? json_integer(st->needed)
						: json_null());
	result_set(rq, "made_at", row_iso(rq->now_ms));
}

enum outcome
m_report_staffing(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct staffing *st = mem_new(1, sizeof *st);
	struct book *b = desk_book(d, NULL);
	struct staffing_ask q = { .book = b };
	enum outcome o = ask_read(rq, &q, e);

	if (o == OUT_OK)
		o = staffing_make(s, &q, st, e);
	if (o == OUT_OK)
		answer(rq, &q, st);
	book_unref(&b);
	mem_free(st);
	return o;
}
