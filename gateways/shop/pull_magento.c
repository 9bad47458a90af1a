/*
 * pull_magento: what changed in a Magento. A page of orders, then the shipments, the
 * credit memos and the returns of that page, in pages of their own. Open Source
 * has no returns, and says so.
 *
 * Asked for a page beyond the last, Magento gives the last one again: what ends
 * a list is its total_count, or a page that is not full.
 *
 * A run has, beside what ask_page() keeps: stage, orders, shipments, memos,
 * returns (of the page), page (of the stage's list).
 *
 * Source: Adobe Commerce REST, "Search using REST APIs".
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/common/scan.h"
#include "gateways/shop/ask.h"
#include "gateways/shop/magento.h"
#include "gateways/shop/pull.h"
#include "gateways/shop/take.h"
#include "gateways/shop/told.h"
#include "gateways/shop/when.h"

#define ORDERS 50 /* of a page */
#define PARTS 100 /* of a page of shipments, memos, returns */
#define PAGES 100 /* of those, for one page of orders */
#define DEPTH_MAX 32
#define STATUS_NONE 404
#define FIELD "searchCriteria[filter_groups][0][filters][0][field]"
#define VALUE "searchCriteria[filter_groups][0][filters][0][value]"
#define CONDITION "searchCriteria[filter_groups][0][filters][0][condition_type]"

enum stage {
	STAGE_ORDERS,
	STAGE_SHIPMENTS,
	STAGE_MEMOS,
	STAGE_RETURNS,
	STAGES
};

static const struct {
	const char *path;
	const char *kept; /* member of the run */
} stages[] = {
	{ "/rest/V1/orders", "orders" },
	{ "/rest/V1/shipments", "shipments" },
	{ "/rest/V1/creditmemos", "memos" },
	{ "/rest/V1/returns", "returns" },
};

static int64_t
number(const json_t *run, const char *name)
{
	return json_integer_value(json_object_get(run, name));
}

static void
set_number(json_t *run, const char *name, int64_t v)
{
	(void)json_object_set_new(run, name, json_integer(v));
}

static void
orders_query(struct buf *b, const json_t *run, int64_t since_ms)
{
	char first[WHEN_LABEL];

	when_since(since_ms / 1000, NULL, first);
	ask_query(b, FIELD, "updated_at");
	ask_query(b, VALUE, ask_from(run, first));
	ask_query(b, CONDITION, "gteq");
	ask_query(b, "searchCriteria[sortOrders][0][field]", "updated_at");
	ask_query(b, "searchCriteria[sortOrders][0][direction]", "ASC");
	ask_query(b, "searchCriteria[sortOrders][1][field]", "entity_id");
	ask_query(b, "searchCriteria[sortOrders][1][direction]", "ASC");
	ask_query_number(b, "searchCriteria[pageSize]", ORDERS);
	ask_query_number(b, "searchCriteria[currentPage]",
			 ask_offset(run) / ORDERS + 1);
}

static void
parts_query(struct buf *b, const json_t *run)
{
	json_t *ids = ask_ids(json_object_get(run, "orders"), "entity_id");
	struct buf values;

	buf_init(&values, PULL_URL_MAX);
	ask_join(&values, ids, ",");
	json_decref(ids);
	ask_query(b, FIELD, "order_id");
	ask_query(b, VALUE, buf_str(&values));
	ask_query(b, CONDITION, "in");
	if (values.full)
		b->full = true;
	buf_release(&values);
	ask_query_number(b, "searchCriteria[pageSize]", PARTS);
	ask_query_number(b, "searchCriteria[currentPage]",
			 number(run, "page") + 1);
}

static bool
next(const struct pull_shop *shop, json_t *run, int64_t since_ms,
     struct pull_ask *ask)
{
	size_t stage = (size_t)number(run, "stage");
	const char *token = take_str(shop->secrets, "token");
	struct buf b;

	if (json_is_true(json_object_get(run, "done")))
		return false;
	ask_begin(&b, shop, stages[stage].path);
	if (stage == STAGE_ORDERS)
		orders_query(&b, run, since_ms);
	else
		parts_query(&b, run);
	return ask_end(&b,
		       mem_printf("Authorization: Bearer %s",
				  token != NULL ? token : ""),
		       ask);
}

static void
tell(const struct pull_shop *shop, const json_t *run, struct pull_told *told)
{
	const struct magento_about about = {
		.shipments = json_object_get(run, "shipments"),
		.memos = json_object_get(run, "memos"),
		.returns = json_object_get(run, "returns"),
		.country = shop->about.country
	};
	json_t *raw;
	size_t i;

	json_array_foreach(json_object_get(run, "orders"), i, raw)
	{
		json_t *order = magento_order(raw, &about);

		if (order == NULL)
			continue;
		(void)json_array_append_new(told->facts,
					    json_pack("{s:s, s:o}", "kind",
						      "order", "order", order));
	}
	told->until_ms = told_newest(told->facts);
}

static void
turn_page(json_t *run)
{
	for (size_t i = 0; i < STAGES; i++)
		(void)json_object_del(run, stages[i].kept);
	set_number(run, "stage", STAGE_ORDERS);
	if (json_is_true(json_object_get(run, "end")))
		(void)json_object_set_new(run, "done", json_true());
}

/* Was this the last page of the stage's list? */
static bool
is_last(const json_t *run, const json_t *tree, size_t n, size_t full)
{
	int64_t pages = number(run, "stage") == STAGE_ORDERS
				? ask_offset(run) / ORDERS
				: number(run, "page");
	int64_t total;

	return n < full || (take_whole(tree, "total_count", &total) &&
			    total <= (pages + 1) * (int64_t)full);
}

static void
keep_orders(json_t *run, const json_t *tree, json_t *rows)
{
	static const struct ask_page page = { .id = "entity_id",
					      .changed = "updated_at",
					      .full = ORDERS };
	bool last = is_last(run, tree, json_array_size(rows), ORDERS);

	ask_page(&page, run, rows);
	if (last)
		(void)json_object_set_new(run, "end", json_true());
	(void)json_object_set(run, "orders", rows);
	set_number(run, "stage", STAGE_SHIPMENTS);
	set_number(run, "page", 0);
}

static void
keep_parts(json_t *run, const json_t *tree, const json_t *rows)
{
	int64_t stage = number(run, "stage");
	const char *name = stages[stage].kept;
	json_t *kept = json_object_get(run, name);

	if (kept == NULL) {
		kept = json_array();
		(void)json_object_set_new(run, name, kept);
	}
	(void)json_array_extend(kept, (json_t *)rows);
	if (is_last(run, tree, json_array_size(rows), PARTS) ||
	    number(run, "page") + 1 >= PAGES) {
		set_number(run, "stage", stage + 1);
		set_number(run, "page", 0);
	} else {
		set_number(run, "page", number(run, "page") + 1);
	}
}

/* Shipments, memos and returns that the token may not read, or that are not there, are
 * ones that nobody knows. */
static enum outcome
refused(const json_t *run, long status, struct pull_told *told, struct err *e)
{
	char *why;

	if (number(run, "stage") == STAGE_ORDERS)
		return err_code(e, OUT_PERM, "refused",
				"the API refuses orders: status %ld", status);
	why = mem_printf("the API refuses %s: status %ld",
			 stages[number(run, "stage")].kept, status);
	(void)json_array_append_new(
		told->facts,
		json_pack("{s:s, s:s}", "kind", "nothing", "why", why));
	mem_free(why);
	return OUT_OK;
}

/* The list of an answer; {} where it was refused and need not be there. */
static enum outcome
read_answer(const json_t *run, const struct pull_answer *a, json_t **tree,
	    struct pull_told *told, struct err *e)
{
	bool part = number(run, "stage") != STAGE_ORDERS;
	enum outcome o;

	if (part && a->status == STATUS_NONE) {
		*tree = json_object(); /* whatever the page for people is */
		return refused(run, a->status, told, e);
	}
	o = scan_json_text(a->body, a->n, DEPTH_MAX, tree, e);
	if (o != OUT_OK) {
		(void)err_code(e, OUT_PERM, "not_understood", "%s",
			       ask_is_page(a) ? "a page in HTML came"
					      : "no answer of Magento's API");
		return ask_is_page(a) ? OUT_TEMP : OUT_PERM;
	}
	if (a->status == 200 && json_object_get(*tree, "items") != NULL)
		return OUT_OK;
	json_decref(*tree);
	*tree = json_object();
	o = refused(run, a->status, told, e);
	if (o != OUT_OK) {
		json_decref(*tree);
		*tree = NULL;
	}
	return o;
}

static enum outcome
take_answer(const struct pull_shop *shop, json_t *run,
	    const struct pull_answer *a, struct pull_told *told, struct err *e)
{
	json_t *tree = NULL;
	json_t *rows;
	enum outcome o;

	/* 401 of a part is a token without that right; of the orders, no token */
	if ((a->status != 401 || number(run, "stage") == STAGE_ORDERS) &&
	    !ask_status(a, told, &o, e))
		return o;
	o = read_answer(run, a, &tree, told, e);
	if (o != OUT_OK)
		return o;
	rows = take_rows(tree, "items");
	if (number(run, "stage") == STAGE_ORDERS)
		keep_orders(run, tree, rows);
	else
		keep_parts(run, tree, rows);
	json_decref(rows);
	json_decref(tree);
	if (number(run, "stage") < STAGES &&
	    json_array_size(json_object_get(run, "orders")) > 0)
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

const struct pull pull_magento = { .kind = "magento",
				   .next = next,
				   .answer = answer };
