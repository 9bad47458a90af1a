#include "daemon/wall.h"

#include "rules/calendar.h"

#define MONDAY_OFFSET 3 /* 1970-01-01 was a Thursday */
#define ZONE_DAYS 2     /* no zone is further from UTC */

int64_t
wall_label(const struct calendar *c, int64_t t_s)
{
	int64_t until;

	return t_s + calendar_offset(c, t_s, &until);
}

int64_t
wall_second(const struct calendar *c, int64_t t_s)
{
	return ((wall_label(c, t_s) % DAY_S) + DAY_S) % DAY_S;
}

int64_t
wall_day(const struct calendar *c, int64_t t_s)
{
	int64_t l = wall_label(c, t_s);

	return (l - ((l % DAY_S) + DAY_S) % DAY_S) / DAY_S;
}

int
wall_weekday(int64_t day)
{
	return (int)(((day + MONDAY_OFFSET) % WALL_WEEK + WALL_WEEK) %
		     WALL_WEEK);
}

int64_t
wall_day_start(const struct calendar *c, int64_t day)
{
	int64_t low = (day - ZONE_DAYS) * DAY_S; /* before it */
	int64_t high = (day + ZONE_DAYS) * DAY_S;

	while (high - low > 1) {
		int64_t mid = low + (high - low) / 2;

		if (wall_day(c, mid) < day)
			low = mid;
		else
			high = mid;
	}
	return high;
}
