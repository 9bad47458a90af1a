#include "rules/match.h"

#include <string.h>
#include <time.h>

#include "daemon/base/mem.h"
#include "rules/capture.h"
#include "rules/rule_index.h"

#define CLOCK_RULES 64 /* the clock is read again after so many */

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
	int f;

	if (*s == NULL)
		return;
	for (f = 0; f < TEXT_FIELDS; f++)
		marks_release(&(*s)->subjects[f].marks);
	mem_free((*s)->rules);
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

/* --- one rule ------------------------------------------------------------ */

/* Is it a contact of an incident that was there? Then only rules that ask
 * for its messages are meant. */
static bool
contact_again(const struct scratch *s)
{
	return s->event == EVENT_CONTACT &&
	       s->facts->number[RULE_FIELD_MESSAGES] > 1;
}

bool
rule_on(const struct rule_node *r, const struct scratch *s)
{
	const char *only = s->facts->rule;

	if ((r->event_bit & s->event) == 0)
		return false;
	if (contact_again(s) && !rule_asks(r, RULE_FIELD_MESSAGES))
		return false;
	/* of time there are many rules, each with an instant of its own */
	return s->event != EVENT_TIME ||
	       (only != NULL && strcmp(only, r->name.text) == 0);
}

bool
rule_via(const struct rule_node *r, const struct scratch *s)
{
	return r->via == 0 || (r->via & s->channel) != 0;
}

enum match
rule_holds(const struct rule_node *r, struct scratch *s,
	   struct rule_result *out)
{
	size_t hits = out->hit_count;
	enum match m = MATCH_YES;

	s->capture_count = 0;
	if (!rule_on(r, s) || !rule_via(r, s))
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
	if (s == NULL) {
		s = scratch_new();
		s->rules = mem_new(rule_index_words(b->index) + 1,
				   sizeof *s->rules);
	}
	s->filter = b->plain ? NULL : rule_index_filter(b->index);
	return s;
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

static const char *
captured(void *arg, const char *name, size_t n)
{
	const struct scratch *s = arg;
	size_t i;

	for (i = 0; i < s->capture_count; i++)
		if (strlen(s->captures[i].name) == n &&
		    memcmp(s->captures[i].name, name, n) == 0)
			return s->captures[i].text;
	return NULL;
}

/* A text of an action with its captures in place: the book's own if it names
 * none, else in the result. */
static enum captured
fill(struct scratch *s, const struct word *text, struct rule_result *out,
     const char **to)
{
	char *at = out->text + out->text_n;
	size_t i = 0;
	size_t from;
	size_t n;
	enum captured got;

	*to = text->text;
	if (text->text == NULL || !capture_next(text->text, &i, &from, &n))
		return CAPTURED;
	got = capture_expand(text->text, captured, s, at,
			     RULE_TEXT_BYTES - out->text_n, &n);
	if (got != CAPTURED)
		return got;
	*to = at;
	out->text_n += n + 1;
	return CAPTURED;
}

static bool
same(const char *a, const char *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return strcmp(a, b) == 0;
}

/* Has this been proposed, or another of a kind whose first proposal stands? */
static bool
proposed(const struct rule_result *out, const struct rule_action *a)
{
	size_t i;

	for (i = 0; i < out->action_count; i++) {
		const struct rule_action *x = &out->actions[i];

		if (x->kind != a->kind)
			continue;
		if (!rule_action_adds(a->kind) ||
		    (same(x->value, a->value) && same(x->more, a->more) &&
		     same(x->text, a->text)))
			return true;
	}
	return false;
}

static void
propose(struct scratch *s, struct rule_result *out, const struct rule_node *r,
	const struct action_node *a)
{
	struct rule_action to = { .kind = a->kind,
				  .value = a->value.text,
				  .more = a->more.text,
				  .text = a->text.text,
				  .seconds = a->seconds,
				  .rule = r->name.text };
	size_t text_n = out->text_n;
	enum captured got = CAPTURED;

	if (rule_action_adds(a->kind)) {
		got = fill(s, &a->value, out, &to.value);
		if (got == CAPTURED)
			got = fill(s, &a->text, out, &to.text);
	}
	if (got == CAPTURE_LONG)
		leave_undecided(out, r, "text");
	if (got == CAPTURED && !proposed(out, &to) &&
	    out->action_count < RULE_ACTIONS_MAX)
		out->actions[out->action_count++] = to;
	else
		out->text_n = text_n;
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
run_one(const struct rule_node *r, size_t index, struct scratch *s,
	struct rule_result *out)
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
	if (out->fired_count < RULE_HITS_MAX)
		out->fired[out->fired_count++] = (uint16_t)index;
	for (i = 0; i < r->actions.list.n; i++)
		propose(s, out, r, r->actions.list.at[i]);
	if (r->stop)
		out->stopped_by = r->name.text;
	return r->stop;
}

static void
result_begin(struct rule_result *out)
{
	out->action_count = 0;
	out->hit_count = 0;
	out->undecided_count = 0;
	out->fired_count = 0;
	out->tried = 0;
	out->stopped_by = NULL;
	out->text_n = 0;
}

void
book_plain(struct book *b)
{
	b->plain = true;
}

void
book_patient(struct book *b, int64_t us)
{
	b->budget_us = us;
}

/* Which rules to look at: those of the event that no text rules out. */
static void
choose_rules(const struct book *b, struct scratch *s)
{
	unsigned fields = rule_index_fields(b->index);
	unsigned f;

	if (b->plain) {
		memset(s->rules, 0xFF,
		       rule_index_words(b->index) * sizeof *s->rules);
		return;
	}
	rule_index_begin(b->index, s->event, s->rules);
	for (f = 0; f < TEXT_FIELDS; f++)
		if ((fields & 1U << f) != 0 && s->subjects[f].raw != NULL)
			rule_index_add(b->index, s->event, f,
				       subject_marks(s, &s->subjects[f]),
				       s->rules);
}

/* A run under way. */
struct run {
	const struct book *book;
	struct scratch *scratch;
	struct rule_result *out;
	size_t tries; /* of patterns, when the clock was read */
	size_t left;  /* rules that were not looked at for lack of time */
	size_t asked; /* and those that were */
	bool late;
};

/* One of the chosen rules. true: the run is over. */
static bool
run_chosen(struct run *run, size_t i)
{
	const struct rule_node *r = run->book->rules.at[i];
	struct scratch *s = run->scratch;

	if (!rule_on(r, s))
		return false;
	/* what costs time is patterns; the clock is read after some alone */
	if (s->tries != run->tries || i % CLOCK_RULES == 0) {
		run->late = run->late || matcher_late(s->matcher);
		run->tries = s->tries;
	}
	if (run->late) {
		leave_undecided(run->out, r, "budget");
		run->left++;
		return false;
	}
	run->asked++;
	return run_one(r, i, s, run->out);
}

/* The chosen rules in the book's order. Returns where the run ended. */
static size_t
run_rules(struct run *run)
{
	const uint64_t *rules = run->scratch->rules;
	size_t n = run->book->rules.n;
	size_t word;

	for (word = 0; word < (n + 63) / 64; word++) {
		uint64_t bits = rules[word];

		while (bits != 0) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(bits);

			if (i >= n)
				break;
			bits &= bits - 1;
			if (run_chosen(run, i))
				return i + 1;
		}
	}
	return n;
}

/* How many rules before the end of the run are meant. */
static size_t
count_on(const struct book *b, const struct scratch *s, size_t end)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < end; i++)
		n += rule_on(b->rules.at[i], s);
	return n;
}

void
rule_run(const struct book *book, const struct rule_facts *facts,
	 struct rule_result *out)
{
	/* the pool of working memory is the one thing in it that changes */
	struct book *b = (struct book *)(uintptr_t)book;
	int64_t start = now_us();
	struct scratch *s = borrow(b);
	struct run run = { .book = b, .scratch = s, .out = out };
	size_t end;

	result_begin(out);
	scratch_begin(s, facts);
	matcher_budget(s->matcher, b->budget_us);
	run.tries = s->tries;
	choose_rules(b, s);
	end = run_rules(&run);
	/* one that was not chosen was looked at: it cannot fire */
	out->tried = (contact_again(s)
			      ? count_on(b, s, end)
			      : rule_index_before(b->index, s->event, end)) -
		     run.left;
	if (s->event == EVENT_TIME)
		out->tried = run.asked; /* of many rules one is meant */
	give_back(b, s);
	out->spent_us = now_us() - start;
}

/* --- explaining ---------------------------------------------------------- */

static void
trace_rows(const struct rule_node *r, const struct cond *c, bool negated,
	   struct rule_trace *t)
{
	struct rule_trace_row *row;

	if (c == NULL)
		return;
	if (c->kind == COND_AND || c->kind == COND_OR || c->kind == COND_NOT) {
		negated = negated != (c->kind == COND_NOT);
		trace_rows(r, c->a, negated, t);
		trace_rows(r, c->b, negated, t);
		return;
	}
	if (c->ordinal >= RULE_TRACE_MAX)
		return;
	row = &t->rows[c->ordinal];
	memset(row, 0, sizeof *row);
	row->line = c->at.line;
	row->column = c->at.column;
	row->source = r->if_text + (c->from - r->if_from);
	row->source_n = c->to - c->from;
	row->negated = negated;
	row->verdict = RULE_NOT_ASKED;
	if (t->n <= (size_t)c->ordinal)
		t->n = (size_t)c->ordinal + 1;
}

void
rule_explain(const struct book *book, const struct rule_facts *facts,
	     size_t rule_index, struct rule_trace *out)
{
	struct book *b = (struct book *)(uintptr_t)book;
	const struct rule_node *r = b->rules.at[rule_index];
	struct rule_result *result = mem_new(1, sizeof *result);
	struct scratch *s = borrow(b);

	out->rule = r->name.text;
	out->line = r->name.at.line;
	out->verdict = RULE_NOT_ASKED;
	out->why = NULL;
	out->n = 0;
	trace_rows(r, r->cond, false, out);
	scratch_begin(s, facts);
	matcher_budget(s->matcher, b->budget_us);
	s->trace = out;
	if (!rule_on(r, s)) {
		out->why = "event";
	} else if (!rule_via(r, s)) {
		out->why = "via";
	} else {
		switch (rule_holds(r, s, result)) {
		case MATCH_NO:
			out->verdict = RULE_NO;
			break;
		case MATCH_YES:
			out->verdict = RULE_YES;
			break;
		case MATCH_UNDECIDED:
			out->verdict = RULE_UNDECIDED;
			out->why = matcher_late(s->matcher) ? "budget"
							    : "match_limit";
			break;
		}
	}
	s->trace = NULL;
	give_back(b, s);
	mem_free(result);
}

/* --- names --------------------------------------------------------------- */

const char *
rule_verdict_name(enum rule_verdict v)
{
	static const char *const names[] = { "no", "yes", "undecided",
					     "not_asked" };

	return names[v];
}

const char *
rule_action_name(enum rule_action_kind k)
{
	static const char *const names[ACTION_KIND_COUNT] = {
		"queue", "team",  "assign", "priority",  "reason",  "policy",
		"state", "reply", "send",   "ask_order", "snooze",  "fallback",
		"tag",   "untag", "note",   "notify",    "webhook", "link_order"
	};

	return names[k];
}

bool
rule_action_adds(enum rule_action_kind k)
{
	return k >= ACTION_TAG;
}
