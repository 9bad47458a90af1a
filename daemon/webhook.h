#ifndef POSTIGO_WEBHOOK_H
#define POSTIGO_WEBHOOK_H

/*
 * webhook: the action "webhook": another program is told what happened, as job
 * "webhook.send" of a connection of kind webhook.
 *
 * Invariants: it is written in the savepoint of what it tells; its id is made
 * once and goes with every attempt and replay, so the other side can know a
 * repeat; it holds ids, codes and numbers, and no text, name or address of a
 * person.
 *
 * Source: schema/PROTOCOL.md, "Webhooks".
 */

#include <stdint.h>

#include "daemon/base/err.h"

struct decision;
struct incident;

/*
 * Queue one.
 * name     of the connection
 * rule     whose action it is
 * job_out  its row; 0: there is no such connection that is in use
 */
enum outcome webhook_add(struct decision *dc, const struct incident *inc,
			 const char *name, const char *rule, int64_t *job_out,
			 struct err *e) MUST_CHECK;

#endif
