#ifndef POSTIGO_ROBOT_H
#define POSTIGO_ROBOT_H

/*
 * robot: what a header says of a mail that a program wrote: RFC 3834 and
 * RFC 2919 fields, those of vendors, senders that no person writes from.
 *
 * Codes of hint.h, "why", in the order in which they are looked for: report,
 * challenge, auto_submitted, vendor, precedence, list, daemon, null_path,
 * no_reply, absence. (own_loop is the daemon's: it knows its own mark.)
 */

#include <stdbool.h>

struct head;
struct hint;

/* Is it the address of a mail system? */
bool robot_daemon(const char *address);

/* Was its envelope's sender the null path? */
bool robot_null_path(const struct head *h);

/* Sets robot, auto_reply and why. subject: decoded. */
void robot_head(struct hint *t, const struct head *h, const char *from,
		const char *subject);

/* May an automatic answer go to the sender of what no program wrote? */
bool robot_may_answer(const struct head *h, const char *from);

#endif
