#include "daemon/store/visitor.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

#define VISITORS_ROOM 1000 /* rows that make room at once */

#define COLUMNS                                                                \
	"SELECT v.id, v.connection_id, v.identity_id, d.customer_id, "         \
	"v.incident_id, v.name, v.email, v.language, v.page, v.remember, "     \
	"v.used_ms, v.expires_ms, v.got_number, v.got_ms, v.ended_ms, "        \
	"v.mail_due_ms, v.mailed_ms, v.mailed_number, "                        \
	"(SELECT i.messages FROM incident i WHERE i.id = v.incident_id) "      \
	"FROM visitor v "                                                      \
	"LEFT JOIN identity d ON d.id = v.identity_id "

static const struct sql q_load = { "read a visitor",
				   COLUMNS "WHERE v.id = $1" };
static const struct sql q_find = { "find a visitor", COLUMNS
				   "WHERE v.hash = $1 AND v.connection_id = $2 "
				   "AND v.expires_ms > $3" };
static const struct sql q_of = { "find an incident's visitor",
				 COLUMNS "WHERE v.incident_id = $1" };
/* Rows are counted only when they may be too many: numbers grow, and the
 * oldest ones go first. */
static const struct sql q_count = {
	"count visitors", "SELECT CASE WHEN (SELECT max(id) FROM visitor) "
			  "- (SELECT min(id) FROM visitor) < $1 - 1 THEN 0 "
			  "ELSE (SELECT count(*) FROM visitor) END"
};
static const struct sql q_make_room = {
	"forget visitors who wrote nothing",
	"DELETE FROM visitor WHERE id IN (SELECT id FROM visitor "
	"WHERE incident_id IS NULL ORDER BY id LIMIT $1)"
};
static const struct sql q_add = {
	"add a visitor",
	"INSERT INTO visitor (hash, connection_id, name, email, language, "
	"remember, created_ms, used_ms, expires_ms) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $7, $8)"
};
static const struct sql q_touch = {
	"note a visitor's use",
	"UPDATE visitor SET expires_ms = expires_ms - used_ms + $2, "
	"used_ms = $2 WHERE id = $1 AND used_ms < $2"
};
static const struct sql q_begin = {
	"begin a visitor's incident",
	"UPDATE visitor SET incident_id = $2, identity_id = $3, "
	"got_number = 0, got_ms = NULL, ended_ms = NULL, mail_due_ms = NULL, "
	"mailed_number = 0 WHERE id = $1"
};
static const struct sql q_page = {
	"note a visitor's page", "UPDATE visitor SET page = $2 WHERE id = $1"
};
static const struct sql q_got = {
	"note what a visitor was shown",
	"UPDATE visitor SET got_number = $2, got_ms = $3 WHERE id = $1"
};
static const struct sql q_end = {
	"end a visitor's chat", "UPDATE visitor SET ended_ms = $2 WHERE id = $1"
};
static const struct sql q_mail_due = {
	"note when a visitor's mail is due",
	"UPDATE visitor SET mail_due_ms = $2 WHERE id = $1"
};
static const struct sql q_mailed = {
	"note a visitor's mail",
	"UPDATE visitor SET mail_due_ms = NULL, mailed_number = $2, "
	"mailed_ms = $3 WHERE id = $1"
};
static const struct sql q_mails = {
	"list visitors whose mail is due",
	"SELECT id FROM visitor WHERE mail_due_ms <= $1 "
	"ORDER BY mail_due_ms, id LIMIT $2"
};
static const struct sql q_expired = {
	"list visitors whose time is over",
	"SELECT id FROM visitor WHERE expires_ms <= $1 "
	"AND mail_due_ms IS NULL ORDER BY expires_ms, id LIMIT $2"
};
static const struct sql q_delete = { "delete a visitor",
				     "DELETE FROM visitor WHERE id = $1" };
static const struct sql q_next_mail = {
	"find the next visitor's mail",
	"SELECT min(mail_due_ms) FROM visitor WHERE mail_due_ms IS NOT NULL"
};
static const struct sql q_next_end = {
	"find the next visitor to end",
	"SELECT expires_ms FROM visitor WHERE mail_due_ms IS NULL "
	"ORDER BY expires_ms LIMIT 1"
};

void
visitor_release(struct visitor *v)
{
	MEM_CLEAR(&v->name);
	MEM_CLEAR(&v->email);
	MEM_CLEAR(&v->language);
	MEM_CLEAR(&v->page);
}

static void
visitor_row(sqlite3_stmt *st, struct visitor *v)
{
	v->id = sql_get_int(st, 0);
	v->connection_id = sql_get_int(st, 1);
	v->identity_id = sql_get_int(st, 2);
	v->customer_id = sql_get_int(st, 3);
	v->incident_id = sql_get_int(st, 4);
	v->name = mem_strdup(sql_get_text(st, 5));
	v->email = mem_strdup(sql_get_str(st, 6));
	v->language = mem_strdup(sql_get_text(st, 7));
	v->page = mem_strdup(sql_get_str(st, 8));
	v->remember = sql_get_int(st, 9) != 0;
	v->used_ms = sql_get_int(st, 10);
	v->expires_ms = sql_get_int(st, 11);
	v->got_number = sql_get_int(st, 12);
	v->got_ms = sql_get_int(st, 13);
	v->ended_ms = sql_get_int(st, 14);
	v->mail_due_ms = sql_get_int(st, 15);
	v->mailed_ms = sql_get_int(st, 16);
	v->mailed_number = sql_get_int(st, 17);
	v->messages = sql_get_int(st, 18);
}

/* The row of a bound statement; id 0: there is none. */
static enum outcome
visitor_one(struct store *s, sqlite3_stmt *st, struct visitor *out,
	    struct err *e)
{
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		visitor_row(st, out);
		sql_reset(st);
	}
	return o;
}

static enum outcome
visitor_must(enum outcome o, const struct visitor *v, struct err *e)
{
	if (o == OUT_OK && v->id == 0)
		return err_code(e, OUT_PERM, "no_session",
				"the chat's token does not stand any more");
	return o;
}

enum outcome
visitor_load(struct store *s, int64_t id, struct visitor *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_load);

	sql_set_int(st, 1, id);
	return visitor_must(visitor_one(s, st, out, e), out, e);
}

enum outcome
visitor_find(struct store *s, const char *hash, int64_t connection_id,
	     int64_t now_ms, struct visitor *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_find);

	sql_set_str(st, 1, hash);
	sql_set_int(st, 2, connection_id);
	sql_set_int(st, 3, now_ms);
	return visitor_must(visitor_one(s, st, out, e), out, e);
}

enum outcome
visitor_of(struct store *s, int64_t incident_id, struct visitor *out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_of);

	sql_set_int(st, 1, incident_id);
	return visitor_one(s, st, out, e);
}

static enum outcome
visitor_room(struct store *s, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count);
	int64_t n = 0;
	enum outcome o;

	sql_set_int(st, 1, VISITORS_ROWS_MAX);
	o = row_number(s, st, &n, e);
	if (o != OUT_OK || n < VISITORS_ROWS_MAX)
		return o;
	st = sql_stmt(s, &q_make_room);
	sql_set_int(st, 1, VISITORS_ROOM);
	o = sql_done(s, st, e);
	if (o == OUT_OK && sql_changes(s) == 0)
		return err_code(e, OUT_TEMP, "busy",
				"there are too many visitors now");
	return o;
}

enum outcome
visitor_add(struct store *s, const struct visitor_new *v, int64_t *id_out,
	    struct err *e)
{
	sqlite3_stmt *st;
	enum outcome o = visitor_room(s, e);

	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_add);
	sql_set_str(st, 1, v->hash);
	sql_set_int(st, 2, v->connection_id);
	sql_set_str(st, 3, v->name);
	sql_set_str(st, 4, v->email);
	sql_set_str(st, 5, v->language);
	sql_set_int(st, 6, v->remember);
	sql_set_int(st, 7, v->now_ms);
	sql_set_int(st, 8, v->expires_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

/* A statement of a row and up to two numbers. */
static enum outcome
visitor_set(struct store *s, const struct sql *q, int64_t id, int64_t a,
	    int64_t b, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, id);
	sql_set_id(st, 2, a);
	if (sqlite3_bind_parameter_count(st) > 2)
		sql_set_int(st, 3, b);
	return sql_done(s, st, e);
}

enum outcome
visitor_touch(struct store *s, int64_t id, int64_t now_ms, struct err *e)
{
	return visitor_set(s, &q_touch, id, now_ms, 0, e);
}

enum outcome
visitor_begin(struct store *s, int64_t id, int64_t incident_id,
	      int64_t identity_id, struct err *e)
{
	return visitor_set(s, &q_begin, id, incident_id, identity_id, e);
}

enum outcome
visitor_page(struct store *s, int64_t id, const char *page, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_page);

	sql_set_int(st, 1, id);
	sql_set_str(st, 2, page);
	return sql_done(s, st, e);
}

enum outcome
visitor_got(struct store *s, int64_t id, int64_t number, int64_t now_ms,
	    struct err *e)
{
	return visitor_set(s, &q_got, id, number, now_ms, e);
}

enum outcome
visitor_end(struct store *s, int64_t id, int64_t now_ms, struct err *e)
{
	return visitor_set(s, &q_end, id, now_ms, 0, e);
}

enum outcome
visitor_mail_due(struct store *s, int64_t id, int64_t due_ms, struct err *e)
{
	return visitor_set(s, &q_mail_due, id, due_ms, 0, e);
}

enum outcome
visitor_mailed(struct store *s, int64_t id, int64_t number, int64_t now_ms,
	       struct err *e)
{
	return visitor_set(s, &q_mailed, id, number, now_ms, e);
}

/* Rows of a statement of an instant and a limit. */
static enum outcome
visitor_ids(struct store *s, const struct sql *q, int64_t now_ms, int max,
	    int64_t *ids_out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);

	sql_set_int(st, 1, now_ms);
	sql_set_int(st, 2, max);
	return row_ids(s, st, max, ids_out, n_out, e);
}

enum outcome
visitor_mails(struct store *s, int64_t now_ms, int max, int64_t *ids_out,
	      int *n_out, struct err *e)
{
	return visitor_ids(s, &q_mails, now_ms, max, ids_out, n_out, e);
}

enum outcome
visitor_expired(struct store *s, int64_t now_ms, int max, int64_t *ids_out,
		int *n_out, struct err *e)
{
	return visitor_ids(s, &q_expired, now_ms, max, ids_out, n_out, e);
}

enum outcome
visitor_delete(struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_delete);

	sql_set_int(st, 1, id);
	return sql_done(s, st, e);
}

enum outcome
visitor_next(struct store *s, int64_t *ms_out, struct err *e)
{
	enum outcome o;

	*ms_out = INT64_MAX;
	o = row_lower(s, sql_stmt(s, &q_next_mail), ms_out, e);
	if (o == OUT_OK)
		o = row_lower(s, sql_stmt(s, &q_next_end), ms_out, e);
	return o;
}

static const struct sql q_chats = {
	"look who chats in an incident",
	"SELECT 1 FROM visitor WHERE incident_id = $1 AND ended_ms IS NULL"
};

enum outcome
visitor_chats(struct store *s, int64_t incident_id, bool *chats_out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_chats);

	sql_set_int(st, 1, incident_id);
	return row_exists(s, st, chats_out, e);
}
