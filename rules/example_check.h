#ifndef POSTIGO_EXAMPLE_CHECK_H
#define POSTIGO_EXAMPLE_CHECK_H

/*
 * example_check: do a rule's examples hold? One that does not is told with
 * the condition that said no and how far it got, or with the place that
 * should not have matched.
 */

struct build;
struct rule_node;
struct scratch;

/* Run every example and counterexample of a rule that is not broken. */
void examples_check(struct build *p, const struct rule_node *r,
		    struct scratch *s);

#endif
