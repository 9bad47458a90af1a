#include "daemon/store/past.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/store/row.h"

#define EVENTS_BYTES_MAX (1024 * 1024) /* of one message's events */
#define FILES_BYTES_MAX (256 * 1024)
#define TEXTS_BYTES_MAX (2 * 1024 * 1024)
#define FIRST_EVENTS 12 /* those of the first message are among them */

struct past_reader {
	struct past p;
	struct buf events;
	struct buf files;
	struct buf texts; /* of past_read */
	char *page;
	char *subject; /* of the first message */
	char *address;
	int64_t customer_id;
};

#define PAST_COLUMNS                                                           \
	"m.id, m.incident_id, m.number, m.received_ms, m.committed_ms, "       \
	"m.direction, m.author, m.agent_id, m.subject, m.text, m.reply_text, " \
	"m.robot, i.channel, i.customer_id, c.name, d.value, k.language, "     \
	"i.queue, i.priority, i.reason, i.policy, k.name "                     \
	"FROM message m JOIN incident i ON i.id = m.incident_id "              \
	"JOIN customer k ON k.id = i.customer_id "                             \
	"LEFT JOIN connection c ON c.id = i.connection_id "                    \
	"LEFT JOIN identity d ON d.id = m.identity_id "

static const struct sql q_one = { "read a message of the past",
				  "SELECT " PAST_COLUMNS "WHERE m.id = $1" };

static const struct sql q_step = {
	"read messages of the past",
	"SELECT " PAST_COLUMNS "WHERE m.id < $1 AND m.id >= $4 AND "
	"m.direction <> 'note' AND "
	"(m.number = 1 AND m.direction = 'in' OR $2 AND m.number > 1) "
	"ORDER BY m.id DESC LIMIT $3"
};

static const struct sql q_near = {
	"look for an instant",
	"SELECT id, committed_ms FROM message WHERE id >= $1 ORDER BY id "
	"LIMIT 1"
};

static const struct sql q_below = {
	"read when a message was committed",
	"SELECT committed_ms FROM message WHERE id < $1 ORDER BY id DESC "
	"LIMIT 1"
};

static const struct sql q_headers = {
	"read a mail's headers",
	"SELECT json_extract(mail, '$.headers') FROM message WHERE id = $1"
};

static const struct sql q_agent = { "read an agent's address",
				    "SELECT email FROM agent WHERE id = $1" };

static const struct sql q_first = {
	"read an incident's first message",
	"SELECT id FROM message WHERE incident_id = $1 AND number = 1"
};

static const struct sql q_begin = {
	"read who began an incident",
	"SELECT m.subject, d.value FROM message m LEFT JOIN identity d "
	"ON d.id = m.identity_id WHERE m.incident_id = $1 AND m.number = 1"
};

static const struct sql q_last = { "read the last message",
				   "SELECT max(id) FROM message" };

static const struct sql q_files = {
	"read a message's files",
	"SELECT filename, content_type FROM attachment WHERE message_id = $1 "
	"ORDER BY position LIMIT $2"
};

static const struct sql q_incidents = {
	"count a customer's incidents",
	"SELECT count(*) FROM (SELECT 1 FROM incident WHERE customer_id = $1 "
	"AND id <= $2 LIMIT $3)"
};

static const struct sql q_page = {
	"read a visitor's page",
	"SELECT page FROM visitor WHERE incident_id = $1"
};

static const struct sql q_first_events = {
	"read how an incident began",
	"SELECT number, kind, data FROM event WHERE incident_id = $1 AND "
	"seq <= $2 ORDER BY seq"
};

static const struct sql q_events = {
	"read what was decided about a message",
	"SELECT number, kind, data FROM event WHERE incident_id = $1 AND "
	"kind = 'incident.classified' AND "
	"instr(data, '\"message\":' || $2) > 0 ORDER BY seq"
};

struct past_reader *
past_new(void)
{
	struct past_reader *r = mem_new(1, sizeof *r);

	buf_init(&r->events, EVENTS_BYTES_MAX);
	buf_init(&r->files, FILES_BYTES_MAX);
	buf_init(&r->texts, TEXTS_BYTES_MAX);
	return r;
}

void
past_free(struct past_reader **r)
{
	if (*r == NULL)
		return;
	buf_release(&(*r)->events);
	buf_release(&(*r)->files);
	buf_release(&(*r)->texts);
	mem_free((*r)->page);
	mem_free((*r)->subject);
	mem_free((*r)->address);
	MEM_CLEAR(r);
}

/* --- one row ----------------------------------------------------------------- */

/* Keep a text beyond its statement: where it stands in b, or SIZE_MAX. */
static size_t
keep(struct buf *b, const char *s)
{
	size_t at = b->len;

	if (s == NULL || !buf_add(b, s, strlen(s) + 1))
		return SIZE_MAX;
	return at;
}

static const char *
kept(const struct buf *b, size_t at)
{
	return at == SIZE_MAX ? NULL : b->data + at;
}

static enum outcome
read_files(struct store *s, struct past_reader *r, struct err *e)
{
	size_t name[PAST_FILES_MAX];
	size_t type[PAST_FILES_MAX];
	sqlite3_stmt *st = sql_stmt(s, &q_files);
	size_t n = 0;
	enum outcome o;
	bool row;

	buf_clear(&r->files);
	sql_set_int(st, 1, r->p.id);
	sql_set_int(st, 2, PAST_FILES_MAX);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		name[n] = keep(&r->files, sql_get_text(st, 0));
		type[n] = keep(&r->files, sql_get_text(st, 1));
		n++;
	}
	for (size_t i = 0; i < n; i++) {
		r->p.files[i].name = kept(&r->files, name[i]);
		r->p.files[i].type = kept(&r->files, type[i]);
	}
	r->p.file_count = n;
	return o;
}

static enum outcome
read_page(struct store *s, struct past_reader *r, struct err *e)
{
	sqlite3_stmt *st;
	enum outcome o;
	bool row = false;

	MEM_CLEAR(&r->page);
	r->p.page = NULL;
	if (strcmp(r->p.channel, "chat") != 0)
		return OUT_OK;
	st = sql_stmt(s, &q_page);
	sql_set_int(st, 1, r->p.incident_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		r->page = mem_strdup(sql_get_str(st, 0));
		sql_reset(st);
	}
	r->p.page = r->page;
	return o;
}

/* Is the event about this message? An older one, which tells no event of the
 * book, may name none: then it is about the first. */
static bool
about(const char *data, int64_t id, bool first)
{
	static const char name[] = "\"message\":";
	const char *at = strstr(data, name);

	if (at == NULL)
		return first && strstr(data, "\"on\":") == NULL;
	for (; at != NULL; at = strstr(at, name)) {
		char *end;

		at += sizeof name - 1;
		if (strtoll(at, &end, 10) == id && (*end == ',' || *end == '}'))
			return true;
	}
	return false;
}

static enum outcome
read_events(struct store *s, struct past_reader *r, struct err *e)
{
	bool first = r->p.number == 1;
	sqlite3_stmt *st = sql_stmt(s, first ? &q_first_events : &q_events);
	size_t created = SIZE_MAX;
	size_t classified = SIZE_MAX;
	enum outcome o;
	bool row;

	buf_clear(&r->events);
	r->p.classified_number = 0;
	sql_set_int(st, 1, r->p.incident_id);
	sql_set_int(st, 2, first ? FIRST_EVENTS : r->p.id);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		const char *kind = sql_get_text(st, 1);
		const char *data = sql_get_text(st, 2);

		if (strcmp(kind, "incident.created") == 0) {
			created = keep(&r->events, data);
		} else if (strcmp(kind, "incident.classified") == 0 &&
			   classified == SIZE_MAX &&
			   about(data, r->p.id, first)) {
			classified = keep(&r->events, data);
			r->p.classified_number = sql_get_int(st, 0);
		}
	}
	r->p.created = kept(&r->events, created);
	r->p.classified = kept(&r->events, classified);
	return o;
}

/* The row that a statement stands on. Its texts are the statement's. */
static void
take_row(struct past_reader *r, sqlite3_stmt *st)
{
	struct past *p = &r->p;

	r->customer_id = sql_get_int(st, 13);
	p->id = sql_get_int(st, 0);
	p->incident_id = sql_get_int(st, 1);
	p->number = sql_get_int(st, 2);
	p->received_ms = sql_get_int(st, 3);
	p->committed_ms = sql_get_int(st, 4);
	p->direction = sql_get_text(st, 5);
	p->author = sql_get_text(st, 6);
	p->by_hand = !sql_get_null(st, 7) && strcmp(p->direction, "in") == 0;
	p->subject = sql_get_str(st, 8);
	p->text = sql_get_text(st, 9);
	p->reply_text = sql_get_str(st, 10);
	p->robot = sql_get_int(st, 11) != 0;
	p->channel = sql_get_text(st, 12);
	p->incidents = 0;
	p->connection = sql_get_str(st, 14);
	p->address = sql_get_str(st, 15);
	p->language = sql_get_text(st, 16);
	p->queue = sql_get_text(st, 17);
	p->priority = sql_get_text(st, 18);
	p->reason = sql_get_text(st, 19);
	p->policy = sql_get_text(st, 20);
	p->name = sql_get_text(st, 21);
	p->created = NULL;
	p->classified = NULL;
	p->classified_number = 0;
	if (p->language[0] == '\0')
		p->language = NULL;
	/* a chat's line has none: its incident's title was made of the text */
	if (strcmp(p->channel, "chat") == 0)
		p->subject = NULL;
}

/* An answer has no sender of its own that rules ask about, and often no
 * subject: those of the first message. */
static enum outcome
read_begin(struct store *s, struct past_reader *r, struct err *e)
{
	bool mine = r->p.subject != NULL || strcmp(r->p.channel, "chat") == 0;
	sqlite3_stmt *st;
	enum outcome o;
	bool row = false;

	if (r->p.number == 1 || (mine && r->p.address != NULL))
		return OUT_OK;
	st = sql_stmt(s, &q_begin);
	sql_set_int(st, 1, r->p.incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	MEM_CLEAR(&r->subject);
	MEM_CLEAR(&r->address);
	r->subject = mem_strdup(sql_get_str(st, 0));
	r->address = mem_strdup(sql_get_str(st, 1));
	sql_reset(st);
	if (!mine)
		r->p.subject = r->subject;
	if (r->p.address == NULL)
		r->p.address = r->address;
	return OUT_OK;
}

/* How many incidents the customer had; where the event noted the facts of that
 * time nobody asks. */
static enum outcome
read_incidents(struct store *s, struct past_reader *r, struct err *e)
{
	sqlite3_stmt *st;

	if (r->p.classified != NULL &&
	    strstr(r->p.classified, "\"facts\":") != NULL)
		return OUT_OK;
	st = sql_stmt(s, &q_incidents);
	sql_set_int(st, 1, r->customer_id);
	sql_set_int(st, 2, r->p.incident_id);
	sql_set_int(st, 3, PAST_INCIDENTS_MAX);
	return row_number(s, st, &r->p.incidents, e);
}

/* What stands in other tables. */
static enum outcome
read_rest(struct store *s, struct past_reader *r, bool decided, struct err *e)
{
	enum outcome o = decided ? read_events(s, r, e) : OUT_OK;

	if (o == OUT_OK)
		o = read_incidents(s, r, e);
	if (o == OUT_OK)
		o = read_files(s, r, e);
	if (o == OUT_OK)
		o = read_page(s, r, e);
	return o == OUT_OK ? read_begin(s, r, e) : o;
}

/* Texts of the row that stay when its statement is done. */
static void
keep_row(struct past_reader *r)
{
	const char **texts[] = { &r->p.direction,  &r->p.author,
				 &r->p.subject,    &r->p.text,
				 &r->p.reply_text, &r->p.address,
				 &r->p.connection, &r->p.channel,
				 &r->p.language,   &r->p.queue,
				 &r->p.priority,   &r->p.reason,
				 &r->p.policy,     &r->p.name };
	size_t at[sizeof texts / sizeof texts[0]];
	size_t i;

	buf_clear(&r->texts);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		at[i] = keep(&r->texts, *texts[i]);
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		*texts[i] = kept(&r->texts, at[i]);
}

enum outcome
past_read(struct store *s, struct past_reader *r, int64_t id, bool decided,
	  const struct past **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_one);
	enum outcome o;
	bool row = false;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && !row)
		return err_code(e, OUT_PERM, "not_found",
				"no such message: %lld", (long long)id);
	if (o != OUT_OK)
		return o;
	take_row(r, st);
	keep_row(r);
	sql_reset(st);
	*out = &r->p;
	return read_rest(s, r, decided, e);
}

enum outcome
past_headers(struct store *s, int64_t message_id, json_t **out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_headers);
	enum outcome o;
	bool row = false;

	*out = NULL;
	sql_set_int(st, 1, message_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row && !sql_get_null(st, 0))
		*out = json_loads(sql_get_text(st, 0), 0, NULL);
	sql_reset(st);
	return o;
}

enum outcome
past_agent(struct store *s, int64_t agent_id, char out[PAST_EMAIL_BYTES],
	   struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_agent);
	enum outcome o;
	bool row = false;

	out[0] = '\0';
	sql_set_int(st, 1, agent_id);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		(void)snprintf(out, PAST_EMAIL_BYTES, "%s",
			       sql_get_text(st, 0));
		sql_reset(st);
	}
	return o;
}

enum outcome
past_first(struct store *s, int64_t incident_id, int64_t *id_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_first);

	sql_set_int(st, 1, incident_id);
	return row_number(s, st, id_out, e);
}

/* --- many -------------------------------------------------------------------- */

/* The first message from a row on: *id_out 0 if there is none. */
static enum outcome
near(struct store *s, int64_t from, int64_t *id_out, int64_t *at_out,
     struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_near);
	enum outcome o;
	bool row = false;

	*id_out = 0;
	sql_set_int(st, 1, from);
	o = sql_row(s, st, &row, e);
	if (o == OUT_OK && row) {
		*id_out = sql_get_int(st, 0);
		*at_out = sql_get_int(st, 1);
		sql_reset(st);
	}
	return o;
}

/* Rows are in the order of their commits. */
enum outcome
past_after(struct store *s, int64_t at_ms, int64_t *id_out, struct err *e)
{
	int64_t low = 1;
	int64_t high = 0;
	enum outcome o = row_number(s, sql_stmt(s, &q_last), &high, e);

	high++;
	while (o == OUT_OK && low < high) {
		int64_t middle = low + (high - low) / 2;
		int64_t id = 0;
		int64_t found_ms = 0;

		o = near(s, middle, &id, &found_ms, e);
		if (id == 0 || found_ms >= at_ms)
			high = middle;
		else
			low = id + 1;
	}
	*id_out = low;
	return o;
}

enum outcome
past_committed(struct store *s, int64_t before, int64_t *at_ms_out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_below);

	sql_set_int(st, 1, before);
	return row_number(s, st, at_ms_out, e);
}

enum outcome
past_step(struct store *s, struct past_reader *r, struct past_walk *walk,
	  bool (*each)(void *arg, const struct past *p), void *arg,
	  struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_step);
	enum outcome o = OUT_OK;
	bool row = false;
	bool more = true;
	int n = 0;

	sql_set_int(st, 1, walk->before);
	sql_set_int(st, 2, walk->later);
	sql_set_int(st, 3, walk->rows);
	sql_set_int(st, 4, walk->from);
	while (more && (o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		take_row(r, st);
		o = read_rest(s, r, true, e);
		if (o != OUT_OK)
			break;
		more = each(arg, &r->p);
		walk->before = r->p.id;
		n++;
	}
	if (row)
		sql_reset(st);
	else if (o == OUT_OK && n < walk->rows)
		walk->done = true;
	return o;
}
