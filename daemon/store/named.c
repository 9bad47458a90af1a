#include "daemon/store/named.h"

#include <string.h>

#include "daemon/store/participant.h"
#include "daemon/store/row.h"

static const struct sql q_incident = {
	"find an incident that is named",
	"SELECT id, connection_id, follows_id, merged_into FROM incident "
	"WHERE id = $1"
};
static const struct sql q_known = {
	"look for a known Message-ID",
	/* a program may send one id in all of its mails: the newest of them;
	 * the sender's addresses are few: by them, then by the key */
	"SELECT i.id, i.connection_id, i.follows_id, i.merged_into, "
	"i.customer_id = $2 OR EXISTS (SELECT 1 FROM identity d "
	"CROSS JOIN participant p ON p.incident_id = i.id "
	"AND p.identity_id = d.id WHERE d.customer_id = $2) AS part "
	"FROM (SELECT id, incident_id FROM message WHERE external_id = $1 "
	"ORDER BY id DESC LIMIT $4) m JOIN incident i ON i.id = m.incident_id "
	"ORDER BY part DESC, i.connection_id IS $3 DESC, m.id DESC LIMIT 1"
};
static const struct sql q_by_list = {
	"look for a mail of a list",
	"SELECT 1 FROM (SELECT incident_id, mail FROM message "
	"WHERE external_id = $1 ORDER BY id DESC LIMIT $4) m, "
	"json_each(m.mail, '$.headers') h WHERE m.incident_id = $2 "
	"AND lower(h.value ->> '$.name') = 'list-id' "
	"AND h.value ->> '$.value' = $3 LIMIT 1"
};
static const struct sql q_twice = {
	"look for a contact of another connection",
	"SELECT 1 FROM (SELECT incident_id, direction, connection_id "
	"FROM message WHERE external_id = $2 ORDER BY id DESC LIMIT $4) "
	"WHERE incident_id = $1 AND direction = 'in' "
	"AND connection_id IS NOT $3 LIMIT 1"
};
static const struct sql q_late = {
	"look for a reply that came before its parent",
	/* CROSS JOIN: the customer's newest incidents first, and of those
	 * that anything happened to the first messages; few of these name
	 * any mail, and only they are read as JSON */
	"SELECT i.id FROM (SELECT id, connection_id, updated_ms FROM incident "
	"WHERE customer_id = $1 ORDER BY id DESC LIMIT $5) i "
	"CROSS JOIN message m ON m.incident_id = i.id AND m.number = 1 "
	"WHERE i.connection_id = $2 AND i.updated_ms >= $3 "
	"AND m.committed_ms >= $3 AND instr(m.mail, '\"names\":[') > 0 "
	"AND EXISTS (SELECT 1 FROM json_each(m.mail, '$.names') n "
	"WHERE n.value = $4) ORDER BY i.id DESC LIMIT 1"
};

static enum outcome
named_place(struct store *s, sqlite3_stmt *st, struct named_place *out,
	    struct err *e)
{
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	memset(out, 0, sizeof *out);
	if (o != OUT_OK || !row)
		return o;
	out->incident_id = sql_get_int(st, 0);
	out->connection_id = sql_get_int(st, 1);
	out->follows_id = sql_get_int(st, 2);
	out->merged_into = sql_get_int(st, 3);
	return OUT_OK;
}

enum outcome
named_incident(struct store *s, int64_t id, struct named_place *out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_incident);
	enum outcome o;

	sql_set_int(st, 1, id);
	o = named_place(s, st, out, e);
	sql_reset(st);
	return o;
}

enum outcome
named_known(struct store *s, const char *external_id,
	    const struct named_sender *from, struct named_place *out,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_known);
	enum outcome o;

	sql_set_str(st, 1, external_id);
	sql_set_int(st, 2, from->customer_id);
	sql_set_id(st, 3, from->connection_id);
	sql_set_int(st, 4, NAMED_SAME_MAX);
	o = named_place(s, st, out, e);
	if (o == OUT_OK && out->incident_id != 0)
		out->takes_part = sql_get_int(st, 4) != 0;
	sql_reset(st);
	if (o == OUT_OK && out->incident_id != 0 && !out->takes_part &&
	    from->address != NULL)
		o = participant_agent(s, from->address, &out->takes_part, e);
	return o;
}

enum outcome
named_by_list(struct store *s, const char *external_id, int64_t incident_id,
	      const char *list_id, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_by_list);

	sql_set_str(st, 1, external_id);
	sql_set_int(st, 2, incident_id);
	sql_set_str(st, 3, list_id);
	sql_set_int(st, 4, NAMED_SAME_MAX);
	return row_exists(s, st, out, e);
}

enum outcome
named_twice(struct store *s, int64_t incident_id, const char *external_id,
	    int64_t connection_id, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_twice);

	sql_set_int(st, 1, incident_id);
	sql_set_str(st, 2, external_id);
	sql_set_id(st, 3, connection_id);
	sql_set_int(st, 4, NAMED_SAME_MAX);
	return row_exists(s, st, out, e);
}

enum outcome
named_late(struct store *s, const char *external_id,
	   const struct named_sender *from, int64_t since_ms,
	   int64_t *incident_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_late);

	sql_set_int(st, 1, from->customer_id);
	sql_set_int(st, 2, from->connection_id);
	sql_set_int(st, 3, since_ms);
	sql_set_str(st, 4, external_id);
	sql_set_int(st, 5, NAMED_LATE_MAX);
	return row_number(s, st, incident_out, e);
}
