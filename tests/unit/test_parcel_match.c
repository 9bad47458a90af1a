/*
 * Which of the parcels with one tracking number is meant.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/parcel_match.h"

#define N(rows) (sizeof(rows) / sizeof(rows)[0])

static void
carriers_are_known_by_their_words(void **state)
{
	(void)state;
	assert_true(parcel_carrier_same("SEUR 24h", "seur-api"));
	assert_true(parcel_carrier_same("mrw-spain", "MRW"));
	assert_true(parcel_carrier_same("UPS", "ups"));
	assert_true(parcel_carrier_same("", "ups"));
	assert_true(parcel_carrier_same(NULL, "ups"));
	assert_true(parcel_carrier_same("es-api", "ups")); /* says nothing */
	assert_false(parcel_carrier_same("seur", "ups"));
	assert_false(parcel_carrier_same("Correos", "correos-express"));
	assert_true(parcel_carrier_same("Correos Express", "correos-express"));
	/* letters in a row are no word of their own */
	assert_false(parcel_carrier_same("gls", "glsbank"));
}

static void
a_lone_parcel_is_meant(void **state)
{
	const struct parcel_key one[] = { { 7, "Envio 24h" } };
	const struct parcel_key waiting[] = { { 0, "ups" } };
	const struct parcel_key news = { 0, "mrw-spain" };
	const struct parcel_key same = { 7, "mrw-spain" };
	const struct parcel_key unnamed = { 8, NULL };
	const struct parcel_key other = { 8, "mrw-spain" };

	(void)state;
	assert_int_equal(parcel_match(one, 1, &news), 0);
	assert_int_equal(parcel_match(one, 1, &same), 0);
	assert_int_equal(parcel_match(one, 1, &unnamed), 0);
	assert_int_equal(parcel_match(waiting, 1, &other), 0);
	/* another order and another carrier: another parcel */
	assert_true(parcel_match(one, 1, &other) == PARCEL_NONE);
	assert_true(parcel_match(one, 0, &news) == PARCEL_NONE);
}

static void
of_several_the_order_tells(void **state)
{
	const struct parcel_key rows[] = { { 7, "seur" },
					   { 8, "mrw" },
					   { 8, "ups" } };
	const struct parcel_key by_order = { 7, "ups" };
	const struct parcel_key by_both = { 8, "ups-api" };
	const struct parcel_key neither = { 8, NULL };

	(void)state;
	assert_int_equal(parcel_match(rows, N(rows), &by_order), 0);
	assert_int_equal(parcel_match(rows, N(rows), &by_both), 2);
	assert_true(parcel_match(rows, N(rows), &neither) == PARCEL_NONE);
}

static void
then_the_carrier_does(void **state)
{
	const struct parcel_key rows[] = { { 7, "seur" }, { 8, "mrw" } };
	const struct parcel_key news = { 0, "mrw-spain" };
	const struct parcel_key elsewhere = { 99, "seur-api" };
	const struct parcel_key nobody = { 0, "" };
	const struct parcel_key stranger = { 0, "gls" };

	(void)state;
	assert_int_equal(parcel_match(rows, N(rows), &news), 1);
	/* an order that has no such parcel yet: it will name it */
	assert_true(parcel_match(rows, N(rows), &elsewhere) == PARCEL_NONE);
	assert_true(parcel_match(rows, N(rows), &nobody) == PARCEL_NONE);
	assert_true(parcel_match(rows, N(rows), &stranger) == PARCEL_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(carriers_are_known_by_their_words),
		cmocka_unit_test(a_lone_parcel_is_meant),
		cmocka_unit_test(of_several_the_order_tells),
		cmocka_unit_test(then_the_carrier_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
