/* People: log-in, delays, sessions, links, tokens, and who may change whom. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/hash.h"
#include "daemon/people.h"
#include "daemon/store/session.h"
#include "tests/unit/people_desk.h"

#define PASSWORD "la puerta verde"

static struct answer
login(const char *email, const char *password, const char *network)
{
	return ask(&console, "session.login",
		   json_pack("{s:s, s:s, s:s}", "email", email, "password",
			     password, "network", network));
}

/* Log in, which must go well; the cookie into out[48]. */
static void
cookie_of(const char *email, const char *password, char out[48])
{
	struct answer a = login(email, password, "127.0.0.1");
	const char *cookie;

	assert_int_equal(a.outcome, OUT_OK);
	cookie = json_string_value(json_object_get(a.result, "cookie"));
	assert_int_equal(strlen(cookie), 43);
	memcpy(out, cookie, 44);
	answer_release(&a);
}

static struct answer
open_cookie(const char *cookie)
{
	return ask(&console, "session.open",
		   json_pack("{s:s}", "cookie", cookie));
}

static void
opens(const char *cookie)
{
	struct answer a = open_cookie(cookie);

	assert_int_equal(a.outcome, OUT_OK);
	answer_release(&a);
}

static void
a_refusal_never_says_which_half_was_wrong(void **state)
{
	struct answer wrong;
	struct answer nobody;
	struct answer inactive;
	int64_t id = add_agent("luz@example.com", "agent", PASSWORD);

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	wrong = login("ana@example.com", "otra cosa", "127.0.0.1");
	nobody = login("nadie@example.com", "otra cosa", "127.0.0.1");
	done(&control, "agent.update",
	     json_pack("{s:I, s:b}", "id", (json_int_t)id, "active", 0));
	inactive = login("luz@example.com", PASSWORD, "127.0.0.1");
	assert_string_equal(wrong.err.text, nobody.err.text);
	assert_string_equal(wrong.err.text, inactive.err.text);
	assert_null(wrong.data);
	refused(wrong, "refused");
	refused(nobody, "refused");
	refused(inactive, "refused");
	assert_int_equal(number_of("SELECT count(*) FROM audit WHERE"
				   " action = 'session.login' AND"
				   " outcome = 'refused'"),
			 3);
}

static void
the_right_password_opens_a_session_and_its_hash_alone_is_kept(void **state)
{
	char cookie[48];
	char hash[HASH_HEX];

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	cookie_of(" ANA@example.com ", PASSWORD, cookie);
	hash_hex(cookie, strlen(cookie), hash);
	opens(cookie);
	assert_string_equal(td.opened_hash, hash);
	assert_int_equal(number_of("SELECT count(*) FROM session"), 1);
	run_sql("CREATE TEMP TABLE t AS SELECT 1 FROM session WHERE length"
		"(hash) = 64");
	assert_int_equal(number_of("SELECT count(*) FROM t"), 1);
	assert_int_equal(number_of("SELECT count(*) FROM agent WHERE password"
				   " LIKE '$argon2id$v=19$m=19456,t=2,p=1$%'"),
			 1);
}

static void
five_failures_then_delays_that_double(void **state)
{
	struct people *p = td.desk.people;
	struct people_try t;
	struct err e;
	int64_t wait = 0;
	int64_t now = td.now_ms;
	int64_t expect = 1000;

	(void)state;
	for (int i = 0; i < 5; i++) {
		assert_int_equal(people_try(p, "x@example.com", "no",
					    "10.0.0.1", now, &t, &wait, &e),
				 OUT_OK);
		assert_false(t.good);
	}
	for (int i = 0; i < 12; i++) {
		assert_int_equal(people_try(p, "x@example.com", "no",
					    "10.0.0.2", now, &t, &wait, &e),
				 OUT_TEMP);
		assert_string_equal(e.code, "too_many");
		assert_int_equal(wait, expect);
		now += wait;
		assert_int_equal(people_try(p, "x@example.com", "no",
					    "10.0.0.3", now, &t, &wait, &e),
				 OUT_OK);
		expect = expect * 2 < 900000 ? expect * 2 : 900000;
	}
	assert_int_equal(expect, 900000);
}

static void
failures_of_an_agent_outlive_a_new_start(void **state)
{
	struct err e;
	struct answer a;

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	for (int i = 0; i < 5; i++)
		refused(login("ana@example.com", "no", "10.0.0.1"), "refused");
	assert_int_equal(number_of("SELECT failures FROM agent"), 5);
	people_free(&td.desk.people);
	assert_int_equal(people_load(&td.desk, td.store, &e), OUT_OK);
	a = login("ana@example.com", PASSWORD, "10.0.0.1");
	assert_true(a.retry_after_ms > 0);
	assert_int_equal(a.outcome, OUT_TEMP);
	refused(a, "too_many");
}

static void
thirty_failures_of_a_network_close_it_for_the_rest_of_its_time(void **state)
{
	struct people *p = td.desk.people;
	char email[40];
	struct people_try t;
	struct err e;
	int64_t wait = 0;

	(void)state;
	for (int i = 0; i < 30; i++) {
		snprintf(email, sizeof(email), "x%d@example.com", i);
		assert_int_equal(people_try(p, email, "no", "2001:db8::1",
					    td.now_ms + i, &t, &wait, &e),
				 OUT_OK);
	}
	assert_int_equal(people_try(p, "y@example.com", "no",
				    "2001:db8::ffff:2", td.now_ms + 1000, &t,
				    &wait, &e),
			 OUT_TEMP);
	assert_int_equal(wait, PEOPLE_NETWORK_MS - 1000);
	assert_int_equal(people_try(p, "y@example.com", "no", "2001:db9::1",
				    td.now_ms + 1000, &t, &wait, &e),
			 OUT_OK);
	assert_int_equal(people_try(p, "z@example.com", "no", "2001:db8::1",
				    td.now_ms + PEOPLE_NETWORK_MS + 1, &t,
				    &wait, &e),
			 OUT_OK);
}

static void
a_session_ends_an_hour_after_its_last_use(void **state)
{
	char cookie[48];

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	cookie_of("ana@example.com", PASSWORD, cookie);
	td.now_ms += SESSION_IDLE_MS - 1000;
	opens(cookie);
	td.now_ms += SESSION_IDLE_MS - 1000;
	opens(cookie);
	td.now_ms += SESSION_IDLE_MS;
	refused(open_cookie(cookie), "no_session");
}

static void
a_session_ends_after_twelve_hours_whatever_its_use(void **state)
{
	char cookie[48];

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	cookie_of("ana@example.com", PASSWORD, cookie);
	for (int i = 0; i < 23; i++) {
		td.now_ms += 30 * 60 * 1000;
		opens(cookie);
	}
	td.now_ms += 30 * 60 * 1000;
	refused(open_cookie(cookie), "no_session");
}

static void
a_session_s_use_is_written_once_a_minute(void **state)
{
	char cookie[48];
	int64_t before;

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	cookie_of("ana@example.com", PASSWORD, cookie);
	before = number_of("SELECT used_ms FROM session");
	td.now_ms += SESSION_TOUCH_MS - 1;
	opens(cookie);
	assert_int_equal(number_of("SELECT used_ms FROM session"), before);
	td.now_ms += 1;
	opens(cookie);
	assert_int_equal(number_of("SELECT used_ms FROM session"), td.now_ms);
}

static void
old_sessions_and_links_are_swept(void **state)
{
	char cookie[48];
	struct err e;

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	cookie_of("ana@example.com", PASSWORD, cookie);
	done(&control, "agent.link", json_pack("{s:i}", "id", 1));
	assert_int_equal(session_sweep(td.store, td.now_ms + 1000, &e), OUT_OK);
	assert_int_equal(number_of("SELECT count(*) FROM session"), 1);
	assert_int_equal(session_sweep(td.store, td.now_ms + LINK_MS, &e),
			 OUT_OK);
	assert_int_equal(number_of("SELECT count(*) FROM session"), 0);
	assert_int_equal(number_of("SELECT count(*) FROM login_link"), 0);
}

static void
log_out_ends_the_session_and_its_handles(void **state)
{
	char cookie[48];
	char hash[HASH_HEX];

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	cookie_of("ana@example.com", PASSWORD, cookie);
	opens(cookie);
	hash_hex(cookie, strlen(cookie), hash);
	refused(ask(&console, "session.close",
		    json_pack("{s:s}", "handle", "h9")),
		"no_session");
	done(&console, "session.close",
	     json_pack("{s:s, s:b}", "handle", "h1", "logout", 1));
	assert_string_equal(td.ended_hash, hash);
	refused(open_cookie(cookie), "no_session");
}

static json_t *
link_token(int64_t id)
{
	struct answer a = ask(&control, "agent.link",
			      json_pack("{s:I}", "id", (json_int_t)id));
	json_t *token;

	assert_int_equal(a.outcome, OUT_OK);
	token = json_incref(json_object_get(a.result, "token"));
	answer_release(&a);
	return token;
}

static void
a_link_works_once_and_for_two_days(void **state)
{
	int64_t id = add_agent("ana@example.com", "admin", PASSWORD);
	json_t *token = link_token(id);
	json_t *late = link_token(id);

	(void)state;
	done(&console, "session.redeem", json_pack("{s:O}", "token", token));
	refused(ask(&console, "session.redeem",
		    json_pack("{s:o}", "token", token)),
		"refused");
	td.now_ms += LINK_MS;
	refused(ask(&console, "session.redeem",
		    json_pack("{s:o}", "token", late)),
		"refused");
}

static void
an_api_token_opens_until_it_is_removed(void **state)
{
	int64_t id = add_agent("ana@example.com", "lead", PASSWORD);
	struct caller self = { ROLE_CONSOLE, id, STAFF_LEAD, NULL };
	struct caller other = { ROLE_CONSOLE, id + 1, STAFF_LEAD, NULL };
	struct answer a;
	json_t *token;
	json_int_t row;

	(void)state;
	a = ask(&self, "token.add",
		json_pack("{s:I, s:s}", "agent", (json_int_t)id, "label", "x"));
	assert_int_equal(a.outcome, OUT_OK);
	token = json_incref(json_object_get(a.result, "token"));
	row = json_integer_value(json_object_get(a.result, "id"));
	answer_release(&a);
	td.now_ms += 100 * SESSION_MS;
	a = ask(&console, "session.open", json_pack("{s:O}", "token", token));
	assert_int_equal(a.outcome, OUT_OK);
	assert_true(json_is_null(json_object_get(a.result, "expires_at")));
	answer_release(&a);
	refused(ask(&other, "token.remove", json_pack("{s:I}", "id", row)),
		"not_allowed");
	done(&self, "token.remove", json_pack("{s:I}", "id", row));
	refused(ask(&console, "session.open",
		    json_pack("{s:o}", "token", token)),
		"no_session");
}

/* 'current' proves who asks, so it is only ever tried on oneself: nobody
 * guesses at somebody else's password there, or shuts them out by it. */
static void
nobody_tries_the_password_of_another(void **state)
{
	int64_t ana = add_agent("ana@example.com", "admin", PASSWORD);
	int64_t ben = add_agent("ben@example.com", "agent", PASSWORD);
	struct caller caller = { ROLE_CONSOLE, ben, STAFF_AGENT, "" };
	char cookie[48];

	(void)state;
	for (int i = 0; i < 12; i++)
		refused(ask(&caller, "agent.password",
			    json_pack("{s:I, s:s, s:s}", "id", (json_int_t)ana,
				      "password", "otra puerta azul", "current",
				      "no es esta")),
			"not_allowed");
	cookie_of("ana@example.com", PASSWORD, cookie);
}

static void
a_new_password_ends_the_other_sessions(void **state)
{
	int64_t id = add_agent("ana@example.com", "agent", PASSWORD);
	char mine[48];
	char other[48];
	char hash[HASH_HEX];
	struct caller self = { ROLE_CONSOLE, id, STAFF_AGENT, hash };

	(void)state;
	cookie_of("ana@example.com", PASSWORD, mine);
	cookie_of("ana@example.com", PASSWORD, other);
	hash_hex(mine, strlen(mine), hash);
	refused(ask(&self, "agent.password",
		    json_pack("{s:I, s:s}", "id", (json_int_t)id, "password",
			      "otra puerta azul")),
		"refused");
	refused(ask(&self, "agent.password",
		    json_pack("{s:I, s:s, s:s}", "id", (json_int_t)id,
			      "password", "otra puerta azul", "current",
			      "no es esta")),
		"refused");
	done(&self, "agent.password",
	     json_pack("{s:I, s:s, s:s}", "id", (json_int_t)id, "password",
		       "otra puerta azul", "current", PASSWORD));
	assert_int_equal(td.ended_agent, id);
	assert_string_equal(td.ended_except, hash);
	opens(mine);
	refused(open_cookie(other), "no_session");
	refused(login("ana@example.com", PASSWORD, "127.0.0.1"), "refused");
	cookie_of("ana@example.com", "otra puerta azul", other);
}

static void
a_bad_password_is_refused(void **state)
{
	static const char *const bad[] = { "corta",
					   "123456789012",
					   "Contraseña123",
					   "aaaaaaaaaaaaaaaa",
					   "abababababababab",
					   "ana@example.com" };
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(password_check(bad[i], "ana@example.com", &e),
				 OUT_PERM);
	assert_int_equal(password_check("ñandúñandúña", NULL, &e), OUT_OK);
}

static void
nobody_makes_somebody_above_themselves(void **state)
{
	int64_t admin = add_agent("ana@example.com", "admin", PASSWORD);
	int64_t agent = add_agent("bea@example.com", "agent", PASSWORD);
	struct caller lead = { ROLE_CONSOLE, agent, STAFF_LEAD, NULL };

	(void)state;
	refused(ask(&lead, "agent.add",
		    json_pack("{s:s, s:s, s:s, s:s}", "email", "c@example.com",
			      "name", "C", "role", "manager", "password",
			      PASSWORD)),
		"not_allowed");
	refused(ask(&lead, "agent.update",
		    json_pack("{s:I, s:s}", "id", (json_int_t)agent, "role",
			      "admin")),
		"not_allowed");
	refused(ask(&lead, "agent.update",
		    json_pack("{s:I, s:b}", "id", (json_int_t)admin, "active",
			      0)),
		"not_allowed");
	refused(ask(&lead, "agent.link",
		    json_pack("{s:I}", "id", (json_int_t)admin)),
		"not_allowed");
	refused(ask(&lead, "agent.password",
		    json_pack("{s:I, s:s}", "id", (json_int_t)admin, "password",
			      "otra puerta azul")),
		"not_allowed");
}

static void
the_last_active_admin_stays(void **state)
{
	int64_t a = add_agent("ana@example.com", "admin", PASSWORD);
	int64_t b = add_agent("bea@example.com", "admin", PASSWORD);

	(void)state;
	done(&control, "agent.update",
	     json_pack("{s:I, s:b}", "id", (json_int_t)a, "active", 0));
	assert_int_equal(td.ended_agent, a);
	refused(ask(&control, "agent.update",
		    json_pack("{s:I, s:b}", "id", (json_int_t)b, "active", 0)),
		"conflict");
	refused(ask(&control, "agent.update",
		    json_pack("{s:I, s:s}", "id", (json_int_t)b, "role",
			      "lead")),
		"conflict");
	done(&control, "agent.update",
	     json_pack("{s:I, s:b}", "id", (json_int_t)a, "active", 1));
	done(&control, "agent.update",
	     json_pack("{s:I, s:s}", "id", (json_int_t)b, "role", "lead"));
	assert_int_equal(td.roles, 1);
}

/* Of oneself everybody says when they are away and how they are spoken to; of
 * others a lead does, and of nobody above. */
static void
agents_say_when_they_are_away(void **state)
{
	int64_t agent = add_agent("ana@example.com", "agent", PASSWORD);
	int64_t lead = add_agent("luz@example.com", "lead", PASSWORD);
	const struct caller as_agent = { ROLE_CONSOLE, agent, STAFF_AGENT, "" };
	const struct caller as_lead = { ROLE_CONSOLE, lead, STAFF_LEAD, "" };
	struct answer a;
	json_t *away;

	(void)state;
	a = ask(&as_agent, "agent.away",
		json_pack("{s:s, s:s}", "reason", "meeting", "until",
			  "2099-01-01T00:00:00Z"));
	refused(a, "bad_params"); /* over a year from now */
	refused(ask(&as_agent, "agent.away",
		    json_pack("{s:s}", "reason", "lunch")),
		"bad_params");
	a = ask(&as_agent, "agent.away", json_pack("{s:s}", "reason", "break"));
	assert_int_equal(a.outcome, OUT_OK);
	away = json_object_get(json_object_get(a.result, "agent"), "away");
	assert_string_equal(json_string_value(json_object_get(away, "reason")),
			    "break");
	assert_true(json_is_null(json_object_get(away, "until")));
	answer_release(&a);
	/* somebody above, and somebody else */
	refused(ask(&as_agent, "agent.back",
		    json_pack("{s:I}", "agent", (json_int_t)lead)),
		"not_allowed");
	done(&as_lead, "agent.back",
	     json_pack("{s:I}", "agent", (json_int_t)agent));
	assert_int_equal(number_of("SELECT count(*) FROM agent_away WHERE "
				   "to_ms IS NULL"),
			 0);
	/* who is back already is back */
	done(&as_agent, "agent.back", json_object());
	assert_int_equal(number_of("SELECT count(*) FROM agent_away"), 1);
	refused(ask(&control, "agent.away",
		    json_pack("{s:s}", "reason", "break")),
		"bad_params");
	done(&as_agent, "agent.prefer",
	     json_pack("{s:b, s:s}", "mail_notices", 1, "language", "en"));
	assert_int_equal(number_of("SELECT count(*) FROM agent WHERE "
				   "mail_notices = 1 AND language = 'en'"),
			 1);
	refused(ask(&as_agent, "agent.prefer",
		    json_pack("{s:s}", "language", "fr")),
		"bad_params");
	done(&as_agent, "agent.prefer",
	     json_pack("{s:s}", "signature", "Ana\n*Tienda*"));
	done(&as_agent, "agent.prefer", json_pack("{s:s}", "language", "es"));
	assert_int_equal(number_of("SELECT count(*) FROM agent WHERE "
				   "signature = 'Ana' || char(10) || "
				   "'*Tienda*' AND language = 'es'"),
			 1);
	done(&as_agent, "agent.prefer", json_pack("{s:s}", "signature", ""));
	assert_int_equal(number_of("SELECT count(*) FROM agent WHERE "
				   "signature <> ''"),
			 0);
}

/* argon2id of PASSWORD with 8 MiB and one pass. */
#define WEAK                                                                   \
	"$argon2id$v=19$m=8192,t=1,p=1$BYwhxU5U7zIKJsvXEjPvBA$"                \
	"mSVbyQNKOJxJusdUv+d45fS4Co/f88IYUMMNjzjM71U"

static void
a_weak_hash_is_replaced_at_log_in(void **state)
{
	struct err e;
	char cookie[48];

	(void)state;
	(void)add_agent("ana@example.com", "admin", PASSWORD);
	run_sql("UPDATE agent SET password = '" WEAK "'");
	people_free(&td.desk.people);
	assert_int_equal(people_load(&td.desk, td.store, &e), OUT_OK);
	cookie_of("ana@example.com", PASSWORD, cookie);
	assert_int_equal(number_of("SELECT count(*) FROM agent WHERE password"
				   " LIKE '%m=19456,t=2,p=1%'"),
			 1);
	cookie_of("ana@example.com", PASSWORD, cookie);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, test_desk_setup, test_desk_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_refusal_never_says_which_half_was_wrong),
		TEST(the_right_password_opens_a_session_and_its_hash_alone_is_kept),
		TEST(five_failures_then_delays_that_double),
		TEST(failures_of_an_agent_outlive_a_new_start),
		TEST(thirty_failures_of_a_network_close_it_for_the_rest_of_its_time),
		TEST(a_session_ends_an_hour_after_its_last_use),
		TEST(a_session_ends_after_twelve_hours_whatever_its_use),
		TEST(a_session_s_use_is_written_once_a_minute),
		TEST(old_sessions_and_links_are_swept),
		TEST(log_out_ends_the_session_and_its_handles),
		TEST(a_link_works_once_and_for_two_days),
		TEST(an_api_token_opens_until_it_is_removed),
		TEST(nobody_tries_the_password_of_another),
		TEST(a_new_password_ends_the_other_sessions),
		TEST(a_bad_password_is_refused),
		TEST(nobody_makes_somebody_above_themselves),
		TEST(the_last_active_admin_stays),
		TEST(agents_say_when_they_are_away),
		TEST(a_weak_hash_is_replaced_at_log_in),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
