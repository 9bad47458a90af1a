#ifndef POSTIGO_ERLANG_H
#define POSTIGO_ERLANG_H

/*
 * erlang: how long those who ask for a service at random wait for one of n
 * who serve. Pure arithmetic; shares are from 0 to 1, times in seconds.
 *
 * Arrivals are a Poisson stream, service and patience are exponential. With
 * patience it is Erlang A (M/M/n+M), without it Erlang C, which the first
 * tends to as patience grows. What is counted is every arrival: one that
 * leaves unserved was not answered in time.
 */

#define ERLANG_SERVERS_MAX 1000 /* n beyond it is taken for it */

struct erlang_load {
	double per_hour;   /* arrivals */
	double handling_s; /* mean service */
	double patience_s; /* mean patience; 0: nobody leaves */
};

struct erlang {
	double within; /* share of arrivals served within the time asked */
	double left;   /* share that left unserved */
	double waits;  /* share that does not find one free at once */
	double wait_s; /* mean wait, of those who left too; infinite: without
			  patience, and more come than can be served */
	double busy;   /* share of their time that the n are at work */
};

/*
 * Erlang B, the probability that all n are busy where nobody waits:
 * B(0) = 1, B(k) = a B(k-1) / (k + a B(k-1)).
 * a  offered load: arrivals an hour times hours of service
 */
double erlang_b(double a, int n);

/* Offered load: how many would be at work if nobody waited. */
double erlang_offered(const struct erlang_load *l);

/* What n who serve make of a load; within_s >= 0. */
void erlang_serve(const struct erlang_load *l, int n, double within_s,
		  struct erlang *out);

/*
 * The smallest n up to max that serves a share within the time.
 * max + 1: not even max do.
 */
int erlang_needed(const struct erlang_load *l, double share, double within_s,
		  int max);

#endif
