#include "gateways/whatsapp/taken.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/common/lanes.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/calls.h"
#include "gateways/whatsapp/read.h"

#define BODY_MAX ((size_t)8 * 1024 * 1024)
#define WORD_MAX 32

/* A request of a hook: what it is about, and what may be asked instead. */
struct about {
	struct about *next; /* of the same hook */
	struct taken *of;
	json_t *otherwise; /* parameters of contact.add, or NULL */
	char *id;          /* or NULL */
};

static const char *
member(const json_t *row, const char *name)
{
	const char *s = json_string_value(json_object_get(row, name));

	return s != NULL ? s : "";
}

struct taken *
taken_new(const struct taken_ways *ways, const json_t *row, int64_t lease_ms,
	  int64_t margin_ms)
{
	const char *body = member(row, "body");
	struct taken *t = mem_new(1, sizeof *t);

	t->ways = ways;
	t->id = json_integer_value(json_object_get(row, "id"));
	t->attempt = json_integer_value(json_object_get(row, "attempt"));
	t->bytes = json_integer_value(json_object_get(row, "bytes"));
	t->connection = mem_strdup(member(row, "connection"));
	t->sha256 = mem_strdup(member(row, "sha256"));
	t->lease_ms = clock_tick_ms() + lease_ms;
	t->until_ms = t->lease_ms - margin_ms;
	if (!clock_parse(member(row, "received_at"), &t->received_ms))
		t->received_ms = clock_now_ms();
	buf_init(&t->body, BODY_MAX);
	(void)hash_unb64(&t->body, body, strlen(body));
	return t;
}

void
taken_free(struct taken *t)
{
	struct lanes_ask *q;
	struct about *b;

	while ((q = t->late) != NULL) {
		t->late = q->next;
		json_decref(q->params);
		mem_free(q);
	}
	while ((b = t->abouts) != NULL) {
		t->abouts = b->next;
		json_decref(b->otherwise);
		mem_free(b->id);
		mem_free(b);
	}
	buf_release(&t->body);
	mem_free(t->connection);
	mem_free(t->sha256);
	mem_free(t);
}

/* What is wrong: the first reason counts, and that it is taken again before
 * that it is dead. */
static void
blame(struct taken *t, bool again, const char *what, const char *id,
      const char *why)
{
	char text[2 * TAKEN_WHY_MAX + WA_ID_MAX];
	size_t n;

	if (again ? t->again : t->dead)
		return;
	if (again)
		t->again = true;
	else
		t->dead = true;
	(void)snprintf(text, sizeof text, "%s%s%s: %.299s", what,
		       id != NULL ? " " : "", id != NULL ? id : "", why);
	n = utf8_cut(text, strlen(text), TAKEN_WHY_MAX - 1);
	memcpy(t->why, text, n);
	t->why[n] = '\0';
}

/* --- the end of a hook --------------------------------------------------------- */

static struct lanes_ask *
ended(void *arg, struct lanes_ask *q, const struct lanes_end *end)
{
	struct taken *t = arg;

	(void)q;
	if (end->outcome != OUT_OK)
		log_warn("hook.end_lost", "hook %lld: %s", (long long)t->id,
			 end->err->text);
	else if (t->again || t->dead)
		log_warn(t->again ? "hook.again" : "hook.dead", "hook %lld",
			 (long long)t->id);
	t->ways->ended(t->ways->ended_arg, t);
	return NULL;
}

static void
put_end(struct taken *t)
{
	const char *result = t->again ? "again" : t->dead ? "dead" : "done";
	struct lanes_ask *q = mem_new(1, sizeof *q);
	char word[WORD_MAX];

	(void)snprintf(word, sizeof word, "%lld", (long long)t->id);
	q->method = "hook.end";
	q->params = json_pack("{s:I, s:I, s:s}", "hook", t->id, "attempt",
			      t->attempt, "result", result);
	if (t->why[0] != '\0')
		(void)json_object_set_new(q->params, "why",
					  json_string(t->why));
	q->until_ms = t->lease_ms;
	q->fn = ended;
	q->arg = t;
	lanes_put(t->ways->lanes, word, q);
}

/* A request of it was answered, or it has none: what comes now. */
static void
next_of(struct taken *t)
{
	struct lanes_ask *q = t->late;

	if (t->left != 0)
		return;
	if (q == NULL || t->again) {
		put_end(t);
		return;
	}
	t->late = q->next;
	t->left++;
	lanes_put(t->ways->lanes, t->connection, q);
}

/* --- requests -------------------------------------------------------------------- */

static struct lanes_ask *ask_new(struct taken *t, const char *method,
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
	struct taken *t = b->of;
	json_t *otherwise = b->otherwise;

	if (is_unknown(b, end)) {
		b->otherwise = NULL;
		return ask_new(t, "contact.add", otherwise, b);
	}
	if (end->outcome != OUT_OK)
		blame(t, end->outcome != OUT_PERM, q->method, b->id,
		      end->err->text);
	t->left--;
	next_of(t);
	return NULL;
}

static struct lanes_ask *
ask_new(struct taken *t, const char *method, json_t *params, struct about *b)
{
	struct lanes_ask *q = mem_new(1, sizeof *q);

	q->method = method;
	q->params = params;
	q->until_ms = t->until_ms;
	q->fn = answered;
	q->arg = b;
	return q;
}

static void
call(void *arg, const struct call_new *c)
{
	struct taken *t = arg;
	const struct taken_ways *w = t->ways;
	struct about *b = mem_new(1, sizeof *b);
	struct lanes_ask *q = ask_new(t, c->method, c->params, b);

	b->next = t->abouts;
	t->abouts = b;
	b->of = t;
	b->otherwise = c->otherwise;
	b->id = mem_strdup(c->id);
	if (w->status != NULL && strcmp(c->method, "status.add") == 0)
		w->status(w->status_arg, c->params);
	if (c->person != NULL) {
		t->left++;
		lanes_put(w->lanes, c->person, q);
		return;
	}
	if (t->late_last != NULL)
		t->late_last->next = q;
	else
		t->late = q;
	t->late_last = q;
}

/* --- reading it -------------------------------------------------------------------- */

/* What could not be read makes it dead, after all the rest. */
static void
blame_refused(struct taken *t, const json_t *refused)
{
	const json_t *first = json_array_get(refused, 0);
	size_t n = json_array_size(refused);
	char why[TAKEN_WHY_MAX];

	if (n == 0)
		return;
	(void)snprintf(why, sizeof why, n > 1 ? "%s (and %zu more)" : "%s",
		       json_string_value(json_object_get(first, "why")), n - 1);
	blame(t, false, json_string_value(json_object_get(first, "where")),
	      NULL, why);
}

void
taken_begin(struct taken *t)
{
	struct delivery d = { .accounts = t->ways->accounts,
			      .by = accounts_by_name(t->ways->accounts,
						     t->connection),
			      .received_ms = t->received_ms };
	struct err e = { .text = "" };
	json_t *facts;

	t->begun = true;
	if (d.by == NULL) {
		/* it was told to the server's thread before it was to us */
		blame(t, true, "the connection", t->connection,
		      "is not known yet");
	} else if (wa_read(buf_str(&t->body), t->body.len, &facts, &e) !=
		   OUT_OK) {
		blame(t, false, "the body", NULL, e.text);
	} else {
		blame_refused(t, json_object_get(facts, "refused"));
		t->left++; /* until all were put */
		calls_make(&d, facts, call, t);
		t->left--;
		json_decref(facts);
	}
	buf_release(&t->body);
	next_of(t);
}

void
taken_bodiless(struct taken *t, const char *why)
{
	t->begun = true;
	blame(t, false, "the body", NULL, why);
	next_of(t);
}
