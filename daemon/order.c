#include "daemon/order.h"

#include <string.h>

#include "daemon/buyer.h"
#include "daemon/order_event.h"
#include "daemon/order_in.h"
#include "daemon/parcel.h"
#include "daemon/store/order.h"

static const char *
text(const json_t *o, const char *name)
{
	const char *t = json_string_value(json_object_get(o, name));

	return t != NULL ? t : "";
}

static int64_t
number(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}

static json_t *
answer(const char *name, const char *value, const char *change)
{
	json_t *o = json_object();

	(void)json_object_set_new(o, name, json_string(value));
	(void)json_object_set_new(o, "change", json_string(change));
	return o;
}

/* What cannot be read stops nobody else. */
static enum outcome
refused(const char *name, const char *value, enum outcome o,
	const struct err *why, json_t **out, struct err *e)
{
	if (o != OUT_PERM) {
		*e = *why;
		return o;
	}
	*out = answer(name, value, "refused");
	(void)json_object_set_new(*out, "why", json_string(why->text));
	return OUT_OK;
}

/* --- which telling stands ------------------------------------------------- */

/* Place of a word in words with a space before and after each; -1: none. */
static int
rank(const char *word, const char *const *words)
{
	for (int i = 0; words[i] != NULL; i++)
		if (strcmp(words[i], word) == 0)
			return i;
	return -1;
}

static int
further(const struct order_head *there, const json_t *made)
{
	static const char *const fulfilment[] = { "unfulfilled", "partial",
						  "fulfilled", NULL };
	static const char *const payment[] = { "pending",
					       "authorized",
					       "failed",
					       "voided",
					       "partially_paid",
					       "paid",
					       "partially_refunded",
					       "refunded",
					       NULL };
	static const char *const state[] = { "open", "completed", "cancelled",
					     NULL };
	int64_t money = number(made, "refunded_total") - there->refunded;
	int n;

	if (money != 0)
		return money < 0 ? -1 : 1;
	n = rank(text(made, "fulfilment_state"), fulfilment) -
	    rank(there->fulfilment, fulfilment);
	if (n == 0)
		n = rank(text(made, "payment_state"), payment) -
		    rank(there->payment, payment);
	if (n == 0)
		n = rank(text(made, "state"), state) -
		    rank(there->state, state);
	return n;
}

int
order_compare(const struct order_head *there, const json_t *made,
	      const char *sha256, bool polled)
{
	int64_t at = number(made, "updated_ms");
	int n;

	if (there->id == 0 || there->sha256[0] == '\0')
		return 1;
	if (at != there->updated_ms)
		return at < there->updated_ms ? -1 : 1;
	if (strcmp(sha256, there->sha256) == 0)
		return 0;
	if (polled != there->polled)
		return polled ? 1 : -1;
	/* polled twice: the shop is as it was read last */
	if (polled)
		return 1;
	n = further(there, made);
	return n != 0 ? n : strcmp(sha256, there->sha256);
}

/* --- writing -------------------------------------------------------------- */

/* The copy as it will be. */
struct putting {
	const struct order_teller *t;
	json_t *made;
	struct order_head head;
	struct order_words words;
	char sha256[HASH_HEX];
	char raw_sha256[HASH_HEX];
};

static void
words_of(struct putting *p, const json_t *order)
{
	const char *raw = json_string_value(json_object_get(order, "raw"));
	size_t n = raw != NULL ? strlen(raw) : 0;

	order_in_digest(p->made, p->sha256);
	p->raw_sha256[0] = '\0';
	if (n > 0)
		hash_hex(raw, n, p->raw_sha256);
	p->words = (struct order_words){
		.sha256 = p->sha256,
		.raw = n > 0 && n <= ORDER_RAW_MAX ? raw : NULL,
		.raw_sha256 = p->raw_sha256,
		.polled = p->t->polled,
		.deleted = json_is_true(json_object_get(p->made, "deleted")) ||
			   (p->head.gone_ms != 0 &&
			    p->head.gone_ms >= number(p->made, "updated_ms")),
		.told_ms = p->t->now_ms
	};
}

/* An order that is nobody's yet is given to whoever bought it. */
static enum outcome
owner(struct store *s, const struct putting *p, const json_t *before,
      struct err *e)
{
	const json_t *told = json_object_get(p->made, "customer");
	struct buyer b = { .external_id = text(told, "external_id"),
			   .email = text(told, "email"),
			   .phone = text(told, "phone_e164"),
			   .name = text(told, "name") };
	struct buyer_is is = { .customer_id = 0 };
	enum outcome o;

	if (number(before, "customer") != 0)
		return OUT_OK;
	o = buyer_take(s, p->t->connection_id, &b, p->t->now_ms, &is, e);
	return o == OUT_OK && is.customer_id != 0
		       ? order_give(s, p->head.id, is.customer_id, is.basis, e)
		       : o;
}

static enum outcome
write_all(struct store *s, struct putting *p, const json_t *before,
	  struct err *e)
{
	struct parcel_order order = { .id = p->head.id,
				      .connection_id = p->t->connection_id,
				      .external_id =
					      text(p->made, "external_id"),
				      .number_key =
					      text(p->made, "number_key") };
	enum outcome o = order_write(s, p->head.id, p->made, &p->words, e);

	if (o == OUT_OK)
		o = parcels_listed(s, &order,
				   json_object_get(p->made, "shipments"), e);
	if (o == OUT_OK)
		o = order_settle(s, p->head.id, e);
	return o == OUT_OK ? owner(s, p, before, e) : o;
}

/* Write it, and tell what became of it. */
static enum outcome
put_newer(struct store *s, struct putting *p, struct err *e)
{
	const struct order_teller *t = p->t;
	json_t *before = NULL;
	enum outcome o = OUT_OK;

	if (p->head.id == 0)
		o = order_add(s, t->connection_id, text(p->made, "external_id"),
			      t->now_ms, &p->head.id, e);
	else
		o = order_facts(s, p->head.id, &before, e);
	if (o == OUT_OK)
		o = write_all(s, p, before, e);
	if (o == OUT_OK && !t->quiet)
		o = order_tell(t->desk, s, p->head.id,
			       p->head.sha256[0] != '\0' ? before : NULL,
			       t->now_ms, e);
	json_decref(before);
	return o;
}

static enum outcome
put_made(struct store *s, struct putting *p, const json_t *order, json_t **out,
	 struct err *e)
{
	const char *id = text(p->made, "external_id");
	const char *change = "new";
	enum outcome o = order_find(s, p->t->connection_id, id, &p->head, e);
	int n;

	if (o != OUT_OK)
		return o;
	words_of(p, order);
	n = order_compare(&p->head, p->made, p->sha256, p->t->polled);
	if (p->head.id != 0 && p->head.sha256[0] != '\0')
		change = n < 0 ? "older" : n == 0 ? "same" : "changed";
	if (n > 0)
		o = put_newer(s, p, e);
	else if (n == 0)
		o = order_told(s, p->head.id, p->t->polled, p->t->now_ms, e);
	if (o != OUT_OK)
		return o;
	*out = answer("external_id", id, change);
	(void)json_object_set_new(*out, "order", json_integer(p->head.id));
	return OUT_OK;
}

enum outcome
order_put(struct store *s, const struct order_teller *t, const json_t *order,
	  json_t **out, struct err *e)
{
	struct putting p = { .t = t };
	struct err why = { 0 };
	enum outcome o = order_in(order, &p.made, &why);

	if (o != OUT_OK)
		return refused("external_id", text(order, "external_id"), o,
			       &why, out, e);
	o = put_made(s, &p, order, out, e);
	json_decref(p.made);
	return o;
}

/* --- deleted -------------------------------------------------------------- */

enum outcome
order_put_gone(struct store *s, const struct order_teller *t,
	       const char *external_id, int64_t gone_ms, json_t **out,
	       struct err *e)
{
	struct order_head head;
	json_t *before = NULL;
	const char *change = "new";
	enum outcome o = order_find(s, t->connection_id, external_id, &head, e);

	if (o == OUT_OK && head.id == 0)
		o = order_add(s, t->connection_id, external_id, t->now_ms,
			      &head.id, e);
	else if (o == OUT_OK)
		change = head.gone_ms >= gone_ms     ? "same"
			 : gone_ms < head.updated_ms ? "older"
						     : "changed";
	if (o == OUT_OK && head.sha256[0] != '\0')
		o = order_facts(s, head.id, &before, e);
	if (o == OUT_OK)
		o = order_gone(s, head.id, gone_ms, t->now_ms, e);
	if (o == OUT_OK && !t->quiet && before != NULL &&
	    strcmp(change, "changed") == 0)
		o = order_tell(t->desk, s, head.id, before, t->now_ms, e);
	json_decref(before);
	if (o != OUT_OK)
		return o;
	*out = answer("external_id", external_id, change);
	(void)json_object_set_new(*out, "order", json_integer(head.id));
	return OUT_OK;
}

/* --- tracking ------------------------------------------------------------- */

static enum outcome
track(struct store *s, const struct order_teller *t, const json_t *made,
      const struct parcel_found *f, enum parcel_change *change, struct err *e)
{
	json_t *before = NULL;
	enum outcome o = OUT_OK;

	if (f->order_id != 0)
		o = order_facts(s, f->order_id, &before, e);
	if (o == OUT_OK)
		o = parcel_tracked(s, t->connection_id, made, f, change, e);
	if (o == OUT_OK && f->order_id != 0)
		o = order_settle(s, f->order_id, e);
	if (o == OUT_OK && f->order_id != 0 && !t->quiet &&
	    (*change == PARCEL_NEW || *change == PARCEL_CHANGED))
		o = order_tell(t->desk, s, f->order_id, before, t->now_ms, e);
	json_decref(before);
	return o;
}

enum outcome
order_put_tracking(struct store *s, const struct order_teller *t,
		   const json_t *tracking, json_t **out, struct err *e)
{
	static const char *const names[] = {
		[PARCEL_NEW] = "new",
		[PARCEL_CHANGED] = "changed",
		[PARCEL_SAME] = "same",
		[PARCEL_OLDER] = "older",
	};
	enum parcel_change change = PARCEL_SAME;
	struct parcel_found f = { .id = 0 };
	struct err why = { 0 };
	json_t *made = NULL;
	enum outcome o = order_in_tracking(tracking, &made, &why);

	if (o != OUT_OK)
		return refused("tracking_number",
			       text(tracking, "tracking_number"), o, &why, out,
			       e);
	o = parcel_find(s, t->connection_id, made, &f, e);
	if (o == OUT_OK)
		o = track(s, t, made, &f, &change, e);
	if (o == OUT_OK) {
		*out = answer("tracking_number", text(made, "tracking_number"),
			      names[change]);
		(void)json_object_set_new(*out, "order",
					  f.order_id != 0
						  ? json_integer(f.order_id)
						  : json_null());
	}
	parcel_found_release(&f);
	json_decref(made);
	return o;
}
