/* view: rows as JSON objects. An Incident: view_incident.c. */

#include "daemon/store/view.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "daemon/store/event.h"
#include "daemon/store/fallback.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/view_incident.h"
#include "daemon/store/view_wa.h"
#include "daemon/store/visitor.h"

#define VIEW_EVENTS_OF_INCIDENT 200

static const struct sql q_identity = { "view.identity",
				       "SELECT " VIEW_IDENTITY_COLUMNS
				       " FROM identity WHERE id = $1" };

static const struct sql q_customer = {
	"view.customer",
	"SELECT id, name, merged_into FROM customer WHERE id = $1"
};

static const struct sql q_clock = { "view.clock", "SELECT " VIEW_CLOCK_COLUMNS
						  " FROM clock WHERE id = $1" };

static const struct sql q_clocks = {
	"view.clocks", "SELECT " VIEW_CLOCK_COLUMNS
		       " FROM clock WHERE incident_id = $1 ORDER BY id"
};

static const struct sql q_clock_steps = {
	"view.clock_steps",
	"SELECT kind, number, at_s, done_ms FROM clock_step"
	" WHERE clock_id = $1 ORDER BY at_s, kind, number LIMIT 200"
};

static const struct sql q_classified = {
	"read how an incident was classified",
	"SELECT data FROM event WHERE incident_id = $1"
	" AND kind = 'incident.classified' ORDER BY seq LIMIT 1"
};

static const struct sql q_message = {
	"view.message",
	"SELECT m.id, m.number, m.direction, m.author, m.agent_id, a.name,"
	" c.name, d.value, m.received_ms, m.committed_ms, m.subject, m.text,"
	" m.html IS NOT NULL, m.external_id, m.raw_sha256, b.bytes,"
	" m.warnings, m.robot, m.reply_text, m.matched, m.forward,"
	" json_extract(m.mail, '$.automatic'),"
	" (SELECT x.number FROM message x WHERE x.id = m.fallback_of),"
	" (SELECT x.number FROM message x WHERE x.fallback_of = m.id),"
	" m.direction = 'in' OR m.digest IS NOT NULL"
	" FROM message m JOIN incident i ON i.id = m.incident_id"
	" JOIN customer c ON c.id = i.customer_id"
	" LEFT JOIN agent a ON a.id = m.agent_id"
	" LEFT JOIN identity d ON d.id = m.identity_id"
	" LEFT JOIN blob b ON b.sha256 = m.raw_sha256"
	" WHERE m.id = $1"
};

static const struct sql q_message_html = {
	"view.message_html", "SELECT html FROM message WHERE id = $1"
};

static const struct sql q_attachments = {
	"view.attachments",
	"SELECT t.id, t.filename, t.content_type, b.bytes, t.sha256,"
	" t.content_id, t.inline"
	" FROM attachment t JOIN blob b ON b.sha256 = t.sha256"
	" WHERE t.message_id = $1 ORDER BY t.position"
};

static const struct sql q_delivery = {
	"view.delivery",
	"SELECT d.id, d.state, d.attempts, d.detail, d.ended_ms, d.lost,"
	" d.bounced_ms, d.receipt, d.receipt_ms, d.error_code, d.external_id,"
	" c.kind = 'whatsapp' AND d.state IN ('failed', 'unknown')"
	" FROM delivery d JOIN connection c ON c.id = d.connection_id"
	" WHERE d.message_id = $1"
};

static const struct sql q_messages = {
	"view.messages", "SELECT id, number FROM message WHERE incident_id = $1"
			 " AND number < $2 ORDER BY number DESC LIMIT $3"
};

static const struct sql q_customer_incidents = {
	"view.customer_incidents",
	"SELECT id FROM incident WHERE customer_id = $1 AND id <> $2"
	" ORDER BY id DESC LIMIT $3"
};

static json_t *
clock_of(sqlite3_stmt *st)
{
	return row_tree(st, view_clock_out);
}

static json_t *
identity_of(sqlite3_stmt *st)
{
	return row_tree(st, view_identity_out);
}

static json_t *
attachment_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "filename", row_str(st, 1));
	row_set(o, "content_type", row_str(st, 2));
	row_set(o, "size", sql_json_int(st, 3));
	row_set(o, "sha256", row_str(st, 4));
	row_set(o, "content_id", row_str_null(st, 5));
	row_set(o, "inline", row_bool(st, 6));
	return o;
}

static json_t *
delivery_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "state", row_str(st, 1));
	row_set(o, "attempts", sql_json_int(st, 2));
	row_set(o, "detail", row_str(st, 3));
	row_set(o, "at", sql_json_ms(st, 4));
	row_set(o, "lost", sql_json_int(st, 5));
	if (!sql_get_null(st, 6))
		row_set(o, "bounced_at", sql_json_ms(st, 6));
	if (*sql_get_text(st, 7) != '\0') {
		row_set(o, "receipt", row_str(st, 7));
		row_set(o, "receipt_at", sql_json_ms(st, 8));
	}
	if (!sql_get_null(st, 9))
		row_set(o, "error_code", sql_json_int(st, 9));
	if (*sql_get_text(st, 10) != '\0')
		row_set(o, "external_id", row_str(st, 10));
	if (sql_get_int(st, 11) != 0)
		row_set(o, "again", json_true());
	return o;
}

static json_t *
author_of(sqlite3_stmt *st)
{
	const char *kind = sql_get_text(st, 3);
	json_t *o = json_object();

	row_set(o, "kind", row_str(st, 3));
	row_set(o, "id", sql_json_int(st, 4));
	if (kind[0] == 'a')
		row_set(o, "name", row_str(st, 5));
	else if (kind[0] == 'c')
		row_set(o, "name", row_str(st, 6));
	else
		row_set(o, "name", json_string("Postigo"));
	row_set(o, "address",
		kind[0] == 'c' ? row_str_null(st, 7) : json_null());
	return o;
}

static json_t *
raw_of(sqlite3_stmt *st)
{
	json_t *o;

	if (sql_get_null(st, 14))
		return json_null();
	o = json_object();
	row_set(o, "sha256", row_str(st, 14));
	row_set(o, "bytes", sql_json_int(st, 15));
	return o;
}

static json_t *
message_of(sqlite3_stmt *st)
{
	json_t *o = json_object();
	bool told = sql_get_int(st, 24) != 0; /* the channel says when */

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "number", sql_json_int(st, 1));
	row_set(o, "direction", row_str(st, 2));
	row_set(o, "author", author_of(st));
	row_set(o, "at", sql_json_ms(st, told ? 8 : 9));
	row_set(o, "subject", row_str_null(st, 10));
	row_set(o, "text", row_str(st, 11));
	row_set(o, "reply_text", row_str_null(st, 18));
	row_set(o, "html", json_null());
	row_set(o, "html_present", row_bool(st, 12));
	row_set(o, "external_id", row_str_null(st, 13));
	row_set(o, "attachments", json_null());
	row_set(o, "raw", raw_of(st));
	row_set(o, "delivery", json_null());
	row_set(o, "warnings", sql_json_doc(st, 16));
	row_set(o, "robot", row_bool(st, 17));
	if (*sql_get_text(st, 19) != '\0')
		row_set(o, "matched", row_str(st, 19));
	if (!sql_get_null(st, 20))
		row_set(o, "forward", sql_json_doc(st, 20));
	row_set(o, "automatic", row_str_null(st, 21));
	if (!sql_get_null(st, 22))
		row_set(o, "fallback_of", sql_json_int(st, 22));
	if (!sql_get_null(st, 23))
		row_set(o, "fallback_by", sql_json_int(st, 23));
	return o;
}

/* Of one that did not arrive: by which other channel it could go. */
static enum outcome
delivery_ways(struct store *s, json_t *delivery, struct err *e)
{
	const char *state =
		json_string_value(json_object_get(delivery, "state"));
	const char *channel = NULL;
	enum outcome o;

	if (state == NULL ||
	    (strcmp(state, "failed") != 0 && strcmp(state, "unknown") != 0))
		return OUT_OK;
	o = fallback_offer(s,
			   json_integer_value(json_object_get(delivery, "id")),
			   &channel, e);
	if (o == OUT_OK && channel != NULL)
		row_set(delivery, "fallback", json_string(channel));
	return o;
}

static json_t *
html_of(sqlite3_stmt *st)
{
	return row_str_null(st, 0);
}

enum outcome
view_message(struct store *s, int64_t id, bool html, json_t **out,
	     struct err *e)
{
	json_t *part = NULL;
	enum outcome o;

	*out = NULL;
	o = row_one_of(s, &q_message, id, message_of, out, e);
	if (o != OUT_OK)
		return o;
	if (*out == NULL)
		return view_no_such(e, "message", id);
	o = row_list_of(s, &q_attachments, id, attachment_of, &part, e);
	if (o != OUT_OK)
		goto out;
	row_set(*out, "attachments", part);
	o = row_one_of(s, &q_delivery, id, delivery_of, &part, e);
	if (o != OUT_OK)
		goto out;
	row_set(*out, "delivery", part != NULL ? part : json_null());
	o = delivery_ways(s, part, e);
	if (o == OUT_OK)
		o = view_wa_message(s, id, *out, e);
	if (o == OUT_OK && html) {
		o = row_one_of(s, &q_message_html, id, html_of, &part, e);
		if (o != OUT_OK)
			goto out;
		row_set(*out, "html", part != NULL ? part : json_null());
	}
out:
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

/* Ids of the newest messages before a number; how many. */
static enum outcome
message_ids(struct store *s, int64_t incident_id, int64_t before, int64_t *ids,
	    int64_t *numbers, size_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_messages);
	enum outcome o;
	size_t n = 0;
	bool row = false;

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, before ? before : INT64_MAX);
	sql_set_int(st, 3, VIEW_MESSAGES_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		ids[n] = sql_get_int(st, 0);
		numbers[n++] = sql_get_int(st, 1);
	}
	*n_out = n;
	return o;
}

enum outcome
view_messages(struct store *s, int64_t incident_id, int64_t before,
	      json_t **out, int64_t *more_out, struct err *e)
{
	int64_t ids[VIEW_MESSAGES_MAX];
	int64_t numbers[VIEW_MESSAGES_MAX];
	enum outcome o;
	json_t *m = NULL;
	size_t bytes = 0;
	size_t n = 0;

	*out = json_array();
	*more_out = 0;
	o = message_ids(s, incident_id, before, ids, numbers, &n, e);
	for (size_t i = 0; o == OUT_OK && i < n; i++) {
		o = view_message(s, ids[i], false, &m, e);
		if (o != OUT_OK)
			break;
		bytes += json_dumpb(m, NULL, 0, JSON_COMPACT) + 1;
		if (i > 0 && bytes > VIEW_MESSAGES_BYTES) {
			json_decref(m);
			break;
		}
		json_array_insert_new(*out, 0, m);
		*more_out = numbers[i] > 1 ? numbers[i] : 0;
	}
	view_wa_order(*out);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

enum outcome
view_clock(struct store *s, int64_t id, json_t **out, struct err *e)
{
	enum outcome o = row_one_of(s, &q_clock, id, clock_of, out, e);

	if (o == OUT_OK && *out == NULL)
		return view_no_such(e, "clock", id);
	return o;
}

static json_t *
data_of(sqlite3_stmt *st)
{
	return sql_json_doc(st, 0);
}

enum outcome
view_clock_rule(struct store *s, int64_t incident_id, const char *policy,
		json_t **out, struct err *e)
{
	json_t *data = NULL;
	const char *set;
	const char *rule = NULL;
	enum outcome o =
		row_one_of(s, &q_classified, incident_id, data_of, &data, e);

	if (o != OUT_OK)
		return o;
	set = json_string_value(
		json_object_get(json_object_get(data, "set"), "policy"));
	if (set != NULL && strcmp(set, policy) == 0)
		rule = json_string_value(
			json_object_get(json_object_get(data, "by"), "policy"));
	*out = json_string(rule != NULL ? rule : "");
	json_decref(data);
	return OUT_OK;
}

static json_t *
step_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "kind", row_str(st, 0));
	row_set(o, "number", sql_json_int(st, 1));
	row_set(o, "at", row_s(st, 2));
	row_set(o, "done_at", sql_json_ms(st, 3));
	return o;
}

enum outcome
view_clock_steps(struct store *s, int64_t id, json_t **out, struct err *e)
{
	return row_list_of(s, &q_clock_steps, id, step_of, out, e);
}

enum outcome
view_clocks(struct store *s, int64_t incident_id, json_t **out, struct err *e)
{
	return row_list_of(s, &q_clocks, incident_id, clock_of, out, e);
}

static json_t *
customer_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "id", sql_json_int(st, 0));
	row_set(o, "name", row_str(st, 1));
	if (!sql_get_null(st, 2))
		row_set(o, "merged_into", sql_json_int(st, 2));
	return o;
}

enum outcome
view_customer(struct store *s, int64_t id, json_t **out, struct err *e)
{
	json_t *part = NULL;
	enum outcome o = row_one_of(s, &q_customer, id, customer_of, out, e);

	if (o != OUT_OK)
		return o;
	if (*out == NULL)
		return view_no_such(e, "customer", id);
	o = row_list_of(s, &view_identities, id, identity_of, &part, e);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
		return o;
	}
	row_set(*out, "identities", part);
	return OUT_OK;
}

enum outcome
view_identity(struct store *s, int64_t id, json_t **out, struct err *e)
{
	enum outcome o = row_one_of(s, &q_identity, id, identity_of, out, e);

	return o == OUT_OK && *out == NULL ? view_no_such(e, "address", id) : o;
}

enum outcome
view_customer_incidents(struct store *s, const struct book *b,
			int64_t customer_id, int64_t except, int limit,
			json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_customer_incidents);
	json_t *one = NULL;
	enum outcome o;
	bool row = false;

	*out = json_array();
	sql_set_int(st, 1, customer_id);
	sql_set_int(st, 2, except);
	sql_set_int(st, 3, limit);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		o = view_incident(s, b, sql_get_int(st, 0), &one, e);
		if (o != OUT_OK)
			break;
		(void)json_array_append_new(*out, one);
	}
	sql_reset(st);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

static const struct sql q_merged = {
	"view.merged",
	"SELECT id FROM incident WHERE merged_into = $1 ORDER BY id LIMIT 100"
};
static const struct sql q_merged_into = {
	"view.merged_into", "SELECT merged_into FROM incident WHERE id = $1 "
			    "AND merged_into IS NOT NULL"
};
static const struct sql q_claim = {
	"view.claim", "SELECT code, clock_id, registered_ms, withdrawn_ms "
		      "FROM claim WHERE incident_id = $1"
};

static json_t *
id_of(sqlite3_stmt *st)
{
	return sql_json_int(st, 0);
}

static json_t *
claim_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "code", row_str(st, 0));
	if (!sql_get_null(st, 1))
		row_set(o, "clock", sql_json_int(st, 1));
	row_set(o, "registered_at", sql_json_ms(st, 2));
	if (!sql_get_null(st, 3))
		row_set(o, "withdrawn_at", sql_json_ms(st, 3));
	return o;
}

/* What it was merged with, and the claim, where there are any. */
static enum outcome
detail_joined(struct store *s, int64_t id, json_t *d, struct err *e)
{
	json_t *part = NULL;
	enum outcome o = row_list_of(s, &q_merged, id, id_of, &part, e);

	if (o != OUT_OK)
		return o;
	if (json_array_size(part) > 0)
		row_set(d, "merged", part);
	else
		json_decref(part);
	o = row_one_of(s, &q_merged_into, id, id_of, &part, e);
	if (o == OUT_OK && part != NULL)
		row_set(d, "merged_into", part);
	if (o == OUT_OK)
		o = row_one_of(s, &q_claim, id, claim_of, &part, e);
	if (o == OUT_OK && part != NULL)
		row_set(d, "claim", part);
	return o;
}

static enum outcome
detail_parts(struct store *s, const struct book *b, int64_t id,
	     int64_t customer, json_t *d, struct err *e)
{
	json_t *part = NULL;
	int64_t more = 0;
	enum outcome o = view_messages(s, id, 0, &part, &more, e);

	if (o != OUT_OK)
		return o;
	row_set(d, "messages", part);
	row_set(d, "more_before", more ? json_integer(more) : json_null());
	o = event_list_incident(s, id, VIEW_EVENTS_OF_INCIDENT, &part, e);
	if (o != OUT_OK)
		return o;
	row_set(d, "events", part);
	o = view_clocks(s, id, &part, e);
	if (o != OUT_OK)
		return o;
	row_set(d, "clocks", part);
	o = view_customer_incidents(s, b, customer, id, VIEW_EARLIER_MAX, &part,
				    e);
	if (o != OUT_OK)
		return o;
	row_set(d, "earlier", part);
	o = rating_view(s, id, &part, e);
	if (o != OUT_OK)
		return o;
	row_set(d, "rating", part != NULL ? part : json_null());
	return detail_joined(s, id, d, e);
}

static json_t *
id_or_null(int64_t id)
{
	return id != 0 ? json_integer(id) : json_null();
}

enum outcome
view_detail(struct store *s, const struct book *b, int64_t id, json_t **out,
	    struct err *e)
{
	json_t *incident = NULL;
	struct view_kin kin;
	enum outcome o;

	o = view_incident_tree(s, b, id, &incident, &kin, e);
	if (o != OUT_OK)
		return o;
	*out = json_object();
	row_set(*out, "incident", incident);
	row_set(*out, "follows", id_or_null(kin.follows));
	row_set(*out, "claims", id_or_null(kin.claims));
	o = detail_parts(s, b, id, kin.customer, *out, e);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}
