#include "gateways/shop/reconcile.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/lanes.h"
#include "gateways/shop/calls.h"
#include "gateways/shop/run.h"
#include "gateways/shop/shops.h"

#define SOON_MS 1000            /* one that is asked for, and the next part */
#define FAILED_MS (60LL * 1000) /* after a run that failed; then doubled */
#define TELL_MS (24LL * 60 * 60 * 1000) /* between two notices of silence */
#define CALL_MS (60LL * 1000)
#define DETAIL_MAX 290

/* A shop that is read now and then. */
struct watch {
	struct watch *next;
	char *name;
	int64_t version; /* of its connection, when it was read last */
	int64_t due_ms;  /* monotonic: of the next run */
	struct run *run; /* NULL: none is under way */
	bool look;       /* another one is wanted */
	unsigned failed; /* runs in a row */
	unsigned silent; /* runs in a row with changes and without webhooks */
	int64_t seen_ms; /* newest webhook at the end of the last run; -1 */
	int64_t tell_ms; /* monotonic: silence is not told before */
};

struct reconcile {
	struct bus *bus;
	const struct mine *shops;
	struct run_ways ways;
	int64_t every_ms;
	struct watch *first;
	size_t runs;
	bool leaving;
};

struct reconcile *
reconcile_new(struct bus *bus, struct http_client *client,
	      const struct mine *shops, int64_t every_ms)
{
	struct reconcile *r = mem_new(1, sizeof *r);

	r->bus = bus;
	r->shops = shops;
	r->every_ms = every_ms;
	r->ways.client = client;
	r->ways.lanes = lanes_new(bus);
	return r;
}

static void
watch_free(struct watch *w)
{
	run_free(&w->run);
	mem_free(w->name);
	mem_free(w);
}

void
reconcile_free(struct reconcile **r)
{
	struct watch *w;

	if (*r == NULL)
		return;
	lanes_free(&(*r)->ways.lanes);
	while ((w = (*r)->first) != NULL) {
		(*r)->first = w->next;
		watch_free(w);
	}
	MEM_CLEAR(r);
}

/* --- what is told --------------------------------------------------------------- */

static struct lanes_ask *
told(void *arg, struct lanes_ask *q, const struct lanes_end *end)
{
	(void)arg;
	if (end->outcome != OUT_OK)
		log_warn("shop.told", "%s: %s", q->method, end->err->text);
	return NULL;
}

static void
tell(struct reconcile *r, const struct watch *w, const char *method,
     json_t *params)
{
	struct lanes_ask *q = mem_new(1, sizeof *q);

	q->method = method;
	q->params = params;
	q->until_ms = clock_tick_ms() + CALL_MS;
	q->fn = told;
	lanes_put(r->ways.lanes, w->name, q);
}

static void
report(struct reconcile *r, const struct watch *w, const struct run_end *end)
{
	char detail[DETAIL_MAX + 1];

	(void)snprintf(detail, sizeof detail, "%.*s", DETAIL_MAX,
		       end->outcome == OUT_OK ? "" : end->err.text);
	tell(r, w, "connection.report",
	     json_pack("{s:s, s:s, s:s}", "name", w->name, "state",
		       end->outcome == OUT_OK ? "ok" : "failing", "detail",
		       detail));
}

/* Webhooks came once, and now changes come without any. */
static void
listen(struct reconcile *r, struct watch *w, const struct run_end *end)
{
	int64_t tick = clock_tick_ms();
	struct shop_call c;

	if (end->seen_hook_ms == 0 || end->seen_hook_ms != w->seen_ms)
		w->silent = 0;
	else if (end->changed > 0)
		w->silent++;
	w->seen_ms = end->seen_hook_ms;
	if (w->silent < RECONCILE_SILENT_RUNS || tick < w->tell_ms)
		return;
	w->tell_ms = tick + TELL_MS;
	c = shop_notice(w->name, clock_now_ms(), "warning", "hooks_silent", "");
	log_warn("shop.silent", "'%s': changes come without webhooks", w->name);
	tell(r, w, c.method, c.params);
}

/* --- runs ------------------------------------------------------------------------- */

static int64_t
failed_ms(const struct reconcile *r, unsigned times)
{
	int64_t ms = FAILED_MS;

	while (--times > 0 && ms < r->every_ms)
		ms *= 2;
	return ms < r->every_ms ? ms : r->every_ms;
}

static void
run_over(struct reconcile *r, struct watch *w, const struct run_end *end)
{
	int64_t wait = r->every_ms;

	if (end->outcome == OUT_OK) {
		w->failed = 0;
		listen(r, w, end);
		if (end->more || w->look)
			wait = SOON_MS;
	} else {
		log_warn("shop.pull", "'%s': %s", w->name, end->err.text);
		wait = failed_ms(r, ++w->failed);
	}
	report(r, w, end);
	w->look = false;
	w->due_ms = clock_tick_ms() + wait;
	run_free(&w->run);
	r->runs--;
}

static struct watch *
watch_of(struct reconcile *r, const char *name)
{
	struct watch *w = r->first;

	while (w != NULL && strcmp(w->name, name) != 0)
		w = w->next;
	return w;
}

/* Each shop that can be asked is watched; one that changed is due. */
static void
watch_all(struct reconcile *r)
{
	struct watch *w;
	struct shop *k;
	size_t i;

	for (i = 0; (k = shops_at(r->shops, i)) != NULL; i++) {
		if (!shop_can_be_asked(k))
			continue;
		w = watch_of(r, k->mine.name);
		if (w == NULL) {
			w = mem_new(1, sizeof *w);
			w->name = mem_strdup(k->mine.name);
			w->seen_ms = -1;
			w->next = r->first;
			r->first = w;
		}
		if (w->version != k->mine.version) {
			w->version = k->mine.version;
			w->due_ms = 0;
			w->failed = 0;
		}
	}
}

/* Those whose shop is no more, and that are not read now. */
static void
forget_gone(struct reconcile *r)
{
	struct watch **at = &r->first;

	while (*at != NULL) {
		struct watch *w = *at;
		const struct shop *k = shops_by_name(r->shops, w->name);

		if (w->run != NULL || (k != NULL && shop_can_be_asked(k))) {
			at = &w->next;
			continue;
		}
		*at = w->next;
		watch_free(w);
	}
}

/* The one that has been due for longest, so that few places are for all. */
static struct watch *
most_due(const struct reconcile *r)
{
	int64_t now = clock_tick_ms();
	struct watch *most = NULL;
	struct watch *w;

	for (w = r->first; w != NULL; w = w->next)
		if (w->run == NULL && w->due_ms <= now &&
		    shops_by_name(r->shops, w->name) != NULL &&
		    (most == NULL || w->due_ms < most->due_ms))
			most = w;
	return most;
}

static void
begin_due(struct reconcile *r)
{
	struct watch *w;

	while (!r->leaving && r->runs < RECONCILE_RUNS_MAX && bus_up(r->bus) &&
	       (w = most_due(r)) != NULL) {
		w->run = run_new(&r->ways, shops_by_name(r->shops, w->name));
		r->runs++;
	}
}

void
reconcile_look(struct reconcile *r, const char *name)
{
	struct watch *w = watch_of(r, name);
	int64_t soon = clock_tick_ms() + SOON_MS;

	if (w == NULL)
		return;
	w->look = w->run != NULL;
	if (w->failed == 0 && w->due_ms > soon)
		w->due_ms = soon;
}

/* --- the part ---------------------------------------------------------------------- */

static void
step(void *arg)
{
	struct reconcile *r = arg;
	struct watch *w;

	if (mine_known(r->shops)) {
		watch_all(r);
		forget_gone(r);
	}
	begin_due(r);
	for (w = r->first; w != NULL; w = w->next) {
		const struct run_end *end;

		if (w->run == NULL)
			continue;
		run_step(w->run, r->leaving);
		end = run_ended(w->run);
		if (end != NULL)
			run_over(r, w, end);
	}
	lanes_step(r->ways.lanes);
}

/* Connections that changed are seen at the next step, which follows. */
static void
wake(void *arg, const char *what)
{
	(void)arg;
	(void)what;
}

static int
watch_wait_ms(const struct reconcile *r, const struct watch *w)
{
	int64_t ms = w->due_ms - clock_tick_ms();

	if (w->run != NULL)
		return r->leaving ? -1 : run_wait_ms(w->run);
	if (r->leaving || r->runs >= RECONCILE_RUNS_MAX || !bus_up(r->bus))
		return -1;
	return ms > 0 ? (int)ms : 0;
}

static int
wait_ms(void *arg)
{
	const struct reconcile *r = arg;
	int least = lanes_wait_ms(r->ways.lanes);
	const struct watch *w;

	for (w = r->first; w != NULL; w = w->next) {
		int own = watch_wait_ms(r, w);

		if (own >= 0 && (least < 0 || own < least))
			least = own;
	}
	return least;
}

/* What the shop is asked and does not answer any more is asked anew. */
static bool
drain(void *arg)
{
	struct reconcile *r = arg;

	r->leaving = true;
	return lanes_count(r->ways.lanes) == 0;
}

static void
lost(void *arg)
{
	(void)arg; /* lanes ask again */
}

struct part
reconcile_part(struct reconcile *r)
{
	struct part p = { .step = step,
			  .wake = wake,
			  .wait_ms = wait_ms,
			  .drain = drain,
			  .lost = lost,
			  .arg = r };

	return p;
}
