/*
 * m_outbox: outbox.take, begin, report and get: deliveries on lease to
 * gateways.
 *
 * Invariants: a delivery has one key for ever; a lease names its attempt, and
 * only the newest attempt may end it; a failure that is final reopens the
 * clock that the answer had fulfilled.
 */

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/letterhead.h"
#include "daemon/outbox.h"
#include "daemon/person.h"
#include "daemon/request.h"
#include "daemon/store/delivery.h"
#include "daemon/store/incident.h"
#include "daemon/store/outmail.h"
#include "daemon/token.h"
#include "daemon/wastatus.h"

#define TAKE_MAX 20
#define LEASE_MS_MIN 1000
#define LEASE_MS_MAX 600000

/* named by the table of handlers */
method_fn m_outbox_take;
method_fn m_outbox_begin;
method_fn m_outbox_report;
method_fn m_outbox_get;

static void
set_iso(json_t *o, const char *name, int64_t t_ms)
{
	char iso[32];

	clock_iso_ms(t_ms, iso);
	(void)json_object_set_new(o, name, json_string(iso));
}

static json_t *
take_address(char *name, char *address)
{
	json_t *a = json_object();

	(void)json_object_set_new(
		a, "name", *name != '\0' ? json_string(name) : json_null());
	(void)json_object_set_new(a, "address", json_string(address));
	mem_free(name);
	mem_free(address);
	return a;
}

/* "Ana (Tienda Olmo)": who answers, and for whom. */
static char *
take_from_name(const char *agent, const char *desk)
{
	if (*agent != '\0' && *desk != '\0')
		return mem_printf("%s (%s)", agent, desk);
	return mem_strdup(*agent != '\0' ? agent : desk);
}

/* local+TOKEN@domain of the connection's address. */
static char *
take_reply_to(const struct desk *d, const struct delivery *dl,
	      const char *address)
{
	const char *at = strrchr(address, '@');
	char token[TOKEN_MAX];

	token_make(d->key, dl->incident_id, dl->number, token);
	if (at == NULL)
		return mem_strdup(address);
	return mem_printf("%.*s+%s%s", (int)(at - address), address, token, at);
}

/* Sender and reply address, by the connection's settings. */
static enum outcome
take_sender(struct desk *d, struct store *s, const struct delivery *dl,
	    json_t *out, struct err *e)
{
	struct link l;
	const char *address;
	const char *from_name;
	char *agent = NULL;
	char *desk = NULL;
	enum outcome o = link_load(s, dl->connection_id, &l, e);

	if (o == OUT_OK)
		o = outmail_agent(s, dl->agent_id, &agent, e);
	if (o == OUT_OK)
		o = desk_name(s, &desk, e);
	if (o == OUT_OK) {
		address = member_str(l.settings, "address");
		from_name = member_str(l.settings, "from_name");
		address = address != NULL ? address : "";
		if (from_name == NULL || *from_name == '\0')
			from_name = desk;
		(void)json_object_set_new(out, "connection",
					  json_string(l.name));
		(void)json_object_set_new(
			out, "from",
			take_address(take_from_name(agent, from_name),
				     mem_strdup(address)));
		(void)json_object_set_new(
			out, "reply_to",
			take_address(mem_strdup(from_name),
				     take_reply_to(d, dl, address)));
		(void)json_object_set_new(
			out, "dsn",
			json_boolean(letterhead_dsn(&l, dl->agent_id == 0)));
	}
	mem_free(agent);
	mem_free(desk);
	link_release(&l);
	return o;
}

/* An OutDelivery; *out is new on OUT_OK. */
static enum outcome
take_json(struct desk *d, struct store *s, const struct delivery *dl,
	  int64_t lease_ms, json_t **out, struct err *e)
{
	json_t *j = json_object();
	char loop[TOKEN_LOOP_MAX];
	enum outcome o = outmail_read(s, dl->message_id, j, e);

	if (o == OUT_OK)
		o = take_sender(d, s, dl, j, e);
	if (o != OUT_OK) {
		json_decref(j);
		return o;
	}
	(void)json_object_set_new(j, "id", json_integer(dl->id));
	(void)json_object_set_new(j, "attempt", json_integer(dl->attempts));
	set_iso(j, "lease_until", lease_ms);
	(void)json_object_set_new(j, "incident", json_integer(dl->incident_id));
	(void)json_object_set_new(j, "message", json_integer(dl->message_id));
	(void)json_object_set_new(j, "key", json_string(dl->key));
	set_iso(j, "at", dl->committed_ms);
	(void)json_object_set_new(j, "automatic",
				  json_boolean(dl->agent_id == 0));
	token_loop(d->key, loop);
	(void)json_object_set_new(j, "loop", json_string(loop));
	*out = j;
	return OUT_OK;
}

static enum outcome
take_one(struct desk *d, struct store *s, const struct request *rq, int64_t id,
	 int64_t lease_ms, json_t *list, struct err *e)
{
	struct delivery dl;
	json_t *out = NULL;
	enum outcome o = delivery_load(s, id, NULL, &dl, e);

	if (o == OUT_OK)
		o = delivery_take(s, id, rq->now_ms + lease_ms, e);
	dl.attempts++;
	if (o == OUT_OK)
		o = take_json(d, s, &dl, rq->now_ms + lease_ms, &out, e);
	if (o == OUT_OK)
		(void)json_array_append_new(list, out);
	delivery_release(&dl);
	return o;
}

enum outcome
m_outbox_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	struct delivery dl;
	json_t *out = NULL;
	enum outcome o = delivery_load(s, member_int(rq->params, "delivery", 0),
				       role_name(rq->role), &dl, e);

	if (o == OUT_OK)
		o = take_json(d, s, &dl,
			      dl.lease_ms != 0 ? dl.lease_ms : rq->now_ms, &out,
			      e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "delivery", out);
	}
	delivery_release(&dl);
	return o;
}

static int64_t
clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

enum outcome
m_outbox_take(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	int64_t ids[TAKE_MAX];
	int64_t lease = clamp(member_int(rq->params, "lease_ms", 0),
			      LEASE_MS_MIN, LEASE_MS_MAX);
	int max = (int)clamp(member_int(rq->params, "max", 1), 1, TAKE_MAX);
	json_t *list = json_array();
	size_t bytes = 0;
	int n = 0;
	int i;
	enum outcome o;

	o = delivery_due(s, role_name(rq->role), rq->now_ms, max, ids, &n, e);
	for (i = 0; o == OUT_OK && i < n; i++) {
		/* a response must fit its frame */
		o = outmail_bytes(s, ids[i], &bytes, e);
		if (o != OUT_OK || (bytes > OUTBOX_BYTES_MAX && i > 0))
			break;
		o = take_one(d, s, rq, ids[i], lease, list, e);
	}
	if (o != OUT_OK) {
		json_decref(list);
		return o;
	}
	rq->result = json_object();
	(void)json_object_set_new(rq->result, "deliveries", list);
	return OUT_OK;
}

/* Only the newest attempt counts, and only while nothing has ended it: what
 * was sent or failed for good stays so, whatever is said later. Nobody knows
 * of an unknown one, so the truth may still come. */
static enum outcome
report_check(struct request *rq, const struct delivery *dl, struct err *e)
{
	if (member_int(rq->params, "attempt", 0) == dl->attempts &&
	    strcmp(dl->state, "failed") != 0 && strcmp(dl->state, "sent") != 0)
		return OUT_OK;
	rq->error_data = json_object();
	(void)json_object_set_new(rq->error_data, "state",
				  json_string(dl->state));
	(void)json_object_set_new(rq->error_data, "attempt",
				  json_integer(dl->attempts));
	return err_code(e, OUT_PERM, "conflict",
			"the delivery was taken again or has ended");
}

enum outcome
m_outbox_begin(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	int64_t until =
		rq->now_ms + clamp(member_int(rq->params, "lease_ms", 0),
				   LEASE_MS_MIN, LEASE_MS_MAX);
	struct delivery dl;
	enum outcome o = delivery_load(s, member_int(rq->params, "delivery", 0),
				       role_name(rq->role), &dl, e);

	(void)d;
	if (o == OUT_OK &&
	    (strcmp(dl.state, "taken") != 0 ||
	     member_int(rq->params, "attempt", 0) != dl.attempts))
		o = err_code(e, OUT_PERM, "conflict",
			     "the delivery was taken again or has ended");
	if (o == OUT_OK)
		o = delivery_begin(s, dl.id, until, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		set_iso(rq->result, "lease_until", until);
	}
	delivery_release(&dl);
	return o;
}

/* What ended is known already: the same word as before, or the channel itself
 * has said more than a gateway can know. Its state, else NULL. */
static const char *
report_repeat(const struct request *rq, const struct delivery *dl,
	      enum outbox_end end)
{
	if (dl->whatsapp && *dl->external_id != '\0') {
		if (strcmp(dl->state, "sent") == 0)
			return "sent";
		if (strcmp(dl->state, "failed") == 0)
			return "failed";
	}
	if (end == OUTBOX_SENT && strcmp(dl->state, "sent") == 0)
		return "sent";
	if (end == OUTBOX_FAILED && strcmp(dl->state, "failed") == 0 &&
	    member_int(rq->params, "attempt", 0) == dl->attempts)
		return "failed";
	return NULL;
}

static enum outcome
report_end(struct desk *d, struct store *s, const struct request *rq,
	   const struct delivery *dl, enum outbox_end end,
	   const char **state_out, struct err *e)
{
	const char *detail = member_str(rq->params, "detail");
	int64_t code = member_int(rq->params, "error_code", 0);
	enum outcome o;

	detail = detail != NULL ? detail : "";
	o = outbox_end(d, s, dl, end, detail, rq->now_ms, state_out, e);
	if (o == OUT_OK && dl->whatsapp && strcmp(*state_out, "failed") == 0)
		o = outbox_coded(s, dl, code, detail, rq->now_ms, e);
	return o;
}

/* Addresses of the customer that the channel's answer names. */
static enum outcome
report_learn(struct store *s, const struct delivery *dl, const json_t *to,
	     int64_t now_ms, struct err *e)
{
	struct incident inc;
	struct link l = { 0 };
	enum outcome o = incident_load(s, dl->incident_id, &inc, e);

	if (o == OUT_OK)
		o = link_load(s, dl->connection_id, &l, e);
	if (o == OUT_OK)
		o = wa_person_learn(s, inc.customer_id,
				    wa_person_scope(l.settings),
				    member_str(to, "wa_id"),
				    member_str(to, "user_id"), now_ms, e);
	link_release(&l);
	incident_release(&inc);
	return o;
}

/* The channel's id of it, and by which address it knows the customer. */
static enum outcome
report_named(struct desk *d, struct store *s, struct request *rq,
	     struct delivery *dl, struct err *e)
{
	const char *external_id = member_str(rq->params, "external_id");
	const json_t *to = json_object_get(rq->params, "to");
	enum outcome o = OUT_OK;

	if (external_id != NULL && *external_id != '\0' && dl->whatsapp)
		o = wastatus_named(d, s, dl, external_id, rq->now_ms, e);
	if (o == OUT_OK && json_is_object(to) && dl->whatsapp)
		o = report_learn(s, dl, to, rq->now_ms, e);
	return o;
}

enum outcome
m_outbox_report(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	struct delivery dl;
	const char *word = member_str(rq->params, "result");
	enum outbox_end end;
	const char *state = NULL;
	enum outcome o;

	if (!outbox_end_parse(word, member_bool(rq->params, "retry", false),
			      &end))
		return err_code(e, OUT_PERM, "bad_params",
				"'result' is none of sent, failed, unknown");
	o = delivery_load(s, member_int(rq->params, "delivery", 0),
			  role_name(rq->role), &dl, e);
	if (o == OUT_OK)
		o = report_named(d, s, rq, &dl, e);
	if (o == OUT_OK)
		state = report_repeat(rq, &dl, end);
	if (o == OUT_OK && state == NULL)
		o = report_check(rq, &dl, e);
	if (o == OUT_OK && state == NULL)
		o = report_end(d, s, rq, &dl, end, &state, e);
	if (o == OUT_OK) {
		rq->result = json_object();
		(void)json_object_set_new(rq->result, "state",
					  json_string(state));
	}
	delivery_release(&dl);
	return o;
}
