#include "daemon/store/mailbox.h"

#include <string.h>

#include "daemon/store/row.h"

static const struct sql q_folder = {
	"read a folder",
	"SELECT id, uid_validity, first_uid, next_uid, from_ms, renewals, "
	"seen_ms FROM folder WHERE connection_id = $1 AND name = $2"
};
static const struct sql q_folder_add = {
	"add a folder",
	"INSERT INTO folder (connection_id, name, uid_validity, first_uid, "
	"next_uid, from_ms, opened_ms) VALUES ($1, $2, $3, $4, $5, $6, $7)"
};
static const struct sql q_folder_renew = {
	"begin a folder again",
	"UPDATE folder SET uid_validity = $2, first_uid = $3, next_uid = $4, "
	"renewals = $5, opened_ms = $6 WHERE id = $1"
};
static const struct sql q_folder_seen = {
	"note a look into a folder",
	"UPDATE folder SET next_uid = max(next_uid, $2), seen_ms = $3 "
	"WHERE id = $1"
};
static const struct sql q_ledger_forget = {
	"forget a mailbox's mails",
	"DELETE FROM ledger WHERE folder_id IN "
	"(SELECT id FROM folder WHERE connection_id = $1)"
};
static const struct sql q_folder_forget = {
	"forget a mailbox's folders",
	"UPDATE folder SET uid_validity = 0 WHERE connection_id = $1"
};
static const struct sql q_ledger_add = {
	"add to the ledger",
	"INSERT INTO ledger (folder_id, uid_validity, uid, state, message_id, "
	"code, bytes, at_ms) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) "
	"ON CONFLICT DO UPDATE SET state = excluded.state, "
	"message_id = excluded.message_id, code = excluded.code, "
	"bytes = excluded.bytes, at_ms = excluded.at_ms "
	"WHERE ledger.state = 'refused' AND excluded.state = 'stored'"
};
static const struct sql q_ledger_has = {
	"look into the ledger",
	"SELECT 1 FROM ledger WHERE folder_id = $1 AND uid_validity = $2 "
	"AND uid = $3"
};
static const struct sql q_look = {
	"read a mailbox's last look",
	"SELECT coalesce(f.seen_ms, 0), "
	"max(coalesce(f.seen_ms, 0), c.created_ms) FROM connection c "
	"LEFT JOIN folder f ON f.connection_id = c.id AND f.name = $2 "
	"WHERE c.id = $1"
};
static const struct sql q_list = {
	"list mailboxes",
	"SELECT c.name, coalesce(f.name, json_extract(c.settings, '$.folder'), "
	"'INBOX'), f.uid_validity, f.first_uid, f.next_uid, "
	"(SELECT count(*) FROM ledger l WHERE l.folder_id = f.id "
	"AND l.state = 'stored'), "
	"(SELECT count(*) FROM ledger l WHERE l.folder_id = f.id "
	"AND l.state = 'refused'), f.opened_ms, f.seen_ms, c.state, "
	"c.state_detail FROM connection c "
	"LEFT JOIN folder f ON f.connection_id = c.id "
	"WHERE c.kind = 'mailbox' ORDER BY c.name, f.name"
};

enum outcome
folder_load(struct store *s, int64_t connection_id, const char *name,
	    struct folder *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_folder);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, name);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->id = sql_get_int(st, 0);
	out->uid_validity = sql_get_int(st, 1);
	out->first_uid = sql_get_int(st, 2);
	out->next_uid = sql_get_int(st, 3);
	out->from_ms = sql_get_int(st, 4);
	out->renewals = sql_get_int(st, 5);
	out->seen_ms = sql_get_int(st, 6);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
folder_add(struct store *s, int64_t connection_id, const char *name,
	   struct folder *f, int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_folder_add);
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, name);
	sql_set_int(st, 3, f->uid_validity);
	sql_set_int(st, 4, f->first_uid);
	sql_set_int(st, 5, f->next_uid);
	sql_set_int(st, 6, f->from_ms);
	sql_set_int(st, 7, now_ms);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		f->id = sql_last_id(s);
	return o;
}

enum outcome
folder_renew(struct store *s, const struct folder *f, int64_t now_ms,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_folder_renew);

	sql_set_int(st, 1, f->id);
	sql_set_int(st, 2, f->uid_validity);
	sql_set_int(st, 3, f->first_uid);
	sql_set_int(st, 4, f->next_uid);
	sql_set_int(st, 5, f->renewals);
	sql_set_int(st, 6, now_ms);
	return sql_done(s, st, e);
}

enum outcome
folder_seen(struct store *s, const struct folder *f, int64_t now_ms,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_folder_seen);

	sql_set_int(st, 1, f->id);
	sql_set_int(st, 2, f->next_uid);
	sql_set_int(st, 3, now_ms);
	return sql_done(s, st, e);
}

enum outcome
folder_forget(struct store *s, int64_t connection_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_ledger_forget);
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	o = sql_done(s, st, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_folder_forget);
	sql_set_int(st, 1, connection_id);
	return sql_done(s, st, e);
}

enum outcome
ledger_add(struct store *s, const struct ledger_row *row, int64_t now_ms,
	   bool *fresh_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_ledger_add);
	bool stored = row->message_id != 0;
	enum outcome o;

	sql_set_int(st, 1, row->folder_id);
	sql_set_int(st, 2, row->uid_validity);
	sql_set_int(st, 3, row->uid);
	sql_set_str(st, 4, stored ? "stored" : "refused");
	sql_set_id(st, 5, row->message_id);
	sql_set_str(st, 6, row->code);
	if (stored)
		sql_set_null(st, 7);
	else
		sql_set_int(st, 7, row->bytes);
	sql_set_int(st, 8, now_ms);
	o = sql_done(s, st, e);
	*fresh_out = o == OUT_OK && sql_changes(s) > 0;
	return o;
}

static enum outcome
ledger_has(struct store *s, const struct folder *f, int64_t uid, bool *out,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_ledger_has);

	sql_set_int(st, 1, f->id);
	sql_set_int(st, 2, f->uid_validity);
	sql_set_int(st, 3, uid);
	return row_exists(s, st, out, e);
}

enum outcome
ledger_absent(struct store *s, const struct folder *f, const json_t *uids,
	      json_t **out, struct err *e)
{
	json_t *list = json_array();
	enum outcome o = OUT_OK;
	const json_t *uid;
	size_t i;

	json_array_foreach(uids, i, uid)
	{
		bool has = false;

		o = ledger_has(s, f, json_integer_value(uid), &has, e);
		if (o != OUT_OK)
			break;
		if (!has)
			(void)json_array_append(list, (json_t *)uid);
	}
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
mailbox_look(struct store *s, int64_t connection_id, const char *folder,
	     int64_t *seen_out, int64_t *since_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_look);
	bool row;
	enum outcome o;

	*seen_out = 0;
	*since_out = 0;
	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, folder);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	*seen_out = sql_get_int(st, 0);
	*since_out = sql_get_int(st, 1);
	sql_reset(st);
	return OUT_OK;
}

/* A Mailbox. */
static json_t *
mailbox_one(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "connection", row_str(st, 0));
	row_set(o, "folder", row_str(st, 1));
	row_set(o, "uid_validity", sql_json_int(st, 2));
	row_set(o, "first_uid", sql_json_int(st, 3));
	row_set(o, "next_uid", sql_json_int(st, 4));
	row_set(o, "stored", json_integer(sql_get_int(st, 5)));
	row_set(o, "refused", json_integer(sql_get_int(st, 6)));
	row_set(o, "opened_at", sql_json_ms(st, 7));
	row_set(o, "seen_at", sql_json_ms(st, 8));
	row_set(o, "state", row_str(st, 9));
	row_set(o, "state_detail", row_str(st, 10));
	return o;
}

enum outcome
mailbox_list(struct store *s, json_t **out, struct err *e)
{
	return row_list(s, sql_stmt(s, &q_list), mailbox_one, out, e);
}
