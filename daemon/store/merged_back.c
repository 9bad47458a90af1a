/*
 * merged_back: two customers are two again. Statements have $1, who stays, $2,
 * who goes again, and $3, the journal.
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/merged.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_identities = {
	"give addresses back",
	"UPDATE identity SET customer_id = $2 WHERE customer_id = $1 "
	"AND id IN (SELECT value FROM json_each($3, '$.identities'))"
};

/* What moved, and what was opened since from an address of theirs. */
static const struct sql q_which = {
	"find incidents to give back",
	"SELECT i.id FROM incident i WHERE i.customer_id = $1 AND ("
	"i.id IN (SELECT value FROM json_each($3, '$.incidents')) "
	"OR (i.id > json_extract($3, '$.last_incident') AND EXISTS ("
	"SELECT 1 FROM message m JOIN identity d ON d.id = m.identity_id "
	"WHERE m.incident_id = i.id AND m.number = 1 "
	"AND d.customer_id = $2))) ORDER BY i.id"
};
static const struct sql q_incident = {
	"give an incident back",
	"UPDATE incident SET customer_id = $1 WHERE id = $2"
};

/* What came since is whose account or address it names; a guest's, whose
 * earlier orders had the same. */
static const struct sql q_orders = {
	"give orders back",
	"UPDATE shop_order AS o SET customer_id = $2 "
	"WHERE o.customer_id = $1 AND ("
	"o.id IN (SELECT value FROM json_each($3, '$.orders')) "
	"OR (o.id > json_extract($3, '$.last_order') AND (CASE "
	"o.customer_basis "
	"WHEN 'account' THEN EXISTS (SELECT 1 FROM identity d "
	"WHERE d.kind = 'shop_customer' AND d.scope = o.connection_id || '' "
	"AND d.value = o.buyer_external_id AND d.customer_id = $2) "
	"WHEN 'email' THEN EXISTS (SELECT 1 FROM identity d "
	"WHERE d.kind = 'email' AND d.scope = '' AND d.value = o.buyer_email "
	"AND d.customer_id = $2) OR EXISTS (SELECT 1 FROM shop_order p "
	"WHERE p.buyer_email = o.buyer_email "
	"AND +p.connection_id = o.connection_id AND p.id IN (SELECT value "
	"FROM json_each($3, '$.orders'))) "
	"WHEN 'phone' THEN EXISTS (SELECT 1 FROM identity d "
	"WHERE d.kind = 'whatsapp' AND d.scope = '' "
	"AND d.value = substr(o.buyer_phone, 2) AND d.customer_id = $2) "
	"OR EXISTS (SELECT 1 FROM shop_order p "
	"WHERE p.buyer_phone = o.buyer_phone "
	"AND +p.connection_id = o.connection_id AND p.id IN (SELECT value "
	"FROM json_each($3, '$.orders'))) ELSE 0 END)))"
};

/* What rules sent is whose incident it was sent in. */
static const struct sql q_rules_now = {
	"read what rules sent",
	"SELECT json_group_array(json_object('rule', rule, "
	"'message', message_id, 'until_ms', until_ms)) FROM (SELECT rule, "
	"message_id, until_ms FROM rule_sent WHERE customer_id = $1 "
	"UNION SELECT json_extract(value, '$.rule'), "
	"json_extract(value, '$.message'), json_extract(value, '$.until_ms') "
	"FROM json_each($3, '$.rules') "
	"UNION SELECT json_extract(value, '$.rule'), "
	"json_extract(value, '$.message'), json_extract(value, '$.until_ms') "
	"FROM json_each($3, '$.kept_rules')) WHERE $2 <> 0"
};
static const struct sql q_rules_drop = {
	"drop what rules sent",
	"DELETE FROM rule_sent WHERE customer_id IN ($1, $2) AND $3 <> ''"
};
static const struct sql q_rules_put = {
	"write what rules sent",
	"INSERT INTO rule_sent (customer_id, rule, message_id, until_ms) "
	"SELECT i.customer_id, json_extract(j.value, '$.rule'), m.id, "
	"max(json_extract(j.value, '$.until_ms')) FROM json_each($3) j "
	"JOIN message m ON m.id = json_extract(j.value, '$.message') "
	"JOIN incident i ON i.id = m.incident_id "
	"WHERE i.customer_id IN ($1, $2) GROUP BY 1, 2"
};

static const struct sql q_windows = {
	"read windows",
	"SELECT json_group_array(json_object('connection', connection_id, "
	"'until_ms', until_ms, 'last', last_external_id, "
	"'warned_ms', warned_ms)) FROM contact_window WHERE customer_id = $1"
};
static const struct sql q_windows_drop = {
	"drop windows",
	"DELETE FROM contact_window WHERE customer_id IN ($1, $2)"
};
static const struct sql q_window_put = {
	"write a window",
	"INSERT INTO contact_window (connection_id, customer_id, until_ms, "
	"last_external_id, warned_ms) VALUES (json_extract($2, '$.connection'), "
	"$1, json_extract($2, '$.until_ms'), json_extract($2, '$.last'), "
	"json_extract($2, '$.warned_ms'))"
};
static const struct sql q_wrote = {
	"find who wrote last",
	"SELECT d.customer_id FROM incident i "
	"JOIN message m ON m.incident_id = i.id "
	"JOIN identity d ON d.id = m.identity_id "
	"WHERE i.customer_id IN ($1, $2) AND +m.connection_id = $3 "
	"AND m.direction = 'in' ORDER BY m.received_ms DESC, m.id DESC LIMIT 1"
};

static const struct sql q_names = {
	"take the name back",
	"UPDATE customer SET "
	"name = iif(json_extract($2, '$.named'), '', name), "
	"language = iif(json_extract($2, '$.language'), '', language) "
	"WHERE id = $1"
};
static const struct sql q_alone = {
	"note that a customer stands alone",
	"UPDATE customer SET merged_into = NULL WHERE id = $1 "
	"AND merged_into = $2"
};
/* Who undoes it says that they are two. */
static const struct sql q_refused = {
	"refuse a suggestion",
	"INSERT INTO suggestion (customer_a, customer_b, basis, at_ms, state, "
	"agent_id) VALUES (min($1, $2), max($1, $2), 'merge', $4, 'refused', "
	"$3) ON CONFLICT (customer_a, customer_b) DO UPDATE SET "
	"state = 'refused', agent_id = excluded.agent_id"
};
static const struct sql q_undone = {
	"note that a merge was undone",
	"UPDATE customer_merge SET undone_ms = $2, undone_by = $3 "
	"WHERE id = $1 AND undone_ms IS NULL"
};

/* Both customers, and the journal. */
struct back {
	struct store *s;
	const struct merged *m;
	char *doc;
};

static sqlite3_stmt *
prepared(const struct back *b, const struct sql *q, const char *doc)
{
	sqlite3_stmt *st = sql_stmt(b->s, q);

	sql_set_int(st, 1, b->m->kept_id);
	sql_set_int(st, 2, b->m->gone_id);
	sql_set_str(st, 3, doc);
	return st;
}

static enum outcome
run(const struct back *b, const struct sql *q, const char *doc, struct err *e)
{
	return sql_done(b->s, prepared(b, q, doc), e);
}

static json_t *
id_of(sqlite3_stmt *st)
{
	return sql_json_int(st, 0);
}

static json_t *
doc_of(sqlite3_stmt *st)
{
	return sql_json_doc(st, 0);
}

static enum outcome
incidents(const struct back *b, json_t **out, struct err *e)
{
	const json_t *id;
	size_t i;
	enum outcome o =
		row_list(b->s, prepared(b, &q_which, b->doc), id_of, out, e);

	if (o != OUT_OK)
		return o;
	json_array_foreach(*out, i, id)
	{
		o = row_change(b->s, &q_incident, b->m->gone_id,
			       json_integer_value(id), e);
		if (o != OUT_OK)
			return o;
	}
	return OUT_OK;
}

static enum outcome
rules(const struct back *b, struct err *e)
{
	json_t *now = NULL;
	char *doc = NULL;
	enum outcome o = row_one(b->s, prepared(b, &q_rules_now, b->doc),
				 doc_of, &now, e);

	if (o != OUT_OK || json_array_size(now) == 0) {
		json_decref(now);
		return o;
	}
	doc = json_dumps(now, JSON_COMPACT);
	o = run(b, &q_rules_drop, doc, e);
	if (o == OUT_OK)
		o = run(b, &q_rules_put, doc, e);
	mem_free(doc);
	json_decref(now);
	return o;
}

/* --- windows --------------------------------------------------------------------- */

static const json_t *
window_in(const json_t *list, int64_t connection_id)
{
	const json_t *w;
	size_t i;

	json_array_foreach(list, i, w)
	{
		if (json_integer_value(json_object_get(w, "connection")) ==
		    connection_id)
			return w;
	}
	return NULL;
}

static int64_t
until(const json_t *w)
{
	return json_integer_value(json_object_get(w, "until_ms"));
}

static enum outcome
window_put(const struct back *b, int64_t customer_id, const json_t *w,
	   struct err *e)
{
	sqlite3_stmt *st;
	char *doc;
	enum outcome o;

	if (w == NULL)
		return OUT_OK;
	doc = json_dumps(w, JSON_COMPACT);
	st = sql_stmt(b->s, &q_window_put);
	sql_set_int(st, 1, customer_id);
	sql_set_str(st, 2, doc);
	o = sql_done(b->s, st, e);
	mem_free(doc);
	return o;
}

/* Whose is the window as it is now? Nobody wrote since: 0. */
static enum outcome
window_owner(const struct back *b, const json_t *now, const json_t *kept,
	     const json_t *gone, int64_t *out, struct err *e)
{
	int64_t before = until(kept) > until(gone) ? until(kept) : until(gone);
	sqlite3_stmt *st;

	*out = 0;
	if (until(now) <= before)
		return OUT_OK;
	st = sql_stmt(b->s, &q_wrote);
	sql_set_int(st, 1, b->m->kept_id);
	sql_set_int(st, 2, b->m->gone_id);
	sql_set_int(st, 3,
		    json_integer_value(json_object_get(now, "connection")));
	return row_number(b->s, st, out, e);
}

static enum outcome
window_back(const struct back *b, const json_t *now, struct err *e)
{
	int64_t connection =
		json_integer_value(json_object_get(now, "connection"));
	const json_t *kept = window_in(
		json_object_get(b->m->journal, "kept_windows"), connection);
	const json_t *gone = window_in(
		json_object_get(b->m->journal, "windows"), connection);
	int64_t owner = 0;
	enum outcome o = window_owner(b, now, kept, gone, &owner, e);

	if (owner == b->m->gone_id)
		gone = now;
	else if (owner != 0)
		kept = now;
	if (o == OUT_OK)
		o = window_put(b, b->m->kept_id, kept, e);
	return o == OUT_OK ? window_put(b, b->m->gone_id, gone, e) : o;
}

static enum outcome
windows(const struct back *b, struct err *e)
{
	json_t *list = NULL;
	const json_t *w;
	size_t i;
	enum outcome o =
		row_one_of(b->s, &q_windows, b->m->kept_id, doc_of, &list, e);

	if (o == OUT_OK)
		o = row_change(b->s, &q_windows_drop, b->m->kept_id,
			       b->m->gone_id, e);
	json_array_foreach(list, i, w)
	{
		if (o == OUT_OK && i < MERGED_WINDOWS_MAX)
			o = window_back(b, w, e);
	}
	json_decref(list);
	return o;
}

/* --- all of it --------------------------------------------------------------------- */

static enum outcome
names(const struct back *b, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(b->s, &q_names);

	sql_set_int(st, 1, b->m->kept_id);
	sql_set_str(st, 2, b->doc);
	return sql_done(b->s, st, e);
}

static enum outcome
noted(const struct back *b, int64_t agent_id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(b->s, &q_refused);
	enum outcome o;

	sql_set_int(st, 1, b->m->kept_id);
	sql_set_int(st, 2, b->m->gone_id);
	sql_set_id(st, 3, agent_id);
	sql_set_int(st, 4, now_ms);
	o = sql_done(b->s, st, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(b->s, &q_undone);
	sql_set_int(st, 1, b->m->id);
	sql_set_int(st, 2, now_ms);
	sql_set_id(st, 3, agent_id);
	return sql_done(b->s, st, e);
}

enum outcome
merged_back(struct store *s, const struct merged *m, int64_t agent_id,
	    int64_t now_ms, json_t **incidents_out, struct err *e)
{
	struct back b = { .s = s,
			  .m = m,
			  .doc = json_dumps(m->journal, JSON_COMPACT) };
	enum outcome o = run(&b, &q_identities, b.doc, e);

	*incidents_out = NULL;
	if (o == OUT_OK)
		o = row_change(s, &q_alone, m->gone_id, m->kept_id, e);
	if (o == OUT_OK)
		o = incidents(&b, incidents_out, e);
	if (o == OUT_OK)
		o = run(&b, &q_orders, b.doc, e);
	if (o == OUT_OK)
		o = rules(&b, e);
	if (o == OUT_OK)
		o = windows(&b, e);
	if (o == OUT_OK)
		o = names(&b, e);
	if (o == OUT_OK)
		o = noted(&b, agent_id, now_ms, e);
	mem_free(b.doc);
	return o;
}
