/*
 * m_rules: why rules decided as they did, and the rules of the applied book.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/explain.h"
#include "daemon/param.h"
#include "daemon/replay.h"
#include "daemon/store/book.h"
#include "daemon/store/decision.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/row.h"
#include "rules/book.h"

#define DECISIONS_MAX 20
#define EVENTS_MAX (3 * DECISIONS_MAX)
#define COUNT_DAYS 30
#define COUNT_MS 500 /* that counting may take */
#define DAY_MS INT64_C(86400000)

/* Named by the generated table of handlers. */
method_fn m_book_rules;
method_fn m_incident_explain;

enum outcome
m_book_rules(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *list = json_array();
	json_t *counts = NULL;
	int64_t version = 0;
	int64_t from_ms = 0;
	struct book *b;
	enum outcome o = decision_count(s, rq->now_ms - COUNT_DAYS * DAY_MS,
					COUNT_MS, &counts, &from_ms, e);

	if (o != OUT_OK) {
		json_decref(list);
		return o;
	}
	b = desk_book(d, &version);
	for (size_t i = 0; i < book_rule_count(b); i++) {
		const struct book_rule *r = book_rule_at(b, i);
		json_t *x = json_object();
		json_int_t n =
			json_integer_value(json_object_get(counts, r->name));

		row_set(x, "rule", json_string(r->name));
		row_set(x, "line", json_integer(r->line));
		row_set(x, "on", json_string(r->on));
		row_set(x, "fired_30d", json_integer(n));
		(void)json_array_append_new(list, x);
	}
	book_unref(&b);
	json_decref(counts);
	result_set(rq, "version", json_integer(version));
	result_set(rq, "rules", list);
	result_set(rq, "counted_from", row_iso(from_ms));
	return OUT_OK;
}

/* --- why ----------------------------------------------------------------------- */

/* What one answer is made of. */
struct answer {
	struct desk *d;
	struct store *s;
	struct past_reader *past;
	struct explain x;
	struct book *book; /* of the decision before */
	int64_t version;
	int64_t first; /* the incident's first message */
};

static const char *
text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

static int64_t
number_of(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

/* The version that decided: the event says it; of an incident on which no rule
 * fired, the one that was applied then. */
static enum outcome
version_then(struct answer *a, const json_t *ev, int64_t *out, struct err *e)
{
	int64_t at_ms = 0;

	*out = number_of(json_object_get(ev, "data"), "book");
	if (*out != 0)
		return OUT_OK;
	(void)clock_parse(text_of(ev, "at"), &at_ms);
	return book_version_at(a->s, at_ms, out, e);
}

static enum outcome
take_book(struct answer *a, int64_t version, struct err *e)
{
	int64_t applied = 0;

	if (a->book != NULL && a->version == version)
		return OUT_OK;
	book_unref(&a->book);
	a->book = desk_book(a->d, &applied);
	a->version = applied;
	if (applied == version)
		return OUT_OK;
	book_unref(&a->book);
	a->version = version;
	return book_at_version(a->s, version, &a->book, e);
}

/* The message that a decision was about; 0: none. */
static int64_t
message_of(const struct answer *a, const json_t *ev)
{
	const json_t *data = json_object_get(ev, "data");
	int64_t id = number_of(data, "message");

	/* before decisions named it, rules ran on first messages alone */
	return id != 0 || json_object_get(data, "on") != NULL ? id : a->first;
}

static void
copy(json_t *to, const json_t *data, const char *name, json_t *or_else)
{
	json_t *v = json_object_get(data, name);

	row_set(to, name, v != NULL ? json_incref(v) : or_else);
	if (v != NULL)
		json_decref(or_else);
}

/* What the event says, without the rules. */
static json_t *
decision_json(const struct answer *a, const json_t *ev)
{
	const json_t *data = json_object_get(ev, "data");
	bool created = strcmp(text_of(ev, "kind"), "incident.created") == 0;
	int64_t message = message_of(a, ev);
	json_t *o = json_object();

	row_set(o, "event", json_incref(json_object_get(ev, "number")));
	row_set(o, "at", json_incref(json_object_get(ev, "at")));
	row_set(o, "book", json_integer(a->version));
	copy(o, data, "on", json_string("contact"));
	row_set(o, "message",
		message != 0 ? json_integer(message) : json_null());
	copy(o, data, "tried", json_null());
	copy(o, data, "stopped_by", json_null());
	copy(o, created ? NULL : data, "set", json_object());
	copy(o, created ? NULL : data, "by", json_object());
	copy(o, data, "left", json_null());
	copy(o, data, "facts", json_null());
	return o;
}

/* One decision; undecided: the event beside it, or NULL. */
static enum outcome
decision(struct answer *a, const json_t *ev, const json_t *undecided,
	 json_t **out, struct err *e)
{
	const json_t *data = json_object_get(ev, "data");
	const struct past *p = NULL;
	struct replay r;
	char agent[PAST_EMAIL_BYTES] = "";
	int64_t assignee = replay_assignee(json_object_get(data, "facts"));
	json_t *headers = NULL;
	int64_t message = message_of(a, ev);
	int64_t version = 0;
	bool known = true;
	json_t *rules;
	enum outcome o = version_then(a, ev, &version, e);

	if (o == OUT_OK)
		o = take_book(a, version, e);
	if (o == OUT_OK)
		o = past_read(a->s, a->past, message != 0 ? message : a->first,
			      false, &p, e);
	if (o == OUT_OK)
		o = past_headers(a->s, p->id, &headers, e);
	if (o == OUT_OK && assignee != 0)
		o = past_agent(a->s, assignee, agent, e);
	if (o != OUT_OK) {
		json_decref(headers);
		return o;
	}
	*out = decision_json(a, ev);
	replay_facts(p, text_of(*out, "on"), json_object_get(data, "facts"),
		     &r);
	replay_headers(&r, headers);
	if (agent[0] != '\0')
		r.facts.text[RULE_FIELD_ASSIGNEE] = agent;
	if (strcmp(r.facts.event, "time") == 0)
		r.facts.rule = text_of(
			json_array_get(json_object_get(data, "rules"), 0),
			"rule");
	rules = explain_rules(
		&a->x, a->book, &r.facts, data,
		json_object_get(json_object_get(undecided, "data"), "rules"),
		&known);
	row_set(*out, "rules", rules);
	row_set(*out, "known", json_boolean(known));
	json_decref(headers);
	return OUT_OK;
}

static bool
is_kind(const json_t *ev, const char *kind)
{
	const char *s = text_of(ev, "kind");

	return s != NULL && strcmp(s, kind) == 0;
}

/* Are both about the same message, or the same event of the book? */
static bool
same_matter(const struct answer *a, const json_t *x, const json_t *y)
{
	const char *on_x = text_of(json_object_get(x, "data"), "on");
	const char *on_y = text_of(json_object_get(y, "data"), "on");

	return message_of(a, x) == message_of(a, y) &&
	       strcmp(on_x != NULL ? on_x : "contact",
		      on_y != NULL ? on_y : "contact") == 0;
}

/*
 * The decisions of a list of events: what follows the first one is the same
 * matter (its rules fired), and an undecided one belongs to what fired.
 */
static enum outcome
decisions(struct answer *a, const json_t *events, json_t *list, struct err *e)
{
	size_t n = json_array_size(events);
	enum outcome o = OUT_OK;

	for (size_t i = 0; o == OUT_OK && i < n; i++) {
		const json_t *ev = json_array_get(events, i);
		const json_t *next = json_array_get(events, i + 1);
		const json_t *undecided = NULL;
		json_t *one = NULL;

		if (is_kind(ev, "incident.created") && next != NULL &&
		    is_kind(next, "incident.classified") &&
		    same_matter(a, ev, next))
			continue;
		if (is_kind(ev, "incident.undecided"))
			undecided = ev;
		else if (next != NULL && is_kind(next, "incident.undecided") &&
			 same_matter(a, ev, next))
			undecided = next;
		if (undecided == next && next != NULL)
			i++;
		o = decision(a, ev, undecided, &one, e);
		if (o == OUT_OK)
			(void)json_array_append_new(list, one);
	}
	while (json_array_size(list) > DECISIONS_MAX)
		(void)json_array_remove(list, 0);
	return o;
}

/* Is there such an incident, and what is its first message? */
static enum outcome
find_first(struct answer *a, int64_t id, struct err *e)
{
	struct incident inc;
	enum outcome o = incident_load(a->s, id, &inc, e);

	if (o != OUT_OK)
		return o;
	incident_release(&inc);
	return past_first(a->s, id, &a->first, e);
}

enum outcome
m_incident_explain(struct desk *d, struct store *s, struct request *rq,
		   struct err *e)
{
	struct answer a = { .d = d,
			    .s = s,
			    .past = past_new(),
			    .x = { .all = param_bool(rq, "all", false),
				   .rule = param_str(rq, "rule"),
				   .end_ms = clock_tick_ms() + EXPLAIN_MS } };
	int64_t id = param_int(rq, "id", 0);
	json_t *list = json_array();
	json_t *events = NULL;
	enum outcome o = find_first(&a, id, e);

	result_set(rq, "decisions", list);
	if (o == OUT_OK)
		o = event_list_decisions(s, id, param_int(rq, "event", 0),
					 EVENTS_MAX, &events, e);
	if (o == OUT_OK)
		o = decisions(&a, events, list, e);
	result_set(
		rq, "cut",
		json_boolean(a.x.cut || json_array_size(events) >= EVENTS_MAX));
	json_decref(events);
	book_unref(&a.book);
	past_free(&a.past);
	return o;
}
