#include "rules/match.h"

#include <string.h>
#include <time.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/fold.h"

#define TEXT_FIELDS 3 /* sender, subject, body */

/* A field as matched: cut, and folded when a pattern first asks. */
struct field {
	const char *raw; /* NULL: absent */
	size_t n;
	bool cut;
	bool folded;
	bool cleaned;
	size_t fold_n;
	char fold[RULE_SUBJECT_BYTES];
	uint16_t map[RULE_SUBJECT_BYTES + 1];
	char clean[RULE_SUBJECT_BYTES];
};

struct scratch {
	struct scratch *next;
	struct matcher *matcher;
	const struct rule_facts *facts;
	struct field fields[TEXT_FIELDS];
};

struct scratch *
scratch_new(void)
{
	struct scratch *s = mem_new(1, sizeof *s);

	s->matcher = matcher_new();
	return s;
}

void
scratch_free(struct scratch **s)
{
	if (*s == NULL)
		return;
	matcher_free(&(*s)->matcher);
	MEM_CLEAR(s);
}

struct scratch *
scratch_pop(struct scratch **list)
{
	struct scratch *s = *list;

	if (s != NULL) {
		*list = s->next;
		s->next = NULL;
	}
	return s;
}

struct matcher *
scratch_matcher(struct scratch *s)
{
	return s->matcher;
}

static void
field_begin(struct field *f, const char *text)
{
	size_t n;

	f->raw = text;
	f->n = 0;
	f->cut = false;
	f->folded = false;
	f->cleaned = false;
	if (text == NULL)
		return;
	n = strnlen(text, RULE_SUBJECT_BYTES + 1);
	f->cut = n > RULE_SUBJECT_BYTES;
	f->n = utf8_cut(text, n, RULE_SUBJECT_BYTES);
}

void
scratch_begin(struct scratch *s, const struct rule_facts *facts)
{
	s->facts = facts;
	field_begin(&s->fields[0], facts->text[RULE_FIELD_SENDER]);
	field_begin(&s->fields[1], facts->text[RULE_FIELD_SUBJECT]);
	field_begin(&s->fields[2], facts->text[RULE_FIELD_BODY]);
}

static void
hit_add(struct rule_result *out, const struct rule_node *r,
	enum rule_field field, size_t from, size_t to, bool cut)
{
	struct rule_hit *h;

	if (out->hit_count == RULE_HITS_MAX)
		return;
	h = &out->hits[out->hit_count++];
	h->rule = r->name.text;
	h->line = r->name.at.line;
	h->condition = 0;
	h->field = field;
	h->name = NULL;
	h->from = from;
	h->to = to;
	h->cut = cut;
}

static enum match
field_match(const struct pattern *p, struct scratch *s, struct field *f,
	    size_t *from, size_t *to)
{
	bool bad = false;
	enum match m;

	if (f->raw == NULL)
		return MATCH_NO;
	if (pattern_exact(p)) {
		if (!f->cleaned)
			fold_clean(f->raw, f->n, f->clean);
		f->cleaned = true;
		return pattern_match(p, s->matcher, f->clean, f->n, from, to);
	}
	if (!f->folded)
		f->fold_n = fold_text(f->raw, f->n, f->fold, f->map, &bad);
	f->folded = true;
	m = pattern_match(p, s->matcher, f->fold, f->fold_n, from, to);
	if (m == MATCH_YES) {
		*from = f->map[*from];
		*to = f->map[*to];
	}
	return m;
}

static enum match
text_holds(const struct rule_node *r, const struct cond *c, struct scratch *s,
	   struct rule_result *out)
{
	enum match all = MATCH_NO;
	size_t i;

	for (i = 0; i < TEXT_FIELDS; i++) {
		enum rule_field field =
			(enum rule_field)(RULE_FIELD_SENDER + (int)i);
		struct field *f = &s->fields[i];
		size_t from = 0;
		size_t to = 0;
		enum match m;

		if ((c->fields & 1U << field) == 0)
			continue;
		m = field_match(c->pattern, s, f, &from, &to);
		if (m == MATCH_YES) {
			hit_add(out, r, field, from, to, f->cut);
			return m;
		}
		if (m == MATCH_UNDECIDED)
			all = m;
	}
	return all;
}

static enum match
word_holds(const struct rule_node *r, enum rule_field field, const char *text,
	   bool same, struct rule_result *out)
{
	if (!same)
		return MATCH_NO;
	hit_add(out, r, field, 0, strlen(text), false);
	return MATCH_YES;
}

static enum match
cond_holds(const struct rule_node *r, const struct cond *c, struct scratch *s,
	   struct rule_result *out)
{
	const struct rule_facts *f = s->facts;
	enum match a;
	enum match b;
	enum match settles;

	switch (c->kind) {
	case COND_NOT: {
		size_t hits = out->hit_count;

		a = cond_holds(r, c->a, s, out);
		out->hit_count = hits;
		if (a == MATCH_UNDECIDED)
			return a;
		return a == MATCH_YES ? MATCH_NO : MATCH_YES;
	}
	case COND_CHANNEL:
		return word_holds(
			r, RULE_FIELD_CHANNEL, f->text[RULE_FIELD_CHANNEL],
			f->text[RULE_FIELD_CHANNEL] != NULL &&
				(channel_bit(f->text[RULE_FIELD_CHANNEL]) &
				 c->channels) != 0,
			out);
	case COND_MAILBOX:
		return word_holds(r, RULE_FIELD_MAILBOX,
				  f->text[RULE_FIELD_MAILBOX],
				  f->text[RULE_FIELD_MAILBOX] != NULL &&
					  strcmp(f->text[RULE_FIELD_MAILBOX],
						 c->mailbox.text) == 0,
				  out);
	case COND_TEXT:
		return text_holds(r, c, s, out);
	case COND_AND:
	case COND_OR:
		break;
	}
	settles = c->kind == COND_AND ? MATCH_NO : MATCH_YES;
	a = cond_holds(r, c->a, s, out);
	if (a == settles)
		return a;
	b = cond_holds(r, c->b, s, out);
	if (b == settles)
		return b;
	return a == MATCH_UNDECIDED ? a : b;
}

enum match
rule_holds(const struct rule_node *r, struct scratch *s,
	   struct rule_result *out)
{
	const struct rule_facts *f = s->facts;
	size_t hits = out->hit_count;
	enum match m = MATCH_YES;

	if (f->event == NULL || strcmp(f->event, r->event.text) != 0)
		return MATCH_NO;
	if (r->via != 0 &&
	    (f->text[RULE_FIELD_CHANNEL] == NULL ||
	     (channel_bit(f->text[RULE_FIELD_CHANNEL]) & r->via) == 0))
		return MATCH_NO;
	if (r->cond != NULL)
		m = cond_holds(r, r->cond, s, out);
	if (m != MATCH_YES)
		out->hit_count = hits;
	return m;
}

/* --- a run -------------------------------------------------------------- */

static struct scratch *
borrow(struct book *b)
{
	struct scratch *s;

	(void)pthread_mutex_lock(&b->lock);
	s = scratch_pop(&b->idle);
	if (s != NULL)
		b->idle_count--;
	(void)pthread_mutex_unlock(&b->lock);
	return s != NULL ? s : scratch_new();
}

static void
give_back(struct book *b, struct scratch *s)
{
	(void)pthread_mutex_lock(&b->lock);
	if (b->idle_count < SCRATCH_IDLE_MAX) {
		s->next = b->idle;
		b->idle = s;
		b->idle_count++;
		s = NULL;
	}
	(void)pthread_mutex_unlock(&b->lock);
	scratch_free(&s);
}

static void
propose(struct rule_result *out, const struct rule_node *r,
	const struct action_node *a)
{
	struct rule_action *to;
	size_t i;

	for (i = 0; i < out->action_count; i++) {
		const struct rule_action *x = &out->actions[i];

		if (x->kind == a->kind &&
		    (a->kind != ACTION_TAG ||
		     strcmp(x->value, a->value.text) == 0))
			return;
	}
	if (out->action_count == RULE_ACTIONS_MAX)
		return;
	to = &out->actions[out->action_count++];
	to->kind = a->kind;
	to->value = a->value.text;
	to->more = NULL;
	to->text = NULL;
	to->seconds = 0;
	to->rule = r->name.text;
}

static void
leave_undecided(struct rule_result *out, const struct rule_node *r,
		const char *why)
{
	struct rule_undecided *u;

	if (out->undecided_count == RULE_UNDECIDED_MAX)
		return;
	u = &out->undecided[out->undecided_count++];
	u->rule = r->name.text;
	u->why = why;
}

static int64_t
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* One rule within a run. true: it fired and says stop. */
static bool
run_one(const struct rule_node *r, struct scratch *s, struct rule_result *out)
{
	size_t i;

	switch (rule_holds(r, s, out)) {
	case MATCH_NO:
		return false;
	case MATCH_UNDECIDED:
		leave_undecided(out, r, "match_limit");
		return false;
	case MATCH_YES:
		break;
	}
	for (i = 0; i < r->actions.n; i++)
		propose(out, r, r->actions.at[i]);
	return r->stop;
}

void
rule_run(const struct book *book, const struct rule_facts *facts,
	 struct rule_result *out)
{
	/* the pool of working memory is the one thing in it that changes */
	struct book *b = (struct book *)(uintptr_t)book;
	int64_t start = now_us();
	struct scratch *s;
	size_t i;

	out->action_count = 0;
	out->hit_count = 0;
	out->undecided_count = 0;
	out->fired_count = 0;
	out->tried = 0;
	out->stopped_by = NULL;
	out->text_n = 0;
	s = borrow(b);
	scratch_begin(s, facts);
	matcher_until(s->matcher, start + RULE_BUDGET_US);
	for (i = 0; i < b->rules.n; i++) {
		const struct rule_node *r = b->rules.at[i];

		if (now_us() - start > RULE_BUDGET_US)
			leave_undecided(out, r, "budget");
		else if (run_one(r, s, out))
			break;
	}
	give_back(b, s);
	out->spent_us = now_us() - start;
}

const char *
rule_action_name(enum rule_action_kind k)
{
	static const char *const names[ACTION_KIND_COUNT] = {
		"queue", "team",  "assign", "priority",  "reason",    "policy",
		"state", "reply", "send",   "ask_order", "snooze",    "tag",
		"untag", "note",  "notify", "webhook",   "link_order"
	};

	return names[k];
}

bool
rule_action_adds(enum rule_action_kind k)
{
	return k >= ACTION_TAG;
}
