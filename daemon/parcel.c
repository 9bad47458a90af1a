#include "daemon/parcel.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/carrier.h"
#include "daemon/order_in.h"
#include "daemon/parcel_match.h"
#include "daemon/store/order.h"
#include "daemon/store/shipment.h"

static const char *
text(const json_t *o, const char *name)
{
	const char *t = json_string_value(json_object_get(o, name));

	return t != NULL ? t : "";
}

static int64_t
number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

/* An object, or NULL for null. */
static const json_t *
part(const json_t *row, const char *name)
{
	const json_t *v = json_object_get(row, name);

	return json_is_object(v) ? v : NULL;
}

/* --- what is shown -------------------------------------------------------- */

static int64_t
status_ms(const json_t *o)
{
	const json_t *v = json_object_get(o, "status_ms");

	return v != NULL ? json_integer_value(v) : number(o, "updated_ms");
}

/* Whose status is shown. */
static const json_t *
newer(const json_t *listed, const json_t *tracked)
{
	int64_t a = status_ms(listed);
	int64_t b = status_ms(tracked);

	if (listed == NULL || tracked == NULL)
		return listed != NULL ? listed : tracked;
	if (a != b)
		return a > b ? listed : tracked;
	return order_status_rank(text(listed, "status")) >=
			       order_status_rank(text(tracked, "status"))
		       ? listed
		       : tracked;
}

static void
copy(json_t *to, const char *name, const json_t *a, const json_t *b)
{
	json_t *v = json_object_get(a, name);

	if (v == NULL || (json_is_array(v) && json_array_size(v) == 0))
		v = json_object_get(b, name);
	if (v != NULL)
		(void)json_object_set(to, name, v);
}

/* Nobody told where its page is: where the carrier has it. */
static void
show_url(json_t *o)
{
	char *url;

	if (*text(o, "tracking_url") != '\0')
		return;
	url = carrier_url(text(o, "carrier"), text(o, "tracking_number"));
	if (url != NULL)
		(void)json_object_set_new(o, "tracking_url", json_string(url));
	mem_free(url);
}

json_t *
parcel_shown(const json_t *listed, const json_t *tracked)
{
	static const char *const by_order[] = {
		"external_id",  "carrier",      "tracking_number",
		"tracking_key", "tracking_url", "lines"
	};
	static const char *const by_carrier[] = { "shipped_ms", "delivered_ms",
						  "estimated_ms",
						  "checkpoints" };
	const json_t *status = newer(listed, tracked);
	int64_t at = status_ms(status);
	json_t *o = json_object();

	for (size_t i = 0; i < sizeof by_order / sizeof by_order[0]; i++)
		copy(o, by_order[i], listed, tracked);
	for (size_t i = 0; i < sizeof by_carrier / sizeof by_carrier[0]; i++)
		copy(o, by_carrier[i], tracked, listed);
	copy(o, "status", status, NULL);
	copy(o, "status_raw", status, NULL);
	if (at != 0)
		(void)json_object_set_new(o, "status_ms", json_integer(at));
	show_url(o);
	if (at != 0 && strcmp(text(o, "status"), "delivered") == 0 &&
	    json_object_get(o, "delivered_ms") == NULL)
		(void)json_object_set_new(o, "delivered_ms", json_integer(at));
	return o;
}

static enum outcome
write_parcel(struct store *s, struct shipment_new *p, struct err *e)
{
	json_t *shown = parcel_shown(p->listed, p->tracked);
	enum outcome o;

	p->shown = shown;
	o = shipment_write(s, p, e);
	json_decref(shown);
	return o;
}

/* --- what an order lists -------------------------------------------------- */

/* Does a row, as it is shown, fit what an order lists? 3: wholly; 0: not. */
static int
fits(const json_t *row, const json_t *listed)
{
	const char *id = text(listed, "external_id");
	const char *key = text(listed, "tracking_key");
	const char *row_id = text(row, "external_id");
	const char *row_key = text(row, "tracking_key");
	bool same_id = *id != '\0' && strcmp(id, row_id) == 0;
	bool same_key = *key != '\0' && strcmp(key, row_key) == 0;

	if (same_id && same_key)
		return 3;
	if (same_key && (*id == '\0' || *row_id == '\0'))
		return 2;
	/* its number came later, or it has none; a wrong one was corrected */
	return same_id && (*key == '\0' || *row_key == '\0') ? 1 : 0;
}

/* The row that fits best, taken out of rows; NULL: none. */
static json_t *
claim(json_t *rows, const json_t *listed)
{
	size_t best_at = 0;
	int best = 0;
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		int n = fits(row, listed);

		if (n > best) {
			best = n;
			best_at = i;
		}
	}
	if (best == 0)
		return NULL;
	row = json_incref(json_array_get(rows, best_at));
	(void)json_array_remove(rows, best_at);
	return row;
}

/* Did the tracking of a row name this order? */
static bool
names(const json_t *row, const struct parcel_order *order)
{
	const char *ref = text(row, "ref");

	if (*ref == '\0')
		return false;
	if (number(row, "shop") != 0)
		return number(row, "shop") == order->connection_id &&
		       strcmp(ref, order->external_id) == 0;
	return strcmp(ref, order->number_key) == 0;
}

/* May a row of the same tracking number be this order's? Not what is another's,
 * nor what waits for another, by its id. */
static bool
may_be(const json_t *row, const struct parcel_order *order)
{
	if (number(row, "order") != 0)
		return number(row, "order") == order->id;
	return number(row, "shop") == 0 || names(row, order);
}

/* Add the rows of more that rows has not, and that may be the order's; more is
 * taken. */
static void
add_rows(json_t *rows, json_t *more, const struct parcel_order *order)
{
	json_t *row;
	json_t *known;
	size_t i;
	size_t k;

	json_array_foreach(more, i, row)
	{
		bool there = !may_be(row, order);

		json_array_foreach(rows, k, known)
		{
			there = there ||
				number(known, "id") == number(row, "id");
		}
		if (!there)
			(void)json_array_append(rows, row);
	}
	json_decref(more);
}

/* Rows that may be the order's: its own, those that wait for it, and those
 * that wait with a number that it lists. */
static enum outcome
rows_for(struct store *s, const struct parcel_order *order,
	 const json_t *listed, json_t **out, struct err *e)
{
	json_t *more = NULL;
	enum outcome o = shipment_of_order(s, order->id, out, e);

	if (o != OUT_OK)
		return o;
	o = shipment_waiting(s, order->connection_id, order->external_id,
			     order->number_key, &more, e);
	if (o == OUT_OK)
		add_rows(*out, more, order);
	for (size_t i = 0; i < json_array_size(listed) && o == OUT_OK; i++) {
		const char *key =
			text(json_array_get(listed, i), "tracking_key");

		if (*key == '\0')
			continue;
		o = shipment_by_key(s, key, &more, e);
		if (o == OUT_OK)
			add_rows(*out, more, order);
	}
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

static void
from_row(struct shipment_new *p, const json_t *row)
{
	p->id = number(row, "id");
	p->shop_id = number(row, "shop");
	p->ref = text(row, "ref");
	p->tracked = part(row, "tracked");
}

/* The order does not list it (any more). */
static enum outcome
unlisted(struct store *s, const struct parcel_order *order, const json_t *row,
	 struct err *e)
{
	struct shipment_new p = { .order_id = 0 };

	from_row(&p, row);
	if (p.tracked == NULL)
		return shipment_delete(s, p.id, e);
	if (names(row, order))
		p.order_id = order->id;
	return write_parcel(s, &p, e);
}

enum outcome
parcels_listed(struct store *s, const struct parcel_order *order,
	       const json_t *listed, struct err *e)
{
	json_t *rows = NULL;
	enum outcome o = rows_for(s, order, listed, &rows, e);

	for (size_t i = 0; i < json_array_size(listed) && o == OUT_OK; i++) {
		const json_t *one = json_array_get(listed, i);
		json_t *row = claim(rows, one);
		struct shipment_new p = { .order_id = order->id,
					  .ref = "",
					  .listed = one };

		if (row != NULL)
			from_row(&p, row);
		o = write_parcel(s, &p, e);
		json_decref(row);
	}
	for (size_t i = 0; i < json_array_size(rows) && o == OUT_OK; i++)
		o = unlisted(s, order, json_array_get(rows, i), e);
	json_decref(rows);
	return o;
}

/* --- what somebody tracks ------------------------------------------------- */

/* The row that tracking is about; NULL: none, or it cannot be told. Borrowed. */
static json_t *
meant(const json_t *rows, int64_t order_id, const json_t *made)
{
	struct parcel_key news = { order_id, text(made, "carrier") };
	size_t n = json_array_size(rows);
	struct parcel_key *keys = mem_new(n + 1, sizeof *keys);
	size_t at;

	for (size_t i = 0; i < n; i++) {
		const json_t *row = json_array_get(rows, i);

		keys[i].order_id = number(row, "order");
		keys[i].carrier = text(row, "carrier");
	}
	at = parcel_match(keys, n, &news);
	mem_free(keys);
	return at != PARCEL_NONE ? json_array_get(rows, at) : NULL;
}

/* The order that tracking names; 0: none, or not known. */
static enum outcome
named_order(struct store *s, int64_t connection_id, const json_t *made,
	    int64_t *id_out, struct err *e)
{
	char key[ORDER_ID_MAX + 1];
	struct order_head head;
	enum outcome o = OUT_OK;

	*id_out = 0;
	if (*text(made, "order") != '\0') {
		o = order_find(s, connection_id, text(made, "order"), &head, e);
		*id_out = head.id;
	} else if (*text(made, "order_number") != '\0') {
		order_key(text(made, "order_number"), key, sizeof key);
		o = order_numbered(s, key, id_out, e);
	}
	return o;
}

/* Of rows of one tracking number, those that may be the order's that the news
 * name by its id. rows is taken. */
static json_t *
only_of(json_t *rows, const struct parcel_order *order)
{
	json_t *out = json_array();
	json_t *row;
	size_t i;

	json_array_foreach(rows, i, row)
	{
		if (may_be(row, order))
			(void)json_array_append(out, row);
	}
	json_decref(rows);
	return out;
}

static enum outcome
rows_tracked(struct store *s, const json_t *made,
	     const struct parcel_order *order, json_t **out, struct err *e)
{
	const char *key = text(made, "tracking_key");
	int64_t order_id = order->id;
	json_t *rows = NULL;
	json_t *row;
	enum outcome o;

	*out = NULL;
	if (order_id != 0 && *text(made, "external_id") != '\0') {
		o = shipment_of_order(s, order_id, &rows, e);
		row = o == OUT_OK ? claim(rows, made) : NULL;
		json_decref(rows);
		if (o != OUT_OK || row != NULL) {
			*out = row != NULL ? json_pack("[o]", row) : NULL;
			return o;
		}
	}
	if (*key == '\0') {
		*out = json_array();
		return OUT_OK;
	}
	o = shipment_by_key(s, key, out, e);
	if (o == OUT_OK && *order->external_id != '\0')
		*out = only_of(*out, order);
	return o;
}

enum outcome
parcel_find(struct store *s, int64_t connection_id, const json_t *made,
	    struct parcel_found *out, struct err *e)
{
	json_t *rows = NULL;
	json_t *row;
	int64_t order_id = 0;
	enum outcome o = named_order(s, connection_id, made, &order_id, e);

	const struct parcel_order order = { .id = order_id,
					    .connection_id = connection_id,
					    .external_id = text(made, "order"),
					    .number_key = "" };

	*out = (struct parcel_found){ .order_id = order_id };
	if (o == OUT_OK)
		o = rows_tracked(s, made, &order, &rows, e);
	if (o != OUT_OK)
		return o;
	row = meant(rows, order_id, made);
	if (row != NULL) {
		out->row = json_incref(row);
		out->id = number(out->row, "id");
		if (number(out->row, "order") != 0)
			out->order_id = number(out->row, "order");
	}
	json_decref(rows);
	return OUT_OK;
}

void
parcel_found_release(struct parcel_found *f)
{
	json_decref(f->row);
	f->row = NULL;
}

/* < 0: older than what is there, 0: the same. */
static int
compare(const json_t *made, const json_t *there)
{
	int64_t a = number(made, "updated_ms");
	int64_t b = number(there, "updated_ms");
	char *x;
	char *y;
	int n;

	if (a != b)
		return a < b ? -1 : 1;
	n = order_status_rank(text(made, "status")) -
	    order_status_rank(text(there, "status"));
	if (n != 0)
		return n;
	x = json_dumps(made, JSON_COMPACT | JSON_SORT_KEYS);
	y = json_dumps(there, JSON_COMPACT | JSON_SORT_KEYS);
	n = strcmp(x, y);
	mem_free(x);
	mem_free(y);
	return n;
}

enum outcome
parcel_tracked(struct store *s, int64_t connection_id, const json_t *made,
	       const struct parcel_found *f, enum parcel_change *change_out,
	       struct err *e)
{
	const json_t *there = part(f->row, "tracked");
	int n = there != NULL ? compare(made, there) : 1;
	char key[ORDER_ID_MAX + 1];
	struct shipment_new p = { .id = f->id,
				  .order_id = f->order_id,
				  .ref = "",
				  .listed = part(f->row, "listed"),
				  .tracked = made };

	*change_out = n < 0 ? PARCEL_OLDER : PARCEL_SAME;
	if (n <= 0)
		return OUT_OK;
	*change_out = f->id == 0 ? PARCEL_NEW : PARCEL_CHANGED;
	if (f->row != NULL) {
		p.shop_id = number(f->row, "shop");
		p.ref = text(f->row, "ref");
	}
	if (*text(made, "order") != '\0') {
		p.shop_id = connection_id;
		p.ref = text(made, "order");
	} else if (*text(made, "order_number") != '\0') {
		order_key(text(made, "order_number"), key, sizeof key);
		p.shop_id = 0;
		p.ref = key;
	}
	return write_parcel(s, &p, e);
}
