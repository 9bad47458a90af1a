/* A store that an earlier version made is brought to the newest schema. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/store/migrate.h"
#include "tests/unit/fixture.h"

#define DUMP_MAX (256 * 1024)

static struct err e;

/* The text of tests/unit/NAME. */
static char *
read_beside(const char *name)
{
	const char *src = getenv("POSTIGO_SRCDIR");
	char *path =
		mem_printf("%s/tests/unit/%s", src != NULL ? src : ".", name);
	FILE *f = fopen(path, "r");
	char *text = mem_new(DUMP_MAX, 1);
	size_t n;

	if (f == NULL)
		fail_msg("cannot read %s", path);
	n = fread(text, 1, DUMP_MAX - 1, f);
	assert_true(n > 0 && n < DUMP_MAX - 1);
	text[n] = '\0';
	assert_int_equal(fclose(f), 0);
	mem_free(path);
	return text;
}

static void
make_store(const char *path, const char *sql)
{
	sqlite3 *db;
	char *why = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &why) != SQLITE_OK)
		fail_msg("%s: %s", path, why);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* A store of the dump, which is of 0001, as of a later version. */
static void
make_version(const char *path, const char *sql, size_t version)
{
	make_store(path, sql);
	for (size_t i = 1; i < version; i++) {
		char *step = mem_printf("%s;\nPRAGMA user_version = %zu",
					migrations[i].text, i + 1);

		make_store(path, step);
		mem_free(step);
	}
}

/* The fixture's store is replaced by the one of the dump; another one of the
 * same dump lies in old. */
static void
begin_old(char old[128], size_t version)
{
	static const char *const files[] = { "postigo.db", "postigo.db-wal",
					     "postigo.db-shm" };
	char path[128];
	char *sql = read_beside("store-0001.sql");
	size_t i;

	store_close(&fx.store);
	for (i = 0; i < sizeof files / sizeof files[0]; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", fx.dir, files[i]);
		(void)unlink(path);
	}
	(void)snprintf(path, sizeof path, "%s/postigo.db", fx.dir);
	(void)snprintf(old, 128, "%s/old.db", fx.dir);
	make_version(path, sql, version);
	make_version(old, sql, version);
	mem_free(sql);
}

static void
attach(const char *old)
{
	char *sql = sqlite3_mprintf("ATTACH %Q AS old", old);

	fixture_exec(sql);
	sqlite3_free(sql);
}

/* Every row of every table of the old store is there, and no other. */
static void
same_rows(const char *table)
{
	char columns[1024];
	char *sql;
	int rows = -1;
	int more = -1;
	int less = -1;

	/* a column that a later schema added is not compared */
	sql = sqlite3_mprintf("SELECT group_concat(name) FROM "
			      "pragma_table_info(%Q, 'old')",
			      table);
	(void)snprintf(columns, sizeof columns, "%s", fixture_text(sql));
	sqlite3_free(sql);
	sql = sqlite3_mprintf("SELECT (SELECT count(*) FROM old.%Q) || ' ' ||"
			      " (SELECT count(*) FROM (SELECT %s FROM main.%Q"
			      " EXCEPT SELECT %s FROM old.%Q)) || ' ' ||"
			      " (SELECT count(*) FROM (SELECT %s FROM old.%Q"
			      " EXCEPT SELECT %s FROM main.%Q))",
			      table, columns, table, columns, table, columns,
			      table, columns, table);
	assert_int_equal(
		sscanf(fixture_text(sql), "%d %d %d", &rows, &more, &less), 3);
	if (more != 0 || less != 0)
		fail_msg("%s: %d rows more, %d less", table, more, less);
	sqlite3_free(sql);
}

/* What an older store had is in the one that was made of it. */
static void
keeps_every_row(const char *old)
{
	int64_t tables;
	int64_t i;

	assert_int_equal(store_open(fx.dir, STORE_WRITE, &fx.store, &e),
			 OUT_OK);
	assert_int_equal(fixture_int("PRAGMA user_version"), migration_count);
	attach(old);
	tables = fixture_int("SELECT count(*) FROM old.sqlite_schema "
			     "WHERE type = 'table'");
	assert_true(tables >= 20);
	for (i = 0; i < tables; i++) {
		char sql[160];
		char name[64];

		(void)snprintf(sql, sizeof sql,
			       "SELECT name FROM old.sqlite_schema WHERE type "
			       "= 'table' ORDER BY name LIMIT 1 OFFSET %lld",
			       (long long)i);
		(void)snprintf(name, sizeof name, "%s", fixture_text(sql));
		same_rows(name);
	}
}

static void
a_store_of_0001_keeps_every_row(void **state)
{
	char old[128];

	(void)state;
	begin_old(old, 1);
	keeps_every_row(old);
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 11);
	assert_int_equal(fixture_int("SELECT count(*) FROM folder"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM ledger"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM delivery WHERE "
				     "receipt <> '' OR external_id <> ''"),
			 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM hook"), 0);
	fixture_exec("DETACH old");
	(void)unlink(old);
}

/* The version before orders: its customers go on, nobody is merged. */
static void
a_store_of_0008_gets_room_for_orders(void **state)
{
	char old[128];

	(void)state;
	begin_old(old, 8);
	keeps_every_row(old);
	assert_true(fixture_int("SELECT count(*) FROM customer") > 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM customer "
				     "WHERE merged_into IS NOT NULL"),
			 0);
	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (9, 'tienda', 'orders', 'shop', "
		     "'{}', 1); INSERT INTO shop_order (connection_id, "
		     "external_id, placed_ms, updated_ms, told_ms, sha256, "
		     "customer_id, customer_basis) SELECT 9, '1', 1, 1, 1, "
		     "'x', min(id), 'agent' FROM customer");
	assert_int_equal(fixture_int("SELECT count(*) FROM shop_order"), 1);
	fixture_exec("DETACH old");
	(void)unlink(old);
}

/* It is written once: the second opening changes nothing. */
static void
a_migrated_store_opens_again(void **state)
{
	char old[128];

	(void)state;
	begin_old(old, 1);
	(void)unlink(old);
	assert_int_equal(store_open(fx.dir, STORE_WRITE, &fx.store, &e),
			 OUT_OK);
	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (9, 'buzon', 'mailbox', 'mail', '{}', "
		     "1); INSERT INTO folder (connection_id, name, "
		     "uid_validity, first_uid, next_uid, from_ms, opened_ms) "
		     "VALUES (9, 'INBOX', 7, 1, 1, 0, 1)");
	store_close(&fx.store);
	assert_int_equal(store_open(fx.dir, STORE_WRITE, &fx.store, &e),
			 OUT_OK);
	assert_int_equal(fixture_int("SELECT count(*) FROM folder"), 1);
}

/* Who only reads does not migrate, and says so. */
static void
an_old_store_is_not_read(void **state)
{
	struct store *reader = NULL;
	char old[128];

	(void)state;
	begin_old(old, 1);
	(void)unlink(old);
	assert_int_equal(store_open(fx.dir, STORE_READ, &reader, &e), OUT_PERM);
	assert_string_equal(e.code, "older");
	assert_null(reader);
	assert_int_equal(store_open(fx.dir, STORE_WRITE, &fx.store, &e),
			 OUT_OK);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

/* --- what a migration costs ---------------------------------------------- */

#define PLAN_MAX 64 /* steps of one statement's plan */

/* Does a subquery that runs for each row read a whole table? Steps name
 * their parents, which come before them. */
static bool
plan_is_quadratic(sqlite3_stmt *plan)
{
	int inner[PLAN_MAX];
	int n = 0;
	bool found = false;

	while (sqlite3_step(plan) == SQLITE_ROW) {
		int id = sqlite3_column_int(plan, 0);
		int parent = sqlite3_column_int(plan, 1);
		const char *what = (const char *)sqlite3_column_text(plan, 3);
		bool within = strncmp(what, "CORRELATED", 10) == 0;

		for (int i = 0; i < n; i++)
			within = within || inner[i] == parent;
		found = found || (within && strncmp(what, "SCAN", 4) == 0);
		assert_true(n < PLAN_MAX);
		if (within)
			inner[n++] = id;
	}
	return found;
}

static bool
is_quadratic(sqlite3 *db, const char *sql, size_t n)
{
	char *asked = mem_printf("EXPLAIN QUERY PLAN %.*s", (int)n, sql);
	sqlite3_stmt *plan = NULL;
	bool found;

	assert_int_equal(sqlite3_prepare_v2(db, asked, -1, &plan, NULL),
			 SQLITE_OK);
	found = plan_is_quadratic(plan);
	assert_int_equal(sqlite3_finalize(plan), SQLITE_OK);
	mem_free(asked);
	return found;
}

/* Run a migration, statement by statement, each looked at before. */
static void
run_looked_at(sqlite3 *db, const struct migration *m)
{
	const char *sql = m->text;
	const char *rest = NULL;
	sqlite3_stmt *st = NULL;

	for (; *sql != '\0'; sql = rest) {
		assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, &rest),
				 SQLITE_OK);
		if (st == NULL)
			continue;
		if (is_quadratic(db, sql, (size_t)(rest - sql)))
			fail_msg("%s reads a table for each row: %.*s", m->file,
				 (int)(rest - sql), sql);
		while (sqlite3_step(st) == SQLITE_ROW)
			;
		assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	}
}

static void
no_migration_is_quadratic(void **state)
{
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	for (size_t i = 0; i < migration_count; i++)
		run_looked_at(db, &migrations[i]);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

/* The test itself can see one. */
static void
a_quadratic_statement_is_seen(void **state)
{
	static const char slow[] = "UPDATE a SET n = 1 WHERE EXISTS"
				   " (SELECT 1 FROM b WHERE b.a = a.id)";
	sqlite3 *db;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
				      "CREATE TABLE a (id INTEGER PRIMARY KEY,"
				      " n); CREATE TABLE b (a)",
				      NULL, NULL, NULL),
			 SQLITE_OK);
	assert_true(is_quadratic(db, slow, sizeof slow - 1));
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_store_of_0001_keeps_every_row),
		TEST(a_store_of_0008_gets_room_for_orders),
		TEST(a_migrated_store_opens_again),
		TEST(an_old_store_is_not_read),
		cmocka_unit_test(no_migration_is_quadratic),
		cmocka_unit_test(a_quadratic_statement_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
