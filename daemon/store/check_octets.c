/*
 * check_octets: rows of blob against their octets, and the files of
 * DIR/blobs against the rows. Read in slices: no snapshot is held for long,
 * and one row or one chunk is in memory at a time.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/check.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

#define SLICE_ROWS 500 /* of one snapshot */
#define CHUNK (256 * 1024)
#define KEY_FILE "desk.key"

static const struct sql q_slice = {
	"read octets",
	"SELECT rowid, sha256, bytes, data IS NULL, data FROM blob "
	"WHERE rowid > $1 ORDER BY rowid LIMIT $2"
};
static const struct sql q_all = { "count octets", "SELECT count(*) FROM blob" };
/* Also where the row is lost and what refers to it is not. */
static const struct sql q_file = {
	"find the row of a file",
	"SELECT EXISTS (SELECT 1 FROM blob WHERE sha256 = $1 AND data IS NULL "
	"AND bytes > 0) OR (NOT EXISTS (SELECT 1 FROM blob WHERE sha256 = $1) "
	"AND (EXISTS (SELECT 1 FROM attachment WHERE sha256 = $1) OR EXISTS "
	"(SELECT 1 FROM message WHERE raw_sha256 = $1) OR EXISTS "
	"(SELECT 1 FROM hook WHERE sha256 = $1 AND body IS NULL)))"
};

/* One walk over rows and files. */
struct walk {
	struct store *s;
	struct check_report *r;
	unsigned char *chunk;
	int64_t rows;
	int64_t all;
	int64_t bytes;
	bool (*fn)(void *arg, const char *path, const char *sha256);
	void *arg;
	bool ended;
};

/* A row that a file stands for, kept while its snapshot is over. */
struct pending {
	char sha256[HASH_HEX];
	int64_t bytes;
};

static enum outcome
has_file_row(struct store *s, const char *sha256, bool *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_file);
	int64_t n = 0;
	enum outcome o;

	sql_set_str(st, 1, sha256);
	o = row_number(s, st, &n, e);
	*out = n > 0;
	return o;
}

/* --- rows ----------------------------------------------------------------- */

static void
check_inline(struct walk *w, sqlite3_stmt *st, const char *sha256,
	     int64_t bytes)
{
	char found[HASH_HEX];
	size_t n;
	const void *p = sql_get_blob(st, 4, &n);

	hash_hex(p != NULL ? p : "", n, found);
	w->bytes += (int64_t)n;
	if ((int64_t)n != bytes)
		check_problem(w->r, "blob_length",
			      json_pack("[s,I,I]", sha256, (json_int_t)bytes,
					(json_int_t)n));
	if (strcmp(found, sha256) != 0)
		check_problem(w->r, "blob_hash",
			      json_pack("[s,s]", sha256, found));
}

static ssize_t
read_some(int fd, unsigned char *p, size_t n)
{
	ssize_t got;

	do
		got = read(fd, p, n);
	while (got < 0 && errno == EINTR);
	return got;
}

/* Its octets are those of its name. errno tells why it could not be read. */
static enum outcome
hash_file(struct walk *w, int fd, int64_t *bytes, char found[HASH_HEX],
	  bool *read_out, struct err *e)
{
	struct hash_state *h = hash_begin();
	enum outcome o = OUT_OK;
	ssize_t n = 0;

	*bytes = 0;
	while (o == OUT_OK && (n = read_some(fd, w->chunk, CHUNK)) > 0) {
		hash_more(h, w->chunk, (size_t)n);
		*bytes += n;
		o = check_pulse(w->r, "octets", w->rows, w->all, e);
	}
	*read_out = n >= 0;
	hash_end(h, found);
	hash_drop(&h);
	w->bytes += *bytes;
	return o;
}

static void
compare_file(struct walk *w, const struct pending *p, int64_t bytes,
	     const char *found)
{
	if (bytes != p->bytes)
		check_problem(w->r, "blob_length",
			      json_pack("[s,I,I]", p->sha256,
					(json_int_t)p->bytes,
					(json_int_t)bytes));
	if (strcmp(found, p->sha256) != 0)
		check_problem(w->r, "blob_hash",
			      json_pack("[s,s]", p->sha256, found));
}

/* A file that is not there: its row may have gone meanwhile. */
static enum outcome
missing(struct walk *w, const struct pending *p, int errnum, struct err *e)
{
	bool row = true;
	enum outcome o = OUT_OK;

	if (errnum == ENOENT && !w->r->alone)
		o = has_file_row(w->s, p->sha256, &row, e);
	if (o == OUT_OK && row)
		check_problem(w->r,
			      errnum == ENOENT ? "blob_missing"
					       : "blob_unreadable",
			      json_pack("[s,s]", p->sha256, strerror(errnum)));
	return o;
}

static enum outcome
check_file(struct walk *w, const struct pending *p, struct err *e)
{
	char *path = blobfile_path(store_dir(w->s), p->sha256);
	char found[HASH_HEX];
	int64_t bytes = 0;
	bool whole = false;
	enum outcome o;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd < 0) {
		o = missing(w, p, errno, e);
	} else {
		o = hash_file(w, fd, &bytes, found, &whole, e);
		if (o == OUT_OK && whole)
			compare_file(w, p, bytes, found);
		else if (o == OUT_OK)
			o = missing(w, p, EIO, e);
		(void)close(fd);
	}
	mem_free(path);
	return o;
}

/* Read one slice; rows whose octets are files are kept in list. */
static enum outcome
read_slice(struct walk *w, int64_t *after, struct pending *list, size_t *n_out,
	   bool *more, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(w->s, &q_slice);
	int64_t before = *after;
	bool row = false;
	size_t n = 0;
	enum outcome o;

	sql_set_int(st, 1, *after);
	sql_set_int(st, 2, SLICE_ROWS);
	*more = false;
	while ((o = sql_row(w->s, st, &row, e)) == OUT_OK && row) {
		const char *sha256 = sql_get_text(st, 1);
		int64_t bytes = sql_get_int(st, 2);

		*after = sql_get_int(st, 0);
		*more = true;
		w->rows++;
		if (!hash_is_hex(sha256)) {
			check_problem(w->r, "blob_name",
				      json_pack("[o]", row_str(st, 1)));
		} else if (sql_get_int(st, 3) == 0 || bytes == 0) {
			check_inline(w, st, sha256, bytes);
		} else {
			memcpy(list[n].sha256, sha256, HASH_HEX);
			list[n++].bytes = bytes;
		}
	}
	sql_reset(st);
	*n_out = n;
	if (o == OUT_OK && *more && *after <= before)
		return err_code(e, OUT_PERM, "damaged",
				"cannot read octets: rows are out of order");
	return o;
}

static enum outcome
check_rows_of_blob(struct walk *w, struct err *e)
{
	struct pending *list = mem_new(SLICE_ROWS, sizeof *list);
	int64_t after = INT64_MIN;
	bool more = true;
	size_t n = 0;
	size_t i;
	enum outcome o = row_number(w->s, sql_stmt(w->s, &q_all), &w->all, e);

	while (o == OUT_OK && more) {
		o = read_slice(w, &after, list, &n, &more, e);
		for (i = 0; o == OUT_OK && i < n; i++)
			o = check_file(w, &list[i], e);
		if (o == OUT_OK)
			o = check_pulse(w->r, "octets", w->rows, w->all, e);
	}
	mem_free(list);
	if (o != OUT_OK && strcmp(e->code, "damaged") == 0) {
		check_problem(w->r, "blob_unreadable",
			      json_pack("[s]", e->text));
		o = OUT_OK;
	}
	return o;
}

/* --- files ---------------------------------------------------------------- */

/* A request under way has its file before its row. */
static bool
under_way(const struct walk *w, const char *path)
{
	struct stat st;

	return !w->r->alone &&
	       (stat(path, &st) != 0 ||
		st.st_mtime + BLOBFILE_KEEP_S >= clock_now_ms() / 1000);
}

static enum outcome
look_at_file(struct walk *w, const char *folder, const char *name,
	     struct err *e)
{
	char *sha256 = mem_printf("%s%s", folder, name);
	char *path =
		mem_printf("%s/blobs/%s/%s", store_dir(w->s), folder, name);
	bool row = false;
	enum outcome o = OUT_OK;

	if (hash_is_hex(sha256))
		o = has_file_row(w->s, sha256, &row, e);
	if (o == OUT_OK && !row && !under_way(w, path))
		w->ended = !w->fn(w->arg, path, sha256);
	mem_free(path);
	mem_free(sha256);
	return o;
}

static enum outcome
look_in_folder(struct walk *w, const char *folder, struct err *e)
{
	char *path = mem_printf("%s/blobs/%s", store_dir(w->s), folder);
	DIR *d = opendir(path);
	struct dirent *de;
	enum outcome o = OUT_OK;

	if (d == NULL && errno != ENOENT && errno != ENOTDIR)
		o = err_sys(e, OUT_TEMP, errno, "could not open folder '%s'",
			    path);
	while (d != NULL && o == OUT_OK && !w->ended &&
	       (de = readdir(d)) != NULL)
		if (de->d_name[0] != '.')
			o = look_at_file(w, folder, de->d_name, e);
	if (d != NULL)
		(void)closedir(d);
	mem_free(path);
	return o;
}

enum outcome
check_orphans(struct store *s, struct check_report *r,
	      bool (*fn)(void *arg, const char *path, const char *sha256),
	      void *arg, struct err *e)
{
	struct walk w = { .s = s, .r = r, .fn = fn, .arg = arg };
	enum outcome o = OUT_OK;
	char folder[3];
	int i;

	for (i = 0; o == OUT_OK && !w.ended && i < 256; i++) {
		(void)snprintf(folder, sizeof folder, "%02x", (unsigned)i);
		o = look_in_folder(&w, folder, e);
		if (o == OUT_OK)
			o = check_pulse(r, "files", i + 1, 256, e);
	}
	/* what a daemon that was killed had begun; it empties it at its start */
	if (o == OUT_OK && !w.ended && r->alone)
		o = look_in_folder(&w, "tmp", e);
	return o;
}

struct orphans {
	struct check_report *r;
	size_t cut; /* of the data folder's path */
	int64_t n;
};

static bool
note_orphan(void *arg, const char *path, const char *sha256)
{
	struct orphans *os = arg;
	json_t *name = json_string(path + os->cut);

	(void)sha256;
	os->n++;
	if (name == NULL)
		name = json_string("a name that is not UTF-8");
	check_notice(os->r, "orphan", json_pack("[o]", name));
	return true;
}

/* Without its key a desk's secrets and reply addresses are lost. */
static void
check_key(struct store *s, struct check_report *r)
{
	char *path = mem_printf("%s/" KEY_FILE, store_dir(s));
	struct stat st;

	if (stat(path, &st) != 0)
		check_problem(r, "desk_key",
			      json_pack("[s,s]", KEY_FILE, strerror(errno)));
	else if (st.st_size != HASH_BYTES)
		check_problem(
			r, "desk_key",
			json_pack("[s,I]", KEY_FILE, (json_int_t)st.st_size));
	mem_free(path);
}

enum outcome
check_octets(struct store *s, struct check_report *r, struct err *e)
{
	struct walk w = { .s = s, .r = r, .chunk = mem_new(CHUNK, 1) };
	struct orphans os = { .r = r, .cut = strlen(store_dir(s)) + 1 };
	enum outcome o = check_rows_of_blob(&w, e);

	if (o == OUT_OK)
		o = check_orphans(s, r, note_orphan, &os, e);
	if (o == OUT_OK)
		check_key(s, r);
	r->checks += 4;
	row_set(r->counts, "blobs", json_integer(w.rows));
	row_set(r->counts, "bytes", json_integer(w.bytes));
	row_set(r->counts, "orphans", json_integer(os.n));
	mem_free(w.chunk);
	return o;
}
