/* Connections and their secrets, the stored desk book, audit, status. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/kinds.h"
#include "daemon/seal.h"
#include "daemon/store/audit.h"
#include "rules/book.h"
#include "tests/unit/people_desk.h"

static void
what_is_sealed_opens_with_the_same_key_alone(void **state)
{
	unsigned char key[HASH_BYTES] = { 1 };
	unsigned char other[HASH_BYTES] = { 2 };
	char *plain = NULL;
	struct err e;
	size_t n = 0;
	unsigned char *a = seal(key, "secreto", 7, &n);
	unsigned char *b = seal(key, "secreto", 7, &n);

	(void)state;
	assert_int_equal(n, 7 + SEAL_MORE);
	assert_memory_not_equal(a, b, n);
	assert_int_equal(unseal(key, a, n, &plain, &e), OUT_OK);
	assert_string_equal(plain, "secreto");
	mem_free(plain);
	assert_int_equal(unseal(other, a, n, &plain, &e), OUT_PERM);
	a[n - 1] ^= 1;
	assert_int_equal(unseal(key, a, n, &plain, &e), OUT_PERM);
	assert_int_equal(unseal(key, a, SEAL_MORE - 1, &plain, &e), OUT_PERM);
	mem_free(a);
	mem_free(b);
}

static json_t *
maildir(const char *name)
{
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s}}", "name", name,
			 "kind", "maildir", "settings", "address",
			 "hola@tienda.example", "from_name", "Tienda", "in",
			 "/srv/in", "out", "/srv/out");
}

static void
every_wrong_setting_is_named_at_once(void **state)
{
	struct answer a = ask(
		&control, "connection.add",
		json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:s}, s:{s:s}}", "name",
			  "x", "kind", "maildir", "settings", "address",
			  "nadie", "in", "srv/in", "out", "/srv/../etc",
			  "color", "azul", "secrets", "password", "x"));

	(void)state;
	assert_non_null(strstr(a.err.text, "'settings.address'"));
	assert_non_null(strstr(a.err.text, "'settings.from_name' is missing"));
	assert_non_null(strstr(a.err.text, "'settings.in'"));
	assert_non_null(strstr(a.err.text, "'settings.out'"));
	assert_non_null(strstr(a.err.text, "'settings.color' is not known"));
	refused(a, "bad_params");
	refused(ask(&control, "connection.add",
		    json_pack("{s:s, s:s, s:{}}", "name", "x", "kind", "fax",
			      "settings")),
		"bad_params");
	refused(ask(&control, "connection.add", maildir("a/b")), "bad_params");
}

static void
a_connection_is_told_to_its_role_and_the_supervisor(void **state)
{
	const struct caller mail = { .role = ROLE_MAIL };
	const struct caller chat = { .role = ROLE_CHAT };
	struct answer a;

	(void)state;
	done(&control, "connection.add", maildir("tienda"));
	assert_int_equal(td.desk.wake_connections,
			 1U << ROLE_MAIL | 1U << ROLE_CONTROL);
	refused(ask(&control, "connection.add", maildir("tienda")), "exists");
	a = ask(&mail, "connection.mine", json_object());
	assert_int_equal(
		json_array_size(json_object_get(a.result, "connections")), 1);
	answer_release(&a);
	a = ask(&chat, "connection.mine", json_object());
	assert_int_equal(
		json_array_size(json_object_get(a.result, "connections")), 0);
	answer_release(&a);
	refused(ask(&chat, "connection.report",
		    json_pack("{s:s, s:s, s:s}", "name", "tienda", "state",
			      "ok", "detail", "")),
		"not_found");
	done(&mail, "connection.report",
	     json_pack("{s:s, s:s, s:s}", "name", "tienda", "state", "failing",
		       "detail", "no folder"));
	assert_int_equal(number_of("SELECT count(*) FROM connection WHERE"
				   " state = 'failing'"),
			 1);
	done(&control, "connection.test", json_pack("{s:s}", "name", "tienda"));
	assert_int_equal(td.desk.wake_jobs, 1U << ROLE_MAIL);
	done(&control, "connection.update",
	     json_pack("{s:s, s:b}", "name", "tienda", "active", 0));
	assert_int_equal(number_of("SELECT version FROM connection"), 2);
	a = ask(&mail, "connection.mine", json_object());
	assert_int_equal(
		json_array_size(json_object_get(a.result, "connections")), 0);
	answer_release(&a);
	done(&control, "connection.remove",
	     json_pack("{s:s}", "name", "tienda"));
	assert_int_equal(number_of("SELECT count(*) FROM connection"), 0);
}

#define BOOK "queue \"a\" { title \"A\" }\n"

static void
a_book_made_from_an_older_one_is_refused(void **state)
{
	struct answer a;

	(void)state;
	done(&control, "book.apply",
	     json_pack("{s:s, s:i}", "text", BOOK, "base", 1));
	assert_int_equal(td.desk.book_version, 2);
	assert_string_equal(book_queue_default(td.desk.book)->name, "a");
	a = ask(&control, "book.apply",
		json_pack("{s:s, s:i}", "text", BOOK, "base", 1));
	assert_int_equal(json_integer_value(json_object_get(a.data, "version")),
			 2);
	refused(a, "base");
	done(&control, "book.apply", json_pack("{s:s}", "text", BOOK));
	assert_int_equal(number_of("SELECT max(version) FROM book"), 3);
	assert_int_equal(number_of("SELECT count(*) FROM event WHERE"
				   " kind = 'book.applied'"),
			 2);
}

static void
a_wrong_book_is_refused_with_all_its_errors(void **state)
{
	struct answer a =
		ask(&control, "book.apply",
		    json_pack("{s:s}", "text", "queue {\n}\npolicy {\n}\n"));

	(void)state;
	assert_true(json_array_size(json_object_get(a.data, "errors")) >= 2);
	refused(a, "book");
	assert_int_equal(td.desk.book_version, 1);
	assert_int_equal(number_of("SELECT max(version) FROM book"), 1);
}

static void
a_changed_audit_row_is_found(void **state)
{
	json_t *problems = json_array();
	struct err e;

	(void)state;
	for (int i = 0; i < 3; i++)
		done(&control, "desk.set",
		     json_pack("{s:s}", "name", "La tienda"));
	assert_int_equal(audit_verify(td.store, problems, &e), OUT_OK);
	assert_int_equal(json_array_size(problems), 0);
	run_sql("UPDATE audit SET outcome = 'refused' WHERE id = 2");
	assert_int_equal(audit_verify(td.store, problems, &e), OUT_OK);
	assert_int_equal(json_array_size(problems), 1);
	run_sql("UPDATE audit SET outcome = 'ok' WHERE id = 2");
	json_decref(problems);
	problems = json_array();
	run_sql("CREATE TEMP TABLE gone AS SELECT * FROM audit WHERE id = 2;"
		"DELETE FROM audit WHERE id = 2");
	assert_int_equal(audit_verify(td.store, problems, &e), OUT_OK);
	assert_int_equal(json_array_size(problems), 1);
	run_sql("INSERT INTO audit SELECT * FROM gone");
	json_decref(problems);
}

/* The part of status.get's health with a name; borrowed. */
static const json_t *
health_of(const struct answer *a, const char *name)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(a->result, "health"), i, x)
	{
		if (strcmp(json_string_value(json_object_get(x, "name")),
			   name) == 0)
			return x;
	}
	return NULL;
}

static void
status_names_what_is_not_well(void **state)
{
	const struct caller mail = { .role = ROLE_MAIL };
	struct answer a;
	const json_t *x;

	(void)state;
	done(&control, "connection.add", maildir("tienda"));
	done(&mail, "connection.report",
	     json_pack("{s:s, s:s, s:s}", "name", "tienda", "state", "failing",
		       "detail", "no folder"));
	a = ask(&control, "status.get", json_object());
	assert_int_equal(a.outcome, OUT_OK);
	x = health_of(&a, "connection tienda");
	assert_non_null(x);
	assert_true(json_is_false(json_object_get(x, "ok")));
	answer_release(&a);
}

static json_t *
mailbox(const char *name)
{
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:i}}", "name", name,
			 "kind", "mailbox", "settings", "address",
			 "hola@tienda.example", "from_name", "Tienda",
			 "imap_host", "imap.tienda.example", "poll_s", 20);
}

/* What status.get says of the connection buzon. */
static void
buzon_is(bool ok, const char *detail)
{
	struct answer a = ask(&control, "status.get", json_object());
	const json_t *x = health_of(&a, "connection buzon");

	assert_non_null(x);
	assert_string_equal(json_string_value(json_object_get(x, "detail")),
			    detail);
	assert_int_equal(json_is_true(json_object_get(x, "ok")), ok);
	answer_release(&a);
}

static void
reported(const char *state, const char *detail)
{
	const struct caller mail = { .role = ROLE_MAIL };

	done(&mail, "connection.report",
	     json_pack("{s:s, s:s, s:s}", "name", "buzon", "state", state,
		       "detail", detail));
}

/* As mailbox.open and mailbox.seen leave it. */
static void
looked(void)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql),
		       "INSERT INTO folder (connection_id, name, uid_validity, "
		       "first_uid, next_uid, from_ms, opened_ms, seen_ms) "
		       "VALUES (1, 'INBOX', 7, 1, 1, 0, 1, %lld) ON CONFLICT "
		       "DO UPDATE SET seen_ms = excluded.seen_ms",
		       (long long)td.now_ms);
	run_sql(sql);
}

/* Three looks missed, and it is said when the last one was. */
static void
status_says_when_a_mailbox_was_read(void **state)
{
	(void)state;
	done(&control, "connection.add", mailbox("buzon"));
	buzon_is(true, "unknown");
	td.now_ms += 60000;
	buzon_is(true, "unknown");
	td.now_ms += 1;
	buzon_is(false, "the mailbox was never read");
	/* a daemon that has just started does not know yet */
	td.desk.started_ms = td.now_ms;
	buzon_is(true, "unknown");
	td.now_ms = INT64_C(1767603600000) + 3600000; /* 10:00 */
	looked();
	reported("ok", "");
	buzon_is(true, "ok");
	td.now_ms += 60000;
	buzon_is(true, "ok");
	td.now_ms += 1;
	buzon_is(false,
		 "the mailbox was last read at 2026-01-05T10:00:00.000Z");
	looked();
	buzon_is(true, "ok");
}

static void
status_says_since_when_a_mailbox_fails(void **state)
{
	(void)state;
	done(&control, "connection.add", mailbox("buzon"));
	td.now_ms += 1000;
	reported("failing", "no route to imap.tienda.example");
	td.now_ms += 30000;
	reported("failing", "certificate is of another name");
	buzon_is(false, "failing since 2026-01-05T09:00:01.000Z: certificate "
			"is of another name");
	td.now_ms += 60000;
	buzon_is(false, "failing since 2026-01-05T09:00:01.000Z: certificate "
			"is of another name; the mailbox was never read");
	reported("ok", "");
	td.now_ms += 1000;
	reported("failing", "x");
	buzon_is(false, "failing since 2026-01-05T09:01:32.000Z: x; the "
			"mailbox was never read");
	/* one that is not used is not looked at */
	done(&control, "connection.update",
	     json_pack("{s:s, s:b}", "name", "buzon", "active", 0));
	{
		struct answer a = ask(&control, "status.get", json_object());

		assert_null(health_of(&a, "connection buzon"));
		answer_release(&a);
	}
}

/* A mailbox that nothing came by goes with everything that was noted. */
static void
a_mailbox_without_mails_can_be_removed(void **state)
{
	(void)state;
	done(&control, "connection.add", mailbox("buzon"));
	looked();
	run_sql("INSERT INTO ledger (folder_id, uid_validity, uid, state, "
		"code, bytes, at_ms) VALUES (1, 7, 9, 'refused', 'too_large', "
		"99, 1)");
	assert_int_equal(number_of("SELECT count(*) FROM ledger"), 1);
	done(&control, "connection.remove",
	     json_pack("{s:s}", "name", "buzon"));
	assert_int_equal(number_of("SELECT count(*) FROM ledger"), 0);
	assert_int_equal(number_of("SELECT count(*) FROM folder"), 0);
}

/* The same numbers in another account are other mails. */
static void
another_account_begins_again(void **state)
{
	static const struct {
		const char *name;
		const char *value;
		int kept;
	} change[] = {
		{ "handled", "leave", 1 },
		{ "imap_user", "hola@tienda.example", 1 },
		{ "imap_host", "IMAP.tienda.example", 1 },
		{ "imap_user", "otra", 0 },
		{ "imap_host", "imap.otra.example", 0 },
		{ "address", "ventas@tienda.example", 0 },
	};
	size_t i;

	(void)state;
	done(&control, "connection.add", mailbox("buzon"));
	for (i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		json_t *params = mailbox("buzon");

		done(&control, "connection.update",
		     json_pack("{s:s, s:O}", "name", "buzon", "settings",
			       json_object_get(params, "settings")));
		run_sql("DELETE FROM ledger; DELETE FROM folder");
		looked();
		run_sql("INSERT INTO ledger (folder_id, uid_validity, uid, "
			"state, code, bytes, at_ms) SELECT id, 7, 9, "
			"'refused', 'too_large', 99, 1 FROM folder");
		(void)json_object_set_new(json_object_get(params, "settings"),
					  change[i].name,
					  json_string(change[i].value));
		done(&control, "connection.update",
		     json_pack("{s:s, s:O}", "name", "buzon", "settings",
			       json_object_get(params, "settings")));
		assert_int_equal(number_of("SELECT count(*) FROM ledger"),
				 change[i].kept);
		assert_int_equal(number_of("SELECT uid_validity FROM folder"),
				 change[i].kept != 0 ? 7 : 0);
		json_decref(params);
	}
}

static void
status_names_the_book_in_force(void **state)
{
	struct answer a;
	const json_t *x;

	(void)state;
	a = ask(&control, "status.get", json_object());
	x = health_of(&a, "book");
	assert_non_null(x);
	assert_true(json_is_true(json_object_get(x, "ok")));
	assert_string_equal(json_string_value(json_object_get(x, "detail")),
			    "version 1, rules: 0, queues: 1");
	answer_release(&a);
	td.desk.book_version = 0;
	a = ask(&control, "status.get", json_object());
	x = health_of(&a, "book");
	assert_true(json_is_false(json_object_get(x, "ok")));
	answer_release(&a);
}

#define TEST(f)                                                                \
	cmocka_unit_test_setup_teardown(f, test_desk_setup, test_desk_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_sealed_opens_with_the_same_key_alone),
		TEST(every_wrong_setting_is_named_at_once),
		TEST(a_connection_is_told_to_its_role_and_the_supervisor),
		TEST(a_book_made_from_an_older_one_is_refused),
		TEST(a_wrong_book_is_refused_with_all_its_errors),
		TEST(a_changed_audit_row_is_found),
		TEST(status_names_what_is_not_well),
		TEST(status_says_when_a_mailbox_was_read),
		TEST(status_says_since_when_a_mailbox_fails),
		TEST(a_mailbox_without_mails_can_be_removed),
		TEST(another_account_begins_again),
		TEST(status_names_the_book_in_force),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
