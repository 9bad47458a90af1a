#include "daemon/store/collect.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/store/blobfile.h"
#include "daemon/store/sql.h"
#include "daemon/store/store.h"

#define FOLDERS 256
#define NAME_DIGITS (HASH_HEX - 3) /* the first two are the folder's */

struct collect {
	const char *dir;
	struct store *store; /* reads; NULL: not opened yet */
	DIR *folder;         /* the one that is looked at */
	unsigned at;         /* its number */
	int64_t files;
	int64_t bytes;
};

static const struct sql q_named = {
	"ask who names a file",
	/* in a sound store what refers to octets has their row, too */
	"SELECT 1 FROM blob WHERE sha256 = $1 AND data IS NULL"
	" UNION ALL SELECT 1 FROM attachment WHERE sha256 = $1"
	" UNION ALL SELECT 1 FROM message WHERE raw_sha256 = $1"
	" UNION ALL SELECT 1 FROM hook WHERE sha256 = $1 AND body IS NULL"
	" LIMIT 1"
};

struct collect *
collect_new(const char *dir)
{
	struct collect *c = mem_new(1, sizeof *c);

	c->dir = dir;
	return c;
}

void
collect_free(struct collect **cp)
{
	struct collect *c = *cp;

	if (c->folder != NULL)
		(void)closedir(c->folder);
	store_close(&c->store);
	MEM_CLEAR(cp);
}

/* Does a row name it? If that cannot be asked: yes. */
static bool
is_named(struct collect *c, const char *sha256)
{
	struct err e;
	sqlite3_stmt *st;
	bool row = true;

	if (c->store == NULL &&
	    store_open(c->dir, STORE_READ, &c->store, &e) != OUT_OK)
		return true;
	st = sql_stmt(c->store, &q_named);
	sql_set_str(st, 1, sha256);
	if (sql_row(c->store, st, &row, &e) != OUT_OK)
		row = true;
	sql_reset(st);
	return row;
}

void
collect_file(struct collect *c, const char sha256[HASH_HEX])
{
	char *path = blobfile_path(c->dir, sha256);
	struct stat st;

	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_mtime + BLOBFILE_KEEP_S < clock_now_ms() / 1000 &&
	    !blobfile_held() && !blobfile_pinned(sha256) &&
	    !is_named(c, sha256) && unlink(path) == 0) {
		c->files++;
		c->bytes += st.st_size;
	}
	mem_free(path);
}

/* One entry of a folder, or one folder. */
static void
look(struct collect *c)
{
	const struct dirent *x;
	char sha256[HASH_HEX];
	char *path;

	if (c->folder == NULL) {
		path = mem_printf("%s/blobs/%02x", c->dir, c->at);
		c->folder = opendir(path);
		mem_free(path);
	}
	x = c->folder != NULL ? readdir(c->folder) : NULL;
	if (x == NULL) {
		if (c->folder != NULL)
			(void)closedir(c->folder);
		c->folder = NULL;
		c->at++;
		return;
	}
	if (strlen(x->d_name) != NAME_DIGITS)
		return;
	(void)snprintf(sha256, sizeof sha256, "%02x%.62s", c->at, x->d_name);
	if (hash_is_hex(sha256))
		collect_file(c, sha256);
}

bool
collect_step(struct collect *c)
{
	for (int i = 0; i < COLLECT_STEP && c->at < FOLDERS; i++)
		look(c);
	if (c->at < FOLDERS)
		return true;
	c->at = 0;
	store_close(&c->store);
	return false;
}

void
collect_count(struct collect *c, int64_t *files_out, int64_t *bytes_out)
{
	*files_out = c->files;
	*bytes_out = c->bytes;
	c->files = 0;
	c->bytes = 0;
}
