#include "gateways/whatsapp/line.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/accounts.h"

#define DETAIL_MAX 300
#define STOPPED_MS 60000 /* nothing is asked of a stopped one so soon */

enum said {
	SAID_NOTHING,
	SAID_OK,
	SAID_FAILING
};

struct known {
	struct known *next;
	char *name;
	int64_t version; /* of the connection */
	struct line line;
	int64_t probe_ms; /* monotonic: of the next probe */
	bool probing;
	enum said said;
};

struct lines {
	struct bus *bus;
	struct accounts *accounts;
	struct graph *graph;
	struct known *list;
	int probe_every_ms;
};

/* What a probe needs after the turn in which it began. */
struct probe {
	struct lines *lines;
	struct account *account; /* held */
};

struct lines *
lines_new(struct bus *bus, struct accounts *accounts, struct graph *graph)
{
	const char *ms = getenv("POSTIGO_TEST_PROBE_MS");
	long v = ms ? strtol(ms, NULL, 10) : 0;
	struct lines *l = mem_new(1, sizeof(*l));

	l->bus = bus;
	l->accounts = accounts;
	l->graph = graph;
	l->probe_every_ms = v > 0 && v < LINE_PROBE_MS ? (int)v : LINE_PROBE_MS;
	return l;
}

static void
known_free(struct known *x)
{
	mem_free(x->name);
	mem_free(x);
}

void
lines_free(struct lines **l)
{
	if (!*l)
		return;
	while ((*l)->list) {
		struct known *x = (*l)->list;

		(*l)->list = x->next;
		known_free(x);
	}
	MEM_CLEAR(l);
}

static struct known *
known_of(struct lines *l, const struct account *k)
{
	struct known *x;

	for (x = l->list; x; x = x->next)
		if (strcmp(x->name, k->name) == 0)
			return x;
	x = mem_new(1, sizeof(*x));
	x->name = mem_strdup(k->name);
	x->next = l->list;
	l->list = x;
	return x;
}

struct line *
lines_of(struct lines *l, const struct account *k)
{
	return &known_of(l, k)->line;
}

/* --- what is told ------------------------------------------------------------- */

static void
told(void *arg, const struct bus_reply *r)
{
	(void)arg;
	if (r->outcome != OUT_OK)
		log_warn("whatsapp.told", "%s", r->err.text);
}

static void
tell(struct lines *l, const char *method, json_t *params)
{
	struct err e;

	if (params && bus_call(l->bus, method, params, NULL, NULL, told, NULL,
			       &e) != OUT_OK)
		log_warn("whatsapp.told", "%s", e.text);
}

static void
tell_state(struct lines *l, struct known *x, bool ok, const char *detail)
{
	enum said now = ok ? SAID_OK : SAID_FAILING;

	if (x->said == now)
		return;
	x->said = now;
	tell(l, "connection.report",
	     json_pack("{s:s, s:s, s:s%}", "name", x->name, "state",
		       ok ? "ok" : "failing", "detail", detail,
		       utf8_cut(detail, strlen(detail), DETAIL_MAX)));
}

static void
tell_event(struct lines *l, const struct known *x, const char *severity,
	   int code, const char *detail)
{
	char at[32];
	char word[16];

	clock_iso_ms(clock_now_ms(), at);
	(void)snprintf(word, sizeof(word), "%d", code);
	tell(l, "account.event",
	     json_pack("{s:s, s:s, s:s, s:s, s:s, s:s%}", "connection", x->name,
		       "at", at, "severity", severity, "field", "postigo",
		       "code", word, "detail", detail,
		       utf8_cut(detail, strlen(detail), DETAIL_MAX)));
}

/* --- stop and go ---------------------------------------------------------------- */

static void
stop(struct lines *l, struct account *k, const struct graph_answer *a)
{
	struct known *x = known_of(l, k);

	if (k->stopped)
		return;
	k->stopped = true;
	x->probe_ms = clock_tick_ms() + l->probe_every_ms;
	log_error("whatsapp.stopped", "connection '%s': %s", k->name,
		  a->err.text);
	tell_event(l, x, "critical", a->error.code, a->err.text);
	tell_state(l, x, false, a->err.text);
}

/* A rest that is over is forgotten; one that goes on does so: what went well
 * had been asked before it. */
static void
forget_rest(struct rest *r)
{
	if (rest_left_ms(r, clock_tick_ms()) == 0)
		rest_end(r);
}

void
line_fine(struct lines *l, struct account *k)
{
	struct known *x = known_of(l, k);

	if (k->stopped) /* it had been asked before */
		return;
	forget_rest(&x->line.number);
	forget_rest(&x->line.whole);
	tell_state(l, x, true, "");
}

void
line_unreached(struct lines *l, struct account *k, const char *why)
{
	if (!k->stopped)
		tell_state(l, known_of(l, k), false, why);
}

const struct graph_rule *
line_refused(struct lines *l, struct account *k, const struct graph_answer *a)
{
	const struct graph_rule *rule = graph_error_rule(&a->error);
	struct known *x = known_of(l, k);
	bool number = rule->scope == GRAPH_NUMBER;
	bool rests = (number || rule->scope == GRAPH_CONNECTION) &&
		     (rule->seconds > 0 || a->retry_after_s > 0);
	unsigned chance = 0;

	if (rule->end == GRAPH_STOP) {
		stop(l, k, a);
		return rule;
	}
	hash_random(&chance, sizeof(chance));
	if (rests) {
		rest_begin(number ? &x->line.number : &x->line.whole, rule,
			   a->retry_after_s, chance, clock_tick_ms());
		log_warn("whatsapp.rests", "connection '%s': %s", k->name,
			 a->err.text);
	}
	if (rule->alert)
		tell_event(l, x, "warning", a->error.code, a->err.text);
	return rule;
}

int64_t
line_left_ms(struct lines *l, const struct account *k, bool sending)
{
	const struct line *x = lines_of(l, k);
	int64_t now = clock_tick_ms();
	int64_t whole = rest_left_ms(&x->whole, now);
	int64_t number = sending ? rest_left_ms(&x->number, now) : 0;

	if (k->stopped)
		return STOPPED_MS;
	return whole > number ? whole : number;
}

bool
lines_all_stopped(const struct lines *l)
{
	const struct account *k;

	for (size_t i = 0; (k = accounts_at(l->accounts, i)) != NULL; i++)
		if (!k->stopped)
			return false;
	return true;
}

/* --- probes ---------------------------------------------------------------------- */

static void
probed(void *arg, const struct graph_answer *a)
{
	struct probe *p = arg;
	struct known *x = known_of(p->lines, p->account);

	x->probing = false;
	if (a->outcome == OUT_OK && p->account->stopped) {
		p->account->stopped = false;
		log_info("whatsapp.resumed", "connection '%s'", x->name);
		line_fine(p->lines, p->account);
	}
	account_release(p->account);
	mem_free(p);
}

static void
probe(struct lines *l, struct account *k, struct known *x, int64_t now)
{
	char *path = mem_printf("%s?fields=id", k->phone_number_id);
	struct probe *p = mem_new(1, sizeof(*p));
	struct err e;

	p->lines = l;
	p->account = account_hold(k);
	x->probe_ms = now + l->probe_every_ms;
	x->probing = graph_get(l->graph, k, path, probed, p, &e) == OUT_OK;
	if (!x->probing) {
		account_release(k);
		mem_free(p);
	}
	mem_free(path);
}

/* Those whose connection is no more. */
static void
sweep(struct lines *l)
{
	for (struct known **at = &l->list; *at;) {
		struct known *x = *at;

		if (x->probing || accounts_by_name(l->accounts, x->name)) {
			at = &x->next;
			continue;
		}
		*at = x->next;
		known_free(x);
	}
}

static void
step(void *arg)
{
	struct lines *l = arg;
	int64_t now = clock_tick_ms();
	struct account *k;

	sweep(l);
	for (size_t i = 0; (k = accounts_at(l->accounts, i)) != NULL; i++) {
		struct known *x = known_of(l, k);

		/* another token is another chance: its rests are over */
		if (x->version != k->mine.version) {
			x->version = k->mine.version;
			rest_end(&x->line.number);
			rest_end(&x->line.whole);
		}
		if (k->stopped && !x->probing && now >= x->probe_ms)
			probe(l, k, x, now);
	}
}

static void
wake(void *arg, const char *what)
{
	(void)arg;
	(void)what;
}

static int
wait_ms(void *arg)
{
	const struct lines *l = arg;
	int64_t now = clock_tick_ms();
	int64_t left = -1;

	for (const struct known *x = l->list; x; x = x->next) {
		const struct account *k =
			accounts_by_name(l->accounts, x->name);
		int64_t ms = x->probe_ms > now ? x->probe_ms - now : 0;

		if (k && k->stopped && !x->probing && (left < 0 || ms < left))
			left = ms;
	}
	return (int)left;
}

static bool
drain(void *arg)
{
	(void)arg;
	return true; /* a probe changes nothing */
}

/* Whether a state was heard is not known: it is told again. */
static void
lost(void *arg)
{
	struct lines *l = arg;

	for (struct known *x = l->list; x; x = x->next)
		if (x->said == SAID_OK)
			x->said = SAID_NOTHING;
}

struct part
lines_part(struct lines *l)
{
	struct part p = { .step = step,
			  .wake = wake,
			  .wait_ms = wait_ms,
			  .drain = drain,
			  .lost = lost,
			  .arg = l };

	return p;
}
