#ifndef POSTIGO_CLASH_H
#define POSTIGO_CLASH_H

/*
 * clash: actions that contradict each other in one rule, and rules of time
 * that undo each other for ever. Sure or silent: what it complains about is
 * so.
 */

struct actions;
struct build;

/* Complain of actions of one "then" that contradict each other. */
void clash_check(struct build *p, const struct actions *list);

/*
 * Complain of rules of time that change an incident in turn and make each
 * other's conditions true, with their chain.
 */
void clash_loops(struct build *p);

#endif
