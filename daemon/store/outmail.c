#include "daemon/store/outmail.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_message = {
	"read an outgoing message",
	"SELECT subject, text, mail, whatsapp FROM message WHERE id = $1"
};
static const struct sql q_files = {
	"list an outgoing message's attachments",
	"SELECT a.filename, a.content_type, b.bytes, a.sha256 "
	"FROM attachment a JOIN blob b ON b.sha256 = a.sha256 "
	"WHERE a.message_id = $1 ORDER BY a.position"
};
static const struct sql q_bytes = {
	"measure an outgoing message",
	"SELECT length(m.text) + length(m.mail) + 1024 "
	"+ coalesce(length(m.whatsapp), 0) + coalesce((SELECT "
	"min(length(coalesce(q.reply_text, q.text)), $2) FROM message q "
	"WHERE q.id = json_extract(m.mail, '$.quote')), 0) FROM delivery d "
	"JOIN message m ON m.id = d.message_id WHERE d.id = $1"
};
static const struct sql q_is_template = {
	"ask what a message is",
	"SELECT 1 FROM message WHERE id = $1 "
	"AND json_extract(whatsapp, '$.kind') = 'template'"
};
static const struct sql q_quote = {
	"read what an answer quotes",
	"SELECT coalesce(nullif(c.name, ''), d.value), m.received_ms, "
	"coalesce(m.reply_text, m.text) FROM message m "
	"JOIN identity d ON d.id = m.identity_id "
	"JOIN customer c ON c.id = d.customer_id "
	"WHERE m.id = $1 AND m.direction = 'in'"
};
static const struct sql q_languages = {
	"read languages for mail",
	"SELECT coalesce((SELECT language FROM customer WHERE id = $1), ''), "
	"coalesce((SELECT language FROM desk WHERE id = 1), '')"
};
static const struct sql q_signature = {
	"read an agent's signature", "SELECT signature FROM agent WHERE id = $1"
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

/* {name, at, text} of a message, or null. */
static enum outcome
outmail_quote(struct store *s, int64_t message_id, json_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_quote);
	json_t *quote = json_null();
	const char *text;
	bool row = false;
	enum outcome o = OUT_OK;

	sql_set_int(st, 1, message_id);
	if (message_id != 0)
		o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		text = sql_get_text(st, 2);
		quote = json_object();
		(void)json_object_set_new(quote, "name", sql_json_str(st, 0));
		(void)json_object_set_new(quote, "at", sql_json_ms(st, 1));
		(void)json_object_set_new(
			quote, "text",
			json_stringn(text, utf8_cut(text, strlen(text),
						    OUTMAIL_QUOTE_MAX)));
	}
	sql_reset(st);
	(void)json_object_set_new(out, "quote", quote);
	return o;
}

/* What goes by WhatsApp, as its row has it, with the file and the text. */
static void
outmail_whatsapp(json_t *out, json_t *wa)
{
	json_t *file = json_array_get(json_object_get(out, "attachments"), 0);
	json_t *asked = json_object_get(wa, "interactive");

	if (file != NULL)
		(void)json_object_set(wa, "file", file);
	if (asked != NULL)
		(void)json_object_set(asked, "body",
				      json_object_get(out, "text"));
	(void)json_object_set_new(out, "whatsapp", wa);
}

enum outcome
outmail_read(struct store *s, int64_t message_id, json_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_message);
	json_t *mail;
	json_t *wa;
	int64_t quoted;
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
	wa = sql_get_null(st, 3) ? NULL : sql_json_doc(st, 3);
	sql_reset(st);
	outmail_member(out, "to", mail, json_array());
	outmail_member(out, "cc", mail, json_array());
	outmail_member(out, "references", mail, json_array());
	outmail_member(out, "in_reply_to", mail, json_null());
	outmail_member(out, "language", mail, json_string("es"));
	outmail_member(out, "signature", mail, json_null());
	quoted = json_integer_value(json_object_get(mail, "quote"));
	json_decref(mail);
	o = outmail_quote(s, quoted, out, e);
	if (o == OUT_OK)
		o = outmail_files(s, message_id, out, e);
	if (wa != NULL)
		outmail_whatsapp(out, wa);
	return o;
}

enum outcome
outmail_bytes(struct store *s, int64_t delivery_id, size_t *bytes,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_bytes);
	bool row;
	enum outcome o;

	sql_set_int(st, 1, delivery_id);
	sql_set_int(st, 2, OUTMAIL_QUOTE_MAX);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		*bytes += (size_t)sql_get_int(st, 0) * 2;
	sql_reset(st);
	return o;
}

/* The first column of an agent's row, "" without one. */
static enum outcome
outmail_of_agent(struct store *s, const struct sql *q, int64_t agent_id,
		 char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, q);
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

enum outcome
outmail_agent(struct store *s, int64_t agent_id, char **out, struct err *e)
{
	return outmail_of_agent(s, &q_agent, agent_id, out, e);
}

enum outcome
outmail_signature(struct store *s, int64_t agent_id, char **out, struct err *e)
{
	return outmail_of_agent(s, &q_signature, agent_id, out, e);
}

enum outcome
outmail_languages(struct store *s, int64_t customer_id,
		  struct outmail_languages *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_languages);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, customer_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		(void)snprintf(out->customer, sizeof out->customer, "%s",
			       sql_get_text(st, 0));
		(void)snprintf(out->desk, sizeof out->desk, "%s",
			       sql_get_text(st, 1));
	}
	sql_reset(st);
	return o;
}

enum outcome
outmail_is_template(struct store *s, int64_t message_id, bool *yes_out,
		    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_is_template);

	sql_set_int(st, 1, message_id);
	return row_exists(s, st, yes_out, e);
}
