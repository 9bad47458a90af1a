#ifndef POSTIGO_SHOP_HOOKS_H
#define POSTIGO_SHOP_HOOKS_H

/*
 * hooks: deliveries that the daemon keeps, read and made into its orders,
 * shipments and notices. In which order, and how one ends: hooktake.h.
 *
 * Invariant: requests about one order are asked one after the other; what is
 * older than what is known changes nothing, the daemon sees to it.
 */

#include "gateways/common/part.h"

struct bus;
struct mine;
struct reconcile;
struct shop_hooks;

/* Everything is borrowed. */
struct shop_hooks *shop_hooks_new(struct bus *bus, const struct mine *shops,
				  struct reconcile *reconcile);
/* After the bus, which ends every call. */
void shop_hooks_free(struct shop_hooks **h);

/* Its step, wake (of "hooks"), wait_ms, drain and lost. */
struct part shop_hooks_part(struct shop_hooks *h);

#endif
