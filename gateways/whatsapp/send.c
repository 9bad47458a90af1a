#include "gateways/whatsapp/send_inner.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/line.h"
#include "gateways/whatsapp/message.h"
#include "gateways/whatsapp/pairs.h"

#define TAKE_MAX 20
#define LOOK_MS 30000 /* it looks even when nobody wakes it */

struct send *
send_new(struct bus *bus, const struct accounts *accounts, struct graph *graph,
	 struct lines *lines, struct uploads *uploads)
{
	const char *ms = getenv("POSTIGO_TEST_DOUBT_MS");
	long v = ms ? strtol(ms, NULL, 10) : 0;
	struct send *s = mem_new(1, sizeof(*s));

	s->bus = bus;
	s->accounts = accounts;
	s->graph = graph;
	s->lines = lines;
	s->uploads = uploads;
	s->pairs = pairs_new();
	s->doubt_ms = v > 0 && v < SEND_DOUBT_MS ? (int)v : SEND_DOUBT_MS;
	return s;
}

static void
out_free(struct out *x)
{
	if (x->account)
		account_release(x->account);
	json_decref(x->row);
	json_decref(x->report);
	mem_free(x);
}

void
send_free(struct send **s)
{
	if (!*s)
		return;
	while ((*s)->list) {
		struct out *x = (*s)->list;

		(*s)->list = x->next;
		out_free(x);
	}
	pairs_free(&(*s)->pairs);
	MEM_CLEAR(s);
}

static const char *
key_of(const struct out *x)
{
	const char *key = json_string_value(json_object_get(x->row, "key"));

	return key ? key : "";
}

/* --- reports ------------------------------------------------------------------- */

static void
reported(void *arg, const struct bus_reply *r)
{
	struct out *x = arg;

	x->reporting = false;
	if (r->outcome == OUT_OK || r->outcome == OUT_PERM) {
		if (r->outcome == OUT_PERM)
			log_warn("whatsapp.report_lost", "%s", r->err.text);
		json_decref(x->report);
		x->report = NULL;
		return;
	}
	x->send->again_ms = clock_tick_ms() + SEND_AGAIN_MS;
}

static void
report_all(struct send *s, int64_t now)
{
	struct err e;

	if (now < s->again_ms)
		return;
	for (struct out *x = s->list; x; x = x->next) {
		if (!x->report || x->reporting)
			continue;
		x->reporting = bus_call(s->bus, "outbox.report",
					json_incref(x->report), NULL, NULL,
					reported, x, &e) == OUT_OK;
		if (!x->reporting) {
			s->again_ms = now + SEND_AGAIN_MS;
			return;
		}
	}
}

/* Does one that was taken before go to the same person, and is not over? */
static bool
is_behind(const struct out *x, int64_t now)
{
	for (const struct out *y = x->send->list; y != x; y = y->next)
		if (y->state != OUT_ENDED && out_same_person(x, y) &&
		    !(y->state == OUT_DOUBTS && now >= y->pass_ms))
			return true;
	return false;
}

/* When it may go as far as others are concerned; 0: now. */
static int64_t
held_ms(struct out *x, int64_t now)
{
	struct send *s = x->send;
	const struct rest *r =
		pairs_find(s->pairs, x->account->phone_number_id, x->person);
	int64_t line = line_left_ms(s->lines, x->account, true);
	int64_t pair = r ? rest_left_ms(r, now) : 0;
	int64_t pace = pace_left_ms(&lines_of(s->lines, x->account)->pace, now);

	line = line > pair ? line : pair;
	return line > pace ? line : pace;
}

static void
look_at_waiting(struct out *x, int64_t now)
{
	struct send *s = x->send;
	int64_t held;

	if (!x->account || x->account->stopped) {
		out_give_back_all(x, x->account
					     ? "the connection is stopped"
					     : "the connection is not known");
		return;
	}
	if (now > out_last_ms(x) || s->leaving) {
		out_give_back_all(x, s->leaving
					     ? "the gateway ends"
					     : "there was no time to begin it");
		return;
	}
	if (now < x->next_ms || s->flying >= SEND_FLYING_MAX ||
	    is_behind(x, now))
		return;
	held = held_ms(x, now);
	if (held > 0) {
		x->next_ms = now + held;
		return;
	}
	if (pace_take(&lines_of(s->lines, x->account)->pace, now))
		out_try(x);
}

static void
look_at(struct out *x, int64_t now)
{
	switch (x->state) {
	case OUT_WAITS:
		look_at_waiting(x, now);
		break;
	case OUT_DOUBTS:
		if (now >= x->next_ms || x->send->leaving)
			(void)out_end(x, "unknown", false,
				      "no answer came, and no status");
		break;
	case OUT_SETTLES:
		if (now >= x->next_ms)
			x->state = OUT_ENDED;
		break;
	default:
		break;
	}
}

void
send_status(struct send *s, const char *external_id, const char *tracker,
	    const char *word)
{
	bool failed = word && strcmp(word, "failed") == 0;

	for (struct out *x = s->list; x; x = x->next) {
		if (!tracker || strcmp(key_of(x), tracker) != 0)
			continue;
		if (x->state == OUT_SETTLES)
			x->state = OUT_ENDED;
		else if (x->state == OUT_DOUBTS && !failed && external_id)
			out_accepted(x, external_id, NULL);
		return;
	}
}

/* --- the outbox -------------------------------------------------------------------- */

static void
add(struct send *s, json_t *row)
{
	struct account *k = accounts_by_name(
		s->accounts,
		json_string_value(json_object_get(row, "connection")));
	struct out *x = mem_new(1, sizeof(*x));
	struct out **at = &s->list;

	x->send = s;
	x->row = json_incref(row);
	x->account = k ? account_hold(k) : NULL;
	x->person = message_person(row);
	x->taken_ms = s->asked_ms;
	while (*at)
		at = &(*at)->next;
	*at = x;
	s->count++;
}

static void
taken(void *arg, const struct bus_reply *r)
{
	struct send *s = arg;
	json_t *rows = json_object_get(r->result, "deliveries");
	json_t *row;
	size_t i;

	s->asking = false;
	if (r->outcome != OUT_OK) {
		if (r->outcome != OUT_UNSURE)
			log_warn("whatsapp.outbox", "%s", r->err.text);
		return;
	}
	json_array_foreach(rows, i, row) add(s, row);
	/* there may be more than one take gives */
	s->wake = s->wake || json_array_size(rows) > 0;
}

static bool
may_take(const struct send *s)
{
	return !s->asking && !s->leaving && s->count < SEND_MAX &&
	       accounts_known(s->accounts) && !lines_all_stopped(s->lines);
}

/* The lease counts from the request: the daemon begins it later. */
static void
take(struct send *s, int64_t now)
{
	size_t room = SEND_MAX - s->count;
	struct err e;

	s->asking = bus_call(s->bus, "outbox.take",
			     json_pack("{s:i, s:i}", "max",
				       (int)(room < TAKE_MAX ? room : TAKE_MAX),
				       "lease_ms", SEND_TAKE_MS),
			     NULL, NULL, taken, s, &e) == OUT_OK;
	s->wake = !s->asking;
	s->asked_ms = now;
	s->look_ms = now + LOOK_MS;
}

static void
sweep(struct send *s)
{
	for (struct out **at = &s->list; *at;) {
		struct out *x = *at;

		if (x->state != OUT_ENDED || x->report || x->reporting) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		s->count--;
		out_free(x);
	}
}

static void
step(void *arg)
{
	struct send *s = arg;
	int64_t now = clock_tick_ms();

	for (struct out *x = s->list; x; x = x->next)
		look_at(x, now);
	if (!bus_up(s->bus))
		return;
	report_all(s, now);
	sweep(s);
	if (now >= s->look_ms)
		s->wake = true;
	if (s->wake && may_take(s))
		take(s, now);
}

static void
wake(void *arg, const char *what)
{
	struct send *s = arg;

	if (!what || strcmp(what, "outbox") == 0)
		s->wake = true;
}

/* Until one of them has something to do; those behind another do not count,
 * nor what waits for an answer. */
static int64_t
next_of(const struct out *x, int64_t now)
{
	if (x->state == OUT_DOUBTS && x->pass_ms > now)
		return x->pass_ms < x->next_ms ? x->pass_ms : x->next_ms;
	if (x->state == OUT_DOUBTS || x->state == OUT_SETTLES)
		return x->next_ms;
	if (x->state == OUT_WAITS)
		return is_behind(x, now) || x->send->flying >= SEND_FLYING_MAX
			       ? out_last_ms(x)
			       : x->next_ms;
	return INT64_MAX;
}

static int
wait_ms(void *arg)
{
	const struct send *s = arg;
	int64_t now = clock_tick_ms();
	int64_t until = s->look_ms;

	for (const struct out *x = s->list; x; x = x->next) {
		int64_t at = next_of(x, now);

		if (x->report && !x->reporting && bus_up(s->bus))
			at = s->again_ms;
		until = at < until ? at : until;
	}
	if (!bus_up(s->bus) && s->list == NULL)
		return -1;
	if (s->wake && may_take(s) && bus_up(s->bus))
		until = now;
	return until > now ? (int)(until - now) : 0;
}

static bool
drain(void *arg)
{
	struct send *s = arg;

	s->leaving = true;
	for (struct out *x = s->list; x; x = x->next)
		if (x->state == OUT_SETTLES)
			x->state = OUT_ENDED;
	return !s->asking && s->list == NULL;
}

static void
lost(void *arg)
{
	struct send *s = arg;

	s->asking = false;
	s->wake = true;
}

struct part
send_part(struct send *s)
{
	struct part p = { .step = step,
			  .wake = wake,
			  .wait_ms = wait_ms,
			  .drain = drain,
			  .lost = lost,
			  .arg = s };

	return p;
}
