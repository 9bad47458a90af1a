#include "daemon/report_number.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/plan.h"
#include "rules/zone.h"

#define MINUTE 60
#define HOUR 3600
#define DIGITS_MAX 24
#define GROUPED_ES 5 /* digits from which on Spanish groups them */
#define GROUPED_EN 4
#define EXACT_S 600 /* shorter times are told to the second */

void
number_count(struct buf *b, enum report_language l, int64_t n)
{
	char digits[DIGITS_MAX];
	size_t from = l == REPORT_ES ? GROUPED_ES : GROUPED_EN;
	size_t len;
	size_t i;

	if (n < 0) {
		(void)buf_putc(b, '-');
		n = n == INT64_MIN ? INT64_MAX : -n;
	}
	len = (size_t)snprintf(digits, sizeof(digits), "%" PRId64, n);
	for (i = 0; i < len; i++) {
		if (len >= from && i > 0 && (len - i) % 3 == 0)
			(void)buf_putc(b, l == REPORT_ES ? '.' : ',');
		(void)buf_putc(b, digits[i]);
	}
}

void
number_share(struct buf *b, enum report_language l, int64_t points)
{
	char point = l == REPORT_ES ? ',' : '.';
	int64_t left;

	if (points < 0) {
		(void)buf_putc(b, '-');
		points = -points;
	}
	left = points % 100;
	number_count(b, l, points / 100);
	if (left % 10 != 0)
		(void)buf_printf(b, "%c%02" PRId64, point, left);
	else if (left != 0)
		(void)buf_printf(b, "%c%" PRId64, point, left / 10);
	/* a space that does not break stands before it in Spanish */
	(void)buf_puts(b, l == REPORT_ES ? "\xc2\xa0%" : "%");
}

void
number_duration(struct buf *b, int64_t s)
{
	if (s < 0) {
		(void)buf_putc(b, '-');
		s = -s;
	}
	if (s < MINUTE)
		(void)buf_printf(b, "%" PRId64 " s", s);
	else if (s < EXACT_S && s % MINUTE != 0)
		(void)buf_printf(b, "%" PRId64 " min %02" PRId64 " s",
				 s / MINUTE, s % MINUTE);
	else if (s < HOUR)
		(void)buf_printf(b, "%" PRId64 " min", s / MINUTE);
	else
		(void)buf_printf(b, "%" PRId64 " h %02" PRId64 " min", s / HOUR,
				 s % HOUR / MINUTE);
}

void
number_date(struct buf *b, enum report_language l, int64_t day)
{
	char name[4];
	int64_t year;
	int month;
	int date;

	clock_date(day, &year, &month, &date);
	if (l == REPORT_ES) {
		(void)buf_printf(b, "%d/%d/%" PRId64, date, month, year);
		return;
	}
	(void)snprintf(name, sizeof(name), "%d", month);
	(void)buf_printf(b, "%d %s %" PRId64, date,
			 report_word_or(l, "month", name), year);
}

/* The second of the local day. */
static int64_t
second_of(const struct zone *z, int64_t t_s)
{
	int64_t until_s;
	int64_t label_s = t_s + zone_offset(z, t_s, &until_s);

	return label_s - plan_day_of(z, t_s) * 24 * HOUR;
}

void
number_instant(struct buf *b, enum report_language l, const struct zone *z,
	       int64_t t_s)
{
	int64_t s = second_of(z, t_s);

	number_date(b, l, plan_day_of(z, t_s));
	(void)buf_printf(b, " %02" PRId64 ":%02" PRId64, s / HOUR,
			 s % HOUR / MINUTE);
}

/* Does a date begin then? */
static bool
begins_date(const struct zone *z, int64_t t_s)
{
	return plan_label_at(z, plan_day_of(z, t_s), 0) == t_s;
}

void
number_range(struct buf *b, enum report_language l, const struct zone *z,
	     int64_t since_s, int64_t until_s)
{
	int64_t first = plan_day_of(z, since_s);
	int64_t last = plan_day_of(z, until_s - 1);
	const char *to = report_word_or(l, "mail", "to");

	if (!begins_date(z, since_s) || !begins_date(z, until_s)) {
		number_instant(b, l, z, since_s);
		(void)buf_printf(b, " %s ", to);
		number_instant(b, l, z, until_s);
		return;
	}
	number_date(b, l, first);
	if (last > first) {
		(void)buf_printf(b, " %s ", to);
		number_date(b, l, last);
	}
}

void
number_value(struct buf *b, enum report_language l, const char *unit,
	     const json_t *v)
{
	int64_t n = json_integer_value(v);

	if (json_is_string(v))
		(void)buf_puts(b, json_string_value(v));
	else if (!json_is_integer(v))
		(void)buf_puts(b, "\xe2\x80\x93");
	else if (strcmp(unit, "share") == 0)
		number_share(b, l, n);
	else if (strcmp(unit, "seconds") == 0)
		number_duration(b, n);
	else if (strcmp(unit, "minutes") == 0)
		number_duration(b, n * MINUTE);
	else
		number_count(b, l, n);
}
