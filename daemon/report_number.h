#ifndef POSTIGO_REPORT_NUMBER_H
#define POSTIGO_REPORT_NUMBER_H

/*
 * report_number: numbers, durations and dates of reports as each language
 * writes them. Each function appends to b.
 *
 *              Spanish          English
 *   count      12.345           12,345       (Spanish: from five digits on)
 *   share      92,5 %           92.5%        (basis points; a last 0 goes)
 *   seconds    4 h 05 min       4 h 05 min
 *   date       16/11/2026       16 Nov 2026
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/report_text.h"

struct buf;
struct zone;

void number_count(struct buf *b, enum report_language l, int64_t n);

/* Of basis points: 9250 is 92.5 %. */
void number_share(struct buf *b, enum report_language l, int64_t points);

/* Seconds: below ten minutes to the second, else in whole minutes. */
void number_duration(struct buf *b, int64_t seconds);

/* A date, days since 1970-01-01. */
void number_date(struct buf *b, enum report_language l, int64_t day);

/* The date and minute of an instant in a zone. */
void number_instant(struct buf *b, enum report_language l, const struct zone *z,
		    int64_t t_s);

/* From since_s to until_s: as dates where both are midnights of the zone. */
void number_range(struct buf *b, enum report_language l, const struct zone *z,
		  int64_t since_s, int64_t until_s);

/*
 * A value of a report.
 * unit  count, share, seconds, minutes; another: the number or text as it is
 * v     NULL or null: a dash
 */
void number_value(struct buf *b, enum report_language l, const char *unit,
		  const json_t *v);

#endif
