#ifndef POSTIGO_CLOCK_H
#define POSTIGO_CLOCK_H

/*
 * clock: what instant is it, and instants as text.
 *
 * clock_now_ms() is CLOCK_REALTIME unless a test set another source;
 * clock_tick_ms() is CLOCK_MONOTONIC and only for time-outs. Instants are
 * milliseconds (_ms) or whole seconds (_s) since 1970-01-01T00:00:00Z.
 * Here is no time zone: see rules/zone.h.
 */

#include <stdbool.h>
#include <stdint.h>

/* The instant now. Environment POSTIGO_TEST_CLOCK_FILE, read when the
 * process starts, names a file whose decimal content is added as seconds. */
int64_t clock_now_ms(void);

/* Monotonic milliseconds, for time-outs only. */
int64_t clock_tick_ms(void);

/* "2026-01-05T09:00:00.123Z" (milliseconds) into out[25]. */
void clock_iso_ms(int64_t t_ms, char out[32]);

/* "2026-01-05T09:00:00Z" into out. */
void clock_iso_s(int64_t t_s, char out[32]);

/*
 * Read ISO 8601 UTC, with or without fraction, ending in Z.
 * false: malformed, or outside the years 1970 to 9999.
 */
bool clock_parse(const char *s, int64_t *t_ms_out);

/* Days since 1970-01-01 of a proleptic Gregorian date, and back. */
int64_t clock_days(int64_t year, int month, int day);
void clock_date(int64_t days, int64_t *year, int *month, int *day);

#endif
