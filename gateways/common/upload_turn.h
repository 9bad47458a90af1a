#ifndef POSTIGO_UPLOAD_TURN_H
#define POSTIGO_UPLOAD_TURN_H

/*
 * upload_turn: how long somebody may keep one of the few places for uploads
 * while others wait for one.
 *
 * For tests alone: the environment variable POSTIGO_TEST_UPLOAD_MS, a number of
 * milliseconds, takes the place of UPLOAD_TURN_MS, and all goes faster with it.
 */

#include <stdbool.h>
#include <stdint.h>

#define UPLOAD_TURN_MS 20000             /* for the first octets */
#define UPLOAD_TURN_RATE (64 * 1024)     /* octets in a second, after that */
#define UPLOAD_TURN_LOOK_MS 1000         /* between two looks */
#define UPLOAD_TURN_TEST_MS_MAX (600000) /* of the variable */

/* Is it too slow? bytes have come in ms. */
bool upload_turn_slow(int64_t ms, int64_t bytes);

#endif
