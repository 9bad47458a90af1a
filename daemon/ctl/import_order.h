#ifndef POSTIGO_IMPORT_ORDER_H
#define POSTIGO_IMPORT_ORDER_H

/*
 * import_order: rows of a file as neutral orders (schema/ORDERS.md). An order
 * is one row or several that follow one another: what is the order's own is
 * the same in each of them or empty, each row may add a line and a parcel.
 * Pure; one order is in memory.
 */

#include <jansson.h>
#include <stdbool.h>

#include "daemon/ctl/import_cell.h"
#include "daemon/ctl/import_csv.h"
#include "daemon/ctl/import_map.h"

struct zone;

#define IMPORT_ORDER_ROWS 1000    /* of one order */
#define IMPORT_ORDER_BYTES 524288 /* octets of its cells */
#define IMPORT_BAD_MAX 320        /* octets of what is wrong with one */

/* How the whole file is written. Borrowed. */
struct import_form {
	enum preset preset;
	enum cell_mark mark;   /* MARK_POINT or MARK_COMMA */
	enum cell_order dates; /* ORDER_DAY or ORDER_MONTH, where it matters */
	const struct zone *zone; /* of times without an offset; NULL: UTC */
	const char *currency;    /* where no column says it; NULL: none */
	const char *country;     /* the same; of telephone numbers */
};

struct import_order;

/* form and map are borrowed until it is freed. */
struct import_order *import_order_new(const struct import_form *form,
				      const struct import_map *map);
void import_order_free(struct import_order **o);

/* What rows of one order have in common; "": the row does not say.
 * Borrowed. */
const char *import_order_key(const struct import_map *map,
			     const struct csv_row *row);

/* Has it rows that were not taken out? */
bool import_order_any(const struct import_order *o);

/* Is it this row's order? */
bool import_order_is(const struct import_order *o, const struct csv_row *row);

/* Add a row of it; what is wrong is kept and said by import_order_take(). */
void import_order_add(struct import_order *o, const struct csv_row *row);

/* A row among its rows could not be read: the order is refused. */
void import_order_spoil(struct import_order *o, long long line);

struct import_taken {
	json_t *order;            /* new; NULL: bad says why */
	char id[160];             /* its external id, cut */
	char bad[IMPORT_BAD_MAX]; /* what is wrong */
	long long line;           /* of bad; else of its first row */
	long long last;           /* line on which its last row ends */
};

/* The order of the rows that were added; it is empty again. */
void import_order_take(struct import_order *o, struct import_taken *out);

#endif
