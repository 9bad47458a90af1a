#include "gateways/whatsapp/send.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/line.h"
#include "gateways/whatsapp/message.h"
#include "gateways/whatsapp/pairs.h"
#include "gateways/whatsapp/upload.h"

#define TAKE_MAX 20
#define LOOK_MS 30000 /* it looks even when nobody wakes it */
#define AGAIN_MS 500  /* before a report is made again */
#define UPLOAD_LOOK_MS 100
#define DETAIL_MAX 300
#define EXTERNAL_ID_MAX 200
#define NOT_A_DOCUMENT 131053 /* Graph's code: media of a wrong kind */

enum state {
	OUT_WAITS,   /* for its turn, its file, the end of a rest */
	OUT_BEGINS,  /* the daemon is told that it may go */
	OUT_FLIES,   /* asked for; no answer yet */
	OUT_DOUBTS,  /* nobody knows */
	OUT_SETTLES, /* Graph has it; the next waits a little */
	OUT_ENDED
};

/* A delivery in hand. */
struct out {
	struct out *next; /* in the order in which they were taken */
	struct send *send;
	json_t *row;               /* OutDelivery */
	struct account *account;   /* held; NULL: it is not known */
	const char *person;        /* within row */
	char media[UPLOAD_ID_MAX]; /* of its file, once uploaded; or "" */
	struct kind kind;
	enum state state;
	int64_t taken_ms;
	int64_t begun_ms; /* its lease counts from there; 0: not begun */
	int64_t next_ms;  /* OUT_WAITS: not before; others: until */
	int64_t pass_ms;  /* OUT_DOUBTS: the next of the person may go */
	unsigned tries;   /* refused for the moment */
	bool as_document;
	json_t *report;
	bool reporting;
};

struct send {
	struct bus *bus;
	const struct accounts *accounts;
	struct graph *graph;
	struct lines *lines;
	struct uploads *uploads;
	struct pairs *pairs;
	struct out *list;
	size_t count;
	size_t flying;
	bool wake;
	bool asking;
	bool leaving;
	int64_t asked_ms; /* when the outbox was */
	int64_t look_ms;
	int64_t again_ms; /* no report before */
	int doubt_ms;
};

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

/* What became of it, to be reported until the daemon has heard it. */
static json_t *
end(struct out *x, const char *result, bool retry, const char *detail)
{
	const json_t *id = json_object_get(x->row, "id");

	if (strcmp(result, "sent") == 0)
		log_info("whatsapp.sent", "delivery %lld",
			 (long long)json_integer_value(id));
	else
		log_warn("whatsapp.not_sent", "delivery %lld: %s%s: %s",
			 (long long)json_integer_value(id), result,
			 retry ? ", later" : "", detail);
	json_decref(x->report);
	x->report =
		json_pack("{s:O, s:O, s:s, s:b, s:s%}", "delivery", id,
			  "attempt", json_object_get(x->row, "attempt"),
			  "result", result, "retry", retry, "detail", detail,
			  utf8_cut(detail, strlen(detail), DETAIL_MAX));
	x->state = OUT_ENDED;
	return x->report;
}

static void
fail(struct out *x, const char *why)
{
	(void)end(x, "failed", false, why);
}

/* The daemon keeps it, and gives it again. */
static void
give_back(struct out *x, const char *why)
{
	(void)end(x, "failed", true, why);
}

static bool
same_person(const struct out *a, const struct out *b)
{
	return a->account == b->account && strcmp(a->person, b->person) == 0;
}

/* Those that go to the same person after it must not pass it. */
static void
give_back_all(struct out *x, const char *why)
{
	give_back(x, why);
	for (struct out *y = x->next; y; y = y->next)
		if (y->state == OUT_WAITS && same_person(x, y))
			give_back(y, why);
}

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
	x->send->again_ms = clock_tick_ms() + AGAIN_MS;
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
			s->again_ms = now + AGAIN_MS;
			return;
		}
	}
}

/* Until when another try of it may begin. */
static int64_t
last_ms(const struct out *x)
{
	return (x->begun_ms != 0 ? x->begun_ms : x->taken_ms) + SEND_BEGIN_MS;
}

/* --- answers -------------------------------------------------------------------- */

/* Graph has it. to: as its answer names the person; may be NULL. */
static void
accepted(struct out *x, const char *external_id, const json_t *to)
{
	json_t *report = end(x, "sent", false, "accepted");
	json_t *who = json_object();

	if (report && strlen(external_id) <= EXTERNAL_ID_MAX)
		(void)json_object_set_new(report, "external_id",
					  json_string(external_id));
	if (json_is_string(json_object_get(to, "wa_id")))
		(void)json_object_set(who, "wa_id",
				      json_object_get(to, "wa_id"));
	if (json_is_string(json_object_get(to, "user_id")))
		(void)json_object_set(who, "user_id",
				      json_object_get(to, "user_id"));
	if (report && json_object_size(who) > 0)
		(void)json_object_set(report, "to", who);
	json_decref(who);
	line_fine(x->send->lines, x->account);
	pairs_drop(x->send->pairs, x->account->phone_number_id, x->person);
	x->state = OUT_SETTLES;
	x->next_ms = clock_tick_ms() + SEND_SETTLE_MS;
}

/* Nobody knows: a status may tell. */
static void
doubt(struct out *x, const char *why)
{
	int64_t now = clock_tick_ms();
	int64_t until = now + x->send->doubt_ms;
	int64_t last = x->begun_ms + SEND_LEASE_MS - SEND_SPARE_MS;

	log_warn("whatsapp.doubt", "delivery %lld: %s",
		 (long long)json_integer_value(json_object_get(x->row, "id")),
		 why);
	x->state = OUT_DOUBTS;
	x->next_ms = until < last ? until : last;
	x->pass_ms = now + SEND_SETTLE_MS;
}

static void
fail_with(struct out *x, const struct graph_answer *a)
{
	json_t *report = end(x, "failed", false, a->err.text);

	if (report && a->error.code != GRAPH_NO_CODE)
		(void)json_object_set_new(report, "error_code",
					  json_integer(a->error.code));
	if (*x->media)
		uploads_forget(x->send->uploads, x->media);
}

/* For the moment: here, if there is time, else by the daemon. */
static void
later(struct out *x, const struct graph_rule *rule,
      const struct graph_answer *a)
{
	struct send *s = x->send;
	int64_t now = clock_tick_ms();
	struct rest own = { .times = x->tries - 1 };
	struct rest *r =
		rule->scope == GRAPH_PERSON
			? pairs_make(s->pairs, x->account->phone_number_id,
				     x->person, now)
			: &own;
	unsigned chance = 0;

	hash_random(&chance, sizeof(chance));
	if (rule->scope == GRAPH_PERSON || rule->scope == GRAPH_MESSAGE) {
		rest_begin(r, rule, a->retry_after_s, chance, now);
		x->next_ms = r->until_ms;
	} else {
		x->next_ms = now + line_left_ms(s->lines, x->account, true);
	}
	x->state = OUT_WAITS;
	if (x->next_ms > last_ms(x))
		give_back_all(x, a->err.text);
}

static void
refused(struct out *x, const struct graph_answer *a)
{
	const struct graph_rule *rule =
		line_refused(x->send->lines, x->account, a);

	x->tries++;
	if (rule->end == GRAPH_STOP) {
		give_back_all(x, a->err.text);
	} else if (rule->end == GRAPH_LATER &&
		   (rule->tries == 0 || x->tries <= (unsigned)rule->tries)) {
		later(x, rule, a);
	} else if (a->error.code == NOT_A_DOCUMENT && *x->media &&
		   x->kind.kind != KIND_DOCUMENT && !x->as_document) {
		x->as_document = true;
		x->state = OUT_WAITS;
	} else {
		fail_with(x, a);
	}
}

/* Nothing of it went. */
static void
not_asked(struct out *x, const char *why)
{
	line_unreached(x->send->lines, x->account, why);
	give_back_all(x, why);
}

static void
answered(void *arg, const struct graph_answer *a)
{
	struct out *x = arg;
	const json_t *message =
		json_array_get(json_object_get(a->body, "messages"), 0);
	const char *id = json_string_value(json_object_get(message, "id"));

	x->send->flying--;
	if (a->outcome == OUT_OK && id && *id)
		accepted(x, id,
			 json_array_get(json_object_get(a->body, "contacts"),
					0));
	else if (a->outcome == OUT_OK || a->outcome == OUT_UNSURE)
		doubt(x, a->outcome == OUT_OK ? "the answer has no id"
					      : a->err.text);
	else if (a->outcome == OUT_PERM && a->error.status != 0)
		refused(x, a);
	else
		not_asked(x, a->err.text);
}

/* --- a try ----------------------------------------------------------------------- */

/* Its file is uploaded, if it has one. false: not yet, or never. */
static bool
has_media(struct out *x)
{
	const json_t *card = json_object_get(x->row, "whatsapp");
	const json_t *file = json_object_get(card, "file");
	const struct upload *u;

	if (!file)
		return true;
	u = uploads_get(x->send->uploads, x->account,
			json_integer_value(json_object_get(x->row, "message")),
			file);
	if (!u || u->state == UPLOAD_RUNS) {
		x->next_ms = clock_tick_ms() + UPLOAD_LOOK_MS;
		return false;
	}
	if (u->state == UPLOAD_READY) {
		x->kind = u->kind;
		memcpy(x->media, u->media, sizeof(x->media));
		return true;
	}
	if (u->state == UPLOAD_REFUSED)
		refused(x, &u->answer);
	else if (u->state == UPLOAD_NEVER)
		fail(x, u->answer.err.text);
	else
		give_back_all(x, u->answer.err.text);
	return false;
}

static void
post(struct out *x)
{
	struct send *s = x->send;
	struct kind kind;
	char *path;
	json_t *message;
	struct err e;
	enum outcome o;

	kind = x->kind;
	if (x->as_document) {
		kind.kind = KIND_DOCUMENT;
		kind.name = "document";
	}
	if (message_build(x->row, *x->media ? &kind : NULL,
			  *x->media ? x->media : NULL, &message,
			  &e) != OUT_OK) {
		s->flying--;
		fail(x, e.text);
		return;
	}
	path = mem_printf("%s/messages", x->account->phone_number_id);
	o = graph_post(s->graph, x->account, path, message, answered, x, &e);
	json_decref(message);
	mem_free(path);
	if (o == OUT_OK) {
		x->state = OUT_FLIES;
		return;
	}
	s->flying--;
	x->state = OUT_WAITS;
	if (o == OUT_PERM)
		not_asked(x, e.text);
	else
		x->next_ms = clock_tick_ms() + UPLOAD_LOOK_MS;
}

/* Another gateway has it, or it has ended: it is not ours any more. */
static void
let_go(struct out *x, const char *why)
{
	log_warn("whatsapp.let_go", "delivery %lld: %s",
		 (long long)json_integer_value(json_object_get(x->row, "id")),
		 why);
	x->state = OUT_ENDED;
}

static void
begun(void *arg, const struct bus_reply *r)
{
	struct out *x = arg;

	if (r->outcome == OUT_OK) {
		post(x);
		return;
	}
	x->send->flying--;
	x->begun_ms = 0;
	x->state = OUT_WAITS;
	x->next_ms = clock_tick_ms() + AGAIN_MS;
	if (r->outcome == OUT_PERM)
		let_go(x, r->err.text);
}

/* Nothing of it leaves before the daemon knows that something may. Of an
 * attempt that has begun it does. */
static void
try_it(struct out *x)
{
	struct send *s = x->send;
	int64_t now = clock_tick_ms();
	struct err e;

	if (!has_media(x))
		return;
	s->flying++;
	if (x->begun_ms != 0) {
		post(x);
		return;
	}
	x->begun_ms = now;
	x->state = OUT_BEGINS;
	if (bus_call(s->bus, "outbox.begin",
		     json_pack("{s:O, s:O, s:i}", "delivery",
			       json_object_get(x->row, "id"), "attempt",
			       json_object_get(x->row, "attempt"), "lease_ms",
			       SEND_LEASE_MS),
		     NULL, NULL, begun, x, &e) == OUT_OK)
		return;
	s->flying--;
	x->begun_ms = 0;
	x->state = OUT_WAITS;
	x->next_ms = now + AGAIN_MS;
}

/* Does one that was taken before go to the same person, and is not over? */
static bool
is_behind(const struct out *x, int64_t now)
{
	for (const struct out *y = x->send->list; y != x; y = y->next)
		if (y->state != OUT_ENDED && same_person(x, y) &&
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
		give_back_all(x, x->account ? "the connection is stopped"
					    : "the connection is not known");
		return;
	}
	if (now > last_ms(x) || s->leaving) {
		give_back_all(x, s->leaving ? "the gateway ends"
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
		try_it(x);
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
			(void)end(x, "unknown", false,
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
			accepted(x, external_id, NULL);
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
			       ? last_ms(x)
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
