#include "daemon/decide.h"

#include <string.h>

#include "daemon/act.h"
#include "daemon/base/log.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/store.h"
#include "rules/book.h"

/* --- does anybody ask? --------------------------------------------------------- */

/* What the rules of the applied book are about, looked at once. */
static void
look(struct desk *d)
{
	int64_t version;
	struct book *b = desk_book(d, &version);
	size_t i;

	/* a book that is not committed may yet be another of that version */
	if (d->next_book == NULL && d->asked_version == version &&
	    d->asked_book == b) {
		book_unref(&b);
		return;
	}
	d->asked_version = version;
	d->asked_book = d->next_book == NULL ? b : NULL;
	d->asked_events = 0;
	d->asked_again = false;
	for (i = 0; i < book_rule_count(b); i++) {
		unsigned bit = event_bit(book_rule_at(b, i)->event);

		d->asked_events |= bit;
		if (bit == EVENT_CONTACT &&
		    book_rule_asks(b, i, RULE_FIELD_MESSAGES))
			d->asked_again = true;
	}
	book_unref(&b);
}

bool
decide_asks(struct desk *d, const char *event)
{
	look(d);
	return (d->asked_events & event_bit(event)) != 0;
}

bool
decide_asks_again(struct desk *d)
{
	look(d);
	return d->asked_again;
}

/* --- a run ---------------------------------------------------------------------- */

void
decide_begin(struct decision *dc, struct desk *d, struct store *s,
	     const char *event, int64_t now_ms)
{
	dc->d = d;
	dc->s = s;
	dc->book = desk_book(d, &dc->version);
	dc->now_ms = now_ms;
	dc->message_id = 0;
	dc->at_s = 0;
	dc->given = false;
	facts_begin(&dc->facts, event, now_ms);
	dc->result.action_count = 0;
	dc->result.hit_count = 0;
	dc->result.undecided_count = 0;
	dc->result.fired_count = 0;
	dc->result.tried = 0;
	dc->result.stopped_by = NULL;
	dc->set = json_object();
	dc->by = json_object();
	dc->left = json_array();
	dc->mute = NULL;
	dc->changed = false;
}

void
decide_end(struct decision *dc)
{
	facts_release(&dc->facts);
	json_decref(dc->set);
	json_decref(dc->by);
	json_decref(dc->left);
	book_unref(&dc->book);
}

void
decide_run(struct decision *dc)
{
	rule_run(dc->book, &dc->facts.f, &dc->result);
}

/* --- what is written down -------------------------------------------------------- */

/* Which of the event's files: from 1; 0: it is none. A file's name is a
 * customer's text. */
static json_int_t
hit_file(const struct decision *dc, const struct rule_hit *h)
{
	size_t i;

	if (h->field != RULE_FIELD_FILE_NAME &&
	    h->field != RULE_FIELD_FILE_TYPE)
		return 0;
	for (i = 0; i < dc->facts.f.file_count; i++)
		if (dc->facts.files[i].name == h->name)
			return (json_int_t)i + 1;
	return 0;
}

static json_t *
hit_json(const struct decision *dc, const struct rule_hit *h)
{
	json_t *j = json_object();
	json_int_t file = hit_file(dc, h);

	if (dc->message_id != 0)
		(void)json_object_set_new(j, "message",
					  json_integer(dc->message_id));
	(void)json_object_set_new(j, "field",
				  json_string(rule_field_name(h->field)));
	if (file != 0)
		(void)json_object_set_new(j, "file", json_integer(file));
	else if (h->name != NULL && h->field == RULE_FIELD_HEADER)
		(void)json_object_set_new(j, "name", json_string(h->name));
	(void)json_object_set_new(j, "from", json_integer((json_int_t)h->from));
	(void)json_object_set_new(j, "to", json_integer((json_int_t)h->to));
	(void)json_object_set_new(j, "cut", json_boolean(h->cut));
	return j;
}

/* The entry of a rule, made when it is first seen. Borrowed. */
static json_t *
rule_entry(const struct decision *dc, json_t *rules, const char *name)
{
	json_t *j;
	size_t at = 0;
	size_t i;

	json_array_foreach(rules, i, j)
	{
		const char *have = member_str(j, "rule");

		if (have != NULL && strcmp(have, name) == 0)
			return j;
	}
	j = json_object();
	(void)json_object_set_new(j, "rule", json_string(name));
	(void)json_object_set_new(
		j, "line",
		json_integer(book_rule_index(dc->book, name, &at)
				     ? book_rule_at(dc->book, at)->line
				     : 0));
	(void)json_object_set_new(j, "hits", json_array());
	(void)json_array_append_new(rules, j);
	return j;
}

/* [{rule, line, hits}] of the rules that fired, in the order of the book. */
static json_t *
fired_json(const struct decision *dc)
{
	const struct rule_result *r = &dc->result;
	json_t *rules = json_array();
	size_t i;

	for (i = 0; i < r->fired_count; i++)
		(void)rule_entry(dc, rules,
				 book_rule_at(dc->book, r->fired[i])->name);
	for (i = 0; i < r->hit_count; i++)
		(void)json_array_append_new(
			json_object_get(rule_entry(dc, rules, r->hits[i].rule),
					"hits"),
			hit_json(dc, &r->hits[i]));
	/* a rule without a text condition fires without a hit */
	for (i = 0; i < r->action_count; i++)
		(void)rule_entry(dc, rules, r->actions[i].rule);
	return rules;
}

/* Members of both events. */
static json_t *
event_json(const struct decision *dc, json_t *rules)
{
	json_t *data = json_object();

	(void)json_object_set_new(data, "book", json_integer(dc->version));
	(void)json_object_set_new(data, "on", json_string(dc->facts.f.event));
	if (dc->message_id != 0)
		(void)json_object_set_new(data, "message",
					  json_integer(dc->message_id));
	if (dc->at_s != 0)
		(void)json_object_set_new(data, "at_s", json_integer(dc->at_s));
	(void)json_object_set_new(data, "rules", rules);
	return data;
}

/* What was done, in one order whatever the rules'. */
static json_t *
set_json(const struct decision *dc)
{
	static const char *const order[] = { "queue",  "priority", "reason",
					     "policy", "reply",    "tags" };
	json_t *out = json_object();
	json_t *v;
	size_t i;

	for (i = 0; i < sizeof order / sizeof order[0]; i++) {
		v = json_object_get(dc->set, order[i]);
		if (v != NULL)
			(void)json_object_set(out, order[i], v);
	}
	(void)json_object_update_missing(out, dc->set);
	return out;
}

static enum outcome
write_classified(const struct decision *dc, const struct incident *inc,
		 struct err *e)
{
	const struct rule_result *r = &dc->result;
	json_t *data = event_json(dc, fired_json(dc));

	(void)json_object_set_new(data, "tried",
				  json_integer((json_int_t)r->tried));
	if (r->stopped_by != NULL)
		(void)json_object_set_new(data, "stopped_by",
					  json_string(r->stopped_by));
	(void)json_object_set_new(data, "set", set_json(dc));
	(void)json_object_set(data, "by", dc->by);
	if (json_array_size(dc->left) > 0)
		(void)json_object_set(data, "left", dc->left);
	(void)json_object_set_new(data, "facts", facts_json(&dc->facts));
	return event_add(dc->s, dc->now_ms, "incident.classified", inc->id, 0,
			 data, e);
}

static enum outcome
write_undecided(struct decision *dc, struct incident *inc, struct err *e)
{
	const struct rule_result *r = &dc->result;
	json_t *rules = json_array();
	size_t i;

	for (i = 0; i < r->undecided_count; i++) {
		json_t *j = json_object();

		(void)json_object_set_new(j, "rule",
					  json_string(r->undecided[i].rule));
		(void)json_object_set_new(j, "why",
					  json_string(r->undecided[i].why));
		(void)json_array_append_new(rules, j);
	}
	inc->undecided = true;
	dc->changed = true;
	return event_add(dc->s, dc->now_ms, "incident.undecided", inc->id, 0,
			 event_json(dc, rules), e);
}

const char *
decide_by(const struct decision *dc, const char *name)
{
	const char *rule = json_string_value(json_object_get(dc->by, name));

	return rule != NULL ? rule : "";
}

enum outcome
decide_write(struct decision *dc, struct incident *inc, struct err *e)
{
	const struct rule_result *r = &dc->result;
	enum outcome o = OUT_OK;

	/* no later event may be of an earlier instant than what is told here */
	if (r->action_count + r->hit_count + r->fired_count +
		    r->undecided_count >
	    0)
		inc->updated_ms = dc->now_ms;
	if (r->action_count > 0 || r->hit_count > 0 || r->fired_count > 0)
		o = write_classified(dc, inc, e);
	if (o == OUT_OK && r->undecided_count > 0)
		o = write_undecided(dc, inc, e);
	return o;
}

/* --- events of incidents that are there -------------------------------------------- */

enum outcome
decide_event(struct decision *dc, struct incident *inc, struct err *e)
{
	int64_t before_ms = inc->updated_ms;
	enum outcome o = facts_incident(&dc->facts, dc->s, dc->book, inc, e);

	if (o != OUT_OK)
		return o;
	dc->now_ms = change_now(inc, dc->now_ms);
	if (!dc->given)
		decide_run(dc);
	o = act_change(dc, inc, e);
	if (o == OUT_OK)
		o = decide_write(dc, inc, e);
	if (o == OUT_OK && (dc->changed || inc->updated_ms != before_ms))
		o = incident_save(dc->s, inc, e);
	return o;
}

enum outcome
decide_alone(struct decision *dc, struct incident *inc, struct err *e)
{
	struct store_inner in;
	struct err why;
	enum outcome o = store_inner(dc->s, &in, e);

	if (o != OUT_OK)
		return o;
	o = decide_event(dc, inc, e);
	if (o == OUT_OK)
		return store_inner_keep(dc->s, e);
	/* the disk, memory, a damaged page: not the rule's */
	if (o != OUT_PERM || strcmp(e->code, "damaged") == 0)
		return o;
	why = *e;
	o = store_inner_drop(dc->s, &in, e);
	if (o == OUT_OK)
		log_warn("rule.failed", "rules of %s could not be done: %s",
			 dc->facts.f.event, why.text);
	return o;
}

enum outcome
decide_state(struct desk *d, struct store *s, struct incident *inc,
	     const char *before, int64_t now_ms, struct err *e)
{
	struct decision dc;
	enum outcome o;

	if (strcmp(before, incident_state_name(inc->state)) == 0 ||
	    !decide_asks(d, "state"))
		return OUT_OK;
	decide_begin(&dc, d, s, "state", now_ms);
	facts_text(&dc.facts, RULE_FIELD_STATE_BEFORE, before);
	facts_text(&dc.facts, RULE_FIELD_AUTHOR, "agent");
	o = decide_event(&dc, inc, e);
	decide_end(&dc);
	return o;
}

/* Rules on an event of a clock. event: static. */
static enum outcome
decide_clock(struct desk *d, struct store *s, const char *event,
	     int64_t incident_id, const char *clock, int64_t left_s,
	     int64_t now_ms, struct err *e)
{
	struct decision dc;
	struct incident inc;
	enum outcome o = incident_load(s, incident_id, &inc, e);

	if (o == OUT_OK) {
		decide_begin(&dc, d, s, event, now_ms);
		facts_text(&dc.facts, RULE_FIELD_CLOCK, clock);
		facts_number(&dc.facts, RULE_FIELD_CLOCK_LEFT, left_s);
		o = decide_alone(&dc, &inc, e);
		decide_end(&dc);
	}
	incident_release(&inc);
	return o;
}

enum outcome
decide_breach(struct desk *d, struct store *s, int64_t incident_id,
	      const char *clock, int64_t due_s, int64_t now_ms, struct err *e)
{
	return decide_clock(d, s, "clock.breach", incident_id, clock,
			    due_s - now_ms / 1000, now_ms, e);
}

enum outcome
decide_warning(struct desk *d, struct store *s, int64_t incident_id,
	       const char *clock, int64_t left_s, int64_t now_ms, struct err *e)
{
	return decide_clock(d, s, "clock.warning", incident_id, clock, left_s,
			    now_ms, e);
}

enum outcome
decide_undelivered(struct desk *d, struct store *s, int64_t incident_id,
		   int64_t delivery_id, int64_t now_ms, struct err *e)
{
	struct decision dc;
	struct incident inc;
	enum outcome o;

	if (!decide_asks(d, "undelivered"))
		return OUT_OK;
	o = incident_load(s, incident_id, &inc, e);
	if (o == OUT_OK) {
		decide_begin(&dc, d, s, "undelivered",
			     change_now(&inc, now_ms));
		dc.delivery_id = delivery_id;
		o = decide_alone(&dc, &inc, e);
		decide_end(&dc);
	}
	incident_release(&inc);
	return o;
}

enum outcome
decide_escalation(struct desk *d, struct store *s, int64_t incident_id,
		  const struct book_escalation *x, int64_t at_s, int64_t now_ms,
		  struct err *e)
{
	struct decision dc;
	struct incident inc;
	enum outcome o = incident_load(s, incident_id, &inc, e);
	size_t i;

	if (o == OUT_OK) {
		decide_begin(&dc, d, s, "escalation", now_ms);
		dc.given = true;
		dc.at_s = at_s;
		for (i = 0; i < x->action_count && i < RULE_ACTIONS_MAX; i++)
			dc.result.actions[dc.result.action_count++] =
				x->actions[i];
		o = decide_alone(&dc, &inc, e);
		decide_end(&dc);
	}
	incident_release(&inc);
	return o;
}
