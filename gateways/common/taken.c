#include "gateways/common/taken.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/common/lanes.h"

#define BODY_MAX ((size_t)8 * 1024 * 1024)
#define WORD_MAX 32
#define ID_MAX 200 /* octets of what a reason is about */

/* A request of a hook: what it is about, and what may be asked instead. */
struct about {
	struct about *next; /* of the same hook */
	struct taken *of;
	const char *instead;
	json_t *otherwise; /* parameters of `instead`, or NULL */
	const char *(*wrong)(const json_t *result);
	char *id; /* or NULL */
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

void
taken_blame(struct taken *t, bool again, const char *what, const char *id,
	    const char *why)
{
	char text[2 * TAKEN_WHY_MAX + ID_MAX];
	size_t n;

	if (again ? t->again : t->dead)
		return;
	if (again)
		t->again = true;
	else
		t->dead = true;
	(void)snprintf(text, sizeof text, "%.99s%s%.199s: %.299s", what,
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

/* What it is about is not known: something else is asked in its place. */
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
	const char *why = NULL;

	if (is_unknown(b, end)) {
		b->otherwise = NULL;
		return ask_new(t, b->instead, otherwise, b);
	}
	if (end->outcome == OUT_OK && b->wrong != NULL)
		why = b->wrong(end->result);
	if (why != NULL)
		taken_blame(t, false, q->method, b->id, why);
	if (end->outcome != OUT_OK)
		taken_blame(t, end->outcome != OUT_PERM, q->method, b->id,
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

void
taken_ask(struct taken *t, const struct taken_call *c)
{
	struct about *b = mem_new(1, sizeof *b);
	struct lanes_ask *q = ask_new(t, c->method, c->params, b);

	b->next = t->abouts;
	t->abouts = b;
	b->of = t;
	b->instead = c->instead;
	b->otherwise = c->otherwise;
	b->wrong = c->wrong;
	b->id = mem_strdup(c->id);
	if (c->word != NULL) {
		t->left++;
		lanes_put(t->ways->lanes, c->word, q);
		return;
	}
	if (t->late_last != NULL)
		t->late_last->next = q;
	else
		t->late = q;
	t->late_last = q;
}

/* --- reading it -------------------------------------------------------------------- */

void
taken_begin(struct taken *t)
{
	t->begun = true;
	t->left++; /* until all were put */
	t->ways->read(t->ways->read_arg, t);
	t->left--;
	buf_release(&t->body);
	next_of(t);
}

void
taken_bodiless(struct taken *t, const char *why)
{
	t->begun = true;
	taken_blame(t, false, "the body", NULL, why);
	next_of(t);
}
