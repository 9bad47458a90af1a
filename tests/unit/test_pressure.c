#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/queue.h"
#include "daemon/request.h"
#include "daemon/space.h"

#define MIB ((int64_t)1024 * 1024)
#define GIB (1024 * MIB)

static void
the_reserve_is_a_share_of_the_disk(void **state)
{
	(void)state;
	assert_int_equal(space_reserve(SPACE_AUTO, 100 * MIB), 5 * MIB);
	assert_int_equal(space_reserve(SPACE_AUTO, 6 * GIB), 256 * MIB);
	assert_int_equal(space_reserve(SPACE_AUTO, 4000 * GIB), 256 * MIB);
	assert_int_equal(space_reserve(7 * MIB, 4000 * GIB), 7 * MIB);
	assert_int_equal(space_reserve(0, 4000 * GIB), 0);
}

static void
low_is_left_a_quarter_above(void **state)
{
	(void)state;
	assert_false(space_is_low(false, 100, 100));
	assert_true(space_is_low(false, 99, 100));
	assert_true(space_is_low(true, 100, 100));
	assert_true(space_is_low(true, 124, 100));
	assert_false(space_is_low(true, 125, 100));
	/* without a reserve never, not even with nothing left */
	assert_false(space_is_low(false, 0, 0));
	assert_false(space_is_low(true, 0, 0));
}

static void
the_disk_is_looked_at_once_a_second(void **state)
{
	struct space sp;

	(void)state;
	space_init(&sp, INT64_MAX / 4);
	assert_false(space_low(&sp));
	space_look(&sp, "/", 10000);
	assert_true(space_low(&sp));
	assert_true(atomic_load(&sp.left) >= 0);
	assert_true(atomic_load(&sp.reserve) == INT64_MAX / 4);
	space_set(&sp, 0);
	space_look(&sp, "/", 10000 + SPACE_LOOK_MS - 1);
	assert_true(space_low(&sp));
	space_look(&sp, "/", 10000 + SPACE_LOOK_MS);
	assert_false(space_low(&sp));
	/* what cannot be asked changes nothing */
	space_set(&sp, INT64_MAX / 4);
	space_look(&sp, "/no/such/folder", 20000);
	assert_false(space_low(&sp));
}

static void
fill(struct queue *q, struct request *rq, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		assert_true(queue_push(q, &rq[i]));
}

static void
a_queue_counts_what_it_holds_and_refuses(void **state)
{
	struct request rq[5] = { { .now_ms = 0 } };
	struct queue_state st;
	struct queue q;

	(void)state;
	queue_init(&q, 4);
	fill(&q, rq, 4);
	assert_false(queue_push(&q, &rq[4]));
	assert_false(queue_push(&q, &rq[4]));
	st = queue_state(&q);
	assert_int_equal(st.waiting, 4);
	assert_int_equal(st.high, 4);
	assert_int_equal(st.max, 4);
	assert_int_equal(st.refused, 2);
	assert_non_null(queue_take(&q, 3, 0));
	st = queue_state(&q);
	assert_int_equal(st.waiting, 1);
	assert_int_equal(st.high, 4);
	assert_int_equal(st.refused, 2);
	assert_non_null(queue_take(&q, 3, 0));
	queue_release(&q);
}

/* Come again when it has served what waits and what was refused. */
static void
the_wait_grows_with_what_was_refused(void **state)
{
	static struct request rq[1001];
	struct queue q;
	int64_t first;
	int64_t then;
	size_t i;

	(void)state;
	queue_init(&q, 1000);
	fill(&q, rq, 1000);
	first = queue_retry_ms(&q, 5000);
	assert_int_equal(first, 1000); /* a thousand, at a thousand a second */
	for (i = 0; i < 3000; i++)
		assert_false(queue_push(&q, &rq[1000]));
	then = queue_retry_ms(&q, 5001);
	assert_int_equal(then, 4000);
	/* it is measured: 100 in 100 ms are a thousand a second still */
	assert_non_null(queue_take(&q, 100, 0));
	assert_int_equal(queue_retry_ms(&q, 5100), 3900);
	/* 100 in a second: slower */
	assert_non_null(queue_take(&q, 100, 0));
	assert_int_equal(queue_retry_ms(&q, 6100), QUEUE_RETRY_MS_MAX);
	/* nothing in a second: it stands */
	assert_int_equal(queue_retry_ms(&q, 7100), QUEUE_RETRY_MS_MAX);
	/* half empty: those that were refused are forgotten */
	assert_non_null(queue_take(&q, 400, 0));
	assert_int_equal(queue_retry_ms(&q, 7200), QUEUE_RETRY_MS);
	/* a look from long ago says nothing of its speed */
	assert_int_equal(queue_retry_ms(&q, 90000), QUEUE_RETRY_MS);
	assert_non_null(queue_take(&q, 1000, 0));
	queue_release(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_reserve_is_a_share_of_the_disk),
		cmocka_unit_test(low_is_left_a_quarter_above),
		cmocka_unit_test(the_disk_is_looked_at_once_a_second),
		cmocka_unit_test(a_queue_counts_what_it_holds_and_refuses),
		cmocka_unit_test(the_wait_grows_with_what_was_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
