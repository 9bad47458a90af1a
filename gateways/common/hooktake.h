#ifndef POSTIGO_HOOKTAKE_H
#define POSTIGO_HOOKTAKE_H

/*
 * hooktake: deliveries that the daemon keeps (hooks), taken with their bodies
 * and given to whoever reads them (taken.h).
 *
 * Invariants: hooks begin in the order in which they were taken; requests of
 * one word are asked one after the other, those of different words at the same
 * time; a hook is `done` when each of its requests was answered, `dead` if a
 * part of it cannot be read or was refused for good, after all the rest was
 * asked, and taken `again` if the daemon could not. Nothing is kept here:
 * whatever is asked twice is harmless, so a hook whose lease ran out is simply
 * taken again.
 *
 * Source: schema/PROTOCOL.md, "Hooks".
 */

#include "gateways/common/part.h"

struct bus;
struct hooktake;
struct mine;
struct taken;

/* A hook whose body is whole: taken_ask(), taken_blame(). */
typedef void hooktake_fn(void *arg, struct taken *t);

/* Nothing begins before the connections are known. Everything is borrowed. */
struct hooktake *hooktake_new(struct bus *bus, const struct mine *mine,
			      hooktake_fn *fn, void *arg);
/* After the bus, which ends every call. */
void hooktake_free(struct hooktake **a);

/* Its step, wake (of "hooks"), wait_ms, drain and lost. */
struct part hooktake_part(struct hooktake *a);

#endif
