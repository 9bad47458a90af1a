#include "daemon/store/acked.h"

#include "daemon/store/row.h"
#include "daemon/store/sql.h"

/* ',' is the character after '+'. */
static const struct sql q_at = {
	"read when an address got an acknowledgement",
	"SELECT max(x.acked_ms), sum(x.form) FROM (SELECT acked_ms, 0 AS form "
	"FROM identity WHERE kind = 'email' AND scope = '' "
	"AND value = $1 || '@' || $2 UNION ALL SELECT y.acked_ms, 1 FROM "
	"(SELECT acked_ms FROM identity WHERE kind = 'email' AND scope = '' "
	"AND value > $1 || '+' AND value < $1 || ',' "
	"AND substr(value, -length($2) - 1) = '@' || $2 LIMIT $3) y) x"
};
static const struct sql q_whatsapp = {
	"read when a person of WhatsApp got an acknowledgement",
	"SELECT max(acked_ms) FROM identity WHERE customer_id = "
	"(SELECT customer_id FROM identity WHERE id = $1) "
	"AND kind IN ('whatsapp', 'bsuid')"
};
/* as people write numbers */
static const struct sql q_own_number = {
	"look for a number of ours",
	"SELECT 1 FROM identity i JOIN connection c ON c.kind = 'whatsapp' "
	"AND i.value = replace(replace(replace(replace(replace("
	"json_extract(c.settings, '$.display_number'), '+', ''), ' ', ''), "
	"'-', ''), '(', ''), ')', '') "
	"WHERE i.id = $1 AND i.kind = 'whatsapp' LIMIT 1"
};
static const struct sql q_put = {
	"note an acknowledgement",
	"UPDATE identity SET acked_ms = $2 WHERE id = $1"
};
static const struct sql q_contacts = {
	"count an address's contacts",
	"SELECT count(*) FROM (SELECT 1 FROM (SELECT id, messages "
	"FROM incident WHERE customer_id = (SELECT customer_id FROM identity "
	"WHERE id = $1) ORDER BY id DESC LIMIT $4) i "
	"JOIN message m ON m.incident_id = i.id AND m.number > i.messages - $4 "
	"WHERE m.identity_id = $1 AND m.direction = 'in' "
	"AND m.committed_ms > $2 LIMIT $3)"
};
static const struct sql q_own = {
	"look for an address of ours",
	"SELECT 1 FROM connection WHERE role = 'mail' "
	"AND lower(json_extract(settings, '$.address')) = $1 || '@' || $2 LIMIT 1"
};

enum outcome
acked_at(struct store *s, const char *local, const char *domain,
	 int64_t *ms_out, int64_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_at);
	bool row = false;
	enum outcome o;

	*ms_out = 0;
	*n_out = 0;
	sql_set_str(st, 1, local);
	sql_set_str(st, 2, domain);
	sql_set_int(st, 3, ACKED_FORMS_MAX);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		*ms_out = sql_get_int(st, 0);
		*n_out = sql_get_int(st, 1);
	}
	sql_reset(st);
	return o;
}

enum outcome
acked_whatsapp(struct store *s, int64_t identity_id, int64_t *ms_out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_whatsapp);

	sql_set_int(st, 1, identity_id);
	return row_number(s, st, ms_out, e);
}

enum outcome
acked_own_number(struct store *s, int64_t identity_id, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_own_number);

	sql_set_int(st, 1, identity_id);
	return row_exists(s, st, out, e);
}

enum outcome
acked_put(struct store *s, int64_t identity_id, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_put);

	sql_set_int(st, 1, identity_id);
	sql_set_int(st, 2, now_ms);
	return sql_done(s, st, e);
}

enum outcome
acked_contacts(struct store *s, int64_t identity_id, int64_t after_ms, int max,
	       int64_t *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_contacts);

	sql_set_int(st, 1, identity_id);
	sql_set_int(st, 2, after_ms);
	sql_set_int(st, 3, max);
	sql_set_int(st, 4, ACKED_INCIDENTS_MAX);
	return row_number(s, st, n_out, e);
}

enum outcome
acked_own(struct store *s, const char *local, const char *domain, bool *out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_own);

	sql_set_str(st, 1, local);
	sql_set_str(st, 2, domain);
	return row_exists(s, st, out, e);
}
