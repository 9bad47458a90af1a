#include "gateways/chat/visitor.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/site.h"
#include "gateways/chat/tab.h"

#define BUCKETS 4096
#define TICK_MS 1000
#define GOT_MS 1000 /* least time between two chat.got */

/* What is to be done for a visitor, the most urgent first. */
enum want {
	WANT_OPEN = 1,
	WANT_GET = 2,
	WANT_GOT = 4
};

/* A request that waits until its visitor is open. */
struct waiter {
	void (*fn)(void *arg);
	void *arg;
	struct waiter *next;
};

struct visitors {
	struct visitor *by_hash[BUCKETS];
	struct visitor *by_handle[BUCKETS];
	size_t count;
	struct visitor *first; /* the queue of those that want something */
	struct visitor *last;
	size_t working;
	struct visitor *lingering;
	struct timer *timer;
	bool ticking;
};

static void work(struct chat *c);
static void tick(void *arg);

struct visitors *
visitors_new(struct chat *c)
{
	struct visitors *all = mem_new(1, sizeof *all);

	all->timer = timer_new(c->server, tick, c);
	return all;
}

void
visitors_stop(struct chat *c)
{
	if (c->visitors != NULL)
		timer_free(&c->visitors->timer);
}

/* --- the two tables ------------------------------------------------------ */

static size_t
handle_bucket(const char *handle)
{
	uint32_t h = 2166136261U;

	for (; *handle != '\0'; handle++)
		h = (h ^ (unsigned char)*handle) * 16777619U;
	return h % BUCKETS;
}

static size_t
hash_bucket(const unsigned char hash[HASH_BYTES])
{
	return (size_t)(hash[0] | hash[1] << 8) % BUCKETS;
}

static void
drop_handle(struct visitor *v)
{
	struct visitor **at;

	if (v->handle == NULL)
		return;
	at = &v->chat->visitors->by_handle[handle_bucket(v->handle)];
	while (*at != v)
		at = &(*at)->same_handle;
	*at = v->same_handle;
	MEM_CLEAR(&v->handle);
}

static void
set_handle(struct visitor *v, const char *handle)
{
	struct visitor **at;

	drop_handle(v);
	at = &v->chat->visitors->by_handle[handle_bucket(handle)];
	v->handle = mem_strdup(handle);
	v->same_handle = *at;
	*at = v;
}

static struct visitor *
find_handle(struct chat *c, const char *handle)
{
	struct visitor *v = NULL;

	if (handle != NULL)
		v = c->visitors->by_handle[handle_bucket(handle)];
	while (v != NULL && strcmp(v->handle, handle) != 0)
		v = v->same_handle;
	return v;
}

/* No tab finds it by its token any more. */
static void
unlist(struct visitor *v)
{
	struct visitor **at;

	if (!v->listed)
		return;
	at = &v->chat->visitors->by_hash[hash_bucket(v->hash)];
	while (*at != v)
		at = &(*at)->same_hash;
	*at = v->same_hash;
	v->listed = false;
	v->chat->visitors->count--;
	visitor_unref(v);
}

/* --- life ---------------------------------------------------------------- */

struct visitor *
visitor_ref(struct visitor *v)
{
	v->refs++;
	return v;
}

void
visitor_unref(struct visitor *v)
{
	if (v == NULL || --v->refs > 0)
		return;
	drop_handle(v);
	memset(v->token, 0, strlen(v->token));
	mem_free(v->token);
	mem_free(v->expires_at);
	mem_free(v->puts);
	mem_free(v);
}

/* Two references: the table's and the caller's. */
static struct visitor *
make(struct chat *c, struct site *s, const char *token)
{
	struct visitor *v = mem_new(1, sizeof *v);
	struct visitor **at;

	v->refs = 2;
	v->chat = c;
	v->site = s;
	v->token = mem_strdup(token);
	hash_raw(token, strlen(token), v->hash);
	at = &c->visitors->by_hash[hash_bucket(v->hash)];
	v->same_hash = *at;
	*at = v;
	v->listed = true;
	c->visitors->count++;
	return v;
}

/* --- the queue of what is to be done ------------------------------------- */

static void
enqueue(struct visitor *v)
{
	struct visitors *all = v->chat->visitors;

	if (v->queued || v->working || v->wants == 0)
		return;
	v->queued = true;
	v->queue_next = NULL;
	if (all->last != NULL)
		all->last->queue_next = v;
	else
		all->first = v;
	all->last = v;
	(void)visitor_ref(v);
}

static void
want(struct visitor *v, unsigned what)
{
	v->wants |= what;
	enqueue(v);
	work(v->chat);
}

/* A call of housekeeping has ended; the reference was the call's. */
static void
worked(struct visitor *v)
{
	struct chat *c = v->chat;

	v->working = false;
	c->visitors->working--;
	enqueue(v);
	visitor_unref(v);
	work(c);
}

static bool
call(struct visitor *v, const char *method, json_t *params, const char *as,
     bus_reply_fn *fn)
{
	struct err e;

	if (bus_call(v->chat->bus, method, params, as, NULL, fn, v, &e) !=
	    OUT_OK)
		return false;
	v->working = true;
	v->chat->visitors->working++;
	(void)visitor_ref(v);
	return true;
}

/* --- opening ------------------------------------------------------------- */

static void
wake(struct visitor *v)
{
	struct waiter *w = v->waiters;

	v->waiters = NULL;
	while (w != NULL) {
		struct waiter *next = w->next;

		w->fn(w->arg);
		mem_free(w);
		w = next;
	}
}

static void
gone(struct visitor *v)
{
	v->gone = true;
	v->wants = 0;
	drop_handle(v);
	(void)visitor_ref(v);
	tabs_gone(v);
	unlist(v);
	visitor_unref(v);
}

/* Whoever was told that the daemon is away hears that it is back, after the
 * lines that came meanwhile. */
static void
settle(struct visitor *v)
{
	if ((v->wants & (WANT_OPEN | WANT_GET)) == 0)
		tabs_settled(v);
}

/* Numbers begin anew with each incident. */
static bool
other_incident(struct visitor *v, const json_t *chat)
{
	int64_t now = json_integer_value(json_object_get(chat, "incident"));
	bool other = v->incident != 0 && now != 0 && now != v->incident;

	if (now != 0)
		v->incident = now;
	if (other)
		v->got = v->got_told = 0;
	tabs_incident(v, now, other);
	return other;
}

static void
look_at(struct visitor *v, const json_t *chat)
{
	int64_t last = json_integer_value(json_object_get(chat, "last"));

	if (tabs_behind(v, last) >= 0)
		v->wants |= WANT_GET;
	settle(v);
}

static void
open_came(void *arg, const struct bus_reply *r)
{
	struct visitor *v = arg;
	const char *handle =
		json_string_value(json_object_get(r->result, "handle"));
	const char *expires =
		json_string_value(json_object_get(r->result, "expires_at"));
	const json_t *chat = json_object_get(r->result, "chat");

	if (r->outcome == OUT_OK && handle != NULL) {
		set_handle(v, handle);
		mem_free(v->expires_at);
		v->expires_at = mem_strdup(expires != NULL ? expires : "");
		(void)other_incident(v, chat);
		tabs_chat(v, chat);
		look_at(v, chat);
		if (v->got > v->got_told)
			v->wants |= WANT_GOT;
	} else if (r->outcome == OUT_PERM) {
		gone(v);
	} else if (bus_up(v->chat->bus)) {
		log_warn("chat.open", "%s", r->err.text);
		v->wants |= WANT_OPEN;
	}
	wake(v);
	worked(v);
}

/* Is somebody there for whom it is to stand open? */
static bool
need(const struct visitor *v)
{
	return !v->gone && (v->tabs != NULL || v->users != 0);
}

static bool
do_open(struct visitor *v)
{
	return call(v, "visitor.open",
		    json_pack("{s:s, s:s}", "connection", site_name(v->site),
			      "token", v->token),
		    NULL, open_came);
}

void
visitor_reopen(struct visitor *v)
{
	drop_handle(v);
	if (need(v))
		want(v, WANT_OPEN);
}

/* --- lines --------------------------------------------------------------- */

static void
get_came(void *arg, const struct bus_reply *r)
{
	struct visitor *v = arg;
	const json_t *chat = json_object_get(r->result, "chat");

	if (r->outcome == OUT_OK && other_incident(v, chat) &&
	    v->get_from != 0) {
		v->wants |= WANT_GET;
	} else if (r->outcome == OUT_OK) {
		tabs_lines(v, v->get_from, r->result);
		v->page = 0;
		if (json_is_true(json_object_get(r->result, "more")))
			v->wants |= WANT_GET;
		settle(v);
	} else if (r->outcome == OUT_PERM &&
		   strcmp(r->err.code, "no_session") == 0) {
		drop_handle(v);
		v->wants |= WANT_OPEN;
	} else if (r->outcome == OUT_PERM &&
		   strcmp(r->err.code, "too_large") == 0 && v->page != 1) {
		v->page = (v->page != 0 ? v->page : VISITOR_PAGE) / 2;
		v->wants |= WANT_GET;
	} else if (r->outcome == OUT_PERM) {
		log_warn("chat.get", "%s", r->err.text);
	} else if (bus_up(v->chat->bus)) {
		v->wants |= WANT_GET;
	}
	worked(v);
}

static bool
do_get(struct visitor *v)
{
	v->get_from = tabs_behind(v, INT64_MAX);
	if (v->get_from < 0)
		return true;
	return call(v, "chat.get",
		    json_pack("{s:I, s:i}", "from", (json_int_t)v->get_from,
			      "limit",
			      v->page != 0 ? (int)v->page : VISITOR_PAGE),
		    v->handle, get_came);
}

void
visitor_look(struct visitor *v)
{
	if (v->handle != NULL)
		want(v, WANT_GET);
}

/* --- what was seen ------------------------------------------------------- */

static void
got_came(void *arg, const struct bus_reply *r)
{
	struct visitor *v = arg;

	if (r->outcome != OUT_OK)
		v->got_told = 0;
	worked(v);
}

static void
ticks(struct chat *c)
{
	if (c->visitors->ticking || c->visitors->timer == NULL)
		return;
	c->visitors->ticking = true;
	timer_set(c->visitors->timer, TICK_MS);
}

/* On the list of those that the timer looks after. */
static void
linger(struct visitor *v)
{
	struct visitors *all = v->chat->visitors;

	if (!v->lingers) {
		v->lingers = true;
		v->linger_next = all->lingering;
		all->lingering = v;
		(void)visitor_ref(v);
	}
	ticks(v->chat);
}

static bool
do_got(struct visitor *v)
{
	int64_t now = clock_tick_ms();

	if (v->got <= v->got_told)
		return true;
	if (v->got_told != 0 && now - v->got_tick < GOT_MS) {
		v->got_later = true;
		linger(v);
		return true;
	}
	v->got_told = v->got;
	v->got_tick = now;
	return call(v, "chat.got",
		    json_pack("{s:I}", "number", (json_int_t)v->got), v->handle,
		    got_came);
}

void
visitor_got(struct visitor *v, int64_t number)
{
	if (number <= v->got)
		return;
	v->got = number;
	if (v->handle != NULL)
		want(v, WANT_GOT);
}

/* --- working the queue off ----------------------------------------------- */

/* Begin the next thing; false: the bus takes no more now. */
static bool
begin(struct visitor *v)
{
	enum want what = WANT_GOT;
	bool good;

	if (!need(v) || (v->handle == NULL && (v->wants & WANT_OPEN) == 0)) {
		v->wants = 0;
		return true;
	}
	if (v->handle == NULL)
		what = WANT_OPEN;
	else if ((v->wants & WANT_GET) != 0)
		what = WANT_GET;
	if (v->handle != NULL)
		v->wants &= ~(unsigned)WANT_OPEN;
	v->wants &= ~(unsigned)what;
	good = what == WANT_OPEN  ? do_open(v)
	       : what == WANT_GET ? do_get(v)
				  : do_got(v);
	if (!good)
		v->wants |= what;
	return good;
}

static struct visitor *
dequeue(struct visitors *all)
{
	struct visitor *v = all->first;

	all->first = v->queue_next;
	if (all->first == NULL)
		all->last = NULL;
	v->queued = false;
	return v;
}

static void
work(struct chat *c)
{
	struct visitors *all = c->visitors;

	while (all->first != NULL && all->working < VISITORS_AT_ONCE &&
	       bus_up(c->bus)) {
		struct visitor *v = dequeue(all);
		bool good = begin(v);

		enqueue(v);
		visitor_unref(v);
		if (!good) {
			ticks(c);
			return;
		}
	}
}

/* --- coming and leaving -------------------------------------------------- */

struct visitor *
visitor_of(struct chat *c, struct site *s, const char *token)
{
	unsigned char hash[HASH_BYTES];
	struct visitor *v;

	hash_raw(token, strlen(token), hash);
	v = c->visitors->by_hash[hash_bucket(hash)];
	while (v != NULL && (!hash_same(v->hash, hash, sizeof hash) ||
			     (s != NULL && s != v->site)))
		v = v->same_hash;
	if (v != NULL)
		return visitor_ref(v);
	if (s == NULL || c->visitors->count >= VISITORS_MAX)
		return NULL;
	v = make(c, s, token);
	v->wants = WANT_OPEN;
	return v;
}

struct visitor *
visitor_started(struct chat *c, struct site *s, const json_t *result)
{
	const char *token = json_string_value(json_object_get(result, "token"));
	const char *handle =
		json_string_value(json_object_get(result, "handle"));
	const char *expires =
		json_string_value(json_object_get(result, "expires_at"));
	struct visitor *v;

	if (token == NULL || handle == NULL)
		return NULL;
	v = make(c, s, token);
	set_handle(v, handle);
	v->expires_at = mem_strdup(expires != NULL ? expires : "");
	return v;
}

void
visitor_joined(struct visitor *v)
{
	if (v->handle == NULL && !v->gone)
		want(v, WANT_OPEN);
	else
		want(v, WANT_GET);
}

void
visitor_left(struct visitor *v)
{
	if (need(v) || v->gone)
		return;
	v->linger_until = clock_tick_ms() + VISITOR_LINGER_MS;
	linger(v);
}

static void
closed(void *arg, const struct bus_reply *r)
{
	(void)arg;
	(void)r;
}

/* Nobody has come back: give the handle back and forget the token. */
static void
forget(struct visitor *v)
{
	struct chat *c = v->chat;
	struct err e;

	if (v->handle != NULL && bus_up(c->bus) &&
	    bus_call(c->bus, "visitor.close",
		     json_pack("{s:s}", "handle", v->handle), NULL, NULL,
		     closed, NULL, &e) != OUT_OK)
		log_debug("chat.close", "%s", e.text);
	drop_handle(v);
	unlist(v);
}

/* Returns false when the timer need not look at it any more. */
static bool
look_after(struct visitor *v, int64_t now)
{
	if (v->got_later && now - v->got_tick >= GOT_MS) {
		v->got_later = false;
		if (v->handle != NULL)
			want(v, WANT_GOT);
	}
	if (v->gone ||
	    (v->tabs == NULL && v->users == 0 && now >= v->linger_until)) {
		forget(v);
		return false;
	}
	return v->got_later || v->tabs == NULL;
}

static void
tick(void *arg)
{
	struct chat *c = arg;
	struct visitors *all = c->visitors;
	struct visitor *v = all->lingering;
	int64_t now = clock_tick_ms();

	all->lingering = NULL;
	all->ticking = false;
	while (v != NULL) {
		struct visitor *next = v->linger_next;

		v->lingers = false;
		if (look_after(v, now))
			linger(v);
		visitor_unref(v);
		v = next;
	}
	work(c);
}

/* --- calls in its name --------------------------------------------------- */

enum outcome
visitor_call(struct visitor *v, const char *method, json_t *params,
	     bus_reply_fn *fn, void *arg, struct err *e)
{
	if (v->handle == NULL || !bus_up(v->chat->bus)) {
		json_decref(params);
		return err_code(e, OUT_TEMP, "away",
				"the desk is not reachable at the moment");
	}
	if (v->calls >= VISITOR_CALLS) {
		json_decref(params);
		return err_code(e, OUT_TEMP, "busy", "too many requests wait");
	}
	if (bus_call(v->chat->bus, method, params, v->handle, NULL, fn, arg,
		     e) != OUT_OK)
		return err_code(e, OUT_TEMP, "busy", "the desk is busy");
	v->calls++;
	return OUT_OK;
}

void
visitor_put(struct visitor *v, const char *sha, const char *type, int64_t size)
{
	struct put *p;

	if (visitor_has_put(v, sha) != NULL)
		return;
	if (v->puts == NULL)
		v->puts = mem_new(VISITOR_PUTS, sizeof *v->puts);
	p = &v->puts[v->next_put];
	memcpy(p->sha, sha, sizeof p->sha);
	p->type = type;
	p->size = size;
	v->next_put = (v->next_put + 1) % VISITOR_PUTS;
}

const struct put *
visitor_has_put(const struct visitor *v, const char *sha)
{
	size_t i;

	for (i = 0; v->puts != NULL && i < VISITOR_PUTS; i++)
		if (strcmp(v->puts[i].sha, sha) == 0)
			return &v->puts[i];
	return NULL;
}

/* --- files --------------------------------------------------------------- */

void
visitor_use(struct visitor *v, void (*fn)(void *arg), void *arg)
{
	struct waiter *w;

	v->users++;
	if (v->handle != NULL || v->gone || !bus_up(v->chat->bus)) {
		fn(arg);
		return;
	}
	w = mem_new(1, sizeof *w);
	w->fn = fn;
	w->arg = arg;
	w->next = v->waiters;
	v->waiters = w;
	want(v, WANT_OPEN);
}

void
visitor_unuse(struct visitor *v)
{
	v->users--;
	visitor_left(v);
}

/* --- from the bus -------------------------------------------------------- */

void
visitors_up(struct chat *c)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct visitor *v = c->visitors->by_hash[i];

		for (; v != NULL; v = v->same_hash) {
			if (!need(v))
				continue;
			v->wants |= WANT_OPEN;
			enqueue(v);
		}
	}
	work(c);
}

void
visitors_down(struct chat *c)
{
	size_t i;

	for (i = 0; i < BUCKETS; i++) {
		struct visitor *v = c->visitors->by_hash[i];

		for (; v != NULL; v = v->same_hash) {
			drop_handle(v);
			wake(v);
			v->got_told = 0;
		}
	}
}

void
visitors_changed(struct chat *c, const json_t *handles)
{
	size_t i;
	json_t *one;

	json_array_foreach(handles, i, one)
	{
		struct visitor *v = find_handle(c, json_string_value(one));

		if (v != NULL)
			visitor_look(v);
	}
}

void
visitors_typing(struct chat *c, const json_t *params)
{
	struct visitor *v = find_handle(
		c, json_string_value(json_object_get(params, "handle")));
	const char *name = json_string_value(json_object_get(params, "name"));

	if (v != NULL)
		tabs_typing(v, name != NULL ? name : "",
			    json_is_true(json_object_get(params, "on")));
}

void
visitors_ended(struct chat *c, const char *handle)
{
	struct visitor *v = find_handle(c, handle);

	if (v != NULL)
		gone(v);
}

/* --- the end ------------------------------------------------------------- */

void
visitors_free(struct visitors **vp)
{
	struct visitors *all = *vp;
	size_t i;

	if (all == NULL)
		return;
	while (all->first != NULL)
		visitor_unref(dequeue(all));
	while (all->lingering != NULL) {
		struct visitor *v = all->lingering;

		all->lingering = v->linger_next;
		visitor_unref(v);
	}
	for (i = 0; i < BUCKETS; i++)
		while (all->by_hash[i] != NULL)
			unlist(all->by_hash[i]);
	MEM_CLEAR(vp);
}
