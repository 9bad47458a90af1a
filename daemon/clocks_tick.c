/*
 * clocks_tick: what the passing of time does to clocks: deadlines that passed,
 * and clocks that are moved by the thousand, a few at a time, because another
 * desk book or other zone data were applied. While some are still to be moved
 * no deadline is judged: it may not be the one that holds.
 */

#include <string.h>

#include "daemon/base/log.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/clocks_p.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/incident.h"

#define CLOCKS_TICK_MAX 256
#define CLOCKS_RULES_MAX 64 /* where rules are run for each */
#define CLOCKS_WALK_MAX 64  /* that are moved in one tick */

/* --- deadlines ------------------------------------------------------------------- */

/* A clock whose deadline passed, as far as it still holds. */
static enum outcome
tick_breach(struct desk *d, struct store *s, const struct clock_row *c,
	    int64_t now_ms, struct err *e)
{
	struct clock_row row = *c;
	struct incident inc;
	enum outcome o = incident_load(s, c->incident_id, &inc, e);

	if (o == OUT_OK) {
		struct clocks x =
			clocks_of(d, s, &inc, change_now(&inc, now_ms));

		o = clocks_breach(&x, &row, e);
		if (o == OUT_OK)
			o = incident_save(s, &inc, e);
	}
	incident_release(&inc);
	return o;
}

/* Is one before it of the same incident? */
static bool
met_before(const int64_t *incidents, int at)
{
	int i;

	for (i = 0; i < at; i++)
		if (incidents[i] == incidents[at])
			return true;
	return false;
}

static enum outcome
tick_deadlines(struct desk *d, struct store *s, int64_t now_ms, int max,
	       bool *more_out, struct err *e)
{
	int64_t incidents[CLOCKS_TICK_MAX];
	int64_t ids[CLOCKS_TICK_MAX];
	bool asked = decide_asks(d, "clock.breach");
	bool later = false;
	int n;
	int i;
	enum outcome o;

	if (max > (asked ? CLOCKS_RULES_MAX : CLOCKS_TICK_MAX))
		max = asked ? CLOCKS_RULES_MAX : CLOCKS_TICK_MAX;
	o = clock_overdue(s, now_ms / 1000, max, ids, &n, e);
	for (i = 0; o == OUT_OK && i < n; i++) {
		struct clock_row row;

		o = clock_load(s, ids[i], &row, e);
		incidents[i] = o == OUT_OK ? row.incident_id : 0;
		/* what rules made of its incident is seen in the next tick */
		if (asked && met_before(incidents, i)) {
			later = true;
			continue;
		}
		if (o == OUT_OK)
			o = tick_breach(d, s, &row, now_ms, e);
		if (o == OUT_OK && asked)
			o = decide_breach(d, s, row.incident_id, row.name,
					  row.due_s, now_ms, e);
	}
	*more_out = o == OUT_OK && (later || n == max);
	return o;
}

/* --- walks --------------------------------------------------------------------------- */

/* To the terms that its policy has in the version that was applied. One that
 * the version does not know, or that promises nothing there, stays as it is. */
static enum outcome
walk_book(struct clocks *x, const struct clock_walk *w, struct clock_row *c,
	  struct err *e)
{
	struct course_terms terms;
	struct clock_move m = { .cause = "book",
				.terms = &terms,
				.from_s = w->anew ? c->start_s : w->from_s };
	const struct book_policy *p;
	struct book *b = NULL;
	enum outcome o = desk_book_of(x->d, x->s, w->book_version, &b, e);

	if (o != OUT_OK)
		return o;
	p = book_policy(b, c->terms.policy);
	if (p != NULL && clocks_terms(p, w->book_version, clocks_kind(c->name),
				      x->inc->priority, &terms)) {
		(void)snprintf(c->priority, sizeof c->priority, "%s",
			       x->inc->priority);
		o = clocks_move(x, c, &m, e);
	}
	book_unref(&b);
	return o;
}

/* By the zone data of today; most deadlines stay where they are. */
static enum outcome
walk_zone(struct clocks *x, struct clock_row *c, struct err *e)
{
	struct clock_move m = { .cause = "zone", .from_s = x->now_s };
	struct course course;
	int64_t due_s;
	enum outcome o = clocks_course(x, c, &course, e);

	due_s = o == OUT_OK ? course_due(&course) : c->due_s;
	course_release(&course);
	if (o != OUT_OK || due_s == c->due_s)
		return o;
	log_info("clock.zone",
		 "other zone data: clock %lld is due at %lld, and was at %lld",
		 (long long)c->id, (long long)due_s, (long long)c->due_s);
	return clocks_move(x, c, &m, e);
}

static enum outcome
walk_one(struct desk *d, struct store *s, const struct clock_walk *w,
	 int64_t id, int64_t now_ms, struct err *e)
{
	struct clock_row row;
	struct incident inc;
	enum outcome o = clock_load(s, id, &row, e);

	if (o != OUT_OK)
		return o;
	o = incident_load(s, row.incident_id, &inc, e);
	if (o == OUT_OK) {
		struct clocks x =
			clocks_of(d, s, &inc, change_now(&inc, now_ms));

		o = w->cause == CLOCK_WALK_BOOK ? walk_book(&x, w, &row, e)
						: walk_zone(&x, &row, e);
		if (clocks_unreadable(o, e)) {
			log_warn("clock.unread",
				 "clock %lld stays as it is: %s", (long long)id,
				 e->text);
			o = OUT_OK;
		}
		if (o == OUT_OK)
			o = clocks_due(&x, e);
		if (o == OUT_OK)
			o = incident_save(s, &inc, e);
	}
	incident_release(&inc);
	return o;
}

/* waits_out: some are still to be moved. */
static enum outcome
tick_walk(struct desk *d, struct store *s, int64_t now_ms, bool *waits_out,
	  struct err *e)
{
	int64_t ids[CLOCKS_WALK_MAX];
	struct clock_walk w;
	int n;
	int i;
	enum outcome o = clock_walk_first(s, &w, waits_out, e);

	if (o != OUT_OK || !*waits_out)
		return o;
	o = clock_walk_next(s, &w, CLOCKS_WALK_MAX, ids, &n, e);
	for (i = 0; o == OUT_OK && i < n; i++)
		o = walk_one(d, s, &w, ids[i], now_ms, e);
	if (o != OUT_OK)
		return o;
	return n == CLOCKS_WALK_MAX ? clock_walk_put(s, w.id, ids[n - 1], e)
				    : clock_walk_done(s, w.id, e);
}

enum outcome
clocks_apply(struct store *s, int64_t version, bool anew, int64_t now_ms,
	     struct err *e)
{
	struct clock_walk w = { .cause = CLOCK_WALK_BOOK,
				.book_version = version,
				.anew = anew,
				.from_s = now_ms / 1000 };

	return clock_walk_add(s, &w, e);
}

enum outcome
clocks_zone(struct store *s, const char *edition, int64_t now_ms,
	    bool *changed_out, struct err *e)
{
	struct clock_walk w = { .cause = CLOCK_WALK_ZONE,
				.from_s = now_ms / 1000 };
	enum outcome o = deskrow_zone_data(s, edition, now_ms, changed_out, e);

	return o == OUT_OK && *changed_out ? clock_walk_add(s, &w, e) : o;
}

enum outcome
clocks_tick(struct desk *d, struct store *s, int64_t now_ms, int max,
	    bool *more_out, struct err *e)
{
	bool waits = false;
	enum outcome o;

	*more_out = false;
	o = desk_zone_day(d, s, now_ms, e);
	if (o == OUT_OK)
		o = tick_walk(d, s, now_ms, &waits, e);
	if (o == OUT_OK && waits)
		*more_out = true;
	else if (o == OUT_OK)
		o = tick_deadlines(d, s, now_ms, max, more_out, e);
	return o;
}
