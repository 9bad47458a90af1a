#ifndef POSTIGO_PACE_H
#define POSTIGO_PACE_H

/*
 * pace: how long to wait before something that failed is tried again, and
 * the other times of mailboxes that tests shorten.
 *
 * For tests alone: the environment variable POSTIGO_TEST_PACE_MS, a number of
 * milliseconds, takes the place of PACE_MS and of PACE_AUTH_MS (ceilings keep
 * their proportion), and POSTIGO_TEST_LEASE_MS that of PACE_LEASE_MS and, if it
 * is shorter, of all leases. Both are read when the program starts.
 */

#include <stdbool.h>
#include <stdint.h>

#define PACE_MS 5000                 /* the first wait */
#define PACE_MS_MAX (5 * 60 * 1000)  /* the longest */
#define PACE_AUTH_MS (5 * 60 * 1000) /* after a refused log-in */
#define PACE_AUTH_MS_MAX (60 * 60 * 1000)
#define PACE_LEASE_MS 600000 /* of deliveries that leave by SMTP */

/* Once, before any thread starts. */
void pace_start(void);

/*
 * The wait after so many failures in a row (1 or more), in milliseconds,
 * doubled each time up to the ceiling, a quarter of it by chance.
 * auth  the log-in was refused: a program that goes on gets locked out
 */
int64_t pace_ms(unsigned failures, bool auth);

int pace_lease_ms(void);

#endif
