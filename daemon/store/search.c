#include "daemon/store/search.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/search_p.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"

#define SEARCH_APPLICATION 1347635283 /* "PSTS" */
#define SEARCH_VERSION 2
#define SEARCH_BUSY_MS 2000

/* 'prefix': beginnings of three letters have lists of their own, because what
 * is typed begins with them and they are in very many messages. */
#define SEARCH_WORDS                                                           \
	"CREATE VIRTUAL TABLE words USING fts5(subject, body, people, files,"  \
	" content = '', columnsize = 0, prefix = '3',"                         \
	" tokenize = 'unicode61 remove_diacritics 2');"

/* The syncs of this file cost acceptance time, so there are few: none while it
 * is made (what is torn then is damaged, and made anew), one a checkpoint. */
static const char search_make_sql[] =
	"PRAGMA encoding = 'UTF-8';"
	"PRAGMA page_size = 4096;"
	"PRAGMA synchronous = OFF;"
	"PRAGMA journal_mode = WAL;"
	"BEGIN;" SEARCH_WORDS
	"CREATE TABLE state (id INTEGER PRIMARY KEY CHECK (id = 1),"
	" cursor INTEGER NOT NULL, count INTEGER NOT NULL,"
	" desk_ms INTEGER NOT NULL, incident_id INTEGER NOT NULL,"
	" committed_ms INTEGER NOT NULL, event INTEGER NOT NULL,"
	" message INTEGER NOT NULL) STRICT;"
	"INSERT INTO words (words, rank) VALUES ('automerge', 8);"
	"PRAGMA application_id = 1347635283;"
	"PRAGMA user_version = 2;";

static const char search_write_sql[] = "PRAGMA synchronous = NORMAL;"
				       "PRAGMA secure_delete = FAST;"
				       "PRAGMA temp_store = MEMORY;"
				       "PRAGMA trusted_schema = OFF;"
				       "PRAGMA cell_size_check = ON;"
				       "PRAGMA mmap_size = 0;"
				       "PRAGMA journal_size_limit = 16777216;"
				       "PRAGMA wal_autocheckpoint = 0;"
				       "PRAGMA cache_size = -4096;";

static const char search_read_sql[] = "PRAGMA query_only = ON;"
				      "PRAGMA temp_store = MEMORY;"
				      "PRAGMA trusted_schema = OFF;"
				      "PRAGMA cell_size_check = ON;"
				      "PRAGMA mmap_size = 0;"
				      "PRAGMA wal_autocheckpoint = 0;"
				      "PRAGMA cache_size = -2048;";

static const char *const suffixes[] = { "", "-wal", "-shm", "-journal" };

/* Of the process: who opens the file to read, and who puts another in its
 * place. SQLite finds the log by its name, at the first read: without this a
 * reader of the old file would take the log of the new one. */
static pthread_rwlock_t place = PTHREAD_RWLOCK_INITIALIZER;

enum outcome
search_fail(struct search *s, const char *what, struct err *e)
{
	int rc = sqlite3_extended_errcode(s->db);
	int kind = rc & 0xff;
	enum outcome o;

	/* an error of SQL or of FTS5 would be our bug: here it costs a search,
	 * not the daemon */
	if (kind == SQLITE_ERROR || kind == SQLITE_MISUSE)
		return err_code(e, OUT_PERM, "index", "cannot %s: %s", what,
				sqlite3_errmsg(s->db));
	/* a change of it was cut off: whoever writes it next undoes that, or
	 * makes it anew */
	if (rc == SQLITE_READONLY_ROLLBACK)
		return err_code(e, OUT_TEMP, "absent",
				"the index was left half written");
	o = sql_outcome(rc, sqlite3_system_errno(s->db), what, e);
	/* it is derived: damage is no reason to wait, it is made anew */
	if (o == OUT_PERM || strcmp(e->code, "damaged") == 0) {
		(void)snprintf(e->code, sizeof e->code, "index");
		return OUT_PERM;
	}
	return o == OUT_UNSURE ? OUT_TEMP : o;
}

enum outcome
search_exec(struct search *s, const char *sql, const char *what, struct err *e)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return OUT_OK;
	return search_fail(s, what, e);
}

static void
search_unlink(const char *dir)
{
	size_t i;

	for (i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
		char *path = mem_printf("%s/search.db%s", dir, suffixes[i]);

		(void)unlink(path);
		mem_free(path);
	}
}

void
search_remove(const char *dir)
{
	(void)pthread_rwlock_wrlock(&place);
	search_unlink(dir);
	(void)pthread_rwlock_unlock(&place);
}

void
search_close(struct search **sp)
{
	struct search *s = *sp;

	if (s == NULL)
		return;
	if (s->words.self != NULL)
		s->words.fn.xDelete(s->words.self);
	(void)sqlite3_finalize(s->get);
	(void)sqlite3_finalize(s->put);
	(void)sqlite3_finalize(s->add);
	(void)sqlite3_close(s->db);
	mem_free(s->path);
	MEM_CLEAR(sp);
}

bool
search_current(const struct search *s)
{
	struct stat now;

	return stat(s->path, &now) == 0 && now.st_ino == s->file.st_ino &&
	       now.st_dev == s->file.st_dev;
}

/* A failure to open what is no longer there says nothing of an index. */
static enum outcome
search_gone(const struct search *s, enum outcome o, struct err *e)
{
	if (o == OUT_OK || s->file.st_ino == 0 || search_current(s))
		return o;
	return err_code(e, OUT_TEMP, "absent",
			"the index was removed while it was opened");
}

/* The tokenizer that the index has, for texts that are not in it. */
static enum outcome
search_tokenizer(struct search *s, struct err *e)
{
	const char *args[] = { "remove_diacritics", "2" };
	sqlite3_stmt *st = NULL;
	fts5_api *api = NULL;
	void *ctx = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db, "SELECT fts5(?1)", -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_pointer(st, 1, &api, "fts5_api_ptr", NULL);
	if (rc == SQLITE_OK) {
		(void)sqlite3_step(st);
		rc = sqlite3_reset(st);
	}
	(void)sqlite3_finalize(st);
	if (rc == SQLITE_OK && api != NULL)
		rc = api->xFindTokenizer(api, "unicode61", &ctx, &s->words.fn);
	if (rc == SQLITE_OK && api != NULL)
		rc = s->words.fn.xCreate(ctx, args, 2, &s->words.self);
	if (rc == SQLITE_NOMEM)
		return sql_outcome(rc, 0, "open the index", e);
	return rc == SQLITE_OK && api != NULL
		       ? OUT_OK
		       : err_code(e, OUT_PERM, "no_fts5",
				  "cannot search: this SQLite has no FTS5");
}

static enum outcome
search_open_file(const char *dir, bool write, struct search **out,
		 struct err *e)
{
	struct search *s = mem_new(1, sizeof *s);
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
	enum outcome o = OUT_OK;
	int rc = SQLITE_OK;

	s->path = mem_printf("%s/search.db", dir);
	flags |= write ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
	if (stat(s->path, &s->file) != 0) {
		o = err_code(e, OUT_TEMP, "absent", "there is no index now");
	} else {
		rc = sqlite3_open_v2(s->path, &s->db, flags, NULL);
		if (s->db == NULL)
			o = sql_outcome(SQLITE_NOMEM, 0, "open the index", e);
	}
	if (o == OUT_OK) {
		(void)sqlite3_extended_result_codes(s->db, 1);
		(void)sqlite3_busy_timeout(s->db, SEARCH_BUSY_MS);
		(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1,
					NULL);
		/* its last writer may not unlink the log of a file that was
		 * made anew meanwhile */
		(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
					1, NULL);
		if (rc != SQLITE_OK)
			o = search_fail(s, "open the index", e);
	}
	if (o == OUT_OK)
		o = search_exec(s, write ? search_write_sql : search_read_sql,
				"open the index", e);
	if (o == OUT_OK)
		o = search_tokenizer(s, e);
	o = search_gone(s, o, e);
	if (o != OUT_OK)
		search_close(&s);
	*out = s;
	return o;
}

enum outcome
search_number(struct search *s, const char *sql, int64_t *out, struct err *e)
{
	sqlite3_stmt *st = NULL;
	enum outcome o = OUT_OK;
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	else
		o = search_fail(s, "read the index", e);
	(void)sqlite3_finalize(st);
	return o;
}

/* Is it a whole index of this version? */
static enum outcome
search_known(struct search *s, struct err *e)
{
	int64_t application = 0;
	int64_t version = 0;
	int64_t words = 0;
	enum outcome o =
		search_number(s, "PRAGMA application_id", &application, e);

	if (o == OUT_OK)
		o = search_number(s, "PRAGMA user_version", &version, e);
	if (o == OUT_OK)
		o = search_number(s,
				  "SELECT count(*) FROM sqlite_schema"
				  " WHERE name IN ('words', 'state')",
				  &words, e);
	/* begun, and its first transaction is still to come: no index yet */
	if (o == OUT_OK && application == 0 && version == 0 && words == 0)
		return err_code(e, OUT_TEMP, "absent",
				"the index is not made yet");
	if (o == OUT_OK && (application != SEARCH_APPLICATION ||
			    version != SEARCH_VERSION || words != 2))
		o = err_code(e, OUT_PERM, "version",
			     "the index is of another version");
	return o;
}

enum outcome
search_open_read(const char *dir, struct search **out, struct err *e)
{
	enum outcome o;

	(void)pthread_rwlock_rdlock(&place);
	o = search_open_file(dir, false, out, e);
	if (o == OUT_OK)
		o = search_gone(*out, search_known(*out, e), e);
	(void)pthread_rwlock_unlock(&place);
	if (o != OUT_OK)
		search_close(out);
	return o;
}

/* --- state ---------------------------------------------------------------- */

enum outcome
search_state(struct search *s, struct search_state *out, struct err *e)
{
	int rc = SQLITE_OK;

	memset(out, 0, sizeof *out);
	if (s->get == NULL)
		rc = sqlite3_prepare_v2(s->db,
					"SELECT cursor, count FROM state", -1,
					&s->get, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(s->get);
	if (rc == SQLITE_ROW) {
		out->cursor = sqlite3_column_int64(s->get, 0);
		out->count = sqlite3_column_int64(s->get, 1);
		(void)sqlite3_reset(s->get);
		return OUT_OK;
	}
	(void)sqlite3_reset(s->get);
	if (rc == SQLITE_DONE)
		return err_code(e, OUT_PERM, "index", "the index has no state");
	return search_fail(s, "read the index", e);
}

static const struct sql q_event = {
	"find the newest event", "SELECT ifnull(max(number), 0) FROM event"
};
static const struct sql q_mark = {
	"find where the index is",
	"SELECT d.created_ms, m.incident_id, m.committed_ms FROM desk d"
	" LEFT JOIN message m ON m.id = $1 WHERE d.id = 1"
};

enum outcome
search_mark_of(struct store *from, int64_t cursor, struct search_mark *out,
	       struct err *e)
{
	sqlite3_stmt *st = sql_stmt(from, &q_mark);
	bool row = false;
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, cursor);
	o = sql_row(from, st, &row, e);
	if (o == OUT_OK && row) {
		out->desk_ms = sql_get_int(st, 0);
		out->incident_id = sql_get_int(st, 1);
		out->committed_ms = sql_get_int(st, 2);
	}
	sql_reset(st);
	return o;
}

enum outcome
search_event_of(struct store *from, int64_t *out, struct err *e)
{
	return row_number(from, sql_stmt(from, &q_event), out, e);
}

/* Is the index one of this store, and not ahead of it? */
static enum outcome
search_fits(struct search *s, struct store *from, struct err *e)
{
	struct search_state state;
	struct search_mark here;
	int64_t desk_ms = 0;
	int64_t incident = 0;
	int64_t committed = 0;
	int64_t event = 0;
	enum outcome o = search_state(s, &state, e);

	if (o == OUT_OK)
		o = search_number(s, "SELECT desk_ms FROM state", &desk_ms, e);
	if (o == OUT_OK)
		o = search_number(s, "SELECT incident_id FROM state", &incident,
				  e);
	if (o == OUT_OK)
		o = search_number(s, "SELECT committed_ms FROM state",
				  &committed, e);
	if (o == OUT_OK)
		o = search_number(s, "SELECT event FROM state", &s->looked, e);
	if (o == OUT_OK)
		o = search_event_of(from, &event, e);
	if (o == OUT_OK)
		o = search_mark_of(from, state.cursor, &here, e);
	if (o != OUT_OK)
		return o;
	if (s->looked > event || here.desk_ms != desk_ms ||
	    here.incident_id != incident || here.committed_ms != committed)
		return err_code(e, OUT_PERM, "index",
				"the index is not of this store");
	return OUT_OK;
}

/* --- making ---------------------------------------------------------------- */

static enum outcome
search_make(struct store *from, struct search **out, struct err *e)
{
	const char *dir = store_dir(from);
	char *path = mem_printf("%s/search.db", dir);
	struct search_mark mark;
	int64_t event = 0;
	char first[200];
	enum outcome o;
	int fd;

	search_unlink(dir);
	*out = NULL;
	/* nobody but the owner reads what customers wrote */
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		  0600);
	o = fd >= 0 ? OUT_OK
		    : err_sys(e, OUT_TEMP, errno, "could not make '%s'", path);
	if (fd >= 0)
		(void)close(fd);
	mem_free(path);
	if (o == OUT_OK)
		o = search_mark_of(from, 0, &mark, e);
	if (o == OUT_OK)
		o = search_event_of(from, &event, e);
	if (o == OUT_OK)
		o = search_open_file(dir, true, out, e);
	if (o == OUT_OK)
		o = search_exec(*out, search_make_sql, "make the index", e);
	if (o == OUT_OK) {
		(void)snprintf(
			first, sizeof first,
			"INSERT INTO state VALUES (1, 0, 0, %lld, 0, 0, %lld, %lld);"
			"COMMIT;",
			(long long)mark.desk_ms, (long long)event,
			(long long)INT64_MAX);
		o = search_exec(*out, first, "make the index", e);
	}
	if (o == OUT_OK)
		o = search_exec(*out, search_write_sql, "open the index", e);
	if (o == OUT_OK)
		(*out)->looked = event;
	else
		search_close(out);
	return o;
}

static int
search_log(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct search *s = arg;

	(void)db;
	(void)name;
	s->log_pages = pages;
	return SQLITE_OK;
}

enum outcome
search_open(struct store *from, struct search **out, bool *made_out,
	    struct err *e)
{
	enum outcome o = search_open_file(store_dir(from), true, out, e);

	*made_out = false;
	if (o == OUT_OK)
		o = search_known(*out, e);
	if (o == OUT_OK)
		o = search_fits(*out, from, e);
	if (o != OUT_OK && strcmp(e->code, "no_fts5") != 0 &&
	    (o == OUT_PERM || strcmp(e->code, "absent") == 0)) {
		search_close(out);
		*made_out = true;
		(void)pthread_rwlock_wrlock(&place);
		o = search_make(from, out, e);
		(void)pthread_rwlock_unlock(&place);
	}
	if (o != OUT_OK)
		search_close(out);
	else
		(void)sqlite3_wal_hook((*out)->db, search_log, *out);
	return o;
}

/* --- for others ------------------------------------------------------------------ */

sqlite3 *
search_db(struct search *s)
{
	return s->db;
}

const struct search_words *
search_words(struct search *s)
{
	return &s->words;
}
