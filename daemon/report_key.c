/* report_key: local time, and the keys of groups. */

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/report_p.h"
#include "rules/zone.h"

#define DAY_S 86400
#define HOUR_S 3600
#define HALF_S 1800
#define THURSDAY 3                      /* 1970-01-01, counted from Monday */
#define ZONE_FAR_S ((int64_t)2 * DAY_S) /* no zone is so far from UTC */

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t
report_local(struct report *r, int64_t at_s)
{
	if (at_s < r->offset_from_s || at_s >= r->offset_until_s) {
		r->offset_s = zone_offset(r->zone, at_s, &r->offset_until_s);
		r->offset_from_s = at_s;
	}
	return at_s + r->offset_s;
}

int64_t
report_instant(struct report *r, int64_t local_s)
{
	int64_t at = local_s - ZONE_FAR_S;

	/* from one change of the zone to the next */
	while (report_local(r, at) < local_s) {
		int64_t there = local_s - r->offset_s;

		at = there < r->offset_until_s ? there : r->offset_until_s;
	}
	return at;
}

void
report_date(int64_t day, char out[TALLY_KEY])
{
	int64_t year;
	int month;
	int date;

	clock_date(day, &year, &month, &date);
	(void)snprintf(out, TALLY_KEY, "%04lld-%02d-%02d", (long long)year,
		       month, date);
}

void
report_day(struct report *r, int64_t at_s, char out[TALLY_KEY])
{
	report_date(floor_div(report_local(r, at_s), DAY_S), out);
}

void
report_hour(struct report *r, int64_t at_s, char out[TALLY_KEY])
{
	int64_t local = report_local(r, at_s);
	int64_t day = floor_div(local, DAY_S);
	int64_t weekday = day + THURSDAY - 7 * floor_div(day + THURSDAY, 7);

	(void)snprintf(out, TALLY_KEY, "%d-%02d", (int)weekday + 1,
		       (int)((local - day * DAY_S) / HOUR_S));
}

void
report_half(struct report *r, int64_t at_s, char out[TALLY_KEY])
{
	int64_t local = report_local(r, at_s);
	int64_t second = local - floor_div(local, DAY_S) * DAY_S;

	(void)snprintf(out, TALLY_KEY, "%02d:%02d", (int)(second / HOUR_S),
		       (int)(second / HALF_S % 2 * 30));
}

/* Groups whose keys are words of the fact itself. */
static const char *
word_of(const char *group, const struct fact *f)
{
	const struct {
		const char *group;
		const char *word;
	} words[] = {
		{ "clock", f->name },      { "policy", f->policy },
		{ "channel", f->channel }, { "queue", f->queue },
		{ "team", f->team },       { "reason", f->reason },
		{ "basis", f->name },
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].group, group) == 0)
			return words[i].word;
	/* the last: cause */
	return f->cause[0] != '\0' ? f->cause : "unknown";
}

void
report_key(struct report *r, const struct fact *f, char out[TALLY_KEY])
{
	const char *g = r->group;

	if (strcmp(g, "hour") == 0)
		report_hour(r, f->at_s, out);
	else if (strcmp(g, "day") == 0)
		report_day(r, f->at_s, out);
	else if (strcmp(g, "half_hour") == 0)
		report_half(r, f->at_s, out);
	else if (strcmp(g, "agent") == 0)
		(void)snprintf(out, TALLY_KEY, "%lld", (long long)f->agent_id);
	else if (strcmp(g, "version") == 0)
		(void)snprintf(out, TALLY_KEY, "%lld",
			       (long long)f->book_version);
	else
		(void)snprintf(out, TALLY_KEY, "%s", word_of(g, f));
}
