/*
 * m_read: what staff look at: incidents, messages, customers, saved
 * replies, events, octets.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/member.h"
#include "daemon/ordersay.h"
#include "daemon/param.h"
#include "daemon/promised.h"
#include "daemon/report_list.h"
#include "daemon/store/agent.h"
#include "daemon/store/book.h"
#include "daemon/store/claim.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/event.h"
#include "daemon/store/find.h"
#include "daemon/store/incident.h"
#include "daemon/store/list.h"
#include "daemon/store/octet.h"
#include "daemon/store/outmail.h"
#include "daemon/store/row.h"
#include "daemon/store/view.h"
#include "daemon/store/visitor.h"
#include "daemon/template.h"
#include "daemon/wire/frame.h"
#include "rules/book.h"

#define LIST_LIMIT_DEFAULT 50
#define EVENTS_LIMIT_DEFAULT 500
#define EVENTS_LIMIT_MAX 1000
#define CUSTOMER_INCIDENTS_MAX 50
#define REPLY_BYTES_MAX (64 * 1024)
#define REPLIES_BYTES_MAX (600 * 1024)
#define RESPONSE_BYTES_MAX (FRAME_BYTES - 4096) /* leaves the envelope */

/* Named by the generated table of handlers. */
method_fn m_blob_get;
method_fn m_customer_find;
method_fn m_customer_get;
method_fn m_events_since;
method_fn m_incident_counts;
method_fn m_incident_get;
method_fn m_incident_list;
method_fn m_message_get;
method_fn m_message_list;
method_fn m_reply_list;

static enum outcome
list_words(const struct request *rq, struct list_query *q, struct err *e)
{
	const char *view = param_str(rq, "view");
	const char *sort = param_str(rq, "sort");

	q->view = view != NULL ? list_view_parse(view) : LIST_ACTIVE;
	if (q->view == LIST_VIEWS)
		return err_code(e, OUT_PERM, "bad_params",
				"'view' is none of active, mine, unassigned, "
				"pending, solved, spam, all");
	q->sort = LIST_DUE;
	if (sort != NULL && strcmp(sort, "newest") == 0)
		q->sort = LIST_NEWEST;
	else if (sort != NULL && strcmp(sort, "due") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'sort' is neither due nor newest");
	q->limit = (int)param_int(rq, "limit", LIST_LIMIT_DEFAULT);
	if (param_int(rq, "limit", LIST_LIMIT_DEFAULT) < 1 ||
	    param_int(rq, "limit", LIST_LIMIT_DEFAULT) > LIST_LIMIT_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d", LIST_LIMIT_MAX);
	return OUT_OK;
}

/* An instant in whole seconds, from or before which facts are asked for. */
static int64_t
fact_second(const struct request *rq, const char *name, int64_t or_else)
{
	int64_t ms = 0;

	if (!param_given(rq, name))
		return or_else;
	(void)clock_parse(param_str(rq, name), &ms);
	return (ms + 999) / 1000;
}

static enum outcome
fact_query(const struct request *rq, struct report_list *q, struct err *e)
{
	int64_t agent = param_int(rq, "agent", 0);
	const char *after = param_str(rq, "after");
	char *end = NULL;

	q->fact = param_str(rq, "fact");
	q->filter = (struct fact_filter){
		.since_s = fact_second(rq, "since", 0),
		.until_s = fact_second(rq, "until", INT64_MAX),
		.clock = param_str(rq, "clock"),
		.policy = param_str(rq, "policy"),
		.channel = param_str(rq, "channel"),
		.queue = param_str(rq, "queue"),
		.team = param_str(rq, "team"),
		.reason = param_str(rq, "reason"),
		.agent_id = agent == 0 && param_given(rq, "agent") ? FACT_NOBODY
								   : agent,
	};
	q->version = param_int(rq, "version", 0);
	q->hour = param_str(rq, "hour");
	q->zone = param_str(rq, "zone");
	if (after != NULL) {
		q->after = strtoll(after, &end, 10);
		if (end == after || *end != '\0' || q->after < 0)
			return err_code(e, OUT_PERM, "bad_params",
					"'after' is not from this list");
	}
	return OUT_OK;
}

/* The incidents behind a figure of a report. */
static enum outcome
list_facts(struct desk *d, struct store *s, struct request *rq, int limit,
	   struct err *e)
{
	struct report_list q = { .limit = limit };
	json_t *list = NULL;
	int64_t next = 0;
	char after[LIST_CURSOR_MAX];
	struct book *b;
	int64_t version;
	enum outcome o = fact_query(rq, &q, e);

	if (o != OUT_OK)
		return o;
	b = desk_book(d, &version);
	o = report_list_page(s, b, &q, &list, &next, e);
	book_unref(&b);
	if (o != OUT_OK)
		return o;
	(void)snprintf(after, sizeof after, "%lld", (long long)next);
	result_set(rq, "incidents", list);
	result_set(rq, "next", next != 0 ? json_string(after) : json_null());
	return OUT_OK;
}

enum outcome
m_incident_list(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct list_query q;
	char next[LIST_CURSOR_MAX];
	struct book *b;
	int64_t version;
	enum outcome o;

	memset(&q, 0, sizeof(q));
	o = list_words(rq, &q, e);
	if (o != OUT_OK)
		return o;
	if (param_given(rq, "fact"))
		return list_facts(d, s, rq, q.limit, e);
	q.me = rq->agent_id;
	q.queue = param_str(rq, "queue");
	q.state = param_str(rq, "state");
	q.channel = param_str(rq, "channel");
	q.reason = param_str(rq, "reason");
	q.tag = param_str(rq, "tag");
	q.assignee = param_int(rq, "assignee", 0);
	q.customer = param_int(rq, "customer", 0);
	q.undecided = param_bool(rq, "undecided", false);
	q.after = param_str(rq, "after");
	b = desk_book(d, &version);
	o = list_page(s, b, &q, result_text(rq, "incidents"), next, e);
	book_unref(&b);
	if (o != OUT_OK)
		return o;
	result_set(rq, "next", next[0] ? json_string(next) : json_null());
	return OUT_OK;
}

enum outcome
m_incident_counts(struct desk *d, struct store *s, struct request *rq,
		  struct err *e)
{
	int64_t version;
	struct book *b = desk_book(d, &version);
	enum outcome o =
		list_counts(s, b, rq->agent_id, rq->now_ms, &rq->result, e);

	book_unref(&b);
	return o;
}

/* Who writes in a chat, as far as staff may know. */
static enum outcome
detail_visitor(struct desk *d, struct store *s, int64_t id, json_t *detail,
	       struct err *e)
{
	json_t *state = NULL;
	int64_t visitor = 0;
	enum outcome o = visitor_state(s, id, &state, &visitor, e);

	if (o != OUT_OK)
		return o;
	if (state != NULL && engine_visitor_online(d, visitor))
		row_set(state, "online", json_true());
	row_set(detail, "visitor", state != NULL ? state : json_null());
	return OUT_OK;
}

enum outcome
m_incident_get(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t version;
	struct book *b = desk_book(d, &version);
	json_t *detail = NULL;
	int64_t id = param_int(rq, "id", 0);
	enum outcome o = view_detail(s, b, id, &detail, e);

	book_unref(&b);
	if (o == OUT_OK)
		o = detail_visitor(d, s, id, detail, e);
	if (o == OUT_OK)
		result_set(rq, "detail", detail);
	else
		json_decref(detail);
	return o;
}

enum outcome
m_message_list(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	json_t *list = NULL;
	int64_t before = param_int(rq, "before", 0);
	int64_t more = 0;
	enum outcome o;

	(void)d;
	if (before < 1)
		return err_code(e, OUT_PERM, "bad_params",
				"'before' is not a message's number");
	o = view_messages(s, param_int(rq, "incident", 0), before, &list, &more,
			  e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "messages", list);
	result_set(rq, "more_before", more ? json_integer(more) : json_null());
	return OUT_OK;
}

enum outcome
m_message_get(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	json_t *m = NULL;
	enum outcome o = view_message(s, param_int(rq, "id", 0), true, &m, e);

	(void)d;
	if (o != OUT_OK)
		return o;
	/* text and HTML were under a frame's ceiling each, not together */
	if (json_dumpb(m, NULL, 0, JSON_COMPACT) > RESPONSE_BYTES_MAX)
		row_set(m, "html", json_null());
	result_set(rq, "message", m);
	return OUT_OK;
}

enum outcome
m_customer_get(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	json_t *customer = NULL;
	json_t *list = NULL;
	int64_t version;
	struct book *b;
	enum outcome o = view_customer(s, id, &customer, e);

	if (o != OUT_OK)
		return o;
	result_set(rq, "customer", customer);
	b = desk_book(d, &version);
	o = view_customer_incidents(s, b, id, 0, CUSTOMER_INCIDENTS_MAX, &list,
				    e);
	book_unref(&b);
	if (o == OUT_OK)
		result_set(rq, "incidents", list);
	return o;
}

enum outcome
m_customer_find(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	const char *text = param_str(rq, "text");
	json_t *list = NULL;
	enum outcome o;

	(void)d;
	if (text[0] == '\0')
		return err_code(e, OUT_PERM, "bad_params", "'text' is empty");
	o = find_customers(s, text, &list, e);
	if (o == OUT_OK)
		result_set(rq, "customers", list);
	return o;
}

/* Names that saved replies may mention. */
struct facts {
	json_t *incident;
	json_t *desk;
	json_t *agent;
	char first_name[200];
	struct promised expected;
	struct claim_row claim;
	struct order_say order;
	const struct calendar *zone; /* whose days dates are; NULL: UTC */
	char language[OUTMAIL_LANGUAGE_BYTES]; /* "": none is known */
	struct reply_facts f;
};

static const char *
text_at(const json_t *o, const char *key)
{
	return json_string_value(json_object_get(o, key));
}

static void
first_word(const char *name, char *out, size_t n)
{
	size_t len = name != NULL ? strcspn(name, " ") : 0;

	if (len >= n)
		len = 0;
	if (len > 0)
		memcpy(out, name, len);
	out[len] = '\0';
}

static enum outcome
facts_claim(struct store *s, const struct request *rq, struct facts *f,
	    struct err *e)
{
	bool found = false;
	enum outcome o = claim_find(s, param_int(rq, "incident", 0), &f->claim,
				    &found, e);

	if (o == OUT_OK && found)
		f->f.claim_code = f->claim.code;
	return o;
}

/* The customer's language, else that of the buyer of their order. */
static enum outcome
facts_language(struct store *s, int64_t customer_id, struct facts *f,
	       struct err *e)
{
	struct outmail_languages known;
	enum outcome o = outmail_languages(s, customer_id, &known, e);

	f->language[0] = '\0';
	if (o != OUT_OK)
		return o;
	if (known.customer[0] != '\0')
		memcpy(f->language, known.customer, sizeof f->language);
	else if (f->order.f.id != 0 && *f->order.f.locale != '\0')
		(void)snprintf(f->language, sizeof f->language, "%.2s",
			       f->order.f.locale);
	return OUT_OK;
}

static enum outcome
facts_load(struct desk *d, struct store *s, const struct request *rq,
	   struct facts *f, struct err *e)
{
	const json_t *customer;
	int64_t version;
	struct book *b = desk_book(d, &version);
	enum outcome o = view_incident(s, b, param_int(rq, "incident", 0),
				       &f->incident, e);

	book_unref(&b);
	if (o == OUT_OK)
		o = deskrow_get(s, &f->desk, e);
	if (o == OUT_OK && rq->agent_id != 0)
		o = agent_view(s, rq->agent_id, &f->agent, e);
	if (o != OUT_OK)
		return o;
	customer = json_object_get(f->incident, "customer");
	f->f.customer_name = text_at(customer, "name");
	first_word(f->f.customer_name, f->first_name, sizeof(f->first_name));
	f->f.customer_first_name = f->first_name;
	f->f.agent_name = text_at(f->agent, "name");
	f->f.incident_ref = text_at(f->incident, "ref");
	f->f.subject = text_at(f->incident, "subject");
	f->f.shop_name = text_at(f->desk, "name");
	o = facts_claim(s, rq, f, e);
	if (o == OUT_OK)
		o = ordersay_load(&f->order, s, param_int(rq, "incident", 0),
				  e);
	return o == OUT_OK
		       ? facts_language(s, member_int(customer, "id", 0), f, e)
		       : o;
}

/* By when the incident's customer may expect an answer. */
static enum outcome
facts_expected(struct desk *d, struct store *s, const struct book *b,
	       const struct request *rq, struct facts *f, struct err *e)
{
	struct incident inc;
	enum outcome o =
		incident_load(s, param_int(rq, "incident", 0), &inc, e);

	if (o == OUT_OK) {
		promised_incident(d, b, &inc, rq->now_ms, &f->expected);
		incident_release(&inc);
	}
	return o;
}

/* A parameter, rendered as a template can take it; f NULL: as it stands. */
static json_t *
parameter_json(const char *text, const struct facts *f)
{
	json_t *o;
	struct buf b;
	char *value;

	if (f == NULL)
		return json_string(text);
	buf_init(&b, REPLY_BYTES_MAX);
	book_text_render(text, &f->f, &b);
	value = template_value(buf_str(&b));
	o = json_string(value);
	mem_free(value);
	buf_release(&b);
	return o;
}

static json_t *
templates_json(const struct book_reply *r, struct facts *f, int64_t now_ms)
{
	json_t *list = json_array();
	char words[EXPECT_TEXT_MAX];

	for (size_t i = 0; i < r->template_count; i++) {
		const struct book_template *t = &r->templates[i];
		json_t *values = json_array();
		json_t *o = json_object();

		if (f != NULL) {
			promised_words(&f->expected, now_ms, t->language,
				       words);
			f->f.expected_answer = words;
			ordersay_in(&f->order, f->zone, t->language, &f->f);
		}
		row_set(o, "language", json_string(t->language));
		row_set(o, "name", json_string(t->name));
		for (size_t k = 0; k < t->value_count; k++)
			(void)json_array_append_new(
				values, parameter_json(t->values[k], f));
		row_set(o, "parameters", values);
		if (t->header != NULL)
			row_set(o, "header", parameter_json(t->header, f));
		(void)json_array_append_new(list, o);
	}
	if (f != NULL)
		f->f.expected_answer = NULL;
	return list;
}

static json_t *
reply_json(const struct book_reply *r, struct facts *f, int64_t now_ms)
{
	json_t *o = json_object();
	char words[EXPECT_TEXT_MAX];
	const struct book_text *t;
	struct buf b;

	row_set(o, "name", json_string(r->name));
	row_set(o, "title", json_string(r->title));
	row_set(o, "templates", templates_json(r, f, now_ms));
	if (f == NULL) {
		row_set(o, "language", json_string(r->language));
		row_set(o, "text", json_string(r->text));
		return o;
	}
	t = book_text_in(r->texts, r->text_count, f->language,
			 text_at(f->desk, "language"));
	row_set(o, "language", json_string(t->language));
	buf_init(&b, REPLY_BYTES_MAX);
	promised_words(&f->expected, now_ms, t->language, words);
	f->f.expected_answer = words;
	ordersay_in(&f->order, f->zone, t->language, &f->f);
	book_text_render(t->text, &f->f, &b);
	f->f.expected_answer = NULL;
	row_set(o, "text", json_string(buf_str(&b)));
	buf_release(&b);
	return o;
}

enum outcome
m_reply_list(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	bool render = param_given(rq, "incident");
	json_t *list = json_array();
	struct facts f;
	size_t bytes = 0;
	int64_t version;
	struct book *b;
	enum outcome o = OUT_OK;

	memset(&f, 0, sizeof(f));
	result_set(rq, "replies", list);
	if (render)
		o = facts_load(d, s, rq, &f, e);
	b = desk_book(d, &version);
	f.zone = book_calendar_first(b);
	if (o == OUT_OK && render)
		o = facts_expected(d, s, b, rq, &f, e);
	for (size_t i = 0; o == OUT_OK && i < book_reply_count(b); i++) {
		json_t *r = reply_json(book_reply_at(b, i), render ? &f : NULL,
				       rq->now_ms);

		bytes += json_dumpb(r, NULL, 0, JSON_COMPACT);
		if (bytes > REPLIES_BYTES_MAX) {
			json_decref(r);
			break;
		}
		(void)json_array_append_new(list, r);
	}
	book_unref(&b);
	ordersay_release(&f.order);
	json_decref(f.incident);
	json_decref(f.desk);
	json_decref(f.agent);
	return o;
}

enum outcome
m_events_since(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t from = param_int(rq, "from", 0);
	int64_t limit = param_int(rq, "limit", EVENTS_LIMIT_DEFAULT);
	int64_t floor = 0;
	json_t *list = NULL;
	bool more;
	enum outcome o;

	(void)d;
	if (limit < 1 || limit > EVENTS_LIMIT_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d",
				EVENTS_LIMIT_MAX);
	o = deskrow_floor(s, &floor, e);
	if (o != OUT_OK)
		return o;
	if (from < floor) {
		rq->error_data = json_pack("{s:I}", "floor", (json_int_t)floor);
		return err_code(e, OUT_PERM, "gone",
				"events up to %lld are no longer kept",
				(long long)floor);
	}
	o = event_list(s, from, (int)limit + 1, &list, e);
	if (o != OUT_OK)
		return o;
	more = json_array_size(list) > (size_t)limit;
	if (more)
		(void)json_array_remove(list, (size_t)limit);
	while (json_array_size(list) > 1 &&
	       json_dumpb(list, NULL, 0, JSON_COMPACT) > RESPONSE_BYTES_MAX) {
		size_t half = json_array_size(list) / 2;

		more = true;
		while (json_array_size(list) > half)
			(void)json_array_remove(list,
						json_array_size(list) - 1);
	}
	result_set(rq, "events", list);
	result_set(rq, "more", json_boolean(more));
	return OUT_OK;
}

/* A visitor reads files of lines of their own chat alone. */
static enum outcome
visitor_owns(struct store *s, const struct request *rq, struct err *e)
{
	struct visitor v;
	enum outcome o = visitor_load(s, rq->visitor_id, &v, e);

	if (o == OUT_OK)
		o = visitor_file(s, &v, param_int(rq, "message", 0),
				 param_str(rq, "sha256"), e);
	visitor_release(&v);
	return o;
}

/* The body of a hook: for the role that has it, and for who works on the
 * machine. */
static enum outcome
hook_octets(struct store *s, struct request *rq, int64_t from, int64_t n,
	    struct err *e)
{
	bool control = rq->role == ROLE_CONTROL && rq->agent_id == 0 &&
		       rq->visitor_id == 0;

	if (!control && rq->role != ROLE_WHATSAPP && rq->role != ROLE_SHOP)
		return err_code(e, OUT_PERM, "not_allowed",
				"what servers delivered is not for this "
				"person");
	return octet_get_hook(s, param_int(rq, "hook", 0),
			      control ? NULL : role_name(rq->role),
			      param_str(rq, "sha256"), from, n, &rq->result, e);
}

enum outcome
m_blob_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	int64_t from = param_int(rq, "offset", 0);
	int64_t n = param_int(rq, "length", 0);
	enum outcome o;

	(void)d;
	if (param_given(rq, "hook") == param_given(rq, "message"))
		return err_code(e, OUT_PERM, "bad_params",
				"one of 'message' and 'hook' is needed");
	if (from < 0 || n < 0 || n > OCTET_RANGE_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'offset' and 'length' are not a range of at "
				"most %d octets",
				OCTET_RANGE_MAX);
	if (rq->role == ROLE_SHOP && param_given(rq, "message"))
		return err_code(e, OUT_PERM, "not_allowed",
				"files of messages are not for shops");
	if (rq->visitor_id != 0) {
		o = visitor_owns(s, rq, e);
		if (o != OUT_OK)
			return o;
	}
	if (param_given(rq, "hook"))
		return hook_octets(s, rq, from, n, e);
	return octet_get(s, param_int(rq, "message", 0),
			 param_str(rq, "sha256"), from, n, &rq->result, e);
}
