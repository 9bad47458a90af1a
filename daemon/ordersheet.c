#include "daemon/ordersheet.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/orderwords.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/orderfact.h"
#include "daemon/store/orderrows.h"
#include "daemon/store/row.h"
#include "rules/book.h"

#define LATE_MAX 64 /* bytes of "3 days late" */

/* What a sheet is made with. */
struct making {
	struct store *s;
	const char *language;
	const struct calendar *zone; /* the desk's; NULL: UTC */
	struct order_fact f;
	int64_t now_s;
	json_t *sheet;
};

static void
put_text(json_t *o, const char *name, const char *text)
{
	if (text != NULL && *text != '\0')
		row_set(o, name, json_string(text));
}

/* minor: an integer, or null. */
static void
put_money(const struct making *m, json_t *o, const char *name,
	  const json_t *minor)
{
	char words[ORDERWORDS_MAX];

	if (!json_is_integer(minor))
		return;
	orderwords_money(json_integer_value(minor), m->f.currency, m->language,
			 words);
	put_text(o, name, words);
}

/* A sum that is nothing is not told. */
static void
put_sum(const struct making *m, const char *name, const json_t *sums)
{
	const json_t *minor = json_object_get(sums, name);

	if (json_integer_value(minor) != 0)
		put_money(m, m->sheet, name, minor);
}

/* What is taken off, whatever sign its shop gives it. */
static void
put_discount(const struct making *m, const json_t *sums)
{
	json_int_t v = json_integer_value(json_object_get(sums, "discount"));
	json_t *off = json_integer(v > 0 ? -v : v);

	if (v != 0)
		put_money(m, m->sheet, "discount", off);
	json_decref(off);
}

static void
put_date(const struct making *m, json_t *o, const char *name, int64_t at_s)
{
	char words[ORDERWORDS_MAX];

	if (at_s <= 0)
		return;
	orderwords_date(at_s, m->zone, m->language, words);
	put_text(o, name, words);
}

static void
put_moment(const struct making *m, json_t *o, const char *name, int64_t at_s)
{
	char words[ORDERWORDS_MAX];

	if (at_s <= 0)
		return;
	orderwords_moment(at_s, m->zone, m->language, words);
	put_text(o, name, words);
}

static bool
is_link(const char *url)
{
	return strncmp(url, "https://", 8) == 0 ||
	       strncmp(url, "http://", 7) == 0;
}

/* --- parts ---------------------------------------------------------------- */

/* Is it still to arrive? */
static bool
awaited(const struct order_fact *f)
{
	return f->delivered_ms == 0 && strcmp(f->state, "cancelled") != 0 &&
	       strcmp(f->payment_state, "refunded") != 0;
}

/* "3 days late", of an order that has not arrived by then. */
static void
put_late(const struct making *m)
{
	bool es = strcmp(m->language, "es") == 0;
	char words[LATE_MAX];
	int64_t days;

	if (m->f.promised_s == 0 || m->now_s <= m->f.promised_s)
		return;
	days = orderwords_days(m->f.promised_s, m->now_s, m->zone);
	if (days == 0)
		return;
	(void)snprintf(words, sizeof words,
		       es ? "%lld %s de retraso" : "%lld %s late",
		       (long long)days,
		       es          ? days == 1 ? "día" : "días"
		       : days == 1 ? "day"
				   : "days");
	put_text(m->sheet, "late", words);
}

static void
put_head(const struct making *m, const json_t *desk)
{
	const struct order_fact *f = &m->f;
	json_t *o = m->sheet;

	row_set(o, "language", json_string(m->language));
	put_text(o, "shop", member_str(desk, "name"));
	row_set(o, "number", json_string(f->number));
	put_date(m, o, "placed", f->placed_ms / 1000);
	put_text(o, "state",
		 orderwords_of_state(orderwords_state(f), m->language));
	put_text(o, "payment",
		 orderwords_of_payment(f->payment_state, m->language));
	if (awaited(f)) {
		put_date(m, o, "promised", f->promised_s);
		put_late(m);
	}
	if (f->has_total) {
		json_t *total = json_integer(f->total);

		put_money(m, o, "total", total);
		json_decref(total);
	}
	put_moment(m, o, "as_of", f->told_ms / 1000);
}

/* Where it goes, a line each. */
static json_t *
address_lines(const json_t *a)
{
	static const char *const alone[] = { "name", "company", "address_1",
					     "address_2" };
	static const char *const together[] = { "postcode", "city", "state",
						"country" };
	json_t *list = json_array();
	struct buf b;
	size_t i;

	for (i = 0; i < sizeof alone / sizeof alone[0]; i++)
		if (member_str(a, alone[i]) != NULL &&
		    *member_str(a, alone[i]) != '\0')
			(void)json_array_append_new(
				list, json_string(member_str(a, alone[i])));
	buf_init(&b, 1000);
	for (i = 0; i < sizeof together / sizeof together[0]; i++) {
		const char *v = member_str(a, together[i]);

		if (v != NULL && *v != '\0')
			(void)buf_printf(&b, "%s%s", b.len > 0 ? " " : "", v);
	}
	if (b.len > 0)
		(void)json_array_append_new(list, json_string(buf_str(&b)));
	buf_release(&b);
	return list;
}

static enum outcome
make_sums(struct making *m, struct err *e)
{
	json_t *sums = NULL;
	enum outcome o = orderrows_sums(m->s, m->f.id, &sums, e);

	if (o != OUT_OK)
		return o;
	put_sum(m, "subtotal", sums);
	put_sum(m, "shipping", sums);
	put_sum(m, "tax", sums);
	put_discount(m, sums);
	put_sum(m, "refunded", sums);
	row_set(m->sheet, "address",
		address_lines(json_object_get(sums, "address")));
	json_decref(sums);
	return OUT_OK;
}

/* "Colour: blue"; what the shop keeps for itself is left out. */
static json_t *
property_texts(const json_t *list)
{
	json_t *texts = json_array();
	const json_t *p;
	size_t i;

	json_array_foreach(list, i, p)
	{
		const char *name = member_str(p, "name");
		const char *value = member_str(p, "value");

		if (name == NULL || value == NULL || *name == '_' ||
		    *name == '\0' || *value == '\0')
			continue;
		(void)json_array_append_new(
			texts, json_sprintf("%s: %s", name, value));
	}
	return texts;
}

static enum outcome
make_lines(struct making *m, struct err *e)
{
	json_t *rows = NULL;
	json_t *list = json_array();
	const json_t *row;
	size_t i;
	enum outcome o = orderrows_lines(m->s, m->f.id, &rows, e);

	json_array_foreach(rows, i, row)
	{
		json_t *line = json_object();

		row_set(line, "name", json_string(member_str(row, "name")));
		put_text(line, "variant", member_str(row, "variant"));
		row_set(line, "quantity",
			json_integer(member_int(row, "quantity", 0)));
		put_money(m, line, "total", json_object_get(row, "total"));
		if (member_int(row, "refunded_quantity", 0) > 0)
			row_set(line, "refunded",
				json_integer(member_int(
					row, "refunded_quantity", 0)));
		row_set(line, "properties",
			property_texts(json_object_get(row, "properties")));
		(void)json_array_append_new(list, line);
	}
	json_decref(rows);
	row_set(m->sheet, "lines", list);
	return o;
}

/* Where a parcel was: the carrier's words, else ours. */
static enum outcome
make_checkpoints(const struct making *m, int64_t shipment_id, json_t *list,
		 struct err *e)
{
	json_t *rows = NULL;
	const json_t *row;
	size_t i;
	enum outcome o = orderrows_checkpoints(m->s, shipment_id, &rows, e);

	json_array_foreach(rows, i, row)
	{
		json_t *c = json_object();
		const char *text = member_str(row, "text");

		put_moment(m, c, "at", member_int(row, "at_s", 0));
		if (text == NULL || *text == '\0')
			text = orderwords_of_parcel(member_str(row, "status"),
						    m->language);
		row_set(c, "text", json_string(text));
		put_text(c, "place", member_str(row, "place"));
		(void)json_array_append_new(list, c);
	}
	json_decref(rows);
	return o;
}

static enum outcome
make_shipment(const struct making *m, const json_t *row, json_t *list,
	      struct err *e)
{
	const char *url = member_str(row, "url");
	json_t *checkpoints = json_array();
	json_t *h = json_object();

	put_text(h, "state",
		 orderwords_of_parcel(member_str(row, "status"), m->language));
	put_text(h, "carrier", member_str(row, "carrier"));
	put_text(h, "number", member_str(row, "number"));
	if (url != NULL && is_link(url))
		put_text(h, "url", url);
	put_moment(m, h, "at", member_int(row, "at_s", 0));
	if (strcmp(member_str(row, "status"), "delivered") != 0)
		put_date(m, h, "promised", member_int(row, "promised_s", 0));
	row_set(h, "checkpoints", checkpoints);
	(void)json_array_append_new(list, h);
	return make_checkpoints(m, member_int(row, "id", 0), checkpoints, e);
}

static enum outcome
make_shipments(struct making *m, struct err *e)
{
	json_t *rows = NULL;
	json_t *list = json_array();
	const json_t *row;
	size_t i;
	enum outcome o = orderrows_shipments(m->s, m->f.id, &rows, e);

	json_array_foreach(rows, i, row) if (o == OUT_OK) o =
		make_shipment(m, row, list, e);
	json_decref(rows);
	row_set(m->sheet, "shipments", list);
	return o;
}

static enum outcome
make_returns(struct making *m, struct err *e)
{
	json_t *rows = NULL;
	json_t *list = json_array();
	const json_t *row;
	size_t i;
	enum outcome o = orderrows_returns(m->s, m->f.id, &rows, e);

	json_array_foreach(rows, i, row)
	{
		const char *words = orderwords_of_return(
			member_str(row, "status"), m->language);
		json_t *r = json_object();

		row_set(r, "state", json_string(words));
		put_date(m, r, "at", member_int(row, "at_s", 0));
		if (*words != '\0')
			(void)json_array_append(list, r);
		json_decref(r);
	}
	json_decref(rows);
	row_set(m->sheet, "returns", list);
	return o;
}

/* --- the whole ------------------------------------------------------------ */

static enum outcome
make_all(struct making *m, const char *language, struct err *e)
{
	json_t *desk = NULL;
	int64_t order_id = m->f.id;
	enum outcome o = order_fact_load(m->s, order_id, &m->f, e);

	if (o == OUT_OK &&
	    (m->f.id == 0 || m->f.deleted || m->f.placed_ms == 0))
		return err_code(e, OUT_PERM, "not_found", "no such order");
	if (o == OUT_OK)
		o = deskrow_get(m->s, &desk, e);
	if (o != OUT_OK)
		return o;
	m->language =
		orderwords_language(language != NULL ? language : m->f.locale,
				    member_str(desk, "language"));
	put_head(m, desk);
	json_decref(desk);
	o = make_sums(m, e);
	if (o == OUT_OK)
		o = make_lines(m, e);
	if (o == OUT_OK)
		o = make_shipments(m, e);
	return o == OUT_OK ? make_returns(m, e) : o;
}

enum outcome
ordersheet_make(struct desk *d, struct store *s, int64_t order_id,
		const char *language, int64_t now_ms, json_t **out,
		struct err *e)
{
	int64_t version;
	struct book *b = desk_book(d, &version);
	struct making m = { .s = s,
			    .zone = book_calendar_first(b),
			    .now_s = now_ms / 1000,
			    .sheet = json_object(),
			    .f = { .id = order_id } };
	enum outcome o = make_all(&m, language, e);

	if (o == OUT_OK)
		*out = m.sheet;
	else
		json_decref(m.sheet);
	order_fact_release(&m.f);
	book_unref(&b);
	return o;
}
