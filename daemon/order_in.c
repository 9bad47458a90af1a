#include "daemon/order_in.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/ascii.h"
#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/base/money.h"
#include "daemon/base/utf8.h"

#define LINE_MAX_OCTETS 1000 /* of names and titles; cut */
#define TEXT_MAX_OCTETS 4000 /* of notes and reasons; cut */
#define URL_MAX_OCTETS 2048  /* absent beyond */
#define TAGS_MAX 100
#define COUNT_MAX INT64_C(1000000000)
#define PATH_MAX_OCTETS 120 /* of a place in an order */
#define OFFSET_LEN 6        /* "+02:00" */
#define INSTANT_MAX 40

enum form {
	IN_LINE,    /* text without controls; cut */
	IN_TEXT,    /* the same, of several lines */
	IN_ID,      /* the same in one line; refused if it is longer */
	IN_URL,     /* http or https; else it is not there */
	IN_EMAIL,   /* in lower case; else it is not there */
	IN_COUNTRY, /* two letters, in upper case; else it is not there */
	IN_MONEY,   /* refused if it is none */
	IN_INSTANT, /* refused if it is none */
	IN_WORD,    /* one of words, else "unknown" */
	IN_COUNT,   /* a whole number from 0, as a number or as text */
	IN_FLAG,    /* true, or it is not there */
	IN_TEXTS,   /* a list of lines */
	IN_OBJECT,  /* an object by table */
	IN_ROWS     /* a list of objects by table */
};

struct field {
	const char *name;
	enum form form;
	const char *to;    /* under that name; NULL: the same */
	const char *words; /* IN_WORD: with a space before and after each */
	const struct field *table;
};

/* Where we are, and in which currency. */
struct reading {
	const char *currency;
	struct err *e;
};

#define STATES " open completed cancelled "
#define PAYMENT_STATES                                                         \
	" pending authorized partially_paid paid partially_refunded refunded " \
	"voided failed "
#define FULFILMENT_STATES " unfulfilled partial fulfilled "
#define PARCEL_STATES                                                          \
	" pending shipped in_transit out_for_delivery available_for_pickup "   \
	"attempt_failed exception delivered returned expired cancelled "
#define RETURN_STATES " requested approved declined in_transit received closed "

#define F(n, f)                                                                \
	{                                                                      \
		.name = (n), .form = (f)                                       \
	}
#define AS(n, f, t)                                                            \
	{                                                                      \
		.name = (n), .form = (f), .to = (t)                            \
	}
#define WORD(n, w)                                                             \
	{                                                                      \
		.name = (n), .form = IN_WORD, .words = (w)                     \
	}
#define PART(n, f, t, x)                                                       \
	{                                                                      \
		.name = (n), .form = (f), .to = (t), .table = (x)              \
	}

static const struct field f_part[] = { F("line", IN_ID),
				       F("quantity", IN_COUNT),
				       { .name = NULL } };
static const struct field f_property[] = { F("name", IN_LINE),
					   F("value", IN_LINE),
					   { .name = NULL } };
static const struct field f_step[] = { F("status", IN_LINE),
				       AS("at", IN_INSTANT, "at_ms"),
				       { .name = NULL } };
static const struct field f_checkpoint[] = { AS("at", IN_INSTANT, "at_ms"),
					     F("status", IN_LINE),
					     F("text", IN_LINE),
					     F("place", IN_LINE),
					     { .name = NULL } };
static const struct field f_customer[] = {
	F("external_id", IN_ID), F("email", IN_EMAIL),
	F("phone_raw", IN_LINE), AS("phone", IN_LINE, "phone_raw"),
	F("phone_e164", IN_ID),  F("name", IN_LINE),
	F("locale", IN_ID),      F("country", IN_COUNTRY),
	{ .name = NULL }
};
static const struct field f_address[] = {
	F("name", IN_LINE),      F("company", IN_LINE),
	F("address_1", IN_LINE), F("address_2", IN_LINE),
	F("city", IN_LINE),      F("state", IN_LINE),
	F("postcode", IN_LINE),  F("country", IN_COUNTRY),
	F("email", IN_EMAIL),    F("phone", IN_LINE),
	{ .name = NULL }
};
static const struct field f_line[] = { F("external_id", IN_ID),
				       F("product_id", IN_ID),
				       F("variant_id", IN_ID),
				       F("sku", IN_LINE),
				       F("name", IN_LINE),
				       F("variant", IN_LINE),
				       F("quantity", IN_COUNT),
				       F("unit_price", IN_MONEY),
				       F("total", IN_MONEY),
				       F("refunded_quantity", IN_COUNT),
				       PART("properties", IN_ROWS, "properties",
					    f_property),
				       { .name = NULL } };
static const struct field f_payment[] = { F("method", IN_LINE),
					  F("title", IN_LINE),
					  F("transaction_id", IN_LINE),
					  F("amount", IN_MONEY),
					  F("status", IN_LINE),
					  AS("at", IN_INSTANT, "at_ms"),
					  { .name = NULL } };
static const struct field f_refund[] = { F("external_id", IN_ID),
					 F("amount", IN_MONEY),
					 F("currency", IN_ID),
					 F("reason", IN_TEXT),
					 AS("at", IN_INSTANT, "at_ms"),
					 PART("lines", IN_ROWS, "lines",
					      f_part),
					 { .name = NULL } };
static const struct field f_return[] = {
	F("external_id", IN_ID),
	WORD("status", RETURN_STATES),
	F("reason", IN_TEXT),
	AS("at", IN_INSTANT, "at_ms"),
	PART("lines", IN_ROWS, "lines", f_part),
	F("refund_id", IN_ID),
	PART("steps", IN_ROWS, "steps", f_step),
	{ .name = NULL }
};
#define PARCEL_FIELDS                                                          \
	F("external_id", IN_ID), F("carrier", IN_LINE),                        \
		F("tracking_number", IN_ID), F("tracking_url", IN_URL),        \
		WORD("status", PARCEL_STATES), F("status_raw", IN_LINE),       \
		AS("status_at", IN_INSTANT, "status_ms"),                      \
		AS("shipped_at", IN_INSTANT, "shipped_ms"),                    \
		AS("delivered_at", IN_INSTANT, "delivered_ms"),                \
		AS("estimated_at", IN_INSTANT, "estimated_ms"),                \
		PART("checkpoints", IN_ROWS, "checkpoints", f_checkpoint)
static const struct field f_shipment[] = {
	PARCEL_FIELDS, PART("lines", IN_ROWS, "lines", f_part), { .name = NULL }
};
static const struct field f_tracking[] = {
	PARCEL_FIELDS,
	PART("lines", IN_ROWS, "lines", f_part),
	F("order", IN_ID),
	F("order_number", IN_ID),
	AS("updated_at", IN_INSTANT, "updated_ms"),
	{ .name = NULL }
};
static const struct field f_order[] = {
	F("external_id", IN_ID),
	F("number", IN_ID),
	F("url", IN_URL),
	WORD("state", STATES),
	WORD("payment_state", PAYMENT_STATES),
	WORD("fulfilment_state", FULFILMENT_STATES),
	F("raw_status", IN_LINE),
	F("currency", IN_ID),
	F("total", IN_MONEY),
	F("subtotal", IN_MONEY),
	F("shipping_total", IN_MONEY),
	F("tax_total", IN_MONEY),
	F("discount_total", IN_MONEY),
	F("refunded_total", IN_MONEY),
	AS("placed_at", IN_INSTANT, "placed_ms"),
	AS("updated_at", IN_INSTANT, "updated_ms"),
	AS("cancelled_at", IN_INSTANT, "cancelled_ms"),
	F("cancel_reason", IN_TEXT),
	AS("promised_at", IN_INSTANT, "promised_ms"),
	F("note", IN_TEXT),
	F("tags", IN_TEXTS),
	F("deleted", IN_FLAG),
	F("test", IN_FLAG),
	PART("customer", IN_OBJECT, "customer", f_customer),
	PART("billing", IN_OBJECT, "billing", f_address),
	PART("shipping", IN_OBJECT, "shipping", f_address),
	PART("lines", IN_ROWS, "lines", f_line),
	PART("items", IN_ROWS, "lines", f_line),
	PART("payments", IN_ROWS, "payments", f_payment),
	PART("shipments", IN_ROWS, "shipments", f_shipment),
	PART("refunds", IN_ROWS, "refunds", f_refund),
	PART("returns", IN_ROWS, "returns", f_return),
	{ .name = NULL }
};

static enum outcome in_object(struct reading *r, const char *where,
			      const json_t *in, const struct field *table,
			      json_t **out);

static enum outcome
wrong(struct reading *r, const char *where, const char *what)
{
	return err_code(r->e, OUT_PERM, "bad_order", "%s %s",
			*where != '\0' ? where : "it", what);
}

static const char *
member_text(const json_t *o, const char *name)
{
	const char *t = json_string_value(json_object_get(o, name));

	return t != NULL ? t : "";
}

/* --- texts ---------------------------------------------------------------- */

/* Without controls (a blank instead) and blanks at the ends, cut at max. NULL
 * if nothing is left. */
static json_t *
clean(const char *t, size_t max, bool lines)
{
	size_t n;
	char *v;
	json_t *made;

	while (*t == ' ' || *t == '\n' || *t == '\t' || *t == '\r')
		t++;
	n = strlen(t);
	n = utf8_cut(t, n, max < n ? max : n);
	while (n > 0 && (unsigned char)t[n - 1] <= ' ')
		n--;
	if (n == 0)
		return NULL;
	v = mem_new(n + 1, 1);
	(void)memcpy(v, t, n);
	for (size_t i = 0; i < n; i++)
		if (((unsigned char)v[i] < ' ' && !(lines && v[i] == '\n')) ||
		    v[i] == 0x7f)
			v[i] = ' ';
	made = json_stringn(v, n);
	mem_free(v);
	return made;
}

static json_t *
clean_url(const char *t)
{
	if ((strncmp(t, "https://", 8) != 0 && strncmp(t, "http://", 7) != 0) ||
	    strlen(t) > URL_MAX_OCTETS)
		return NULL;
	for (const char *p = t; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || (unsigned char)*p >= 0x7f ||
		    strchr("\"<>\\", *p) != NULL)
			return NULL;
	return json_string(t);
}

/* ASCII folds alone, as identities do. */
static json_t *
clean_email(const char *t)
{
	char v[255];
	size_t n = 0;

	while (*t == ' ')
		t++;
	for (; *t != '\0' && n + 1 < sizeof v; t++, n++)
		v[n] = ascii_lower(*t);
	while (n > 0 && v[n - 1] == ' ')
		n--;
	v[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)v[i] <= ' ' || v[i] == 0x7f)
			return NULL;
	return *t == '\0' && strchr(v, '@') != NULL && v[0] != '@' &&
			       strchr(v, '@') == strrchr(v, '@')
		       ? json_string(v)
		       : NULL;
}

static json_t *
clean_country(const char *t)
{
	char v[3] = { 0 };

	if (strlen(t) != 2)
		return NULL;
	for (int i = 0; i < 2; i++) {
		v[i] = ascii_upper(t[i]);
		if (v[i] < 'A' || v[i] > 'Z')
			return NULL;
	}
	return json_string(v);
}

static enum outcome
in_id(struct reading *r, const char *where, const char *t, json_t **out)
{
	if (strlen(t) > ORDER_ID_MAX)
		return wrong(r, where, "is too long");
	*out = clean(t, ORDER_ID_MAX, false);
	return OUT_OK;
}

static json_t *
in_word(const char *t, const char *words)
{
	size_t n = strlen(t);

	for (const char *p = words; n > 0 && (p = strstr(p, t)) != NULL; p++)
		if (p[-1] == ' ' && p[n] == ' ' && strchr(t, ' ') == NULL)
			return json_string(t);
	return json_string("unknown");
}

/* --- amounts, instants, numbers ------------------------------------------- */

static enum outcome
in_money(struct reading *r, const char *where, const char *t, json_t **out)
{
	int64_t v;

	if (!money_currency(r->currency))
		return wrong(r, where, "has no currency");
	if (!money_parse(t, strlen(t), r->currency, &v))
		return wrong(r, where, "is not an amount");
	*out = json_integer(v);
	return OUT_OK;
}

/* ISO 8601 with Z or an offset. */
static bool
instant(const char *t, int64_t *out)
{
	char v[INSTANT_MAX];
	size_t n = strlen(t);
	int hours;
	int minutes;
	char sign;
	int end = 0;

	if (n >= sizeof v)
		return false;
	if (n <= OFFSET_LEN || t[n - 1] == 'Z')
		return clock_parse(t, out);
	if (sscanf(t + n - OFFSET_LEN, "%c%2d:%2d%n", &sign, &hours, &minutes,
		   &end) != 3 ||
	    end != OFFSET_LEN || (sign != '+' && sign != '-') || hours > 14 ||
	    minutes > 59)
		return false;
	(void)memcpy(v, t, n - OFFSET_LEN);
	v[n - OFFSET_LEN] = 'Z';
	v[n - OFFSET_LEN + 1] = '\0';
	if (!clock_parse(v, out))
		return false;
	*out -= (sign == '+' ? 1 : -1) * (int64_t)(hours * 60 + minutes) *
		60000;
	return *out >= 0;
}

static enum outcome
in_instant(struct reading *r, const char *where, const char *t, json_t **out)
{
	int64_t v;

	if (!instant(t, &v))
		return wrong(r, where, "is not an instant");
	*out = json_integer(v);
	return OUT_OK;
}

static enum outcome
in_count(struct reading *r, const char *where, const json_t *v, json_t **out)
{
	const char *t = json_string_value(v);
	int64_t n = json_integer_value(v);

	if (t != NULL) {
		if (strlen(t) > 10 || t[strspn(t, "0123456789")] != '\0')
			return wrong(r, where, "is not a whole number");
		n = strtoll(t, NULL, 10);
	} else if (!json_is_integer(v)) {
		return wrong(r, where, "is not a whole number");
	}
	if (n < 0 || n > COUNT_MAX)
		return wrong(r, where, "is not a number from 0 to 10^9");
	*out = json_integer(n);
	return OUT_OK;
}

/* --- lists and objects ---------------------------------------------------- */

static enum outcome
in_texts(struct reading *r, const char *where, const json_t *v, json_t **out)
{
	json_t *list;
	json_t *one;
	size_t i;

	if (!json_is_array(v))
		return wrong(r, where, "is not a list");
	list = json_array();
	json_array_foreach((json_t *)v, i, one)
	{
		json_t *t = json_is_string(one) ? clean(json_string_value(one),
							LINE_MAX_OCTETS, false)
						: NULL;

		if (t != NULL && json_array_size(list) < TAGS_MAX)
			(void)json_array_append_new(list, t);
		else
			json_decref(t);
	}
	*out = list;
	return OUT_OK;
}

static enum outcome
in_rows(struct reading *r, const char *where, const json_t *v,
	const struct field *table, json_t **out)
{
	char place[PATH_MAX_OCTETS];
	enum outcome o = OUT_OK;
	json_t *list;

	if (!json_is_array(v))
		return wrong(r, where, "is not a list");
	if (json_array_size(v) > ORDER_ROWS_MAX)
		return wrong(r, where, "has more than 1000 members");
	list = json_array();
	for (size_t i = 0; i < json_array_size(v) && o == OUT_OK; i++) {
		json_t *one = NULL;

		(void)snprintf(place, sizeof place, "%.80s[%zu]", where, i);
		o = in_object(r, place, json_array_get(v, i), table, &one);
		if (o == OUT_OK)
			(void)json_array_append_new(list, one);
	}
	if (o != OUT_OK)
		json_decref(list);
	else
		*out = list;
	return o;
}

/* A member that is there, and is not a text. */
static enum outcome
in_other(struct reading *r, const char *where, const json_t *v,
	 const struct field *f, json_t **out)
{
	switch (f->form) {
	case IN_COUNT:
		return in_count(r, where, v, out);
	case IN_TEXTS:
		return in_texts(r, where, v, out);
	case IN_ROWS:
		return in_rows(r, where, v, f->table, out);
	case IN_OBJECT:
		return in_object(r, where, v, f->table, out);
	case IN_FLAG:
		if (!json_is_boolean(v))
			return wrong(r, where, "is neither true nor false");
		*out = json_is_true(v) ? json_true() : NULL;
		return OUT_OK;
	default:
		return wrong(r, where, "is not a text");
	}
}

static enum outcome
in_text(struct reading *r, const char *where, const char *t,
	const struct field *f, json_t **out)
{
	switch (f->form) {
	case IN_ID:
		return in_id(r, where, t, out);
	case IN_MONEY:
		return in_money(r, where, t, out);
	case IN_INSTANT:
		return in_instant(r, where, t, out);
	case IN_LINE:
		*out = clean(t, LINE_MAX_OCTETS, false);
		return OUT_OK;
	case IN_TEXT:
		*out = clean(t, TEXT_MAX_OCTETS, true);
		return OUT_OK;
	case IN_URL:
		*out = clean_url(t);
		return OUT_OK;
	case IN_EMAIL:
		*out = clean_email(t);
		return OUT_OK;
	case IN_COUNTRY:
		*out = clean_country(t);
		return OUT_OK;
	case IN_WORD:
		*out = in_word(t, f->words);
		return OUT_OK;
	default:
		return wrong(r, where, "is a text");
	}
}

static enum outcome
in_member(struct reading *r, const char *where, const json_t *v,
	  const struct field *f, json_t **out)
{
	const char *t = json_string_value(v);

	if (v == NULL || json_is_null(v) || (t != NULL && *t == '\0')) {
		if (f->form == IN_WORD)
			*out = json_string("unknown");
		return OUT_OK;
	}
	return t != NULL && f->form != IN_COUNT ? in_text(r, where, t, f, out)
						: in_other(r, where, v, f, out);
}

static enum outcome
in_object(struct reading *r, const char *where, const json_t *in,
	  const struct field *table, json_t **out)
{
	char place[PATH_MAX_OCTETS];
	enum outcome o = OUT_OK;
	json_t *made;

	if (!json_is_object(in))
		return wrong(r, where, "is not an object");
	made = json_object();
	for (const struct field *f = table; f->name != NULL && o == OUT_OK;
	     f++) {
		const char *to = f->to != NULL ? f->to : f->name;
		json_t *v = NULL;

		(void)snprintf(place, sizeof place, "%.80s%s%s", where,
			       *where != '\0' ? "." : "", f->name);
		/* another name of what is there already */
		if (json_object_get(made, to) == NULL)
			o = in_member(r, place, json_object_get(in, f->name), f,
				      &v);
		if (o == OUT_OK && v != NULL)
			(void)json_object_set_new(made, to, v);
	}
	if (o != OUT_OK)
		json_decref(made);
	else
		*out = made;
	return o;
}

/* --- what follows from it ------------------------------------------------- */

void
order_key(const char *text, char *out, size_t max)
{
	size_t n = 0;

	for (; *text != '\0' && n + 1 < max; text++) {
		unsigned char c = (unsigned char)*text;

		if (c >= 'a' && c <= 'z')
			out[n++] = (char)(c - 'a' + 'A');
		else if ((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			 c >= 0x80)
			out[n++] = (char)c;
	}
	out[n] = '\0';
}

static void
key_of(json_t *o, const char *from, const char *to)
{
	char key[ORDER_ID_MAX + 1];

	order_key(member_text(o, from), key, sizeof key);
	if (key[0] != '\0')
		(void)json_object_set_new(o, to, json_string(key));
}

/* Instants that stand for those that are not told; the first one wins. */
static void
fill(json_t *o, const char *name, const char *a, const char *b)
{
	json_t *v = json_object_get(o, name);

	if (v == NULL)
		v = json_object_get(o, a);
	if (v == NULL && b != NULL)
		v = json_object_get(o, b);
	if (v != NULL)
		(void)json_object_set(o, name, v);
}

static void
parcel_finish(json_t *p)
{
	key_of(p, "tracking_number", "tracking_key");
	fill(p, "status_ms", "delivered_ms", "shipped_ms");
}

static void
rows_finish(json_t *order)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(order, "lines"), i, one)
	{
		if (json_object_get(one, "quantity") == NULL)
			(void)json_object_set_new(one, "quantity",
						  json_integer(1));
	}
	json_array_foreach(json_object_get(order, "shipments"), i, one)
	{
		parcel_finish(one);
	}
}

/* Refunds and returns without an id are known by their place. An amount that
 * is not told is none. */
static enum outcome
ids_finish(struct reading *r, json_t *order, const char *name)
{
	char place[PATH_MAX_OCTETS];
	json_t *seen = json_object();
	enum outcome o = OUT_OK;
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(order, name), i, one)
	{
		const char *id = member_text(one, "external_id");

		if (*id == '\0') {
			(void)snprintf(place, sizeof place, "#%zu", i + 1);
			(void)json_object_set_new(one, "external_id",
						  json_string(place));
			id = member_text(one, "external_id");
		}
		(void)snprintf(place, sizeof place, "%s[%zu].external_id", name,
			       i);
		if (json_object_get(seen, id) != NULL) {
			o = wrong(r, place, "is there twice");
			break;
		}
		(void)json_object_set_new(seen, id, json_true());
		if (strcmp(name, "refunds") == 0 &&
		    json_object_get(one, "amount") == NULL)
			(void)json_object_set_new(one, "amount",
						  json_integer(0));
	}
	json_decref(seen);
	return o;
}

/* The sum of the refunds says more than what the shop says it is. */
static void
refunded_finish(json_t *order)
{
	int64_t sum = 0;
	json_t *one;
	size_t i;

	if (json_array_size(json_object_get(order, "refunds")) == 0)
		return;
	json_array_foreach(json_object_get(order, "refunds"), i, one)
	{
		sum += json_integer_value(json_object_get(one, "amount"));
	}
	(void)json_object_set_new(order, "refunded_total", json_integer(sum));
}

static enum outcome
order_finish(struct reading *r, json_t *order)
{
	enum outcome o;

	if (*member_text(order, "external_id") == '\0')
		return wrong(r, "external_id", "is missing");
	fill(order, "number", "external_id", NULL);
	fill(order, "placed_ms", "updated_ms", NULL);
	fill(order, "updated_ms", "placed_ms", NULL);
	if (json_object_get(order, "placed_ms") == NULL)
		return wrong(r, "placed_at", "is missing");
	key_of(order, "number", "number_key");
	rows_finish(order);
	o = ids_finish(r, order, "refunds");
	if (o == OUT_OK)
		o = ids_finish(r, order, "returns");
	if (o == OUT_OK)
		refunded_finish(order);
	return o;
}

/* --- seam ----------------------------------------------------------------- */

enum outcome
order_in(const json_t *order, json_t **out, struct err *e)
{
	struct reading r = { .currency = member_text(order, "currency"),
			     .e = e };
	json_t *made = NULL;
	enum outcome o = in_object(&r, "", order, f_order, &made);

	if (o == OUT_OK)
		o = order_finish(&r, made);
	if (o != OUT_OK) {
		json_decref(made);
		return o;
	}
	*out = made;
	return OUT_OK;
}

enum outcome
order_in_tracking(const json_t *tracking, json_t **out, struct err *e)
{
	struct reading r = { .currency = "", .e = e };
	json_t *made = NULL;
	enum outcome o = in_object(&r, "", tracking, f_tracking, &made);

	if (o != OUT_OK)
		return o;
	parcel_finish(made);
	fill(made, "updated_ms", "status_ms", NULL);
	if (*member_text(made, "tracking_key") == '\0' &&
	    (*member_text(made, "external_id") == '\0' ||
	     *member_text(made, "order") == '\0'))
		o = wrong(&r, "tracking_number", "is missing");
	else if (json_object_get(made, "updated_ms") == NULL)
		o = wrong(&r, "updated_at", "is missing");
	if (o != OUT_OK) {
		json_decref(made);
		return o;
	}
	*out = made;
	return OUT_OK;
}

void
order_in_digest(const json_t *made, char out[HASH_HEX])
{
	char *text = json_dumps(made, JSON_COMPACT | JSON_SORT_KEYS);

	hash_hex(text, strlen(text), out);
	mem_free(text);
}

int
order_status_rank(const char *status)
{
	static const struct {
		const char *status;
		int rank;
	} ranks[] = {
		{ "pending", 0 },
		{ "shipped", 1 },
		{ "in_transit", 2 },
		{ "out_for_delivery", 3 },
		{ "available_for_pickup", 3 },
		{ "attempt_failed", 3 },
		{ "exception", 3 },
		{ "expired", 4 },
		{ "delivered", 5 },
		{ "returned", 6 },
		{ "cancelled", 6 },
	};

	for (size_t i = 0; i < sizeof ranks / sizeof ranks[0]; i++)
		if (strcmp(ranks[i].status, status) == 0)
			return ranks[i].rank;
	return -1;
}
