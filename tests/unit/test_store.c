#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/config.h"
#include "daemon/store/command_key.h"
#include "daemon/store/event.h"
#include "daemon/store/sql.h"
#include "tests/unit/fixture.h"

#ifdef PLANTED_SYNC_OFF
#define SYNC_EXPECTED 0
#else
#define SYNC_EXPECTED 2
#endif

static struct err e;

static void
add_event(void)
{
	assert_int_equal(event_add(fx.store, T0_MS, "desk.changed", 0, 0,
				   json_pack("{s:b}", "name", 1), &e),
			 OUT_OK);
}

static void
test_outcomes(void **state)
{
	const struct {
		int rc;
		int errnum;
		enum outcome outcome;
		const char *code;
	} cases[] = {
		{ SQLITE_FULL, 0, OUT_TEMP, "full" },
		{ SQLITE_IOERR_WRITE, ENOSPC, OUT_TEMP, "full" },
		{ SQLITE_IOERR_WRITE, EFBIG, OUT_TEMP, "full" },
		{ SQLITE_IOERR_WRITE, EIO, OUT_TEMP, "" },
		{ SQLITE_IOERR_READ, EIO, OUT_TEMP, "" },
		{ SQLITE_IOERR_FSYNC, EIO, OUT_UNSURE, "sync" },
		{ SQLITE_IOERR_DIR_FSYNC, EIO, OUT_UNSURE, "sync" },
		{ SQLITE_BUSY, 0, OUT_TEMP, "busy" },
		{ SQLITE_BUSY_SNAPSHOT, 0, OUT_TEMP, "busy" },
		{ SQLITE_LOCKED, 0, OUT_TEMP, "busy" },
		{ SQLITE_NOMEM, 0, OUT_TEMP, "" },
		{ SQLITE_CANTOPEN, 0, OUT_TEMP, "" },
		{ SQLITE_CONSTRAINT_UNIQUE, 0, OUT_PERM, "constraint" },
		{ SQLITE_CONSTRAINT_FOREIGNKEY, 0, OUT_PERM, "constraint" },
		{ SQLITE_TOOBIG, 0, OUT_PERM, "" },
		{ SQLITE_CORRUPT, 0, OUT_TEMP, "damaged" },
		{ SQLITE_NOTADB, 0, OUT_TEMP, "damaged" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		assert_int_equal(
			sql_outcome(cases[i].rc, cases[i].errnum, "try", &e),
			cases[i].outcome);
		assert_string_equal(e.code, cases[i].code);
		assert_non_null(strstr(e.text, " try: "));
	}
}

static void
test_constraint(void **state)
{
	static const struct sql q = { "break a rule",
				      "INSERT INTO desk (id, name, language, "
				      "created_ms) VALUES (2, '', 'es', 1)" };

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(sql_done(fx.store, sql_stmt(fx.store, &q), &e),
			 OUT_PERM);
	assert_string_equal(e.code, "constraint");
	assert_non_null(strstr(e.text, "break a rule"));
	store_rollback(fx.store);
}

static void
test_pragmas(void **state)
{
	(void)state;
	assert_string_equal(fixture_text("PRAGMA journal_mode"), "wal");
	assert_int_equal(fixture_int("PRAGMA foreign_keys"), 1);
	assert_int_equal(fixture_int("PRAGMA secure_delete"), 1);
	assert_int_equal(fixture_int("PRAGMA wal_autocheckpoint"), 0);
	assert_int_equal(fixture_int("PRAGMA mmap_size"), 0);
	assert_int_equal(fixture_int("PRAGMA temp_store"), 2);
	assert_int_equal(fixture_int("PRAGMA page_size"), 4096);
	assert_int_equal(fixture_int("PRAGMA synchronous"), SYNC_EXPECTED);
}

static void
test_locked(void **state)
{
	struct store *other = NULL;

	(void)state;
	assert_int_equal(store_open(fx.dir, STORE_WRITE, &other, &e), OUT_PERM);
	assert_string_equal(e.code, "locked");
	assert_null(other);
}

static void
test_private(void **state)
{
	struct stat st;
	char path[128];

	(void)state;
	(void)snprintf(path, sizeof path, "%s/postigo.db", fx.dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void
test_newer(void **state)
{
	struct store *again = NULL;
	int64_t version = fixture_int("PRAGMA user_version");

	(void)state;
	fixture_exec("PRAGMA user_version = 999");
	store_close(&fx.store);
	assert_int_equal(store_open(fx.dir, STORE_WRITE, &again, &e), OUT_PERM);
	assert_string_equal(e.code, "newer");
	assert_int_equal(store_open(fx.dir, STORE_READ, &again, &e), OUT_PERM);
	assert_string_equal(e.code, "newer");
	{ /* as the tear-down wants it */
		sqlite3 *db;
		char path[128];
		char sql[64];

		(void)snprintf(path, sizeof path, "%s/postigo.db", fx.dir);
		(void)snprintf(sql, sizeof sql, "PRAGMA user_version = %lld",
			       (long long)version);
		assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
		assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL),
				 SQLITE_OK);
		(void)sqlite3_close(db);
	}
	assert_int_equal(store_open(fx.dir, STORE_WRITE, &fx.store, &e),
			 OUT_OK);
}

static json_t *
taken(void)
{
	json_t *batch = NULL;

	assert_int_equal(event_batch_take(fx.store, &batch, &e), OUT_OK);
	return batch;
}

static void
test_events_undone(void **state)
{
	json_t *batch;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_false(store_changed(fx.store));
	assert_int_equal(store_save(fx.store, &e), OUT_OK);
	add_event();
	assert_int_equal(store_release(fx.store, &e), OUT_OK);
	assert_int_equal(store_save(fx.store, &e), OUT_OK);
	add_event();
	add_event();
	assert_int_equal(store_number(fx.store), 3);
	assert_int_equal(store_undo(fx.store, &e), OUT_OK);
	assert_int_equal(store_number(fx.store), 1);
	assert_int_equal(store_save(fx.store, &e), OUT_OK);
	add_event();
	assert_int_equal(store_release(fx.store, &e), OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	batch = taken();
	assert_int_equal(json_array_size(batch), 2);
	assert_int_equal(json_integer_value(json_object_get(
				 json_array_get(batch, 1), "number")),
			 2);
	json_decref(batch);
	assert_null(taken());
	assert_int_equal(fixture_int("SELECT count(*) FROM event"), 2);
}

static void
test_changed_after_undo(void **state)
{
	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(store_save(fx.store, &e), OUT_OK);
	add_event();
	assert_true(store_changed(fx.store));
	assert_int_equal(store_undo(fx.store, &e), OUT_OK);
	assert_false(store_changed(fx.store));
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_null(taken());
}

static void
test_rollback(void **state)
{
	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	add_event();
	store_rollback(fx.store);
	assert_null(taken());
	assert_int_equal(store_number(fx.store), 0);
}

static void
test_snapshot(void **state)
{
	struct store *r = NULL;
	json_t *list = NULL;

	(void)state;
	assert_int_equal(store_open(fx.dir, STORE_READ, &r, &e), OUT_OK);
	assert_int_equal(store_read_begin(r, &e), OUT_OK);
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	add_event();
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	event_batch_drop(fx.store);
	assert_int_equal(store_number(r), 0);
	assert_int_equal(event_list(r, 0, 10, &list, &e), OUT_OK);
	assert_int_equal(json_array_size(list), 0);
	json_decref(list);
	store_read_end(r);
	assert_int_equal(store_read_begin(r, &e), OUT_OK);
	assert_int_equal(store_number(r), 1);
	assert_int_equal(event_list(r, 0, 10, &list, &e), OUT_OK);
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	store_read_end(r);
	store_close(&r);
}

/* A disk that is full undoes the transaction, and the store goes on. */
static void
test_full(void **state)
{
	static const struct sql q = {
		"fill the store",
		"INSERT INTO blob (sha256, bytes, data, created_ms, "
		"staged_until_ms) VALUES (hex(randomblob(8)), 4000000, "
		"zeroblob(4000000), 1, 9)"
	};
	enum outcome o;

	(void)state;
	fixture_exec("PRAGMA max_page_count = 200");
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(store_save(fx.store, &e), OUT_OK);
	o = sql_done(fx.store, sql_stmt(fx.store, &q), &e);
	assert_int_equal(o, OUT_TEMP);
	assert_string_equal(e.code, "full");
	if (store_undo(fx.store, &e) != OUT_OK)
		store_rollback(fx.store);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	fixture_exec("PRAGMA max_page_count = 1000000");
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	add_event();
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	event_batch_drop(fx.store);
	assert_int_equal(fixture_int("SELECT count(*) FROM event"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 0);
}

static void
test_checkpoint(void **state)
{
	static const struct sql q = {
		"fill the log", "UPDATE desk SET name = hex(randomblob(600000))"
	};
	char path[128];
	struct stat st;
	off_t longest = 0;
	int i;

	(void)state;
	(void)snprintf(path, sizeof path, "%s/postigo.db-wal", fx.dir);
	/* 96 MB are written, and nobody else copies the log */
	for (i = 0; i < 80; i++) {
		assert_int_equal(store_begin(fx.store, &e), OUT_OK);
		assert_int_equal(sql_done(fx.store, sql_stmt(fx.store, &q), &e),
				 OUT_OK);
		assert_int_equal(store_commit(fx.store, &e), OUT_OK);
		assert_int_equal(stat(path, &st), 0);
		assert_true(st.st_size < STORE_LOG_MAX + 4 * 1024 * 1024);
		/* begun anew in place: to cut the file is for the turn to wait */
		assert_true(st.st_size >= longest);
		longest = st.st_size;
	}
	assert_true(longest > STORE_LOG_MAX);
}

/* By a handle of its own, while a transaction is open. */
static void
test_log_copy(void **state)
{
	static const struct sql q = {
		"fill the log", "UPDATE desk SET name = hex(randomblob(60000))"
	};
	struct store *log = NULL;
	int pages = 0;
	int copied = 0;

	(void)state;
	assert_int_equal(store_open(fx.dir, STORE_LOG, &log, &e), OUT_OK);
	assert_int_equal(store_log_copy(log, &pages, &copied, &e), OUT_OK);
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(sql_done(fx.store, sql_stmt(fx.store, &q), &e),
			 OUT_OK);
	assert_int_equal(store_log_copy(log, &pages, &copied, &e), OUT_OK);
	assert_int_equal(pages, copied);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_true(store_log_pages(fx.store) > 30);
	/* what is committed since, and no more */
	assert_int_equal(store_log_copy(log, &pages, &copied, &e), OUT_OK);
	assert_int_equal(pages, store_log_pages(fx.store));
	assert_int_equal(copied, pages);
	/* all of it is copied: the next transaction begins the log anew */
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(sql_done(fx.store, sql_stmt(fx.store, &q), &e),
			 OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_true(store_log_pages(fx.store) <= pages);
	store_close(&log);
}

/* It writes no row, and needs a store that is there. */
static void
test_log_copy_alone(void **state)
{
	static const struct sql q = { "write", "UPDATE desk SET name = 'x'" };
	struct store *log = NULL;

	(void)state;
	assert_int_not_equal(store_open("/nowhere", STORE_LOG, &log, &e),
			     OUT_OK);
	assert_null(log);
	assert_int_equal(store_open(fx.dir, STORE_LOG, &log, &e), OUT_OK);
	assert_int_not_equal(sql_done(log, sql_stmt(log, &q), &e), OUT_OK);
	store_close(&log);
	assert_string_not_equal(fixture_text("SELECT name FROM desk"), "x");
}

static void
test_command_key(void **state)
{
	json_t *first = NULL;
	json_t *r = json_pack("{s:i}", "a", 1);
	int n = 0;

	(void)state;
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(command_key_find(fx.store, "agent:1", "k", "m", "h",
					  &first, &e),
			 OUT_OK);
	assert_null(first);
	assert_int_equal(command_key_add(fx.store, "agent:1", "k", "m", "h", r,
					 T0_MS, &e),
			 OUT_OK);
	assert_int_equal(command_key_find(fx.store, "agent:1", "k", "m", "h",
					  &first, &e),
			 OUT_OK);
	assert_true(json_equal(first, r));
	json_decref(first);
	assert_int_equal(command_key_find(fx.store, "agent:1", "k", "m", "g",
					  &first, &e),
			 OUT_PERM);
	assert_string_equal(e.code, "key_reused");
	assert_int_equal(command_key_find(fx.store, "agent:1", "k", "n", "h",
					  &first, &e),
			 OUT_PERM);
	assert_int_equal(command_key_find(fx.store, "agent:2", "k", "m", "h",
					  &first, &e),
			 OUT_OK);
	assert_null(first);
	assert_int_equal(command_key_expire(fx.store,
					    T0_MS + INT64_C(604799999), 10, &n,
					    &e),
			 OUT_OK);
	assert_int_equal(n, 0);
	assert_int_equal(command_key_expire(fx.store,
					    T0_MS + INT64_C(604800000), 10, &n,
					    &e),
			 OUT_OK);
	assert_int_equal(n, 1);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	json_decref(r);
}

#define TEST(fn)                                                               \
	cmocka_unit_test_setup_teardown(fn, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_outcomes),
		TEST(test_constraint),
		TEST(test_pragmas),
		TEST(test_locked),
		TEST(test_private),
		TEST(test_newer),
		TEST(test_events_undone),
		TEST(test_changed_after_undo),
		TEST(test_rollback),
		TEST(test_snapshot),
		TEST(test_full),
		TEST(test_checkpoint),
		TEST(test_log_copy),
		TEST(test_log_copy_alone),
		TEST(test_command_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
