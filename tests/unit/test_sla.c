/*
 * Business time: vectors worked out by hand, and cases by chance against a
 * twin that counts seconds. Zones are the system's, slim and fat files that
 * are made here, and one whose clocks jump by a day.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "rules/calendar.h"
#include "rules/deadline.h"
#include "rules/zone.h"
#include "tests/unit/sla_twin.h"
#include "tests/unit/zonefile.h"

#define CASES 10000
#define CHAINS 1000
#define DAYS_CASES 600

static int64_t
instant(const char *iso)
{
	int64_t ms = 0;

	assert_true(clock_parse(iso, &ms));
	return ms / 1000;
}

/* --- the vectors ------------------------------------------------------------ */

#define H(h) ((h)*3600)

/* One calendar of the vectors, as a twin's hours. */
static void
open_on(struct twin *t, int from, int to, int32_t open_s, int32_t close_s)
{
	int day;

	for (day = from; day <= to; day++)
		t->week[day].spans[t->week[day].n++] =
			(struct twin_span){ open_s, close_s };
}

static void
special(struct twin *t, const char *iso, int32_t open_s, int32_t close_s)
{
	struct twin_date *d = &t->dates[t->date_count++];

	d->day = instant(iso) / DAY_S;
	if (open_s != close_s)
		d->spans[d->n++] = (struct twin_span){ open_s, close_s };
}

enum hours {
	OFFICE, /* Monday to Friday 09-18 */
	SPLIT,  /* 09-14, 16-19 */
	ALWAYS,
	NIGHT /* Saturday 22 to Sunday 06 */
};

static struct calendar *
hours_of(enum hours h, const char *zone)
{
	struct twin *t = mem_new(1, sizeof *t);
	struct calendar *c;
	struct zone *z = NULL;
	struct err e;

	assert_int_equal(zone_open(zone, &z, &e), OUT_OK);
	switch (h) {
	case OFFICE:
		open_on(t, 0, 4, H(9), H(18));
		if (strcmp(zone, "America/Mexico_City") == 0)
			special(t, "2026-11-16T00:00:00Z", 0, 0);
		break;
	case SPLIT:
		open_on(t, 0, 4, H(9), H(14));
		open_on(t, 0, 4, H(16), H(19));
		special(t, "2026-12-07T00:00:00Z", 0, 0);
		special(t, "2026-12-08T00:00:00Z", 0, 0);
		special(t, "2026-12-24T00:00:00Z", H(9), H(13));
		special(t, "2026-12-25T00:00:00Z", 0, 0);
		break;
	case ALWAYS:
		open_on(t, 0, 6, 0, DAY_S);
		break;
	case NIGHT:
		open_on(t, 5, 5, H(22), H(6));
		break;
	}
	c = twin_calendar(t, zone, z);
	mem_free(t);
	return c;
}

static void
the_fourteen_vectors(void **state)
{
	static const char madrid[] = "Europe/Madrid";
	static const struct {
		enum hours hours;
		const char *zone;
		const char *start;
		int64_t minutes;
		const char *due;
	} t[] = {
		{ OFFICE, madrid, "2026-11-20T16:30:00Z", 60,
		  "2026-11-23T08:30:00Z" },
		/* the closing edge */
		{ OFFICE, madrid, "2026-11-20T16:00:00Z", 60,
		  "2026-11-20T17:00:00Z" },
		{ OFFICE, madrid, "2026-11-20T17:00:00Z", 60,
		  "2026-11-23T09:00:00Z" },
		{ SPLIT, madrid, "2026-11-18T12:30:00Z", 60,
		  "2026-11-18T15:30:00Z" },
		{ SPLIT, madrid, "2026-11-18T13:30:00Z", 60,
		  "2026-11-18T16:00:00Z" },
		{ SPLIT, madrid, "2026-12-04T17:30:00Z", 120,
		  "2026-12-09T09:30:00Z" },
		{ SPLIT, madrid, "2026-11-18T22:00:00Z", 30,
		  "2026-11-19T08:30:00Z" },
		{ ALWAYS, madrid, "2026-10-24T18:00:00Z", 1440,
		  "2026-10-25T18:00:00Z" },
		{ ALWAYS, madrid, "2026-03-28T19:00:00Z", 1440,
		  "2026-03-29T19:00:00Z" },
		{ NIGHT, madrid, "2026-10-24T19:00:00Z", 480,
		  "2026-10-25T04:00:00Z" },
		{ NIGHT, madrid, "2026-03-28T20:00:00Z", 420,
		  "2026-03-29T04:00:00Z" },
		{ SPLIT, madrid, "2026-12-24T08:00:00Z", 480,
		  "2026-12-28T12:00:00Z" },
		{ OFFICE, "America/Mexico_City", "2026-11-16T16:00:00Z", 240,
		  "2026-11-17T19:00:00Z" },
		/* paused from Monday 11:00 to Tuesday 16:00 */
		{ OFFICE, madrid, "2026-11-16T08:00:00Z", 480,
		  "2026-11-18T12:00:00Z" },
	};
	const struct pause p = { instant("2026-11-16T10:00:00Z"),
				 instant("2026-11-17T15:00:00Z") };
	const size_t n = sizeof t / sizeof *t;
	size_t i;

	(void)state;
	assert_int_equal(n, 14);
	for (i = 0; i < n; i++) {
		struct calendar *c = hours_of(t[i].hours, t[i].zone);
		int64_t due = deadline_due(c, instant(t[i].start),
					   t[i].minutes * 60, &p, i + 1 == n);

		if (due != instant(t[i].due))
			fail_msg("vector %zu: due %lld, want %s", i + 1,
				 (long long)due, t[i].due);
		calendar_free(&c);
	}
}

/* --- zones for cases by chance ---------------------------------------------- */

struct place {
	const char *name; /* of the system; NULL: made in file */
	char file[64];
	char tz[72]; /* for libc */
	struct zone *zone;
};

#define PLACES 14

struct world {
	char dir[32];
	struct place places[PLACES];
};

static void
place_known(struct place *p, const char *name)
{
	struct err e;

	p->name = name;
	(void)snprintf(p->tz, sizeof p->tz, "%s", name);
	assert_int_equal(zone_open(name, &p->zone, &e), OUT_OK);
}

static void
place_made(struct place *p, const char *dir, const char *name,
	   const struct zonefile *f)
{
	struct buf b;
	struct err e;
	FILE *out;

	buf_init(&b, ZONE_FILE_BYTES);
	zonefile_put(&b, f);
	(void)snprintf(p->file, sizeof p->file, "%s/%s", dir, name);
	(void)snprintf(p->tz, sizeof p->tz, ":%s", p->file);
	out = fopen(p->file, "we");
	assert_non_null(out);
	assert_int_equal(fwrite(b.data, 1, b.len, out), b.len);
	assert_int_equal(fclose(out), 0);
	assert_int_equal(
		zone_read((const unsigned char *)b.data, b.len, &p->zone, &e),
		OUT_OK);
	buf_release(&b);
}

static int
world_make(void **state)
{
	static const char *const known[] = { "Europe/Madrid",
					     "America/Santiago",
					     "Australia/Lord_Howe",
					     "Asia/Kolkata",
					     "Pacific/Auckland",
					     "America/New_York",
					     "Antarctica/Troll",
					     "America/Mexico_City",
					     "America/Argentina/Buenos_Aires",
					     "Pacific/Apia" };
	/* libc asks a footer only behind a change */
	struct zonefile slim = { .at = { 315532800 },
				 .times = 1,
				 .offset = { 3600 },
				 .types = 1,
				 .footer = "CET-1CEST,M3.5.0,M10.5.0/3" };
	struct zonefile jump = { .times = 2,
				 .type = { 1, 0 },
				 .offset = { -36000, 50400 },
				 .types = 2,
				 .footer = "<-10>10" };
	struct zonefile *fat = mem_new(1, sizeof *fat);
	struct world *w = mem_new(1, sizeof *w);
	size_t n = sizeof known / sizeof *known;
	size_t i;

	for (i = 0; i < n; i++)
		place_known(&w->places[i], known[i]);
	(void)snprintf(w->dir, sizeof w->dir, "/tmp/sla-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	place_made(&w->places[n++], w->dir, "slim", &slim);
	zonefile_fatten(&slim, fat);
	assert_true(fat->times > 110);
	place_made(&w->places[n++], w->dir, "fat", fat);
	/* a date is left out, and later a whole day comes again */
	jump.at[0] = instant("2026-03-28T10:00:00Z");
	jump.at[1] = instant("2026-10-24T10:00:00Z");
	place_made(&w->places[n++], w->dir, "jump", &jump);
	/* the same clocks, but at half an hour past noon */
	jump.at[0] -= 20 * 3600 - 1800;
	jump.at[1] += 3600 * 3 + 1800 + 17;
	place_made(&w->places[n++], w->dir, "noon", &jump);
	assert_int_equal(n, PLACES);
	mem_free(fat);
	*state = w;
	return 0;
}

static int
world_end(void **state)
{
	struct world *w = *state;
	size_t i;

	for (i = 0; i < PLACES; i++) {
		zone_free(&w->places[i].zone);
		if (w->places[i].name == NULL)
			(void)unlink(w->places[i].file);
	}
	(void)rmdir(w->dir);
	mem_free(w);
	return 0;
}

/* --- cases by chance ---------------------------------------------------------- */

static uint64_t seed = 42434243;

static int64_t
draw(int64_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (int64_t)(seed % (uint64_t)below);
}

struct drawn {
	struct twin twin;
	struct calendar *c;
	int64_t start_s;
	int64_t budget_s;
};

/* An interval of whole minutes; some end at 24:00, some run past midnight. */
static struct twin_span
draw_span(bool night)
{
	struct twin_span s = { (int32_t)draw(1440) * 60,
			       (int32_t)(1 + draw(1440)) * 60 };

	if (s.from_s == s.to_s)
		s.to_s = s.from_s == 0 ? DAY_S : s.from_s - 60;
	if (s.to_s < s.from_s && !night)
		s = (struct twin_span){ s.to_s, s.from_s };
	if (s.to_s == 0)
		s.to_s = DAY_S;
	return s;
}

/* Half of the weeks are a shop's; the others are by chance. */
static void
draw_week(struct twin *t)
{
	int n = 1 + (int)draw(10);
	int32_t open_s = (int32_t)(7 + draw(4)) * 3600;

	if (draw(2) == 0) {
		open_on(t, 0, 4 + (int)draw(3), open_s, open_s + H(5));
		open_on(t, 0, 4, open_s + H(7), open_s + H(10) + 1800);
		return;
	}
	while (n-- > 0) {
		int day = (int)draw(TWIN_DAYS);

		if (t->week[day].n < TWIN_SPANS)
			t->week[day].spans[t->week[day].n++] = draw_span(true);
	}
}

static void
draw_dates(struct twin *t, int64_t start_s)
{
	size_t n = (size_t)draw(TWIN_DATES);
	size_t i;

	for (i = 0; i < n; i++) {
		struct twin_date *d = &t->dates[t->date_count++];
		int64_t k = draw(4);

		d->day = start_s / DAY_S + (int64_t)i * 2 + draw(2);
		while (k-- > 1)
			d->spans[d->n++] = draw_span(false);
	}
}

static void
draw_pauses(struct twin *t, int64_t start_s)
{
	size_t i;

	t->pause_count = (size_t)draw(TWIN_PAUSES);
	for (i = 0; i < t->pause_count; i++) {
		struct pause *p = &t->pauses[i];

		p->from_s = start_s + draw(8 * DAY_S) - DAY_S;
		p->to_s = p->from_s + draw(30) * draw(7200) - draw(2) * 60;
	}
	if (t->pause_count != 0 && draw(40) == 0)
		t->pauses[0].to_s = DEADLINE_NEVER;
}

/* Every other start is near a change of clocks, up to the year 2400. */
static int64_t
draw_start(const struct place *p)
{
	static const char *const years[] = { "2005", "2011", "2024", "2026",
					     "2026", "2037", "2040", "2400" };
	char iso[32];
	int64_t at_s;
	int64_t until;

	(void)snprintf(iso, sizeof iso, "%s-01-01T00:00:00Z",
		       years[draw(sizeof years / sizeof *years)]);
	at_s = instant(iso) + draw(365 * DAY_S);
	(void)zone_offset(p->zone, at_s, &until);
	if (draw(2) == 0 && until < at_s + 366 * (int64_t)DAY_S)
		at_s = until - draw(3 * DAY_S);
	return at_s;
}

static void
draw_case(struct drawn *d, const struct place *p)
{
	struct twin *t = &d->twin;

	memset(d, 0, sizeof *d);
	d->start_s = draw_start(p);
	d->budget_s = draw(8) == 0 ? draw(3) * 3600 : draw(40 * 3600);
	draw_week(t);
	draw_dates(t, d->start_s);
	draw_pauses(t, d->start_s);
	twin_learn(t, p->tz, d->start_s - 5 * DAY_S,
		   d->start_s + TWIN_REACH_S + 5 * DAY_S);
	d->c = twin_calendar(t, p->tz, zone_ref(p->zone));
}

static struct place *
place_of(void **state, int i)
{
	return &((struct world *)*state)->places[i % PLACES];
}

static void
check_working(const struct drawn *d, int64_t due, struct working *w)
{
	size_t i;

	deadline_working(d->c, d->start_s, due, d->twin.pauses,
			 d->twin.pause_count, w);
	assert_int_equal(w->counted_s, d->budget_s);
	assert_int_equal(w->cut, 0);
	if (due == d->start_s)
		return;
	assert_int_equal(w->steps[0].from_s, d->start_s);
	assert_int_equal(w->steps[w->n - 1].to_s, due);
	for (i = 1; i < w->n; i++)
		assert_int_equal(w->steps[i].from_s, w->steps[i - 1].to_s);
}

static void
check_laws(const struct drawn *d, int64_t due)
{
	const struct pause *p = d->twin.pauses;
	size_t n = d->twin.pause_count;
	int64_t mid = d->start_s + draw(due - d->start_s + 1);
	struct deadline_span two[2] = { { d->start_s, d->c, d->budget_s, 0 },
					{ mid, d->c, d->budget_s, 0 } };
	struct pause more[TWIN_PAUSES + 1];

	assert_int_equal(deadline_used(d->c, d->start_s, due, p, n),
			 d->budget_s);
	if (d->budget_s > 0) {
		assert_true(deadline_used(d->c, d->start_s, due - 1, p, n) <
			    d->budget_s);
		assert_true(deadline_due(d->c, d->start_s, draw(d->budget_s), p,
					 n) <= due);
	}
	/* two chained spans equal one */
	assert_int_equal(deadline_chain(two, 2, p, n), due);
	assert_int_equal(deadline_chain_used(two, 2, due, p, n), d->budget_s);
	/* one more pause is never earlier */
	memcpy(more, p, sizeof d->twin.pauses);
	more[n].from_s = mid;
	more[n].to_s = mid + 1 + draw(7200);
	assert_true(deadline_due(d->c, d->start_s, d->budget_s, more, n + 1) >=
		    due);
}

static void
ten_thousand_cases_by_chance(void **state)
{
	struct drawn *d = mem_new(1, sizeof *d);
	struct working *w = mem_new(1, sizeof *w);
	int found = 0;
	int i;

	for (i = 0; i < CASES; i++) {
		int64_t due;
		int64_t twin;

		draw_case(d, place_of(state, i));
		due = deadline_due(d->c, d->start_s, d->budget_s,
				   d->twin.pauses, d->twin.pause_count);
		twin = twin_due(&d->twin, d->start_s, d->budget_s);
		if (twin != DEADLINE_NEVER) {
			if (due != twin)
				fail_msg("case %d: due %lld, twin %lld", i,
					 (long long)due, (long long)twin);
			check_laws(d, due);
			check_working(d, due, w);
			found++;
		} else {
			assert_true(due > d->start_s + TWIN_REACH_S);
		}
		calendar_free(&d->c);
	}
	mem_free(w);
	mem_free(d);
	print_message("%d cases, %d due within the twin's reach\n", CASES,
		      found);
	assert_true(found > CASES / 2);
}

/* --- chains -------------------------------------------------------------------- */

/* What the twins of two calendars say of a change at edit_s. */
static int64_t
twin_chain(struct drawn *a, struct drawn *b, int64_t edit_s, int64_t budget_s)
{
	int64_t due = twin_due(&a->twin, a->start_s, a->budget_s);
	int64_t used;

	if (due < edit_s)
		return due;
	used = twin_used(&a->twin, a->start_s, edit_s);
	if (used >= budget_s)
		return edit_s;
	return twin_due(&b->twin, edit_s, budget_s - used);
}

static void
a_changed_calendar_and_budget_go_on(void **state)
{
	struct drawn *a = mem_new(1, sizeof *a);
	struct drawn *b = mem_new(1, sizeof *b);
	int found = 0;
	int i;

	for (i = 0; i < CHAINS; i++) {
		const struct place *pa = place_of(state, i);
		const struct place *pb = place_of(state, (int)draw(PLACES));
		struct deadline_span s[2] = { { 0 } };
		int64_t twin;

		draw_case(a, pa);
		draw_case(b, pb);
		calendar_free(&b->c);
		/* one set of pauses, and the other zone's offsets from here */
		memcpy(b->twin.pauses, a->twin.pauses, sizeof a->twin.pauses);
		b->twin.pause_count = a->twin.pause_count;
		s[0] = (struct deadline_span){ a->start_s, a->c, a->budget_s,
					       0 };
		s[1].from_s = a->start_s + draw(3 * DAY_S);
		s[1].budget_s = b->budget_s;
		twin_learn(&b->twin, pb->tz, s[1].from_s - DAY_S,
			   s[1].from_s + TWIN_REACH_S + DAY_S);
		b->c = twin_calendar(&b->twin, pb->tz, zone_ref(pb->zone));
		s[1].calendar = b->c;
		twin = twin_chain(a, b, s[1].from_s, b->budget_s);
		if (twin != DEADLINE_NEVER) {
			found++;
			assert_int_equal(deadline_chain(s, 2, a->twin.pauses,
							a->twin.pause_count),
					 twin);
		}
		calendar_free(&a->c);
		calendar_free(&b->c);
	}
	mem_free(a);
	mem_free(b);
	print_message("%d chains, %d within the twins' reach\n", CHAINS, found);
	assert_true(found > CHAINS / 2);
}

/* --- working days ---------------------------------------------------------------- */

static void
working_days_by_chance(void **state)
{
	struct drawn *d = mem_new(1, sizeof *d);
	int found = 0;
	int i;

	for (i = 0; i < DAYS_CASES; i++) {
		int days = (int)draw(7);
		int64_t due;
		int64_t twin;

		draw_case(d, place_of(state, i));
		due = deadline_days(d->c, d->start_s, days, d->twin.pauses,
				    d->twin.pause_count);
		twin = twin_days(&d->twin, d->start_s, days);
		/* near its end the twin sees a date in part */
		if (twin <= d->start_s + TWIN_REACH_S - 3 * DAY_S) {
			int64_t mid = d->start_s + draw(9 * DAY_S);
			struct deadline_span two[2] = {
				{ d->start_s, d->c, 0, days },
				{ mid, d->c, 0, days },
			};

			if (due != twin)
				fail_msg(
					"case %d, %d days: due %lld, twin %lld",
					i, days, (long long)due,
					(long long)twin);
			if (days > 0)
				assert_int_equal(
					deadline_chain(two, 2, d->twin.pauses,
						       d->twin.pause_count),
					due);
			found++;
		}
		calendar_free(&d->c);
	}
	mem_free(d);
	print_message("%d cases in days, %d within the twin's reach\n",
		      DAYS_CASES, found);
	assert_true(found > DAYS_CASES / 2);
}

static void
fifteen_working_days_of_a_claim(void **state)
{
	/* Thursday at noon; 7 and 8 December are closed */
	struct calendar *c = hours_of(SPLIT, "Europe/Madrid");
	int64_t start = instant("2026-11-26T11:00:00Z");
	struct pause all_day = { instant("2026-11-26T23:00:00Z"),
				 instant("2026-11-27T23:00:00Z") };
	struct pause evening = { instant("2026-12-18T15:00:00Z"),
				 instant("2026-12-21T00:00:00Z") };

	(void)state;
	assert_int_equal(deadline_days(c, start, 0, NULL, 0), start);
	assert_int_equal(deadline_days(c, start, 1, NULL, 0),
			 instant("2026-11-27T18:00:00Z"));
	assert_int_equal(deadline_days(c, start, 15, NULL, 0),
			 instant("2026-12-21T18:00:00Z"));
	/* the first date has no second left: it does not count */
	assert_int_equal(deadline_days(c, start, 15, &all_day, 1),
			 instant("2026-12-22T18:00:00Z"));
	/* a date that is open for a while counts, and ends when it closes */
	assert_int_equal(deadline_days(c, start, 14, &evening, 1),
			 instant("2026-12-18T18:00:00Z"));
	/* Christmas Eve closes at 13:00 */
	assert_int_equal(deadline_days(c, start, 18, NULL, 0),
			 instant("2026-12-24T12:00:00Z"));
	calendar_free(&c);
}

/* --- what changes while a clock runs ------------------------------------------------ */

static void
a_shorter_budget_is_due_at_the_change(void **state)
{
	struct calendar *c = hours_of(OFFICE, "Europe/Madrid");
	int64_t start = instant("2026-11-16T08:00:00Z"); /* Monday 09:00 */
	struct deadline_span s[3] = { { start, c, H(8), 0 },
				      { start + H(3), c, H(2), 0 },
				      { start + H(4), c, H(20), 0 } };

	(void)state;
	assert_int_equal(deadline_chain(s, 1, NULL, 0), start + H(8));
	/* three hours are used of two */
	assert_int_equal(deadline_chain(s, 2, NULL, 0), start + H(3));
	/* it was due before the second change: that moves nothing */
	assert_int_equal(deadline_chain(s, 3, NULL, 0), start + H(3));
	/* a longer one: what is used stays used, 9 hours a day */
	s[1] = s[2];
	assert_int_equal(deadline_chain(s, 2, NULL, 0),
			 instant("2026-11-18T10:00:00Z"));
	/* every second of wall time, and back to a calendar */
	s[0].calendar = NULL;
	s[0].from_s = start - H(10);
	s[1].from_s = start;
	assert_int_equal(deadline_chain(s, 2, NULL, 0), start - H(2));
	s[0].budget_s = H(12);
	s[1].budget_s = H(12);
	assert_int_equal(deadline_chain(s, 2, NULL, 0), start + H(2));
	calendar_free(&c);
}

static void
hours_become_working_days(void **state)
{
	struct calendar *c = hours_of(OFFICE, "Europe/Madrid");
	int64_t start = instant("2026-11-16T11:00:00Z"); /* Monday 12:00 */
	struct deadline_span s[2] = { { start, c, H(30), 0 },
				      { start + 2 * DAY_S, c, 0, 3 } };

	(void)state;
	/* Tuesday is over by the change, Wednesday and Thursday come */
	assert_int_equal(deadline_chain(s, 2, NULL, 0),
			 instant("2026-11-19T17:00:00Z"));
	s[1].days = 1;
	assert_int_equal(deadline_chain(s, 2, NULL, 0), s[1].from_s);
	calendar_free(&c);
}

static void
a_long_pause_does_not_end_the_search(void **state)
{
	struct calendar *c = hours_of(OFFICE, "Europe/Madrid");
	int64_t start = instant("2020-03-02T08:00:00Z");
	const struct pause p = { start + H(1),
				 instant("2026-11-16T08:00:00Z") };

	(void)state;
	assert_int_equal(deadline_due(c, start, H(3), &p, 1), p.to_s + H(2));
	assert_int_equal(deadline_days(c, start, 1, &p, 1),
			 instant("2026-11-16T17:00:00Z"));
	calendar_free(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fourteen_vectors),
		cmocka_unit_test(ten_thousand_cases_by_chance),
		cmocka_unit_test(a_changed_calendar_and_budget_go_on),
		cmocka_unit_test(working_days_by_chance),
		cmocka_unit_test(fifteen_working_days_of_a_claim),
		cmocka_unit_test(a_shorter_budget_is_due_at_the_change),
		cmocka_unit_test(hours_become_working_days),
		cmocka_unit_test(a_long_pause_does_not_end_the_search),
	};

	return cmocka_run_group_tests(tests, world_make, world_end);
}
