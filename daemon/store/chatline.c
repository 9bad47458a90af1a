/*
 * chatline: what a visitor may see of an incident. One condition decides it
 * (LINE); everything here is built on it.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/visitor.h"

/* Messages of incident $1 that its visitor may see: what was written in the
 * chat itself. No note, and nothing that went or came by mail: whoever typed
 * somebody's address would read that person's mails here. */
#define LINE                                                                   \
	"FROM message m JOIN incident i ON i.id = m.incident_id "              \
	"LEFT JOIN identity d ON d.id = m.identity_id "                        \
	"WHERE m.incident_id = $1 AND m.direction <> 'note' "                  \
	"AND (m.direction = 'out' AND m.connection_id IS NULL "                \
	"OR m.direction = 'in' AND m.connection_id = i.connection_id "         \
	"AND d.customer_id = i.customer_id) "

static const struct sql q_last = { "find the newest line",
				   "SELECT m.number " LINE
				   "ORDER BY m.number DESC LIMIT 1" };
static const struct sql q_lines = {
	"list lines",
	"SELECT m.id, m.number, m.author, (SELECT a.name FROM agent a "
	"WHERE a.id = m.agent_id), CASE m.direction WHEN 'in' "
	"THEN m.received_ms ELSE m.committed_ms END, "
	"ifnull(m.reply_text, m.text), m.external_id " LINE
	"AND m.number > $2 ORDER BY m.number LIMIT $3"
};
static const struct sql q_file = {
	"find a line's file",
	"SELECT 1 " LINE "AND m.id = $2 AND EXISTS (SELECT 1 "
	"FROM attachment t WHERE t.message_id = m.id AND t.sha256 = $3)"
};
static const struct sql q_files = {
	"list a line's files",
	"SELECT t.filename, t.content_type, b.bytes, t.sha256, t.message_id "
	"FROM attachment t JOIN blob b ON b.sha256 = t.sha256 "
	"WHERE t.message_id = $1 ORDER BY t.position"
};
static const struct sql q_state = {
	"read how a chat is",
	"SELECT i.state, i.queue, EXISTS (SELECT 1 FROM message m "
	"WHERE m.incident_id = i.id AND m.direction = 'out' "
	"AND m.author = 'agent'), (SELECT r.score FROM rating r "
	"WHERE r.incident_id = i.id), i.active FROM incident i WHERE i.id = $1"
};
static const struct sql q_ahead = {
	"count the chats ahead",
	"SELECT count(*) FROM (SELECT 1 FROM incident i WHERE i.queue = $1 "
	"AND i.channel = 'chat' AND i.active = 1 AND i.id < $2 "
	"AND NOT EXISTS (SELECT 1 FROM message m WHERE m.incident_id = i.id "
	"AND m.direction = 'out' AND m.author = 'agent') LIMIT $3)"
};
static const struct sql q_known = {
	"look for a customer's incident",
	"SELECT 1 FROM incident WHERE customer_id = $1 LIMIT 1"
};
static const struct sql q_queue = {
	"find a chat's queue",
	"SELECT queue FROM incident WHERE id = $1 AND channel = 'chat'"
};
static const struct sql q_waiting = {
	"list chats that wait",
	"SELECT i.id FROM incident i WHERE i.queue = $1 "
	"AND i.channel = 'chat' AND i.active = 1 "
	"AND NOT EXISTS (SELECT 1 FROM message m WHERE m.incident_id = i.id "
	"AND m.direction = 'out' AND m.author = 'agent') "
	"ORDER BY i.id LIMIT $2"
};
static const struct sql q_unseen = {
	"find the newest answer",
	"SELECT number FROM message WHERE incident_id = $1 "
	"AND direction = 'out' AND author = 'agent' AND connection_id IS NULL "
	"AND number > $2 ORDER BY number DESC LIMIT 1"
};
static const struct sql q_origin = {
	"find where a contact came from",
	"SELECT m.connection_id, c.role = 'mail' AND c.active = 1, "
	"d.kind = 'email' FROM message m "
	"JOIN identity d ON d.id = m.identity_id "
	"LEFT JOIN connection c ON c.id = m.connection_id "
	"WHERE m.incident_id = $1 AND m.direction = 'in' "
	"AND d.customer_id = $2 ORDER BY m.number DESC LIMIT 1"
};
static const struct sql q_answers = {
	"list answers that wait in a chat",
	"SELECT m.number, m.agent_id, ifnull(a.name, ''), m.text "
	"FROM message m LEFT JOIN agent a ON a.id = m.agent_id "
	"WHERE m.incident_id = $1 AND m.direction = 'out' "
	"AND m.author = 'agent' AND m.connection_id IS NULL "
	"AND m.number > $2 ORDER BY m.number"
};
static const struct sql q_answer_files = {
	"give a mail the files of a chat",
	"INSERT INTO attachment (message_id, position, filename, "
	"content_type, sha256, inline) SELECT $1, "
	"row_number() OVER (ORDER BY m.number, t.position), t.filename, "
	"t.content_type, t.sha256, 0 FROM message m "
	"JOIN attachment t ON t.message_id = m.id "
	"WHERE m.incident_id = $2 AND m.number > $3 AND m.number <= $4 "
	"AND m.direction = 'out' AND m.author = 'agent' "
	"AND m.connection_id IS NULL ORDER BY m.number, t.position LIMIT $5"
};
static const struct sql q_received = {
	"read when a message came",
	"SELECT received_ms FROM message WHERE id = $1"
};
static const struct sql q_visitor_state = {
	"read an incident's visitor",
	"SELECT got_number, got_ms, page, ended_ms, id FROM visitor "
	"WHERE incident_id = $1"
};
static const struct sql q_rating = {
	"read a rating",
	"SELECT score, message_id, at_ms, agent_id FROM rating "
	"WHERE incident_id = $1"
};
static const struct sql q_rating_put = {
	"write a rating",
	"INSERT INTO rating (incident_id, score, message_id, agent_id, at_ms) "
	"VALUES ($1, $2, $3, $4, $5) ON CONFLICT (incident_id) DO UPDATE SET "
	"score = $2, message_id = $3, agent_id = $4, at_ms = $5"
};

/* --- a chat -------------------------------------------------------------------- */

/* What the incident's row and messages say of the chat. */
struct chat_facts {
	char queue[256];
	bool active;
	bool answered;
	int score;
	int64_t last;
};

static enum outcome
line_last(struct store *s, int64_t incident_id, int64_t *number_out,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_last);

	sql_set_int(st, 1, incident_id);
	return row_number(s, st, number_out, e);
}

static enum outcome
chat_facts(struct store *s, int64_t incident_id, struct chat_facts *f,
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_state);
	bool row;
	enum outcome o;

	memset(f, 0, sizeof *f);
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	(void)snprintf(f->queue, sizeof f->queue, "%s", sql_get_text(st, 1));
	f->answered = sql_get_int(st, 2) != 0;
	f->score = (int)sql_get_int(st, 3);
	f->active = sql_get_int(st, 4) != 0;
	sql_reset(st);
	return line_last(s, incident_id, &f->last, e);
}

enum outcome
visitor_last(struct store *s, const struct visitor *v, int64_t *number_out,
	     struct err *e)
{
	return line_last(s, v->incident_id, number_out, e);
}

static enum outcome
chat_ahead(struct store *s, const struct visitor *v, const char *queue,
	   json_t *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_ahead);
	int64_t n = 0;
	enum outcome o;

	sql_set_str(st, 1, queue);
	sql_set_int(st, 2, v->incident_id);
	sql_set_int(st, 3, VISITOR_AHEAD_MAX);
	o = row_number(s, st, &n, e);
	row_set(out, "ahead", json_integer(n));
	return o;
}

static const char *
chat_state(const struct visitor *v, const struct chat_facts *f)
{
	if (v->incident_id == 0)
		return "start";
	if (v->ended_ms != 0 || !f->active)
		return "ended";
	return f->answered ? "talking" : "waiting";
}

enum outcome
visitor_chat(struct store *s, const struct visitor *v, json_t **out,
	     struct err *e)
{
	struct chat_facts f = { .last = 0 };
	json_t *o = json_object();
	const char *state;
	char ref[32];
	enum outcome r = OUT_OK;

	if (v->incident_id != 0)
		r = chat_facts(s, v->incident_id, &f, e);
	state = chat_state(v, &f);
	(void)snprintf(ref, sizeof ref, "P-%lld", (long long)v->incident_id);
	row_set(o, "incident",
		v->incident_id ? json_integer(v->incident_id) : json_null());
	row_set(o, "ref", v->incident_id ? json_string(ref) : json_null());
	row_set(o, "state", json_string(state));
	row_set(o, "ahead", json_null());
	row_set(o, "last", json_integer(f.last));
	row_set(o, "got", json_integer(v->got_number));
	row_set(o, "name", json_string(v->name));
	row_set(o, "email", v->email ? json_string(v->email) : json_null());
	row_set(o, "rated", f.score ? json_integer(f.score) : json_null());
	if (r == OUT_OK && strcmp(state, "waiting") == 0)
		r = chat_ahead(s, v, f.queue, o, e);
	if (r != OUT_OK) {
		json_decref(o);
		o = NULL;
	}
	*out = o;
	return r;
}

/* --- lines --------------------------------------------------------------------- */

static json_t *
file_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "filename", row_str(st, 0));
	row_set(o, "content_type", row_str(st, 1));
	row_set(o, "size", sql_json_int(st, 2));
	row_set(o, "sha256", row_str(st, 3));
	row_set(o, "message", sql_json_int(st, 4));
	return o;
}

/* The widget's own id of a line, if the visitor wrote it: "VISITOR:ID". */
static json_t *
own_id(const struct visitor *v, const char *external_id)
{
	char prefix[32];
	size_t n;

	(void)snprintf(prefix, sizeof prefix, "%lld:", (long long)v->id);
	n = strlen(prefix);
	if (external_id == NULL || strncmp(external_id, prefix, n) != 0)
		return json_null();
	return json_string(external_id + n);
}

static json_t *
line_of(sqlite3_stmt *st, const struct visitor *v)
{
	json_t *o = json_object();
	bool own = strcmp(sql_get_text(st, 2), "customer") == 0;

	row_set(o, "number", sql_json_int(st, 1));
	row_set(o, "who", row_str(st, 2));
	row_set(o, "name", own ? json_string(v->name) : row_str(st, 3));
	row_set(o, "at", sql_json_ms(st, 4));
	row_set(o, "text", row_str(st, 5));
	row_set(o, "id", own_id(v, sql_get_str(st, 6)));
	return o;
}

enum outcome
visitor_lines(struct store *s, const struct visitor *v, int64_t from, int limit,
	      json_t **out, bool *more_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_lines);
	json_t *list = json_array();
	json_t *files = NULL;
	size_t bytes = 0;
	bool row = false;
	enum outcome o;

	*more_out = false;
	sql_set_int(st, 1, v->incident_id);
	sql_set_int(st, 2, from);
	sql_set_int(st, 3, (int64_t)limit + 1);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		int64_t id = sql_get_int(st, 0);
		json_t *line = line_of(st, v);

		o = row_list_of(s, &q_files, id, file_of, &files, e);
		if (o == OUT_OK)
			row_set(line, "files", files);
		bytes += json_dumpb(line, NULL, 0, JSON_COMPACT);
		*more_out = json_array_size(list) == (size_t)limit ||
			    (json_array_size(list) > 0 &&
			     bytes > VISITOR_LINES_BYTES);
		if (o != OUT_OK || *more_out) {
			json_decref(line);
			break;
		}
		(void)json_array_append_new(list, line);
	}
	sql_reset(st);
	if (o != OUT_OK) {
		json_decref(list);
		list = NULL;
	}
	*out = list;
	return o;
}

enum outcome
visitor_file(struct store *s, const struct visitor *v, int64_t message_id,
	     const char *sha256, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_file);
	int64_t found = 0;
	enum outcome o;

	sql_set_int(st, 1, v->incident_id);
	sql_set_int(st, 2, message_id);
	sql_set_str(st, 3, sha256);
	o = row_number(s, st, &found, e);
	if (o == OUT_OK && found == 0)
		return err_code(e, OUT_PERM, "not_found",
				"no line of this chat has that file");
	return o;
}

enum outcome
visitor_unseen(struct store *s, int64_t incident_id, int64_t above,
	       int64_t *number_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_unseen);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, above);
	return row_number(s, st, number_out, e);
}

enum outcome
visitor_origin(struct store *s, int64_t incident_id, int64_t customer_id,
	       struct visitor_origin *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_origin);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, customer_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->connection_id = sql_get_int(st, 0);
	out->mail = sql_get_int(st, 1) != 0;
	out->address = sql_get_int(st, 2) != 0;
	sql_reset(st);
	return OUT_OK;
}

enum outcome
visitor_answers(struct store *s, int64_t incident_id, int64_t above,
		bool (*fn)(void *arg, const struct visitor_answer *a),
		void *arg, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_answers);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, above);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct visitor_answer a = { .number = sql_get_int(st, 0),
					    .agent_id = sql_get_int(st, 1),
					    .agent = sql_get_text(st, 2),
					    .text = sql_get_text(st, 3) };

		if (!fn(arg, &a))
			break;
	}
	sql_reset(st);
	return o;
}

enum outcome
visitor_answer_files(struct store *s, int64_t message_id, int64_t incident_id,
		     int64_t above, int64_t upto, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_answer_files);

	sql_set_int(st, 1, message_id);
	sql_set_int(st, 2, incident_id);
	sql_set_int(st, 3, above);
	sql_set_int(st, 4, upto);
	sql_set_int(st, 5, VISITOR_FILES_MAX);
	return sql_done(s, st, e);
}

enum outcome
visitor_received(struct store *s, int64_t message_id, int64_t *ms_out,
		 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_received);

	sql_set_int(st, 1, message_id);
	return row_number(s, st, ms_out, e);
}

enum outcome
visitor_queue(struct store *s, int64_t incident_id, char *out, size_t n,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_queue);
	bool row;
	enum outcome o;

	out[0] = '\0';
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row && strlen(sql_get_text(st, 0)) < n)
		(void)snprintf(out, n, "%s", sql_get_text(st, 0));
	sql_reset(st);
	return o;
}

enum outcome
visitor_waiting(struct store *s, const char *queue, int max,
		int64_t *incidents_out, int *n_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_waiting);

	sql_set_str(st, 1, queue);
	sql_set_int(st, 2, max);
	return row_ids(s, st, max, incidents_out, n_out, e);
}

enum outcome
visitor_customer_known(struct store *s, int64_t customer_id, bool *out,
		       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_known);
	int64_t found = 0;
	enum outcome o;

	sql_set_int(st, 1, customer_id);
	o = row_number(s, st, &found, e);
	*out = found != 0;
	return o;
}

/* --- for staff ------------------------------------------------------------------ */

enum outcome
visitor_state(struct store *s, int64_t incident_id, json_t **out,
	      int64_t *visitor_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_visitor_state);
	bool row;
	enum outcome o;

	*out = NULL;
	*visitor_out = 0;
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	*out = json_object();
	row_set(*out, "online", json_false());
	row_set(*out, "got", sql_json_int(st, 0));
	row_set(*out, "got_at", sql_json_ms(st, 1));
	row_set(*out, "page", row_str_null(st, 2));
	row_set(*out, "ended_at", sql_json_ms(st, 3));
	*visitor_out = sql_get_int(st, 4);
	sql_reset(st);
	return OUT_OK;
}

static json_t *
rating_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "score", sql_json_int(st, 0));
	row_set(o, "message", sql_json_int(st, 1));
	row_set(o, "at", sql_json_ms(st, 2));
	return o;
}

enum outcome
rating_view(struct store *s, int64_t incident_id, json_t **out, struct err *e)
{
	return row_one_of(s, &q_rating, incident_id, rating_of, out, e);
}

enum outcome
rating_load(struct store *s, int64_t incident_id, struct rating *out,
	    struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_rating);
	bool row;
	enum outcome o;

	memset(out, 0, sizeof *out);
	out->incident_id = incident_id;
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	out->score = (int)sql_get_int(st, 0);
	out->message_id = sql_get_int(st, 1);
	out->at_ms = sql_get_int(st, 2);
	out->agent_id = sql_get_int(st, 3);
	sql_reset(st);
	return OUT_OK;
}

enum outcome
rating_put(struct store *s, const struct rating *r, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_rating_put);

	sql_set_int(st, 1, r->incident_id);
	sql_set_int(st, 2, r->score);
	sql_set_id(st, 3, r->message_id);
	sql_set_id(st, 4, r->agent_id);
	sql_set_int(st, 5, r->at_ms);
	return sql_done(s, st, e);
}
