#include "gateways/whatsapp/send_inner.h"

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

#define DETAIL_MAX 300
#define EXTERNAL_ID_MAX 200
#define NOT_A_DOCUMENT 131053 /* Graph's code: media of a wrong kind */

/* --- ends ------------------------------------------------------------------------ */

json_t *
out_end(struct out *x, const char *result, bool retry, const char *detail)
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

void
out_fail(struct out *x, const char *why)
{
	(void)out_end(x, "failed", false, why);
}

/* The daemon keeps it, and gives it again. */
static void
give_back(struct out *x, const char *why)
{
	(void)out_end(x, "failed", true, why);
}

bool
out_same_person(const struct out *a, const struct out *b)
{
	return a->account == b->account && strcmp(a->person, b->person) == 0;
}

void
out_give_back_all(struct out *x, const char *why)
{
	give_back(x, why);
	for (struct out *y = x->next; y; y = y->next)
		if (y->state == OUT_WAITS && out_same_person(x, y))
			give_back(y, why);
}

int64_t
out_last_ms(const struct out *x)
{
	return (x->begun_ms != 0 ? x->begun_ms : x->taken_ms) + SEND_BEGIN_MS;
}

/* --- answers -------------------------------------------------------------------- */

void
out_accepted(struct out *x, const char *external_id, const json_t *to)
{
	json_t *report = out_end(x, "sent", false, "accepted");
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
	json_t *report = out_end(x, "failed", false, a->err.text);

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
	if (x->next_ms > out_last_ms(x))
		out_give_back_all(x, a->err.text);
}

static void
refused(struct out *x, const struct graph_answer *a)
{
	const struct graph_rule *rule =
		line_refused(x->send->lines, x->account, a);

	x->tries++;
	if (rule->end == GRAPH_STOP) {
		out_give_back_all(x, a->err.text);
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
	out_give_back_all(x, why);
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
		out_accepted(x, id,
			     json_array_get(
				     json_object_get(a->body, "contacts"), 0));
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
		x->next_ms = clock_tick_ms() + SEND_ROOM_MS;
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
		out_fail(x, u->answer.err.text);
	else
		out_give_back_all(x, u->answer.err.text);
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
		out_fail(x, e.text);
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
		x->next_ms = clock_tick_ms() + SEND_ROOM_MS;
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
	x->next_ms = clock_tick_ms() + SEND_AGAIN_MS;
	if (r->outcome == OUT_PERM)
		let_go(x, r->err.text);
}

/* Nothing of it leaves before the daemon knows that something may. Of an
 * attempt that has begun it does. */
void
out_try(struct out *x)
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
	x->next_ms = now + SEND_AGAIN_MS;
}
