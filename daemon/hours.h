#ifndef POSTIGO_HOURS_H
#define POSTIGO_HOURS_H

/*
 * hours: is a calendar open at an instant, and when does that change? Pure.
 */

#include <stdbool.h>
#include <stdint.h>

struct calendar;

#define HOURS_AHEAD_S ((int64_t)8 * 86400) /* a closing is looked for so far */

struct hours {
	bool open;
	int64_t opens_s;  /* closed: the next opening; 0: none is known */
	int64_t closes_s; /* open: the next closing; 0: none within 8 days */
};

void hours_at(const struct calendar *c, int64_t now_s, struct hours *out);

#endif
