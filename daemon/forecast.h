#ifndef POSTIGO_FORECAST_H
#define POSTIGO_FORECAST_H

/*
 * forecast: how many come in each half hour of a week, from the weeks before
 * it. Pure arithmetic on counts.
 *
 * A half hour of the week is expected to bring what the same half hour brought
 * in up to 8 weeks: their mean without the highest and the lowest one (from 4
 * weeks on), moved by the trend of the weeks' totals. The trend is the
 * median of the slopes between all pairs of weeks (Theil and Sen) and is
 * damped: each week ahead takes over FORECAST_DAMP of the step before.
 * The band holds 80 of 100: 1.2816 standard deviations to each side, where the
 * deviation is the larger of Poisson's and the one seen (from the median of
 * the absolute deviations). Weeks that are marked as unusual on a day are
 * left out of that day.
 */

#include <stdbool.h>
#include <stdint.h>

#define FORECAST_SLOTS 336 /* half hours of a week, from Monday at 0:00 */
#define FORECAST_DAY 48    /* of a day */
#define FORECAST_WEEKS 8   /* looked back on for one week */
#define FORECAST_DAMP 0.8

/* What came in one week. */
struct forecast_week {
	int32_t count[FORECAST_SLOTS];
	bool unusual[7]; /* holidays and the like */
};

struct forecast_half {
	double mean;
	double low;
	double high;
};

struct forecast {
	struct forecast_half half[FORECAST_SLOTS];
	int weeks;    /* that it is made of; 0: nothing is known, all is 0 */
	double trend; /* what a slot's mean was multiplied by */
};

/*
 * The week after the last of n weeks, oldest first; of more than
 * FORECAST_WEEKS the last ones count.
 */
void forecast_make(const struct forecast_week *weeks, int n,
		   struct forecast *out);

/* How far a forecast was from what came: the sum of the differences by the sum
 * of what came, in half hours and in whole days. */
struct forecast_error {
	double halves; /* -1: nothing came, so there is none */
	double days;
};

void forecast_error(const struct forecast *f, const struct forecast_week *came,
		    struct forecast_error *out);

#endif
