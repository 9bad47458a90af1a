#include "daemon/orderevent.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/facts.h"
#include "daemon/orderopen.h"
#include "daemon/ordersay.h"
#include "daemon/orderwords.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/orderfact.h"
#include "daemon/store/store.h"

/* The step of a return, of an event's whole name; NULL: it is of none. */
static const char *
return_step(const char *event)
{
	size_t n = strlen("return.");

	return strncmp(event, "return.", n) == 0 ? event + n : NULL;
}

/* The rules' name of an event; NULL: it is none for them. Static. */
static const char *
rule_event(const char *event)
{
	static const struct {
		const char *event;
		const char *name;
	} table[] = {
		{ "order.created", "order.created" },
		{ "order.paid", "order.paid" },
		{ "order.shipped", "order.shipped" },
		{ "order.delivered", "order.delivered" },
		{ "order.late", "order.late" },
		{ "shipment.exception", "order.exception" },
	};
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(table[i].event, event) == 0)
			return table[i].name;
	return return_step(event) != NULL ? "order.return" : NULL;
}

/* --- the order has an open incident --------------------------------------- */

static enum outcome
event_known(struct decision *dc, int64_t incident_id, struct err *e)
{
	struct incident inc;
	enum outcome o = incident_load(dc->s, incident_id, &inc, e);

	if (o == OUT_OK)
		o = decide_alone(dc, &inc, e);
	incident_release(&inc);
	return o;
}

/* --- it has none ---------------------------------------------------------- */

static enum outcome
event_facts(struct decision *dc, const struct order_fact *f, struct err *e)
{
	struct facts *x = &dc->facts;

	facts_text(x, RULE_FIELD_CHANNEL, "order");
	facts_text(x, RULE_FIELD_SENDER,
		   *f->email != '\0' ? f->email : f->phone);
	facts_text(x, RULE_FIELD_CUSTOMER_NAME, f->name);
	facts_text(x, RULE_FIELD_LANGUAGE,
		   orderwords_language(f->locale, NULL));
	facts_text(x, RULE_FIELD_STATE, incident_state_name(INCIDENT_NEW));
	facts_number(x, RULE_FIELD_MESSAGES, 0);
	facts_number(x, RULE_FIELD_ASSIGNED, 0);
	facts_number(x, RULE_FIELD_AGE, 0);
	return f->customer_id != 0
		       ? facts_customer(x, dc->s, f->customer_id, 0, e)
		       : OUT_OK;
}

/* Open one for what a rule says; what cannot be done undoes the incident. */
static enum outcome
event_open(struct decision *dc, const struct order_fact *f, const char *event,
	   struct err *e)
{
	struct incident inc = { .id = 0 };
	struct store_inner in;
	struct err why;
	enum outcome o = store_inner(dc->s, &in, e);

	if (o != OUT_OK)
		return o;
	o = orderopen(dc, f, event, &inc, e);
	incident_release(&inc);
	if (o == OUT_OK)
		return store_inner_keep(dc->s, e);
	if (o != OUT_PERM || strcmp(e->code, "damaged") == 0)
		return o;
	why = *e;
	o = store_inner_drop(dc->s, &in, e);
	if (o == OUT_OK)
		log_warn("rule.failed", "rules of %s could not be done: %s",
			 event, why.text);
	return o;
}

static enum outcome
event_fresh(struct decision *dc, const struct order_fact *f, const char *event,
	    struct err *e)
{
	enum outcome o = event_facts(dc, f, e);

	if (o != OUT_OK)
		return o;
	decide_run(dc);
	if (dc->result.fired_count == 0)
		return OUT_OK;
	return event_open(dc, f, event, e);
}

/* --- either --------------------------------------------------------------- */

static enum outcome
event_run(struct decision *dc, const struct order_fact *f, const char *event,
	  const char *step, struct err *e)
{
	int64_t incident_id = 0;
	enum outcome o = order_incident(dc->s, f->id, &incident_id, e);

	if (o != OUT_OK)
		return o;
	ordersay_facts(&dc->facts, f);
	if (step != NULL)
		facts_text(&dc->facts, RULE_FIELD_RETURN_STATE, step);
	return incident_id != 0 ? event_known(dc, incident_id, e)
				: event_fresh(dc, f, event, e);
}

enum outcome
orderevent(struct desk *d, struct store *s, const char *event, int64_t order_id,
	   int64_t now_ms, struct err *e)
{
	const char *name = rule_event(event);
	struct decision dc;
	struct order_fact f;
	enum outcome o;

	if (name == NULL || !decide_asks(d, name))
		return OUT_OK;
	o = order_fact_load(s, order_id, &f, e);
	if (o == OUT_OK && f.id != 0 && !f.deleted && !f.test) {
		decide_begin(&dc, d, s, name, now_ms);
		dc.delivery_id = 0;
		o = event_run(&dc, &f, name, return_step(event), e);
		decide_end(&dc);
	}
	order_fact_release(&f);
	return o;
}

/* --- what is late --------------------------------------------------------- */

/* Does anybody still wait for it? */
static bool
awaited(const struct order_fact *f)
{
	const char *state = orderwords_state(f);

	return !f->test && strcmp(state, "delivered") != 0 &&
	       strcmp(state, "refunded") != 0;
}

static enum outcome
late_one(struct desk *d, struct store *s, int64_t order_id, int64_t now_ms,
	 struct err *e)
{
	struct order_fact f;
	bool tell = false;
	bool news = false;
	enum outcome o = order_fact_load(s, order_id, &f, e);

	if (o == OUT_OK) {
		tell = awaited(&f);
		news = now_ms / 1000 - f.promised_s <= ORDEREVENT_NEWS_S;
		o = order_late_put(s, order_id, now_ms, e);
	}
	if (o == OUT_OK && tell) {
		json_t *data = json_object();

		(void)json_object_set_new(data, "order",
					  json_integer(order_id));
		(void)json_object_set_new(data, "connection",
					  json_integer(f.connection_id));
		(void)json_object_set_new(data, "customer",
					  f.customer_id != 0
						  ? json_integer(f.customer_id)
						  : json_null());
		(void)json_object_set_new(data, "promised_s",
					  json_integer(f.promised_s));
		o = event_add(s, now_ms, "order.late", 0, 0, data, e);
	}
	order_fact_release(&f);
	return o == OUT_OK && tell && news
		       ? orderevent(d, s, "order.late", order_id, now_ms, e)
		       : o;
}

enum outcome
orderevent_tick(struct desk *d, struct store *s, int64_t now_ms, bool *more_out,
		struct err *e)
{
	int64_t ids[ORDEREVENT_LATE];
	int n = 0;
	int i;
	enum outcome o =
		order_overdue(s, now_ms / 1000, ORDEREVENT_LATE, ids, &n, e);

	for (i = 0; o == OUT_OK && i < n; i++)
		o = late_one(d, s, ids[i], now_ms, e);
	*more_out = *more_out || n == ORDEREVENT_LATE;
	return o;
}
