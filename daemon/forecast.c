#include "daemon/forecast.h"

#include <math.h>
#include <string.h>

#define BAND 1.2816      /* deviations to each side of 80 of 100 */
#define MAD_SCALE 1.4826 /* of a normal distribution's median deviation */
#define TRIM_FROM 4      /* weeks, to leave the highest and lowest out */
#define TREND_LOW 0.5
#define TREND_HIGH 2.0
#define PAIRS (FORECAST_WEEKS * (FORECAST_WEEKS - 1) / 2)

static void
sort(double *v, int n)
{
	int i;

	for (i = 1; i < n; i++) {
		double x = v[i];
		int k = i;

		for (; k > 0 && v[k - 1] > x; k--)
			v[k] = v[k - 1];
		v[k] = x;
	}
}

/* Of sorted numbers. */
static double
median(const double *v, int n)
{
	return n % 2 != 0 ? v[n / 2] : (v[n / 2 - 1] + v[n / 2]) / 2;
}

/* Of sorted numbers, without the ends if there are enough. */
static double
trimmed_mean(const double *v, int n)
{
	int cut = n >= TRIM_FROM ? 1 : 0;
	double sum = 0;
	int i;

	for (i = cut; i < n - cut; i++)
		sum += v[i];
	return sum / (n - 2 * cut);
}

/* The spread around the median as a normal distribution's deviation. */
static double
spread(const double *v, int n)
{
	double off[FORECAST_WEEKS];
	double mid = median(v, n);
	int i;

	for (i = 0; i < n; i++)
		off[i] = fabs(v[i] - mid);
	sort(off, n);
	return MAD_SCALE * median(off, n);
}

/* A week's total without the days on which any of the weeks was unusual, so
 * that weeks can be compared. */
static double
comparable(const struct forecast_week *weeks, int n, int at)
{
	double sum = 0;
	int day;
	int i;

	for (day = 0; day < 7; day++) {
		bool skip = false;

		for (i = 0; i < n; i++)
			skip = skip || weeks[i].unusual[day];
		for (i = 0; !skip && i < FORECAST_DAY; i++)
			sum += weeks[at].count[day * FORECAST_DAY + i];
	}
	return sum;
}

/* Steps that count of those from the middle of the weeks to the one after. */
static double
damped_steps(int n)
{
	double step = 1;
	double sum = 0;
	int i;

	for (i = 0; i < (n + 2) / 2; i++) {
		step *= FORECAST_DAMP;
		sum += step;
	}
	return sum;
}

/* By what the level of the weeks is multiplied. */
static double
trend_of(const struct forecast_week *weeks, int n)
{
	double total[FORECAST_WEEKS];
	double slope[PAIRS];
	double mean = 0;
	double factor;
	int pairs = 0;
	int i;
	int k;

	if (n < TRIM_FROM)
		return 1;
	for (i = 0; i < n; i++) {
		total[i] = comparable(weeks, n, i);
		mean += total[i] / n;
	}
	if (mean <= 0)
		return 1;
	for (i = 0; i < n; i++)
		for (k = i + 1; k < n; k++)
			slope[pairs++] = (total[k] - total[i]) / (k - i);
	sort(slope, pairs);
	factor = 1 + median(slope, pairs) / mean * damped_steps(n);
	return factor < TREND_LOW    ? TREND_LOW
	       : factor > TREND_HIGH ? TREND_HIGH
				     : factor;
}

static void
half_make(const struct forecast_week *weeks, int n, int slot, double trend,
	  struct forecast_half *out)
{
	double v[FORECAST_WEEKS];
	double off;
	int have = 0;
	int i;

	for (i = 0; i < n; i++)
		if (!weeks[i].unusual[slot / FORECAST_DAY])
			v[have++] = weeks[i].count[slot];
	if (have == 0)
		return;
	sort(v, have);
	out->mean = trimmed_mean(v, have) * trend;
	off = fmax(sqrt(out->mean), spread(v, have) * trend) * BAND;
	out->low = fmax(0, out->mean - off);
	out->high = out->mean + off;
}

void
forecast_make(const struct forecast_week *weeks, int n, struct forecast *out)
{
	int slot;

	memset(out, 0, sizeof *out);
	if (n > FORECAST_WEEKS) {
		weeks += n - FORECAST_WEEKS;
		n = FORECAST_WEEKS;
	}
	out->weeks = n;
	out->trend = 1;
	if (n <= 0)
		return;
	out->trend = trend_of(weeks, n);
	for (slot = 0; slot < FORECAST_SLOTS; slot++)
		half_make(weeks, n, slot, out->trend, &out->half[slot]);
}

void
forecast_error(const struct forecast *f, const struct forecast_week *came,
	       struct forecast_error *out)
{
	double halves = 0;
	double days = 0;
	double sum = 0;
	int day;
	int i;

	for (day = 0; day < 7; day++) {
		double off = 0;

		for (i = 0; i < FORECAST_DAY; i++) {
			int slot = day * FORECAST_DAY + i;
			double d = f->half[slot].mean - came->count[slot];

			halves += fabs(d);
			off += d;
			sum += came->count[slot];
		}
		days += fabs(off);
	}
	out->halves = sum > 0 ? halves / sum : -1;
	out->days = sum > 0 ? days / sum : -1;
}
