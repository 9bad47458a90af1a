#ifndef POSTIGO_SHOP_TOLD_H
#define POSTIGO_SHOP_TOLD_H

/*
 * told: what the answers of WooCommerce and Shopify say in the same way,
 * beyond ask_status(): other statuses, counts in headers, the newest change.
 */

#include <stdint.h>

#include "gateways/shop/pull.h"

/*
 * What the status says.
 *
 * true   there is a body to be read
 * false  *o is to be returned: of ask_status(); OUT_PERM "auth" also for 403,
 *        "refused" for other requests that the shop does not take; OUT_TEMP
 *        where the shop is closed, or locked for its bill
 */
bool told_status(const struct pull_answer *a, struct pull_told *told,
		 enum outcome *o, struct err *e);

/* A header that is a whole number of at most 9 digits; -1: it is none. */
int64_t told_count(const struct pull_answer *a, const char *name);

/* The newest updated_at of facts' orders; 0: there is none. */
int64_t told_newest(const json_t *facts);

#endif
