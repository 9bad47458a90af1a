#ifndef POSTIGO_REPEAT_H
#define POSTIGO_REPEAT_H

/*
 * repeat: a write with a command key is done once; the same again gets the
 * first response.
 *
 * Not here: methods whose response holds a secret that is shown once, or that
 * concern a connection alone: their keys are not kept (repeating them is
 * harmless by itself).
 * Source: schema/PROTOCOL.md, "Repeats".
 */

#include "daemon/base/err.h"

struct desk;
struct store;
struct task;

/*
 * Was it done before? t->repeated is set and rq->result is the first response;
 * an incident or a message in it is read again from its rows, as it is now.
 * OUT_PERM: code "key_reused", the key was for something else
 */
enum outcome repeat_find(struct desk *d, struct store *s, struct task *t,
			 struct err *e) MUST_CHECK;

/* Keep the response for the next time, without texts, in the request's
 * savepoint. */
enum outcome repeat_note(struct store *s, struct task *t,
			 struct err *e) MUST_CHECK;

#endif
