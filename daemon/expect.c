#include "daemon/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/wall.h"
#include "rules/calendar.h"
#include "rules/deadline.h"

#define MINUTE 60
#define HOUR 3600

static const struct {
	const char *name;
	int64_t step_s; /* of a length; 0: a day */
	const char *es;
	const char *en;
} codes[EXPECT_CODES] = {
	[EXPECT_1M] = { "1m", 60, "en menos de un minuto", "within a minute" },
	[EXPECT_2M] = { "2m", 120, "en menos de 2 minutos",
			"within 2 minutes" },
	[EXPECT_5M] = { "5m", 300, "en menos de 5 minutos",
			"within 5 minutes" },
	[EXPECT_10M] = { "10m", 600, "en menos de 10 minutos",
			 "within 10 minutes" },
	[EXPECT_15M] = { "15m", 900, "en menos de 15 minutos",
			 "within 15 minutes" },
	[EXPECT_30M] = { "30m", 1800, "en menos de 30 minutos",
			 "within 30 minutes" },
	[EXPECT_1H] = { "1h", 3600, "en menos de una hora", "within an hour" },
	[EXPECT_2H] = { "2h", 7200, "en menos de 2 horas", "within 2 hours" },
	[EXPECT_4H] = { "4h", 14400, "en menos de 4 horas", "within 4 hours" },
	[EXPECT_TODAY] = { "today", 0, "hoy", "today" },
	[EXPECT_TODAY_BEFORE] = { "today_before", 0, "hoy", "today" },
	[EXPECT_TOMORROW] = { "tomorrow", 0, "mañana", "tomorrow" },
	[EXPECT_WEEKDAY] = { "weekday", 0, NULL, NULL },
	[EXPECT_DATE] = { "date", 0, NULL, NULL },
};

static const char *const days_es[] = { "lunes",  "martes",  "miércoles",
				       "jueves", "viernes", "sábado",
				       "domingo" };
static const char *const days_en[] = { "Monday",   "Tuesday", "Wednesday",
				       "Thursday", "Friday",  "Saturday",
				       "Sunday" };
static const char *const months_es[] = { "enero",   "febrero",   "marzo",
					 "abril",   "mayo",      "junio",
					 "julio",   "agosto",    "septiembre",
					 "octubre", "noviembre", "diciembre" };
static const char *const months_en[] = { "January", "February", "March",
					 "April",   "May",      "June",
					 "July",    "August",   "September",
					 "October", "November", "December" };

const char *
expect_code_name(enum expect_code c)
{
	return codes[c].name;
}

bool
expect_code_parse(const char *name, enum expect_code *out)
{
	int i;

	for (i = 0; i < EXPECT_CODES; i++)
		if (strcmp(codes[i].name, name) == 0) {
			*out = (enum expect_code)i;
			return true;
		}
	return false;
}

bool
expect_code_span(enum expect_code c)
{
	return codes[c].step_s != 0;
}

/* --- when ------------------------------------------------------------------ */

/* The instant of the closing after which nothing of t_s's date is open. */
static int64_t
closing(const struct calendar *c, int64_t t_s)
{
	int64_t day = wall_day(c, t_s);
	int64_t low = t_s; /* something at or after it is open */
	int64_t high = wall_day_start(c, day + 1);

	if (deadline_used(c, low, high, NULL, 0) == 0)
		return t_s;
	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (deadline_used(c, mid, high, NULL, 0) > 0)
			low = mid;
		else
			high = mid;
	}
	return high;
}

/* Open from one to the other, without a pause? */
static bool
open_through(const struct calendar *c, int64_t from_s, int64_t to_s)
{
	return deadline_used(c, from_s, to_s, NULL, 0) == to_s - from_s;
}

/* A length that covers t_s and ends while somebody is there. */
static bool
fits(const struct expect_ask *q, int64_t t_s, int64_t by_s)
{
	return by_s >= t_s && by_s <= q->due_s &&
	       (by_s <= closing(q->calendar, t_s) ||
		open_through(q->calendar, t_s, by_s));
}

/* The first of the lengths that covers it; one under 15 minutes only where
 * that would be too late. */
static bool
as_step(const struct expect_ask *q, int64_t t_s, struct expect *out)
{
	int i = q->now_s + codes[EXPECT_15M].step_s <= q->due_s ? EXPECT_15M
								: EXPECT_1M;

	for (; codes[i].step_s != 0; i++) {
		*out = (struct expect){ (enum expect_code)i,
					q->now_s + codes[i].step_s };
		if (out->by_s >= t_s)
			return fits(q, t_s, out->by_s);
	}
	return false;
}

/* The next full hour of the wall, or the deadline's full minute before it. */
static int64_t
full_hour(const struct expect_ask *q, int64_t t_s, int64_t close)
{
	int64_t s = wall_second(q->calendar, t_s);
	int64_t by = t_s + (HOUR - s % HOUR) % HOUR;

	if (by > close && close >= t_s)
		by = close;
	if (by > q->due_s)
		by = q->due_s - wall_second(q->calendar, q->due_s) % MINUTE;
	return by;
}

static void
as_day(const struct expect_ask *q, int64_t t_s, struct expect *out)
{
	int64_t close = closing(q->calendar, t_s);
	int64_t away;

	out->by_s = full_hour(q, t_s, close);
	/* what ends at midnight is of the day that ends */
	away = wall_day(q->calendar, out->by_s - 1) -
	       wall_day(q->calendar, q->now_s);
	if (away == 0 && close > q->now_s && close <= q->due_s) {
		out->code = EXPECT_TODAY;
		out->by_s = close;
		return;
	}
	out->code = away <= 0          ? EXPECT_TODAY_BEFORE
		    : away == 1        ? EXPECT_TOMORROW
		    : away < WALL_WEEK ? EXPECT_WEEKDAY
				       : EXPECT_DATE;
}

bool
expect_when(const struct expect_ask *q, struct expect *out)
{
	int64_t t = deadline_due(q->calendar, q->now_s, q->takes_s, NULL, 0);
	int64_t there = q->team != NULL
				? deadline_due(q->team, q->now_s, 1, NULL, 0)
				: q->now_s;

	if (t == DEADLINE_NEVER || there == DEADLINE_NEVER)
		return false;
	if (t < there)
		t = there;
	if (t > q->due_s)
		t = q->due_s;
	if (t < q->now_s || q->due_s <= q->now_s)
		return false;
	if (!as_step(q, t, out))
		as_day(q, t, out);
	return out->by_s > q->now_s;
}

/* --- words ------------------------------------------------------------------ */

/* "11:00"; what ends a day is 24:00. */
static void
hour_of(const struct calendar *c, int64_t by_s, int *hour, int *minute)
{
	int64_t s = wall_second(c, by_s);

	*hour = s == 0 ? 24 : (int)(s / HOUR);
	*minute = (int)(s % HOUR / MINUTE);
}

/* "el lunes", "on 7 January"; "hoy" and the like have words of their own. */
static void
day_words(const struct expect *x, const struct calendar *c, bool es, char *out,
	  size_t size)
{
	int64_t day = wall_day(c, x->by_s - 1);
	int64_t year;
	int month = 1;
	int mday = 1;

	if (codes[x->code].es != NULL) {
		(void)snprintf(out, size, "%s",
			       es ? codes[x->code].es : codes[x->code].en);
	} else if (x->code == EXPECT_WEEKDAY) {
		int w = wall_weekday(day);

		(void)snprintf(out, size, es ? "el %s" : "on %s",
			       es ? days_es[w] : days_en[w]);
	} else {
		clock_date(day, &year, &month, &mday);
		(void)snprintf(out, size, es ? "el %d de %s" : "on %d %s", mday,
			       (es ? months_es : months_en)[(month + 11) % 12]);
	}
}

void
expect_print(const struct expect *x, const struct calendar *c, int64_t now_s,
	     const char *language, char out[EXPECT_TEXT_MAX])
{
	bool es = language != NULL && strncmp(language, "es", 2) == 0;
	struct expect y = *x;
	char day[EXPECT_TEXT_MAX / 2];
	int hour;
	int minute;

	/* read on another day than it was told */
	if (!expect_code_span(y.code)) {
		int64_t away = wall_day(c, y.by_s - 1) - wall_day(c, now_s);

		if (away != 0 || y.code != EXPECT_TODAY)
			y.code = away <= 0          ? EXPECT_TODAY_BEFORE
				 : away == 1        ? EXPECT_TOMORROW
				 : away < WALL_WEEK ? EXPECT_WEEKDAY
						    : EXPECT_DATE;
	}
	day_words(&y, c, es, day, sizeof day);
	if (expect_code_span(y.code) || y.code == EXPECT_TODAY) {
		(void)snprintf(out, EXPECT_TEXT_MAX, "%s", day);
		return;
	}
	hour_of(c, y.by_s, &hour, &minute);
	(void)snprintf(out, EXPECT_TEXT_MAX,
		       !es         ? "%s before %d:%02d"
		       : hour == 1 ? "%s antes de la %d:%02d"
				   : "%s antes de las %d:%02d",
		       day, hour, minute);
}

const char *
expect_nothing(const char *language)
{
	return language != NULL && strncmp(language, "es", 2) == 0
		       ? "en cuanto podamos"
		       : "as soon as we can";
}

/* --- the figure ------------------------------------------------------------- */

static int
smaller(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

int64_t
expect_p80(int64_t *v, int n)
{
	qsort(v, (size_t)n, sizeof *v, smaller);
	return v[(n * 8 + 9) / 10 - 1];
}
