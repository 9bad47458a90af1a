/* Hooks over time: leases, back-off, death, and the octets that they keep. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/blob.h"
#include "daemon/store/connection.h"
#include "daemon/store/hook.h"
#include "tests/unit/fixture.h"

method_fn m_hook_again;
method_fn m_hook_end;
method_fn m_hook_put;
method_fn m_hook_take;

#define DAY_MS INT64_C(86400000)
#define LARGE (BLOB_ROW_BYTES + 1)

static int
begin(void **state)
{
	int rc = fixture_setup(state);

	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (70, 'uno', 'whatsapp', 'whatsapp', "
		     "'{}', 1)");
	return rc;
}

/* n octets of a kind; those over BLOB_ROW_BYTES as a worker leaves them. */
static void
put(char letter, size_t n)
{
	struct request_blob b = { .bytes = (int64_t)n };
	unsigned char *data = mem_new(n + 1, 1);
	struct call c;

	(void)memset(data, letter, n);
	hash_hex(data, n, b.sha256);
	b.data = n <= BLOB_ROW_BYTES ? data : NULL;
	c = fixture_call_blobs(
		m_hook_put, ROLE_WHATSAPP,
		json_pack("{s:s, s:s, s:{s:s, s:I}}", "connection", "uno",
			  "received_at", "2026-01-05T09:00:00.000Z", "body",
			  "sha256", b.sha256, "bytes", (json_int_t)n),
		&b, 1);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	mem_free(data);
}

/* How many were given; the first one's id and attempt. */
static size_t
take(int64_t lease_ms, int64_t *id_out, int64_t *attempt_out)
{
	struct call c =
		fixture_call(m_hook_take, ROLE_WHATSAPP, 0,
			     json_pack("{s:i, s:I}", "max", 100, "lease_ms",
				       (json_int_t)lease_ms));
	const json_t *list = json_object_get(c.result, "hooks");
	const json_t *first = json_array_get(list, 0);
	size_t n = json_array_size(list);

	assert_int_equal(c.outcome, OUT_OK);
	*id_out = json_integer_value(json_object_get(first, "id"));
	*attempt_out = json_integer_value(json_object_get(first, "attempt"));
	call_release(&c);
	return n;
}

static void
end(int64_t id, int64_t attempt, const char *result, const char *state)
{
	struct call c = fixture_call(
		m_hook_end, ROLE_WHATSAPP, 0,
		json_pack("{s:I, s:I, s:s}", "hook", (json_int_t)id, "attempt",
			  (json_int_t)attempt, "result", result));

	assert_int_equal(c.outcome, OUT_OK);
	assert_string_equal(
		json_string_value(json_object_get(c.result, "state")), state);
	call_release(&c);
}

static void
again_waits_longer_each_time(void **state)
{
	static const int64_t waits[] = { 1000, 2000, 4000, 8000 };
	int64_t id;
	int64_t attempt;

	(void)state;
	put('a', 10);
	for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		assert_int_equal(take(60000, &id, &attempt), 1);
		assert_int_equal(attempt, i + 1);
		end(id, attempt, "again", "waiting");
		fx.now_ms += waits[i] - 1;
		assert_int_equal(take(60000, &id, &attempt), 0);
		fx.now_ms += 1;
	}
	fixture_exec("UPDATE hook SET attempts = 998");
	assert_int_equal(take(60000, &id, &attempt), 1);
	end(id, attempt, "again", "waiting");
	assert_int_equal(fixture_int("SELECT due_ms FROM hook"),
			 fx.now_ms + 300000);
	fx.now_ms += 300000;
	assert_int_equal(take(60000, &id, &attempt), 1);
	assert_int_equal(attempt, 1000);
	end(id, attempt, "again", "dead");
}

/* What ends its reader each time is set aside. */
static void
leases_that_run_out_end_at_twenty(void **state)
{
	int64_t id;
	int64_t attempt;

	(void)state;
	put('a', 10);
	for (int i = 1; i <= 20; i++) {
		assert_int_equal(take(1000, &id, &attempt), 1);
		assert_int_equal(attempt, i);
		fx.now_ms += 999;
		(void)fixture_tick();
		assert_string_equal(fixture_text("SELECT state FROM hook"),
				    "taken");
		fx.now_ms += 1;
		(void)fixture_tick();
		assert_string_equal(fixture_text("SELECT state FROM hook"),
				    i < 20 ? "waiting" : "dead");
	}
	assert_int_equal(take(1000, &id, &attempt), 0);
	assert_string_equal(fixture_text("SELECT why FROM hook"),
			    "its reader did not finish");
}

static void
old_ones_go_and_let_go_of_their_octets(void **state)
{
	int64_t id;
	int64_t attempt;

	(void)state;
	put('a', LARGE);
	put('a', LARGE); /* the same octets twice: the last one keeps them */
	put('b', LARGE);
	assert_int_equal(fixture_int("SELECT count(*) FROM blob WHERE "
				     "staged_until_ms IS NULL"),
			 2);
	assert_int_equal(take(60000, &id, &attempt), 3);
	end(id, attempt, "done", "done");
	end(id + 2, attempt, "dead", "dead");
	fx.now_ms += 7 * DAY_MS - 1;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM hook"), 3);
	fx.now_ms += 1;
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM hook"), 2);
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 2);
	/* the second's lease ran out meanwhile */
	assert_int_equal(take(60000, &id, &attempt), 1);
	end(id, attempt, "done", "done");
	fx.now_ms += 7 * DAY_MS;
	(void)fixture_tick();
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 1);
	fx.now_ms += 83 * DAY_MS;
	(void)fixture_tick();
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM hook"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 0);
	assert_int_equal(engine_seen.gone, 2);
}

static void
a_clock_set_back_holds_nothing_for_long(void **state)
{
	int64_t id;
	int64_t attempt;

	(void)state;
	put('a', 10);
	fx.now_ms -= 30 * DAY_MS;
	(void)fixture_tick();
	fx.now_ms += 3600 * 1000;
	assert_int_equal(take(60000, &id, &attempt), 1);
	fx.now_ms -= 30 * DAY_MS;
	(void)fixture_tick();
	fx.now_ms += 600 * 1000;
	(void)fixture_tick();
	assert_int_equal(take(60000, &id, &attempt), 1);
	assert_int_equal(attempt, 2);
}

static void
a_response_holds_what_fits(void **state)
{
	int64_t id;
	int64_t attempt;
	size_t given = 0;

	(void)state;
	for (int i = 0; i < 20; i++)
		put((char)('a' + i), BLOB_ROW_BYTES);
	for (size_t n; (n = take(60000, &id, &attempt)) > 0; given += n)
		assert_in_range(n, 1, HOOK_TAKE_BYTES / BLOB_ROW_BYTES);
	assert_int_equal(given, 20);
}

static void
a_connection_takes_its_hooks_along(void **state)
{
	struct err e;

	(void)state;
	put('a', LARGE);
	put('b', 1);
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	assert_int_equal(connection_delete(fx.store, 70, &e), OUT_OK);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	assert_int_equal(fixture_int("SELECT count(*) FROM hook"), 0);
	(void)fixture_tick();
	assert_int_equal(fixture_int("SELECT count(*) FROM blob"), 0);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(again_waits_longer_each_time),
		TEST(leases_that_run_out_end_at_twenty),
		TEST(old_ones_go_and_let_go_of_their_octets),
		TEST(a_clock_set_back_holds_nothing_for_long),
		TEST(a_response_holds_what_fits),
		TEST(a_connection_takes_its_hooks_along),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
