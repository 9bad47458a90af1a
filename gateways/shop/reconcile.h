#ifndef POSTIGO_SHOP_RECONCILE_H
#define POSTIGO_SHOP_RECONCILE_H

/*
 * reconcile: webhooks are hints, pulling is truth. Each shop that can be asked
 * is asked what changed since the mark: when the program starts or its
 * connection changes, each 15 minutes, and when a webhook says that something
 * happened and not what.
 *
 * Invariants: the mark is the daemon's (shop.cursor), and moves on after what
 * came before it was committed; a run looks from 10 minutes before it, so that
 * what the shop wrote late is not missed, but goes on from the mark itself
 * where the one before did not end; one run of a shop at a time, one
 * request of a run at a time; a run ends after RECONCILE_ASKS_MAX requests,
 * and the next one goes on. What is older than what is known
 * changes nothing, the daemon sees to it.
 *
 * Of a shop that was never read to its end, what there is fires no rule
 * (quiet). The mark is an instant of the shop's own clock, the newest that it
 * told of and never one that is to come by ours; a shop that had nothing to
 * tell has none.
 *
 * Source: gateways/shop/README.md, "What is asked, and when".
 */

#include <stdint.h>

#include "gateways/common/part.h"

#define RECONCILE_EVERY_MS (15LL * 60 * 1000)
#define RECONCILE_BEFORE_MS (10LL * 60 * 1000) /* of the mark */
#define RECONCILE_ASKS_MAX 2000                /* requests of a run */
#define RECONCILE_RUNS_MAX 8                   /* at once */
#define RECONCILE_REST_MS_MAX (15LL * 60 * 1000)
#define RECONCILE_AGAIN_MAX 8 /* of one request, in a row */
#define RECONCILE_ANSWER_BYTES ((size_t)16 * 1024 * 1024)
#define RECONCILE_WAIT_S 60
/* Runs in a row that found changes while no webhook came, until staff are
 * told that webhooks may have been switched off. */
#define RECONCILE_SILENT_RUNS 2

struct bus;
struct http_client;
struct mine;
struct reconcile;

/* Everything is borrowed. every_ms: between two runs of a shop. */
struct reconcile *reconcile_new(struct bus *bus, struct http_client *client,
				const struct mine *shops, int64_t every_ms);
/* After the client and the bus. */
void reconcile_free(struct reconcile **r);

/* Its step, wake, wait_ms, drain and lost. */
struct part reconcile_part(struct reconcile *r);

/* Read this shop soon. */
void reconcile_look(struct reconcile *r, const char *name);

#endif
