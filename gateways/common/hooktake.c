#include "gateways/common/hooktake.h"

#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/lanes.h"
#include "gateways/common/mine.h"
#include "gateways/common/taken.h"

#define TAKE_MAX 50 /* hooks of one request */
#define LEASE_MS 30000
#define MARGIN_MS 5000 /* before the end of a lease */
#define LOOK_MS 30000  /* it looks even when nobody wakes it */
#define AGAIN_MS 2000  /* after a look that failed */
#define RETRY_MS 500
#define BUSY_MAX 1000      /* requests that wait, beyond which none begins */
#define CHUNK_BYTES 393216 /* of a large body, per request */

struct hooktake {
	struct bus *bus;
	const struct mine *mine;
	struct taken_ways ways;
	struct taken *first; /* in the order in which they were taken */
	struct taken *last;
	bool wake;
	bool asking;
	bool drain;
	int64_t look_ms; /* monotonic: of the next look */
};

static void
forget(struct hooktake *a, struct taken *t)
{
	struct taken **at = &a->first;
	struct taken *before = NULL;

	for (; *at != t; at = &(*at)->next)
		before = *at;
	*at = t->next;
	if (a->last == t)
		a->last = before;
	taken_free(t);
}

static void
ended(void *arg, struct taken *t)
{
	struct hooktake *a = arg;

	a->wake = true;
	forget(a, t);
}

/* --- bodies ---------------------------------------------------------------------- */

static void
came(void *arg, const struct bus_reply *r)
{
	struct taken *t = arg;
	const json_t *data = json_object_get(r->result, "data");
	size_t before = t->body.len;

	t->asking = false;
	if (r->outcome == OUT_TEMP || r->outcome == OUT_UNSURE) {
		t->after_ms = clock_tick_ms() + RETRY_MS;
		return; /* it is asked for again, while there is time */
	}
	if (r->outcome == OUT_OK &&
	    hash_unb64(&t->body, json_string_value(data),
		       json_string_length(data)) &&
	    t->body.len > before)
		return;
	taken_bodiless(t, r->outcome == OUT_OK ? "it is not as long as it was"
					       : r->err.text);
}

/* The next part of a body that was too large for hook.take. */
static void
fetch(struct hooktake *a, struct taken *t)
{
	struct err e;
	json_t *p = json_pack("{s:s, s:I, s:I, s:i}", "sha256", t->sha256,
			      "hook", t->id, "offset", (json_int_t)t->body.len,
			      "length", CHUNK_BYTES);

	if (p != NULL &&
	    bus_call(a->bus, "blob.get", p, NULL, NULL, came, t, &e) == OUT_OK)
		t->asking = true;
	else
		t->after_ms = clock_tick_ms() + RETRY_MS;
}

/* The first that has not begun: the others wait for it, so that a person's
 * messages of two hooks keep their order. */
static struct taken *
turn(const struct hooktake *a)
{
	struct taken *t = a->first;

	while (t != NULL && t->begun)
		t = t->next;
	return t;
}

static bool
may_begin(const struct hooktake *a)
{
	return lanes_count(a->ways.lanes) < BUSY_MAX && mine_known(a->mine) &&
	       bus_up(a->bus);
}

static void
begin_some(struct hooktake *a)
{
	int64_t now_ms = clock_tick_ms();
	struct taken *t;

	while (may_begin(a) && (t = turn(a)) != NULL && !t->asking &&
	       t->after_ms <= now_ms) {
		if (now_ms >= t->until_ms) {
			forget(a, t); /* its lease ran out: it is taken anew */
			a->wake = true;
		} else if ((json_int_t)t->body.len >= t->bytes) {
			taken_begin(t);
		} else {
			fetch(a, t);
			return;
		}
	}
}

/* --- taking ------------------------------------------------------------------------ */

static void
add(struct hooktake *a, const json_t *row)
{
	struct taken *t = taken_new(&a->ways, row, LEASE_MS, MARGIN_MS);

	if (a->last != NULL)
		a->last->next = t;
	else
		a->first = t;
	a->last = t;
}

static void
came_hooks(void *arg, const struct bus_reply *r)
{
	struct hooktake *a = arg;
	const json_t *hooks = json_object_get(r->result, "hooks");
	const json_t *o;
	size_t i;

	a->asking = false;
	if (r->outcome != OUT_OK) {
		if (r->outcome != OUT_UNSURE)
			log_warn("hook.take", "%s", r->err.text);
		a->look_ms = clock_tick_ms() + AGAIN_MS;
		return;
	}
	json_array_foreach(hooks, i, o) add(a, o);
	/* there may be more than one request gives */
	a->wake = a->wake || json_array_size(hooks) > 0;
}

static void
take(struct hooktake *a)
{
	struct err e;
	json_t *p;

	if (clock_tick_ms() >= a->look_ms)
		a->wake = true;
	if (!a->wake || a->asking || a->drain || turn(a) != NULL ||
	    !may_begin(a))
		return;
	p = json_pack("{s:i, s:i}", "max", TAKE_MAX, "lease_ms", LEASE_MS);
	if (p == NULL || bus_call(a->bus, "hook.take", p, NULL, NULL,
				  came_hooks, a, &e) != OUT_OK)
		return;
	a->wake = false;
	a->asking = true;
	a->look_ms = clock_tick_ms() + LOOK_MS;
}

/* --- the part ---------------------------------------------------------------------- */

static void
take_step(void *arg)
{
	struct hooktake *a = arg;

	begin_some(a);
	lanes_step(a->ways.lanes);
	take(a);
}

static void
take_wake(void *arg, const char *what)
{
	struct hooktake *a = arg;

	if (what == NULL || strcmp(what, "hooks") == 0)
		a->wake = true;
}

static int
take_wait_ms(void *arg)
{
	const struct hooktake *a = arg;
	const struct taken *t = turn(a);
	int own = lanes_wait_ms(a->ways.lanes);
	int64_t next = t != NULL ? t->after_ms : a->wake ? 0 : a->look_ms;

	if (!may_begin(a) || (t != NULL ? t->asking : a->asking || a->drain))
		return own;
	next -= clock_tick_ms();
	if (next < 0)
		next = 0;
	return own >= 0 && own < next ? own : (int)next;
}

static bool
take_drain(void *arg)
{
	struct hooktake *a = arg;

	a->drain = true;
	return a->first == NULL && !a->asking;
}

/* What was asked is asked again: it ended with OUT_UNSURE, one by one. */
static void
take_lost(void *arg)
{
	struct hooktake *a = arg;

	a->wake = true;
}

struct part
hooktake_part(struct hooktake *a)
{
	struct part p = { .step = take_step,
			  .wake = take_wake,
			  .wait_ms = take_wait_ms,
			  .drain = take_drain,
			  .lost = take_lost,
			  .arg = a };

	return p;
}

struct hooktake *
hooktake_new(struct bus *bus, const struct mine *mine, hooktake_fn *fn,
	     void *arg)
{
	struct hooktake *a = mem_new(1, sizeof *a);

	a->bus = bus;
	a->mine = mine;
	a->ways.read = fn;
	a->ways.read_arg = arg;
	a->ways.ended = ended;
	a->ways.ended_arg = a;
	a->ways.lanes = lanes_new(bus);
	a->wake = true;
	return a;
}

void
hooktake_free(struct hooktake **a)
{
	if (*a == NULL)
		return;
	while ((*a)->first != NULL)
		forget(*a, (*a)->first);
	lanes_free(&(*a)->ways.lanes);
	MEM_CLEAR(a);
}
