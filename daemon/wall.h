#ifndef POSTIGO_WALL_H
#define POSTIGO_WALL_H

/*
 * wall: what a clock on the wall of a calendar's zone shows. Pure.
 */

#include <stdint.h>

struct calendar;

#define WALL_WEEK 7

/* Seconds since 1970 as the wall counts them. */
int64_t wall_label(const struct calendar *c, int64_t t_s);

/* Its date, in days since 1970-01-01. */
int64_t wall_day(const struct calendar *c, int64_t t_s);

/* Second of the local day. */
int64_t wall_second(const struct calendar *c, int64_t t_s);

/* Its weekday, from 0, Monday. */
int wall_weekday(int64_t day);

/* The first instant of a date; of one that the zone left out, of the next. */
int64_t wall_day_start(const struct calendar *c, int64_t day);

#endif
