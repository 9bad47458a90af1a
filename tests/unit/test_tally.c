/* Counts kept in memory are those of the rows: through every change, whatever
 * is undone, and while they are counted for the first time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/tally.h"
#include "tests/unit/fixture.h"

#define INCIDENTS 60
#define TURNS 600

static uint64_t seed;

static unsigned
next_random(unsigned below)
{
	seed = seed * UINT64_C(6364136223846793005) +
	       UINT64_C(1442695040888963407);
	return (unsigned)(seed >> 33) % below;
}

static void
must(enum outcome o, const struct err *e)
{
	if (o != OUT_OK)
		fail_msg("%s", e->text);
}

static void
add_one(void)
{
	struct incident inc = { .customer_id = 1,
				.channel = "email",
				.priority = "normal",
				.last_direction = "in",
				.created_ms = fx.now_ms,
				.updated_ms = fx.now_ms,
				.last_ms = fx.now_ms };
	struct err e;

	incident_set_str(&inc.queue, "general");
	incident_set_str(&inc.reason, "other");
	incident_set_str(&inc.policy, "");
	incident_set_str(&inc.saved_reply, "");
	must(incident_add(fx.store, &inc, &e), &e);
	incident_release(&inc);
}

/* Some other state, queue, owner and deadline. */
static void
change_one(int64_t id)
{
	static const char *const queues[] = { "general", "envios", "lejos",
					      "aparte" };
	struct incident inc;
	struct err e;

	must(incident_load(fx.store, id, &inc, &e), &e);
	if (next_random(2) == 0)
		inc.state = (enum incident_state)next_random(
			INCIDENT_STATE_COUNT - 1);
	if (next_random(2) == 0)
		incident_set_str(&inc.queue, queues[next_random(4)]);
	if (next_random(2) == 0)
		inc.assignee_id = next_random(3);
	if (next_random(2) == 0)
		inc.due_ms =
			next_random(3) == 0
				? 0
				: fx.now_ms - 3600000 + next_random(8) * 900000;
	must(incident_save(fx.store, &inc, &e), &e);
	incident_release(&inc);
}

static void
change_some(int64_t incidents)
{
	for (unsigned n = 1 + next_random(4); n > 0; n--)
		change_one(1 + next_random((unsigned)incidents));
}

/* One request: kept or undone, with a part of it kept or dropped. */
static void
request(int64_t *incidents)
{
	bool keep = next_random(4) != 0;
	bool added = next_random(10) == 0 && *incidents < INCIDENTS;
	struct err e;

	must(store_save(fx.store, &e), &e);
	if (added)
		add_one();
	change_some(*incidents);
	if (next_random(3) == 0) {
		struct store_inner in;

		must(store_inner(fx.store, &in, &e), &e);
		change_some(*incidents);
		if (next_random(2) == 0)
			must(store_inner_keep(fx.store, &e), &e);
		else
			must(store_inner_drop(fx.store, &in, &e), &e);
		change_some(*incidents);
	}
	if (keep)
		must(store_release(fx.store, &e), &e);
	else
		must(store_undo(fx.store, &e), &e);
	if (keep && added)
		++*incidents;
}

/* A turn of some requests; now and then all of it is lost. */
static void
turn(int64_t *incidents)
{
	int64_t before = *incidents;
	struct err e;

	must(store_begin(fx.store, &e), &e);
	for (unsigned n = 1 + next_random(5); n > 0; n--)
		request(incidents);
	if (next_random(8) == 0) {
		store_rollback(fx.store);
		*incidents = before;
	} else {
		must(store_commit(fx.store, &e), &e);
	}
	event_batch_drop(fx.store);
}

static void
first_rows(int64_t incidents)
{
	struct err e;

	seed = 11;
	fixture_exec("INSERT INTO customer (id, name, created_ms)"
		     " VALUES (1, 'Luz', 0)");
	must(store_begin(fx.store, &e), &e);
	for (int64_t i = 0; i < incidents; i++)
		add_one();
	must(store_commit(fx.store, &e), &e);
}

static void
counts_follow_a_long_random_life(void **state)
{
	int64_t incidents = 10;

	(void)state;
	first_rows(incidents);
	for (int i = 0; i < TURNS; i++) {
		turn(&incidents);
		if (i % 20 == 0)
			fixture_counts();
	}
	assert_int_equal(incidents, INCIDENTS);
	fixture_counts();
}

static void
what_is_not_committed_is_not_counted(void **state)
{
	struct store *reader = NULL;
	struct tally_sums sums;
	struct err e;

	(void)state;
	first_rows(3);
	must(store_open(fx.dir, STORE_READ, &reader, &e), &e);
	store_tally_share(reader, fx.store);
	must(store_begin(fx.store, &e), &e);
	add_one();
	must(tally_ask(reader, 0, fx.now_ms, fx.now_ms, &sums, &e), &e);
	assert_int_equal(sums.active, 3);
	tally_sums_release(&sums);
	must(store_commit(fx.store, &e), &e);
	must(tally_ask(reader, 0, fx.now_ms, fx.now_ms, &sums, &e), &e);
	assert_int_equal(sums.active, 4);
	assert_int_equal(sums.state[INCIDENT_NEW], 4);
	assert_int_equal(sums.unassigned, 4);
	assert_int_equal(sums.queue_n, 1);
	assert_string_equal(sums.queues[0].name, "general");
	tally_sums_release(&sums);
	store_close(&reader);
}

/* The second store of the same folder is the first one's after a restart: its
 * first count has the view of before the changes, and takes its time. */
static void
changes_of_the_first_count_s_time_are_counted_in(void **state)
{
	struct store *reader = NULL;
	struct tally_sums sums;
	int64_t incidents = 20;
	int64_t active;
	struct err e;

	(void)state;
	first_rows(incidents);
	for (int i = 0; i < 50; i++)
		turn(&incidents);
	store_close(&fx.store);
	must(store_open(fx.dir, STORE_WRITE, &fx.store, &e), &e);
	store_tally_start(fx.store);
	must(store_open(fx.dir, STORE_READ, &reader, &e), &e);
	store_tally_share(reader, fx.store);
	must(store_read_begin(reader, &e), &e);
	for (int i = 0; i < 100; i++) {
		turn(&incidents);
		/* not loaded: by the rows */
		if (i % 20 == 0)
			fixture_counts();
	}
	must(store_begin(fx.store, &e), &e);
	add_one();
	must(store_tally_load(reader, &e), &e);
	must(tally_ask(reader, 0, fx.now_ms, fx.now_ms, &sums, &e), &e);
	assert_true(sums.active > 0);
	store_read_end(reader);
	must(store_commit(fx.store, &e), &e);
	active = sums.active;
	tally_sums_release(&sums);
	must(tally_ask(reader, 0, fx.now_ms, fx.now_ms, &sums, &e), &e);
	assert_int_equal(sums.active, active + 1);
	tally_sums_release(&sums);
	store_close(&reader);
	for (int i = 0; i < 100; i++)
		turn(&incidents);
	fixture_counts();
}

/* A view that has an event which is not counted in yet is not told less. */
static void
a_view_is_never_ahead_of_its_counts(void **state)
{
	struct tally *t = tally_new();
	struct tally_row open = { .state = INCIDENT_OPEN, .queue = "general" };
	struct tally_sums sums;
	struct err e;

	(void)state;
	must(tally_load(t, fx.store, &e), &e);
	tally_note(t, NULL, &open);
	assert_false(tally_sums(t, 7, 0, 0, 0, &sums));
	tally_commit(t, 7);
	assert_true(tally_sums(t, 7, 0, 0, 0, &sums));
	assert_int_equal(sums.active, 1);
	tally_sums_release(&sums);
	assert_false(tally_sums(t, 8, 0, 0, 0, &sums));
	tally_free(&t);
}

/* A count that cannot be kept up with is given up: rows are counted. */
static void
too_much_meanwhile_ends_the_counting(void **state)
{
	struct tally *t = tally_new();
	struct tally_row open = { .state = INCIDENT_OPEN, .queue = "general" };
	struct tally_row held = { .state = INCIDENT_ON_HOLD,
				  .queue = "general" };
	struct tally_sums sums;
	struct err e;

	(void)state;
	for (int i = 0; i <= TALLY_LATER_MAX / 2; i++) {
		tally_note(t, &open, &held);
		tally_commit(t, i);
	}
	must(tally_load(t, fx.store, &e), &e);
	assert_false(tally_sums(t, 0, 0, 0, 0, &sums));
	tally_free(&t);
}

/* These rows are of counts alone: not what every check asks for. */
static int
teardown(void **state)
{
	fixture_exec("DELETE FROM incident; DELETE FROM customer");
	return fixture_teardown(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(counts_follow_a_long_random_life),
		TEST(what_is_not_committed_is_not_counted),
		TEST(changes_of_the_first_count_s_time_are_counted_in),
		TEST(a_view_is_never_ahead_of_its_counts),
		TEST(too_much_meanwhile_ends_the_counting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
