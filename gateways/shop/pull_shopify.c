/*
 * pull_shopify: Shopify's GraphQL Admin API, asked for what changed. The query
 * names members as the REST resource and the webhooks do, so that one reader
 * (shopify_order.c) understands all three.
 *
 * A query costs points by what it could answer at most. It begins with
 * FIRST orders to a page; where that is too dear, the half is asked for, down
 * to one. An order with more lines than a page has is read by itself, by REST.
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/common/scan.h"
#include "gateways/shop/ask.h"
#include "gateways/shop/neutral.h"
#include "gateways/shop/pull.h"
#include "gateways/shop/read_shopify.h"
#include "gateways/shop/shopify_order.h"
#include "gateways/shop/take.h"
#include "gateways/shop/told.h"

#define VERSION "2026-04"
#define FIRST 20 /* orders to a page, to begin with */
#define DEPTH_MAX 64
#define STATUS_GONE 404
#define MS 1000
#define REST_MAX_S 60 /* for points to come back */
#define CLOCK_TEXT 32

#define MONEY "{shop_money:shopMoney{amount currency_code:currencyCode}}"
#define ADDRESS                                                                \
	"{first_name:firstName last_name:lastName name company address1 "      \
	"address2 city zip province country_code:countryCodeV2 phone}"

static const char query[] =
	"query($first:Int!,$after:String,$query:String!){"
	"orders(first:$first,after:$after,query:$query,sortKey:UPDATED_AT){"
	"pageInfo{hasNextPage endCursor}"
	"nodes{id name created_at:createdAt processed_at:processedAt "
	"updated_at:updatedAt cancelled_at:cancelledAt closed_at:closedAt "
	"cancel_reason:cancelReason currency:currencyCode "
	"financial_status:displayFinancialStatus "
	"fulfillment_status:displayFulfillmentStatus "
	"email phone note tags test customer_locale:customerLocale "
	"payment_gateway_names:paymentGatewayNames "
	"total_price_set:totalPriceSet" MONEY
	"subtotal_price_set:subtotalPriceSet" MONEY
	"total_shipping_price_set:totalShippingPriceSet" MONEY
	"total_tax_set:totalTaxSet" MONEY
	"total_discounts_set:totalDiscountsSet" MONEY
	"customer{id first_name:firstName last_name:lastName "
	"default_email:defaultEmailAddress{email:emailAddress} "
	"default_phone:defaultPhoneNumber{phone:phoneNumber}}"
	"billing_address:billingAddress" ADDRESS
	"shipping_address:shippingAddress" ADDRESS
	"line_items:lineItems(first:25){pageInfo{hasNextPage}"
	"nodes{id name title variant_title:variantTitle sku quantity "
	"price_set:originalUnitPriceSet" MONEY
	"total_discount_set:totalDiscountSet" MONEY
	"product{id}variant{id}properties:customAttributes{name:key value}}}"
	"fulfillments(first:10){id name status "
	"shipment_status:displayStatus created_at:createdAt "
	"updated_at:updatedAt delivered_at:deliveredAt "
	"estimated_at:estimatedDeliveryAt "
	"tracking_info:trackingInfo(first:10){company number url}"
	"line_items:fulfillmentLineItems(first:25){"
	"nodes{quantity line_item:lineItem{id}}}}"
	"refunds(first:10){id created_at:createdAt note "
	"refund_line_items:refundLineItems(first:25){"
	"nodes{quantity line_item:lineItem{id}}}"
	"transactions(first:10){nodes{kind status amount_set:amountSet" MONEY
	"}}}"
	"returns(first:5){nodes{id status created_at:createdAt "
	"return_line_items:returnLineItems(first:10){nodes{quantity "
	"...on ReturnLineItem{reason:returnReason "
	"fulfillment_line_item:fulfillmentLineItem{line_item:lineItem{id}}}"
	"}}refunds(first:1){nodes{id}}}}"
	"}}}";

/*
 * Members of a run: "first"; "after", a cursor; "long", ids of orders that are
 * read by themselves; "until", of their page; "end", if the list has ended.
 */
static json_t *
long_orders(const json_t *run)
{
	return json_object_get(run, "long");
}

static void
begin(json_t *run)
{
	(void)json_object_set_new(run, "first", json_integer(FIRST));
	(void)json_object_set_new(run, "after", json_null());
	(void)json_object_set_new(run, "long", json_array());
	(void)json_object_set_new(run, "until", json_integer(0));
	(void)json_object_set_new(run, "end", json_false());
}

static const char *
text(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

/* Begin the URL of its API: a setting says where that is where it is tried
 * out. */
static void
address(struct buf *b, const struct pull_shop *shop, const char *path)
{
	ask_begin(b, shop, "");
	if (b->len == 0)
		(void)buf_printf(b, "https://%s",
				 text(shop->settings, "shop_domain"));
	(void)buf_printf(b, "/admin/api/" VERSION "/%s", path);
}

static char *
page_body(const json_t *run, int64_t since_ms)
{
	char since[CLOCK_TEXT];
	char *filter;
	json_t *body;
	char *out;

	clock_iso_s(since_ms / MS, since);
	filter = mem_printf("updated_at:>='%s'", since);
	body = json_pack("{s:s, s:{s:O, s:O, s:s}}", "query", query,
			 "variables", "first", json_object_get(run, "first"),
			 "after", json_object_get(run, "after"), "query",
			 filter);
	out = json_dumps(body, JSON_COMPACT);
	json_decref(body);
	mem_free(filter);
	return out;
}

/* One that has more lines than a page gives. */
static void
address_long(struct buf *b, const struct pull_shop *shop, const char *id)
{
	address(b, shop, "orders/");
	http_escape(b, id);
	(void)buf_puts(b, ".json");
}

static bool
next(const struct pull_shop *shop, json_t *run, int64_t since_ms,
     struct pull_ask *ask)
{
	const char *id;
	struct buf b;

	if (json_object_size(run) == 0)
		begin(run);
	id = json_string_value(json_array_get(long_orders(run), 0));
	if (id == NULL && json_is_true(json_object_get(run, "end")))
		return false;
	if (id != NULL)
		address_long(&b, shop, id);
	else
		address(&b, shop, "graphql.json");
	if (!ask_end(&b,
		     mem_printf("X-Shopify-Access-Token: %s",
				text(shop->secrets, "access_token")),
		     ask))
		return false;
	if (id == NULL) {
		ask->header[1] = mem_strdup("Content-Type: application/json");
		ask->body = page_body(run, since_ms);
	}
	return true;
}

/*
 * How long until there are as many points as the query wants; 0: there are.
 * Points come back by the second.
 */
static int64_t
rest_ms(const json_t *top)
{
	const json_t *cost =
		take_object(take_object(top, "extensions"), "cost");
	const json_t *bucket = take_object(cost, "throttleStatus");
	int64_t wanted;
	int64_t there;
	int64_t rate;
	int64_t s;

	if (!take_whole(cost, "requestedQueryCost", &wanted) ||
	    !take_whole(bucket, "currentlyAvailable", &there) ||
	    !take_whole(bucket, "restoreRate", &rate) || rate <= 0 ||
	    wanted <= there)
		return 0;
	s = (wanted - there + rate - 1) / rate;
	return (s < REST_MAX_S ? s : REST_MAX_S) * MS;
}

/* Half a page from now on. false: it is one order already. */
static bool
halve(json_t *run)
{
	json_int_t first = json_integer_value(json_object_get(run, "first"));

	if (first <= 1)
		return false;
	(void)json_object_set_new(run, "first", json_integer(first / 2));
	return true;
}

/* An answer without orders has errors: the first says what is wrong. */
static enum outcome
no_orders(const json_t *top, json_t *run, struct pull_told *told, struct err *e)
{
	json_t *errors = take_rows(top, "errors");
	const json_t *inside =
		take_object(json_array_get(errors, 0), "extensions");
	const char *word = take_str(inside, "code");
	char code[SHOPIFY_WORD_MAX] = "";

	if (word != NULL)
		shopify_word(inside, "code", code);
	json_decref(errors); /* its rows are the body's too */
	told->again = true;
	if (strcmp(code, "throttled") == 0) {
		told->rest_ms = rest_ms(top);
		if (told->rest_ms == 0)
			told->rest_ms = MS;
		return OUT_OK;
	}
	if (strcmp(code, "max_cost_exceeded") == 0 && halve(run))
		return OUT_OK;
	told->again = false;
	if (strcmp(code, "access_denied") == 0)
		return err_code(e, OUT_PERM, "auth",
				"the shop does not give its orders");
	if (strcmp(code, "internal_server_error") == 0)
		return err_set(e, OUT_TEMP, "the shop could not answer");
	return err_code(e, OUT_PERM, "refused", "the shop refuses the query");
}

/* Does the order have more lines than the answer has? */
static bool
is_long(const json_t *node)
{
	const json_t *page =
		take_object(take_object(node, "line_items"), "pageInfo");

	return take_flag(page, "hasNextPage");
}

static void
read_node(const struct pull_shop *shop, json_t *run, const json_t *node,
	  json_t *facts)
{
	json_t *order = shopify_order(&shop->about, node);

	if (order == NULL) {
		(void)neutral_fact(facts, "nothing", "why",
				   json_string("an order without its id"));
	} else if (is_long(node)) {
		(void)json_array_append(long_orders(run),
					json_object_get(order, "external_id"));
		json_decref(order);
	} else {
		(void)neutral_fact(facts, "order", "order", order);
	}
}

/* The newest change of a page, also of what is still to be read. */
static int64_t
newest(const json_t *nodes)
{
	json_t *facts = json_array();
	const json_t *node;
	int64_t t;
	size_t i;

	json_array_foreach(nodes, i, node)
	{
		(void)neutral_fact(facts, "order", "order",
				   json_incref((json_t *)node));
	}
	t = told_newest(facts);
	json_decref(facts);
	return t;
}

static void
read_page(const struct pull_shop *shop, json_t *run, const json_t *orders,
	  struct pull_told *told)
{
	const json_t *page = take_object(orders, "pageInfo");
	const char *after = take_str(page, "endCursor");
	json_t *nodes = take_rows(orders, "nodes");
	int64_t until = newest(nodes);
	const json_t *node;
	size_t i;

	told->facts = json_array();
	json_array_foreach(nodes, i, node)
		read_node(shop, run, node, told->facts);
	json_decref(nodes);
	if (json_array_size(long_orders(run)) == 0)
		told->until_ms = until;
	(void)json_object_set_new(run, "until", json_integer(until));
	if (after != NULL && take_flag(page, "hasNextPage"))
		(void)json_object_set_new(run, "after", json_string(after));
	else
		(void)json_object_set_new(run, "end", json_true());
}

static enum outcome
answer_page(const struct pull_shop *shop, json_t *run,
	    const struct pull_answer *a, struct pull_told *told, struct err *e)
{
	const json_t *orders;
	json_t *top;
	enum outcome o;

	if (ask_is_page(a))
		return err_set(e, OUT_TEMP, "a page, and no JSON");
	o = scan_json_text(a->body, a->n, DEPTH_MAX, &top, e);
	if (o != OUT_OK)
		return err_code(e, OUT_PERM, "not_understood",
				"the shop's answer cannot be read");
	orders = take_object(take_object(top, "data"), "orders");
	if (orders != NULL) {
		read_page(shop, run, orders, told);
		told->rest_ms = rest_ms(top);
	} else {
		o = no_orders(top, run, told, e);
	}
	json_decref(top);
	return o;
}

/* One order by itself. Where it is not there any more, nothing is said. */
static enum outcome
answer_long(const struct pull_shop *shop, json_t *run,
	    const struct pull_answer *a, struct pull_told *told, struct err *e)
{
	struct read_about about = shop->about;
	enum outcome o = OUT_OK;

	about.topic = "";
	if (a->status == STATUS_GONE)
		told->facts = json_array();
	else
		o = read_shopify(&about, a->body, a->n, &told->facts, e);
	if (o == OUT_PERM)
		return err_code(e, OUT_PERM, "not_understood",
				"an order of the shop cannot be read");
	if (o != OUT_OK)
		return o;
	(void)json_array_remove(long_orders(run), 0);
	if (json_array_size(long_orders(run)) == 0)
		told->until_ms =
			json_integer_value(json_object_get(run, "until"));
	return OUT_OK;
}

static enum outcome
answer(const struct pull_shop *shop, json_t *run, const struct pull_answer *a,
       struct pull_told *told, struct err *e)
{
	bool alone = json_array_size(long_orders(run)) > 0;
	enum outcome o;

	if ((!alone || a->status != STATUS_GONE) &&
	    !told_status(a, told, &o, e))
		return o;
	return alone ? answer_long(shop, run, a, told, e)
		     : answer_page(shop, run, a, told, e);
}

const struct pull pull_shopify = { "shopify", next, answer };
