#ifndef POSTIGO_PATTERN_H
#define POSTIGO_PATTERN_H

/*
 * pattern: regular expressions over PCRE2's JIT, with a limit on everything.
 * The only file that knows PCRE2.
 *
 * Invariants: UTF, Unicode properties and caseless always; no pattern is used
 * that JIT did not take; a match that met a limit is "undecided", never "no".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct literals;
struct pattern;
struct matcher;

#define PATTERN_MATCH_LIMIT 50000U
#define PATTERN_HEAP_KIB 1024U
#define PATTERN_DEPTH_LIMIT 1000U
#define PATTERN_STACK_BYTES (1024 * 1024) /* ceiling of a JIT stack */
#define PATTERN_WORST_US 5000   /* of one match, on adversarial text */
#define PATTERN_SAMPLE_CHARS 60 /* of a text that was too slow */
#define PATTERN_SAMPLE_BYTES (PATTERN_SAMPLE_CHARS * 4 + 1)

enum pattern_flags {
	PATTERN_LITERAL = 1, /* the source is text, not an expression */
	PATTERN_EXACT = 2    /* accents count */
};

struct pattern_error {
	size_t at; /* byte of the source */
	char text[256];
	const char *hint; /* static, or NULL */
};

enum match {
	MATCH_NO,
	MATCH_YES,
	MATCH_UNDECIDED /* a limit was met */
};

/* Can PCRE2 compile to machine code here? Without it no book is read. */
bool pattern_jit(void);

/*
 * Compile n bytes of well-formed UTF-8, at most TREE_PATTERN_BYTES.
 *
 * flags    of enum pattern_flags
 * out      set on OUT_OK; free with pattern_free
 *
 * OUT_PERM  *e says why and where
 */
enum outcome pattern_new(const char *s, size_t n, unsigned flags,
			 struct pattern **out,
			 struct pattern_error *e) MUST_CHECK;

/* Free; clears *p, accepts a pointer to NULL. */
void pattern_free(struct pattern **p);

/* Was it made with PATTERN_EXACT? Then it wants text that is not folded. */
bool pattern_exact(const struct pattern *p);

/* What a text must have for it to match. Belongs to the pattern. */
const struct literals *pattern_literals(const struct pattern *p);

/* Its number in the prefilter of its book; set once, when that is made. */
uint32_t pattern_number(const struct pattern *p);
void pattern_number_set(struct pattern *p, uint32_t number);

/* Working memory of matches; of one thread at a time. */
struct matcher *matcher_new(void);
void matcher_free(struct matcher **m);

/* Matches give up after so many steps from one place; PATTERN_MATCH_LIMIT in a
 * new matcher. */
void matcher_steps(struct matcher *m, unsigned limit);

/*
 * Matches give up, undecided, soon after so many microseconds from now; 0:
 * never, as in a new matcher. Counted is the time of this thread, so that a
 * busy machine decides nothing.
 */
void matcher_budget(struct matcher *m, int64_t us);
/* Has the budget been used up? */
bool matcher_late(struct matcher *m);

/*
 * Search n bytes of well-formed UTF-8, folded unless the pattern is exact.
 * from_out, to_out  byte span of the first match, set on MATCH_YES
 */
enum match pattern_match(const struct pattern *p, struct matcher *m,
			 const char *s, size_t n, size_t *from_out,
			 size_t *to_out);

/* What the worst of adversarial texts brings out. */
struct pattern_trial {
	int64_t worst_us; /* of one match */
	bool undecided;   /* a match met a limit */
	/* the text that it was over on, its first characters; "" if none */
	char sample[PATTERN_SAMPLE_BYTES];
};

/*
 * Try a pattern on adversarial texts of n bytes, some of them made of its
 * own source, until one is over PATTERN_WORST_US or undecided. A text that is
 * over is tried again, so that a busy machine refuses nothing.
 *
 * A pattern whose steps are few by its structure is not tried; one that is
 * fast on short texts by far, and under a limit that is lower by as much, is
 * not tried on long ones: it would have to grow faster than the square of the
 * text's length from there on.
 */
struct pattern_trial pattern_try(const struct pattern *p, struct matcher *m,
				 const char *source, size_t source_n, size_t n);

/* As pattern_match, of a match that can begin at n_at places alone, in order. */
enum match pattern_match_at(const struct pattern *p, struct matcher *m,
			    const char *s, size_t n, const uint32_t *at,
			    size_t n_at, size_t *from_out, size_t *to_out);

#define PATTERN_NAMES_MAX 16 /* named groups that are used */

/* The name of the i-th named group "(?<name>...)"; NULL past the last. */
const char *pattern_name(const struct pattern *p, size_t i);

/*
 * After MATCH_YES, and before the matcher's next use: the span of a named
 * group. false: the group took no part.
 */
bool pattern_group(const struct pattern *p, const struct matcher *m, size_t i,
		   size_t *from_out, size_t *to_out);

#endif
