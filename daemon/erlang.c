#include "daemon/erlang.h"

#include <math.h>

#define STEPS 120 /* of each integral; even, for Simpson's rule */
#define TAIL 40.0 /* e to its negative power is nothing beside 1 */
#define HOUR 3600.0

/*
 * Erlang A after the density of the wait that an arrival with endless
 * patience would see (Baccelli and Hebuterne, 1981): with
 *	f(x) = exp(lambda H(x) - n mu x), H(x) = (1 - exp(-theta x)) / theta
 * the wait is over 0 with probability lambda J / (eps + lambda J), where J is
 * the integral of f and eps = 1 / B(n - 1). All is divided by the peak of f,
 * which is huge where more come than can be served.
 */
struct wait {
	double lambda; /* arrivals a second */
	double rate;   /* n mu: served a second while all are busy */
	double theta;  /* leave a second, of one who waits; 0: nobody */
	double peak;   /* of the exponent */
};

/* The exponent of f. */
static double
wait_power(const struct wait *w, double x)
{
	double h = w->theta > 0 ? -expm1(-w->theta * x) / w->theta : x;

	return w->lambda * h - w->rate * x;
}

/* Where f is largest. */
static double
wait_mode(const struct wait *w)
{
	if (w->lambda <= w->rate)
		return 0;
	return log(w->lambda / w->rate) / w->theta;
}

/* From where on nothing of f is left. */
static double
wait_end(const struct wait *w, double mode)
{
	double step = TAIL / w->rate;
	double x = mode + step;

	while (wait_power(w, x) > w->peak - TAIL)
		x += step;
	return x;
}

/* Integral from a to b of f, times the probability of being there still if
 * stay is set. */
static double
wait_area(const struct wait *w, double a, double b, int stay)
{
	double step = (b - a) / STEPS;
	double sum = 0;
	int i;

	if (b <= a)
		return 0;
	for (i = 0; i <= STEPS; i++) {
		double x = a + i * step;
		double y = exp(wait_power(w, x) - w->peak -
			       (stay ? w->theta * x : 0));

		sum += i == 0 || i == STEPS ? y : i % 2 != 0 ? 4 * y : 2 * y;
	}
	return sum * step / 3;
}

/* The same from a to the end, in pieces around the points that matter. */
static double
wait_whole(const struct wait *w, double from, double mode, double end, int stay)
{
	double mid = (mode + end) / 2;
	double low = mode > from ? mode : from;

	return wait_area(w, from, mode, stay) + wait_area(w, low, mid, stay) +
	       wait_area(w, low > mid ? low : mid, end, stay);
}

double
erlang_b(double a, int n)
{
	double b = 1;
	int k;

	for (k = 1; k <= n; k++)
		b = a * b / (k + a * b);
	return b;
}

double
erlang_offered(const struct erlang_load *l)
{
	return l->per_hour * l->handling_s / HOUR;
}

/* Nobody leaves: Erlang C. */
static void
serve_patient(double a, int n, double handling_s, double within_s,
	      struct erlang *out)
{
	double b = erlang_b(a, n);
	double free = n - a;

	*out = (struct erlang){ .waits = 1, .wait_s = INFINITY, .busy = 1 };
	if (free <= 0)
		return;
	out->waits = n * b / (n - a * (1 - b));
	out->within = 1 - out->waits * exp(-free * within_s / handling_s);
	out->wait_s = out->waits * handling_s / free;
	out->busy = a / n;
}

/* Some leave: Erlang A. */
static void
serve_impatient(const struct erlang_load *l, double a, int n, double within_s,
		struct erlang *out)
{
	struct wait w = { .lambda = l->per_hour / HOUR,
			  .rate = n / l->handling_s,
			  .theta = 1 / l->patience_s };
	double mode = wait_mode(&w);
	double end;
	double soon;
	double all;
	double served;
	double j;

	w.peak = wait_power(&w, mode);
	end = wait_end(&w, mode);
	j = wait_whole(&w, 0, mode, end, 0);
	all = exp(-w.peak) / erlang_b(a, n - 1) + w.lambda * j;
	served = w.lambda * wait_whole(&w, 0, mode, end, 1) / all;
	soon = w.lambda *
	       (wait_whole(&w, 0, mode, end, 1) -
		(within_s < end ? wait_whole(&w, within_s, mode, end, 1) : 0)) /
	       all;
	out->waits = w.lambda * j / all;
	out->left = out->waits - served;
	out->within = 1 - out->waits + soon;
	out->wait_s = out->left * l->patience_s;
	out->busy = a * (1 - out->left) / n;
}

static double
share_of(double v)
{
	return v < 0 ? 0 : v > 1 ? 1 : v;
}

void
erlang_serve(const struct erlang_load *l, int n, double within_s,
	     struct erlang *out)
{
	double a = erlang_offered(l);

	*out = (struct erlang){ .within = 1 };
	if (a <= 0)
		return;
	if (n > ERLANG_SERVERS_MAX)
		n = ERLANG_SERVERS_MAX;
	if (n <= 0)
		*out = (struct erlang){ .waits = 1,
					.left = l->patience_s > 0 ? 1 : 0,
					.wait_s = l->patience_s > 0
							  ? l->patience_s
							  : INFINITY,
					.busy = 1 };
	else if (l->patience_s > 0)
		serve_impatient(l, a, n, within_s, out);
	else
		serve_patient(a, n, l->handling_s, within_s, out);
	out->within = share_of(out->within);
	out->left = share_of(out->left);
	out->busy = share_of(out->busy);
}

int
erlang_needed(const struct erlang_load *l, double share, double within_s,
	      int max)
{
	struct erlang e;
	int n;

	for (n = 0; n <= max; n++) {
		erlang_serve(l, n, within_s, &e);
		if (e.within >= share)
			return n;
	}
	return max + 1;
}
