#include "daemon/store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/store/backup_file.h"
#include "daemon/store/backup_list.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/migrate.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

#define BACKUP_PAGES 256                /* copied in one step */
#define BACKUP_FOLDERS 256              /* of blobs/ */
#define BACKUP_SPARE (16 * 1024 * 1024) /* octets left over, at least */

struct backup {
	const struct backup_watch *w;
	const char *from;
	const char *to;
	struct list_out *list;
	bool folder[BACKUP_FOLDERS]; /* blobs/00 to blobs/ff: made */
	bool copies;                 /* a link cannot be made */
	struct backup_result r;
};

static const struct sql q_counts = {
	"count what is in a backup",
	"SELECT (SELECT count(*) FROM incident), (SELECT count(*) FROM message),"
	" (SELECT count(*) FROM blob), (SELECT count(*) FROM customer)"
};

/* Of the copy, which no handle of ours holds. */
static const char q_blobs[] =
	"SELECT sha256, bytes, staged_until_ms IS NOT NULL FROM blob"
	" WHERE data IS NULL ORDER BY sha256";

static enum outcome
note_file(struct backup *b, const char *path, int64_t bytes, const char *sha256,
	  struct err *e)
{
	struct list_file f = { .bytes = bytes };

	(void)snprintf(f.path, sizeof f.path, "%s", path);
	(void)snprintf(f.sha256, sizeof f.sha256, "%s", sha256);
	b->r.bytes += bytes;
	return list_add(b->list, &f, e);
}

/* --- the store ----------------------------------------------------------- */

static json_t *
counts_of(sqlite3_stmt *st)
{
	json_t *o = json_object();

	row_set(o, "incidents", sql_json_int(st, 0));
	row_set(o, "messages", sql_json_int(st, 1));
	row_set(o, "blobs", sql_json_int(st, 2));
	row_set(o, "customers", sql_json_int(st, 3));
	return o;
}

/* The list's first line: what the snapshot is. */
static enum outcome
begin_list(struct backup *b, struct store *s, struct err *e)
{
	json_t *counts = NULL;
	json_t *head;
	enum outcome o =
		row_one(s, sql_stmt(s, &q_counts), counts_of, &counts, e);

	if (o != OUT_OK)
		return o;
	b->r.number = store_number(s);
	head = json_object();
	row_set(head, "backup", json_integer(BACKUP_FORMAT));
	row_set(head, "program", json_string("postigod " PACKAGE_VERSION));
	row_set(head, "schema", json_integer((json_int_t)migration_count));
	row_set(head, "made_at", row_iso(clock_now_ms()));
	row_set(head, "number", json_integer(b->r.number));
	row_set(head, "counts", counts);
	o = list_begin(b->to, head, &b->list, e);
	json_decref(head);
	return o;
}

/* Copy pages until all are; the read transaction holds the source still. */
static enum outcome
copy_pages(const struct backup_watch *w, struct store *s, sqlite3 *to,
	   struct err *e)
{
	sqlite3_backup *x = sqlite3_backup_init(to, "main", sql_db(s), "main");
	int rc = x == NULL ? sqlite3_extended_errcode(to) : SQLITE_OK;

	while (x != NULL && !backup_stopped(w) &&
	       (rc = sqlite3_backup_step(x, BACKUP_PAGES)) == SQLITE_OK)
		;
	if (x != NULL)
		(void)sqlite3_backup_finish(x);
	if (rc == SQLITE_DONE)
		return OUT_OK;
	if (rc == SQLITE_OK)
		return err_set(e, OUT_TEMP,
			       "could not copy the store: the "
			       "daemon ends");
	return sql_outcome(rc, sqlite3_system_errno(to), "copy the store", e);
}

/* A copy without a log: whoever looks at it leaves nothing beside it. */
static enum outcome
copy_into(const struct backup_watch *w, struct store *s, const char *path,
	  struct err *e)
{
	sqlite3 *to = NULL;
	enum outcome o;
	int rc = sqlite3_open_v2(path, &to,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					 SQLITE_OPEN_NOMUTEX,
				 NULL);

	if (rc == SQLITE_OK)
		o = copy_pages(w, s, to, e);
	else
		o = sql_outcome(rc, to != NULL ? sqlite3_system_errno(to) : 0,
				"make the copy of the store", e);
	if (o == OUT_OK) {
		rc = sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL,
				  NULL, NULL);
		if (rc != SQLITE_OK)
			o = sql_outcome(rc, sqlite3_system_errno(to),
					"close the copy of the store", e);
	}
	(void)sqlite3_close(to);
	return o;
}

static enum outcome
sync_file(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum outcome o = OUT_OK;

	if (fd < 0 || fsync(fd) != 0)
		o = backup_fail(e, errno, "sync", path);
	if (fd >= 0)
		(void)close(fd);
	return o;
}

/* The store as it is now. The read transaction ends here: what is copied
 * after it is told by the copy, and the desk's log does not grow meanwhile. */
static enum outcome
copy_store(struct backup *b, struct err *e)
{
	char *path = mem_printf("%s/postigo.db", b->to);
	struct store *s = NULL;
	char sha256[HASH_HEX];
	int64_t bytes = 0;
	enum outcome o = store_open(b->from, STORE_READ, &s, e);

	if (o == OUT_OK)
		o = store_read_begin(s, e);
	if (o == OUT_OK)
		o = begin_list(b, s, e);
	if (o == OUT_OK)
		o = copy_into(b->w, s, path, e);
	if (s != NULL)
		store_read_end(s);
	store_close(&s);
	if (o == OUT_OK)
		o = sync_file(path, e);
	if (o == OUT_OK)
		o = backup_hash(b->w, path, &bytes, sha256, e);
	if (o == OUT_OK)
		o = note_file(b, "postigo.db", bytes, sha256, e);
	mem_free(path);
	return o;
}

static enum outcome
copy_key(struct backup *b, struct err *e)
{
	char *from = mem_printf("%s/desk.key", b->from);
	char *to = mem_printf("%s/desk.key", b->to);
	char sha256[HASH_HEX];
	int64_t bytes = 0;
	enum outcome o = backup_copy(b->w, from, to, true, &bytes, sha256, e);

	if (o == OUT_OK)
		o = note_file(b, "desk.key", bytes, sha256, e);
	mem_free(from);
	mem_free(to);
	return o;
}

/* --- files of octets ----------------------------------------------------- */

struct blob_row {
	const char *sha256;
	int64_t bytes;
	bool staged;
};

/* DIR/blobs/ab, once. */
static enum outcome
blob_folder(struct backup *b, const char *sha256, struct err *e)
{
	unsigned at = 0;
	char *path;
	enum outcome o = OUT_OK;

	if (!hash_is_hex(sha256) || sscanf(sha256, "%2x", &at) != 1)
		return err_code(e, OUT_PERM, "damaged",
				"cannot copy octets: bad digest");
	if (b->folder[at])
		return OUT_OK;
	path = mem_printf("%s/blobs/%.2s", b->to, sha256);
	if (mkdir(path, 0700) != 0)
		o = backup_fail(e, errno, "make", path);
	else
		b->folder[at] = true;
	mem_free(path);
	return o;
}

/* Not what its row says: other octets, or none. */
static enum outcome
blob_damaged(const char *path, struct err *e)
{
	return err_code(e, OUT_PERM, "damaged",
			"cannot copy octets: '%s' is not what it was", path);
}

/* A second name for the file. done: it has one, or will never. */
static enum outcome
link_blob(struct backup *b, const char *from, const char *to, int64_t bytes,
	  bool *done, struct err *e)
{
	struct stat st;

	*done = !b->copies && link(from, to) == 0;
	if (*done) {
		if (lstat(to, &st) != 0)
			return backup_fail(e, errno, "look at", to);
		if (!S_ISREG(st.st_mode) || st.st_size != bytes)
			return blob_damaged(from, e);
		b->r.linked++;
		return OUT_OK;
	}
	if (b->copies || errno == ENOENT || errno == EMLINK)
		return OUT_OK; /* the copy says what is wrong, if anything */
	if (errno != EXDEV && errno != EPERM && errno != EACCES &&
	    errno != EOPNOTSUPP)
		return backup_fail(e, errno, "link", to);
	b->copies = true; /* another file system, or one without links */
	return OUT_OK;
}

static enum outcome
put_blob(struct backup *b, const char *from, const char *to,
	 const struct blob_row *row, struct err *e)
{
	char found[HASH_HEX];
	int64_t bytes = 0;
	bool done;
	enum outcome o = link_blob(b, from, to, row->bytes, &done, e);

	if (o != OUT_OK || done)
		return o;
	o = backup_copy(b->w, from, to, false, &bytes, found, e);
	if (o == OUT_OK &&
	    (bytes != row->bytes || strcmp(found, row->sha256) != 0))
		o = blob_damaged(from, e);
	return o;
}

static enum outcome
copy_blob(struct backup *b, const struct blob_row *row, struct err *e)
{
	enum outcome o = blob_folder(b, row->sha256, e);
	char *from;
	char *to;

	if (o != OUT_OK)
		return o;
	from = blobfile_path(b->from, row->sha256);
	to = blobfile_path(b->to, row->sha256);
	o = put_blob(b, from, to, row, e);
	if (o == OUT_OK) {
		b->r.blobs++;
		o = note_file(b, to + strlen(b->to) + 1, row->bytes,
			      row->sha256, e);
	} else if (strcmp(e->code, "missing") == 0 && row->staged) {
		o = OUT_OK; /* nothing referred to it, and its day is over */
	} else if (strcmp(e->code, "missing") == 0) {
		o = err_code(e, OUT_PERM, "blob_missing",
			     "cannot copy octets: '%s' is not there", from);
	}
	mem_free(from);
	mem_free(to);
	return o;
}

static enum outcome
sync_blobs(struct backup *b, struct err *e)
{
	enum outcome o = OUT_OK;
	char *path;

	for (unsigned i = 0; o == OUT_OK && i < BACKUP_FOLDERS; i++) {
		if (!b->folder[i])
			continue;
		path = mem_printf("%s/blobs/%02x", b->to, i);
		o = backup_sync_folder(path, e);
		mem_free(path);
	}
	if (o != OUT_OK)
		return o;
	path = mem_printf("%s/blobs", b->to);
	o = backup_sync_folder(path, e);
	mem_free(path);
	return o;
}

/* What the rows of a statement name. */
static enum outcome
copy_rows(struct backup *b, sqlite3 *db, sqlite3_stmt *st, struct err *e)
{
	enum outcome o = OUT_OK;
	int rc = SQLITE_ROW;

	while (o == OUT_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		struct blob_row row = { .sha256 = sql_get_text(st, 0),
					.bytes = sql_get_int(st, 1),
					.staged = sql_get_int(st, 2) != 0 };

		if (backup_stopped(b->w))
			o = err_set(e, OUT_TEMP,
				    "could not copy octets: the "
				    "daemon ends");
		else
			o = copy_blob(b, &row, e);
	}
	if (o == OUT_OK && rc != SQLITE_DONE)
		o = sql_outcome(rc, sqlite3_system_errno(db), "list octets", e);
	return o;
}

static enum outcome
copy_blobs(struct backup *b, struct err *e)
{
	char *top = mem_printf("%s/blobs", b->to);
	char *path = mem_printf("%s/postigo.db", b->to);
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	enum outcome o = OUT_OK;
	int rc;

	if (mkdir(top, 0700) != 0)
		o = backup_fail(e, errno, "make", top);
	if (o == OUT_OK) {
		rc = sqlite3_open_v2(path, &db,
				     SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX,
				     NULL);
		if (rc == SQLITE_OK)
			rc = sqlite3_prepare_v2(db, q_blobs, -1, &st, NULL);
		if (rc == SQLITE_OK)
			o = copy_rows(b, db, st, e);
		else
			o = sql_outcome(rc, 0, "list octets", e);
	}
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	mem_free(path);
	mem_free(top);
	return o == OUT_OK ? sync_blobs(b, e) : o;
}

/* --- the whole ----------------------------------------------------------- */

/* The folder that holds "to": its entry must be durable too. */
static enum outcome
sync_above(const char *to, struct err *e)
{
	char *above = mem_printf("%s/..", to);
	enum outcome o = backup_sync_folder(above, e);

	mem_free(above);
	return o;
}

/* Better no backup than a full disk for nothing: is there room for the store,
 * and some more? What follows it may be links. */
static enum outcome
find_room(const struct backup *b, struct err *e)
{
	char *path = mem_printf("%s/postigo.db", b->from);
	struct statvfs v;
	struct stat st;
	enum outcome o = OUT_OK;

	if (stat(path, &st) == 0 && statvfs(b->to, &v) == 0 &&
	    (uint64_t)st.st_size + BACKUP_SPARE >
		    (uint64_t)v.f_bavail * v.f_frsize)
		o = backup_fail(e, ENOSPC, "copy to", b->to);
	mem_free(path);
	return o;
}

static enum outcome
copy_all(struct backup *b, struct err *e)
{
	enum outcome o = find_room(b, e);

	if (o == OUT_OK)
		o = copy_store(b, e);
	if (o == OUT_OK)
		o = copy_key(b, e);
	if (o == OUT_OK)
		o = copy_blobs(b, e);
	if (o == OUT_OK)
		o = backup_sync_folder(b->to, e);
	if (o == OUT_OK)
		o = sync_above(b->to, e);
	if (o == OUT_OK)
		o = list_end(b->list, e);
	return o;
}

enum outcome
backup_run(const struct backup_watch *w, const char *from, const char *to,
	   struct backup_result *out, struct err *e)
{
	struct backup b = { .w = w, .from = from, .to = to };
	bool made = false;
	enum outcome o;

	if (to[0] != '/')
		return err_code(e, OUT_PERM, "bad_params",
				"'dir' is not an absolute path");
	o = backup_take_folder(to, NULL, &made, e);
	if (o != OUT_OK)
		return o;
	blobfile_hold(); /* nothing that the copy names is collected */
	o = copy_all(&b, e);
	if (o == OUT_OK && mem_short_take())
		o = err_set(e, OUT_TEMP, "could not copy: out of memory");
	blobfile_unhold();
	list_drop(&b.list);
	if (o != OUT_OK) {
		backup_clear_files(to);
		if (made)
			(void)rmdir(to);
	}
	*out = b.r;
	return o;
}
