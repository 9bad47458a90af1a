#include "gateways/shop/hooks.h"

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "gateways/common/hooktake.h"
#include "gateways/common/taken.h"
#include "gateways/shop/calls.h"
#include "gateways/shop/envelope.h"
#include "gateways/shop/reconcile.h"
#include "gateways/shop/shops.h"

struct shop_hooks {
	const struct mine *shops;
	struct reconcile *reconcile;
	struct hooktake *hooks;
};

static void
call(void *arg, const struct shop_call *c)
{
	struct taken *t = arg;
	const struct taken_call q = { .method = c->method,
				      .params = c->params,
				      .word = c->id[0] != '\0' ? c->id
							       : t->connection,
				      .id = c->id,
				      .wrong = shop_refused };

	taken_ask(t, &q);
}

/* What its body says, of a shop that is known. */
static void
read_of(struct shop_hooks *h, struct shop *k, struct taken *t)
{
	struct read_about about = shop_pulled(k).about;
	struct calls_from from = { .connection = k->mine.name,
				   .source = "hook",
				   .at_ms = t->received_ms };
	struct envelope v;
	struct err e = { .text = "" };
	json_t *facts;

	if (t->received_ms > k->hook_ms)
		k->hook_ms = t->received_ms;
	if (k->source->read == NULL) {
		taken_blame(t, false, "the connection", k->mine.name,
			    "takes no webhooks");
		return;
	}
	if (envelope_read(buf_str(&t->body), t->body.len, &v, &e) != OUT_OK) {
		taken_blame(t, false, "the body", NULL, e.text);
		return;
	}
	about.topic = v.topic;
	/* a deletion is compared with the shop's own instants */
	(void)clock_parse(v.at, &from.at_ms);
	if (k->source->read(&about, v.body, v.n, &facts, &e) != OUT_OK) {
		taken_blame(t, false, "the body", v.topic, e.text);
		return;
	}
	if (shop_calls(&from, facts, call, t))
		reconcile_look(h->reconcile, k->mine.name);
	json_decref(facts);
}

static void
read_it(void *arg, struct taken *t)
{
	struct shop_hooks *h = arg;
	struct shop *k = shops_by_name(h->shops, t->connection);

	if (k != NULL)
		read_of(h, k, t);
	else
		/* it was told to the server's thread before it was to us */
		taken_blame(t, true, "the connection", t->connection,
			    "is not known yet");
}

struct shop_hooks *
shop_hooks_new(struct bus *bus, const struct mine *shops,
	       struct reconcile *reconcile)
{
	struct shop_hooks *h = mem_new(1, sizeof *h);

	h->shops = shops;
	h->reconcile = reconcile;
	h->hooks = hooktake_new(bus, shops, read_it, h);
	return h;
}

void
shop_hooks_free(struct shop_hooks **h)
{
	if (*h == NULL)
		return;
	hooktake_free(&(*h)->hooks);
	MEM_CLEAR(h);
}

struct part
shop_hooks_part(struct shop_hooks *h)
{
	struct part p = hooktake_part(h->hooks);

	return p;
}
