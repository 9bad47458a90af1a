#ifndef POSTIGO_LETTERHEAD_H
#define POSTIGO_LETTERHEAD_H

/*
 * letterhead: what an answer by mail carries besides what its author wrote:
 * a language, a signature, what it answers, and whether the send server is
 * asked to report what becomes of it.
 *
 * Invariants: language, signature and which message is quoted are fixed with
 * the message; only the customer's own words are quoted, and only in what a
 * person wrote to where mail from them came.
 *
 * Source: schema/PROTOCOL.md, "Connections".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct link;
struct store;

/* The parts of an answer that matter here. */
struct letterhead {
	int64_t customer_id;
	int64_t agent_id;     /* who signs; 0: the desk alone */
	const char *language; /* of what is written; NULL: the customer's */
	int64_t answered; /* row of the customer's mail; 0: nothing is quoted */
};

/*
 * Add language, signature and quote to the object of an outgoing message's
 * mail (STORE.md, message.mail). l is the connection by which it goes.
 */
enum outcome letterhead_fix(struct store *s, const struct link *l,
			    const struct letterhead *head, json_t *mail,
			    struct err *e) MUST_CHECK;

/* Are reports of delivery asked for? automatic: a program wrote it. */
bool letterhead_dsn(const struct link *l, bool automatic);

#endif
