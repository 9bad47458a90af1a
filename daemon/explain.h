#ifndef POSTIGO_EXPLAIN_H
#define POSTIGO_EXPLAIN_H

/*
 * explain: why rules decided as they did: what each condition says of the
 * facts of that time, asked once more of the version that decided, with the
 * words that matched. What the event noted is the truth; where asking again
 * gives another answer (a fact is not known any more) only the event's hits
 * are told.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "rules/rule.h"

struct book;

#define EXPLAIN_BYTES_MAX (600 * 1024) /* of one answer's rules */
#define EXPLAIN_MS 3000                /* that they may take together */

/* What is asked for, and what is left of the ceilings. */
struct explain {
	bool all;         /* every rule that was looked at */
	const char *rule; /* or this one alone; NULL */
	int64_t end_ms;   /* tick */
	size_t bytes;     /* so far */
	bool cut;         /* a ceiling was met */
};

/*
 * RuleVerdicts (methods.tbl) of one decision: a new list.
 *
 * b          version that decided
 * f          facts of that time
 * data       of the event; its "rules" fired
 * undecided  list of {rule, why}, or NULL
 * known_out  false: what fired could not be asked once more
 */
json_t *explain_rules(struct explain *x, const struct book *b,
		      const struct rule_facts *f, const json_t *data,
		      const json_t *undecided, bool *known_out);

#endif
