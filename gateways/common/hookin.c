#include "gateways/common/hookin.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/hookput.h"
#include "gateways/common/mine.h"
#include "gateways/common/server.h"

#define LOOK_MS 500   /* between two looks at what is slow */
#define YOUNG_MS 1000 /* a body is not cut for another one before */
#define RETRY_S 5
#define EVENT_MAX 40
#define PLAIN "text/plain; charset=utf-8"

/* A delivery under way: first it is read, then it is stored. */
struct delivery {
	struct hookin *in;
	struct delivery *next;
	struct delivery **prev;
	struct hit *hit; /* NULL: it was answered */
	void *ticket;
	struct buf body; /* its head, and what of the body has come */
	size_t head_n;
	bool storing;
	int64_t tick;   /* when it began to be read, or stored */
	int64_t may_ms; /* how long that may take */
};

struct hookin {
	struct hookin_ways ways;
	struct puts *puts;
	struct bus *bus;
	struct timer *timer;
	bool looking;
	struct delivery *first; /* the newest */
	size_t count;
	size_t held; /* octets of all bodies */
	struct refused *refused;
	bool leaving;
};

static void look(void *arg);

struct hookin *
hookin_new(struct server *s, struct bus *bus, const struct hookin_ways *ways)
{
	struct hookin *in = mem_new(1, sizeof *in);

	in->ways = *ways;
	in->bus = bus;
	in->puts = puts_new(bus);
	in->refused = refused_new(bus, ways->name);
	in->timer = timer_new(s, look, in);
	return in;
}

void
hookin_stop(struct hookin *in)
{
	if (in != NULL)
		timer_free(&in->timer);
}

void
hookin_leave(struct hookin *in)
{
	in->leaving = true;
}

size_t
hookin_busy(const struct hookin *in)
{
	return in->count;
}

/* --- answers --------------------------------------------------------------- */

void
hookin_answer(struct hit *h, int status, const char *text)
{
	hit_set(h, "x-content-type-options", "nosniff");
	hit_set(h, "cache-control", "no-store");
	if (status == 503)
		hit_setf(h, "retry-after", "%d", RETRY_S);
	if (status == 405)
		hit_set(h, "allow", "GET, POST");
	hit_send(h, status, text != NULL ? PLAIN : NULL, text,
		 text != NULL ? strlen(text) : 0);
}

/* Nothing of it is kept but that it was. */
void
hookin_refuse(struct hookin *in, struct hit *h, int status,
	      enum refused_why why, const void *ticket)
{
	refused_note(in->refused, why, in->ways.whose(in->ways.arg, ticket));
	/* Of a body that was refused nothing more is read. */
	if (status != 503 || why == REFUSED_BUSY)
		hit_hangup(h);
	hookin_answer(h, status, NULL);
}

void
hookin_count(struct hookin *in, enum refused_why why, struct mine_one *of)
{
	refused_note(in->refused, why, of);
}

bool
hookin_too_large(struct hookin *in, struct hit *h, const void *ticket)
{
	if (hit_length(h) <= (int64_t)HOOKIN_BYTES)
		return false;
	hookin_refuse(in, h, 413, REFUSED_LARGE, ticket);
	return true;
}

bool
hookin_health(struct hookin *in, struct hit *h, bool known)
{
	const char *path = hit_path(h);
	bool ready = bus_up(in->bus) && known;

	if (strcmp(hit_method(h), "GET") != 0)
		return false;
	if (strcmp(path, "/healthz") == 0)
		hookin_answer(h, 200, "ok\n");
	else if (strcmp(path, "/readyz") == 0)
		hookin_answer(h, ready ? 200 : 503,
			      ready ? "ready\n" : "the daemon is not there\n");
	else
		return false;
	return true;
}

/* --- deliveries under way --------------------------------------------------- */

static void
delivery_free(struct delivery *d)
{
	struct hookin *in = d->in;

	*d->prev = d->next;
	if (d->next != NULL)
		d->next->prev = d->prev;
	in->count--;
	in->held -= d->body.len;
	if (d->hit != NULL) {
		hit_stream(d->hit, NULL, NULL);
		hit_unref(d->hit);
	}
	buf_release(&d->body);
	mem_free(d->ticket);
	mem_free(d);
}

void
hookin_free(struct hookin **in)
{
	if (*in == NULL)
		return;
	while ((*in)->first != NULL)
		delivery_free((*in)->first);
	puts_free(&(*in)->puts);
	refused_free(&(*in)->refused);
	MEM_CLEAR(in);
}

/* Answer it, once; it may live on until the daemon has answered. */
static void
delivery_answer(struct delivery *d, int status, enum refused_why why)
{
	struct hit *h = d->hit;

	if (h == NULL)
		return;
	d->hit = NULL;
	hit_stream(h, NULL, NULL);
	if (hit_alive(h) && status == 200)
		hookin_answer(h, 200, NULL);
	else if (hit_alive(h))
		hookin_refuse(d->in, h, status, why, d->ticket);
	hit_unref(h);
}

static void
stored(void *arg, enum outcome o, const struct err *e, int64_t retry_after_ms)
{
	struct delivery *d = arg;
	char event[EVENT_MAX];

	(void)retry_after_ms;
	(void)snprintf(event, sizeof event, "%s.refused", d->in->ways.name);
	if (o == OUT_PERM)
		log_error(event, "%s", e->text);
	delivery_answer(d, o == OUT_OK ? 200 : 503, REFUSED_AWAY);
	delivery_free(d);
}

static void
store(struct delivery *d, const struct mine_one *of)
{
	struct err e;

	d->storing = true;
	d->tick = clock_tick_ms();
	d->may_ms = d->in->ways.store_ms;
	if (puts_put(d->in->puts, of->name, d->body.data, d->body.len,
		     clock_now_ms(), stored, d, &e) == OUT_OK)
		return;
	delivery_answer(d, 503, REFUSED_AWAY);
	delivery_free(d);
}

/* The body is whole. Its connection is looked up again: it may have changed
 * meanwhile. */
static void
judge(struct delivery *d)
{
	const struct hookin_ways *w = &d->in->ways;
	const struct mine_one *of = w->whose(w->arg, d->ticket);
	enum hookin_verdict v = HOOKIN_UNSIGNED;

	if (of != NULL)
		v = w->judge(w->arg, d->ticket, buf_str(&d->body) + d->head_n,
			     d->body.len - d->head_n);
	if (v == HOOKIN_KEEP) {
		store(d, of);
		return;
	}
	delivery_answer(d, v == HOOKIN_FINE ? 200 : 401, REFUSED_UNSIGNED);
	delivery_free(d);
}

/* --- what is slow, and who makes room ---------------------------------------- */

/* One that is too slow: it is cut, or no longer waited for. */
static void
too_slow(struct delivery *d)
{
	if (d->storing) {
		delivery_answer(d, 503, REFUSED_AWAY);
		return;
	}
	delivery_answer(d, 408, REFUSED_SLOW);
	delivery_free(d);
}

static void
look(void *arg)
{
	struct hookin *in = arg;
	int64_t now = clock_tick_ms();
	struct delivery *next;
	struct delivery *d;

	for (d = in->first; d != NULL; d = next) {
		next = d->next;
		if (now - d->tick >= d->may_ms)
			too_slow(d);
	}
	in->looking = in->first != NULL;
	if (in->looking)
		timer_set(in->timer, LOOK_MS);
}

/* Cut the oldest one that is still being read, for another one's sake.
 * false: none is old enough. */
static bool
make_room(struct hookin *in, const struct delivery *but)
{
	int64_t now = clock_tick_ms();
	struct delivery *oldest = NULL;
	struct delivery *d;

	for (d = in->first; d != NULL; d = d->next)
		if (!d->storing && d != but && now - d->tick >= YOUNG_MS)
			oldest = d;
	if (oldest == NULL)
		return false;
	delivery_answer(oldest, 503, REFUSED_BUSY);
	delivery_free(oldest);
	return true;
}

static void
part(void *arg, struct hit *h, const char *p, size_t n)
{
	struct delivery *d = arg;
	struct hookin *in = d->in;

	if (p == NULL && !hit_alive(h)) {
		delivery_free(d);
		return;
	}
	if (p == NULL) {
		judge(d);
		return;
	}
	while (in->held + n > HOOKIN_HELD_BYTES && make_room(in, d))
		;
	if (in->held + n > HOOKIN_HELD_BYTES || !buf_add(&d->body, p, n)) {
		delivery_answer(d, 503, REFUSED_BUSY);
		delivery_free(d);
		return;
	}
	in->held += n;
}

static void
begin(struct hookin *in, struct hit *h, const struct hookin_new *n)
{
	struct delivery *d = mem_new(1, sizeof *d);

	d->in = in;
	d->hit = hit_ref(h);
	d->ticket = mem_new(1, n->ticket_n);
	memcpy(d->ticket, n->ticket, n->ticket_n);
	buf_init(&d->body, HOOKIN_HEAD_MAX + HOOKIN_BYTES);
	if (n->head != NULL && buf_add(&d->body, n->head, n->head_n))
		d->head_n = n->head_n;
	in->held += d->head_n;
	d->tick = clock_tick_ms();
	d->may_ms = HOOKIN_READ_MS +
		    hit_length(h) * 1000 / (int64_t)HOOKIN_READ_BYTES_S;
	d->next = in->first;
	d->prev = &in->first;
	if (d->next != NULL)
		d->next->prev = &d->next;
	in->first = d;
	in->count++;
	if (!in->looking) {
		in->looking = true;
		timer_set(in->timer, LOOK_MS);
	}
	if (hit_length(h) == 0)
		judge(d);
	else
		hit_stream(h, part, d);
}

void
hookin_take(struct hookin *in, struct hit *h, const struct hookin_new *n)
{
	if (in->leaving || (in->count >= HOOKIN_MAX && !make_room(in, NULL)))
		hookin_refuse(in, h, 503, REFUSED_BUSY, n->ticket);
	else
		begin(in, h, n);
}
