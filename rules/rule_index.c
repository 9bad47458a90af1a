#include "rules/rule_index.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "rules/literal.h"
#include "rules/pattern.h"
#include "rules/prefilter.h"
#include "rules/tree.h"

/* Texts of which there is one; the others are not looked through at once. */
#define SINGLE_FIELDS                                                          \
	(((1U << (RULE_FIELD_ORDER_NUMBER + 1)) - 1) &                         \
	 ~(1U << RULE_FIELD_HEADER | 1U << RULE_FIELD_FILE_NAME |              \
	   1U << RULE_FIELD_FILE_TYPE))

/* Something that was seen in a text of fields brings a rule, or a list. */
struct trigger {
	uint32_t source; /* number of a pattern; lists come after them */
	uint32_t target; /* number of a rule; of a list if LIST is set */
	unsigned fields;
};

#define LIST 0x80000000U

struct rule_index {
	struct prefilter *filter;
	size_t rules;
	size_t words;
	uint64_t *events; /* words of each event: its rules */
	uint64_t *always; /* rules that wait for no text */
	struct trigger *triggers;
	size_t trigger_n;
	size_t trigger_cap;
	uint32_t *first; /* of each source: its triggers, up to the next's */
	size_t source_n;
	unsigned fields;
	bool *list_always; /* while it is made: it has an unnumbered pattern */
	struct book *book;
};

/* --- patterns and lists ------------------------------------------------- */

static void
number_pattern(struct rule_index *x, struct pattern *p)
{
	if (p != NULL)
		pattern_number_set(
			p, prefilter_add(x->filter, pattern_literals(p)));
}

static void
number_cond(struct rule_index *x, struct cond *c)
{
	if (c == NULL)
		return;
	number_pattern(x, c->pattern);
	number_cond(x, c->a);
	number_cond(x, c->b);
}

static void
trigger_add(struct rule_index *x, uint32_t source, uint32_t target,
	    unsigned fields)
{
	struct trigger *t;

	if (x->trigger_n == x->trigger_cap) {
		x->trigger_cap = x->trigger_cap != 0 ? x->trigger_cap * 2 : 64;
		x->triggers = mem_resize(x->triggers, x->trigger_cap,
					 sizeof *x->triggers);
	}
	t = &x->triggers[x->trigger_n++];
	t->source = source;
	t->target = target;
	t->fields = fields;
}

static void
number_all(struct rule_index *x)
{
	struct book *b = x->book;
	size_t i;
	size_t k;

	for (i = 0; i < b->rules.n; i++)
		number_cond(x, ((struct rule_node *)b->rules.at[i])->cond);
	for (i = 0; i < b->lists.n; i++) {
		const struct list_node *n = b->lists.at[i];

		for (k = 0; k < n->entries.n; k++)
			number_pattern(x,
				       ((struct entry_node *)n->entries.at[k])
					       ->pattern);
	}
}

/* What brings each list: its patterns, if all of them are numbered. */
static void
trigger_lists(struct rule_index *x)
{
	const struct book *b = x->book;
	size_t i;
	size_t k;

	x->list_always = mem_new(b->lists.n + 1, sizeof *x->list_always);
	for (i = 0; i < b->lists.n; i++) {
		const struct list_node *n = b->lists.at[i];
		size_t kept = x->trigger_n;

		for (k = 0; k < n->entries.n; k++) {
			const struct entry_node *e = n->entries.at[k];
			uint32_t number = pattern_number(e->pattern);

			if (number == PREFILTER_ALWAYS)
				x->list_always[i] = true;
			else
				trigger_add(x, number, (uint32_t)i | LIST,
					    SINGLE_FIELDS);
		}
		if (x->list_always[i])
			x->trigger_n = kept;
	}
}

/* --- rules -------------------------------------------------------------- */

static unsigned
asked_fields(const struct cond *c)
{
	unsigned fields = 0;
	size_t i;

	for (i = 0; i < c->fields.n; i++)
		fields |= 1U << ((const struct asked *)c->fields.at[i])
					->row->field;
	return fields;
}

static size_t
list_number(const struct book *b, const struct list_node *list)
{
	size_t i = 0;

	while (b->lists.at[i] != list)
		i++;
	return i;
}

/*
 * Add what brings a condition: it cannot hold without one of it.
 * false: nothing is known; what was added must be taken away again
 */
static bool
trigger_cond(struct rule_index *x, const struct cond *c, uint32_t rule)
{
	size_t start = x->trigger_n;
	size_t middle;
	unsigned fields;
	uint32_t source;
	bool a;
	bool b;

	if (c->kind == COND_OR)
		return trigger_cond(x, c->a, rule) &&
		       trigger_cond(x, c->b, rule);
	if (c->kind == COND_AND) {
		a = trigger_cond(x, c->a, rule);
		if (!a)
			x->trigger_n = start;
		middle = x->trigger_n;
		b = trigger_cond(x, c->b, rule);
		if (a && b && x->trigger_n - middle < middle - start) {
			/* the second needs less: it alone will do */
			memmove(x->triggers + start, x->triggers + middle,
				(x->trigger_n - middle) * sizeof *x->triggers);
			x->trigger_n -= middle - start;
		} else if (a || !b) {
			x->trigger_n = middle;
		}
		return a || b;
	}
	if (c->kind != COND_TEXT && c->kind != COND_LIST)
		return false;
	fields = asked_fields(c);
	if ((fields & ~SINGLE_FIELDS) != 0 ||
	    x->trigger_n >= RULE_INDEX_TRIGGERS_MAX)
		return false;
	if (c->kind == COND_TEXT) {
		source = pattern_number(c->pattern);
		if (source == PREFILTER_ALWAYS)
			return false;
	} else {
		size_t list = list_number(x->book, c->list);

		if (x->list_always[list])
			return false;
		source = (uint32_t)(prefilter_count(x->filter) + list);
	}
	trigger_add(x, source, rule, fields);
	return true;
}

static void
trigger_rules(struct rule_index *x)
{
	const struct book *b = x->book;
	size_t i;
	size_t e;

	for (i = 0; i < b->rules.n; i++) {
		const struct rule_node *r = b->rules.at[i];
		size_t kept = x->trigger_n;
		uint64_t bit = (uint64_t)1 << i % 64;

		for (e = 0; e < EVENT_NAMES; e++)
			if ((r->event_bit & 1U << e) != 0)
				x->events[e * x->words + i / 64] |= bit;
		if (r->cond == NULL || !trigger_cond(x, r->cond, (uint32_t)i)) {
			x->trigger_n = kept;
			x->always[i / 64] |= bit;
		}
		for (; kept < x->trigger_n; kept++)
			x->fields |= x->triggers[kept].fields;
	}
}

/* Triggers in the order of their sources. */
static void
sort_triggers(struct rule_index *x)
{
	struct trigger *sorted = mem_new(x->trigger_n + 1, sizeof *sorted);
	uint32_t *at;
	size_t i;

	x->source_n = prefilter_count(x->filter) + x->book->lists.n;
	x->first = mem_new(x->source_n + 1, sizeof *x->first);
	at = mem_new(x->source_n + 1, sizeof *at);
	for (i = 0; i < x->trigger_n; i++)
		x->first[x->triggers[i].source + 1]++;
	for (i = 0; i < x->source_n; i++)
		x->first[i + 1] += x->first[i];
	memcpy(at, x->first, (x->source_n + 1) * sizeof *at);
	for (i = 0; i < x->trigger_n; i++)
		sorted[at[x->triggers[i].source]++] = x->triggers[i];
	mem_free(at);
	mem_free(x->triggers);
	x->triggers = sorted;
}

struct rule_index *
rule_index_new(struct book *b)
{
	struct rule_index *x = mem_new(1, sizeof *x);

	x->book = b;
	x->rules = b->rules.n;
	x->words = (x->rules + 63) / 64;
	x->events = mem_new(EVENT_NAMES * x->words + 1, sizeof *x->events);
	x->always = mem_new(x->words + 1, sizeof *x->always);
	x->filter = prefilter_new();
	number_all(x);
	prefilter_finish(x->filter);
	trigger_lists(x);
	trigger_rules(x);
	sort_triggers(x);
	MEM_CLEAR(&x->list_always);
	return x;
}

void
rule_index_free(struct rule_index **x)
{
	if (*x == NULL)
		return;
	prefilter_free(&(*x)->filter);
	mem_free((*x)->events);
	mem_free((*x)->always);
	mem_free((*x)->triggers);
	mem_free((*x)->first);
	MEM_CLEAR(x);
}

const struct prefilter *
rule_index_filter(const struct rule_index *x)
{
	return x->filter;
}

unsigned
rule_index_fields(const struct rule_index *x)
{
	return x->fields;
}

size_t
rule_index_bytes(const struct rule_index *x)
{
	return prefilter_bytes(x->filter) + sizeof *x +
	       (EVENT_NAMES + 1) * x->words * sizeof *x->events +
	       x->trigger_n * sizeof *x->triggers +
	       x->source_n * sizeof *x->first;
}

size_t
rule_index_words(const struct rule_index *x)
{
	return x->words;
}

/* --- a run -------------------------------------------------------------- */

/* The rules of an event that is one bit; NULL: there is no such event. */
static const uint64_t *
event_rules(const struct rule_index *x, unsigned event)
{
	return event != 0 ? x->events + (size_t)__builtin_ctz(event) * x->words
			  : NULL;
}

void
rule_index_begin(const struct rule_index *x, unsigned event, uint64_t *rules)
{
	const uint64_t *of = event_rules(x, event);
	size_t i;

	for (i = 0; i < x->words; i++)
		rules[i] = of != NULL ? of[i] & x->always[i] : 0;
}

static void
add_source(const struct rule_index *x, const uint64_t *of, uint32_t source,
	   unsigned field, uint64_t *rules)
{
	uint32_t i;

	for (i = x->first[source]; i < x->first[source + 1]; i++) {
		const struct trigger *t = &x->triggers[i];

		if ((t->fields & 1U << field) == 0)
			continue;
		if ((t->target & LIST) != 0)
			add_source(x, of,
				   (uint32_t)prefilter_count(x->filter) +
					   (t->target & ~LIST),
				   field, rules);
		else
			rules[t->target / 64] |= of[t->target / 64] &
						 (uint64_t)1 << t->target % 64;
	}
}

void
rule_index_add(const struct rule_index *x, unsigned event, unsigned field,
	       const struct prefilter_marks *m, uint64_t *rules)
{
	const uint64_t *of = event_rules(x, event);
	size_t i;

	for (i = 0; of != NULL && i < m->may_n; i++)
		add_source(x, of, m->may[i], field, rules);
}

size_t
rule_index_before(const struct rule_index *x, unsigned event, size_t rule)
{
	const uint64_t *of = event_rules(x, event);
	size_t n = 0;
	size_t i;

	if (of == NULL)
		return 0;
	for (i = 0; i < rule / 64; i++)
		n += (size_t)__builtin_popcountll(of[i]);
	if (rule % 64 != 0)
		n += (size_t)__builtin_popcountll(
			of[i] & (((uint64_t)1 << rule % 64) - 1));
	return n;
}
