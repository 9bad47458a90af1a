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
	uint8_t *full;   /* of each pattern: all its sets */
	uint32_t *leads; /* strings that all matches of a pattern begin with */
	size_t lead_n;
	uint32_t *lead_first; /* of each pattern: its leads, up to the next's */
	uint8_t *lead_bytes;  /* of each string: its length if it is a lead */
	size_t pattern_n;
	size_t string_n;
	uint16_t classes[256]; /* of a byte; 0: in no string */
	size_t class_n;
	/* while strings are taken in */
	struct node *nodes;
	size_t node_n;
	size_t node_cap;
	size_t use_cap;
	size_t lead_cap;
	size_t lead_first_cap;
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
	mem_free((*f)->leads);
	mem_free((*f)->lead_first);
	mem_free((*f)->lead_bytes);
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
	size_t before = f->lead_n;
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
			if (i != 0 || !l->leads)
				continue;
			f->leads = grown(f->leads, f->lead_n, &f->lead_cap,
					 sizeof *f->leads);
			f->leads[f->lead_n++] = s;
		}
	f->lead_first = grown(f->lead_first, f->pattern_n + 1,
			      &f->lead_first_cap, sizeof *f->lead_first);
	f->lead_first[f->pattern_n] = (uint32_t)before;
	f->lead_first[f->pattern_n + 1] = (uint32_t)f->lead_n;
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

/* The length of each string, kept of leads alone. */
static void
measure_leads(struct prefilter *f)
{
	uint32_t *depth = mem_new(f->node_n, sizeof *depth);
	uint8_t *bytes = mem_new(f->string_n + 1, 1);
	size_t i;

	/* a node comes after the one that it follows */
	for (i = 0; i < f->node_n; i++) {
		uint32_t c = f->nodes[i].child;

		if (f->nodes[i].string != NONE)
			bytes[f->nodes[i].string] = (uint8_t)depth[i];
		for (; c != NONE; c = f->nodes[c].sibling)
			depth[c] = depth[i] + 1;
	}
	f->lead_bytes = mem_new(f->string_n + 1, 1);
	for (i = 0; i < f->lead_n; i++)
		f->lead_bytes[f->leads[i]] = bytes[f->leads[i]];
	mem_free(bytes);
	mem_free(depth);
}

void
prefilter_finish(struct prefilter *f)
{
	assert(f->slots == NULL);
	make_classes(f);
	f->next = mem_new(f->string_n + 1, sizeof *f->next);
	make_slots(f);
	sort_uses(f);
	measure_leads(f);
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
	       (f->use_n + 1) * sizeof *f->uses + f->pattern_cap +
	       f->lead_cap * sizeof *f->leads + f->string_n +
	       f->lead_first_cap * sizeof *f->lead_first;
}

/* --- a text ------------------------------------------------------------- */

void
marks_init(struct prefilter_marks *m, const struct prefilter *f)
{
	m->missing = mem_new(f->pattern_n + 1, 1);
	m->may = mem_new(f->pattern_n + 1, sizeof *m->may);
	m->seen = mem_new(f->string_n + 1, 1);
	m->hits = mem_new(f->string_n + 1, sizeof *m->hits);
	m->last = mem_new(f->string_n + 1, sizeof *m->last);
	m->at = mem_new(PREFILTER_PLACES_MAX, sizeof *m->at);
	m->at_n = 0;
	m->lost = false;
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
	MEM_CLEAR(&m->last);
	MEM_CLEAR(&m->at);
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
		m->last[string] = 0;
		for (k = f->first[string]; k < f->first[string + 1]; k++)
			m->missing[f->uses[k].pattern] =
				f->full[f->uses[k].pattern];
	}
	m->hit_n = 0;
	m->may_n = 0;
	m->at_n = 0;
	m->lost = false;
}

static void
keep_place(struct prefilter_marks *m, uint32_t string, size_t place)
{
	struct prefilter_at *at;

	if (m->at_n == PREFILTER_PLACES_MAX) {
		m->lost = true;
		return;
	}
	at = &m->at[m->at_n++];
	at->place = (uint32_t)place;
	at->before = m->last[string];
	m->last[string] = (uint32_t)m->at_n;
}

/* Strings that end before the byte at end. */
static void
mark(const struct prefilter *f, uint32_t out, size_t end,
     struct prefilter_marks *m)
{
	for (; out != 0; out = f->next[out]) {
		uint32_t string = out - 1;
		uint32_t k;

		if (f->lead_bytes[string] != 0)
			keep_place(m, string, end - f->lead_bytes[string]);
		if (m->seen[string] != 0)
			continue;
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

/* The character at i, not ASCII, by the letter that stands for it. Returns its
 * bytes. */
static size_t
scan_wide(const struct prefilter *f, const char *s, size_t n, size_t i,
	  uint32_t *state, struct prefilter_marks *m)
{
	uint32_t cp = 0;
	size_t took = utf8_next(s + i, n - i, &cp);
	char out[4];
	size_t out_n;
	size_t k;

	if (took == 0) {
		*state = ROOT; /* not text: in no string */
		return 1;
	}
	out_n = utf8_encode(letter_plain(cp), out);
	/* lengths tell no more where a string began */
	m->lost = m->lost || out_n != took;
	for (k = 0; k < out_n; k++) {
		*state = step(f->slots, *state,
			      f->classes[(unsigned char)out[k]]);
		if (f->slots[*state].out != 0)
			mark(f, f->slots[*state].out, i + k + 1, m);
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
			i += scan_wide(f, s, n, i, &state, m);
			continue;
		}
		i++;
		if (f->classes[byte] == 0) {
			state = ROOT;
			continue;
		}
		state = step(slots, state, f->classes[byte]);
		if (slots[state].out != 0)
			mark(f, slots[state].out, i, m);
	}
}

/* Put a place among those before, in order and once. */
static size_t
insert_place(uint32_t *out, size_t n, uint32_t place)
{
	size_t i = n;

	while (i > 0 && out[i - 1] > place)
		i--;
	if (i > 0 && out[i - 1] == place)
		return n;
	memmove(out + i + 1, out + i, (n - i) * sizeof *out);
	out[i] = place;
	return n + 1;
}

size_t
prefilter_places(const struct prefilter *f, uint32_t pattern,
		 const struct prefilter_marks *m, uint32_t *out, size_t max)
{
	uint32_t from = f->lead_first[pattern];
	uint32_t to = f->lead_first[pattern + 1];
	size_t n = 0;

	if (m->lost || from == to)
		return SIZE_MAX;
	for (; from < to; from++) {
		uint32_t at = m->last[f->leads[from]];

		for (; at != 0; at = m->at[at - 1].before) {
			if (n == max)
				return SIZE_MAX;
			n = insert_place(out, n, m->at[at - 1].place);
		}
	}
	return n;
}
