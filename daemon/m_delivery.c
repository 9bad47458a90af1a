/*
 * m_delivery: what becomes of deliveries beside their leases: status.add, by
 * which a channel's later word comes; delivery.again and delivery.fallback, by
 * which staff send one once more, or by another channel.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/fallback.h"
#include "daemon/outbox.h"
#include "daemon/request.h"
#include "daemon/store/delivery.h"
#include "daemon/store/fallback.h"
#include "daemon/store/incident.h"
#include "daemon/store/outmail.h"
#include "daemon/store/view.h"
#include "daemon/wastatus.h"
#include "daemon/window.h"
#include "rules/book.h"

/* named by the table of handlers */
method_fn m_status_add;
method_fn m_delivery_again;
method_fn m_delivery_fallback;

static const char *
word(const json_t *o, const char *name)
{
	const char *value = member_str(o, name);

	return value != NULL ? value : "";
}

/* The parameters as a row. A channel's clock may be ahead of ours, never by
 * right. */
static enum outcome
status_read(const struct request *rq, struct wastatus_row *r, struct err *e)
{
	const json_t *errors = json_object_get(rq->params, "errors");
	const json_t *why = json_array_get(errors, 0);
	int64_t at_ms;

	if (!clock_parse(member_str(rq->params, "at"), &at_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'at' is not an instant");
	if (*word(rq->params, "external_id") == '\0')
		return err_code(e, OUT_PERM, "bad_params",
				"'external_id' is empty");
	r->external_id = word(rq->params, "external_id");
	r->status = word(rq->params, "status");
	r->recipient = word(rq->params, "recipient");
	r->tracker = word(rq->params, "tracker");
	r->at_s = (at_ms < rq->now_ms ? at_ms : rq->now_ms) / 1000;
	r->code = member_int(why, "code", 0);
	r->detail = word(why, "detail");
	return OUT_OK;
}

enum outcome
m_status_add(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct wastatus_row r = { 0 };
	struct delivery dl = { 0 };
	bool fresh = false;
	enum outcome o = status_read(rq, &r, e);

	if (o == OUT_OK)
		o = link_id(s, word(rq->params, "connection"),
			    role_name(rq->role), &r.connection_id, e);
	if (o == OUT_OK)
		o = wastatus_take(d, s, &r, rq->now_ms, &fresh, e);
	if (o == OUT_OK && r.delivery_id != 0)
		o = delivery_load(s, r.delivery_id, NULL, &dl, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "fresh",
					  json_boolean(fresh));
		(void)json_object_set_new(rq->result, "state",
					  r.delivery_id != 0
						  ? json_string(dl.state)
						  : json_null());
	}
	delivery_release(&dl);
	return o;
}

/* The customer may have it already, by their other channel. */
static enum outcome
went_another_way(struct store *s, int64_t delivery_id, struct err *e)
{
	struct fallback_row f;
	enum outcome o = fallback_row(s, delivery_id, &f, e);

	if (o == OUT_OK && f.has_one)
		o = err_code(e, OUT_PERM, "conflict",
			     "it has gone another way");
	fallback_row_release(&f);
	return o;
}

/* The window may have closed since it was written. */
static enum outcome
again_allowed(struct store *s, struct request *rq, const struct delivery *dl,
	      struct err *e)
{
	struct window w;
	bool is_template = false;
	enum outcome o = went_another_way(s, dl->id, e);

	if (o == OUT_OK)
		o = window_get(s, dl->incident_id, rq->now_ms, &w, e);
	if (o == OUT_OK)
		o = outmail_is_template(s, dl->message_id, &is_template, e);
	return o == OUT_OK ? window_allows(&w, is_template, &rq->error_data, e)
			   : o;
}

enum outcome
m_delivery_again(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct delivery dl;
	json_t *m = NULL;
	enum outcome o = delivery_load(s, member_int(rq->params, "delivery", 0),
				       NULL, &dl, e);

	if (o == OUT_OK)
		o = again_allowed(s, rq, &dl, e);
	if (o == OUT_OK)
		o = outbox_again(d, s, &dl, rq->agent_id, rq->now_ms, e);
	if (o == OUT_OK)
		o = view_message(s, dl.message_id, false, &m, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "message", m);
	}
	delivery_release(&dl);
	return o;
}

enum outcome
m_delivery_fallback(struct desk *d, struct store *s, struct request *rq,
		    struct err *e)
{
	struct fallback_ask q = {
		.delivery_id = member_int(rq->params, "delivery", 0),
		.template = json_object_get(rq->params, "template"),
		.agent_id = rq->agent_id,
		.now_ms = rq->now_ms,
	};
	int64_t version;
	struct book *book;
	json_t *part = NULL;
	int64_t message = 0;
	int64_t incident = 0;
	enum outcome o;

	if (json_is_null(q.template))
		q.template = NULL;
	o = fallback_send(d, s, &q, &message, &incident, &rq->error_data, e);
	if (o == OUT_OK)
		o = view_message(s, message, false, &part, e);
	if (o != OUT_OK)
		return o;
	rq->result = json_object();
	(void)json_object_set_new(rq->result, "message", part);
	book = desk_book(d, &version);
	o = view_incident(s, book, incident, &part, e);
	book_unref(&book);
	if (o == OUT_OK)
		(void)json_object_set_new(rq->result, "incident", part);
	return o;
}
