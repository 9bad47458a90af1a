#include "gateways/common/hitput.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/server.h"
#include "gateways/common/upload_turn.h"

#define PUT_ID 33
#define SLOW_RETRY_MS 2000 /* of one that was too slow */

struct hitput {
	struct hitputs *all;
	struct hit *hit;
	void *arg;
	struct hitput *next; /* of those that wait for their turn */
	bool ready;
	bool turn;
	int64_t turn_tick; /* when it began */
	int64_t sent_tick; /* when the daemon was given some */
	int64_t came;      /* octets since the turn began */
	bool sending;
	bool ended;   /* the body is whole, or the browser went */
	bool begun;   /* the daemon knows of it */
	bool refused; /* it was answered */
	char id[PUT_ID];
	struct buf data;
	int64_t offset;
	struct hash_state *hash;
};

struct hitputs {
	struct bus *bus;
	struct hitput_hooks hooks;
	size_t turns_max;
	struct hitput *turns[HITPUT_TURNS_MAX];
	size_t active; /* of them */
	struct timer *timer;
	bool ticking;
	size_t count;
	size_t waiting;
	struct hitput *first;
	struct hitput *last;
};

static void step(struct hitput *u);

/* --- turns --------------------------------------------------------------------- */

/* Look at those that have a turn, as long as somebody waits for one. */
static void
ticks(struct hitputs *all)
{
	if (all->ticking || all->timer == NULL || all->first == NULL)
		return;
	all->ticking = true;
	timer_set(all->timer, UPLOAD_TURN_LOOK_MS);
}

static void
turn_begin(struct hitputs *all, struct hitput *u)
{
	size_t i = 0;

	while (all->turns[i] != NULL)
		i++;
	all->turns[i] = u;
	all->active++;
	u->turn = true;
	u->turn_tick = clock_tick_ms();
	hit_resume(u->hit);
	step(u);
}

static void
turn_wait(struct hitputs *all, struct hitput *u)
{
	if (all->last != NULL)
		all->last->next = u;
	else
		all->first = u;
	all->last = u;
	all->waiting++;
	ticks(all);
}

static void
leave_queue(struct hitputs *all, const struct hitput *u)
{
	struct hitput **at = &all->first;
	struct hitput *before = NULL;

	while (*at != NULL && *at != u) {
		before = *at;
		at = &(*at)->next;
	}
	if (*at == NULL)
		return;
	*at = u->next;
	if (all->last == u)
		all->last = before;
	all->waiting--;
}

/* Give the turn of one that is freed to the next who waits. */
static void
turn_over(struct hitputs *all, const struct hitput *done)
{
	struct hitput *u = all->first;
	size_t i;

	for (i = 0; i < all->turns_max; i++)
		if (all->turns[i] == done)
			all->turns[i] = NULL;
	all->active--;
	if (u == NULL)
		return;
	leave_queue(all, u);
	turn_begin(all, u);
}

/* --- ends ---------------------------------------------------------------------- */

static void
put_free(struct hitput *u)
{
	struct hitputs *all = u->all;

	leave_queue(all, u);
	all->count--;
	hit_stream(u->hit, NULL, NULL);
	hit_unref(u->hit);
	all->hooks.gone(u->arg);
	buf_release(&u->data);
	hash_drop(&u->hash);
	if (u->turn)
		turn_over(all, u);
	mem_free(u);
}

static void
fail(struct hitput *u, enum outcome o, const struct err *e, int64_t retry_ms)
{
	if (!u->refused && hit_alive(u->hit))
		u->all->hooks.fail(u->arg, u->hit, o, e, retry_ms);
	put_free(u);
}

/* Answer at once; what the daemon has of it is forgotten first, by step(). */
static void
refuse(struct hitput *u, enum outcome o, const struct err *e, int64_t retry_ms)
{
	u->all->hooks.fail(u->arg, u->hit, o, e, retry_ms);
	hit_stream(u->hit, NULL, NULL);
	u->refused = true;
	u->ended = true;
	buf_clear(&u->data);
	step(u);
}

/* Whoever comes slowly gives a turn to one who waits. */
static void
tick(void *arg)
{
	struct hitputs *all = arg;
	int64_t now = clock_tick_ms();
	size_t waiting = all->waiting;
	struct err e;
	size_t i;

	all->ticking = false;
	(void)err_code(&e, OUT_TEMP, "busy",
		       "others wait, and this comes slowly");
	for (i = 0; i < all->turns_max && waiting > 0; i++) {
		struct hitput *u = all->turns[i];

		if (u == NULL || u->sending || u->ended ||
		    !upload_turn_slow(now - u->turn_tick, u->came))
			continue;
		waiting--;
		refuse(u, OUT_TEMP, &e, SLOW_RETRY_MS);
	}
	ticks(all);
}

/* --- to the daemon ------------------------------------------------------------- */

static void
chunk_put(void *arg, const struct bus_reply *r)
{
	struct hitput *u = arg;
	const char *sha =
		json_string_value(json_object_get(r->result, "sha256"));

	u->sending = false;
	/* what the daemon takes is not what the browser takes */
	u->turn_tick += clock_tick_ms() - u->sent_tick;
	if (r->outcome != OUT_OK) {
		fail(u, r->outcome, &r->err, r->retry_after_ms);
	} else if (sha != NULL && hash_is_hex(sha)) {
		u->all->hooks.stored(u->arg, u->hit, sha, u->offset);
		put_free(u);
	} else {
		hit_resume(u->hit);
		step(u);
	}
}

/* A chunk in the words of blob.put. whole: the file's end is known to be its
 * own. An upload that nobody will finish ends with a hash that is not its own,
 * so that the daemon forgets it. */
static json_t *
chunk_params(struct hitput *u, size_t n, bool whole)
{
	json_t *params = json_pack("{s:s, s:I}", "upload", u->id, "offset",
				   (json_int_t)u->offset);
	char sha[HASH_HEX];
	struct buf b;

	memset(sha, '0', sizeof sha - 1);
	sha[HASH_HEX - 1] = '\0';
	buf_init(&b, HITPUT_CHUNK_BYTES / 3 * 4 + 16);
	(void)hash_b64(&b, u->data.data, n);
	hash_more(u->hash, u->data.data, n);
	(void)json_object_set_new(params, "data", json_string(buf_str(&b)));
	buf_release(&b);
	if (u->ended && n == u->data.len) {
		if (whole)
			hash_end(u->hash, sha);
		(void)json_object_set_new(params, "end", json_true());
		(void)json_object_set_new(params, "sha256", json_string(sha));
	}
	return params;
}

/* Send what is there, up to a chunk. */
static void
chunk_send(struct hitput *u, const char *handle, bool whole)
{
	size_t n = u->data.len < HITPUT_CHUNK_BYTES ? u->data.len
						    : HITPUT_CHUNK_BYTES;
	json_t *params = chunk_params(u, n, whole);
	struct err e;

	buf_drop(&u->data, n);
	u->offset += (int64_t)n;
	u->begun = true;
	u->sent_tick = clock_tick_ms();
	if (bus_call(u->all->bus, "blob.put", params, handle, NULL, chunk_put,
		     u, &e) != OUT_OK)
		fail(u, OUT_TEMP, &e, 0);
	else
		u->sending = true;
}

/* Nobody waits for an answer: end it where the daemon knows of it. */
static void
step_gone(struct hitput *u, const char *handle, bool stands)
{
	if (!u->begun || !stands)
		put_free(u);
	else if (u->turn && (u->ended || u->data.len >= HITPUT_CHUNK_BYTES))
		chunk_send(u, handle, false);
}

static void
step(struct hitput *u)
{
	const struct hitput_hooks *hooks = &u->all->hooks;
	const char *handle = NULL;
	struct err e;
	enum outcome o;

	if (!u->ready || u->sending)
		return;
	if (hooks->handle != NULL)
		handle = hooks->handle(u->arg);
	if (u->refused || !hit_alive(u->hit)) {
		step_gone(u, handle, hooks->handle == NULL || handle != NULL);
		return;
	}
	if (!u->turn)
		return;
	if (hooks->handle != NULL && handle == NULL) {
		(void)err_set(&e, OUT_TEMP, "the session is not open");
		fail(u, OUT_TEMP, &e, 0);
		return;
	}
	if (hooks->judge != NULL) {
		o = hooks->judge(u->arg, u->hit, buf_str(&u->data), u->data.len,
				 u->ended, &e);
		if (o != OUT_OK) {
			refuse(u, o, &e, 0);
			return;
		}
	}
	if (u->ended || u->data.len >= HITPUT_CHUNK_BYTES)
		chunk_send(u, handle, true);
}

/* --- from the browser ---------------------------------------------------------- */

static void
part(void *arg, struct hit *h, const char *p, size_t n)
{
	struct hitput *u = arg;
	const struct hitput_hooks *hooks = &u->all->hooks;
	struct err e;

	if (p == NULL) {
		u->ended = true;
		if (!hit_alive(h))
			buf_clear(&u->data);
		step(u);
		return;
	}
	if (!buf_add(&u->data, p, n)) {
		(void)err_code(&e, OUT_TEMP, "busy",
			       "more came than there was room for");
		refuse(u, OUT_TEMP, &e, SLOW_RETRY_MS);
		return;
	}
	u->came += (int64_t)n;
	if (hooks->came != NULL)
		hooks->came(u->arg, p, n);
	if (u->data.len >= HITPUT_CHUNK_BYTES || !u->turn || !u->ready)
		hit_pause(h);
	step(u);
}

struct hitput *
hitput_new(struct hitputs *all, struct hit *h, void *arg)
{
	struct hitput *u = mem_new(1, sizeof *u);
	unsigned char id[(PUT_ID - 1) / 2];

	u->all = all;
	u->hit = hit_ref(h);
	u->arg = arg;
	hash_random(id, sizeof id);
	hash_to_hex(id, sizeof id, u->id);
	u->hash = hash_begin();
	buf_init(&u->data, 2 * HITPUT_CHUNK_BYTES);
	all->count++;
	hit_stream(h, part, u);
	hit_pause(h);
	return u;
}

void
hitput_ready(struct hitput *u)
{
	u->ready = true;
	if (u->all->active < u->all->turns_max)
		turn_begin(u->all, u);
	else
		turn_wait(u->all, u);
}

void
hitput_fail(struct hitput *u, enum outcome o, const struct err *e)
{
	u->ready = true;
	fail(u, o, e, 0);
}

/* --- all of them --------------------------------------------------------------- */

struct hitputs *
hitputs_new(struct server *s, struct bus *bus, size_t turns,
	    const struct hitput_hooks *hooks)
{
	struct hitputs *all = mem_new(1, sizeof *all);

	all->bus = bus;
	all->hooks = *hooks;
	all->turns_max = turns < HITPUT_TURNS_MAX ? turns : HITPUT_TURNS_MAX;
	all->timer = timer_new(s, tick, all);
	return all;
}

void
hitputs_stop(struct hitputs *all)
{
	if (all != NULL && all->timer != NULL)
		timer_free(&all->timer);
}

void
hitputs_free(struct hitputs **all)
{
	MEM_CLEAR(all);
}

size_t
hitputs_count(const struct hitputs *all)
{
	return all->count;
}

size_t
hitputs_waiting(const struct hitputs *all)
{
	return all->waiting;
}
