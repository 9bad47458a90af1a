#ifndef POSTIGO_IMPORT_CELL_H
#define POSTIGO_IMPORT_CELL_H

/*
 * import_cell: what a cell of a spreadsheet says: money, a count, an instant.
 * Pure. How money and dates are written holds for a whole file and is given;
 * what one cell gives away about it is asked for apart, so that nothing is
 * guessed cell by cell. No money passes through floating point.
 */

#include <stdbool.h>
#include <stdint.h>

#define CELL_MONEY_MAX 24 /* of a text of money, with its end */

/* Which mark stands before decimals? */
enum cell_mark {
	MARK_NONE,   /* it has none: 12 */
	MARK_POINT,  /* 12.50, 1,234.50, 1,234,567 */
	MARK_COMMA,  /* 12,50 */
	MARK_EITHER, /* 1.234, 1,234 */
	MARK_BAD     /* it is not money */
};

enum cell_mark cell_mark(const char *s);

/*
 * Money as plain decimal text: "-1234.50" for "-1.234,50 EUR". Taken: a sign,
 * thousands in threes (the other mark, spaces, apostrophes), a currency's code
 * or sign before or after.
 *
 * mark   MARK_POINT or MARK_COMMA
 * false  it is none, or has over 15 digits
 */
bool cell_money(const char *s, enum cell_mark mark, char out[CELL_MONEY_MAX]);

/* A count: 2, 2.00. false: it is none from -1,000,000 to 1,000,000. */
bool cell_count(const char *s, enum cell_mark mark, int64_t *out);

/* In which order are day and month? */
enum cell_order {
	ORDER_NONE,   /* it says no day: "", 0000-00-00 */
	ORDER_ISO,    /* 2026-01-31 */
	ORDER_DAY,    /* 31/01/2026 */
	ORDER_MONTH,  /* 01/31/2026 */
	ORDER_EITHER, /* 02/01/2026 */
	ORDER_BAD     /* it is no date */
};

enum cell_order cell_order(const char *s);

struct cell_time {
	int64_t label_s;  /* as written, as if it were UTC */
	int32_t offset_s; /* east of UTC, if it says so */
	bool offset;
};

/*
 * A day, or an instant: 2026-01-31, 31/01/2026 10:30, 2026-01-31T10:30:00Z,
 * 2026-01-31 10:30:00 +0100, 1/31/2026 10:30 PM. A day is its midnight.
 *
 * order  ORDER_DAY or ORDER_MONTH; else it must begin with the year
 * false  it is none, or has no such day
 */
bool cell_time(const char *s, enum cell_order order, struct cell_time *out);

#endif
