#include "gateways/whatsapp/apply.h"

#include <jansson.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/calls.h"
#include "gateways/whatsapp/lanes.h"
#include "gateways/whatsapp/read.h"

#define TAKE_MAX 50 /* hooks of one request */
#define LEASE_MS 30000
#define MARGIN_MS 5000 /* before the end of a lease */
#define LOOK_MS 30000  /* it looks even when nobody wakes it */
#define AGAIN_MS 2000  /* after a look that failed */
#define RETRY_MS 500
#define BUSY_MAX 1000 /* requests that wait, beyond which none begins */
#define BODY_MAX ((size_t)8 * 1024 * 1024)
#define CHUNK_BYTES 393216 /* of a large body, per request */
#define WHY_MAX 300
#define WORD_MAX 32

/* A hook that was taken. */
struct hook {
	struct apply *of;
	struct hook *next;
	json_int_t id;
	json_int_t attempt;
	json_int_t bytes;
	char *connection;
	char *sha256;
	int64_t received_ms;
	int64_t until_ms; /* monotonic: of its lease */
	struct buf body;
	bool begun;
	int64_t after_ms;       /* monotonic: not asked before */
	bool asking;            /* for a part of its body */
	size_t left;            /* requests that were not answered */
	struct about *abouts;   /* of its requests; they live as long as it */
	struct lanes_ask *late; /* asked when the others were */
	bool dead;
	bool again;
	char why[WHY_MAX];
};

struct apply {
	struct bus *bus;
	const struct accounts *accounts;
	struct lanes *lanes;
	struct hook *first; /* in the order in which they were taken */
	struct hook *last;
	bool wake;
	bool asking;
	bool drain;
	int64_t look_ms; /* monotonic: of the next look */
	apply_status_fn *status_fn;
	void *status_arg;
};

/* A request of a hook: what it is about, and what may be asked instead. */
struct about {
	struct about *next; /* of the same hook */
	struct hook *hook;
	json_t *otherwise; /* parameters of contact.add, or NULL */
	char *id;          /* or NULL */
};

/* --- hooks ------------------------------------------------------------------- */

static void
hook_free(struct hook *h)
{
	struct lanes_ask *q;
	struct about *b;

	while ((q = h->late) != NULL) {
		h->late = q->next;
		json_decref(q->params);
		mem_free(q);
	}
	while ((b = h->abouts) != NULL) {
		h->abouts = b->next;
		json_decref(b->otherwise);
		mem_free(b->id);
		mem_free(b);
	}
	buf_release(&h->body);
	mem_free(h->connection);
	mem_free(h->sha256);
	mem_free(h);
}

static void
forget(struct hook *h)
{
	struct apply *a = h->of;
	struct hook **at = &a->first;
	struct hook *before = NULL;

	for (; *at != h; at = &(*at)->next)
		before = *at;
	*at = h->next;
	if (a->last == h)
		a->last = before;
	hook_free(h);
}

/* The first reason counts; "again" before "dead", as it decides nothing. */
static void
blame(struct hook *h, bool again, const char *what, const char *id,
      const char *why)
{
	char text[2 * WHY_MAX + WA_ID_MAX];
	size_t n;

	if (again ? h->again : h->dead)
		return;
	if (again)
		h->again = true;
	else
		h->dead = true;
	(void)snprintf(text, sizeof text, "%s%s%s: %.299s", what,
		       id != NULL ? " " : "", id != NULL ? id : "", why);
	n = utf8_cut(text, strlen(text), WHY_MAX - 1);
	memcpy(h->why, text, n);
	h->why[n] = '\0';
}

/* --- the end of a hook --------------------------------------------------------- */

static struct lanes_ask *
ended(void *arg, struct lanes_ask *q, const struct lanes_end *end)
{
	struct hook *h = arg;

	(void)q;
	if (end->outcome != OUT_OK)
		log_warn("hook.end_lost", "hook %lld: %s", (long long)h->id,
			 end->err->text);
	else if (h->again || h->dead)
		log_warn(h->again ? "hook.again" : "hook.dead", "hook %lld",
			 (long long)h->id);
	h->of->wake = true;
	forget(h);
	return NULL;
}

static void
put_end(struct hook *h)
{
	const char *result = h->again ? "again" : h->dead ? "dead" : "done";
	struct lanes_ask *q = mem_new(1, sizeof *q);
	char word[WORD_MAX];

	(void)snprintf(word, sizeof word, "%lld", (long long)h->id);
	q->method = "hook.end";
	q->params = json_pack("{s:I, s:I, s:s}", "hook", h->id, "attempt",
			      h->attempt, "result", result);
	if (h->why[0] != '\0')
		(void)json_object_set_new(q->params, "why",
					  json_string(h->why));
	q->until_ms = h->until_ms + MARGIN_MS;
	q->fn = ended;
	q->arg = h;
	lanes_put(h->of->lanes, word, q);
}

/* A request of it was answered, or it has none: what comes now. */
static void
next_of(struct hook *h)
{
	struct lanes_ask *q = h->late;

	if (h->left != 0)
		return;
	if (q == NULL || h->again) {
		put_end(h);
		return;
	}
	h->late = q->next;
	h->left++;
	lanes_put(h->of->lanes, h->connection, q);
}

/* --- requests -------------------------------------------------------------------- */

static struct lanes_ask *ask_new(struct hook *h, const char *method,
				 json_t *params, struct about *b);

/* A reaction to a message that is not known: it is a message of its own. */
static bool
is_unknown(const struct about *b, const struct lanes_end *end)
{
	return b->otherwise != NULL && end->outcome == OUT_OK &&
	       json_is_false(json_object_get(end->result, "stored"));
}

static struct lanes_ask *
answered(void *arg, struct lanes_ask *q, const struct lanes_end *end)
{
	struct about *b = arg;
	struct hook *h = b->hook;
	json_t *otherwise = b->otherwise;

	if (is_unknown(b, end)) {
		b->otherwise = NULL;
		return ask_new(h, "contact.add", otherwise, b);
	}
	if (end->outcome != OUT_OK)
		blame(h, end->outcome != OUT_PERM, q->method, b->id,
		      end->err->text);
	h->left--;
	next_of(h);
	return NULL;
}

static struct lanes_ask *
ask_new(struct hook *h, const char *method, json_t *params, struct about *b)
{
	struct lanes_ask *q = mem_new(1, sizeof *q);

	q->method = method;
	q->params = params;
	q->until_ms = h->until_ms;
	q->fn = answered;
	q->arg = b;
	return q;
}

static void
call(void *arg, const struct call_new *c)
{
	struct hook *h = arg;
	const struct apply *a = h->of;
	struct about *b = mem_new(1, sizeof *b);
	struct lanes_ask *q = ask_new(h, c->method, c->params, b);
	struct lanes_ask **end = &h->late;

	b->next = h->abouts;
	h->abouts = b;
	b->hook = h;
	b->otherwise = c->otherwise;
	b->id = mem_strdup(c->id);
	if (a->status_fn != NULL && strcmp(c->method, "status.add") == 0)
		a->status_fn(a->status_arg, c->params);
	if (c->person != NULL) {
		h->left++;
		lanes_put(h->of->lanes, c->person, q);
		return;
	}
	while (*end != NULL)
		end = &(*end)->next;
	*end = q;
}

/* --- reading a hook --------------------------------------------------------------- */

/* What could not be read makes it dead, after all the rest. */
static void
blame_refused(struct hook *h, const json_t *refused)
{
	const json_t *first = json_array_get(refused, 0);
	size_t n = json_array_size(refused);
	char why[WHY_MAX];

	if (n == 0)
		return;
	(void)snprintf(why, sizeof why, n > 1 ? "%s (and %zu more)" : "%s",
		       json_string_value(json_object_get(first, "why")), n - 1);
	blame(h, false, json_string_value(json_object_get(first, "where")),
	      NULL, why);
}

static void
begin(struct hook *h)
{
	struct delivery d = { .accounts = h->of->accounts,
			      .by = accounts_by_name(h->of->accounts,
						     h->connection),
			      .received_ms = h->received_ms };
	struct err e = { .text = "" };
	json_t *facts;

	h->begun = true;
	if (d.by == NULL) {
		blame(h, false, "the connection", h->connection,
		      "is not in use");
	} else if (wa_read(buf_str(&h->body), h->body.len, &facts, &e) !=
		   OUT_OK) {
		blame(h, false, "the body", NULL, e.text);
	} else {
		blame_refused(h, json_object_get(facts, "refused"));
		h->left++; /* until all were put */
		calls_make(&d, facts, call, h);
		h->left--;
		json_decref(facts);
	}
	buf_release(&h->body);
	next_of(h);
}

static void
came(void *arg, const struct bus_reply *r)
{
	struct hook *h = arg;
	const json_t *data = json_object_get(r->result, "data");
	size_t before = h->body.len;

	h->asking = false;
	if (r->outcome == OUT_TEMP || r->outcome == OUT_UNSURE) {
		h->after_ms = clock_tick_ms() + RETRY_MS;
		return; /* it is asked for again, while there is time */
	}
	if (r->outcome == OUT_OK &&
	    hash_unb64(&h->body, json_string_value(data),
		       json_string_length(data)) &&
	    h->body.len > before)
		return;
	h->begun = true;
	blame(h, false, "the body", NULL,
	      r->outcome == OUT_OK ? "it is not as long as it was"
				   : r->err.text);
	next_of(h);
}

/* The next part of a body that was too large for hook.take. */
static void
fetch(struct hook *h)
{
	struct err e;
	json_t *p = json_pack("{s:s, s:I, s:I, s:i}", "sha256", h->sha256,
			      "hook", h->id, "offset", (json_int_t)h->body.len,
			      "length", CHUNK_BYTES);

	if (p != NULL && bus_call(h->of->bus, "blob.get", p, NULL, NULL, came,
				  h, &e) == OUT_OK)
		h->asking = true;
	else
		h->after_ms = clock_tick_ms() + RETRY_MS;
}

/* The first that has not begun: the others wait for it, so that a person's
 * messages of two hooks keep their order. */
static struct hook *
turn(const struct apply *a)
{
	struct hook *h = a->first;

	while (h != NULL && h->begun)
		h = h->next;
	return h;
}

static bool
may_begin(const struct apply *a)
{
	return lanes_count(a->lanes) < BUSY_MAX &&
	       accounts_known(a->accounts) && bus_up(a->bus);
}

static void
begin_some(struct apply *a)
{
	int64_t now_ms = clock_tick_ms();
	struct hook *h;

	while (may_begin(a) && (h = turn(a)) != NULL && !h->asking &&
	       h->after_ms <= now_ms) {
		if (now_ms >= h->until_ms) {
			forget(h); /* its lease ran out: it is taken anew */
			a->wake = true;
		} else if ((json_int_t)h->body.len >= h->bytes) {
			begin(h);
		} else {
			fetch(h);
			return;
		}
	}
}

void
apply_on_status(struct apply *a, apply_status_fn *fn, void *arg)
{
	a->status_fn = fn;
	a->status_arg = arg;
}

/* --- taking ------------------------------------------------------------------------ */

static void
add(struct apply *a, const json_t *o)
{
	const char *body = json_string_value(json_object_get(o, "body"));
	const char *name = json_string_value(json_object_get(o, "connection"));
	const char *sha = json_string_value(json_object_get(o, "sha256"));
	const char *at = json_string_value(json_object_get(o, "received_at"));
	struct hook *h = mem_new(1, sizeof *h);

	h->of = a;
	h->id = json_integer_value(json_object_get(o, "id"));
	h->attempt = json_integer_value(json_object_get(o, "attempt"));
	h->bytes = json_integer_value(json_object_get(o, "bytes"));
	h->connection = mem_strdup(name != NULL ? name : "");
	h->sha256 = mem_strdup(sha != NULL ? sha : "");
	h->until_ms = clock_tick_ms() + LEASE_MS - MARGIN_MS;
	if (at == NULL || !clock_parse(at, &h->received_ms))
		h->received_ms = clock_now_ms();
	buf_init(&h->body, BODY_MAX);
	if (body != NULL)
		(void)hash_unb64(&h->body, body, strlen(body));
	if (a->last != NULL)
		a->last->next = h;
	else
		a->first = h;
	a->last = h;
}

static void
taken(void *arg, const struct bus_reply *r)
{
	struct apply *a = arg;
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
take(struct apply *a)
{
	struct err e;
	json_t *p;

	if (clock_tick_ms() >= a->look_ms)
		a->wake = true;
	if (!a->wake || a->asking || a->drain || turn(a) != NULL ||
	    !may_begin(a))
		return;
	p = json_pack("{s:i, s:i}", "max", TAKE_MAX, "lease_ms", LEASE_MS);
	if (p == NULL || bus_call(a->bus, "hook.take", p, NULL, NULL, taken, a,
				  &e) != OUT_OK)
		return;
	a->wake = false;
	a->asking = true;
	a->look_ms = clock_tick_ms() + LOOK_MS;
}

/* --- the part ---------------------------------------------------------------------- */

static void
apply_step(void *arg)
{
	struct apply *a = arg;

	begin_some(a);
	lanes_step(a->lanes);
	take(a);
}

static void
apply_wake(void *arg, const char *what)
{
	struct apply *a = arg;

	if (what == NULL || strcmp(what, "hooks") == 0)
		a->wake = true;
}

static int
apply_wait_ms(void *arg)
{
	const struct apply *a = arg;
	const struct hook *h = turn(a);
	int own = lanes_wait_ms(a->lanes);
	int64_t next = h != NULL ? h->after_ms : a->wake ? 0 : a->look_ms;

	if (!may_begin(a) || (h != NULL ? h->asking : a->asking || a->drain))
		return own;
	next -= clock_tick_ms();
	if (next < 0)
		next = 0;
	return own >= 0 && own < next ? own : (int)next;
}

static bool
apply_drain(void *arg)
{
	struct apply *a = arg;

	a->drain = true;
	return a->first == NULL && !a->asking;
}

/* What was asked is asked again: it ended with OUT_UNSURE, one by one. */
static void
apply_lost(void *arg)
{
	struct apply *a = arg;

	a->wake = true;
}

struct part
apply_part(struct apply *a)
{
	struct part p = { .step = apply_step,
			  .wake = apply_wake,
			  .wait_ms = apply_wait_ms,
			  .drain = apply_drain,
			  .lost = apply_lost,
			  .arg = a };

	return p;
}

struct apply *
apply_new(struct bus *bus, const struct accounts *accounts)
{
	struct apply *a = mem_new(1, sizeof *a);

	a->bus = bus;
	a->accounts = accounts;
	a->lanes = lanes_new(bus);
	a->wake = true;
	return a;
}

void
apply_free(struct apply **a)
{
	if (*a == NULL)
		return;
	while ((*a)->first != NULL)
		forget((*a)->first);
	lanes_free(&(*a)->lanes);
	MEM_CLEAR(a);
}
