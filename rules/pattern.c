#define PCRE2_CODE_UNIT_WIDTH 8

#include "rules/pattern.h"

#include <assert.h>
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "rules/fold.h"
#include "rules/literal.h"
#include "rules/prefilter.h"
#include "rules/tree.h"

#define NO_HEAP 121   /* PCRE2's compile error 21; it has no name */
#define GROUPS_MAX 64 /* later ones of a pattern cannot be used */
#define STACK_FIRST (32 * 1024)
#define LOOK_PLACES 16   /* between two looks at the clock */
#define SLICE_BYTES 2048 /* places to begin between two looks at the clock */

struct pattern {
	pcre2_code *code;
	struct literals *literals;
	uint32_t number;
	bool exact;
};

struct matcher {
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack;
	unsigned limit;    /* of steps */
	bool whole;        /* it has all three */
	int64_t budget_us; /* of the thread's time; 0: no end */
	int64_t start_us;  /* of the thread's clock */
	int64_t look_us;   /* of CLOCK_MONOTONIC: not late before */
};

bool
pattern_jit(void)
{
	uint32_t on = 0;

	return pcre2_config(PCRE2_CONFIG_JIT, &on) == 0 && on == 1;
}

static enum outcome
refuse(struct pattern_error *e, size_t at, const char *text, const char *hint)
{
	e->at = at;
	e->hint = hint;
	(void)snprintf(e->text, sizeof e->text, "%s", text);
	return OUT_PERM;
}

/* Verbs may switch JIT off or change limits. */
static enum outcome
check_verbs(const char *s, size_t n, struct pattern_error *e)
{
	size_t at = 0;

	while (at + 1 < n && (s[at] != '(' || s[at + 1] != '*'))
		at += s[at] == '\\' ? 2 : 1;
	if (at + 1 >= n)
		return OUT_OK;
	return refuse(e, at, "a verb '(*...)' in a pattern",
		      "write '\\(' for a parenthesis; verbs are not allowed");
}

/* What is named must be among what a match keeps. */
static enum outcome
check_groups(const pcre2_code *c, struct pattern_error *e)
{
	uint32_t count = 0;
	uint32_t size = 0;
	PCRE2_SPTR table = NULL;
	uint32_t i;

	(void)pcre2_pattern_info(c, PCRE2_INFO_NAMECOUNT, &count);
	(void)pcre2_pattern_info(c, PCRE2_INFO_NAMEENTRYSIZE, &size);
	(void)pcre2_pattern_info(c, PCRE2_INFO_NAMETABLE, &table);
	if (count > PATTERN_NAMES_MAX)
		return refuse(e, 0, "a pattern with more than 16 named groups",
			      "name those that an action uses");
	for (i = 0; i < count; i++)
		if (((unsigned)table[i * size] << 8 | table[i * size + 1]) >=
		    GROUPS_MAX)
			return refuse(e, 0,
				      "a named group behind 63 other groups",
				      "write '(?:' for groups without a name");
	return OUT_OK;
}

static enum outcome
compile(const char *s, size_t n, unsigned flags, pcre2_code **code_out,
	struct pattern_error *e)
{
	uint32_t options = PCRE2_UTF | PCRE2_CASELESS | PCRE2_USE_OFFSET_LIMIT |
			   PCRE2_NEVER_BACKSLASH_C;
	PCRE2_UCHAR text[200];
	PCRE2_SIZE at = 0;
	size_t size = 0;
	int code = 0;
	pcre2_code *c;

	options |= (flags & PATTERN_LITERAL) != 0
			   ? (uint32_t)PCRE2_LITERAL & ~PCRE2_UCP
			   : (uint32_t)PCRE2_UCP;
	if ((flags & PATTERN_LITERAL) != 0)
		options &= ~PCRE2_NEVER_BACKSLASH_C;
	c = pcre2_compile((PCRE2_SPTR)s, n, options, &code, &at, NULL);
	if (c == NULL) {
		if (code == NO_HEAP)
			mem_short_note();
		(void)pcre2_get_error_message(code, text, sizeof text);
		(void)snprintf(e->text, sizeof e->text, "a wrong pattern: %s",
			       (const char *)text);
		e->at = at <= n ? at : n;
		e->hint = NULL;
		return OUT_PERM;
	}
	code = pcre2_jit_compile(c, PCRE2_JIT_COMPLETE);
	(void)pcre2_pattern_info(c, PCRE2_INFO_JITSIZE, &size);
	if (code != 0 || size == 0) {
		if (code == PCRE2_ERROR_NOMEMORY)
			mem_short_note();
		pcre2_code_free(c);
		return refuse(e, 0,
			      "a pattern that cannot be made machine code",
			      "make it shorter or simpler");
	}
	if (check_groups(c, e) != OUT_OK) {
		pcre2_code_free(c);
		return OUT_PERM;
	}
	*code_out = c;
	return OUT_OK;
}

enum outcome
pattern_new(const char *s, size_t n, unsigned flags, struct pattern **out,
	    struct pattern_error *e)
{
	char folded[TREE_PATTERN_BYTES + 1];
	uint16_t map[TREE_PATTERN_BYTES + 1];
	struct fold_trouble t = { 0 };
	bool literal = (flags & PATTERN_LITERAL) != 0;
	bool bad = false;
	pcre2_code *code = NULL;
	size_t m = n;
	enum outcome o;

	if (n > TREE_PATTERN_BYTES)
		return refuse(e, 0, "a pattern over 2,000 bytes",
			      "split it into several rules or conditions");
	if (n == 0)
		return refuse(e, 0, "an empty pattern",
			      "it would match every text");
	if (!literal && check_verbs(s, n, e) != OUT_OK)
		return OUT_PERM;
	if ((flags & PATTERN_EXACT) != 0) {
		memcpy(folded, s, n);
	} else if (literal) {
		m = fold_text(s, n, folded, map, &bad);
	} else if (!fold_pattern(s, n, folded, map, &m, &t)) {
		return refuse(e, t.at, t.text, t.hint);
	}
	if (m == 0)
		return refuse(e, 0, "a pattern of marks alone",
			      "add 'exact' to look for marks");
	o = compile(folded, m, flags, &code, e);
	if (o != OUT_OK) {
		if ((flags & PATTERN_EXACT) == 0 && e->at <= m)
			e->at = map[e->at];
		return o;
	}
	*out = mem_new(1, sizeof **out);
	(*out)->code = code;
	(*out)->number = PREFILTER_ALWAYS;
	(*out)->literals =
		literals_read(folded, m, literal, (flags & PATTERN_EXACT) != 0);
	(*out)->exact = (flags & PATTERN_EXACT) != 0;
	return OUT_OK;
}

void
pattern_free(struct pattern **p)
{
	if (*p == NULL)
		return;
	pcre2_code_free((*p)->code);
	mem_free((*p)->literals);
	MEM_CLEAR(p);
}

bool
pattern_exact(const struct pattern *p)
{
	return p->exact;
}

const struct literals *
pattern_literals(const struct pattern *p)
{
	return p->literals;
}

uint32_t
pattern_number(const struct pattern *p)
{
	return p->number;
}

void
pattern_number_set(struct pattern *p, uint32_t number)
{
	p->number = number;
}

/* What it lacks is asked for again: a matcher is kept for long. Without a
 * stack of our own JIT uses 32 KiB of the thread's. */
static void
matcher_fill(struct matcher *m)
{
	if (m->data == NULL)
		m->data = pcre2_match_data_create(GROUPS_MAX, NULL);
	if (m->stack == NULL)
		m->stack = pcre2_jit_stack_create(STACK_FIRST,
						  PATTERN_STACK_BYTES, NULL);
	if (m->context == NULL) {
		m->context = pcre2_match_context_create(NULL);
		if (m->context != NULL) {
			pcre2_set_match_limit(m->context, m->limit);
			pcre2_set_heap_limit(m->context, PATTERN_HEAP_KIB);
			pcre2_set_depth_limit(m->context, PATTERN_DEPTH_LIMIT);
		}
	}
	m->whole = m->context != NULL && m->data != NULL && m->stack != NULL;
	if (m->whole)
		pcre2_jit_stack_assign(m->context, NULL, m->stack);
	else
		mem_short_note();
}

struct matcher *
matcher_new(void)
{
	struct matcher *m = mem_new(1, sizeof *m);

	m->limit = PATTERN_MATCH_LIMIT;
	matcher_fill(m);
	return m;
}

void
matcher_free(struct matcher **m)
{
	if (*m == NULL)
		return;
	pcre2_match_data_free((*m)->data);
	pcre2_match_context_free((*m)->context);
	pcre2_jit_stack_free((*m)->stack);
	MEM_CLEAR(m);
}

static int64_t
clock_us(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
matcher_budget(struct matcher *m, int64_t us)
{
	m->budget_us = us;
	if (us == 0)
		return;
	m->start_us = clock_us(CLOCK_THREAD_CPUTIME_ID);
	m->look_us = clock_us(CLOCK_MONOTONIC) + us;
}

/* The thread's clock is dear to read, and never ahead of the other. */
bool
matcher_late(struct matcher *m)
{
	int64_t now_us;
	int64_t left_us;

	if (m->budget_us == 0)
		return false;
	now_us = clock_us(CLOCK_MONOTONIC);
	if (now_us <= m->look_us)
		return false;
	left_us = m->budget_us -
		  (clock_us(CLOCK_THREAD_CPUTIME_ID) - m->start_us);
	m->look_us = now_us + left_us;
	return left_us < 0;
}

void
matcher_steps(struct matcher *m, unsigned limit)
{
	m->limit = limit;
	if (m->context != NULL)
		pcre2_set_match_limit(m->context, limit);
}

/* Search slice by slice for a place to begin, so that the clock is seen. */
static int
search(const struct pattern *p, struct matcher *m, const char *s, size_t n)
{
	size_t from = 0;
	int got;

	for (;;) {
		size_t end = utf8_cut(s, n, from + SLICE_BYTES);

		(void)pcre2_set_offset_limit(m->context,
					     end < n ? end - 1 : PCRE2_UNSET);
		got = pcre2_match(p->code, (PCRE2_SPTR)s, n, from,
				  PCRE2_NO_UTF_CHECK, m->data, m->context);
		if (got != PCRE2_ERROR_NOMATCH || end == n)
			return got;
		if (matcher_late(m))
			return PCRE2_ERROR_MATCHLIMIT;
		from = end;
	}
}

/* What PCRE2 said, in our words. */
static enum match
answer(const struct matcher *m, int got, size_t *from_out, size_t *to_out)
{
	const PCRE2_SIZE *span;

	if (got == PCRE2_ERROR_NOMATCH)
		return MATCH_NO;
	if (got == PCRE2_ERROR_NOMEMORY)
		mem_short_note();
	if (got < 0)
		return MATCH_UNDECIDED;
	span = pcre2_get_ovector_pointer(m->data);
	/* "\\K" in a look-ahead may end before it begins */
	*from_out = span[0] <= span[1] ? span[0] : span[1];
	*to_out = span[1] >= span[0] ? span[1] : span[0];
	return MATCH_YES;
}

/* Has it all its memory? Without that for the limits nothing can be said. */
static bool
ready(struct matcher *m)
{
	if (!m->whole)
		matcher_fill(m);
	return m->whole;
}

enum match
pattern_match(const struct pattern *p, struct matcher *m, const char *s,
	      size_t n, size_t *from_out, size_t *to_out)
{
	return ready(m) ? answer(m, search(p, m, s, n), from_out, to_out)
			: MATCH_UNDECIDED;
}

enum match
pattern_match_at(const struct pattern *p, struct matcher *m, const char *s,
		 size_t n, const uint32_t *at, size_t n_at, size_t *from_out,
		 size_t *to_out)
{
	int got = PCRE2_ERROR_NOMATCH;
	size_t i;

	if (!ready(m))
		return MATCH_UNDECIDED;
	for (i = 0; i < n_at && got == PCRE2_ERROR_NOMATCH; i++) {
		if (i % LOOK_PLACES == LOOK_PLACES - 1 && matcher_late(m))
			return MATCH_UNDECIDED;
		(void)pcre2_set_offset_limit(m->context, at[i]);
		got = pcre2_match(p->code, (PCRE2_SPTR)s, n, at[i],
				  PCRE2_NO_UTF_CHECK, m->data, m->context);
	}
	return answer(m, got, from_out, to_out);
}

/* Entry i of the table of names: two bytes of number, then the name. */
static PCRE2_SPTR
name_entry(const struct pattern *p, size_t i)
{
	uint32_t count = 0;
	uint32_t size = 0;
	PCRE2_SPTR table = NULL;

	(void)pcre2_pattern_info(p->code, PCRE2_INFO_NAMECOUNT, &count);
	if (i >= count)
		return NULL;
	(void)pcre2_pattern_info(p->code, PCRE2_INFO_NAMEENTRYSIZE, &size);
	(void)pcre2_pattern_info(p->code, PCRE2_INFO_NAMETABLE, &table);
	return table + i * size;
}

const char *
pattern_name(const struct pattern *p, size_t i)
{
	PCRE2_SPTR entry = name_entry(p, i);

	return entry != NULL ? (const char *)entry + 2 : NULL;
}

bool
pattern_group(const struct pattern *p, const struct matcher *m, size_t i,
	      size_t *from_out, size_t *to_out)
{
	PCRE2_SPTR entry = name_entry(p, i);
	const PCRE2_SIZE *span;
	size_t n;

	if (entry == NULL)
		return false;
	n = (size_t)entry[0] << 8 | entry[1];
	span = pcre2_get_ovector_pointer(m->data) + 2 * n;
	if (span[0] == PCRE2_UNSET || span[1] == PCRE2_UNSET ||
	    span[0] > span[1])
		return false;
	*from_out = span[0];
	*to_out = span[1];
	return true;
}
