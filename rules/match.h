#ifndef POSTIGO_MATCH_H
#define POSTIGO_MATCH_H

/*
 * match: working memory of rule runs, and one rule alone. For rule_run,
 * rule_explain and the checker of examples.
 *
 * match.c runs rules, match_cond.c asks conditions, match_text.c tries
 * patterns on texts: the one place that does (text_match).
 */

#include "rules/pattern.h"
#include "rules/prefilter.h"
#include "rules/tree.h"

#define SCRATCH_IDLE_MAX 4                        /* kept by a book for reuse */
#define TEXT_FIELDS (RULE_FIELD_ORDER_NUMBER + 1) /* they come first */

/* A text as matched: cut, and folded when a pattern first asks. */
struct subject {
	const char *raw; /* NULL: absent */
	size_t n;
	bool cut;
	bool folded;
	bool cleaned;
	size_t fold_n;
	char fold[RULE_SUBJECT_BYTES];
	uint16_t map[RULE_SUBJECT_BYTES + 1];
	char clean[RULE_SUBJECT_BYTES];
	bool scanned;
	struct prefilter_marks marks; /* made when a pattern first asks */
};

/* What a named group found. */
struct captured_text {
	const char *name; /* of the pattern */
	char text[RULE_CAPTURE_BYTES + 1];
};

struct scratch {
	struct scratch *next;
	struct matcher *matcher;
	const struct rule_facts *facts;
	unsigned event;   /* bit */
	unsigned channel; /* bit */
	/* by rule_field; of header and attachments: the one asked last */
	struct subject subjects[TEXT_FIELDS];
	struct captured_text captures[RULE_CAPTURES_MAX];
	size_t capture_count;
	struct rule_trace *trace;       /* NULL: nobody wants to know */
	const struct prefilter *filter; /* NULL: every pattern is tried */
	uint64_t *rules;                /* that are looked at, a bit each */
	size_t tries;                   /* of patterns */
};

struct scratch *scratch_new(void);
void scratch_free(struct scratch **s);
/* The first of a list of idle ones, taken off it; NULL if it is empty. */
struct scratch *scratch_pop(struct scratch **list);

/* Does its condition ask that field? (rule_asks.c) */
bool rule_asks(const struct rule_node *r, enum rule_field field);

/* The matcher inside. Borrowed. */
struct matcher *scratch_matcher(struct scratch *s);

/* Forget the texts of the last facts. */
void scratch_begin(struct scratch *s, const struct rule_facts *facts);

/*
 * Do the conditions of a rule hold on the facts of scratch_begin? Its event
 * and channels are looked at too.
 * out  gets the hits of a rule that holds
 */
enum match rule_holds(const struct rule_node *r, struct scratch *s,
		      struct rule_result *out);

/* Is a rule for this event, and for this channel? */
bool rule_on(const struct rule_node *r, const struct scratch *s);
bool rule_via(const struct rule_node *r, const struct scratch *s);

/* Conditions alone; hits and captures are added. */
enum match cond_holds(const struct rule_node *r, const struct cond *c,
		      struct scratch *s, struct rule_result *out);

/* What the prefilter saw in a text that is there. */
const struct prefilter_marks *subject_marks(struct scratch *s,
					    struct subject *f);

/* From now on every pattern of a book is tried on every text: what a run
 * then says must be the same. For tests; before other threads have the book. */
void book_plain(struct book *b);
/* Runs may take so long, not RULE_BUDGET_US. For tests as well. */
void book_patient(struct book *b, int64_t us);

/* COND_TEXT and COND_LIST. *hit is set on MATCH_YES. */
enum match text_holds(const struct cond *c, struct scratch *s,
		      struct rule_hit *hit);

#endif
