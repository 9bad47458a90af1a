#ifndef POSTIGO_IMPORT_MAP_H
#define POSTIGO_IMPORT_MAP_H

/*
 * import_map: which column of a file is which member of an order. A preset
 * knows what a shop's own export calls its columns; without one the names of
 * schema/ORDERS.md and their likes are known. Pure.
 *
 * Names are compared by their letters and digits alone, in lower case:
 * "Order #", "order" and "ORDER_" are one.
 */

#include <stdbool.h>
#include <stddef.h>

/* What a column says. COL_ROWS: rows with the same value are one order; else
 * those with the same COL_ID are. */
enum col {
	COL_ROWS,
	COL_ID,
	COL_NUMBER,
	COL_URL,
	COL_STATUS,
	COL_PAYMENT_STATUS, /* of a shop that has two of them */
	COL_FULFILMENT_STATUS,
	COL_CURRENCY,
	COL_TOTAL,
	COL_SUBTOTAL,
	COL_SHIPPING_TOTAL,
	COL_TAX_TOTAL,
	COL_DISCOUNT_TOTAL,
	COL_REFUNDED_TOTAL,
	COL_PLACED,
	COL_UPDATED,
	COL_PAID,
	COL_CANCELLED,
	COL_CANCEL_REASON,
	COL_NOTE,
	COL_TAGS,
	COL_CUSTOMER_ID,
	COL_EMAIL,
	COL_PHONE,
	COL_NAME,
	COL_FIRST_NAME,
	COL_LAST_NAME,
	COL_LOCALE,
	COL_COUNTRY,
	COL_SHIP_NAME,
	COL_SHIP_ADDRESS,
	COL_SHIP_CITY,
	COL_SHIP_POSTCODE,
	COL_SHIP_COUNTRY,
	COL_PAYMENT_METHOD,
	COL_TRANSACTION,
	/* from here on of a row's own */
	COL_LINE_ID,
	COL_PRODUCT_ID,
	COL_VARIANT_ID,
	COL_SKU,
	COL_ITEM_NAME,
	COL_VARIANT,
	COL_QUANTITY,
	COL_UNIT_PRICE,
	COL_ITEM_TOTAL,
	COL_CARRIER,
	COL_TRACKING,
	COL_TRACKING_URL,
	COL_SHIPPED,
	COL_PROMISED,
	COL_DELIVERED,
	COL_COUNT
};

#define COL_ORDER_END COL_LINE_ID /* those before it are of the order */

enum col_form {
	COL_TEXT,
	COL_MONEY,
	COL_TIME,
	COL_NUMBER_OF /* a count */
};

enum col_form col_form(enum col c);

enum preset {
	PRESET_NONE,
	PRESET_WOO,
	PRESET_SHOPIFY,
	PRESET_PRESTASHOP
};

/* false: no such name. */
bool preset_find(const char *name, enum preset *out);
const char *preset_name(enum preset p);

#define MAP_HEAD_MAX 48 /* octets of a column's own name, with its end */

/* Which cell of a row is which; at[COL_...] is -1 where there is none. */
struct import_map {
	int at[COL_COUNT];
	char head[COL_COUNT][MAP_HEAD_MAX]; /* what the file calls it, cut */
	size_t known;                       /* columns that are read */
};

/*
 * Read the names of a file's first row.
 * The first of two columns of one meaning counts.
 */
void import_map_read(struct import_map *m, enum preset p,
		     const char *const *cell, size_t count);

/* Is that cell's column one that is read? */
bool import_map_reads(const struct import_map *m, size_t cell);

/* Can orders be made of it? NULL, or what it lacks: static. */
const char *import_map_lacks(const struct import_map *m);

/* A column's value in a row; "" where there is none. Borrowed. */
const char *import_map_cell(const struct import_map *m, enum col c,
			    const char *const *cell, size_t count);

#endif
