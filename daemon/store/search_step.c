/* search_step: messages go into search.db, and once more when they are another
 * customer's. */

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/search_p.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"

#define SEARCH_LOG_PAGES 2000 /* then the log is checkpointed */
#define MOVED_EVENTS 10000    /* events that are looked at by one question */

/* --- documents -------------------------------------------------------------- */

/* Who wrote and who the customer is, names and addresses (no numbers of shops:
 * nobody writes from them); names of files. */
#define DOC_COLUMNS                                                            \
	"m.id, ifnull(m.subject, ''), m.text,"                                 \
	" ifnull(a.name || ' ', '') || ifnull(wc.name || ' ', '')"             \
	" || ifnull(w.value || ' ', '') || c.name || ' '"                      \
	" || ifnull((SELECT group_concat(value, ' ') FROM (SELECT value,"      \
	" id = m.identity_id AS wrote FROM identity"                           \
	" WHERE customer_id = i.customer_id AND kind <> 'shop_customer'"       \
	" ORDER BY wrote DESC, id LIMIT 10)), ''),"                            \
	" ifnull((SELECT group_concat(filename, ' ') FROM ("                   \
	"SELECT filename FROM attachment WHERE message_id = m.id UNION ALL "   \
	"SELECT filename FROM media WHERE message_id = m.id"                   \
	" AND state <> 'here')), '')"
#define DOC_JOINS                                                              \
	" JOIN customer c ON c.id = i.customer_id"                             \
	" LEFT JOIN agent a ON a.id = m.agent_id"                              \
	" LEFT JOIN identity w ON w.id = m.identity_id"                        \
	" AND w.customer_id <> i.customer_id"                                  \
	" LEFT JOIN customer wc ON wc.id = w.customer_id"

/* A file that is to be fetched is called so when it is here, too. */
static const struct sql q_docs = {
	"read messages for the index",
	"SELECT " DOC_COLUMNS
	" FROM message m JOIN incident i ON i.id = m.incident_id" DOC_JOINS
	" WHERE m.id > $1 AND m.id <= $2 ORDER BY m.id LIMIT $3"
};

/* Those of incidents that another customer has now. */
static const struct sql q_moved = {
	"read messages that are another's now",
	"SELECT " DOC_COLUMNS ", v.number"
	" FROM event v CROSS JOIN message m ON m.incident_id = v.incident_id"
	" JOIN incident i ON i.id = m.incident_id" DOC_JOINS
	" WHERE v.number BETWEEN $1 AND $2 AND v.kind = 'incident.customer'"
	" AND (v.number > $1 OR m.id > $3) AND m.id <= $4"
	" ORDER BY v.number, m.id LIMIT $5"
};

sqlite3_stmt *
search_docs(struct store *s, int64_t after, int64_t upto, int limit)
{
	sqlite3_stmt *st = sql_stmt(s, &q_docs);

	sql_set_int(st, 1, after);
	sql_set_int(st, 2, upto);
	sql_set_int(st, 3, limit);
	return st;
}

void
search_doc_read(sqlite3_stmt *st, struct search_doc *out)
{
	out->id = sql_get_int(st, 0);
	for (int i = 0; i < SEARCH_COLUMNS; i++) {
		out->column[i] = sql_get_text(st, i + 1);
		out->bytes[i] = sqlite3_column_bytes(st, i + 1);
	}
}

/* Documents that were read and are not written yet: copies, so that the
 * store's log does not wait for the index. */
struct batch {
	struct search_doc docs[SEARCH_BATCH];
	char *text[SEARCH_BATCH]; /* one behind the other */
	int n;
	size_t bytes;
	struct search_mark mark; /* of the last one */
	int64_t event;           /* of the last one that moved */
};

static void
batch_add(struct batch *b, const struct search_doc *d)
{
	struct search_doc *to = &b->docs[b->n];
	size_t bytes = 1;
	char *at;

	for (int i = 0; i < SEARCH_COLUMNS; i++)
		bytes += (size_t)d->bytes[i];
	at = mem_new(bytes, 1);
	b->text[b->n++] = at;
	b->bytes += bytes;
	*to = *d;
	for (int i = 0; i < SEARCH_COLUMNS; i++) {
		to->column[i] = at;
		if (d->bytes[i] > 0)
			memcpy(at, d->column[i], (size_t)d->bytes[i]);
		at += d->bytes[i];
	}
}

/* Take up to SEARCH_BATCH rows of a statement. */
static enum outcome
batch_gather(struct batch *b, struct store *from, sqlite3_stmt *st, bool moved,
	     struct err *e)
{
	enum outcome o = OUT_OK;
	bool row = false;

	(void)mem_short_take();
	while (b->bytes < SEARCH_BATCH_BYTES && b->n < SEARCH_BATCH &&
	       (o = sql_row(from, st, &row, e)) == OUT_OK && row) {
		struct search_doc d;

		search_doc_read(st, &d);
		batch_add(b, &d);
		if (moved)
			b->event = sql_get_int(st, SEARCH_COLUMNS + 1);
	}
	sql_reset(st);
	/* what could not be read is empty, and would be indexed so for good */
	if (mem_short_take() && o == OUT_OK)
		o = err_set(e, OUT_TEMP, "could not index: out of memory");
	return o;
}

static enum outcome
batch_read(struct batch *b, struct store *from, int64_t after, struct err *e)
{
	enum outcome o = store_read_begin(from, e);

	if (o != OUT_OK)
		return o;
	o = batch_gather(b, from,
			 search_docs(from, after, INT64_MAX, SEARCH_BATCH),
			 false, e);
	if (o == OUT_OK && b->n > 0)
		o = search_mark_of(from, b->docs[b->n - 1].id, &b->mark, e);
	store_read_end(from);
	return o;
}

static int
batch_write_one(struct search *s, const struct search_doc *d)
{
	int rc = SQLITE_OK;

	if (s->add == NULL)
		rc = sqlite3_prepare_v3(
			s->db,
			"INSERT INTO words (rowid, subject, body, people,"
			" files) VALUES (?1, ?2, ?3, ?4, ?5)",
			-1, SQLITE_PREPARE_PERSISTENT, &s->add, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_int64(s->add, 1, d->id);
	for (int i = 0; rc == SQLITE_OK && i < SEARCH_COLUMNS; i++)
		rc = sqlite3_bind_text(s->add, i + 2, d->column[i], d->bytes[i],
				       SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s->add);
	(void)sqlite3_reset(s->add);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

static int
state_write(struct search *s, const struct batch *b)
{
	int rc = SQLITE_OK;

	if (s->put == NULL)
		rc = sqlite3_prepare_v3(
			s->db,
			"UPDATE state SET cursor = ?1, count = count + ?2,"
			" incident_id = ?3, committed_ms = ?4",
			-1, SQLITE_PREPARE_PERSISTENT, &s->put, NULL);
	if (rc != SQLITE_OK)
		return rc;
	(void)sqlite3_bind_int64(s->put, 1, b->docs[b->n - 1].id);
	(void)sqlite3_bind_int64(s->put, 2, b->n);
	(void)sqlite3_bind_int64(s->put, 3, b->mark.incident_id);
	(void)sqlite3_bind_int64(s->put, 4, b->mark.committed_ms);
	rc = sqlite3_step(s->put);
	(void)sqlite3_reset(s->put);
	return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* Nothing came, some moved: up to where. */
static int
moved_write(struct search *s, const struct batch *b)
{
	char sql[120];

	(void)snprintf(sql, sizeof sql,
		       "UPDATE state SET event = %lld, message = %lld",
		       (long long)b->event, (long long)b->docs[b->n - 1].id);
	return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

static enum outcome
batch_write(struct search *s, const struct batch *b, const atomic_bool *stop,
	    struct err *e)
{
	enum outcome o = search_exec(s, "BEGIN IMMEDIATE", "index", e);

	if (o != OUT_OK)
		return o;
	for (int i = 0; o == OUT_OK && i < b->n; i++) {
		if (atomic_load(stop))
			o = err_code(e, OUT_TEMP, "stopped", "stopped");
		else if (batch_write_one(s, &b->docs[i]) != SQLITE_OK)
			o = search_fail(s, "index a message", e);
	}
	if (o == OUT_OK && (b->event != 0 ? moved_write(s, b)
					  : state_write(s, b)) != SQLITE_OK)
		o = search_fail(s, "move the index on", e);
	if (o == OUT_OK)
		o = search_exec(s, "COMMIT", "commit to the index", e);
	if (o != OUT_OK)
		(void)sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return o;
}

/* What it cannot do now, because somebody reads, it does the next time. */
static enum outcome
search_checkpoint(struct search *s, struct err *e)
{
	int log = 0;
	int done = 0;

	if (s->log_pages < SEARCH_LOG_PAGES)
		return OUT_OK;
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
				      &log, &done) != SQLITE_OK)
		return search_fail(s, "checkpoint the index", e);
	if (log == done)
		s->log_pages = 0;
	return OUT_OK;
}

/* --- who is another's now ------------------------------------------------------ */

/*
 * Read messages of incidents that moved since. The row of a message is written
 * once more, as it is now: the newest one counts, and words that only an older
 * one had are found in vain (hits.c looks).
 */
static enum outcome
moved_read(struct search *s, struct batch *b, struct store *from,
	   int64_t cursor, struct err *e)
{
	int64_t event = 0;
	int64_t message = 0;
	int64_t newest = 0;
	sqlite3_stmt *st;
	enum outcome o = search_number(s, "SELECT event FROM state", &event, e);

	if (o == OUT_OK)
		o = search_number(s, "SELECT message FROM state", &message, e);
	if (o == OUT_OK)
		o = store_read_begin(from, e);
	if (o != OUT_OK)
		return o;
	/* nothing moved in those that were looked at before */
	if (s->looked > event) {
		event = s->looked;
		message = INT64_MAX;
	}
	o = search_event_of(from, &newest, e);
	while (o == OUT_OK) {
		st = sql_stmt(from, &q_moved);
		sql_set_int(st, 1, event);
		sql_set_int(st, 2, event + MOVED_EVENTS);
		sql_set_int(st, 3, message);
		sql_set_int(st, 4, cursor);
		sql_set_int(st, 5, SEARCH_BATCH);
		o = batch_gather(b, from, st, true, e);
		if (o != OUT_OK || b->n > 0 || event == newest)
			break;
		event = newest < event + MOVED_EVENTS ? newest
						      : event + MOVED_EVENTS;
		message = INT64_MAX;
		s->looked = event;
	}
	store_read_end(from);
	return o;
}

static void
batch_free(struct batch *b)
{
	for (int i = 0; i < b->n; i++)
		mem_free(b->text[i]);
	mem_free(b);
}

enum outcome
search_step(struct search *s, struct store *from, const atomic_bool *stop,
	    int *n_out, struct err *e)
{
	struct batch *b = mem_new(1, sizeof *b);
	struct search_state state;
	enum outcome o = search_state(s, &state, e);

	*n_out = 0;
	if (o == OUT_OK)
		o = batch_read(b, from, state.cursor, e);
	if (o == OUT_OK && b->n == 0)
		o = moved_read(s, b, from, state.cursor, e);
	if (o == OUT_OK && b->n > 0)
		o = batch_write(s, b, stop, e);
	if (o == OUT_OK && b->event != 0)
		s->looked = b->event;
	if (o == OUT_OK && b->n > 0)
		o = search_checkpoint(s, e);
	if (o == OUT_OK)
		*n_out = b->n;
	batch_free(b);
	return o;
}
