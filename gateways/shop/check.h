#ifndef POSTIGO_SHOP_CHECK_H
#define POSTIGO_SHOP_CHECK_H

/*
 * check: does a shop work? Jobs `connection.test`: one request of its API, and
 * whether its webhooks come. Nothing of what the shop answers is kept.
 *
 * The job's result: {detail, checks: [{check, ok, detail}]}; check is "orders"
 * (the shop is asked) or "webhooks".
 *
 * Source: schema/PROTOCOL.md, "connection.test".
 */

struct http_client;
struct jobs;
struct shop_check;

/* Takes its kind of job. Everything is borrowed. */
struct shop_check *shop_check_new(struct http_client *client,
				  struct jobs *jobs);
/* After the client and the jobs: one that is under way is forgotten. */
void shop_check_free(struct shop_check **c);

#endif
