#ifndef POSTIGO_LOGIC_H
#define POSTIGO_LOGIC_H

/*
 * logic: conditions that no fact can meet, and rules that another one makes
 * idle. Sure or silent: what it complains about is so.
 */

struct build;

/*
 * Complain of: a condition that excludes another one which must hold too; a
 * rule behind a "stop" that ends the run whenever it would fire; a rule
 * whose every action an earlier rule has already proposed.
 */
void logic_check(struct build *p);

#endif
