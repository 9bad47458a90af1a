#include "daemon/store/vet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/store/migrate.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"

/* Source: "Database File Format", sections 1.3, 3 and 4.1. */
#define HEAD_BYTES 100
#define LOG_HEAD_BYTES 32
#define LOG_FRAME_BYTES 24
#define LOG_MAGIC 0x377f0682U /* or with its last bit: big-endian sums */
#define LOG_VERSION 3007000U
#define PAGE_BYTES 4096
#define JOURNAL_HEAD_BYTES 28
#define JOURNAL_MAGIC "\xd9\xd5\x05\xf9\x20\xa1\x63\xd7"

#define ADVICE                                                                 \
	"look with 'postigo fsck', restore a backup with 'postigo restore'"

/* A file's head and size. */
struct head {
	bool there;
	int64_t bytes;
	unsigned char p[HEAD_BYTES];
	size_t n; /* of p */
};

static uint32_t
be32(const unsigned char *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | (uint32_t)p[3];
}

static uint32_t
le32(const unsigned char *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 |
	       (uint32_t)p[1] << 8 | (uint32_t)p[0];
}

static enum outcome
read_head(const char *dir, const char *name, struct head *out, struct err *e)
{
	char *path = mem_printf("%s/%s", dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum outcome o = OUT_OK;
	struct stat st;
	ssize_t n;

	memset(out, 0, sizeof *out);
	if (fd < 0 && errno != ENOENT) {
		o = err_sys(e, OUT_TEMP, errno, "could not open '%s'", path);
	} else if (fd >= 0) {
		n = pread(fd, out->p, sizeof out->p, 0);
		if (n < 0 || fstat(fd, &st) != 0) {
			o = err_sys(e, OUT_TEMP, errno, "could not read '%s'",
				    path);
		} else {
			out->there = true;
			out->bytes = st.st_size;
			out->n = (size_t)n;
		}
		(void)close(fd);
	}
	mem_free(path);
	return o;
}

static enum outcome
damaged(const char *dir, const char *what, struct err *e)
{
	return err_code(e, OUT_PERM, "damaged",
			"cannot use the store in '%s': %s; " ADVICE, dir, what);
}

/* The sums of the log's head over its first 24 octets. */
static bool
log_sums_right(const unsigned char *p)
{
	bool big = (be32(p) & 1) != 0;
	uint32_t a = 0;
	uint32_t b = 0;
	size_t i;

	for (i = 0; i < 24; i += 8) {
		a += (big ? be32(p + i) : le32(p + i)) + b;
		b += (big ? be32(p + i + 4) : le32(p + i + 4)) + a;
	}
	return a == be32(p + 24) && b == be32(p + 28);
}

/* SQLite passes over a log whose head is not right, and with it over what was
 * acknowledged. The head is synced before the first frame: with frames
 * behind it, it is whole or was damaged since. */
static enum outcome
vet_log(const char *dir, const struct head *log, struct err *e)
{
	if (log->bytes <= LOG_HEAD_BYTES)
		return OUT_OK;
	if ((be32(log->p) & ~1U) == LOG_MAGIC &&
	    be32(log->p + 4) == LOG_VERSION && be32(log->p + 8) == PAGE_BYTES &&
	    log_sums_right(log->p))
		return OUT_OK;
	return damaged(dir,
		       "its log 'postigo.db-wal' is not one, and what was "
		       "stored last is in it",
		       e);
}

/* Pages that the head counts and the file has not must be in the log. */
static enum outcome
vet_length(const char *dir, const struct head *db, const struct head *log,
	   struct err *e)
{
	int64_t pages = be32(db->p + 28);
	int64_t missing = pages - db->bytes / PAGE_BYTES;
	int64_t frames = log->bytes > LOG_HEAD_BYTES
				 ? (log->bytes - LOG_HEAD_BYTES) /
					   (PAGE_BYTES + LOG_FRAME_BYTES)
				 : 0;

	/* a head of another change does not count pages */
	if (be32(db->p + 24) != be32(db->p + 92) || missing <= frames)
		return OUT_OK;
	return damaged(dir, "'postigo.db' is cut short", e);
}

static enum outcome
vet_head(const char *dir, const struct head *db, const struct head *log,
	 struct err *e)
{
	uint32_t owner = be32(db->p + 68);
	uint32_t version = be32(db->p + 60);
	uint32_t page = (uint32_t)db->p[16] << 8 | db->p[17];

	if (db->n < HEAD_BYTES || memcmp(db->p, "SQLite format 3", 16) != 0)
		return damaged(dir, "'postigo.db' is no database", e);
	if (owner != 0 && owner != MIGRATE_APPLICATION)
		return err_code(e, OUT_PERM, "foreign",
				"cannot use '%s': 'postigo.db' in it is a "
				"database of another program; say the desk's "
				"folder with --dir",
				dir);
	if (version > migration_count)
		return err_code(e, OUT_PERM, "newer",
				"cannot use the store in '%s': its schema is "
				"%u, this program knows %zu; run the newer "
				"postigod, or restore a backup of before with "
				"'postigo restore'",
				dir, version, migration_count);
	if (page != PAGE_BYTES)
		return damaged(dir, "the head of 'postigo.db' is not right", e);
	return vet_length(dir, db, log, e);
}

/* A key without a store: a desk was here. */
static enum outcome
vet_absent(const char *dir, const char *what, struct err *e)
{
	char *path = mem_printf("%s/desk.key", dir);
	bool key = access(path, F_OK) == 0;

	mem_free(path);
	if (!key)
		return OUT_OK;
	return err_code(e, OUT_PERM, "absent",
			"cannot use '%s': there is a desk's key, but "
			"'postigo.db' is %s; restore a backup with 'postigo "
			"restore', or take desk.key away to begin anew",
			dir, what);
}

/* Is there a journal that takes SQLite back to a file without pages? Only the
 * first page of all is written beside one; what it looks like until then says
 * nothing. */
static bool
goes_back_to_nothing(const struct head *journal)
{
	return journal->n >= JOURNAL_HEAD_BYTES &&
	       memcmp(journal->p, JOURNAL_MAGIC, 8) == 0 &&
	       be32(journal->p + 16) == 0;
}

/* Heads of the store's files. */
struct heads {
	struct head db;
	struct head log;
	struct head journal;
};

static enum outcome
read_heads(const char *dir, struct heads *out, struct err *e)
{
	enum outcome o = read_head(dir, "postigo.db", &out->db, e);

	if (o == OUT_OK)
		o = read_head(dir, "postigo.db-wal", &out->log, e);
	if (o == OUT_OK)
		o = read_head(dir, "postigo.db-journal", &out->journal, e);
	return o;
}

/* What there is instead of a store; NULL if there is one. */
static const char *
no_store(const struct heads *h)
{
	if (!h->db.there)
		return "not there";
	if (h->db.bytes == 0)
		return "empty";
	return goes_back_to_nothing(&h->journal) ? "not made to its end" : NULL;
}

enum outcome
vet_files(const char *dir, bool *made_out, struct err *e)
{
	struct heads h;
	const char *instead;
	enum outcome o = read_heads(dir, &h, e);

	*made_out = false;
	if (o != OUT_OK)
		return o;
	instead = no_store(&h);
	if (instead != NULL)
		return vet_absent(dir, instead, e);
	*made_out = true;
	o = vet_head(dir, &h.db, &h.log, e);
	return o == OUT_OK ? vet_log(dir, &h.log, e) : o;
}

/* --- schema ---------------------------------------------------------------- */

#define SCHEMA_TEXT                                                            \
	"SELECT type, name, coalesce(sql, '') FROM sqlite_schema "             \
	"WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY type, name"

/* The schema that this program makes, in memory. */
static sqlite3 *
make_model(struct err *e)
{
	sqlite3 *db = NULL;
	int rc = sqlite3_open(":memory:", &db);
	size_t i;

	for (i = 0; rc == SQLITE_OK && i < migration_count; i++)
		rc = sqlite3_exec(db, migrations[i].text, NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return db;
	(void)err_set(e, OUT_TEMP, "could not make a schema in memory: %s",
		      sqlite3_errstr(rc));
	(void)sqlite3_close(db);
	return NULL;
}

static const char *
text_at(sqlite3_stmt *st, bool row, int column)
{
	const char *t =
		row ? (const char *)sqlite3_column_text(st, column) : NULL;

	return t != NULL ? t : "";
}

/* One row of each, side by side: the first that differs. */
static enum outcome
compare(sqlite3_stmt *is, sqlite3_stmt *should, struct err *e)
{
	for (;;) {
		int rc = sqlite3_step(is);
		bool a = rc == SQLITE_ROW;
		bool b = sqlite3_step(should) == SQLITE_ROW;
		int which;

		if (!a && rc != SQLITE_DONE)
			return err_code(e, OUT_PERM, "schema",
					"cannot use the store: its schema "
					"cannot be read (%d); " ADVICE,
					rc);
		if (!a && !b)
			return OUT_OK;
		if (a && b &&
		    strcmp(text_at(is, a, 1), text_at(should, b, 1)) == 0 &&
		    strcmp(text_at(is, a, 2), text_at(should, b, 2)) == 0)
			continue;
		which = !b ? 1
			   : a && strcmp(text_at(is, a, 1),
					 text_at(should, b, 1)) < 0;
		return err_code(e, OUT_PERM, "schema",
				"cannot use the store: its schema is not what "
				"Postigo makes, first in %s '%s'; " ADVICE,
				text_at(which ? is : should, true, 0),
				text_at(which ? is : should, true, 1));
	}
}

enum outcome
vet_schema(struct store *s, struct err *e)
{
	sqlite3 *model = make_model(e);
	sqlite3_stmt *is = NULL;
	sqlite3_stmt *should = NULL;
	enum outcome o;

	if (model == NULL)
		return OUT_TEMP;
	if (sqlite3_prepare_v2(sql_db(s), SCHEMA_TEXT, -1, &is, NULL) !=
	    SQLITE_OK)
		o = store_fail(s, "read the schema", e);
	else if (sqlite3_prepare_v2(model, SCHEMA_TEXT, -1, &should, NULL) !=
		 SQLITE_OK)
		o = err_set(e, OUT_TEMP, "could not read a schema in memory");
	else
		o = compare(is, should, e);
	(void)sqlite3_finalize(is);
	(void)sqlite3_finalize(should);
	(void)sqlite3_close(model);
	return o;
}
