#ifndef POSTIGO_CHAT_ORDER_H
#define POSTIGO_CHAT_ORDER_H

/*
 * order: the page of an order behind a signed link, for its buyer: made here
 * of what order.public tells, without a script, to be read and printed.
 *
 * Invariants: nothing of it is kept, here or by whoever fetches it; robots are
 * told not to list it; what the shop and the carrier wrote is escaped.
 */

struct chat;
struct hit;

#define ORDER_CALLS_MAX 32            /* pages that are asked for at once */
#define ORDER_PAGE_BYTES (512 * 1024) /* of one page */
#define ORDER_STYLE "/order/style.css"

/* GET /order/TOKEN and /order/style.css */
void order_get(struct chat *c, struct hit *h);

#endif
