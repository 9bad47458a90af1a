#include "gateways/shop/check.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/common/http_client.h"
#include "gateways/common/jobs.h"
#include "gateways/shop/request.h"
#include "gateways/shop/shops.h"

#define DETAIL_MAX 120

struct shop_check {
	struct http_client *client;
	struct one *first; /* under way */
};

/* One that is under way. */
struct one {
	struct shop_check *all;
	struct one *next;
	struct one **prev;
	struct job *job;
	struct shop *shop; /* held by its job */
	json_t *list;      /* of checks */
	json_t *state;     /* of the pull */
};

static void
say(struct one *x, const char *check, bool ok, const char *detail)
{
	(void)json_array_append_new(x->list,
				    json_pack("{s:s, s:b, s:s}", "check", check,
					      "ok", ok, "detail", detail));
}

/* --- webhooks ------------------------------------------------------------------- */

static bool
has_secret(const struct shop *k)
{
	for (size_t i = 0; i < SOURCE_SECRETS; i++)
		if (k->source->secret[i] != NULL &&
		    json_object_get(k->secrets, k->source->secret[i]) != NULL)
			return true;
	return false;
}

/* Of a shop that is not asked they are all that is known of it. */
static void
check_webhooks(struct one *x)
{
	const struct shop *k = x->shop;
	char detail[DETAIL_MAX];
	char at[32];

	if (k->source->signature == NULL)
		return;
	if (!has_secret(k)) {
		say(x, "webhooks", shop_can_be_asked(k),
		    "no secret: none is taken");
		return;
	}
	if (k->hook_ms == 0) {
		say(x, "webhooks", true, "none came since the program started");
		return;
	}
	clock_iso_ms(k->hook_ms, at);
	(void)snprintf(detail, sizeof detail, "the newest came at %s", at);
	say(x, "webhooks", true, detail);
}

/* --- the end -------------------------------------------------------------------- */

static void
one_free(struct one *x)
{
	*x->prev = x->next;
	if (x->next != NULL)
		x->next->prev = x->prev;
	json_decref(x->list);
	json_decref(x->state);
	mem_free(x);
}

/* The first line that is wrong says how it ended. */
static void
one_end(struct one *x)
{
	const char *detail = "";
	const json_t *line;
	bool ok = true;
	size_t i;

	check_webhooks(x);
	json_array_foreach(x->list, i, line)
	{
		if (!ok || json_is_true(json_object_get(line, "ok")))
			continue;
		ok = false;
		detail = json_string_value(json_object_get(line, "detail"));
	}
	job_end(x->job, ok, false,
		json_pack("{s:s, s:O}", "detail", detail, "checks", x->list));
	one_free(x);
}

/* --- its API -------------------------------------------------------------------- */

static void
came(void *arg, const struct http_result *h)
{
	struct one *x = arg;
	struct pull_told told = { .facts = NULL };
	struct err e = { .text = "" };
	enum outcome o = request_answer(x->shop, x->state, h, &told, &e);

	if (o != OUT_OK)
		say(x, "orders", false, e.text);
	else if (told.again)
		say(x, "orders", false, "the shop cannot answer now");
	else
		say(x, "orders", true, "the shop gives them");
	json_decref(told.facts);
	one_end(x);
}

/* What changed since now: as little as can be asked for. */
static void
ask(struct one *x)
{
	const struct pull_shop shop = shop_pulled(x->shop);
	struct pull_ask a = { .url = NULL };
	struct err e = { .text = "its address is too long" };

	if (x->shop->source->pull->next(&shop, x->state, clock_now_ms(), &a) &&
	    request_begin(x->all->client, x->shop, &a, came, x, &e) == OUT_OK)
		return;
	say(x, "orders", false, e.text);
	one_end(x);
}

static void
begin(void *arg, struct job *j)
{
	struct shop_check *c = arg;
	struct one *x = mem_new(1, sizeof *x);

	x->all = c;
	x->job = j;
	x->shop = (struct shop *)job_mine(j);
	x->list = json_array();
	x->state = json_object();
	x->next = c->first;
	x->prev = &c->first;
	if (x->next != NULL)
		x->next->prev = &x->next;
	c->first = x;
	if (shop_can_be_asked(x->shop)) {
		ask(x);
		return;
	}
	if (x->shop->source->pull != NULL)
		say(x, "orders", has_secret(x->shop),
		    "no key: the shop is not asked");
	one_end(x);
}

struct shop_check *
shop_check_new(struct http_client *client, struct jobs *jobs)
{
	struct shop_check *c = mem_new(1, sizeof *c);

	c->client = client;
	jobs_on(jobs, "connection.test", begin, c);
	return c;
}

void
shop_check_free(struct shop_check **c)
{
	if (*c == NULL)
		return;
	while ((*c)->first != NULL)
		one_free((*c)->first);
	MEM_CLEAR(c);
}
