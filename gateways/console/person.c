#include "gateways/console/person.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/console/console.h"
#include "gateways/console/live.h"

#define SWEEP_MS 60000

struct waiter {
	person_fn *fn;
	void *arg;
	struct waiter *next;
};

struct person {
	size_t refs;
	struct console *console; /* NULL: forgotten */
	struct person *next;
	char *secret;
	bool token;
	unsigned char digest[HASH_BYTES];
	char id[PERSON_ID];
	char *handle; /* NULL: not open */
	bool opening;
	bool ended;
	json_t *agent;
	size_t holds;
	size_t waiting;
	struct waiter *first;
	struct waiter *last;
	int64_t used_tick;
	int64_t filled_tick;
	int64_t credit; /* thousandths of a request */
};

struct people {
	struct person *first;
	size_t count;
	struct timer *sweep;
};

/* --- life ------------------------------------------------------------------ */

struct person *
person_ref(struct person *p)
{
	p->refs++;
	return p;
}

void
person_unref(struct person *p)
{
	if (p == NULL || --p->refs > 0)
		return;
	if (p->secret != NULL)
		memset(p->secret, 0, strlen(p->secret));
	mem_free(p->secret);
	mem_free(p->handle);
	json_decref(p->agent);
	mem_free(p);
}

/* Take it off the list; those that keep it see that it ended. */
static void
forget(struct console *c, struct person *p)
{
	struct person **at = &c->people->first;

	while (*at != NULL && *at != p)
		at = &(*at)->next;
	if (*at == NULL)
		return;
	*at = p->next;
	c->people->count--;
	p->console = NULL;
	p->ended = true;
	MEM_CLEAR(&p->handle);
	person_unref(p);
}

static void
ignore_reply(void *arg, const struct bus_reply *r)
{
	(void)arg;
	(void)r;
}

static void
give_back(struct console *c, struct person *p, bool logout)
{
	struct err e;

	if (p->handle != NULL)
		(void)!bus_call(c->bus, "session.close",
				json_pack("{s:s, s:b}", "handle", p->handle,
					  "logout", (int)logout),
				NULL, NULL, ignore_reply, NULL, &e);
	forget(c, p);
}

static void
sweep(void *arg)
{
	struct console *c = arg;
	int64_t old = clock_tick_ms() - PERSON_IDLE_MS;
	struct person *p = c->people->first;

	while (p != NULL) {
		struct person *next = p->next;

		if (p->holds == 0 && !p->opening && p->used_tick < old)
			give_back(c, p, false);
		p = next;
	}
	timer_set(c->people->sweep, SWEEP_MS);
}

struct people *
people_new(struct console *c)
{
	struct people *all = mem_new(1, sizeof *all);

	all->sweep = timer_new(c->server, sweep, c);
	timer_set(all->sweep, SWEEP_MS);
	return all;
}

void
people_stop(struct console *c)
{
	timer_free(&c->people->sweep);
}

void
people_free(struct people **pp)
{
	struct people *all = *pp;

	if (all == NULL)
		return;
	while (all->first != NULL) {
		struct person *p = all->first;

		all->first = p->next;
		p->console = NULL;
		person_unref(p);
	}
	MEM_CLEAR(pp);
}

/* --- opening ------------------------------------------------------------- */

static void
tell_waiters(struct person *p, enum outcome o, const struct err *e)
{
	struct waiter *w = p->first;

	p->first = NULL;
	p->last = NULL;
	p->waiting = 0;
	while (w != NULL) {
		struct waiter *next = w->next;

		w->fn(w->arg, o == OUT_OK ? p : NULL, o, e);
		mem_free(w);
		w = next;
	}
}

static void
opened(void *arg, const struct bus_reply *r)
{
	struct person *p = arg;
	struct console *c = p->console;
	json_t *agent = json_object_get(r->result, "agent");
	const char *handle =
		json_string_value(json_object_get(r->result, "handle"));
	enum outcome o = r->outcome;

	p->opening = false;
	if (o == OUT_UNSURE)
		o = OUT_TEMP;
	if (o == OUT_OK && handle != NULL && c != NULL) {
		mem_free(p->handle);
		p->handle = mem_strdup(handle);
		json_decref(p->agent);
		p->agent = json_incref(agent);
		tell_waiters(p, OUT_OK, &r->err);
		lives_opened(c, p);
	} else {
		tell_waiters(p, o == OUT_OK ? OUT_TEMP : o, &r->err);
		if (o == OUT_PERM && c != NULL) {
			forget(c, p);
			lives_ended(c, p);
		} else if (c != NULL && p->holds == 0) {
			forget(c, p);
		}
	}
	person_unref(p);
}

static enum outcome
start_opening(struct console *c, struct person *p, struct err *e)
{
	enum outcome o;

	if (p->opening)
		return OUT_OK;
	o = bus_call(
		c->bus, "session.open",
		json_pack("{s:s}", p->token ? "token" : "cookie", p->secret),
		NULL, NULL, opened, p, e);
	if (o == OUT_OK) {
		p->opening = true;
		person_ref(p);
	}
	return o;
}

static struct person *
find(struct console *c, const unsigned char digest[HASH_BYTES])
{
	struct person *p;

	for (p = c->people->first; p != NULL; p = p->next)
		if (hash_same(p->digest, digest, HASH_BYTES))
			return p;
	return NULL;
}

/* Room for one more: the one that was not used for longest goes. */
static bool
make_room(struct console *c)
{
	struct person *oldest = NULL;
	struct person *p;

	if (c->people->count < PEOPLE_MAX)
		return true;
	for (p = c->people->first; p != NULL; p = p->next)
		if (p->holds == 0 && !p->opening &&
		    (oldest == NULL || p->used_tick < oldest->used_tick))
			oldest = p;
	if (oldest == NULL)
		return false;
	give_back(c, oldest, false);
	return true;
}

static struct person *
add(struct console *c, const char *secret, bool token,
    const unsigned char digest[HASH_BYTES])
{
	struct person *p = mem_new(1, sizeof *p);
	unsigned char id[(PERSON_ID - 1) / 2];

	p->refs = 1;
	p->console = c;
	p->secret = mem_strdup(secret);
	p->token = token;
	memcpy(p->digest, digest, HASH_BYTES);
	hash_random(id, sizeof id);
	hash_to_hex(id, sizeof id, p->id);
	p->credit = PERSON_BURST * 1000;
	p->filled_tick = clock_tick_ms();
	p->next = c->people->first;
	c->people->first = p;
	c->people->count++;
	return p;
}

static void
wait_for(struct person *p, person_fn *fn, void *arg)
{
	struct waiter *w = mem_new(1, sizeof *w);

	w->fn = fn;
	w->arg = arg;
	if (p->last != NULL)
		p->last->next = w;
	else
		p->first = w;
	p->last = w;
	p->waiting++;
}

void
person_open(struct console *c, const char *secret, bool token, person_fn *fn,
	    void *arg)
{
	unsigned char digest[HASH_BYTES];
	struct person *p;
	struct err e;

	hash_raw(secret, strlen(secret), digest);
	digest[0] = (unsigned char)((digest[0] & 0xfeU) | (token ? 1U : 0U));
	p = find(c, digest);
	if (p == NULL && make_room(c))
		p = add(c, secret, token, digest);
	if (p == NULL || p->waiting >= PERSON_WAITERS) {
		(void)err_code(&e, OUT_TEMP, "busy", "too many sessions");
		fn(arg, NULL, OUT_TEMP, &e);
		return;
	}
	p->used_tick = clock_tick_ms();
	if (p->handle != NULL) {
		(void)err_set(&e, OUT_OK, "%s", "");
		fn(arg, p, OUT_OK, &e);
		return;
	}
	if (start_opening(c, p, &e) != OUT_OK) {
		if (p->holds == 0 && p->waiting == 0)
			forget(c, p);
		fn(arg, NULL, OUT_TEMP, &e);
		return;
	}
	wait_for(p, fn, arg);
}

/* --- asking -------------------------------------------------------------- */

struct person *
person_by_id(struct console *c, const char *id)
{
	struct person *p;

	for (p = c->people->first; p != NULL; p = p->next)
		if (p->handle != NULL && strcmp(p->id, id) == 0)
			return p;
	return NULL;
}

const char *
person_handle(const struct person *p)
{
	return p->handle;
}

bool
person_ended(const struct person *p)
{
	return p->ended;
}

const char *
person_id(const struct person *p)
{
	return p->id;
}

const json_t *
person_agent(const struct person *p)
{
	return p->agent;
}

bool
person_may(struct person *p)
{
	int64_t now = clock_tick_ms();

	p->credit += (now - p->filled_tick) * PERSON_RATE;
	if (p->credit > PERSON_BURST * 1000)
		p->credit = PERSON_BURST * 1000;
	p->filled_tick = now;
	p->used_tick = now;
	if (p->credit < 1000)
		return false;
	p->credit -= 1000;
	return true;
}

void
person_hold(struct person *p)
{
	p->holds++;
}

void
person_release(struct person *p)
{
	p->holds--;
}

/* --- ending and coming back ------------------------------------------------ */

void
person_logout(struct console *c, struct person *p)
{
	person_ref(p);
	give_back(c, p, true);
	lives_ended(c, p);
	person_unref(p);
}

void
people_ended(struct console *c, const char *handle)
{
	struct person *p = c->people->first;

	while (p != NULL &&
	       (p->handle == NULL || strcmp(p->handle, handle) != 0))
		p = p->next;
	if (p == NULL)
		return;
	person_ref(p);
	forget(c, p);
	lives_ended(c, p);
	person_unref(p);
}

void
people_down(struct console *c)
{
	struct person *p;

	for (p = c->people->first; p != NULL; p = p->next)
		MEM_CLEAR(&p->handle);
}

void
people_up(struct console *c)
{
	struct person *p;
	struct err e;

	for (p = c->people->first; p != NULL; p = p->next)
		if (p->holds > 0 && start_opening(c, p, &e) != OUT_OK)
			log_warn("session.reopen", "%s", e.text);
}
