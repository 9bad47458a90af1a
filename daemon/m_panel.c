/*
 * m_panel: customer.panel: whatever the console shows of a customer beside an
 * incident, in one answer and of one instant.
 */

#include "daemon/desk.h"
#include "daemon/orderfind.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/customer_note.h"
#include "daemon/store/order_view.h"
#include "daemon/store/row.h"
#include "daemon/store/suggestion.h"
#include "daemon/store/view.h"
#include "rules/book.h"

#define PANEL_ORDERS_MAX 10    /* in full */
#define PANEL_LINES_MAX 20     /* of each */
#define PANEL_INCIDENTS_MAX 10 /* earlier ones */
#define PANEL_SUGGESTIONS_MAX 5

method_fn m_customer_panel; /* named by the table of handlers */

/* Orders in full: those under way first, then the newest. */
static enum outcome
panel_orders(struct store *s, struct request *rq, int64_t customer,
	     struct err *e)
{
	int64_t ids[PANEL_ORDERS_MAX];
	json_t *list = json_array();
	int n = 0;
	enum outcome o =
		order_view_first(s, customer, PANEL_ORDERS_MAX, ids, &n, e);

	result_set(rq, "orders", list);
	for (int i = 0; i < n && o == OUT_OK; i++) {
		json_t *one = NULL;

		o = order_view_get(s, ids[i], rq->now_ms, PANEL_LINES_MAX, &one,
				   e);
		if (o == OUT_OK)
			(void)json_array_append_new(list, one);
	}
	return o;
}

/* Orders of others whose number the customer wrote. */
static enum outcome
panel_named(struct store *s, struct request *rq, int64_t incident,
	    struct err *e)
{
	int64_t ids[ORDERFIND_NAMED];
	json_t *list = json_array();
	int n = 0;
	enum outcome o = incident != 0
				 ? orderfind_named(s, incident, ids, &n, e)
				 : OUT_OK;

	result_set(rq, "named", list);
	for (int i = 0; i < n && o == OUT_OK; i++) {
		json_t *one = NULL;

		o = order_view_one(s, ids[i], rq->now_ms, &one, e);
		if (o == OUT_OK)
			(void)json_array_append_new(list, one);
	}
	return o;
}

static enum outcome
panel_incidents(struct desk *d, struct store *s, struct request *rq,
		int64_t customer, int64_t except, struct err *e)
{
	json_t *list = NULL;
	int64_t version;
	struct book *b = desk_book(d, &version);
	enum outcome o = view_customer_incidents(s, b, customer, except,
						 PANEL_INCIDENTS_MAX, &list, e);

	book_unref(&b);
	if (o == OUT_OK)
		result_set(rq, "incidents", list);
	return o;
}

enum outcome
m_customer_panel(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	int64_t customer = param_int(rq, "customer", 0);
	int64_t incident = param_int(rq, "incident", 0);
	json_t *v = NULL;
	enum outcome o = view_customer(s, customer, &v, e);

	if (o != OUT_OK)
		return o;
	result_set(rq, "customer", v);
	o = order_view_totals(s, customer, &v, e);
	if (o == OUT_OK)
		result_set(rq, "totals", v);
	if (o == OUT_OK)
		o = panel_orders(s, rq, customer, e);
	if (o == OUT_OK)
		o = panel_incidents(d, s, rq, customer, incident, e);
	if (o == OUT_OK)
		o = suggestion_list(s, customer, PANEL_SUGGESTIONS_MAX, &v, e);
	if (o == OUT_OK)
		result_set(rq, "suggestions", v);
	if (o == OUT_OK)
		o = order_view_links(s, incident, &v, e);
	if (o == OUT_OK)
		result_set(rq, "links", v);
	if (o == OUT_OK)
		o = panel_named(s, rq, incident, e);
	if (o == OUT_OK)
		o = customer_note_list(s, customer, &v, e);
	if (o == OUT_OK)
		result_set(rq, "notes", v);
	if (o == OUT_OK)
		result_set(rq, "at", row_iso(rq->now_ms));
	return o;
}
