#include "gateways/shop/run.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/common/lanes.h"
#include "gateways/shop/calls.h"
#include "gateways/shop/reconcile.h"
#include "gateways/shop/request.h"
#include "gateways/shop/shops.h"

#define RESOURCE "orders"
/* What is remembered of a run till its end: of a shop's first one, of others */
#define FIRST "first"
#define ANOTHER "more"
#define SECOND_MS 1000 /* what of the mark's own second was not read */
#define CALL_MS (10LL * 60 * 1000) /* a request of the bus is asked so long */
#define ROOM_MS 1000               /* until there is room for a request */

enum stage {
	STAGE_CURSOR, /* where the mark is was asked */
	STAGE_ASK,    /* the shop is asked next */
	STAGE_FLY,    /* the shop was asked */
	STAGE_PUT,    /* what it said is on its way to the daemon */
	STAGE_SAVE,   /* the mark is on its way */
	STAGE_LAST,   /* the same, and then it has ended */
	STAGE_OVER
};

struct run {
	const struct run_ways *ways;
	struct shop *shop;
	enum stage stage;
	json_t *state; /* of the pull */
	int64_t began_ms;
	int64_t since_ms; /* where it looks from; 0: from the beginning */
	int64_t mark_ms;  /* that the daemon has */
	int64_t until_ms; /* everything until here was told */
	int64_t after_ms; /* monotonic: the shop is not asked before */
	size_t asks;
	unsigned again;     /* times in a row */
	size_t left;        /* requests of the bus that were not answered */
	struct err refused; /* the first that the daemon will not have */
	struct run_end end;
};

/* --- requests of the bus ----------------------------------------------------- */

static void
over(struct run *r, enum outcome o, const struct err *e)
{
	r->stage = STAGE_OVER;
	r->end.outcome = o;
	if (e != NULL)
		r->end.err = *e;
	if (r->shop->hook_ms > r->end.seen_hook_ms)
		r->end.seen_hook_ms = r->shop->hook_ms;
}

static void
ask_bus(struct run *r, const char *method, json_t *params, lanes_fn *fn)
{
	struct lanes_ask *q = mem_new(1, sizeof *q);

	q->method = method;
	q->params = params;
	q->until_ms = clock_tick_ms() + CALL_MS;
	q->fn = fn;
	q->arg = r;
	lanes_put(r->ways->lanes, r->shop->mine.name, q);
}

static int64_t
instant(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));
	int64_t ms;

	return s != NULL && clock_parse(s, &ms) ? ms : 0;
}

static struct lanes_ask *
cursor_told(void *arg, struct lanes_ask *q, const struct lanes_end *end)
{
	struct run *r = arg;
	const char *page;
	int64_t before_ms;

	(void)q;
	if (end->outcome != OUT_OK) {
		over(r, end->outcome, end->err);
		return NULL;
	}
	page = json_string_value(json_object_get(end->result, "page"));
	before_ms = page == NULL || page[0] == '\0' ? RECONCILE_BEFORE_MS
						    : SECOND_MS;
	r->mark_ms = instant(end->result, "mark");
	r->until_ms = r->mark_ms;
	r->since_ms = r->mark_ms > before_ms ? r->mark_ms - before_ms : 0;
	r->end.first = instant(end->result, "looked_at") == 0 ||
		       (page != NULL && strcmp(page, FIRST) == 0);
	r->end.seen_hook_ms = instant(end->result, "seen_hook_at");
	r->stage = STAGE_ASK;
	return NULL;
}

static struct lanes_ask *
saved(void *arg, struct lanes_ask *q, const struct lanes_end *end)
{
	struct run *r = arg;

	(void)q;
	if (end->outcome != OUT_OK)
		over(r, end->outcome, end->err);
	else if (r->stage == STAGE_LAST)
		over(r, r->refused.text[0] == '\0' ? OUT_OK : OUT_PERM,
		     &r->refused);
	else
		r->stage = STAGE_ASK;
	return NULL;
}

static void
set_instant(json_t *p, const char *name, int64_t ms)
{
	char at[32];

	if (ms == 0)
		return;
	clock_iso_ms(ms, at);
	(void)json_object_set_new(p, name, json_string(at));
}

/* The mark goes on, if it does; last: and the run has ended. */
static void
save(struct run *r, bool last)
{
	const char *page = "";
	json_t *p;

	if (!last && r->until_ms <= r->mark_ms) {
		r->stage = STAGE_ASK;
		return;
	}
	if (!last || r->end.more)
		page = r->end.first ? FIRST : ANOTHER;
	p = json_pack("{s:s, s:s, s:s}", "connection", r->shop->mine.name,
		      "resource", RESOURCE, "page", page);
	set_instant(p, "mark", r->until_ms);
	if (last) {
		set_instant(p, "looked_at", r->began_ms);
		set_instant(p, "seen_hook_at", r->shop->hook_ms);
	}
	r->mark_ms = r->until_ms;
	r->stage = last ? STAGE_LAST : STAGE_SAVE;
	ask_bus(r, "shop.cursor", p, saved);
}

/* --- what the shop said -------------------------------------------------------- */

static size_t
count_changed(const json_t *result)
{
	const json_t *one;
	size_t n = 0;
	size_t i;

	json_array_foreach(json_object_get(result, "results"), i, one)
	{
		const char *change =
			json_string_value(json_object_get(one, "change"));

		if (change != NULL && (strcmp(change, "new") == 0 ||
				       strcmp(change, "changed") == 0))
			n++;
	}
	return n;
}

static struct lanes_ask *
put(void *arg, struct lanes_ask *q, const struct lanes_end *end)
{
	struct run *r = arg;
	const char *why = NULL;

	(void)q;
	r->left--;
	if (end->outcome == OUT_OK) {
		r->end.changed += count_changed(end->result);
		why = shop_refused(end->result);
	}
	if (why != NULL && r->refused.text[0] == '\0')
		(void)err_set(&r->refused, OUT_PERM, "%.200s", why);
	if (end->outcome != OUT_OK && end->outcome != OUT_PERM &&
	    r->stage != STAGE_OVER)
		over(r, end->outcome, end->err);
	if (end->outcome == OUT_PERM && r->refused.text[0] == '\0')
		r->refused = *end->err; /* the others are read all the same */
	if (r->left == 0 && r->stage == STAGE_PUT)
		save(r, false);
	return NULL;
}

static void
call(void *arg, const struct shop_call *c)
{
	struct run *r = arg;

	r->left++;
	ask_bus(r, c->method, c->params, put);
}

static void
take(struct run *r, const struct pull_told *told)
{
	const struct calls_from from = { .connection = r->shop->mine.name,
					 .source = "poll",
					 .quiet = r->end.first,
					 .at_ms = r->began_ms };
	int64_t until_ms;

	/* one that says it is of tomorrow hides nothing that is of today */
	until_ms = told->until_ms < r->began_ms ? told->until_ms : r->began_ms;
	if (until_ms > r->until_ms)
		r->until_ms = until_ms;
	r->stage = STAGE_PUT;
	(void)shop_calls(&from, told->facts, call, r);
	if (r->left == 0)
		save(r, false);
}

static void
rest(struct run *r, int64_t ms)
{
	r->after_ms = clock_tick_ms() +
		      (ms < RECONCILE_REST_MS_MAX ? ms : RECONCILE_REST_MS_MAX);
}

static void
came(void *arg, const struct http_result *h)
{
	struct run *r = arg;
	struct pull_told told = { .facts = NULL };
	struct err e = { .text = "" };
	enum outcome o = request_answer(r->shop, r->state, h, &told, &e);

	rest(r, told.rest_ms);
	if (o != OUT_OK) {
		over(r, o, &e);
	} else if (!told.again) {
		r->again = 0;
		take(r, &told);
	} else if (++r->again > RECONCILE_AGAIN_MAX) {
		(void)err_set(&e, OUT_TEMP, "the shop says `later` each time");
		over(r, OUT_TEMP, &e);
	} else {
		r->stage = STAGE_ASK;
	}
	json_decref(told.facts);
}

/* --- the next request ------------------------------------------------------------ */

static void
ask(struct run *r)
{
	const struct pull_shop shop = shop_pulled(r->shop);
	struct pull_ask a = { .url = NULL };
	struct err e = { .text = "" };
	enum outcome o;

	if (r->asks >= RECONCILE_ASKS_MAX) {
		r->end.more = true;
		save(r, true);
		return;
	}
	if (!r->shop->source->pull->next(&shop, r->state, r->since_ms, &a)) {
		save(r, true);
		return;
	}
	o = request_begin(r->ways->client, r->shop, &a, came, r, &e);
	if (o == OUT_OK) {
		r->asks++;
		r->stage = STAGE_FLY;
	} else if (o == OUT_TEMP) {
		rest(r, ROOM_MS);
	} else {
		over(r, o, &e);
	}
}

/* --- from outside ------------------------------------------------------------------ */

struct run *
run_new(const struct run_ways *ways, struct shop *k)
{
	struct run *r = mem_new(1, sizeof *r);

	r->ways = ways;
	r->shop = k;
	r->state = json_object();
	r->began_ms = clock_now_ms();
	mine_hold(&k->mine);
	ask_bus(r, "shop.cursor",
		json_pack("{s:s, s:s}", "connection", k->mine.name, "resource",
			  RESOURCE),
		cursor_told);
	return r;
}

void
run_free(struct run **r)
{
	if (*r == NULL)
		return;
	mine_release(&(*r)->shop->mine);
	json_decref((*r)->state);
	MEM_CLEAR(r);
}

void
run_step(struct run *r, bool leaving)
{
	struct err e = { .text = "" };

	if (r->stage != STAGE_ASK || leaving || clock_tick_ms() < r->after_ms)
		return;
	if (r->shop->mine.gone) {
		(void)err_set(&e, OUT_TEMP, "its connection changed");
		over(r, OUT_TEMP, &e);
		return;
	}
	ask(r);
}

int
run_wait_ms(const struct run *r)
{
	int64_t ms = r->after_ms - clock_tick_ms();

	if (r->stage == STAGE_OVER)
		return r->left == 0 ? 0 : -1;
	if (r->stage != STAGE_ASK)
		return -1;
	return ms > 0 ? (int)ms : 0;
}

const struct run_end *
run_ended(const struct run *r)
{
	return r->stage == STAGE_OVER && r->left == 0 ? &r->end : NULL;
}
