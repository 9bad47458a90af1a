#include "daemon/store/backup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

#define BACKUP_PAGES 256          /* copied in one step */
#define BACKUP_CHUNK (256 * 1024) /* octets copied at once */
#define BACKUP_SYNC_FILES 256     /* folders of blobs/ */

struct backup {
	const char *from;
	const char *to;
	struct store *s; /* of the source, in one read transaction */
	json_t *files;   /* for the manifest */
	bool folder[BACKUP_SYNC_FILES];
	struct backup_result r;
};

static const struct sql q_blobs = {
	"list files of octets",
	"SELECT sha256, staged_until_ms IS NOT NULL FROM blob"
	" WHERE data IS NULL ORDER BY sha256"
};

static const struct sql q_counts = {
	"count what is in a backup",
	"SELECT (SELECT count(*) FROM incident), (SELECT count(*) FROM message),"
	" (SELECT count(*) FROM blob), (SELECT count(*) FROM customer)"
};

static enum outcome
sync_folder(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd);
	enum outcome o = OUT_OK;

	if (rc != 0)
		o = err_sys(e, OUT_TEMP, errno, "could not sync '%s'", path);
	if (fd >= 0)
		(void)close(fd);
	return o;
}

/* The folder, made or found empty. */
static enum outcome
take_folder(const char *to, struct err *e)
{
	struct dirent *x;
	DIR *dir;
	bool empty = true;

	if (mkdir(to, 0700) == 0)
		return OUT_OK;
	if (errno != EEXIST)
		return err_sys(e, OUT_PERM, errno, "cannot make folder '%s'",
			       to);
	dir = opendir(to);
	if (dir == NULL)
		return err_sys(e, OUT_PERM, errno, "cannot open folder '%s'",
			       to);
	while ((x = readdir(dir)) != NULL)
		if (strcmp(x->d_name, ".") != 0 && strcmp(x->d_name, "..") != 0)
			empty = false;
	(void)closedir(dir);
	if (!empty)
		return err_code(e, OUT_PERM, "exists",
				"folder '%s' is not empty", to);
	return OUT_OK;
}

static void
note_file(struct backup *b, const char *path, int64_t bytes, const char *sha256)
{
	json_t *o = json_object();

	row_set(o, "path", json_string(path));
	row_set(o, "bytes", json_integer(bytes));
	row_set(o, "sha256", json_string(sha256));
	(void)json_array_append_new(b->files, o);
	b->r.bytes += bytes;
}

static enum outcome
write_all(int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return OUT_TEMP;
		p += w;
		n -= (size_t)w;
	}
	return OUT_OK;
}

/* Copy what in gives into out (-1: hash it only). */
static enum outcome
pump(int in, int out, int64_t *bytes, char sha256[HASH_HEX])
{
	unsigned char *chunk = mem_new(BACKUP_CHUNK, 1);
	unsigned char digest[HASH_BYTES];
	crypto_hash_sha256_state h;
	enum outcome o = OUT_OK;
	ssize_t n;

	crypto_hash_sha256_init(&h);
	*bytes = 0;
	while ((n = read(in, chunk, BACKUP_CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 ||
		    (out >= 0 && write_all(out, chunk, (size_t)n) != OUT_OK)) {
			o = OUT_TEMP;
			break;
		}
		crypto_hash_sha256_update(&h, chunk, (size_t)n);
		*bytes += n;
	}
	if (o == OUT_OK && out >= 0 && fsync(out) != 0)
		o = OUT_TEMP;
	crypto_hash_sha256_final(&h, digest);
	hash_to_hex(digest, sizeof(digest), sha256);
	mem_free(chunk);
	return o;
}

/* One file, synced. errno tells why it failed. */
static enum outcome
copy(const char *from, const char *to, int64_t *bytes, char sha256[HASH_HEX])
{
	int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int out = in < 0 ? -1
			 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
				0600);
	enum outcome o = OUT_TEMP;
	int saved;

	if (in >= 0 && out >= 0)
		o = pump(in, out, bytes, sha256);
	saved = errno;
	if (in >= 0)
		(void)close(in);
	if (out >= 0)
		(void)close(out);
	errno = saved;
	return o;
}

/* Copy pages until all are; the read transaction holds the source still. */
static enum outcome
copy_pages(struct backup *b, sqlite3 *to, struct err *e)
{
	sqlite3_backup *x =
		sqlite3_backup_init(to, "main", sql_db(b->s), "main");
	int rc = x == NULL ? sqlite3_extended_errcode(to) : SQLITE_OK;

	while (x != NULL &&
	       (rc = sqlite3_backup_step(x, BACKUP_PAGES)) == SQLITE_OK)
		;
	if (x != NULL)
		(void)sqlite3_backup_finish(x);
	if (rc == SQLITE_DONE)
		return OUT_OK;
	return sql_outcome(rc, sqlite3_system_errno(to), "copy the store", e);
}

static enum outcome
copy_store(struct backup *b, struct err *e)
{
	char *path = mem_printf("%s/postigo.db", b->to);
	char sha256[HASH_HEX];
	int64_t bytes = 0;
	sqlite3 *to = NULL;
	enum outcome o;
	int fd = -1;
	int rc = sqlite3_open_v2(path, &to,
				 SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
					 SQLITE_OPEN_NOMUTEX,
				 NULL);

	if (rc == SQLITE_OK)
		o = copy_pages(b, to, e);
	else
		o = sql_outcome(rc, to != NULL ? sqlite3_system_errno(to) : 0,
				"make the copy of the store", e);
	(void)sqlite3_close(to);
	if (o == OUT_OK) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0 || fsync(fd) != 0 ||
		    pump(fd, -1, &bytes, sha256) != OUT_OK)
			o = err_sys(e, OUT_TEMP, errno, "could not sync '%s'",
				    path);
		else
			note_file(b, "postigo.db", bytes, sha256);
	}
	if (fd >= 0)
		(void)close(fd);
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
	enum outcome o = copy(from, to, &bytes, sha256);

	if (o == OUT_OK)
		note_file(b, "desk.key", bytes, sha256);
	else
		o = err_sys(e, o, errno, "could not copy '%s'", from);
	mem_free(from);
	mem_free(to);
	return o;
}

/* DIR/blobs/ab, once. */
static enum outcome
blob_folder(struct backup *b, const char *sha256, struct err *e)
{
	unsigned at = 0;
	char *path;
	enum outcome o = OUT_OK;

	if (sscanf(sha256, "%2x", &at) != 1 || at >= BACKUP_SYNC_FILES)
		return err_set(e, OUT_PERM, "cannot copy octets: bad digest");
	if (b->folder[at])
		return OUT_OK;
	b->folder[at] = true;
	path = mem_printf("%s/blobs/%.2s", b->to, sha256);
	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		o = err_sys(e, OUT_TEMP, errno, "could not make '%s'", path);
	mem_free(path);
	return o;
}

static enum outcome
copy_blob(struct backup *b, const char *sha256, bool staged, struct err *e)
{
	char *from = blobfile_path(b->from, sha256);
	char *to = blobfile_path(b->to, sha256);
	char found[HASH_HEX];
	int64_t bytes = 0;
	enum outcome o = blob_folder(b, sha256, e);

	if (o != OUT_OK)
		goto out;
	o = copy(from, to, &bytes, found);
	if (o == OUT_OK && strcmp(found, sha256) != 0) {
		o = err_code(e, OUT_PERM, "damaged",
			     "cannot copy octets: '%s' is not what it was",
			     from);
	} else if (o == OUT_OK) {
		note_file(b, to + strlen(b->to) + 1, bytes, sha256);
		b->r.blobs++;
	} else if (errno == ENOENT && staged) {
		o = OUT_OK; /* nothing referred to it, and its day is over */
	} else if (errno == ENOENT) {
		o = err_code(e, OUT_PERM, "blob_missing",
			     "cannot copy octets: '%s' is not there", from);
	} else {
		o = err_sys(e, o, errno, "could not copy '%s'", from);
	}
out:
	mem_free(from);
	mem_free(to);
	return o;
}

static enum outcome
sync_blobs(struct backup *b, struct err *e)
{
	enum outcome o = OUT_OK;
	char *path;

	for (unsigned i = 0; o == OUT_OK && i < BACKUP_SYNC_FILES; i++) {
		if (!b->folder[i])
			continue;
		path = mem_printf("%s/blobs/%02x", b->to, i);
		o = sync_folder(path, e);
		mem_free(path);
	}
	if (o != OUT_OK)
		return o;
	path = mem_printf("%s/blobs", b->to);
	o = sync_folder(path, e);
	mem_free(path);
	return o;
}

static enum outcome
copy_blobs(struct backup *b, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(b->s, &q_blobs);
	char *top = mem_printf("%s/blobs", b->to);
	bool row = false;
	enum outcome o = OUT_OK;

	if (mkdir(top, 0700) != 0)
		o = err_sys(e, OUT_TEMP, errno, "could not make '%s'", top);
	mem_free(top);
	while (o == OUT_OK && (o = sql_row(b->s, st, &row, e)) == OUT_OK && row)
		o = copy_blob(b, sql_get_text(st, 0), sql_get_int(st, 1) != 0,
			      e);
	sql_reset(st);
	return o == OUT_OK ? sync_blobs(b, e) : o;
}

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

static enum outcome
write_manifest(struct backup *b, const json_t *m, struct err *e)
{
	char *tmp = mem_printf("%s/manifest.json.new", b->to);
	char *path = mem_printf("%s/manifest.json", b->to);
	char *text = json_dumps(m, JSON_INDENT(1));
	enum outcome o = OUT_OK;
	int fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 || text == NULL ||
	    write_all(fd, (unsigned char *)text, strlen(text)) != OUT_OK ||
	    fsync(fd) != 0 || rename(tmp, path) != 0)
		o = err_sys(e, OUT_TEMP, errno, "could not write '%s'", path);
	if (fd >= 0)
		(void)close(fd);
	free(text);
	mem_free(tmp);
	mem_free(path);
	return o == OUT_OK ? sync_folder(b->to, e) : o;
}

static enum outcome
finish(struct backup *b, struct err *e)
{
	json_t *counts = NULL;
	json_t *m;
	enum outcome o =
		row_one(b->s, sql_stmt(b->s, &q_counts), counts_of, &counts, e);

	if (o == OUT_OK)
		o = sync_folder(b->to, e);
	if (o != OUT_OK) {
		json_decref(counts);
		return o;
	}
	m = json_object();
	row_set(m, "program", json_string("postigod " PACKAGE_VERSION));
	row_set(m, "made_at", row_iso(clock_now_ms()));
	row_set(m, "number", json_integer(b->r.number));
	row_set(m, "counts", counts);
	row_set(m, "files", json_incref(b->files));
	o = write_manifest(b, m, e);
	json_decref(m);
	return o;
}

/* The folder that holds "to": its entry must be durable too. */
static enum outcome
sync_above(const char *to, struct err *e)
{
	char *above = mem_printf("%s/..", to);
	enum outcome o = sync_folder(above, e);

	mem_free(above);
	return o;
}

enum outcome
backup_run(const char *from, const char *to, struct backup_result *out,
	   struct err *e)
{
	struct backup b = { .from = from, .to = to };
	enum outcome o;

	if (to[0] != '/')
		return err_code(e, OUT_PERM, "bad_params",
				"'dir' is not an absolute path");
	o = take_folder(to, e);
	if (o == OUT_OK)
		o = store_open(from, STORE_READ, &b.s, e);
	if (o != OUT_OK)
		return o;
	b.files = json_array();
	o = store_read_begin(b.s, e);
	if (o == OUT_OK) {
		b.r.number = store_number(b.s);
		o = copy_store(&b, e);
	}
	if (o == OUT_OK)
		o = copy_key(&b, e);
	if (o == OUT_OK)
		o = copy_blobs(&b, e);
	if (o == OUT_OK)
		o = finish(&b, e);
	if (o == OUT_OK)
		o = sync_above(to, e);
	store_read_end(b.s);
	store_close(&b.s);
	json_decref(b.files);
	*out = b.r;
	return o;
}
