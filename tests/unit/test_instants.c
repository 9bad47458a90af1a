/* A bag of instants against a plain list: the same counts, whatever the order
 * and however many are equal; and blocks that stay full enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/store/instants.h"

#define MANY 20000

static uint64_t seed;

static uint64_t
next_random(void)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return seed >> 33;
}

/* The plain list: how many there are of each number below VALUES. */
#define VALUES 3000
static int plain[VALUES];

static size_t
plain_below(int64_t v)
{
	size_t n = 0;

	for (int64_t i = 0; i < v && i < VALUES; i++)
		n += (size_t)plain[i];
	return n;
}

static void
same(const struct instants *b)
{
	for (int64_t v = -1; v <= VALUES; v += 61)
		assert_int_equal(instants_below(b, v), plain_below(v));
	assert_int_equal(b->total, plain_below(VALUES));
}

static int
setup(void **state)
{
	(void)state;
	seed = 7;
	memset(plain, 0, sizeof plain);
	return 0;
}

static void
a_long_random_life(void **state)
{
	struct instants b = { 0 };

	(void)state;
	for (int i = 0; i < 10 * MANY; i++) {
		/* half of them around one instant; first it grows, then it
		 * shrinks */
		int64_t v = (int64_t)(next_random() %
				      (next_random() % 2 ? VALUES : 9));
		bool add = next_random() % 10 < (i < 5 * MANY ? 7u : 3u);

		if (add) {
			instants_add(&b, v);
			plain[v]++;
		} else {
			assert_int_equal(instants_remove(&b, v), plain[v] > 0);
			plain[v] -= plain[v] > 0;
		}
		if (i % 4000 == 0)
			same(&b);
	}
	same(&b);
	instants_release(&b);
	assert_int_equal(b.total, 0);
}

/* What comes in order, what is all the same, and what comes backwards do not
 * leave blocks with next to nothing in them. */
static void
blocks_are_well_filled(void **state)
{
	(void)state;
	for (int how = 0; how < 3; how++) {
		struct instants b = { 0 };

		for (int64_t i = 0; i < MANY; i++)
			instants_add(&b, how == 0   ? i
					 : how == 1 ? i / 5000
						    : -i);
		assert_true(b.n <= 2 * MANY / INSTANTS_BLOCK + 2);
		assert_int_equal(instants_below(&b, INT64_MAX), MANY);
		for (int64_t i = 0; i < MANY; i++)
			assert_true(instants_remove(&b, how == 0   ? i
							: how == 1 ? i / 5000
								   : -i));
		assert_int_equal(b.n, 0);
		assert_false(instants_remove(&b, 0));
		instants_release(&b);
	}
}

/* Blocks of which little is left are joined. */
static void
what_is_left_takes_little_room(void **state)
{
	struct instants b = { 0 };

	(void)state;
	for (int64_t i = 0; i < MANY; i++)
		instants_add(&b, i);
	for (int64_t i = 0; i < MANY; i++)
		if (i % 100 != 0)
			assert_true(instants_remove(&b, i));
	assert_int_equal(b.total, MANY / 100);
	assert_true(b.n <= 4);
	for (int64_t i = 0; i < MANY; i += 100)
		assert_int_equal(instants_below(&b, i), i / 100);
	instants_release(&b);
}

static void
the_ends_of_time_are_instants_too(void **state)
{
	struct instants b = { 0 };

	(void)state;
	assert_int_equal(instants_below(&b, INT64_MAX), 0);
	instants_add(&b, INT64_MAX);
	instants_add(&b, INT64_MIN);
	assert_int_equal(instants_below(&b, INT64_MIN), 0);
	assert_int_equal(instants_below(&b, 0), 1);
	assert_int_equal(instants_below(&b, INT64_MAX), 1);
	assert_false(instants_remove(&b, 0));
	assert_true(instants_remove(&b, INT64_MAX));
	assert_int_equal(b.total, 1);
	instants_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_long_random_life, setup),
		cmocka_unit_test_setup(blocks_are_well_filled, setup),
		cmocka_unit_test_setup(what_is_left_takes_little_room, setup),
		cmocka_unit_test_setup(the_ends_of_time_are_instants_too,
				       setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
