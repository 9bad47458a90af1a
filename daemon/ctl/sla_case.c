#include "daemon/ctl/sla_case.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/calendar.h"
#include "rules/complain.h"
#include "rules/zone.h"

static const char *const weekdays[] = { "mon", "tue", "wed", "thu",
					"fri", "sat", "sun" };
#define WEEKDAYS (sizeof weekdays / sizeof *weekdays)

/* A reading in progress. */
struct reading {
	struct sla_case *t;
	char *bad;      /* of SLA_BAD_MAX bytes */
	char where[80]; /* the member that is read now: "holidays[2].date" */
};

/* "'where' TEXT"; false. */
__attribute__((format(printf, 2, 3))) static bool
bad(struct reading *r, const char *fmt, ...)
{
	char text[220];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof text, fmt, ap);
	va_end(ap);
	(void)snprintf(r->bad, SLA_BAD_MAX, "'%s' %s", r->where, text);
	return false;
}

__attribute__((format(printf, 2, 3))) static void
at(struct reading *r, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(r->where, sizeof r->where, fmt, ap);
	va_end(ap);
}

/* --- zones ---------------------------------------------------------------- */

void
sla_zones_release(struct sla_zones *z)
{
	size_t i;

	for (i = 0; i < z->n; i++) {
		mem_free(z->list[i].name);
		zone_free(&z->list[i].zone);
	}
	z->n = 0;
}

/* The zone of a name, borrowed from the kept ones; NULL: there is none. */
static struct zone *
zone_of(struct sla_zones *z, const char *name, struct err *e)
{
	struct zone *found = NULL;
	size_t i;

	for (i = 0; i < z->n; i++)
		if (strcmp(z->list[i].name, name) == 0)
			return z->list[i].zone;
	if (zone_open(name, &found, e) != OUT_OK)
		return NULL;
	if (z->n < SLA_ZONES_MAX) {
		i = z->n++;
	} else {
		i = z->next++ % SLA_ZONES_MAX;
		mem_free(z->list[i].name);
		zone_free(&z->list[i].zone);
	}
	z->list[i].name = mem_strdup(name);
	z->list[i].zone = found;
	return found;
}

/* Complain of a zone that there is not, with the nearest name. */
static bool
bad_zone(struct reading *r, const char *name)
{
	struct guess g;
	char near[64];
	char hint[160];

	guess_start(&g, name);
	zone_guess(&g, near);
	return bad(r, "is no time zone: %.60s (%s)", name,
		   guess_hint(&g, "zones are named like Europe/Madrid", hint));
}

static bool
read_zone(struct reading *r, struct sla_zones *zones, const json_t *v)
{
	struct zone *z;
	struct err e;

	at(r, "tz");
	if (!json_is_string(v))
		return bad(r, "is not the name of a time zone");
	z = zone_of(zones, json_string_value(v), &e);
	if (z == NULL)
		return bad_zone(r, json_string_value(v));
	r->t->calendar = calendar_new(json_string_value(v), zone_ref(z));
	return true;
}

/* --- hours and dates ------------------------------------------------------ */

static bool
digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "09:00" in seconds of the day; -1: none. */
static int32_t
time_of_day(const json_t *v)
{
	const char *s = json_string_value(v);
	int h;
	int m;

	if (s == NULL || strlen(s) != 5 || s[2] != ':' || !digit(s[0]) ||
	    !digit(s[1]) || !digit(s[3]) || !digit(s[4]))
		return -1;
	h = (s[0] - '0') * 10 + s[1] - '0';
	m = (s[3] - '0') * 10 + s[4] - '0';
	return m > 59 || h * 60 + m > 24 * 60 ? -1 : h * 3600 + m * 60;
}

static bool
read_span(struct reading *r, const json_t *v, struct open_span *out)
{
	if (json_array_size(v) != 2)
		return bad(r, "is not an interval as [\"09:00\", \"17:00\"]");
	out->from_s = time_of_day(json_array_get(v, 0));
	out->to_s = time_of_day(json_array_get(v, 1));
	if (out->from_s < 0 || out->to_s < 0)
		return bad(r, "has a time that is not from 00:00 to 24:00");
	if (out->from_s == DAY_S)
		return bad(r, "opens at 24:00: write 00:00 of the next day");
	if (out->from_s == out->to_s)
		return bad(r, "opens and closes at the same time");
	return true;
}

static bool
read_weekday(struct reading *r, int day, const json_t *list)
{
	struct open_span s = { 0 };
	size_t i;

	at(r, "calendar.%s", weekdays[day]);
	if (!json_is_array(list))
		return bad(r, "is not a list of intervals");
	for (i = 0; i < json_array_size(list); i++) {
		at(r, "calendar.%s[%zu]", weekdays[day], i);
		if (!read_span(r, json_array_get(list, i), &s))
			return false;
		if (!calendar_open(r->t->calendar, day, s.from_s, s.to_s))
			return bad(r, "is one of more than %d in a day",
				   CALENDAR_SPANS_MAX);
	}
	return true;
}

static bool
read_hours(struct reading *r, const json_t *o)
{
	json_t *it = (json_t *)(uintptr_t)o; /* its loop asks for it */
	const char *name;
	json_t *list;
	size_t day;

	at(r, "calendar");
	if (!json_is_object(o))
		return bad(r, "is not an object of weekdays");
	json_object_foreach(it, name, list)
	{
		for (day = 0; day < WEEKDAYS; day++)
			if (strcmp(weekdays[day], name) == 0)
				break;
		at(r, "calendar.%.40s", name);
		if (day == WEEKDAYS)
			return bad(r, "is not a weekday: they are mon to sun");
		if (!read_weekday(r, (int)day, list))
			return false;
	}
	return true;
}

/* "2026-12-25" in days since 1970. */
static bool
read_day(struct reading *r, const json_t *v, int64_t *out)
{
	const char *s = json_string_value(v);
	char iso[32];
	int64_t ms;

	if (s != NULL && strlen(s) == 10) {
		(void)snprintf(iso, sizeof iso, "%.10sT00:00:00Z", s);
		if (clock_parse(iso, &ms)) {
			*out = ms / 1000 / DAY_S;
			return true;
		}
	}
	return bad(r, "is not a date as \"2026-12-25\"");
}

static bool
read_special(struct reading *r, size_t i, int64_t day, const json_t *list)
{
	struct open_span s = { 0 };
	size_t k;

	at(r, "holidays[%zu].hours", i);
	if (!json_is_array(list))
		return bad(r, "is not a list of intervals");
	for (k = 0; k < json_array_size(list); k++) {
		at(r, "holidays[%zu].hours[%zu]", i, k);
		if (!read_span(r, json_array_get(list, k), &s))
			return false;
		if (s.to_s < s.from_s)
			return bad(r, "runs past midnight: end it at 24:00");
		if (!calendar_date_open(r->t->calendar, day, s.from_s, s.to_s))
			return bad(r, "is one of more than %d in a day",
				   CALENDAR_SPANS_MAX);
	}
	return true;
}

static bool
read_holidays(struct reading *r, const json_t *list)
{
	size_t i;

	at(r, "holidays");
	if (list != NULL && !json_is_array(list))
		return bad(r, "is not a list of dates");
	for (i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		bool special = json_is_object(v);
		int64_t day = 0;

		at(r, special ? "holidays[%zu].date" : "holidays[%zu]", i);
		if (!read_day(r, special ? json_object_get(v, "date") : v,
			      &day))
			return false;
		if (i == CALENDAR_DATES_MAX)
			return bad(r, "is one of more than %d dates",
				   CALENDAR_DATES_MAX);
		if (!calendar_date(r->t->calendar, day))
			return bad(r, "is a date that is given twice");
		if (special &&
		    !read_special(r, i, day, json_object_get(v, "hours")))
			return false;
	}
	return true;
}

/* --- the rest ------------------------------------------------------------- */

static bool
read_instant(struct reading *r, const json_t *v, int64_t *out)
{
	int64_t ms;

	if (!json_is_string(v) || !clock_parse(json_string_value(v), &ms) ||
	    ms % 1000 != 0)
		return bad(r, "is not an instant as \"2026-01-05T09:00:00Z\"");
	*out = ms / 1000;
	return true;
}

static bool
read_pauses(struct reading *r, const json_t *list)
{
	struct sla_case *t = r->t;
	size_t i;

	at(r, "pauses");
	if (list != NULL && !json_is_array(list))
		return bad(r, "is not a list of pauses");
	if (json_array_size(list) > SLA_PAUSES_MAX)
		return bad(r, "has more than %d", SLA_PAUSES_MAX);
	t->pauses = mem_new(json_array_size(list) + 1, sizeof *t->pauses);
	for (i = 0; i < json_array_size(list); i++) {
		const json_t *v = json_array_get(list, i);
		struct pause *p = &t->pauses[t->pause_count++];

		at(r, "pauses[%zu]", i);
		if (json_array_size(v) != 2)
			return bad(r, "is not a pause as [from, to]");
		at(r, "pauses[%zu][0]", i);
		if (!read_instant(r, json_array_get(v, 0), &p->from_s))
			return false;
		at(r, "pauses[%zu][1]", i);
		p->to_s = DEADLINE_NEVER;
		if (!json_is_null(json_array_get(v, 1)) &&
		    !read_instant(r, json_array_get(v, 1), &p->to_s))
			return false;
	}
	return true;
}

static bool
read_budget(struct reading *r, const json_t *o)
{
	const json_t *seconds = json_object_get(o, "budget_seconds");
	const json_t *days = json_object_get(o, "working_days");
	const json_t *v = days != NULL ? days : seconds;

	at(r, days != NULL ? "working_days" : "budget_seconds");
	if (days != NULL && seconds != NULL)
		return bad(r, "stands beside 'budget_seconds': give one");
	if (!json_is_integer(v))
		return bad(r, "is not a whole number");
	if (json_integer_value(v) < 0)
		return bad(r, "is negative");
	r->t->days = -1;
	if (days == NULL) {
		r->t->budget_s = json_integer_value(v);
		return true;
	}
	if (json_integer_value(v) > BOOK_DAYS_MAX)
		return bad(r, "is over %d", BOOK_DAYS_MAX);
	r->t->days = (int)json_integer_value(v);
	return true;
}

bool
sla_case_read(struct sla_case *t, struct sla_zones *z, const json_t *o,
	      char bad_out[SLA_BAD_MAX])
{
	struct reading r = { .t = t, .bad = bad_out };
	bool ok;

	memset(t, 0, sizeof *t);
	ok = read_zone(&r, z, json_object_get(o, "tz")) &&
	     read_hours(&r, json_object_get(o, "calendar")) &&
	     read_holidays(&r, json_object_get(o, "holidays")) &&
	     read_pauses(&r, json_object_get(o, "pauses")) &&
	     read_budget(&r, o);
	at(&r, "start");
	ok = ok && read_instant(&r, json_object_get(o, "start"), &t->start_s);
	if (ok)
		calendar_finish(t->calendar);
	else
		sla_case_release(t);
	return ok;
}

void
sla_case_release(struct sla_case *t)
{
	calendar_free(&t->calendar);
	MEM_CLEAR(&t->pauses);
	t->pause_count = 0;
}

int64_t
sla_case_due(const struct sla_case *t)
{
	if (t->days >= 0)
		return deadline_days(t->calendar, t->start_s, t->days,
				     t->pauses, t->pause_count);
	return deadline_due(t->calendar, t->start_s, t->budget_s, t->pauses,
			    t->pause_count);
}
