#include "gateways/console/feed.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/console/console.h"
#include "gateways/console/live.h"

struct item {
	int64_t number;
	struct shared *frame;
};

struct feed {
	struct item ring[FEED_RING];
	size_t first; /* index of the oldest */
	size_t count;
	int64_t base;
	int64_t number;
	bool ready;
	bool asking;
	bool anew; /* what is asked for does not join up with the ring */
};

struct feed *
feed_new(struct console *c)
{
	(void)c;
	return mem_new(1, sizeof(struct feed));
}

static void
drop_oldest(struct feed *f)
{
	struct item *it = &f->ring[f->first];

	f->base = it->number;
	shared_unref(it->frame);
	f->first = (f->first + 1) % FEED_RING;
	f->count--;
}

void
feed_free(struct feed **fp)
{
	if (*fp == NULL)
		return;
	while ((*fp)->count > 0)
		drop_oldest(*fp);
	MEM_CLEAR(fp);
}

static void subscribe(struct console *c, bool from_last);

/* Begin anew at a number: what was kept does not join up with it. */
static void
restart_at(struct feed *f, int64_t number)
{
	while (f->count > 0)
		drop_oldest(f);
	f->base = number;
	f->number = number;
}

static void
subscribed(void *arg, const struct bus_reply *r)
{
	struct console *c = arg;
	struct feed *f = c->feed;
	int64_t number =
		json_integer_value(json_object_get(r->result, "number"));

	f->asking = false;
	if (r->outcome == OUT_PERM && f->number > 0 &&
	    (strcmp(r->err.code, "behind") == 0 ||
	     strcmp(r->err.code, "gone") == 0)) {
		subscribe(c, false);
		return;
	}
	if (r->outcome != OUT_OK) {
		log_warn("feed.subscribe", "%s", r->err.text);
		return;
	}
	if (number > f->number)
		restart_at(f, number);
	else if (f->anew)
		f->base = number;
	f->ready = true;
	if (f->anew)
		lives_anew(c);
	lives_greet(c);
	lives_pump(c);
}

static void
subscribe(struct console *c, bool from_last)
{
	struct feed *f = c->feed;
	json_t *params = json_object();
	struct err e;

	if (f->asking)
		return;
	f->anew = !from_last;
	if (f->anew)
		restart_at(f, 0);
	else
		(void)json_object_set_new(params, "from",
					  json_integer(f->number));
	if (bus_call(c->bus, "events.subscribe", params, NULL, NULL, subscribed,
		     c, &e) != OUT_OK)
		log_warn("feed.subscribe", "%s", e.text);
	else
		f->asking = true;
}

void
feed_up(struct console *c)
{
	c->feed->ready = false;
	c->feed->asking = false;
	subscribe(c, c->feed->number > 0);
}

void
feed_dropped(struct console *c)
{
	c->feed->ready = false;
	subscribe(c, true);
}

void
feed_event(struct console *c, json_t *event)
{
	struct feed *f = c->feed;
	int64_t number = json_integer_value(json_object_get(event, "number"));
	json_t *frame;
	char *text;
	struct item *it;

	if (number <= f->number)
		return;
	frame = json_pack("{s:O}", "event", event);
	text = json_dumps(frame, JSON_COMPACT);
	json_decref(frame);
	if (text == NULL)
		return;
	if (f->count == FEED_RING)
		drop_oldest(f);
	it = &f->ring[(f->first + f->count) % FEED_RING];
	it->number = number;
	it->frame = shared_new(text, strlen(text));
	f->count++;
	f->number = number;
	free(text);
	lives_pump(c);
}

bool
feed_ready(const struct feed *f)
{
	return f->ready;
}

int64_t
feed_number(const struct feed *f)
{
	return f->number;
}

int64_t
feed_base(const struct feed *f)
{
	return f->base;
}

struct shared *
feed_next(const struct feed *f, int64_t after, int64_t *number_out)
{
	size_t lo = 0;
	size_t hi = f->count;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (f->ring[(f->first + mid) % FEED_RING].number <= after)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == f->count)
		return NULL;
	*number_out = f->ring[(f->first + lo) % FEED_RING].number;
	return f->ring[(f->first + lo) % FEED_RING].frame;
}
