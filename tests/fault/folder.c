/* Folders of the rig: copying, and what a store holds after a crash. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "tests/fault/rig.h"

#define COPY_BYTES 65536
#define CELL_MAX 400 /* octets of a cell that are shown; more are hashed */

static const char *copy_to;
static size_t copy_from_len;

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void
rig_remove(const char *dir)
{
	if (access(dir, F_OK) == 0 &&
	    nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0)
		rig_fail("cannot remove %s: %s", dir, strerror(errno));
}

static void
copy_file(const char *from, const char *to)
{
	static char octets[COPY_BYTES];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	if (in < 0 || out < 0)
		rig_fail("cannot copy %s to %s: %s", from, to, strerror(errno));
	while ((n = read(in, octets, sizeof octets)) > 0)
		if (write(out, octets, (size_t)n) != n)
			rig_fail("cannot write %s", to);
	(void)close(in);
	(void)close(out);
}

static int
copy_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	char *to = mem_printf("%s%s", copy_to, path + copy_from_len);

	(void)st;
	(void)at;
	if (kind == FTW_D && mkdir(to, 0700) != 0 && errno != EEXIST)
		rig_fail("cannot make %s: %s", to, strerror(errno));
	if (kind == FTW_F)
		copy_file(path, to);
	mem_free(to);
	return 0;
}

void
rig_copy(const char *from, const char *to)
{
	rig_remove(to);
	copy_to = to;
	copy_from_len = strlen(from);
	if (nftw(from, copy_one, 16, FTW_PHYS) != 0)
		rig_fail("cannot copy %s: %s", from, strerror(errno));
}

void
rig_key(const char *dir)
{
	char *path = mem_printf("%s/desk.key", dir);
	FILE *f = fopen(path, "we");
	int i;

	for (i = 0; f != NULL && i < 32; i++)
		(void)fputc(7, f);
	if (f == NULL || fclose(f) != 0)
		rig_fail("cannot write %s", path);
	mem_free(path);
}

bool
rig_touched(const char *dir)
{
	char *wal = mem_printf("%s/postigo.db-wal", dir);
	struct stat st;
	bool touched = stat(wal, &st) == 0 && st.st_size > 0;

	mem_free(wal);
	return touched;
}

/* --- what it holds ------------------------------------------------------------- */

static void
dump_cell(sqlite3_stmt *st, int i, struct buf *out)
{
	const char *text = (const char *)sqlite3_column_text(st, i);
	size_t n = (size_t)sqlite3_column_bytes(st, i);
	unsigned long sum = 5381;
	size_t k;

	if (text == NULL) {
		(void)buf_puts(out, "|NULL");
		return;
	}
	for (k = 0; k < n; k++)
		sum = sum * 33 + (unsigned char)text[k];
	(void)buf_printf(out, "|%.*s", n > CELL_MAX ? CELL_MAX : (int)n, text);
	if (n > CELL_MAX)
		(void)buf_printf(out, "...%zu:%lx", n, sum);
}

static void
dump_table(sqlite3 *db, const char *name, struct buf *out)
{
	char *sql = sqlite3_mprintf("SELECT * FROM \"%w\" ORDER BY 1, 2", name);
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK) {
		sqlite3_free(sql);
		sql = sqlite3_mprintf("SELECT * FROM \"%w\" ORDER BY 1", name);
		if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
			rig_fail("%s: %s", sql, sqlite3_errmsg(db));
	}
	while (sqlite3_step(st) == SQLITE_ROW) {
		int i;

		(void)buf_puts(out, name);
		for (i = 0; i < sqlite3_column_count(st); i++)
			dump_cell(st, i, out);
		(void)buf_putc(out, '\n');
	}
	(void)sqlite3_finalize(st);
	sqlite3_free(sql);
}

static void
dump_open(const char *dir, struct buf *out)
{
	char *path = mem_printf("%s/postigo.db", dir);
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;

	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) !=
		    SQLITE_OK ||
	    sqlite3_prepare_v2(db,
			       "SELECT name FROM sqlite_schema WHERE type = "
			       "'table' ORDER BY name",
			       -1, &st, NULL) != SQLITE_OK)
		rig_fail("%s: %s", path, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW)
		dump_table(db, (const char *)sqlite3_column_text(st, 0), out);
	(void)sqlite3_finalize(st);
	(void)sqlite3_close(db);
	mem_free(path);
}

/* The index of the log is no file that a crash leaves. */
void
rig_dump(const char *dir, struct buf *out)
{
	static const char *const files[] = { "postigo.db", "postigo.db-wal" };
	char *copy = mem_printf("%s.crash", dir);
	size_t i;

	rig_remove(copy);
	if (mkdir(copy, 0700) != 0)
		rig_fail("cannot make %s", copy);
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		char *from = mem_printf("%s/%s", dir, files[i]);
		char *to = mem_printf("%s/%s", copy, files[i]);

		if (access(from, F_OK) == 0)
			copy_file(from, to);
		mem_free(from);
		mem_free(to);
	}
	buf_clear(out);
	dump_open(copy, out);
	if (out->full)
		rig_fail("the store is too large to compare");
	rig_remove(copy);
	mem_free(copy);
}

void
rig_differ(const struct buf *want, const struct buf *got, char *out, size_t n)
{
	const char *a = buf_str(want);
	const char *b = buf_str(got);
	size_t la;
	size_t lb;

	for (;;) {
		la = strcspn(a, "\n");
		lb = strcspn(b, "\n");
		if (la != lb || memcmp(a, b, la) != 0 || *a == '\0' ||
		    *b == '\0')
			break;
		a += la + (a[la] == '\n');
		b += lb + (b[lb] == '\n');
	}
	(void)snprintf(out, n, "want '%.*s', is '%.*s'",
		       la > 160 ? 160 : (int)la, a, lb > 160 ? 160 : (int)lb,
		       b);
}
