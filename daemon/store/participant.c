#include "daemon/store/participant.h"

#include <stdio.h>
#include <string.h>

#include "daemon/store/row.h"

static const struct sql q_participant = {
	"look for a participant",
	"SELECT 1 FROM identity d CROSS JOIN participant p "
	"ON p.incident_id = $1 AND p.identity_id = d.id "
	"WHERE d.customer_id = $2 LIMIT 1"
};
static const struct sql q_participant_add = {
	"add a participant",
	"INSERT INTO participant (incident_id, identity_id) SELECT $1, $2 "
	"WHERE (SELECT count(*) FROM participant WHERE incident_id = $1) < $3 "
	"ON CONFLICT DO NOTHING"
};
static const struct sql q_agent = {
	"look for an agent's address",
	"SELECT 1 FROM agent WHERE email = lower($1) AND active = 1"
};
static const struct sql q_own = {
	"look for an address of ours",
	"SELECT 1 FROM connection WHERE lower(settings ->> '$.address') IN "
	"(lower($1), lower($2)) LIMIT 1"
};

enum outcome
participant_is(struct store *s, int64_t incident_id, int64_t customer_id,
	       bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_participant);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, customer_id);
	return row_exists(s, st, out, e);
}

enum outcome
participant_add(struct store *s, int64_t incident_id, int64_t identity_id,
		struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_participant_add);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, identity_id);
	sql_set_int(st, 3, PARTICIPANTS_MAX);
	return sql_done(s, st, e);
}

enum outcome
participant_agent(struct store *s, const char *address, bool *out,
		  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_agent);

	sql_set_str(st, 1, address);
	return row_exists(s, st, out, e);
}

enum outcome
participant_own(struct store *s, const char *address, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_own);
	const char *at = strrchr(address, '@');
	const char *plus = strchr(address, '+');
	char plain[PARTICIPANT_ADDRESS_MAX];

	*plain = '\0';
	if (at != NULL && plus != NULL && plus < at)
		(void)snprintf(plain, sizeof plain, "%.*s%s",
			       (int)(plus - address), address, at);
	sql_set_str(st, 1, address);
	sql_set_str(st, 2, plain);
	return row_exists(s, st, out, e);
}
