#include "daemon/orderopen.h"

#include <string.h>

#include "daemon/act.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/clocks.h"
#include "daemon/decide.h"
#include "daemon/desk.h"
#include "daemon/order_link.h"
#include "daemon/orderwords.h"
#include "daemon/store/customer.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/incident.h"
#include "daemon/store/message.h"
#include "daemon/store/orderfact.h"
#include "daemon/timed.h"
#include "rules/book.h"

/* What happened, for the desk's people. */
static const struct {
	const char *event;
	const char *es;
	const char *en;
} happenings[] = {
	{ "order.created", "Pedido nuevo", "New order" },
	{ "order.paid", "Pedido pagado", "Order paid" },
	{ "order.shipped", "Pedido enviado", "Order shipped" },
	{ "order.delivered", "Pedido entregado", "Order delivered" },
	{ "order.late", "Pedido con retraso", "Order is late" },
	{ "order.exception", "Problema con el envío",
	  "Problem with the shipment" },
	{ "order.return", "Devolución", "Return" },
};

struct opening {
	struct decision *dc;
	const struct order_fact *f;
	const char *event;
	struct incident *inc;
	struct link link; /* id 0: nothing carries mail */
	struct identity who;
	int64_t message_id;
};

/* Whose order it is; of nobody's, whoever has the buyer's address. */
static enum outcome
open_customer(struct opening *x, struct err *e)
{
	const struct order_fact *f = x->f;
	bool mail = *f->email != '\0';

	x->who.customer_id = f->customer_id;
	if (f->customer_id != 0)
		return OUT_OK;
	return identity_take(x->dc->s, mail ? "email" : "phone",
			     mail ? f->email : f->phone, f->name, x->dc->now_ms,
			     &x->who, e);
}

static const char *
happening(const char *event, bool en)
{
	size_t i;

	for (i = 0; i < sizeof happenings / sizeof happenings[0]; i++)
		if (strcmp(happenings[i].event, event) == 0)
			return en ? happenings[i].en : happenings[i].es;
	return "";
}

/* Its first message: a note that says what happened. */
static enum outcome
open_note(struct opening *x, struct err *e)
{
	struct decision *dc = x->dc;
	json_t *desk = NULL;
	enum outcome o = deskrow_get(dc->s, &desk, e);
	struct message_new m = { .incident_id = x->inc->id,
				 .number = 1,
				 .direction = "note",
				 .author = "bot",
				 .received_ms = dc->now_ms,
				 .committed_ms = dc->now_ms };
	const char *language = member_str(desk, "language");
	const char *buyers;
	char *subject;
	char *text;
	bool en;

	if (o != OUT_OK)
		return o;
	en = language != NULL && strcmp(language, "en") == 0;
	buyers = orderwords_language(x->f->locale, language);
	subject =
		mem_printf(strcmp(buyers, "en") == 0 ? "Order %s" : "Pedido %s",
			   x->f->number);
	text = mem_printf("%s: %s", happening(x->event, en), x->f->number);
	m.subject = subject;
	m.text = text;
	o = message_add(dc->s, &m, &x->message_id, e);
	mem_free(subject);
	mem_free(text);
	json_decref(desk);
	return o == OUT_OK
		       ? change_message(dc->s, x->inc, x->message_id, "note",
					dc->now_ms, 0, dc->now_ms, e)
		       : o;
}

/* Nobody wrote, so no reply is owed: the first word is. */
static enum outcome
open_clocks(struct opening *x, struct err *e)
{
	struct decision *dc = x->dc;
	struct clock_ask ask = { .policy = x->inc->policy,
				 .channel = "order",
				 .priority = x->inc->priority,
				 .rule = decide_by(dc, "policy"),
				 .start_ms = dc->now_ms };
	int64_t since_ms = strcmp(x->event, "order.created") == 0
				   ? x->f->placed_ms
				   : dc->now_ms;
	struct clock_plan plan;

	clocks_plan(dc->book, dc->version, &ask, &plan);
	if (plan.policy != NULL)
		incident_set_str(&x->inc->policy, plan.policy);
	return clocks_proactive_start(dc->d, dc->s, x->inc, since_ms / 1000,
				      dc->now_ms, e);
}

static enum outcome
open_row(struct opening *x, struct err *e)
{
	struct incident *inc = x->inc;
	struct decision *dc = x->dc;
	bool changed;
	enum outcome o = act_words(dc, inc, e);

	inc->customer_id = x->who.customer_id;
	inc->connection_id = x->link.id;
	inc->channel = "order";
	inc->state = INCIDENT_NEW;
	inc->created_ms = dc->now_ms;
	inc->updated_ms = dc->now_ms;
	inc->last_direction = "note";
	inc->last_ms = dc->now_ms;
	if (o == OUT_OK)
		o = incident_add(dc->s, inc, e);
	if (o == OUT_OK)
		o = open_note(x, e);
	if (o == OUT_OK)
		o = open_clocks(x, e);
	if (o == OUT_OK)
		o = change_created(dc->s, inc, x->message_id, dc->version, 0,
				   dc->now_ms, e);
	return o == OUT_OK ? order_link(dc->s, inc->id, x->f->id, "rule", 0,
					dc->now_ms, &changed, e)
			   : o;
}

static enum outcome
open_write(struct opening *x, struct err *e)
{
	struct incident *inc = x->inc;
	struct decision *dc = x->dc;
	enum incident_state before;
	enum outcome o = open_row(x, e);

	before = inc->state;
	dc->message_id = x->message_id;
	if (o == OUT_OK)
		o = act_fresh(dc, inc, e);
	if (o == OUT_OK)
		o = decide_write(dc, inc, e);
	if (o == OUT_OK)
		o = clocks_state(dc->d, dc->s, inc, before, dc->now_ms, e);
	if (o == OUT_OK)
		o = timed_since(dc->d, dc->s, inc, SINCE_CREATED, dc->now_ms,
				e);
	return o == OUT_OK ? incident_save(dc->s, inc, e) : o;
}

enum outcome
orderopen(struct decision *dc, const struct order_fact *f, const char *event,
	  struct incident *inc, struct err *e)
{
	struct opening x = { .dc = dc, .f = f, .event = event, .inc = inc };
	enum outcome o = open_customer(&x, e);

	if (o == OUT_OK)
		o = link_first(dc->s, "mail", &x.link, e);
	if (o == OUT_OK)
		o = open_write(&x, e);
	link_release(&x.link);
	return o;
}
