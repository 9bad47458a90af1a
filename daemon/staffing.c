#include "daemon/staffing.h"

#include <math.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/erlang.h"
#include "daemon/store/staffing.h"
#include "daemon/wall.h"
#include "rules/book.h"
#include "rules/calendar.h"
#include "rules/deadline.h"

#define HALF_S 1800
#define SPARE 3 /* agents beyond those needed that are tried */

/* A half hour between now and the end of the day that is planned. */
struct slot {
	struct mailsim_slot sim;
	double open;
	double chats; /* expected */
	int of_day;   /* its place in the day's half hours; -1: before it */
};

/* A plan under way. */
struct plan {
	const struct staffing_ask *q;
	const struct calendar *c;
	struct staffing *out;
	struct slot slots[MAILSIM_SLOTS];
	size_t n;
	int64_t *waiting;
	size_t waiting_count;
	int64_t until_s;
};

/* --- calendars --------------------------------------------------------------- */

static const struct calendar *
policy_calendar(const struct book *b, const char *channel)
{
	const struct book_policy *p = book_policy_for(b, channel);

	return p != NULL ? p->calendar : NULL;
}

const struct calendar *
staffing_calendar(const struct staffing_ask *q)
{
	const struct book_queue *queue = *q->queue != '\0'
						 ? book_queue(q->book, q->queue)
						 : book_queue_default(q->book);
	const struct book_team *team = queue != NULL && queue->team != NULL
					       ? book_team(q->book, queue->team)
					       : NULL;
	const struct calendar *c = team != NULL ? team->calendar : NULL;
	size_t i;

	if (c == NULL && q->chats)
		c = policy_calendar(q->book, "chat");
	if (c == NULL)
		c = policy_calendar(q->book, "email");
	for (i = 0; c == NULL && i < book_policy_count(q->book); i++)
		c = book_policy_at(q->book, i)->calendar;
	return c;
}

int64_t
staffing_today(const struct staffing_ask *q, const struct calendar *c)
{
	return wall_day(c, q->now_s);
}

/* --- slots ------------------------------------------------------------------- */

/* When a mail that comes at an instant is due. */
static int64_t
mail_due(const struct plan *p, int64_t at_s)
{
	const struct book_policy *policy = book_policy_for(p->q->book, "email");
	struct book_budget b;

	if (policy == NULL || policy->calendar == NULL)
		return INT64_MAX;
	b = book_policy_budget(policy, BOOK_CLOCK_FIRST_RESPONSE, NULL);
	if (b.days > 0)
		return deadline_days(policy->calendar, at_s, b.days, NULL, 0);
	if (b.seconds <= 0)
		return INT64_MAX;
	return deadline_due(b.wall ? NULL : policy->calendar, at_s, b.seconds,
			    NULL, 0);
}

/* What the forecast says of a half hour, or of what is left of it. */
static void
slot_fill(struct plan *p, struct slot *s, int64_t from_s, int64_t to_s)
{
	const struct staffing_past *past = &p->out->past;
	int64_t day = wall_day(p->c, from_s);
	int slot = wall_weekday(day) * FORECAST_DAY +
		   (int)(wall_second(p->c, from_s) / HALF_S);
	double part = (double)(to_s - from_s) / HALF_S;

	s->sim.from_s = from_s;
	s->sim.to_s = to_s;
	s->sim.arrivals = past->mails.half[slot].mean * part;
	s->sim.due_s = p->q->mails ? mail_due(p, from_s) : INT64_MAX;
	s->chats = past->chats.half[slot].mean * part;
	s->open = (double)deadline_used(p->c, from_s, to_s, NULL, 0) /
		  (double)(to_s - from_s);
}

/* The half hours of the day, whole ones. */
static void
day_fill(struct plan *p, int64_t start_s)
{
	const struct staffing_past *past = &p->out->past;
	int64_t t;

	for (t = start_s;
	     t < p->until_s && p->out->half_count < STAFFING_HALVES;
	     t += HALF_S) {
		struct staffing_half *h = &p->out->halves[p->out->half_count++];
		int slot = wall_weekday(p->q->day) * FORECAST_DAY +
			   (int)(wall_second(p->c, t) / HALF_S);

		h->from_s = t;
		h->wall_s = wall_second(p->c, t);
		h->open = (double)deadline_used(p->c, t, t + HALF_S, NULL, 0) /
			  HALF_S;
		h->chats = past->chats.half[slot];
		h->mails = past->mails.half[slot];
	}
}

/* From now to the day's end, in the half hours of the day. */
static void
slots_fill(struct plan *p, int64_t start_s)
{
	int64_t now = p->q->now_s;
	int64_t t = start_s - (start_s - now + HALF_S - 1) / HALF_S * HALF_S;

	if (start_s <= now)
		t = start_s + (now - start_s) / HALF_S * HALF_S;
	for (; t < p->until_s && p->n < MAILSIM_SLOTS; t += HALF_S) {
		struct slot *s = &p->slots[p->n++];
		int64_t to = t + HALF_S < p->until_s ? t + HALF_S : p->until_s;

		slot_fill(p, s, t < now ? now : t, to);
		s->of_day = t < start_s ? -1 : (int)((t - start_s) / HALF_S);
	}
}

static void
waits(void *arg, int64_t due_s)
{
	struct plan *p = arg;

	if (p->waiting_count == STAFFING_BACKLOG_MAX)
		return;
	p->waiting[p->waiting_count++] = due_s;
	p->out->waiting++;
	p->out->overdue += due_s < p->q->now_s;
}

/* --- chats ------------------------------------------------------------------- */

static struct erlang_load
load_of(const struct plan *p, double chats, double seconds)
{
	const struct staffing_past *past = &p->out->past;

	return (struct erlang_load){ .per_hour = chats * 3600 / seconds,
				     .handling_s = past->chat_s.value,
				     .patience_s = past->patience_s };
}

/* Chats that so many agents have at a time. */
static int
places(const struct plan *p, int agents)
{
	return (int)floor(agents * fmax(1, p->out->past.parallel.value) + 1e-9);
}

static void
chats_serve(const struct plan *p, double chats, double seconds, int agents,
	    struct erlang *out)
{
	struct erlang_load l = load_of(p, chats, seconds);

	erlang_serve(&l, places(p, agents), p->q->within_s, out);
}

/* How many keep the target in a half hour. */
static int
half_needed(const struct plan *p, const struct staffing_half *h)
{
	struct erlang e;
	int n;

	for (n = 0; n < STAFFING_AGENTS_MAX; n++) {
		chats_serve(p, h->chats.mean, HALF_S, n, &e);
		if (e.within >= p->q->target)
			break;
	}
	return n;
}

/* --- so many agents ------------------------------------------------------------ */

/* Agents in a half hour: n all the time, or what is given; before the day as
 * many as on average in its open half hours. */
static int
agents_in(const struct plan *p, int n, int of_day)
{
	const struct staffing_ask *q = p->q;
	double sum = 0;
	double open = 0;
	int i;

	if (n > 0 || q->agent_count == 0)
		return n;
	if (q->agent_count == 1)
		return q->agents[0];
	if (of_day >= 0)
		return of_day < q->agent_count ? q->agents[of_day] : 0;
	for (i = 0; i < p->out->half_count && i < q->agent_count; i++) {
		sum += q->agents[i] * p->out->halves[i].open;
		open += p->out->halves[i].open;
	}
	return open > 0 ? (int)lround(sum / open) : 0;
}

/* Mails by those who are at work and in no chat. */
static void
mails_serve(struct plan *p, int n, struct mailsim_result *out)
{
	struct mailsim_slot *sim = mem_new(p->n, sizeof *sim);
	struct mailsim m = { .slots = sim,
			     .slot_count = p->n,
			     .waiting = p->waiting,
			     .waiting_count = p->waiting_count,
			     .handling_s = p->out->past.mail_s.value,
			     .target = p->q->target,
			     .until_s = p->until_s - 1 };
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct slot *s = &p->slots[i];
		double people = agents_in(p, n, s->of_day);
		struct erlang e = { .busy = 0 };

		sim[i] = s->sim;
		if (s->open > 0 && people > 0 && s->chats > 0)
			chats_serve(p, s->chats,
				    (double)(s->sim.to_s - s->sim.from_s),
				    (int)people, &e);
		sim[i].people = people * s->open * (1 - e.busy);
	}
	mailsim_run(&m, out);
	mem_free(sim);
}

/* Chats of the day's open half hours, each by what is expected in it. */
static void
day_serve(struct plan *p, int n, struct staffing_with *out)
{
	double sum = 0;
	int i;

	out->agents = n;
	for (i = 0; i < p->out->half_count; i++) {
		struct staffing_half *h = &p->out->halves[i];
		bool over = h->from_s + HALF_S <= p->q->now_s;
		double weight = over ? 0 : h->chats.mean * h->open;
		struct erlang e;

		if (h->open <= 0)
			continue;
		chats_serve(p, h->chats.mean, HALF_S, agents_in(p, n, i), &e);
		if (n > 0)
			h->within[n - 1] = e.within;
		else
			h->given_within = e.within;
		out->within += weight * e.within;
		out->left += weight * e.left;
		sum += weight;
	}
	out->within = sum > 0 ? out->within / sum : 1;
	out->left = sum > 0 ? out->left / sum : 0;
	if (p->q->mails)
		mails_serve(p, n, &out->mail);
}

static bool
mails_kept(const struct plan *p, const struct staffing_with *w)
{
	return !p->q->mails ||
	       w->mail.late <= (1 - p->q->target) * w->mail.due + 1e-9;
}

static bool
kept(const struct plan *p, const struct staffing_with *w)
{
	return w->within >= p->q->target && mails_kept(p, w);
}

/* What a person may want to try: some more than any half hour needs. */
static int
most_tried(const struct staffing *out, int needed)
{
	int i;

	for (i = 0; i < out->half_count; i++)
		if (out->halves[i].needed > needed)
			needed = out->halves[i].needed;
	needed += SPARE;
	return needed < STAFFING_AGENTS_MAX ? needed : STAFFING_AGENTS_MAX;
}

/* Try 1, 2, ... until the promises are kept, and some more. */
static int
try_agents(struct plan *p)
{
	struct staffing *out = p->out;
	int mails = 0; /* that mail alone needs all day; 0: not found yet */
	int enough = STAFFING_AGENTS_MAX;
	int n;

	for (n = 1; n <= enough; n++) {
		struct staffing_with *w = &out->with[out->with_count++];

		day_serve(p, n, w);
		if (mails == 0 && mails_kept(p, w))
			mails = n;
		if (out->needed == 0 && kept(p, w)) {
			out->needed = n;
			enough = most_tried(out, n);
		}
	}
	if (out->needed == 0)
		out->needed = out->with_count + 1;
	return mails != 0 ? mails : out->with_count + 1;
}

/* What chats need in each half hour, or mail all day, whichever is more. */
static void
halves_need(struct plan *p, int mails)
{
	const struct staffing_ask *q = p->q;
	double there = 1 - q->shrinkage;
	int i;

	for (i = 0; i < p->out->half_count; i++) {
		struct staffing_half *h = &p->out->halves[i];

		h->given = q->agent_count > 0 ? agents_in(p, 0, i) : -1;
		if (h->open <= 0) {
			h->needed = 0;
			continue;
		}
		if (q->mails && mails > h->needed)
			h->needed = mails;
		h->rostered = (int)ceil(h->needed / there - 1e-9);
	}
}

static void
plan_make(struct plan *p)
{
	int64_t start = wall_day_start(p->c, p->q->day);
	int mails;
	int i;

	p->until_s = wall_day_start(p->c, p->q->day + 1);
	p->out->zone = calendar_zone(p->c);
	day_fill(p, start);
	slots_fill(p, start);
	for (i = 0; i < p->out->half_count; i++)
		if (p->out->halves[i].open > 0)
			p->out->halves[i].needed =
				half_needed(p, &p->out->halves[i]);
	mails = try_agents(p);
	halves_need(p, mails);
	p->out->has_given = p->q->agent_count > 0;
	if (p->out->has_given)
		day_serve(p, 0, &p->out->given);
}

enum outcome
staffing_make(struct store *s, const struct staffing_ask *q,
	      struct staffing *out, struct err *e)
{
	const struct calendar *c = staffing_calendar(q);
	int64_t ahead;
	struct plan *p;
	enum outcome o;

	memset(out, 0, sizeof *out);
	if (c == NULL)
		return err_code(e, OUT_PERM, "conflict",
				"the desk book has no policy with a calendar");
	ahead = q->day - staffing_today(q, c);
	if (ahead < 0 || ahead > STAFFING_AHEAD_DAYS)
		return err_code(e, OUT_PERM, "bad_params",
				"'date' is not from today to %d days on",
				STAFFING_AHEAD_DAYS);
	p = mem_new(1, sizeof *p);
	*p = (struct plan){ .q = q, .c = c, .out = out };
	p->waiting = mem_new(STAFFING_BACKLOG_MAX, sizeof *p->waiting);
	o = staffing_past_read(s, q, c, &out->past, e);
	if (o == OUT_OK && q->mails)
		o = staffing_backlog(s, q->queue, waits, p, e);
	if (o == OUT_OK)
		plan_make(p);
	mem_free(p->waiting);
	mem_free(p);
	return o;
}
