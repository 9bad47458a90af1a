#include "daemon/store/outmail.h"

#include "daemon/base/mem.h"
#include "daemon/store/sql.h"

static const struct sql q_message = {
	"read an outgoing message",
	"SELECT subject, text, mail FROM message WHERE id = $1"
};
static const struct sql q_files = {
	"list an outgoing message's attachments",
	"SELECT a.filename, a.content_type, b.bytes, a.sha256 "
	"FROM attachment a JOIN blob b ON b.sha256 = a.sha256 "
	"WHERE a.message_id = $1 ORDER BY a.position"
};
static const struct sql q_bytes = {
	"measure an outgoing message",
	"SELECT length(m.text) + length(m.mail) + 1024 FROM delivery d "
	"JOIN message m ON m.id = d.message_id WHERE d.id = $1"
};
static const struct sql q_agent = { "read an agent's name for mail",
				    "SELECT name FROM agent WHERE id = $1" };

/* A member of the row's addresses, or the fallback (taken). */
static void
outmail_member(json_t *out, const char *name, const json_t *mail,
	       json_t *otherwise)
{
	json_t *j = json_object_get(mail, name);

	if (j != NULL) {
		(void)json_object_set(out, name, j);
		json_decref(otherwise);
	} else {
		(void)json_object_set_new(out, name, otherwise);
	}
}

static enum outcome
outmail_files(struct store *s, int64_t message_id, json_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_files);
	json_t *list = json_array();
	bool row;
	enum outcome o;

	sql_set_int(st, 1, message_id);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		json_t *f = json_object();

		(void)json_object_set_new(f, "filename", sql_json_str(st, 0));
		(void)json_object_set_new(f, "content_type",
					  sql_json_str(st, 1));
		(void)json_object_set_new(f, "size", sql_json_int(st, 2));
		(void)json_object_set_new(f, "sha256", sql_json_str(st, 3));
		(void)json_array_append_new(list, f);
	}
	(void)json_object_set_new(out, "attachments", list);
	return o;
}

enum outcome
outmail_read(struct store *s, int64_t message_id, json_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_message);
	json_t *mail;
	bool row;
	enum outcome o;

	sql_set_int(st, 1, message_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"no such message: %lld", (long long)message_id);
	(void)json_object_set_new(out, "subject",
				  json_string(sql_get_text(st, 0)));
	(void)json_object_set_new(out, "text", sql_json_str(st, 1));
	mail = sql_json_doc(st, 2);
	sql_reset(st);
	outmail_member(out, "to", mail, json_array());
	outmail_member(out, "cc", mail, json_array());
	outmail_member(out, "references", mail, json_array());
	outmail_member(out, "in_reply_to", mail, json_null());
	json_decref(mail);
	return outmail_files(s, message_id, out, e);
}

enum outcome
outmail_bytes(struct store *s, int64_t delivery_id, size_t *bytes,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_bytes);
	bool row;
	enum outcome o;

	sql_set_int(st, 1, delivery_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		*bytes += (size_t)sql_get_int(st, 0) * 2;
	sql_reset(st);
	return o;
}

enum outcome
outmail_agent(struct store *s, int64_t agent_id, char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_agent);
	bool row;
	enum outcome o;

	*out = NULL;
	sql_set_int(st, 1, agent_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK)
		*out = mem_strdup(row ? sql_get_text(st, 0) : "");
	sql_reset(st);
	return o;
}
