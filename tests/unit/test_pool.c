/* Memory of SQLite: every piece is whole, and nobody else's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sqlite3.h>

#include "daemon/store/pool.h"

#define PIECES 500
#define ROUNDS 40000
#define THREADS 3

struct hand {
	unsigned char *p;
	size_t n;
	unsigned char mark;
};

/* Pieces that are on their way to another thread. */
static struct hand table[PIECES];
static pthread_mutex_t table_lock = PTHREAD_MUTEX_INITIALIZER;

static void
fill(struct hand *h, size_t from)
{
	memset(h->p + from, h->mark, h->n - from);
}

static int
whole(const struct hand *h)
{
	for (size_t i = 0; i < h->n; i++)
		if (h->p[i] != h->mark)
			return 0;
	return 1;
}

static size_t
some(unsigned *seed)
{
	unsigned r = (unsigned)rand_r(seed);

	return 1 + (r % 7 == 0 ? r / 7 % 200000 : r / 7 % 2200);
}

/* Take, change and give back, in any order; some are given back by others. */
static void *
work(void *arg)
{
	static struct hand none;
	unsigned seed = *(unsigned *)arg;
	struct hand own[64] = { 0 };
	uintptr_t bad = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct hand *h = &own[(unsigned)rand_r(&seed) % 64];
		struct hand *t = &table[(unsigned)rand_r(&seed) % PIECES];

		if (h->p == NULL) {
			h->n = some(&seed);
			h->mark = (unsigned char)rand_r(&seed);
			h->p = sqlite3_malloc64(h->n);
			if (h->p == NULL)
				return &table; /* that is bad */
			bad += (uintptr_t)h->p % 8 != 0 ||
			       sqlite3_msize(h->p) < h->n;
			fill(h, 0);
		} else if (rand_r(&seed) % 3 == 0) {
			size_t old = h->n;

			h->n = some(&seed);
			h->p = sqlite3_realloc64(h->p, h->n);
			if (h->p == NULL)
				return &table;
			if (h->n > old)
				fill(h, old);
			bad += !whole(h);
		} else {
			struct hand was;

			bad += !whole(h);
			(void)pthread_mutex_lock(&table_lock);
			was = *t;
			*t = *h;
			(void)pthread_mutex_unlock(&table_lock);
			*h = none;
			if (was.p != NULL)
				bad += !whole(&was);
			sqlite3_free(was.p);
		}
	}
	for (size_t i = 0; i < 64; i++)
		sqlite3_free(own[i].p);
	return (void *)bad;
}

static void
every_piece_is_whole(void **state)
{
	pthread_t threads[THREADS];
	unsigned seeds[THREADS];
	void *bad;

	(void)state;
	for (unsigned i = 0; i < THREADS; i++) {
		seeds[i] = i + 1;
		assert_int_equal(
			pthread_create(&threads[i], NULL, work, &seeds[i]), 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &bad), 0);
		assert_null(bad);
	}
	for (size_t i = 0; i < PIECES; i++) {
		assert_true(table[i].p == NULL || whole(&table[i]));
		sqlite3_free(table[i].p);
	}
}

/* What a savepoint kept of many pages comes back as it was. */
static void
a_savepoint_is_undone(void **state)
{
	sqlite3 *db;
	sqlite3_stmt *st;

	(void)state;
	assert_int_equal(sqlite3_open(":memory:", &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_exec(db,
			     "CREATE TABLE t (a INTEGER PRIMARY KEY, b);"
			     "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL"
			     " SELECT i + 1 FROM n WHERE i < 20000)"
			     "INSERT INTO t SELECT i, hex(randomblob(40))"
			     " FROM n;"
			     "CREATE TABLE u AS SELECT * FROM t;"
			     "BEGIN; SAVEPOINT s; UPDATE t SET b = 'x';"
			     "ROLLBACK TO s; RELEASE s; COMMIT",
			     NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
					    "SELECT count(*) FROM t JOIN u"
					    " USING (a, b)",
					    -1, &st, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	assert_int_equal(sqlite3_column_int(st, 0), 20000);
	assert_int_equal(sqlite3_finalize(st), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_piece_is_whole),
		cmocka_unit_test(a_savepoint_is_undone),
	};

	/* refused once SQLite runs */
	pool_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
