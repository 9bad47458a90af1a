#include "daemon/store/octet.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

#define OCTET_B64_MAX (OCTET_RANGE_MAX * 2)

static const struct sql q_find = {
	"find the octets of a message",
	"SELECT b.bytes, b.data IS NULL, t.content_type"
	" FROM message m JOIN blob b ON b.sha256 = $1"
	" LEFT JOIN attachment t ON t.message_id = m.id AND t.sha256 = $1"
	" WHERE m.id = $2 AND (m.raw_sha256 = $1 OR t.id IS NOT NULL) LIMIT 1"
};

/* one that is small is in its own row */
static const struct sql q_find_hook = {
	"find the octets of a hook",
	"SELECT h.bytes, h.body IS NULL, 'application/octet-stream'"
	" FROM hook h JOIN connection c ON c.id = h.connection_id"
	" WHERE h.id = $2 AND h.sha256 = $1 AND ($3 IS NULL OR c.role = $3)"
};

static const struct sql q_data_hook = {
	"read the octets of a hook",
	"SELECT substr(body, $1 + 1, $2) FROM hook WHERE id = $3"
};

static const struct sql q_data = {
	"read the octets of a message",
	"SELECT substr(data, $1 + 1, $2) FROM blob WHERE sha256 = $3"
};

struct octets {
	int64_t bytes;
	bool file;
	json_t *type;
};

/* st is bound to whose they are, which what and id name in an error. */
static enum outcome
octet_find(struct store *s, sqlite3_stmt *st, const char *what, int64_t id,
	   struct octets *out, struct err *e)
{
	bool row = false;
	enum outcome o = sql_row(s, st, &row, e);

	if (o != OUT_OK)
		return o;
	if (!row)
		return err_code(e, OUT_PERM, "not_found",
				"%s %lld has no such octets", what,
				(long long)id);
	out->bytes = sql_get_int(st, 0);
	out->file = sql_get_int(st, 1) != 0;
	out->type = sql_get_null(st, 2)
			    ? json_string("application/octet-stream")
			    : row_str(st, 2);
	sql_reset(st);
	return OUT_OK;
}

/* st is bound to what names the row. */
static enum outcome
from_row(struct store *s, sqlite3_stmt *st, int64_t from, int64_t n,
	 struct buf *b64, struct err *e)
{
	const void *p;
	size_t got = 0;
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, from);
	sql_set_int(st, 2, n);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	p = sql_get_blob(st, 0, &got);
	(void)hash_b64(b64, p, got);
	sql_reset(st);
	return OUT_OK;
}

static enum outcome
from_file(struct store *s, const char *sha256, int64_t from, int64_t n,
	  struct buf *b64, struct err *e)
{
	char *path = blobfile_path(store_dir(s), sha256);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char *p = NULL;
	ssize_t got = 0;
	size_t have = 0;
	enum outcome o = OUT_OK;

	mem_free(path);
	if (fd < 0)
		return err_sys(e, OUT_TEMP, errno, "could not open octets");
	p = mem_new((size_t)n, 1);
	while (have < (size_t)n) {
		got = pread(fd, p + have, (size_t)n - have,
			    (off_t)(from + (int64_t)have));
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		have += (size_t)got;
	}
	if (got < 0)
		o = err_sys(e, OUT_TEMP, errno, "could not read octets");
	else
		(void)hash_b64(b64, p, have);
	mem_free(p);
	(void)close(fd);
	return o;
}

/* The part of a range that there is. */
static void
octet_cut(int64_t bytes, int64_t *from, int64_t *n)
{
	if (*n > OCTET_RANGE_MAX)
		*n = OCTET_RANGE_MAX;
	if (*from > bytes)
		*from = bytes;
	if (*n > bytes - *from)
		*n = bytes - *from;
}

/*
 * row_st  reads them where they are in a row; takes the reference at->type
 */
static enum outcome
octet_read(struct store *s, const struct octets *at, sqlite3_stmt *row_st,
	   const char *sha256, int64_t from, int64_t n, json_t **out,
	   struct err *e)
{
	struct buf b64;
	enum outcome o = OUT_OK;

	buf_init(&b64, OCTET_B64_MAX);
	octet_cut(at->bytes, &from, &n);
	if (n > 0)
		o = at->file ? from_file(s, sha256, from, n, &b64, e)
			     : from_row(s, row_st, from, n, &b64, e);
	if (o == OUT_OK) {
		*out = json_object();
		row_set(*out, "data", json_string(buf_str(&b64)));
		row_set(*out, "bytes", json_integer(at->bytes));
		row_set(*out, "content_type", json_incref(at->type));
	}
	json_decref(at->type);
	buf_release(&b64);
	return o;
}

enum outcome
octet_get(struct store *s, int64_t message_id, const char *sha256, int64_t from,
	  int64_t n, json_t **out, struct err *e)
{
	struct octets at = { 0 };
	sqlite3_stmt *st = sql_stmt(s, &q_find);
	enum outcome o;

	sql_set_str(st, 1, sha256);
	sql_set_int(st, 2, message_id);
	o = octet_find(s, st, "message", message_id, &at, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_data);
	sql_set_str(st, 3, sha256);
	return octet_read(s, &at, st, sha256, from, n, out, e);
}

enum outcome
octet_get_hook(struct store *s, int64_t hook_id, const char *role,
	       const char *sha256, int64_t from, int64_t n, json_t **out,
	       struct err *e)
{
	struct octets at = { 0 };
	sqlite3_stmt *st = sql_stmt(s, &q_find_hook);
	enum outcome o;

	sql_set_str(st, 1, sha256);
	sql_set_int(st, 2, hook_id);
	sql_set_str(st, 3, role);
	o = octet_find(s, st, "hook", hook_id, &at, e);
	if (o != OUT_OK)
		return o;
	st = sql_stmt(s, &q_data_hook);
	sql_set_int(st, 3, hook_id);
	return octet_read(s, &at, st, sha256, from, n, out, e);
}
