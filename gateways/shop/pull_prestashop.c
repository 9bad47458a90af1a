/*
 * pull_prestashop: what changed in a PrestaShop. A page of orders, then what they
 * need of other resources, each asked for once for the whole page, with the
 * fields that are used and no others: of customers everything would be their
 * passwords' hashes, of payments their cards.
 *
 * A run has, beside what ask_page() keeps: stage (a place in the table below),
 * orders (of the page), joined ({resource: records}).
 *
 * Source: PrestaShop's documentation of its webservice, "cheat sheet".
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/shop/ask.h"
#include "gateways/shop/presta.h"
#include "gateways/shop/pull.h"
#include "gateways/shop/take.h"
#include "gateways/shop/told.h"
#include "gateways/shop/when.h"
#include "rules/zone.h"

#define ORDERS 50 /* of a page */
#define LAST "9999-12-31 23:59:59"
#define KEY_MAX 512 /* octets of an Authorization's value */

/* A resource, in the order in which they are asked for. */
struct stage {
	const char *resource;
	const char *one;  /* what a record is called in an answer, */
	const char *many; /* and a list */
	const char *display;
	const char *filter; /* field; NULL: all, once a run */
	/* members of the orders whose values it is filtered by; or of the
	 * records of another resource */
	const char *by[2];
	const char *of; /* that other resource, or NULL */
	bool list;      /* several of an order: not found by their own id */
};

#define STAGE_ORDERS 3 /* their place in the table */

static const struct stage stages[] = {
	{ .resource = "order_states",
	  .one = "order_state",
	  .many = "order_states",
	  .display = "[id,paid,shipped,unremovable,template]" },
	{ .resource = "currencies",
	  .one = "currency",
	  .many = "currencies",
	  .display = "[id,iso_code]" },
	{ .resource = "countries",
	  .one = "country",
	  .many = "countries",
	  .display = "[id,iso_code]" },
	{ .resource = "orders",
	  .one = "order",
	  .many = "orders",
	  .display = "full" },
	{ .resource = "customers",
	  .one = "customer",
	  .many = "customers",
	  .display = "[id,email,firstname,lastname]",
	  .filter = "id",
	  .by = { "id_customer" } },
	{ .resource = "addresses",
	  .one = "address",
	  .many = "addresses",
	  .display = "[id,id_country,firstname,lastname,company,address1,"
		     "address2,city,postcode,phone,phone_mobile]",
	  .filter = "id",
	  .by = { "id_address_invoice", "id_address_delivery" } },
	{ .resource = "order_details",
	  .one = "order_detail",
	  .many = "order_details",
	  .display = "[id,id_order,total_price_tax_incl,"
		     "product_quantity_refunded]",
	  .filter = "id_order",
	  .by = { "id" } },
	{ .resource = "order_payments",
	  .one = "order_payment",
	  .many = "order_payments",
	  .display = "[id,order_reference,amount,payment_method,"
		     "transaction_id,date_add]",
	  .filter = "order_reference",
	  .by = { "reference" },
	  .list = true },
	{ .resource = "order_carriers",
	  .one = "order_carrier",
	  .many = "order_carriers",
	  .display = "[id,id_order,id_carrier,tracking_number]",
	  .filter = "id_order",
	  .by = { "id" },
	  .list = true },
	{ .resource = "order_slip",
	  .one = "order_slip",
	  .many = "order_slips",
	  .display = "full",
	  .filter = "id_order",
	  .by = { "id" },
	  .list = true },
	{ .resource = "order_histories",
	  .one = "order_history",
	  .many = "order_histories",
	  .display = "[id,id_order,id_order_state,date_add]",
	  .filter = "id_order",
	  .by = { "id" },
	  .list = true },
	{ .resource = "carriers",
	  .one = "carrier",
	  .many = "carriers",
	  .display = "[id,name,url]",
	  .filter = "id",
	  .by = { "id_carrier" },
	  .of = "order_carriers" },
};

#define STAGES (sizeof stages / sizeof stages[0])

static size_t
stage_of(const json_t *run)
{
	return (size_t)json_integer_value(json_object_get(run, "stage"));
}

static void
set_stage(json_t *run, size_t stage)
{
	(void)json_object_set_new(run, "stage",
				  json_integer((json_int_t)stage));
}

static json_t *
member(json_t *run, const char *name, json_t *(*make)(void))
{
	json_t *v = json_object_get(run, name);

	if (v != NULL)
		return v;
	(void)json_object_set_new(run, name, make());
	return json_object_get(run, name);
}

static json_t *
joined(json_t *run)
{
	return member(run, "joined", json_object);
}

/* The values a stage is filtered by: a new array, maybe empty. */
static json_t *
wanted(json_t *run, const struct stage *s)
{
	const json_t *orders = json_object_get(run, "orders");
	json_t *ids = ask_ids(orders, s->by[0]);

	if (s->by[1] != NULL)
		ask_ids_more(ids, orders, s->by[1]);
	if (s->of != NULL)
		ask_ids_more(ids, json_object_get(joined(run), s->of),
			     s->by[0]);
	return ids;
}

/* The header that has the key: Basic, the key as the user. A new string. */
static char *
authorization(const struct pull_shop *shop)
{
	const char *key = take_str(shop->secrets, "key");
	char *user = mem_printf("%s:", key != NULL ? key : "");
	struct buf b;
	char *out;

	buf_init(&b, KEY_MAX);
	(void)hash_b64(&b, user, strlen(user));
	out = mem_printf("Authorization: Basic %s", buf_str(&b));
	hash_forget(user, strlen(user));
	mem_free(user);
	buf_release(&b);
	return out;
}

static void
begin(struct buf *b, const struct pull_shop *shop, const struct stage *s)
{
	char *path = mem_printf("/api/%s", s->resource);
	const char *id_shop = take_str(shop->settings, "id_shop");

	ask_begin(b, shop, path);
	mem_free(path);
	ask_query(b, "output_format", "JSON");
	ask_query(b, "display", s->display);
	if (id_shop != NULL)
		ask_query(b, "id_shop", id_shop);
}

static void
orders_query(struct buf *b, const struct pull_shop *shop, const json_t *run,
	     int64_t since_ms)
{
	struct zone *zone = when_zone(shop->about.zone);
	char first[WHEN_LABEL];
	char *text;

	when_since(since_ms / 1000, zone, first);
	zone_free(&zone);
	text = mem_printf("[%s,%s]", ask_from(run, first), LAST);
	ask_query(b, "date", "1");
	ask_query(b, "filter[date_upd]", text);
	mem_free(text);
	ask_query(b, "sort", "[date_upd_ASC,id_ASC]");
	text = mem_printf("%lld,%d", (long long)ask_offset(run), ORDERS);
	ask_query(b, "limit", text);
	mem_free(text);
}

static void
join_query(struct buf *b, const struct stage *s, const json_t *ids)
{
	struct buf values;
	char *name;

	if (s->filter == NULL)
		return;
	buf_init(&values, PULL_URL_MAX);
	(void)buf_putc(&values, '[');
	ask_join(&values, ids, "|");
	(void)buf_putc(&values, ']');
	name = mem_printf("filter[%s]", s->filter);
	ask_query(b, name, buf_str(&values));
	if (values.full)
		b->full = true;
	mem_free(name);
	buf_release(&values);
}

/* Go on to the next stage that has something to ask for. */
static bool
find_stage(json_t *run)
{
	size_t i = stage_of(run);

	for (; i < STAGES; i++) {
		json_t *ids;
		bool any;

		if (i <= STAGE_ORDERS)
			break;
		ids = wanted(run, &stages[i]);
		any = json_array_size(ids) > 0;
		json_decref(ids);
		if (any)
			break;
	}
	set_stage(run, i);
	return i < STAGES;
}

static bool
next(const struct pull_shop *shop, json_t *run, int64_t since_ms,
     struct pull_ask *ask)
{
	const struct stage *s;
	json_t *ids;
	struct buf b;

	if (json_is_true(json_object_get(run, "done")) || !find_stage(run))
		return false;
	s = &stages[stage_of(run)];
	begin(&b, shop, s);
	if (stage_of(run) == STAGE_ORDERS) {
		orders_query(&b, shop, run, since_ms);
	} else if (s->filter != NULL) {
		ids = wanted(run, s);
		join_query(&b, s, ids);
		json_decref(ids);
	}
	return ask_end(&b, authorization(shop), ask);
}

/* The page's orders, joined: facts. */
static void
tell(const struct pull_shop *shop, json_t *run, struct pull_told *told)
{
	struct zone *zone = when_zone(shop->about.zone);
	struct presta_about about = { .joined = joined(run),
				      .zone = zone,
				      .country = shop->about.country };
	json_t *raw;
	size_t i;

	json_array_foreach(json_object_get(run, "orders"), i, raw)
	{
		json_t *order = presta_order(raw, &about);

		if (order == NULL)
			continue;
		(void)json_array_append_new(told->facts,
					    json_pack("{s:s, s:o}", "kind",
						      "order", "order", order));
	}
	zone_free(&zone);
	told->until_ms = told_newest(told->facts);
}

/* Forget the page's records; those that are asked for once a run stay. */
static void
turn_page(json_t *run)
{
	for (size_t i = STAGE_ORDERS; i < STAGES; i++)
		(void)json_object_del(joined(run), stages[i].resource);
	(void)json_object_del(run, "orders");
	set_stage(run, STAGE_ORDERS);
	if (json_is_true(json_object_get(run, "end")))
		(void)json_object_set_new(run, "done", json_true());
}

/* What a stage's answer says goes into the run. */
static void
keep(json_t *run, const struct stage *s, json_t *records)
{
	static const struct ask_page page = { .id = "id",
					      .changed = "date_upd",
					      .full = ORDERS };

	if (stage_of(run) == STAGE_ORDERS) {
		ask_page(&page, run, records);
		(void)json_object_set(run, "orders", records);
	} else if (s->list) {
		(void)json_object_set(joined(run), s->resource, records);
	} else {
		(void)json_object_set_new(joined(run), s->resource,
					  presta_by_id(records));
	}
}

/* A resource that the key may not read is one that nobody knows; without the
 * orders themselves there is nothing. */
static enum outcome
refused(const json_t *run, const char *code, struct pull_told *told,
	struct err *e)
{
	const struct stage *s = &stages[stage_of(run)];
	char *why;

	if (stage_of(run) == STAGE_ORDERS)
		return err_code(e, OUT_PERM, "refused",
				"the webservice refuses orders: error %.20s",
				code);
	why = mem_printf("the webservice refuses %s: error %.20s", s->resource,
			 code);
	(void)json_array_append_new(
		told->facts,
		json_pack("{s:s, s:s}", "kind", "nothing", "why", why));
	mem_free(why);
	return OUT_OK;
}

/* The records of an answer: a new array, empty where it was refused. */
static enum outcome
read_answer(const json_t *run, const struct pull_answer *a, json_t **records,
	    struct pull_told *told, struct err *e)
{
	const struct stage *s = &stages[stage_of(run)];
	struct err why = { .text = "" };
	json_t *tree = NULL;
	const char *code;
	const char *words;
	enum outcome o;

	*records = NULL;
	o = presta_tree(a->body, a->n, &tree, &why);
	if (o != OUT_OK) {
		(void)err_code(e, OUT_PERM, "not_understood", "%s",
			       ask_is_page(a) ? "a page in HTML came"
					      : why.text);
		return ask_is_page(a) ? OUT_TEMP : OUT_PERM;
	}
	code = presta_error(tree, &words);
	if (code != NULL)
		o = refused(run, code, told, e);
	else if (a->status != 200)
		o = err_code(e, OUT_PERM, "not_understood", "status %ld",
			     a->status);
	if (o == OUT_OK)
		*records = presta_records(tree, s->one, s->many);
	json_decref(tree);
	return o;
}

static enum outcome
take_answer(const struct pull_shop *shop, json_t *run,
	    const struct pull_answer *a, struct pull_told *told, struct err *e)
{
	size_t stage = stage_of(run);
	json_t *records;
	enum outcome o;

	if (!ask_status(a, told, &o, e))
		return o;
	o = read_answer(run, a, &records, told, e);
	if (o != OUT_OK)
		return o;
	keep(run, &stages[stage], records);
	json_decref(records);
	set_stage(run, stage + 1);
	if (find_stage(run))
		return OUT_OK;
	tell(shop, run, told);
	turn_page(run);
	return OUT_OK;
}

static enum outcome
answer(const struct pull_shop *shop, json_t *run, const struct pull_answer *a,
       struct pull_told *told, struct err *e)
{
	enum outcome o;

	*told = (struct pull_told){ .facts = json_array() };
	o = take_answer(shop, run, a, told, e);
	if (o != OUT_OK) {
		json_decref(told->facts);
		told->facts = NULL;
	}
	return o;
}

const struct pull pull_prestashop = { .kind = "prestashop",
				      .next = next,
				      .answer = answer };
