#ifndef POSTIGO_MATCH_H
#define POSTIGO_MATCH_H

/*
 * match: working memory of rule runs, and one rule alone. For rule_run and
 * for the checker of examples.
 */

#include "rules/pattern.h"
#include "rules/tree.h"

#define SCRATCH_IDLE_MAX 4 /* kept by a book for reuse */

struct scratch *scratch_new(void);
void scratch_free(struct scratch **s);
/* The first of a list of idle ones, taken off it; NULL if it is empty. */
struct scratch *scratch_pop(struct scratch **list);

/* The matcher inside. Borrowed. */
struct matcher *scratch_matcher(struct scratch *s);

/* Forget the fields of the last facts. */
void scratch_begin(struct scratch *s, const struct rule_facts *facts);

/*
 * Do the conditions of a rule hold on the facts of scratch_begin? Its event
 * and channels are looked at too.
 * out  gets the hits of a rule that holds
 */
enum match rule_holds(const struct rule_node *r, struct scratch *s,
		      struct rule_result *out);

#endif
