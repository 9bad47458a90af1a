/*
 * m_orderpage: order.page, order.public, order.send_page: what a buyer is
 * shown of an order, by a link and by mail.
 *
 * Invariants: a link is read by the chat gateway alone, and tells of one order
 * and nothing else; what is sent goes to the customer of the incident, and
 * only if the order is theirs or a person linked it.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/orderpage.h"
#include "daemon/ordersheet.h"
#include "daemon/outgoing.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/incident.h"
#include "daemon/store/orderfact.h"
#include "daemon/store/row.h"
#include "daemon/store/view.h"

/* named by the table of handlers */
method_fn m_order_page;
method_fn m_order_public;
method_fn m_order_send_page;

/* The link of an order from now on. Free with mem_free. */
static char *
page_url(const struct desk *d, int64_t order_id, int64_t now_ms,
	 int64_t *until_s_out, bool *public_out)
{
	char token[ORDERPAGE_TOKEN_MAX];

	*until_s_out = now_ms / 1000 + ORDERPAGE_S;
	orderpage_token(d->key, order_id, *until_s_out, token);
	return orderpage_url(d->settings, token, public_out);
}

static enum outcome
page_order(struct store *s, int64_t order_id, struct order_fact *f,
	   struct err *e)
{
	enum outcome o = order_fact_load(s, order_id, f, e);

	if (o == OUT_OK && (f->id == 0 || f->deleted || f->placed_ms == 0))
		return err_code(e, OUT_PERM, "not_found", "no order %lld",
				(long long)order_id);
	return o;
}

/* "es" or "en" if it was asked for. */
static enum outcome
page_language(const struct request *rq, const char **out, struct err *e)
{
	*out = param_str(rq, "language");
	if (*out == NULL || strcmp(*out, "es") == 0 || strcmp(*out, "en") == 0)
		return OUT_OK;
	return err_code(e, OUT_PERM, "bad_params",
			"'language' is neither es nor en");
}

enum outcome
m_order_page(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t id = param_int(rq, "order", 0);
	struct order_fact f;
	int64_t until_s;
	char at[32];
	char *url;
	bool seen;
	enum outcome o = page_order(s, id, &f, e);

	order_fact_release(&f);
	if (o != OUT_OK)
		return o;
	url = page_url(d, id, rq->now_ms, &until_s, &seen);
	clock_iso_ms(until_s * 1000, at);
	result_set(rq, "url", json_string(url));
	result_set(rq, "public", json_boolean(seen));
	result_set(rq, "expires_at", json_string(at));
	mem_free(url);
	return OUT_OK;
}

enum outcome
m_order_public(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	const char *language;
	int64_t order_id = 0;
	json_t *sheet = NULL;
	enum outcome o = page_language(rq, &language, e);

	if (o != OUT_OK)
		return o;
	switch (orderpage_read(d->key, param_str(rq, "token"),
			       rq->now_ms / 1000, &order_id)) {
	case ORDERPAGE_GOOD:
		break;
	case ORDERPAGE_ENDED:
		return err_code(e, OUT_PERM, "expired", "the link has ended");
	case ORDERPAGE_BAD:
		return err_code(e, OUT_PERM, "not_found",
				"no page has that link");
	}
	o = ordersheet_make(d, s, order_id, language, rq->now_ms, &sheet, e);
	if (o == OUT_OK)
		result_set(rq, "sheet", sheet);
	return o;
}

/* --- order.send_page ------------------------------------------------------ */

/* Is it theirs to see? */
static enum outcome
send_allowed(struct store *s, const struct incident *inc, int64_t order_id,
	     struct err *e)
{
	struct order_fact f;
	bool linked;
	bool by_hand;
	enum outcome o = page_order(s, order_id, &f, e);

	if (o == OUT_OK && f.customer_id != inc->customer_id) {
		o = order_link_find(s, inc->id, order_id, &linked, &by_hand, e);
		if (o == OUT_OK && !by_hand)
			o = err_code(e, OUT_PERM, "conflict",
				     "the order is not this customer's, and "
				     "nobody of the desk linked it");
	}
	if (o == OUT_OK &&
	    (inc->state == INCIDENT_SPAM || inc->state == INCIDENT_MERGED))
		o = err_code(e, OUT_PERM, "conflict",
			     "nothing is sent from an incident that is '%s'",
			     incident_state_name(inc->state));
	order_fact_release(&f);
	return o;
}

/* By mail all of it, elsewhere what fits a short message. */
static enum outcome
send_write(struct desk *d, struct store *s, struct request *rq,
	   struct incident *inc, const json_t *sheet, int64_t *message_out,
	   struct err *e)
{
	int64_t order_id = param_int(rq, "order", 0);
	bool brief = strcmp(inc->channel, "whatsapp") == 0 ||
		     strcmp(inc->channel, "chat") == 0;
	int64_t until_s;
	bool seen;
	char *url = page_url(d, order_id, rq->now_ms, &until_s, &seen);
	char *text = ordersheet_text(sheet, seen ? url : NULL, !brief);
	char *subject = ordersheet_subject(sheet);
	struct outgoing out = { .bot = true,
				.agent_id = rq->agent_id,
				.send_ms = rq->now_ms,
				.subject = subject,
				.language = member_str(sheet, "language"),
				.text = text };
	enum outcome o =
		outgoing_add(d, s, rq, inc, &out, change_now(inc, rq->now_ms),
			     message_out, e);

	mem_free(url);
	mem_free(text);
	mem_free(subject);
	return o == OUT_OK ? incident_save(s, inc, e) : o;
}

enum outcome
m_order_send_page(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	struct incident inc;
	const char *language = NULL;
	json_t *sheet = NULL;
	json_t *message = NULL;
	int64_t message_id = 0;
	enum outcome o =
		incident_load(s, param_int(rq, "incident", 0), &inc, e);

	if (o == OUT_OK)
		o = page_language(rq, &language, e);
	if (o == OUT_OK)
		o = send_allowed(s, &inc, param_int(rq, "order", 0), e);
	if (o == OUT_OK)
		o = ordersheet_make(d, s, param_int(rq, "order", 0), language,
				    rq->now_ms, &sheet, e);
	if (o == OUT_OK)
		o = send_write(d, s, rq, &inc, sheet, &message_id, e);
	if (o == OUT_OK)
		o = view_message(s, message_id, false, &message, e);
	if (o == OUT_OK)
		result_set(rq, "message", message);
	json_decref(sheet);
	incident_release(&inc);
	return o;
}
