#include "gateways/shop/worker.h"

#include <stdint.h>

#include "daemon/base/mem.h"
#include "gateways/common/jobs.h"
#include "gateways/shop/check.h"
#include "gateways/shop/hooks.h"
#include "gateways/shop/reconcile.h"
#include "gateways/shop/shops.h"

struct work {
	struct mine *shops;
	struct reconcile *reconcile;
	struct shop_hooks *hooks;
	struct jobs *jobs;
	struct shop_check *check;
};

static void *
work_open(struct worker *w, const void *every_ms)
{
	struct work *k = mem_new(1, sizeof *k);
	struct bus *bus = worker_bus(w);
	struct http_client *client = worker_client(w);

	k->shops = shops_new(bus);
	k->reconcile = reconcile_new(bus, client, k->shops,
				     *(const int64_t *)every_ms);
	k->hooks = shop_hooks_new(bus, k->shops, k->reconcile);
	k->jobs = jobs_new(bus, k->shops, "shop");
	k->check = shop_check_new(client, k->jobs);
	worker_add(w, mine_part(k->shops));
	worker_add(w, shop_hooks_part(k->hooks));
	worker_add(w, reconcile_part(k->reconcile));
	worker_add(w, jobs_part(k->jobs));
	return k;
}

/* The connections last, when nobody holds them. */
static void
work_close(void *work)
{
	struct work *k = work;

	shop_check_free(&k->check);
	jobs_free(&k->jobs);
	shop_hooks_free(&k->hooks);
	reconcile_free(&k->reconcile);
	mine_free(&k->shops);
	mem_free(k);
}

const struct worker_kind shop_worker = { .role = "shop",
					 .program = "postigo-shop",
					 .open = work_open,
					 .close = work_close };
