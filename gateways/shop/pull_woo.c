/*
 * pull_woo: WooCommerce's REST API, asked for what changed.
 *
 * An order that changes while its page is read goes to the end, and all behind
 * it move up by one: by counting pages one of them would be missed. So each
 * full page is followed by the first page of what changed since the last of
 * it; only where a page is of one second its next one is asked for.
 *
 * What is in the bin is asked for first: the other list does not have it, and
 * who was taken out of it is told after.
 *
 * Of a page with orders that money went back of, their refunds are asked for
 * next, one order after the other; the page is told when all are known.
 */
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/common/scan.h"
#include "gateways/shop/ask.h"
#include "gateways/shop/pull.h"
#include "gateways/shop/read_woo.h"
#include "gateways/shop/take.h"
#include "gateways/shop/told.h"
#include "gateways/shop/when.h"
#include "gateways/shop/woo_order.h"

#define PER_PAGE 100 /* its own ceiling */
#define MS 1000
#define BASIC_MAX 4096
#define DEPTH_MAX 64
#define STATUS_GONE 404

/* Members of a run: "list" (0 the bin, 1 the others, 2 done), "since" (s),
 * "page" (1 and up); "back" (ids of orders whose refunds are to be asked for),
 * "held" (the facts of their page) and "until" (ms, of it). */
enum list {
	LIST_BIN,
	LIST_ORDERS,
	LIST_NONE
};

static int64_t
number(const json_t *run, const char *name)
{
	return json_integer_value(json_object_get(run, name));
}

static void
set(json_t *run, const char *name, int64_t v)
{
	(void)json_object_set_new(run, name, json_integer(v));
}

static void
begin(json_t *run, enum list list, int64_t since_s)
{
	set(run, "list", list);
	set(run, "begin", since_s);
	set(run, "since", since_s);
	set(run, "page", 1);
}

/* "Authorization: Basic ...": new. */
static char *
basic(const struct pull_shop *shop)
{
	const char *key = json_string_value(
		json_object_get(shop->secrets, "consumer_key"));
	const char *secret = json_string_value(
		json_object_get(shop->secrets, "consumer_secret"));
	char *both = mem_printf("%s:%s", key != NULL ? key : "",
				secret != NULL ? secret : "");
	struct buf b;

	buf_init(&b, BASIC_MAX);
	(void)buf_puts(&b, "Authorization: Basic ");
	(void)hash_b64(&b, both, strlen(both));
	hash_forget(both, strlen(both));
	mem_free(both);
	return buf_take(&b);
}

/* The order whose refunds come next; NULL: none. Borrowed. */
static const char *
back_of(const json_t *run)
{
	return json_string_value(
		json_array_get(json_object_get(run, "back"), 0));
}

static void
page_query(struct buf *b, const struct pull_shop *shop, const json_t *run)
{
	char since[WHEN_LABEL];

	when_label(number(run, "since"), NULL, since);
	*strchr(since, ' ') = 'T';
	ask_begin(b, shop, "/wp-json/wc/v3/orders");
	ask_query(b, "modified_after", since);
	ask_query(b, "dates_are_gmt", "true");
	ask_query_number(b, "per_page", PER_PAGE);
	ask_query_number(b, "page", number(run, "page"));
	ask_query(b, "orderby", "modified");
	ask_query(b, "order", "asc");
	if (number(run, "list") == LIST_BIN)
		ask_query(b, "status", "trash");
}

static void
back_query(struct buf *b, const struct pull_shop *shop, const char *id)
{
	ask_begin(b, shop, "/wp-json/wc/v3/orders/");
	http_escape(b, id);
	(void)buf_puts(b, "/refunds");
	ask_query_number(b, "per_page", PER_PAGE);
}

static bool
next(const struct pull_shop *shop, json_t *run, int64_t since_ms,
     struct pull_ask *ask)
{
	const char *back = back_of(run);
	struct buf b;

	if (json_object_size(run) == 0)
		begin(run, LIST_BIN, since_ms / MS);
	if (back != NULL)
		back_query(&b, shop, back);
	else if (number(run, "list") != LIST_NONE)
		page_query(&b, shop, run);
	else
		return false;
	return ask_end(&b, basic(shop), ask);
}

/* Has the list another page? A plugin may allow fewer to a page. */
static bool
has_more(const json_t *run, const struct pull_answer *a, size_t rows)
{
	int64_t pages = told_count(a, "x-wp-totalpages");

	return pages >= 0 ? number(run, "page") < pages : rows >= PER_PAGE;
}

/* Where the run goes on. newest_s: the last change of the page; 0: none. */
static void
move(json_t *run, const struct pull_answer *a, size_t rows, int64_t newest_s)
{
	if (has_more(run, a, rows) && rows > 0) {
		if (newest_s - 1 > number(run, "since")) {
			set(run, "since", newest_s - 1);
			set(run, "page", 1);
		} else {
			set(run, "page", number(run, "page") + 1);
		}
	} else if (number(run, "list") == LIST_BIN) {
		begin(run, LIST_ORDERS, number(run, "begin"));
	} else {
		set(run, "list", LIST_NONE);
	}
}

/* The facts of a page are told, or wait for refunds. */
static void
tell(json_t *run, struct pull_told *told)
{
	json_t *back = woo_refunded(told->facts);

	if (json_array_size(back) > 0) {
		(void)json_object_set(run, "back", back);
		(void)json_object_set_new(run, "held", told->facts);
		set(run, "until", told->until_ms);
		told->facts = json_array();
		told->until_ms = 0;
	}
	json_decref(back);
}

static enum outcome
answer_page(const struct pull_shop *shop, json_t *run,
	    const struct pull_answer *a, struct pull_told *told, struct err *e)
{
	struct read_about about = shop->about;
	enum outcome o;
	int64_t newest_ms;

	about.topic = ""; /* an answer, and no webhook */
	o = read_woo(&about, a->body, a->n, &told->facts, e);
	if (o == OUT_PERM)
		return err_code(e, OUT_PERM, "not_understood",
				"the shop's answer cannot be read");
	if (o != OUT_OK)
		return o;
	newest_ms = told_newest(told->facts);
	/* what is in the bin is told before what is older */
	told->until_ms = number(run, "list") == LIST_BIN ? 0 : newest_ms;
	move(run, a, json_array_size(told->facts), newest_ms / MS);
	tell(run, told);
	return OUT_OK;
}

/* The held order of an id; NULL: none. Borrowed. */
static const json_t *
held(const json_t *run, const char *id)
{
	const json_t *fact;
	size_t i;

	json_array_foreach(json_object_get(run, "held"), i, fact)
	{
		const json_t *order = take_object(fact, "order");
		const char *own = take_str(order, "external_id");

		if (own != NULL && strcmp(own, id) == 0)
			return order;
	}
	return NULL;
}

/* The refunds of one order. Where it is not there any more, nothing is said
 * of them. */
static enum outcome
answer_back(json_t *run, const struct pull_answer *a, struct pull_told *told,
	    struct err *e)
{
	json_t *rows = NULL;
	enum outcome o = OUT_OK;

	if (ask_is_page(a))
		return err_set(e, OUT_TEMP, "a page, and no JSON");
	if (a->status != STATUS_GONE)
		o = scan_json_text(a->body, a->n, DEPTH_MAX, &rows, e);
	if (o != OUT_OK)
		return err_code(e, OUT_PERM, "not_understood",
				"refunds of the shop cannot be read");
	woo_refund_lines(held(run, back_of(run)), rows);
	json_decref(rows);
	(void)json_array_remove(json_object_get(run, "back"), 0);
	told->facts = json_array();
	if (back_of(run) != NULL)
		return OUT_OK;
	(void)json_array_extend(told->facts, json_object_get(run, "held"));
	told->until_ms = number(run, "until");
	(void)json_object_del(run, "held");
	return OUT_OK;
}

static enum outcome
answer(const struct pull_shop *shop, json_t *run, const struct pull_answer *a,
       struct pull_told *told, struct err *e)
{
	bool back = back_of(run) != NULL;
	enum outcome o;

	if ((!back || a->status != STATUS_GONE) && !told_status(a, told, &o, e))
		return o;
	return back ? answer_back(run, a, told, e)
		    : answer_page(shop, run, a, told, e);
}

const struct pull pull_woo = { "woocommerce", next, answer };
