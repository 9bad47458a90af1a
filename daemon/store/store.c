#include "daemon/store/store.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/store/event.h"
#include "daemon/store/migrate.h"
#include "daemon/store/search.h"
#include "daemon/store/sql.h"
#include "daemon/store/store_p.h"
#include "daemon/store/tally.h"

#define PAGE_BYTES 4096
#define BUSY_MS 5000

#ifdef PLANTED_SYNC_OFF
#define SYNC_PRAGMA "PRAGMA synchronous = OFF;"
#else
#define SYNC_PRAGMA "PRAGMA synchronous = FULL;"
#endif

/* Distributions build SQLite with defaults of their own, so every setting
 * that matters is said. Debian's has no lookaside; nothing here needs it. */
#define PRAGMAS_BOTH                                                           \
	"PRAGMA foreign_keys = ON;"                                            \
	"PRAGMA recursive_triggers = OFF;"                                     \
	"PRAGMA trusted_schema = OFF;"                                         \
	"PRAGMA cell_size_check = ON;"                                         \
	"PRAGMA case_sensitive_like = OFF;"                                    \
	"PRAGMA temp_store = MEMORY;"                                          \
	"PRAGMA mmap_size = 0;"                                                \
	"PRAGMA wal_autocheckpoint = 0;"

static const char pragmas_write[] =
	/* before the first table: fixed for the life of the file */
	"PRAGMA encoding = 'UTF-8';"
	"PRAGMA page_size = 4096;"
	"PRAGMA auto_vacuum = NONE;"
	"PRAGMA journal_mode = WAL;" SYNC_PRAGMA PRAGMAS_BOTH
	"PRAGMA secure_delete = ON;"
	"PRAGMA locking_mode = NORMAL;"
	/* Beyond STORE_LOG_MAX by what one batch may add: a shorter file would be
	 * cut, and made longer again, in the turn, and that takes tens of ms. */
	"PRAGMA journal_size_limit = 50331648;"
	"PRAGMA cache_size = -12288;";

static const char pragmas_read[] = PRAGMAS_BOTH "PRAGMA query_only = ON;"
						"PRAGMA cache_size = -2048;";
static const char pragmas_log[] =
	SYNC_PRAGMA PRAGMAS_BOTH "PRAGMA query_only = ON;"
				 "PRAGMA cache_size = -64;";

static int
store_wal(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;

	(void)db;
	(void)name;
	s->wal_pages = pages;
	return SQLITE_OK;
}

static enum outcome
store_lock(struct store *s, struct err *e)
{
	char *path = mem_printf("%s/postigo.lock", s->dir);
	enum outcome o = OUT_OK;

	s->lock_fd =
		open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (s->lock_fd < 0)
		o = err_sys(e, OUT_PERM, errno, "cannot open '%s'", path);
	else if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0)
		o = err_code(e, OUT_PERM, "locked",
			     "cannot use '%s': another postigod has it",
			     s->dir);
	mem_free(path);
	return o;
}

/* SQLite's switches that keep a damaged or foreign file from doing harm. */
static void
store_defend(struct store *s)
{
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0,
				NULL);
	/* what is bound does not choose a plan: else SQLite prepares anew, at
	 * each call, what compares a column of a partial index's condition */
	(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
	(void)sqlite3_extended_result_codes(s->db, 1);
	(void)sqlite3_busy_timeout(s->db, BUSY_MS);
}

/* Nobody but the owner reads customers' letters. SQLite says what is wrong if
 * this fails. */
static void
store_create(const char *path)
{
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		(void)close(fd);
}

static const struct sql q_begin = { "begin a transaction", "BEGIN IMMEDIATE" };
static const struct sql q_begin_read = { "begin to read", "BEGIN" };
static const struct sql q_commit = { "commit", "COMMIT" };
static const struct sql q_rollback = { "roll back", "ROLLBACK" };
static const struct sql q_save = { "begin a request", "SAVEPOINT request" };
static const struct sql q_release = { "end a request", "RELEASE request" };
static const struct sql q_undo = { "undo a request", "ROLLBACK TO request" };
static const struct sql q_inner = { "begin a part", "SAVEPOINT part" };
static const struct sql q_inner_keep = { "end a part", "RELEASE part" };
static const struct sql q_inner_drop = { "undo a part", "ROLLBACK TO part" };
static const struct sql q_number = {
	"read the last event",
	"SELECT coalesce((SELECT max(number) FROM event), "
	"(SELECT event_floor FROM desk WHERE id = 1), 0)"
};

static enum outcome
store_read_number(struct store *s, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_number);
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	if (o == OUT_OK && row) {
		s->number = sql_get_int(st, 0);
		sql_reset(st);
	}
	return o;
}

/* What ends a transaction or undoes a request is prepared now: it is wanted
 * when there may be no memory to prepare it. */
static enum outcome
store_ready(struct store *s, struct err *e)
{
	static const struct sql *const write[] = {
		&q_begin, &q_commit, &q_rollback,   &q_save,      &q_release,
		&q_undo,  &q_inner,  &q_inner_keep, &q_inner_drop
	};
	static const struct sql *const read[] = { &q_begin_read, &q_rollback,
						  &q_number };
	bool writes = s->mode == STORE_WRITE;
	size_t n = writes ? sizeof write / sizeof write[0]
			  : sizeof read / sizeof read[0];
	size_t i;

	for (i = 0; i < n; i++)
		if (sql_stmt(s, writes ? write[i] : read[i]) == NULL)
			return store_fail(s, "open the store", e);
	return writes ? store_read_number(s, e) : OUT_OK;
}

static int
open_flags(enum store_mode mode)
{
	int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;

	if (mode == STORE_WRITE)
		return flags | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	if (mode == STORE_LOG)
		return flags | SQLITE_OPEN_READWRITE;
	return flags | SQLITE_OPEN_READONLY;
}

static const char *
pragmas(enum store_mode mode)
{
	if (mode == STORE_WRITE)
		return pragmas_write;
	return mode == STORE_LOG ? pragmas_log : pragmas_read;
}

/* Nobody else may have it: another daemon. */
static bool
has_lock(enum store_mode mode)
{
	return mode == STORE_WRITE || mode == STORE_ALONE;
}

static enum outcome
store_open_db(struct store *s, struct err *e)
{
	char *path = mem_printf("%s/postigo.db", s->dir);
	int rc;
	enum outcome o;

	/* the log and its index take the file's mode */
	if (s->mode == STORE_WRITE)
		store_create(path);
	rc = sqlite3_open_v2(path, &s->db, open_flags(s->mode), NULL);
	if (rc == SQLITE_OK) {
		store_defend(s);
		o = sql_script(s, pragmas(s->mode), "open the store", e);
	} else {
		o = sql_outcome(rc, s->db ? sqlite3_system_errno(s->db) : 0,
				"open the store", e);
	}
	mem_free(path);
	return o;
}

static enum outcome
refuse_restoring(const struct store *s, struct err *e)
{
	char *path = mem_printf("%s/" STORE_RESTORING, s->dir);
	bool there = access(path, F_OK) == 0;

	mem_free(path);
	if (!there)
		return OUT_OK;
	return err_code(e, OUT_PERM, "restoring",
			"cannot use '%s': a backup was not restored into it "
			"to the end; do it again (postigo restore)",
			s->dir);
}

static enum outcome
open_as(const char *dir, enum store_mode mode, bool restored,
	struct store **s_out, struct err *e)
{
	struct store *s = mem_new(1, sizeof *s);
	enum outcome o = OUT_OK;

	/* nobody asks how much memory SQLite has, and to count it costs a lock
	 * at each allocation; refused once SQLite runs */
	(void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	s->mode = mode;
	s->dir = mem_strdup(dir);
	s->lock_fd = -1;
	s->number = -1;
	buf_init(&s->text, EVENT_BYTES_MAX);
	if (has_lock(mode) && !restored)
		o = store_lock(s, e);
	if (o == OUT_OK && mode == STORE_WRITE)
		sql_damage_forget();
	if (o == OUT_OK && has_lock(mode) && !restored)
		o = refuse_restoring(s, e);
	if (o == OUT_OK)
		o = store_open_db(s, e);
	if (o == OUT_OK)
		o = mode == STORE_WRITE ? migrate_run(s, e)
					: migrate_check(s, e);
	if (o == OUT_OK)
		o = store_ready(s, e);
	if (o == OUT_OK && mode == STORE_WRITE)
		(void)sqlite3_wal_hook(s->db, store_wal, s);
	if (o != OUT_OK)
		store_close(&s);
	*s_out = s;
	/* to try again does not help who starts */
	return o == OUT_TEMP && strcmp(e->code, "damaged") == 0 ? OUT_PERM : o;
}

enum outcome
store_open(const char *dir, enum store_mode mode, struct store **s_out,
	   struct err *e)
{
	return open_as(dir, mode, false, s_out, e);
}

enum outcome
store_open_restored(const char *dir, struct store **s_out, struct err *e)
{
	return open_as(dir, STORE_WRITE, true, s_out, e);
}

void
store_close(struct store **sp)
{
	struct store *s = *sp;
	size_t i;

	if (s == NULL)
		return;
	if (s->begun)
		store_rollback(s);
	for (i = 0; i < SQL_CACHE_MAX; i++)
		(void)sqlite3_finalize(s->cache[i].st);
	/* after a failed sync a second one proves nothing: the log stays */
	if (s->dead)
		(void)sqlite3_db_config(s->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE,
					1, NULL);
	(void)sqlite3_close(s->db);
	search_close(&s->search);
	if (s->tally_own)
		tally_free(&s->tally);
	if (s->lock_fd >= 0)
		(void)close(s->lock_fd);
	event_forget(s, 0);
	buf_release(&s->text);
	mem_free(s->notes);
	mem_free(s->dir);
	MEM_CLEAR(sp);
}

static enum outcome
store_dead(struct err *e)
{
	return err_code(e, OUT_UNSURE, "sync",
			"could not use the store: a sync failed before");
}

static enum outcome
store_hurt(struct err *e)
{
	return err_code(e, OUT_TEMP, "damaged",
			"could not use the store: it is damaged");
}

enum outcome
store_log_copy(struct store *s, int *pages_out, int *copied_out, struct err *e)
{
	*pages_out = *copied_out = 0;
	if (s->dead)
		return store_dead(e);
	if (sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE,
				      pages_out, copied_out) == SQLITE_OK)
		return OUT_OK;
	return store_fail(s, "checkpoint", e);
}

/* Others copy the log; but while commits never pause there is always some
 * left, and it would grow on. */
static void
store_shorten_log(struct store *s)
{
	struct err e;
	int pages;
	int copied;

	if ((int64_t)s->wal_pages * PAGE_BYTES > STORE_LOG_MAX &&
	    store_log_copy(s, &pages, &copied, &e) == OUT_OK && pages == copied)
		s->wal_pages = 0;
	/* busy or full: the log stays; a failed sync marks us dead */
}

enum outcome
store_begin(struct store *s, struct err *e)
{
	enum outcome o;

	assert(s->mode == STORE_WRITE);
	if (s->dead)
		return store_dead(e);
	if (s->begun)
		return OUT_OK;
	if (store_damaged())
		return store_hurt(e);
	/* here, and not at the commit, no reply waits for it */
	store_shorten_log(s);
	if (s->dead)
		return store_dead(e);
	o = sql_done(s, sql_stmt(s, &q_begin), e);
	if (o != OUT_OK)
		return o;
	s->begun = true;
	s->begin_number = s->number;
	s->changes_base = sqlite3_total_changes64(s->db);
	return OUT_OK;
}

/* Everything that a transaction keeps in memory is no longer true. */
static void
store_ended(struct store *s, bool committed)
{
	/* without a transaction begin_number is that of one long over */
	if (!committed && s->begun)
		s->number = s->begin_number;
	if (!committed)
		event_forget(s, 0);
	if (s->tally_own && committed)
		tally_commit(s->tally, s->number);
	else if (s->tally_own)
		tally_undo(s->tally, 0);
	s->begun = false;
	s->saved = false;
	s->seq_incident = 0;
	s->seq_dirty = false;
}

/* Only a full disk is known to leave the log as it was. */
static enum outcome
store_commit_failed(struct store *s, enum outcome o, struct err *e)
{
	if (o == OUT_TEMP &&
	    (strcmp(e->code, "full") == 0 || strcmp(e->code, "busy") == 0)) {
		store_rollback(s);
		return OUT_TEMP;
	}
	s->dead = true;
	return o == OUT_UNSURE ? o
			       : err_set(e, OUT_UNSURE,
					 "could not commit: the log could not "
					 "be written");
}

enum outcome
store_commit(struct store *s, struct err *e)
{
	enum outcome o;

	if (s->dead)
		return store_dead(e);
	if (!s->begun)
		return OUT_OK;
	assert(!s->saved);
	if (store_damaged()) {
		store_rollback(s);
		return s->dead ? store_dead(e) : store_hurt(e);
	}
	o = event_flush(s, e);
	if (o != OUT_OK) {
		store_rollback(s);
		return s->dead ? OUT_UNSURE : OUT_TEMP;
	}
	o = sql_done(s, sql_stmt(s, &q_commit), e);
	if (o != OUT_OK)
		return store_commit_failed(s, o, e);
	store_ended(s, true);
	return OUT_OK;
}

void
store_rollback(struct store *s)
{
	struct err e;

	/* what is half done and cannot be undone must not be gone on with */
	if (s->begun && !sqlite3_get_autocommit(s->db) &&
	    sql_done(s, sql_stmt(s, &q_rollback), &e) != OUT_OK &&
	    !sqlite3_get_autocommit(s->db))
		s->dead = true;
	store_ended(s, false);
}

bool
store_sync_failed(const struct store *s)
{
	return s->dead;
}

bool
store_changed(const struct store *s)
{
	return s->begun && sqlite3_total_changes64(s->db) != s->changes_base;
}

enum outcome
store_save(struct store *s, struct err *e)
{
	enum outcome o;

	assert(s->begun && !s->saved);
	o = event_flush(s, e);
	if (o == OUT_OK)
		o = sql_done(s, sql_stmt(s, &q_save), e);
	if (o != OUT_OK)
		return o;
	s->saved = true;
	s->save_changes = sqlite3_total_changes64(s->db);
	s->save_number = s->number;
	s->save_notes = s->note_count;
	s->save_tally = s->tally_own ? tally_mark(s->tally) : 0;
	return OUT_OK;
}

enum outcome
store_release(struct store *s, struct err *e)
{
	enum outcome o;

	assert(s->saved);
	o = event_flush(s, e);
	if (o == OUT_OK)
		o = sql_done(s, sql_stmt(s, &q_release), e);
	if (o == OUT_OK)
		s->saved = false;
	return o;
}

enum outcome
store_undo(struct store *s, struct err *e)
{
	enum outcome o = OUT_OK;

	assert(s->saved);
	event_forget(s, s->save_notes);
	if (s->tally_own)
		tally_undo(s->tally, s->save_tally);
	s->number = s->save_number;
	s->saved = false;
	if (sqlite3_get_autocommit(s->db)) {
		store_ended(s, false);
		return err_code(e, OUT_UNSURE, "ended",
				"could not undo one request: the whole "
				"transaction is undone");
	}
	s->changes_base += sqlite3_total_changes64(s->db) - s->save_changes;
	o = sql_done(s, sql_stmt(s, &q_undo), e);
	if (o == OUT_OK)
		o = sql_done(s, sql_stmt(s, &q_release), e);
	if (o == OUT_OK)
		return o;
	store_rollback(s);
	return OUT_UNSURE;
}

enum outcome
store_inner(struct store *s, struct store_inner *in, struct err *e)
{
	enum outcome o = event_flush(s, e);

	in->number = s->number;
	in->notes = s->note_count;
	in->tally = s->tally_own ? tally_mark(s->tally) : 0;
	return o == OUT_OK ? sql_done(s, sql_stmt(s, &q_inner), e) : o;
}

enum outcome
store_inner_keep(struct store *s, struct err *e)
{
	enum outcome o = event_flush(s, e);

	return o == OUT_OK ? sql_done(s, sql_stmt(s, &q_inner_keep), e) : o;
}

enum outcome
store_inner_drop(struct store *s, const struct store_inner *in, struct err *e)
{
	enum outcome o = OUT_OK;

	event_forget(s, in->notes);
	if (s->tally_own)
		tally_undo(s->tally, in->tally);
	s->number = in->number;
	if (sqlite3_get_autocommit(s->db))
		return err_code(e, OUT_UNSURE, "ended",
				"could not undo a part: the whole transaction "
				"is undone");
	o = sql_done(s, sql_stmt(s, &q_inner_drop), e);
	return o == OUT_OK ? sql_done(s, sql_stmt(s, &q_inner_keep), e) : o;
}

enum outcome
store_read_begin(struct store *s, struct err *e)
{
	enum outcome o = OUT_OK;

	assert(!s->begun);
	/* the end of the last one may have failed */
	if (!sqlite3_get_autocommit(s->db))
		o = sql_done(s, sql_stmt(s, &q_rollback), e);
	if (o == OUT_OK)
		o = sql_done(s, sql_stmt(s, &q_begin_read), e);
	/* a deferred transaction has its snapshot from its first read on */
	if (o == OUT_OK)
		o = store_read_number(s, e);
	s->begun = !sqlite3_get_autocommit(s->db);
	if (o != OUT_OK)
		store_read_end(s);
	return o;
}

void
store_read_end(struct store *s)
{
	struct err e;
	size_t i;

	if (!s->begun)
		return;
	/* a statement left on a row would keep the snapshot */
	for (i = 0; i < SQL_CACHE_MAX; i++)
		if (s->cache[i].st != NULL && sqlite3_stmt_busy(s->cache[i].st))
			(void)sqlite3_reset(s->cache[i].st);
	s->begun = false;
	s->number = -1;
	/* if it fails, the next begin tries again */
	if (!sqlite3_get_autocommit(s->db) &&
	    sql_done(s, sql_stmt(s, &q_rollback), &e) != OUT_OK)
		return;
}

int64_t
store_number(struct store *s)
{
	struct err e;
	int64_t n;

	if (s->number >= 0)
		return s->number;
	/* a reader outside of its transactions */
	if (store_read_number(s, &e) != OUT_OK)
		return 0;
	n = s->number;
	s->number = -1;
	return n;
}

void
store_tally_start(struct store *s)
{
	assert(s->mode == STORE_WRITE && !s->begun && s->tally == NULL);
	s->tally = tally_new();
	s->tally_own = true;
}

void
store_tally_share(struct store *reader, struct store *writer)
{
	assert(reader->mode == STORE_READ && reader->tally == NULL);
	reader->tally = writer->tally;
}

enum outcome
store_tally_load(struct store *s, struct err *e)
{
	return tally_load(s->tally, s, e);
}

enum outcome
store_keep(struct store *reader, int kib, struct err *e)
{
	char text[48];

	assert(reader->mode == STORE_READ && kib > 0);
	(void)snprintf(text, sizeof text, "PRAGMA cache_size = -%d;", kib);
	return sql_script(reader, text, "set the cache", e);
}

int
store_log_pages(const struct store *s)
{
	return s->wal_pages;
}

int64_t
store_log_bytes(const struct store *s)
{
	char *path = mem_printf("%s/postigo.db-wal", s->dir);
	struct stat st;
	int64_t n = stat(path, &st) == 0 ? st.st_size : 0;

	mem_free(path);
	return n;
}

const char *
store_dir(const struct store *s)
{
	return s->dir;
}
