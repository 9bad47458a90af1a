#ifndef POSTIGO_WHATSAPP_APPLY_H
#define POSTIGO_WHATSAPP_APPLY_H

/*
 * apply: deliveries that the daemon keeps, read and made into its contacts,
 * statuses and events. In which order, and how one ends: hooktake.h.
 *
 * Invariant: requests of one person are asked one after the other, those of
 * different persons at the same time.
 */

#include <jansson.h>

#include "gateways/common/part.h"

struct accounts;
struct apply;
struct bus;

struct apply *apply_new(struct bus *bus, const struct accounts *accounts);
/* After the bus, which ends every call. */
void apply_free(struct apply **a);

/* Who wants to know of each status that comes, when it is read: parameters of
 * status.add, borrowed. */
typedef void apply_status_fn(void *arg, const json_t *status);
void apply_on_status(struct apply *a, apply_status_fn *fn, void *arg);

/* Its step, wake (of "hooks"), wait_ms, drain and lost. */
struct part apply_part(struct apply *a);

#endif
