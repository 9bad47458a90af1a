#ifndef POSTIGO_WASTATUS_H
#define POSTIGO_WASTATUS_H

/*
 * wastatus: what WhatsApp says of a message after it accepted it. Statuses
 * come in any order, twice, before the answer to the request that sent the
 * message, or never.
 *
 * Invariants: whatever the order in which a set of statuses comes, a delivery
 * ends the same; a receipt only rises; what was delivered was sent, whatever
 * else is or was said; a status counts once.
 * Source: schema/PROTOCOL.md, "Receipts"; Meta, "Webhooks: statuses".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/wastatus.h"

struct delivery;
struct desk;
struct store;

/* Ranks: a higher one stands. */
enum wa_receipt {
	WA_RECEIPT_NONE,
	WA_RECEIPT_SENT,
	WA_RECEIPT_DELIVERED,
	WA_RECEIPT_READ,
	WA_RECEIPT_PLAYED
};

/* "", sent, delivered, read, played; another word is none. */
enum wa_receipt wa_receipt_parse(const char *word);
const char *wa_receipt_name(enum wa_receipt r);

/* What a status makes of a delivery. */
enum wa_step {
	WA_STEP_KEEP,   /* its state stays */
	WA_STEP_PROVED, /* it was sent */
	WA_STEP_FAILED  /* it failed */
};

/*
 * state    of the delivery: queued, taken, sent, failed, unknown
 * receipt  the highest so far; raised
 * status   the word of Meta; an unknown one changes nothing
 */
enum wa_step wastatus_step(const char *state, enum wa_receipt *receipt,
			   const char *status);

/*
 * Take a status in: keep it, and do what it says if its delivery is known: by
 * r->tracker, else by r->external_id. r->delivery_id is set here.
 * fresh_out  it had not come before
 */
enum outcome wastatus_take(struct desk *d, struct store *s,
			   struct wastatus_row *r, int64_t now_ms,
			   bool *fresh_out, struct err *e) MUST_CHECK;

/* The channel accepted a delivery under an id: note it, and do what statuses
 * of that id said before. *dl is read anew. */
enum outcome wastatus_named(struct desk *d, struct store *s,
			    struct delivery *dl, const char *external_id,
			    int64_t now_ms, struct err *e) MUST_CHECK;

#endif
