#include "gateways/shop/when.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "rules/zone.h"

#define HOUR_S 3600
#define DAY_S ((int64_t)24 * HOUR_S)
#define PUT_BACK_S (3 * HOUR_S) /* no clock is put back by more */
#define YEAR_MIN 1970
#define YEAR_MAX 9999
#define NUL_DATE "0000-00-00"

/* A text that is read from its start on. */
struct label {
	const char *at;
	bool fine;
};

/* The next n digits. */
static int
digits(struct label *l, int n)
{
	int v = 0;

	for (; n > 0 && l->fine; n--, l->at++) {
		l->fine = *l->at >= '0' && *l->at <= '9';
		if (l->fine)
			v = v * 10 + (*l->at - '0');
		else
			return 0;
	}
	return v;
}

/* One of these characters comes next. */
static void
one_of(struct label *l, const char *set)
{
	if (!l->fine)
		return;
	l->fine = *l->at != '\0' && strchr(set, *l->at) != NULL;
	if (l->fine)
		l->at++;
}

static bool
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

/* The days of "2026-06-06". */
static int64_t
date(struct label *l)
{
	static const int lengths[] = { 31, 28, 31, 30, 31, 30,
				       31, 31, 30, 31, 30, 31 };
	int year = digits(l, 4);
	int month;
	int day;

	one_of(l, "-");
	month = digits(l, 2);
	one_of(l, "-");
	day = digits(l, 2);
	if (!l->fine || year < YEAR_MIN || year > YEAR_MAX || month < 1 ||
	    month > 12 || day < 1 ||
	    day > lengths[month - 1] + (month == 2 && is_leap(year))) {
		l->fine = false;
		return 0;
	}
	return clock_days(year, month, day);
}

/* The seconds of "10:00:00.123", whose seconds may be missing. */
static int64_t
time_of_day(struct label *l)
{
	int hour = digits(l, 2);
	int minute;
	int second = 0;

	one_of(l, ":");
	minute = digits(l, 2);
	if (l->fine && *l->at == ':') {
		l->at++;
		second = digits(l, 2);
	}
	if (l->fine && *l->at == '.') {
		l->at++;
		(void)digits(l, 1);
		while (l->fine && *l->at >= '0' && *l->at <= '9')
			l->at++;
	}
	if (hour > 23 || minute > 59 || second > 60)
		l->fine = false;
	return (int64_t)hour * HOUR_S + (int64_t)minute * 60 + second;
}

/* The seconds of "+02:00", "+0200" or "+02", after its sign. */
static int64_t
offset(struct label *l)
{
	int hours = digits(l, 2);
	int minutes = 0;

	if (l->fine && *l->at == ':')
		l->at++;
	if (l->fine && *l->at != '\0')
		minutes = digits(l, 2);
	if (hours > 23 || minutes > 59)
		l->fine = false;
	return (int64_t)hours * HOUR_S + (int64_t)minutes * 60;
}

static int32_t
east(const struct zone *zone, int64_t t_s)
{
	int64_t until;

	return zone != NULL ? zone_offset(zone, t_s, &until) : 0;
}

/* The instant at which a clock of the zone shows a label. */
static int64_t
instant(int64_t label_s, const struct zone *zone)
{
	/* what is valid a day before and after: both sides of a change */
	int32_t before = east(zone, label_s - DAY_S);
	int32_t after = east(zone, label_s + DAY_S);

	if (before != after && east(zone, label_s - before) != before &&
	    east(zone, label_s - after) == after)
		return label_s - after;
	return label_s - before;
}

/* What stands behind the time of day: Z, an offset, or nothing. */
static int64_t
to_utc(struct label *l, int64_t label_s, const struct zone *zone)
{
	char sign = *l->at;

	if (sign == '\0')
		return instant(label_s, zone);
	l->at++;
	if (sign == 'Z' || sign == 'z')
		return label_s;
	if (sign != '+' && sign != '-') {
		l->fine = false;
		return 0;
	}
	return sign == '+' ? label_s - offset(l) : label_s + offset(l);
}

bool
when_read(const char *s, const struct zone *zone, int64_t *t_s_out)
{
	struct label l = { .at = s, .fine = s != NULL };
	int64_t t;

	if (s == NULL || strncmp(s, NUL_DATE, strlen(NUL_DATE)) == 0)
		return false;
	t = date(&l) * DAY_S;
	if (l.fine && *l.at != '\0') {
		one_of(&l, "T ");
		t += time_of_day(&l);
	}
	if (l.fine)
		t = to_utc(&l, t, zone);
	if (!l.fine || *l.at != '\0' || t < 0)
		return false;
	*t_s_out = t;
	return true;
}

json_t *
when_take(const json_t *o, const char *name, const struct zone *zone)
{
	char text[32];
	int64_t t;

	if (!when_read(json_string_value(json_object_get(o, name)), zone, &t))
		return NULL;
	clock_iso_s(t, text);
	return json_string(text);
}

static void
label(int64_t label_s, char out[WHEN_LABEL])
{
	char iso[32];

	clock_iso_s(label_s, iso); /* 2026-06-06T10:00:00Z */
	(void)snprintf(out, WHEN_LABEL, "%.10s %.8s", iso,
		       iso + strlen("2026-06-06T"));
}

void
when_label(int64_t t_s, const struct zone *zone, char out[WHEN_LABEL])
{
	label(t_s + east(zone, t_s), out);
}

void
when_since(int64_t from_s, const struct zone *zone, char out[WHEN_LABEL])
{
	int32_t now = east(zone, from_s);
	int32_t soon = east(zone, from_s + PUT_BACK_S);

	label(from_s + (soon < now ? soon : now), out);
}

struct zone *
when_zone(const char *name)
{
	struct zone *zone = NULL;
	struct err e;

	if (name == NULL || name[0] == '\0' ||
	    zone_open(name, &zone, &e) != OUT_OK)
		return NULL;
	return zone;
}
