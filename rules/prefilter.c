#include "rules/prefilter.h"

#include <assert.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/letter.h"
#include "rules/literal.h"

#define NONE UINT32_MAX
#define CLASSES_MAX 257
#define ROOT 1U
#define LOOK_MAX 64 /* free slots that a state with many ways on looks at */

/* A node of the trie, while strings are taken in. */
struct node {
	uint32_t child;   /* first one */
	uint32_t sibling; /* next one */
	uint32_t string;
	uint32_t slot;
	unsigned char byte;
};

/* A state of the automaton. */
struct slot {
	uint32_t base;  /* of the states that follow */
	uint32_t check; /* the state that it follows; 0: the slot is free */
	uint32_t fail;  /* the longest other end of what was read */
	uint32_t out;   /* the longest string that ends here, from 1; 0: none */
};

/* A pattern wants a string: one of a set. */
struct use {
	uint32_t string;
	uint32_t pattern;
	uint8_t set; /* a bit */
};

struct prefilter {
	struct slot *slots;
	size_t slot_n;
	uint32_t *next;  /* of each string, from 1: the next shorter one */
	uint32_t *first; /* of each string: its uses, up to those of the next */
	struct use *uses;
	size_t use_n;
	uint8_t *full; /* of each pattern: all its sets */
	size_t pattern_n;
	size_t string_n;
	uint16_t classes[256]; /* of a byte; 0: in no string */
	size_t class_n;
	/* while strings are taken in */
	struct node *nodes;
	size_t node_n;
	size_t node_cap;
	size_t use_cap;
	size_t pattern_cap;
};

static void *
grown(void *p, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return p;
	*cap = *cap != 0 ? *cap * 2 : 64;
	return mem_resize(p, *cap, size);
}

static uint32_t
node_new(struct prefilter *f, unsigned char byte)
{
	struct node *n;

	f->nodes = grown(f->nodes, f->node_n, &f->node_cap, sizeof *f->nodes);
	n = &f->nodes[f->node_n];
	n->child = NONE;
	n->sibling = NONE;
	n->string = NONE;
	n->slot = 0;
	n->byte = byte;
	return (uint32_t)f->node_n++;
}

struct prefilter *
prefilter_new(void)
{
	struct prefilter *f = mem_new(1, sizeof *f);

	(void)node_new(f, 0);
	return f;
}

void
prefilter_free(struct prefilter **f)
{
	if (*f == NULL)
		return;
	mem_free((*f)->slots);
	mem_free((*f)->next);
	mem_free((*f)->first);
	mem_free((*f)->uses);
	mem_free((*f)->full);
	mem_free((*f)->nodes);
	MEM_CLEAR(f);
}

/* --- taking in ---------------------------------------------------------- */

static uint32_t
string_add(struct prefilter *f, const struct literal *l)
{
	uint32_t at = 0;
	size_t i;

	for (i = 0; i < l->n; i++) {
		unsigned char byte = (unsigned char)l->s[i];
		uint32_t to = f->nodes[at].child;

		while (to != NONE && f->nodes[to].byte != byte)
			to = f->nodes[to].sibling;
		if (to == NONE) {
			to = node_new(f, byte);
			f->nodes[to].sibling = f->nodes[at].child;
			f->nodes[at].child = to;
		}
		at = to;
	}
	if (f->nodes[at].string == NONE)
		f->nodes[at].string = (uint32_t)f->string_n++;
	return f->nodes[at].string;
}

uint32_t
prefilter_add(struct prefilter *f, const struct literals *l)
{
	uint32_t pattern = (uint32_t)f->pattern_n;
	size_t bytes = 0;
	size_t i;
	size_t k;

	assert(f->slots == NULL);
	for (i = 0; i < l->n; i++)
		for (k = 0; k < l->sets[i].n; k++)
			bytes += l->sets[i].at[k].n;
	if (l->n == 0 || f->node_n + bytes > PREFILTER_STATES_MAX)
		return PREFILTER_ALWAYS;
	for (i = 0; i < l->n; i++)
		for (k = 0; k < l->sets[i].n; k++) {
			uint32_t s = string_add(f, &l->sets[i].at[k]);

			f->uses = grown(f->uses, f->use_n, &f->use_cap,
					sizeof *f->uses);
			f->uses[f->use_n].string = s;
			f->uses[f->use_n].pattern = pattern;
			f->uses[f->use_n++].set = (uint8_t)(1U << i);
		}
	f->full =
		grown(f->full, f->pattern_n, &f->pattern_cap, sizeof *f->full);
	f->full[f->pattern_n++] = (uint8_t)((1U << l->n) - 1);
	return pattern;
}

/* --- the double array --------------------------------------------------- */

/* Free slots in order, each with its neighbours. */
struct room {
	struct prefilter *f;
	uint32_t *after;
	uint32_t *before;
	uint32_t first; /* NONE: no free slot */
	uint32_t high;  /* from here on all are free */
	size_t n;       /* slots */
};

static void
room_grow(struct room *r, size_t n)
{
	size_t i;
	uint32_t last = NONE;

	if (n <= r->n)
		return;
	n += n / 4 + CLASSES_MAX;
	r->f->slots = mem_resize(r->f->slots, n, sizeof *r->f->slots);
	r->after = mem_resize(r->after, n, sizeof *r->after);
	r->before = mem_resize(r->before, n, sizeof *r->before);
	if (r->first != NONE)
		for (last = r->first; r->after[last] != NONE;)
			last = r->after[last];
	for (i = r->n; i < n; i++) {
		memset(&r->f->slots[i], 0, sizeof *r->f->slots);
		r->before[i] = last;
		r->after[i] = NONE;
		if (last != NONE)
			r->after[last] = (uint32_t)i;
		else
			r->first = (uint32_t)i;
		last = (uint32_t)i;
	}
	r->n = n;
}

static void
room_take(struct room *r, uint32_t at, uint32_t owner)
{
	uint32_t a = r->before[at];
	uint32_t b = r->after[at];

	r->f->slots[at].check = owner;
	if (at >= r->high)
		r->high = at + 1;
	if (a != NONE)
		r->after[a] = b;
	else
		r->first = b;
	if (b != NONE)
		r->before[b] = a;
}

static uint16_t
class_of(const struct prefilter *f, uint32_t node)
{
	return f->classes[f->nodes[node].byte];
}

/* May the ways on of a node begin at base? */
static bool
room_fits(const struct room *r, uint32_t base, uint32_t child)
{
	for (; child != NONE; child = r->f->nodes[child].sibling)
		if (r->f->slots[base + class_of(r->f, child)].check != 0)
			return false;
	return true;
}

/* A base for the ways on of a node that begin with child. */
static uint32_t
room_find(struct room *r, uint32_t child)
{
	uint16_t lead = class_of(r->f, child);
	uint32_t at;
	size_t looked = 0;

	for (at = r->first; at != NONE && looked < LOOK_MAX;
	     at = r->after[at], looked++) {
		if (at <= lead)
			continue;
		room_grow(r, at + CLASSES_MAX);
		if (room_fits(r, at - lead, child))
			return at - lead;
	}
	at = r->high;
	room_grow(r, at + 2 * CLASSES_MAX);
	return at;
}

static void
place_children(struct room *r, uint32_t parent)
{
	struct prefilter *f = r->f;
	uint32_t child = f->nodes[parent].child;
	uint32_t from = f->nodes[parent].slot;
	uint32_t base;

	if (child == NONE)
		return;
	base = room_find(r, child);
	f->slots[from].base = base;
	for (; child != NONE; child = f->nodes[child].sibling) {
		f->nodes[child].slot = base + class_of(f, child);
		room_take(r, f->nodes[child].slot, from);
	}
}

/* The state after one byte class; the root if nothing goes on. */
static uint32_t
step(const struct slot *slots, uint32_t s, uint32_t c)
{
	for (;;) {
		uint32_t to = slots[s].base + c;

		if (slots[to].check == s)
			return to;
		if (s == ROOT)
			return ROOT;
		s = slots[s].fail;
	}
}

static void
link_child(struct prefilter *f, uint32_t parent, uint32_t child)
{
	const struct node *n = &f->nodes[child];
	struct slot *to = &f->slots[n->slot];
	uint32_t from = f->nodes[parent].slot;

	to->fail = from == ROOT ? ROOT
				: step(f->slots, f->slots[from].fail,
				       f->classes[n->byte]);
	to->out = f->slots[to->fail].out;
	if (n->string != NONE) {
		f->next[n->string + 1] = to->out;
		to->out = n->string + 1;
	}
}

/* Give each byte that is in a string a class; capital letters have that of
 * the small ones. */
static void
make_classes(struct prefilter *f)
{
	unsigned b;
	size_t i;

	f->class_n = 1;
	for (i = 1; i < f->node_n; i++)
		if (f->classes[f->nodes[i].byte] == 0)
			f->classes[f->nodes[i].byte] = (uint16_t)f->class_n++;
	for (b = 'A'; b <= 'Z'; b++)
		f->classes[b] = f->classes[b + 32];
}

/* Nodes in the order of their depth: first all are placed, then linked. */
static void
make_slots(struct prefilter *f)
{
	struct room r = { .f = f, .first = NONE };
	uint32_t *queue = mem_new(f->node_n, sizeof *queue);
	size_t end = 1;
	size_t i;

	room_grow(&r, CLASSES_MAX);
	room_take(&r, 0, NONE); /* 0 says "free" */
	room_take(&r, ROOT, NONE);
	f->nodes[0].slot = ROOT;
	for (i = 0; i < end; i++) {
		uint32_t c = f->nodes[queue[i]].child;

		place_children(&r, queue[i]);
		for (; c != NONE; c = f->nodes[c].sibling)
			queue[end++] = c;
	}
	f->slots[ROOT].fail = ROOT;
	for (i = 0; i < end; i++) {
		uint32_t c = f->nodes[queue[i]].child;

		for (; c != NONE; c = f->nodes[c].sibling)
			link_child(f, queue[i], c);
	}
	f->slot_n = r.high + CLASSES_MAX; /* no state's ways on are beyond */
	f->slots = mem_resize(f->slots, f->slot_n, sizeof *f->slots);
	mem_free(queue);
	mem_free(r.after);
	mem_free(r.before);
}

/* Uses in the order of their strings. */
static void
sort_uses(struct prefilter *f)
{
	struct use *sorted = mem_new(f->use_n + 1, sizeof *sorted);
	uint32_t *at = mem_new(f->string_n + 1, sizeof *at);
	size_t i;

	f->first = mem_new(f->string_n + 1, sizeof *f->first);
	for (i = 0; i < f->use_n; i++)
		f->first[f->uses[i].string + 1]++;
	for (i = 0; i < f->string_n; i++)
		f->first[i + 1] += f->first[i];
	memcpy(at, f->first, (f->string_n + 1) * sizeof *at);
	for (i = 0; i < f->use_n; i++)
		sorted[at[f->uses[i].string]++] = f->uses[i];
	mem_free(f->uses);
	mem_free(at);
	f->uses = sorted;
}

void
prefilter_finish(struct prefilter *f)
{
	assert(f->slots == NULL);
	make_classes(f);
	f->next = mem_new(f->string_n + 1, sizeof *f->next);
	make_slots(f);
	sort_uses(f);
	MEM_CLEAR(&f->nodes);
}

size_t
prefilter_count(const struct prefilter *f)
{
	return f->pattern_n;
}

size_t
prefilter_bytes(const struct prefilter *f)
{
	return sizeof *f + f->slot_n * sizeof *f->slots +
	       (f->string_n + 1) * (sizeof *f->next + sizeof *f->first) +
	       (f->use_n + 1) * sizeof *f->uses + f->pattern_cap;
}

/* --- a text ------------------------------------------------------------- */

void
marks_init(struct prefilter_marks *m, const struct prefilter *f)
{
	m->missing = mem_new(f->pattern_n + 1, 1);
	m->may = mem_new(f->pattern_n + 1, sizeof *m->may);
	m->seen = mem_new(f->string_n + 1, 1);
	m->hits = mem_new(f->string_n + 1, sizeof *m->hits);
	m->hit_n = 0;
	m->may_n = 0;
	if (f->pattern_n != 0)
		memcpy(m->missing, f->full, f->pattern_n);
}

void
marks_release(struct prefilter_marks *m)
{
	MEM_CLEAR(&m->missing);
	MEM_CLEAR(&m->may);
	MEM_CLEAR(&m->seen);
	MEM_CLEAR(&m->hits);
}

/* Forget the last text: what it had is undone, the rest is as it was. */
static void
marks_forget(struct prefilter_marks *m, const struct prefilter *f)
{
	size_t i;
	uint32_t k;

	for (i = 0; i < m->hit_n; i++) {
		uint32_t string = m->hits[i];

		m->seen[string] = 0;
		for (k = f->first[string]; k < f->first[string + 1]; k++)
			m->missing[f->uses[k].pattern] =
				f->full[f->uses[k].pattern];
	}
	m->hit_n = 0;
	m->may_n = 0;
}

static void
mark(const struct prefilter *f, uint32_t out, struct prefilter_marks *m)
{
	for (; out != 0; out = f->next[out]) {
		uint32_t string = out - 1;
		uint32_t k;

		if (m->seen[string] != 0)
			return; /* and so were the shorter ones in it */
		m->seen[string] = 1;
		m->hits[m->hit_n++] = string;
		for (k = f->first[string]; k < f->first[string + 1]; k++) {
			const struct use *u = &f->uses[k];

			if (m->missing[u->pattern] == 0)
				continue;
			m->missing[u->pattern] &= (uint8_t)~u->set;
			if (m->missing[u->pattern] == 0)
				m->may[m->may_n++] = u->pattern;
		}
	}
}

/* A character that is not ASCII, by the letter that stands for it. */
static size_t
scan_wide(const struct prefilter *f, const char *s, size_t n, uint32_t *state,
	  struct prefilter_marks *m)
{
	uint32_t cp = 0;
	size_t took = utf8_next(s, n, &cp);
	char out[4];
	size_t out_n;
	size_t i;

	if (took == 0) {
		*state = ROOT; /* not text: in no string */
		return 1;
	}
	out_n = letter_encode(letter_plain(cp), out);
	for (i = 0; i < out_n; i++) {
		*state = step(f->slots, *state,
			      f->classes[(unsigned char)out[i]]);
		if (f->slots[*state].out != 0)
			mark(f, f->slots[*state].out, m);
	}
	return took;
}

void
prefilter_scan(const struct prefilter *f, const char *s, size_t n,
	       struct prefilter_marks *m)
{
	const struct slot *slots = f->slots;
	uint32_t state = ROOT;
	size_t i = 0;

	marks_forget(m, f);
	if (f->pattern_n == 0)
		return;
	while (i < n) {
		unsigned char byte = (unsigned char)s[i];

		if (byte >= 0x80) {
			i += scan_wide(f, s + i, n - i, &state, m);
			continue;
		}
		i++;
		if (f->classes[byte] == 0) {
			state = ROOT;
			continue;
		}
		state = step(slots, state, f->classes[byte]);
		if (slots[state].out != 0)
			mark(f, slots[state].out, m);
	}
}
