#include "daemon/ctl/import_order.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/ctl/import_status.h"
#include "rules/zone.h"

#define DAY_S 86400
#define CHANGES_MAX 8 /* of a zone around one label */
#define SHOWN_MAX 40  /* octets of a cell in a message */

struct import_order {
	const struct import_form *form;
	const struct import_map *map;
	char *key; /* NULL: no rows */
	char *own[COL_ORDER_END];
	long long own_line[COL_ORDER_END]; /* that said it first */
	json_t *lines;
	json_t *shipments;
	json_t *promised; /* an instant, or NULL */
	size_t rows;
	size_t bytes;    /* of its cells that are read, about */
	long long first; /* lines */
	long long last;
	long long bad_line;
	char bad[IMPORT_BAD_MAX];
};

struct import_order *
import_order_new(const struct import_form *form, const struct import_map *map)
{
	struct import_order *o = mem_new(1, sizeof *o);

	o->form = form;
	o->map = map;
	return o;
}

static void
clear(struct import_order *o)
{
	MEM_CLEAR(&o->key);
	for (int c = 0; c < COL_ORDER_END; c++)
		MEM_CLEAR(&o->own[c]);
	json_decref(o->lines);
	json_decref(o->shipments);
	json_decref(o->promised);
	*o = (struct import_order){ .form = o->form, .map = o->map };
}

void
import_order_free(struct import_order **o)
{
	if (*o == NULL)
		return;
	clear(*o);
	MEM_CLEAR(o);
}

const char *
import_order_key(const struct import_map *map, const struct csv_row *row)
{
	static const enum col by[] = { COL_ROWS, COL_ID, COL_NUMBER };

	for (size_t i = 0; i < sizeof(by) / sizeof(by[0]); i++)
		if (map->at[by[i]] >= 0)
			return import_map_cell(map, by[i], row->cell,
					       row->count);
	return "";
}

bool
import_order_any(const struct import_order *o)
{
	return o->key != NULL;
}

bool
import_order_is(const struct import_order *o, const struct csv_row *row)
{
	return o->key != NULL &&
	       strcmp(o->key, import_order_key(o->map, row)) == 0;
}

/* The first thing that is wrong is the one that is said. */
static void bad(struct import_order *o, long long line, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static void
bad(struct import_order *o, long long line, const char *fmt, ...)
{
	va_list ap;

	if (o->bad[0] != '\0')
		return;
	o->bad_line = line;
	va_start(ap, fmt);
	(void)vsnprintf(o->bad, sizeof o->bad, fmt, ap);
	va_end(ap);
}

static int
shown(const char *s)
{
	return (int)utf8_cut(s, strlen(s), SHOWN_MAX);
}

/* A cell that is not what its column is for: by the file's own name. */
static void
bad_cell(struct import_order *o, enum col c, const char *s, long long line,
	 const char *what)
{
	bad(o, line, "column %d '%s' is %s: '%.*s'", o->map->at[c] + 1,
	    o->map->head[c], what, shown(s), s);
}

/* --- cells ---------------------------------------------------------------- */

static const char *
trim(const char *s, size_t *n)
{
	s += strspn(s, " \t\r\n");
	*n = strlen(s);
	while (*n > 0 && strchr(" \t\r\n", s[*n - 1]) != NULL)
		(*n)--;
	return s;
}

/* Seconds of UTC of what clocks of the zone show; of an hour that is lived
 * twice the first one, of one that is skipped its end. */
static int64_t
from_label(const struct zone *z, int64_t label_s)
{
	int64_t t_s = label_s - 2 * DAY_S;
	int64_t at_s = label_s;
	int64_t until_s;

	for (int i = 0; z != NULL && i < CHANGES_MAX; i++) {
		at_s = label_s - zone_offset(z, t_s, &until_s);
		if (at_s < t_s)
			return t_s;
		if (at_s < until_s)
			break;
		t_s = until_s;
	}
	return at_s;
}

static json_t *
take_time(struct import_order *o, enum col c, const char *s, long long line)
{
	struct cell_time t;
	char iso[32];

	if (cell_order(s) == ORDER_NONE)
		return NULL;
	if (!cell_time(s, o->form->dates, &t)) {
		bad_cell(o, c, s, line, "no date");
		return NULL;
	}
	clock_iso_s(t.offset ? t.label_s - t.offset_s
			     : from_label(o->form->zone, t.label_s),
		    iso);
	return json_string(iso);
}

static json_t *
take_money(struct import_order *o, enum col c, const char *s, long long line)
{
	char plain[CELL_MONEY_MAX];

	if (cell_money(s, o->form->mark, plain))
		return json_string(plain);
	bad_cell(o, c, s, line, "not money");
	return NULL;
}

static json_t *
take_count(struct import_order *o, enum col c, const char *s, long long line)
{
	int64_t v;

	if (cell_count(s, o->form->mark, &v))
		return json_integer(v);
	bad_cell(o, c, s, line, "not a whole number");
	return NULL;
}

/* What a cell says, new; NULL: nothing, or it is wrong. */
static json_t *
take_cell(struct import_order *o, enum col c, const char *s, long long line)
{
	size_t n;

	s = trim(s, &n);
	if (n == 0)
		return NULL;
	switch (col_form(c)) {
	case COL_MONEY:
		return take_money(o, c, s, line);
	case COL_TIME:
		return take_time(o, c, s, line);
	case COL_NUMBER_OF:
		return take_count(o, c, s, line);
	case COL_TEXT:
		break;
	}
	return json_stringn(s, n);
}

/* A member of a table: which column is which member. */
struct member {
	enum col col;
	const char *name;
};

static void
set_row(struct import_order *o, json_t *to, const struct csv_row *row,
	const struct member *m, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const char *s = import_map_cell(o->map, m[i].col, row->cell,
						row->count);
		json_t *v = take_cell(o, m[i].col, s, row->line);

		if (v != NULL)
			(void)json_object_set_new(to, m[i].name, v);
	}
}

/* --- a row ---------------------------------------------------------------- */

#define COUNT_OF(list) (sizeof(list) / sizeof((list)[0]))

static void
add_line(struct import_order *o, const struct csv_row *row)
{
	static const struct member members[] = {
		{ COL_LINE_ID, "external_id" },
		{ COL_PRODUCT_ID, "product_id" },
		{ COL_VARIANT_ID, "variant_id" },
		{ COL_SKU, "sku" },
		{ COL_ITEM_NAME, "name" },
		{ COL_VARIANT, "variant" },
		{ COL_UNIT_PRICE, "unit_price" },
		{ COL_ITEM_TOTAL, "total" },
	};
	static const struct member quantity[] = { { COL_QUANTITY,
						    "quantity" } };
	json_t *line = json_object();

	set_row(o, line, row, members, COUNT_OF(members));
	if (json_object_size(line) == 0) {
		json_decref(line);
		return;
	}
	set_row(o, line, row, quantity, 1);
	if (json_object_get(line, "external_id") == NULL) {
		char id[32];

		/* so that parcels and refunds can name it */
		(void)snprintf(id, sizeof id, "%zu",
			       json_array_size(o->lines) + 1);
		(void)json_object_set_new(line, "external_id", json_string(id));
	}
	(void)json_array_append_new(o->lines, line);
}

/* The parcel of that number, if a row before had it. */
static json_t *
known_parcel(const struct import_order *o, const json_t *number)
{
	json_t *s;
	size_t i;

	json_array_foreach(
		o->shipments, i,
		s) if (json_equal(json_object_get(s, "tracking_number"),
				  number)) return s;
	return NULL;
}

static void
add_parcel(struct import_order *o, const struct csv_row *row)
{
	static const struct member members[] = {
		{ COL_CARRIER, "carrier" },
		{ COL_TRACKING, "tracking_number" },
		{ COL_TRACKING_URL, "tracking_url" },
		{ COL_SHIPPED, "shipped_at" },
		{ COL_DELIVERED, "delivered_at" },
	};
	json_t *parcel = json_object();
	const json_t *number;
	json_t *known;

	set_row(o, parcel, row, members, COUNT_OF(members));
	number = json_object_get(parcel, "tracking_number");
	if (number == NULL && json_object_get(parcel, "shipped_at") == NULL &&
	    json_object_get(parcel, "delivered_at") == NULL) {
		json_decref(
			parcel); /* a carrier that was chosen is no parcel */
		return;
	}
	known = known_parcel(o, number);
	if (known != NULL) {
		(void)json_object_update_missing(known, parcel);
		json_decref(parcel);
		return;
	}
	(void)json_array_append_new(o->shipments, parcel);
}

/* The latest of its rows' promises. */
static void
add_promise(struct import_order *o, const struct csv_row *row)
{
	json_t *at = take_cell(
		o, COL_PROMISED,
		import_map_cell(o->map, COL_PROMISED, row->cell, row->count),
		row->line);

	if (at == NULL)
		return;
	if (o->promised != NULL && strcmp(json_string_value(o->promised),
					  json_string_value(at)) >= 0) {
		json_decref(at);
		return;
	}
	json_decref(o->promised);
	o->promised = at;
}

/* What is the order's own: as it was, or empty. */
static void
add_own(struct import_order *o, const struct csv_row *row)
{
	for (int c = 0; c < COL_ORDER_END; c++) {
		size_t n;
		const char *s = trim(import_map_cell(o->map, (enum col)c,
						     row->cell, row->count),
				     &n);

		if (n == 0)
			continue;
		if (o->own[c] == NULL) {
			o->own[c] = mem_strndup(s, n);
			o->own_line[c] = row->line;
		} else if (strlen(o->own[c]) != n ||
			   memcmp(o->own[c], s, n) != 0) {
			bad(o, row->line,
			    "column %d '%s' is not what it was on line %lld: "
			    "'%.*s', '%.*s'",
			    o->map->at[c] + 1, o->map->head[c], o->own_line[c],
			    shown(s), s, shown(o->own[c]), o->own[c]);
		}
	}
}

static size_t
row_bytes(const struct import_map *map, const struct csv_row *row)
{
	size_t n = 0;

	for (int c = 0; c < COL_COUNT; c++)
		n += strlen(import_map_cell(map, (enum col)c, row->cell,
					    row->count));
	return n;
}

void
import_order_add(struct import_order *o, const struct csv_row *row)
{
	if (o->key == NULL) {
		o->key = mem_strdup(import_order_key(o->map, row));
		o->first = row->line;
		o->lines = json_array();
		o->shipments = json_array();
	}
	o->last = row->last;
	o->bytes += row_bytes(o->map, row);
	if (++o->rows > IMPORT_ORDER_ROWS)
		bad(o, row->line, "an order of over %d rows",
		    IMPORT_ORDER_ROWS);
	if (o->bytes > IMPORT_ORDER_BYTES)
		bad(o, row->line, "an order of over %d KiB",
		    IMPORT_ORDER_BYTES / 1024);
	if (o->bad[0] != '\0')
		return; /* it is refused as a whole */
	add_own(o, row);
	add_line(o, row);
	add_parcel(o, row);
	add_promise(o, row);
}

void
import_order_spoil(struct import_order *o, long long line)
{
	bad(o, line, "a row among its rows cannot be read");
}

/* --- the order ------------------------------------------------------------ */

/* v is taken; NULL and what has no members is left out. */
static void
set(json_t *to, const char *name, json_t *v)
{
	if (v == NULL || json_is_null(v) ||
	    (json_is_object(v) && json_object_size(v) == 0) ||
	    (json_is_array(v) && json_array_size(v) == 0)) {
		json_decref(v);
		return;
	}
	(void)json_object_set_new(to, name, v);
}

static const char *
own(const struct import_order *o, enum col c)
{
	return o->own[c] != NULL ? o->own[c] : "";
}

static void
set_own(struct import_order *o, json_t *to, const struct member *m,
	size_t count)
{
	for (size_t i = 0; i < count; i++)
		set(to, m[i].name,
		    take_cell(o, m[i].col, own(o, m[i].col),
			      o->own_line[m[i].col]));
}

static json_t *
customer(struct import_order *o)
{
	static const struct member members[] = {
		{ COL_CUSTOMER_ID, "external_id" }, { COL_EMAIL, "email" },
		{ COL_PHONE, "phone_raw" },         { COL_NAME, "name" },
		{ COL_LOCALE, "locale" },           { COL_COUNTRY, "country" },
	};
	json_t *c = json_object();
	bool both = *own(o, COL_FIRST_NAME) != '\0' &&
		    *own(o, COL_LAST_NAME) != '\0';

	set_own(o, c, members, COUNT_OF(members));
	if (strcmp(own(o, COL_CUSTOMER_ID), "0") == 0)
		(void)json_object_del(c, "external_id"); /* a guest */
	if (o->own[COL_NAME] == NULL &&
	    (o->own[COL_FIRST_NAME] != NULL || o->own[COL_LAST_NAME] != NULL))
		set(c, "name",
		    json_sprintf("%s%s%s", own(o, COL_FIRST_NAME),
				 both ? " " : "", own(o, COL_LAST_NAME)));
	if (o->own[COL_COUNTRY] == NULL && o->own[COL_SHIP_COUNTRY] != NULL)
		set(c, "country", json_string(own(o, COL_SHIP_COUNTRY)));
	if (json_object_size(c) > 0 && json_object_get(c, "country") == NULL &&
	    o->form->country != NULL)
		set(c, "country", json_string(o->form->country));
	return c;
}

static json_t *
shipping(struct import_order *o)
{
	static const struct member members[] = {
		{ COL_SHIP_NAME, "name" },
		{ COL_SHIP_ADDRESS, "address_1" },
		{ COL_SHIP_CITY, "city" },
		{ COL_SHIP_POSTCODE, "postcode" },
		{ COL_SHIP_COUNTRY, "country" },
	};
	json_t *s = json_object();

	set_own(o, s, members, COUNT_OF(members));
	return s;
}

static json_t *
payments(struct import_order *o)
{
	static const struct member members[] = {
		{ COL_PAYMENT_METHOD, "method" },
		{ COL_TRANSACTION, "transaction_id" },
		{ COL_PAID, "at" },
	};
	json_t *list = json_array();
	json_t *p = json_object();

	set_own(o, p, members, COUNT_OF(members));
	if (json_object_size(p) > 0)
		(void)json_array_append_new(list, p);
	else
		json_decref(p);
	return list;
}

/* "a, b" as a list. */
static json_t *
tags(const char *s)
{
	json_t *list = json_array();

	while (*s != '\0') {
		size_t n = strcspn(s, ",");
		size_t from = strspn(s, " ");
		size_t to = n;

		while (to > from && s[to - 1] == ' ')
			to--;
		if (to > from)
			(void)json_array_append_new(
				list, json_stringn(s + from, to - from));
		s += n + (s[n] == ',');
	}
	return list;
}

/* What each parcel's instants say of it. */
static void
parcels_status(json_t *list)
{
	json_t *s;
	size_t i;

	json_array_foreach(list, i, s)
		set(s, "status",
		    json_string(json_object_get(s, "delivered_at") != NULL
					? "delivered"
					: "shipped"));
}

static void
set_names(struct import_order *o, json_t *order)
{
	const char *id = *own(o, COL_ID) != '\0' ? own(o, COL_ID) : o->key;

	if (*id == '\0')
		bad(o, o->first, "no 'external_id'");
	set(order, "external_id", json_string(id));
	if (*own(o, COL_NUMBER) != '\0')
		set(order, "number", json_string(own(o, COL_NUMBER)));
	else if (*own(o, COL_ROWS) != '\0')
		set(order, "number", json_string(own(o, COL_ROWS)));
	if (*own(o, COL_CURRENCY) != '\0')
		set(order, "currency", json_string(own(o, COL_CURRENCY)));
	else if (o->form->currency != NULL)
		set(order, "currency", json_string(o->form->currency));
}

static json_t *
build(struct import_order *o)
{
	static const struct member members[] = {
		{ COL_URL, "url" },
		{ COL_TOTAL, "total" },
		{ COL_SUBTOTAL, "subtotal" },
		{ COL_SHIPPING_TOTAL, "shipping_total" },
		{ COL_TAX_TOTAL, "tax_total" },
		{ COL_DISCOUNT_TOTAL, "discount_total" },
		{ COL_REFUNDED_TOTAL, "refunded_total" },
		{ COL_PLACED, "placed_at" },
		{ COL_UPDATED, "updated_at" },
		{ COL_CANCELLED, "cancelled_at" },
		{ COL_CANCEL_REASON, "cancel_reason" },
		{ COL_NOTE, "note" },
	};
	struct import_words w = { .status = own(o, COL_STATUS),
				  .payment = own(o, COL_PAYMENT_STATUS),
				  .fulfilment = own(o, COL_FULFILMENT_STATUS),
				  .method = own(o, COL_PAYMENT_METHOD) };
	json_t *order = json_object();

	set_names(o, order);
	set_own(o, order, members, COUNT_OF(members));
	w.paid = cell_order(own(o, COL_PAID)) != ORDER_NONE;
	w.cancelled = json_object_get(order, "cancelled_at") != NULL;
	import_status_set(order, o->form->preset, &w);
	set(order, "promised_at", json_incref(o->promised));
	set(order, "tags", tags(own(o, COL_TAGS)));
	set(order, "customer", customer(o));
	set(order, "shipping", shipping(o));
	set(order, "payments", payments(o));
	parcels_status(o->shipments);
	set(order, "shipments", json_incref(o->shipments));
	set(order, "lines", json_incref(o->lines));
	return order;
}

void
import_order_take(struct import_order *o, struct import_taken *out)
{
	const char *id = *own(o, COL_ID) != '\0' ? own(o, COL_ID) : o->key;

	*out = (struct import_taken){ .line = o->first, .last = o->last };
	(void)snprintf(out->id, sizeof out->id, "%.*s",
		       (int)utf8_cut(id, strlen(id), sizeof out->id - 1), id);
	out->order = build(o);
	if (o->bad[0] != '\0') {
		json_decref(out->order);
		out->order = NULL;
		out->line = o->bad_line;
		memcpy(out->bad, o->bad, sizeof out->bad);
	}
	clear(o);
}
