/* Domains that wait after a "later": who does, how long, and who is
 * forgotten. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>

#include "gateways/mail/domains.h"
#include "gateways/mail/pace.h"

#define NOW_MS INT64_C(1000000)

static void
one_domain_waits_and_others_go_on(void **state)
{
	struct domains *d = domains_new();

	(void)state;
	assert_int_equal(domains_wait_ms(d, "a@uno.example", NOW_MS), 0);
	domains_later(d, "a@uno.example", "4.7.1 Greylisted", NOW_MS);
	assert_in_range(domains_wait_ms(d, "b@UNO.example", NOW_MS),
			PACE_MS - PACE_MS / 4, PACE_MS);
	assert_int_equal(domains_wait_ms(d, "a@dos.example", NOW_MS), 0);
	assert_int_equal(domains_wait_ms(d, "a@x.uno.example", NOW_MS), 0);
	assert_int_equal(domains_wait_ms(d, "uno.example", NOW_MS), 0);
	assert_int_equal(domains_wait_ms(d, "a@uno.example", NOW_MS + PACE_MS),
			 0);
	domains_free(&d);
	assert_null(d);
}

static void
waits_grow_and_end(void **state)
{
	struct domains *d = domains_new();
	int64_t now = NOW_MS, wait = 0;

	(void)state;
	for (int i = 0; i < 20; i++) {
		domains_later(d, "a@uno.example", "try later", now);
		wait = domains_wait_ms(d, "a@uno.example", now);
		assert_true(wait > 0 && wait <= PACE_MS_MAX);
		now += wait;
	}
	assert_in_range(wait, PACE_MS_MAX - PACE_MS_MAX / 4, PACE_MS_MAX);
	/* one that was taken ends it, and the next wait is a first one */
	domains_later(d, "a@uno.example", "try later", now);
	domains_well(d, "b@uno.example");
	assert_int_equal(domains_wait_ms(d, "a@uno.example", now), 0);
	domains_later(d, "a@uno.example", "try later", now);
	assert_in_range(domains_wait_ms(d, "a@uno.example", now), 1, PACE_MS);
	/* and so is one after a long time */
	domains_later(d, "a@uno.example", "try later", now);
	now += (int64_t)3 * PACE_MS_MAX;
	domains_later(d, "a@uno.example", "try later", now);
	assert_in_range(domains_wait_ms(d, "a@uno.example", now), 1, PACE_MS);
	domains_free(&d);
}

static void
a_full_mailbox_holds_up_nobody_else(void **state)
{
	static const char *const alone[] = { "4.2.2 Mailbox full",
					     "4.2.1 disabled",
					     "4.1.1 not yet" };
	static const char *const all[] = {
		"4.2.0 Greylisted", "4.3.2 busy", "4.4.1 no answer",
		"4.7.0 rate",       "",           "4.2"
	};
	struct domains *d = domains_new();

	(void)state;
	for (size_t i = 0; i < sizeof(alone) / sizeof(*alone); i++) {
		domains_later(d, "a@uno.example", alone[i], NOW_MS);
		assert_int_equal(domains_wait_ms(d, "b@uno.example", NOW_MS),
				 0);
	}
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		domains_later(d, "a@uno.example", all[i], NOW_MS);
		assert_true(domains_wait_ms(d, "b@uno.example", NOW_MS) > 0);
		domains_well(d, "b@uno.example");
	}
	domains_free(&d);
}

static void
the_list_has_a_ceiling(void **state)
{
	struct domains *d = domains_new();
	char address[64];

	(void)state;
	domains_later(d, "a@first.example", "", NOW_MS - PACE_MS);
	for (int i = 0; i < DOMAINS_MAX; i++) {
		(void)snprintf(address, sizeof(address), "a@d%d.example", i);
		domains_later(d, address, "", NOW_MS);
	}
	/* the one whose wait ended first had to go, and all others wait */
	for (int i = 0; i < DOMAINS_MAX; i++) {
		(void)snprintf(address, sizeof(address), "a@d%d.example", i);
		assert_true(domains_wait_ms(d, address, NOW_MS) > 0);
	}
	assert_int_equal(
		domains_wait_ms(d, "a@first.example", NOW_MS - PACE_MS), 0);
	domains_free(&d);
}

static void
what_is_no_domain_does_nothing(void **state)
{
	struct domains *d = domains_new();
	char address[DOMAIN_BYTES_MAX + 10];

	(void)state;
	for (size_t i = 0; i < sizeof(address) - 1; i++)
		address[i] = i == 1 ? '@' : 'a';
	address[sizeof(address) - 1] = '\0';
	domains_later(d, "nobody", "", NOW_MS);
	domains_later(d, "nobody@", "", NOW_MS);
	domains_later(d, address, "", NOW_MS);
	assert_int_equal(domains_wait_ms(d, "nobody", NOW_MS), 0);
	assert_int_equal(domains_wait_ms(d, "nobody@", NOW_MS), 0);
	assert_int_equal(domains_wait_ms(d, address, NOW_MS), 0);
	domains_well(d, "nobody@");
	domains_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_domain_waits_and_others_go_on),
		cmocka_unit_test(waits_grow_and_end),
		cmocka_unit_test(a_full_mailbox_holds_up_nobody_else),
		cmocka_unit_test(the_list_has_a_ceiling),
		cmocka_unit_test(what_is_no_domain_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
