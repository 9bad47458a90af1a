#include "daemon/store/message.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/store/human.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

static const struct sql q_add = {
	"add a message",
	"INSERT INTO message (incident_id, number, direction, author, "
	"agent_id, identity_id, connection_id, external_id, digest, "
	"received_ms, committed_ms, subject, text, html, raw_sha256, robot, "
	"warnings, mail, reply_text, matched, forward, whatsapp) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
	"$15, $16, $17, $18, $19, $20, $21, $22)"
};
static const struct sql q_attachment = {
	"add an attachment",
	"INSERT INTO attachment (message_id, position, filename, "
	"content_type, sha256, content_id, inline) "
	"VALUES ($1, $2, $3, $4, $5, $6, $7)"
};
static const struct sql q_repeat = {
	"look for an earlier copy",
	"SELECT id, incident_id, number FROM message WHERE connection_id = $1 "
	"AND digest = $2 AND ifnull(external_id, '') = $3"
};
static const struct sql q_same_id = {
	"look for an external id",
	/* the id is rare, the connection is not: by the index of the id */
	"SELECT 1 FROM message WHERE external_id = $1 AND +connection_id = $2 "
	"LIMIT 1"
};
static const struct sql q_last = {
	"find the newest message",
	"SELECT number, agent_id, direction, "
	"CASE direction WHEN 'in' THEN received_ms ELSE committed_ms END "
	"FROM message WHERE incident_id = $1 AND direction <> 'note' "
	"AND (author <> 'bot' OR json_extract(whatsapp, '$.echo') = 1) "
	"ORDER BY number DESC LIMIT 1"
};
static const struct sql q_answer = {
	"find a human's answer",
	"SELECT m.id, m.incident_id, m.number, m.committed_ms FROM message m "
	"LEFT JOIN delivery d ON d.message_id = m.id "
	"WHERE m.incident_id = $1 AND m.number > $2 AND m.direction = 'out' "
	"AND " HUMAN_ANSWER " AND ifnull(d.state, 'sent') <> 'failed' "
	"ORDER BY m.number LIMIT 1"
};
static const struct sql q_owed = {
	"find the oldest contact that is not answered",
	"SELECT received_ms FROM message WHERE incident_id = $1 "
	"AND direction = 'in' AND (robot = 0 OR number = 1) "
	"AND number > (SELECT coalesce(max(m.number), 0) "
	"FROM message m LEFT JOIN delivery d ON d.message_id = m.id "
	"WHERE m.incident_id = $1 AND m.direction = 'out' "
	"AND " HUMAN_ANSWER " AND ifnull(d.state, 'sent') <> 'failed') "
	"ORDER BY number LIMIT 1"
};
static const struct sql q_first_contact = {
	"find the first contact",
	"SELECT received_ms FROM message WHERE incident_id = $1 "
	"AND direction = 'in' ORDER BY number LIMIT 1"
};
static const struct sql q_contacts = {
	"count contacts",
	"SELECT count(*) FROM (SELECT 1 FROM message WHERE incident_id = $1 "
	"AND direction = 'in' ORDER BY number LIMIT 2)"
};
static const struct sql q_origin = {
	"find the customer's newest mail",
	"SELECT m.id, d.value, c.name, m.external_id, m.mail FROM message m "
	"JOIN identity d ON d.id = m.identity_id "
	"JOIN customer c ON c.id = d.customer_id "
	"WHERE m.incident_id = $1 AND m.direction = 'in' "
	"AND d.customer_id = $2 AND m.number < $3 "
	"ORDER BY m.number DESC LIMIT 1"
};
static const struct sql q_references = {
	"list Message-IDs",
	"SELECT external_id FROM message WHERE incident_id = $1 "
	"AND number < $2 AND external_id LIKE '<%>' ORDER BY number DESC "
	"LIMIT $3"
};
static const struct sql q_reference_first = {
	"find the first Message-ID",
	"SELECT external_id FROM message WHERE incident_id = $1 "
	"AND number = 1 AND external_id LIKE '<%>'"
};
static const struct sql q_channel_id = {
	"find a message's id on its channel",
	"SELECT CASE WHEN d.id IS NULL THEN m.external_id "
	"ELSE nullif(d.external_id, '') END FROM message m "
	"LEFT JOIN delivery d ON d.message_id = m.id "
	"WHERE m.incident_id = $1 AND m.number = $3 "
	"AND m.connection_id = $2 AND m.direction <> 'note'"
};
static const struct sql q_subject = {
	"read an incident's subject",
	"SELECT subject FROM message WHERE incident_id = $1 AND number = 1"
};

enum outcome
message_add(struct store *s, const struct message_new *m, int64_t *id_out,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_add);
	enum outcome o;

	sql_set_int(st, 1, m->incident_id);
	sql_set_int(st, 2, m->number);
	sql_set_str(st, 3, m->direction);
	sql_set_str(st, 4, m->author);
	sql_set_id(st, 5, m->agent_id);
	sql_set_id(st, 6, m->identity_id);
	sql_set_id(st, 7, m->connection_id);
	sql_set_str(st, 8, m->external_id);
	sql_set_str(st, 9, m->digest);
	sql_set_int(st, 10, m->received_ms);
	sql_set_int(st, 11, m->committed_ms);
	sql_set_str(st, 12, m->subject);
	sql_set_str(st, 13, m->text);
	sql_set_str(st, 14, m->html);
	sql_set_str(st, 15, m->raw_sha256);
	sql_set_int(st, 16, m->robot);
	sql_set_str(st, 17, m->warnings != NULL ? m->warnings : "[]");
	sql_set_str(st, 18, m->mail);
	sql_set_str(st, 19, m->reply_text);
	sql_set_str(st, 20, m->matched != NULL ? m->matched : "");
	sql_set_str(st, 21, m->forward);
	sql_set_str(st, 22, m->whatsapp);
	o = sql_done(s, st, e);
	if (o == OUT_OK)
		*id_out = sql_last_id(s);
	return o;
}

enum outcome
attachment_add(struct store *s, const struct attachment_new *a, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_attachment);

	sql_set_int(st, 1, a->message_id);
	sql_set_int(st, 2, a->position);
	sql_set_str(st, 3, a->filename);
	sql_set_str(st, 4, a->content_type);
	sql_set_str(st, 5, a->sha256);
	sql_set_str(st, 6, a->content_id);
	sql_set_int(st, 7, a->inline_part);
	return sql_done(s, st, e);
}

enum outcome
message_repeat(struct store *s, int64_t connection_id, const char *digest,
	       const char *external_id, struct message_place *out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_repeat);
	enum outcome o;

	sql_set_int(st, 1, connection_id);
	sql_set_str(st, 2, digest);
	sql_set_str(st, 3, external_id != NULL ? external_id : "");
	o = row_place(s, st, out, e);
#ifdef PLANTED_FORGET_DEDUP
	memset(out, 0, sizeof *out);
#endif
	return o;
}

enum outcome
message_same_id(struct store *s, int64_t connection_id, const char *external_id,
		bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_same_id);

	sql_set_str(st, 1, external_id);
	sql_set_int(st, 2, connection_id);
	return row_exists(s, st, out, e);
}

enum outcome
message_last(struct store *s, int64_t incident_id, struct message_last *out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_last);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->number = sql_get_int(st, 0);
	out->agent_id = sql_get_int(st, 1);
	(void)snprintf(out->direction, sizeof out->direction, "%s",
		       sql_get_text(st, 2));
	out->at_ms = sql_get_int(st, 3);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
message_answer(struct store *s, int64_t incident_id, int64_t after,
	       struct message_place *out, int64_t *committed_ms_out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_answer);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	*committed_ms_out = 0;
	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, after);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->id = sql_get_int(st, 0);
	out->incident_id = sql_get_int(st, 1);
	out->number = sql_get_int(st, 2);
	*committed_ms_out = sql_get_int(st, 3);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
message_owed(struct store *s, int64_t incident_id, int64_t *received_ms_out,
	     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_owed);

	sql_set_int(st, 1, incident_id);
	return row_number(s, st, received_ms_out, e);
}

enum outcome
message_first_contact(struct store *s, int64_t incident_id,
		      int64_t *received_ms_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_first_contact);

	sql_set_int(st, 1, incident_id);
	return row_number(s, st, received_ms_out, e);
}

enum outcome
message_contacts(struct store *s, int64_t incident_id, int64_t *n_out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_contacts);

	sql_set_int(st, 1, incident_id);
	return row_number(s, st, n_out, e);
}

void
message_origin_release(struct message_origin *o)
{
	MEM_CLEAR(&o->address);
	MEM_CLEAR(&o->name);
	MEM_CLEAR(&o->external_id);
	json_decref(o->mail);
	o->mail = NULL;
}

enum outcome
message_origin(struct store *s, int64_t incident_id, int64_t customer_id,
	       int64_t before, struct message_origin *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_origin);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, customer_id);
	sql_set_int(st, 3, before);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->id = sql_get_int(st, 0);
	out->address = mem_strdup(sql_get_text(st, 1));
	out->name = mem_strdup(sql_get_text(st, 2));
	out->external_id = mem_strdup(sql_get_str(st, 3));
	if (!sql_get_null(st, 4))
		out->mail = sql_json_doc(st, 4);
	sql_reset(st);
	return OUT_OK;
}

static enum outcome
message_reference_first(struct store *s, int64_t incident_id, json_t *list,
			struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_reference_first);
	bool row;
	enum outcome o;

	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row)
		(void)json_array_insert_new(list, 0, sql_json_str(st, 0));
	sql_reset(st);
	return o;
}

enum outcome
message_references(struct store *s, int64_t incident_id, int64_t before,
		   int limit, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_references);
	json_t *list = json_array();
	bool row;
	enum outcome o;

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, before);
	sql_set_int(st, 3, limit);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		(void)json_array_insert_new(list, 0, sql_json_str(st, 0));
	if (o == OUT_OK && json_array_size(list) == (size_t)limit) {
		/* cut: the root stays, for clients that thread by it */
		(void)json_array_remove(list, 0);
		o = message_reference_first(s, incident_id, list, e);
	}
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
message_subject(struct store *s, int64_t incident_id, char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_subject);

	sql_set_int(st, 1, incident_id);
	return row_text(s, st, out, e);
}

enum outcome
message_channel_id(struct store *s, int64_t incident_id, int64_t connection_id,
		   int64_t number, char **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_channel_id);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, connection_id);
	sql_set_int(st, 3, number);
	return row_text(s, st, out, e);
}
