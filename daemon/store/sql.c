#include "daemon/store/sql.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/store/store_p.h"

static size_t
sql_slot(const struct store *s, const struct sql *q)
{
	size_t i = ((uintptr_t)q >> 4) % SQL_CACHE_MAX;

	while (s->cache[i].q != NULL && s->cache[i].q != q)
		i = (i + 1) % SQL_CACHE_MAX;
	return i;
}

/* To SQLite "$2" is a name and gets its number by where it first stands; "?2"
 * is parameter 2 wherever it stands, and that is what we mean. */
static char *
sql_numbered(const char *text)
{
	char *copy = mem_strdup(text);
	char *p;

	for (p = copy; *p != '\0'; p++)
		if (p[0] == '$' && p[1] >= '1' && p[1] <= '9')
			p[0] = '?';
	return copy;
}

sqlite3_stmt *
sql_stmt(struct store *s, const struct sql *q)
{
	size_t i = sql_slot(s, q);
	sqlite3_stmt *st = s->cache[i].st;
	struct err e;
	char *text;
	int rc;

	if (st != NULL) {
		(void)sqlite3_reset(st);
		(void)sqlite3_clear_bindings(st);
		return st;
	}
	assert(s->cached < SQL_CACHE_MAX / 2);
	text = sql_numbered(q->text);
	rc = sqlite3_prepare_v3(s->db, text, -1, SQLITE_PREPARE_PERSISTENT, &st,
				NULL);
	mem_free(text);
	if (rc != SQLITE_OK) {
		s->prepare_rc = sqlite3_extended_errcode(s->db);
		s->prepare_errno = sqlite3_system_errno(s->db);
		if ((rc & 0xff) == SQLITE_ERROR)
			log_error("store.bug", "%s", sqlite3_errmsg(s->db));
		/* aborts if the text is not SQL */
		(void)sql_outcome(s->prepare_rc, s->prepare_errno, q->name, &e);
		return NULL;
	}
	s->cache[i].q = q;
	s->cache[i].st = st;
	s->cached++;
	return st;
}

static const char *
sql_name(const struct store *s, const sqlite3_stmt *st)
{
	size_t i;

	for (i = 0; i < SQL_CACHE_MAX; i++)
		if (s->cache[i].st == st && st != NULL)
			return s->cache[i].q->name;
	return "read the store";
}

/* Of the process: readers find it, and the writer must know. */
static atomic_bool sql_damage;

static void
note_damage(const struct store *s, const struct err *e)
{
	if (strcmp(e->code, "damaged") != 0 || s->mode == STORE_ALONE ||
	    atomic_exchange(&sql_damage, true))
		return;
	log_error("store.damaged",
		  "%s; nothing more is stored in '%s'. Stop Postigo, look with "
		  "'postigo fsck', restore a backup with 'postigo restore'",
		  e->text, s->dir);
}

bool
store_damaged(void)
{
	return atomic_load(&sql_damage);
}

void
sql_damage_forget(void)
{
	atomic_store(&sql_damage, false);
}

static enum outcome
sql_failed(struct store *s, sqlite3_stmt *st, struct err *e)
{
	enum outcome o;

	if (st == NULL) {
		o = sql_outcome(s->prepare_rc, s->prepare_errno,
				"read the store", e);
		s->dead = s->dead || o == OUT_UNSURE;
		note_damage(s, e);
		return o;
	}
	o = store_fail(s, sql_name(s, st), e);
	(void)sqlite3_reset(st);
	return o;
}

enum outcome
sql_row(struct store *s, sqlite3_stmt *st, bool *row_out, struct err *e)
{
	int rc = st != NULL ? sqlite3_step(st) : SQLITE_ERROR;

	*row_out = rc == SQLITE_ROW;
	if (rc == SQLITE_ROW)
		return OUT_OK;
	if (rc != SQLITE_DONE)
		return sql_failed(s, st, e);
	(void)sqlite3_reset(st);
	return OUT_OK;
}

enum outcome
sql_done(struct store *s, sqlite3_stmt *st, struct err *e)
{
	int rc;

	if (st == NULL)
		return sql_failed(s, st, e);
	do
		rc = sqlite3_step(st);
	while (rc == SQLITE_ROW);
	if (rc != SQLITE_DONE)
		return sql_failed(s, st, e);
	(void)sqlite3_reset(st);
	return OUT_OK;
}

void
sql_reset(sqlite3_stmt *st)
{
	(void)sqlite3_reset(st);
}

int64_t
sql_changes(struct store *s)
{
	return sqlite3_changes64(s->db);
}

int64_t
sql_last_id(struct store *s)
{
	return sqlite3_last_insert_rowid(s->db);
}

/* A value that is not bound is NULL, a column that cannot be read as well. */
static void
sql_short(int rc)
{
	if (rc == SQLITE_NOMEM)
		mem_short_note();
}

void
sql_set_int(sqlite3_stmt *st, int i, int64_t v)
{
	int rc = sqlite3_bind_int64(st, i, v);

	assert(rc == SQLITE_OK || st == NULL);
	(void)rc;
}

void
sql_set_id(sqlite3_stmt *st, int i, int64_t v)
{
	if (v != 0)
		sql_set_int(st, i, v);
	else
		sql_set_null(st, i);
}

void
sql_set_null(sqlite3_stmt *st, int i)
{
	int rc = sqlite3_bind_null(st, i);

	assert(rc == SQLITE_OK || st == NULL);
	(void)rc;
}

void
sql_set_str(sqlite3_stmt *st, int i, const char *v)
{
	int rc = sqlite3_bind_text(st, i, v, -1, SQLITE_STATIC);

	assert(rc != SQLITE_RANGE);
	sql_short(rc);
}

void
sql_set_strn(sqlite3_stmt *st, int i, const char *v, size_t n)
{
	int rc = sqlite3_bind_text64(st, i, v, n, SQLITE_STATIC, SQLITE_UTF8);

	assert(rc != SQLITE_RANGE);
	sql_short(rc);
}

void
sql_set_blob(sqlite3_stmt *st, int i, const void *v, size_t n)
{
	/* no octets are still a blob, not NULL */
	int rc = v != NULL && n > 0
			 ? sqlite3_bind_blob64(st, i, v, n, SQLITE_STATIC)
			 : sqlite3_bind_zeroblob(st, i, 0);

	assert(rc != SQLITE_RANGE);
	sql_short(rc);
}

int64_t
sql_get_int(sqlite3_stmt *st, int i)
{
	return sqlite3_column_int64(st, i);
}

bool
sql_get_null(sqlite3_stmt *st, int i)
{
	return sqlite3_column_type(st, i) == SQLITE_NULL;
}

const char *
sql_get_str(sqlite3_stmt *st, int i)
{
	const char *t = (const char *)sqlite3_column_text(st, i);

	if (t == NULL)
		sql_short(sqlite3_errcode(sqlite3_db_handle(st)) & 0xff);
	return t;
}

const char *
sql_get_text(sqlite3_stmt *st, int i)
{
	const char *t = sql_get_str(st, i);

	return t != NULL ? t : "";
}

const void *
sql_get_blob(sqlite3_stmt *st, int i, size_t *n_out)
{
	const void *p = sqlite3_column_blob(st, i);

	if (p == NULL)
		sql_short(sqlite3_errcode(sqlite3_db_handle(st)) & 0xff);
	*n_out = (size_t)sqlite3_column_bytes(st, i);
	return p;
}

json_t *
sql_json_str(sqlite3_stmt *st, int i)
{
	const char *t = sql_get_str(st, i);
	json_t *j;

	if (t == NULL)
		return json_null();
	j = json_stringn(t, (size_t)sqlite3_column_bytes(st, i));
	return j != NULL ? j : json_string("");
}

json_t *
sql_json_int(sqlite3_stmt *st, int i)
{
	return sql_get_null(st, i) ? json_null()
				   : json_integer(sql_get_int(st, i));
}

json_t *
sql_json_ms(sqlite3_stmt *st, int i)
{
	char iso[32];

	if (sql_get_null(st, i))
		return json_null();
	clock_iso_ms(sql_get_int(st, i), iso);
	return json_string(iso);
}

json_t *
sql_json_doc(sqlite3_stmt *st, int i)
{
	const char *t = sql_get_text(st, i);
	json_t *j = json_loads(t, JSON_DECODE_ANY, NULL);

	return j != NULL ? j : json_null();
}

/* The code of an error in words of our own: SQLite's text may hold values. */
static enum outcome
sql_damaged(const char *what, int rc, struct err *e)
{
	return err_code(e, OUT_TEMP, "damaged", "cannot %s: %s (%d)", what,
			sqlite3_errstr(rc), rc);
}

static enum outcome
sql_io(int rc, int errnum, const char *what, struct err *e)
{
	bool full = errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG;

	switch (rc) {
	case SQLITE_IOERR_FSYNC:
	case SQLITE_IOERR_DIR_FSYNC:
#ifdef PLANTED_IGNORE_FAILED_SYNC
		return err_code(e, OUT_TEMP, "busy", "could not %s", what);
#endif
		return err_code(e, OUT_UNSURE, "sync",
				"could not %s: a sync failed", what);
	case SQLITE_IOERR_CORRUPTFS:
	case SQLITE_IOERR_DATA:
		return sql_damaged(what, rc, e);
	default:
		break;
	}
	if (full)
		return err_code(e, OUT_TEMP, "full",
				"could not %s: no space on the disk", what);
	return err_set(e, OUT_TEMP, "could not %s: %s (%d)", what,
		       sqlite3_errstr(rc), rc);
}

enum outcome
sql_outcome(int rc, int errnum, const char *what, struct err *e)
{
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return err_code(e, OUT_TEMP, "full",
				"could not %s: no space on the disk", what);
	case SQLITE_IOERR:
		return sql_io(rc, errnum, what, e);
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_PROTOCOL:
		return err_code(e, OUT_TEMP, "busy",
				"could not %s: the store is busy", what);
	case SQLITE_NOMEM:
		mem_short_note();
		/* fall through */
	case SQLITE_INTERRUPT:
	case SQLITE_CANTOPEN:
	case SQLITE_READONLY:
	case SQLITE_PERM:
		return err_set(e, OUT_TEMP, "could not %s: %s (%d)", what,
			       sqlite3_errstr(rc), rc);
	case SQLITE_CONSTRAINT:
		return err_code(e, OUT_PERM, "constraint",
				"cannot %s: it breaks a rule of the store (%d)",
				what, rc);
	case SQLITE_TOOBIG:
		return err_set(e, OUT_PERM, "cannot %s: it is too large", what);
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_FORMAT:
		return sql_damaged(what, rc, e);
	default:
		log_error("store.bug", "%s: %s (%d)", what, sqlite3_errstr(rc),
			  rc);
		abort();
	}
}

/* Why a write of the log failed. SQLite forgets it on the way out of a commit,
 * but for a full disk; the log's file remembers. */
static int
log_errno(struct store *s)
{
	sqlite3_file *log = NULL;
	int errnum = 0;

	(void)sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER,
				   &log);
	if (log != NULL && log->pMethods != NULL)
		(void)log->pMethods->xFileControl(log, SQLITE_FCNTL_LAST_ERRNO,
						  &errnum);
	return errnum;
}

enum outcome
store_fail(struct store *s, const char *what, struct err *e)
{
	int rc = sqlite3_extended_errcode(s->db);
	int errnum = sqlite3_system_errno(s->db);
	enum outcome o;

	if (rc == SQLITE_IOERR_WRITE && log_errno(s) != 0)
		errnum = log_errno(s);
	o = sql_outcome(rc, errnum, what, e);
	s->dead = s->dead || o == OUT_UNSURE;
	note_damage(s, e);
	return o;
}

sqlite3 *
sql_db(struct store *s)
{
	return s->db;
}

enum outcome
sql_script(struct store *s, const char *text, const char *what, struct err *e)
{
	if (sqlite3_exec(s->db, text, NULL, NULL, NULL) == SQLITE_OK)
		return OUT_OK;
	return store_fail(s, what, e);
}
