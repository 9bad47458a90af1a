#include "daemon/wastatus.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/outbox.h"
#include "daemon/store/delivery.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"

static const char *const receipts[] = { [WA_RECEIPT_NONE] = "",
					[WA_RECEIPT_SENT] = "sent",
					[WA_RECEIPT_DELIVERED] = "delivered",
					[WA_RECEIPT_READ] = "read",
					[WA_RECEIPT_PLAYED] = "played" };

enum wa_receipt
wa_receipt_parse(const char *word)
{
	int i;

	for (i = WA_RECEIPT_PLAYED; i > WA_RECEIPT_NONE; i--)
		if (strcmp(receipts[i], word) == 0)
			break;
	return (enum wa_receipt)i;
}

const char *
wa_receipt_name(enum wa_receipt r)
{
	return receipts[r];
}

enum wa_step
wastatus_step(const char *state, enum wa_receipt *receipt, const char *status)
{
	bool failed = strcmp(state, "failed") == 0;
	enum wa_receipt r = wa_receipt_parse(status);

	if (strcmp(status, "failed") == 0)
		return failed || *receipt >= WA_RECEIPT_DELIVERED
			       ? WA_STEP_KEEP
			       : WA_STEP_FAILED;
	if (r == WA_RECEIPT_NONE)
		return WA_STEP_KEEP;
	if (r > *receipt)
		*receipt = r;
	/* that it left does not prove that it did not fail then */
	if (strcmp(state, "sent") == 0 || (failed && r < WA_RECEIPT_DELIVERED))
		return WA_STEP_KEEP;
	return WA_STEP_PROVED;
}

static enum outcome
receipt_event(struct store *s, const struct delivery *dl, const char *receipt,
	      int64_t now_ms, struct err *e)
{
	int64_t at = now_ms;
	enum outcome o = incident_instant(s, dl->incident_id, now_ms, &at, e);

	return o == OUT_OK ? event_add(s, at, "delivery.receipt",
				       dl->incident_id, 0,
				       json_pack("{s:I, s:I, s:s}", "delivery",
						 (json_int_t)dl->id, "message",
						 (json_int_t)dl->message_id,
						 "receipt", receipt),
				       e)
			   : o;
}

struct follow {
	struct desk *d;
	struct store *s;
	int64_t delivery_id;
	int64_t now_ms;
};

/* The state first: what has arrived was sent. */
static enum outcome
follow(void *arg, const struct wastatus_row *r, struct err *e)
{
	const struct follow *x = arg;
	struct delivery dl;
	enum wa_receipt before;
	enum wa_receipt receipt;
	enum wa_step step;
	enum outcome o = delivery_load(x->s, x->delivery_id, NULL, &dl, e);

	if (o != OUT_OK)
		return o;
	before = receipt = wa_receipt_parse(dl.receipt);
	step = wastatus_step(dl.state, &receipt, r->status);
	if (step == WA_STEP_PROVED)
		o = outbox_proved(x->d, x->s, &dl, x->now_ms, e);
	else if (step == WA_STEP_FAILED)
		o = outbox_refused(x->d, x->s, &dl, r->code, r->detail,
				   x->now_ms, e);
	if (o == OUT_OK && receipt != before)
		o = delivery_receipt(x->s, dl.id, wa_receipt_name(receipt),
				     r->at_s * 1000, e);
	if (o == OUT_OK && receipt != before)
		o = receipt_event(x->s, &dl, wa_receipt_name(receipt),
				  x->now_ms, e);
	delivery_release(&dl);
	return o;
}

/* A tracker that came back tells the id, if nobody did yet: also the statuses
 * that had come without one are then its. */
static enum outcome
learn(struct desk *d, struct store *s, const struct wastatus_row *r,
      int64_t now_ms, struct err *e)
{
	struct delivery dl;
	enum outcome o = delivery_load(s, r->delivery_id, NULL, &dl, e);

	if (o == OUT_OK && *dl.external_id == '\0')
		o = wastatus_named(d, s, &dl, r->external_id, now_ms, e);
	delivery_release(&dl);
	return o;
}

enum outcome
wastatus_take(struct desk *d, struct store *s, struct wastatus_row *r,
	      int64_t now_ms, bool *fresh_out, struct err *e)
{
	struct follow x = { .d = d, .s = s, .now_ms = now_ms };
	enum outcome o = delivery_of(s, r->connection_id, r->tracker,
				     r->external_id, &r->delivery_id, e);

	if (o == OUT_OK)
		o = wastatus_add(s, r, now_ms, fresh_out, e);
	if (o != OUT_OK || r->delivery_id == 0)
		return o;
	x.delivery_id = r->delivery_id;
	o = learn(d, s, r, now_ms, e);
	return o == OUT_OK && *fresh_out ? follow(&x, r, e) : o;
}

enum outcome
wastatus_named(struct desk *d, struct store *s, struct delivery *dl,
	       const char *external_id, int64_t now_ms, struct err *e)
{
	struct follow x = { d, s, dl->id, now_ms };
	int64_t id = dl->id;
	enum outcome o = OUT_OK;

	if (strcmp(dl->external_id, external_id) != 0)
		o = delivery_named(s, id, external_id, e);
	if (o == OUT_OK)
		o = wastatus_unpark(s, dl->connection_id, external_id, id,
				    follow, &x, e);
	if (o != OUT_OK)
		return o;
	delivery_release(dl);
	return delivery_load(s, id, NULL, dl, e);
}
