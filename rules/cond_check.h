#ifndef POSTIGO_COND_CHECK_H
#define POSTIGO_COND_CHECK_H

/*
 * cond_check: what a rule's conditions ask: is it known on the rule's event,
 * and is each queue, team or policy in the book?
 */

struct build;
struct rule_node;

/* Complain of what one rule asks in vain. */
void conds_check(struct build *p, const struct rule_node *r);

#endif
