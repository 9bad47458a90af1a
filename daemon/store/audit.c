#include "daemon/store/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/store/row.h"

#define AUDIT_LINE_MAX 512 /* a row as the octets that are hashed */
#define AUDIT_BREAKS_MAX 100

static const struct sql q_last = {
	"read the last audit row",
	"SELECT hash FROM audit ORDER BY id DESC LIMIT 1"
};

static const struct sql q_add = {
	"add an audit row",
	"INSERT INTO audit (at_ms, agent_id, role, action, object_id, outcome,"
	" previous, hash) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
};

static const struct sql q_walk = {
	"read the audit rows",
	"SELECT id, at_ms, agent_id, role, action, object_id, outcome,"
	" previous, hash FROM audit ORDER BY id"
};

/* The hash of a row: SHA-256 of its members, a line each, after the hash of
 * the row before. */
static void
audit_hash(const struct audit_entry *a, const char *previous,
	   char out[HASH_HEX])
{
	char line[AUDIT_LINE_MAX];

	snprintf(line, sizeof(line),
		 "%s\n%" PRId64 "\n%" PRId64 "\n%s\n%s\n%" PRId64 "\n%s\n",
		 previous, a->at_ms, a->agent_id, a->role, a->action,
		 a->object_id, a->outcome);
	hash_hex(line, strlen(line), out);
}

static enum outcome
audit_last(struct store *s, char out[HASH_HEX], struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_last);
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	out[0] = '\0';
	if (o == OUT_OK && row) {
		snprintf(out, HASH_HEX, "%s", sql_get_text(st, 0));
		sql_reset(st);
	}
	return o;
}

enum outcome
audit_add(struct store *s, const struct audit_entry *a, struct err *e)
{
	char previous[HASH_HEX];
	char hash[HASH_HEX];
	sqlite3_stmt *st;
	enum outcome o = audit_last(s, previous, e);

	if (o != OUT_OK)
		return o;
	audit_hash(a, previous, hash);
	st = sql_stmt(s, &q_add);
	sql_set_int(st, 1, a->at_ms);
	sql_set_id(st, 2, a->agent_id);
	sql_set_str(st, 3, a->role);
	sql_set_str(st, 4, a->action);
	sql_set_id(st, 5, a->object_id);
	sql_set_str(st, 6, a->outcome);
	sql_set_str(st, 7, previous);
	sql_set_str(st, 8, hash);
	return sql_done(s, st, e);
}

static void
audit_break(json_t *problems, int64_t id)
{
	json_t *o = json_object();

	row_set(o, "check", json_string("audit_chain"));
	row_set(o, "row", json_pack("[I]", (json_int_t)id));
	(void)json_array_append_new(problems, o);
}

enum outcome
audit_verify(struct store *s, json_t *problems, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_walk);
	char previous[HASH_HEX] = "";
	char hash[HASH_HEX];
	size_t breaks = 0;
	bool row = false;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct audit_entry a = { .at_ms = sql_get_int(st, 1),
					 .agent_id = sql_get_int(st, 2),
					 .role = sql_get_text(st, 3),
					 .action = sql_get_text(st, 4),
					 .object_id = sql_get_int(st, 5),
					 .outcome = sql_get_text(st, 6) };

		audit_hash(&a, previous, hash);
		if (strcmp(previous, sql_get_text(st, 7)) != 0 ||
		    strcmp(hash, sql_get_text(st, 8)) != 0) {
			audit_break(problems, sql_get_int(st, 0));
			if (++breaks == AUDIT_BREAKS_MAX)
				break;
		}
		snprintf(previous, sizeof(previous), "%s", sql_get_text(st, 8));
	}
	sql_reset(st);
	return o;
}
