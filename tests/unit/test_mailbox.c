/* The ledger of a mailbox on a server, and the jobs that come of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "tests/unit/fixture.h"

method_fn m_contact_add;
method_fn m_incident_answer;
method_fn m_incident_create;
method_fn m_job_report;
method_fn m_job_take;
method_fn m_mailbox_absent;
method_fn m_mailbox_list;
method_fn m_mailbox_open;
method_fn m_mailbox_refuse;
method_fn m_mailbox_seen;
method_fn m_outbox_get;
method_fn m_outbox_report;
method_fn m_outbox_take;

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

static int
setup(void **state)
{
	int rc = fixture_setup(state);

	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (3, 'buzon', 'mailbox', 'mail', "
		     "'{\"address\":\"hola@olmo.example\","
		     "\"from_name\":\"Tienda Olmo\","
		     "\"imap_host\":\"imap.olmo.example\"}', 1)");
	return rc;
}

static void
settings(const char *more)
{
	char sql[400];

	(void)snprintf(sql, sizeof sql,
		       "UPDATE connection SET settings = json_patch(settings, "
		       "'%s') WHERE id = 3",
		       more);
	fixture_exec(sql);
}

static struct call
gateway(method_fn *fn, json_t *params)
{
	return fixture_call(fn, ROLE_MAIL, 0, params);
}

/* Members of one place in the mailbox, for params that name it. */
static json_t *
place(int validity, const char *name, int value)
{
	return json_pack("{s:s, s:s, s:i, s:i}", "connection", "buzon",
			 "folder", "INBOX", "uid_validity", validity, name,
			 value);
}

static void
refused_with(struct call c, const char *code)
{
	if (c.outcome != OUT_PERM)
		fail_msg("not refused: %d", c.outcome);
	assert_string_equal(c.err.code, code);
	call_release(&c);
}

/* "first next from_s renewed" */
static const char *
opened(int validity, int uid_next, const char *start)
{
	static char out[100];
	json_t *p = place(validity, "uid_next", uid_next);
	struct call c;
	int64_t from_ms = -1;

	(void)json_object_set_new(p, "start", json_string(start));
	c = gateway(m_mailbox_open, p);
	assert_int_equal(c.outcome, OUT_OK);
	assert_true(clock_parse(
		json_string_value(json_object_get(c.result, "from_at")),
		&from_ms));
	(void)snprintf(
		out, sizeof out, "%lld %lld %lld %s",
		(long long)got_int(&c, "first_uid"),
		(long long)got_int(&c, "next_uid"),
		(long long)(from_ms == 0 ? 0 : (from_ms - T0_MS) / 60000),
		json_is_true(json_object_get(c.result, "renewed"))
			? "renewed"
			: "as before");
	call_release(&c);
	return out;
}

static int
seen(int validity, int next)
{
	struct call c =
		gateway(m_mailbox_seen, place(validity, "next_uid", next));
	int got = (int)got_int(&c, "next_uid");

	call_release(&c);
	return got;
}

/* Which of 1 to n are not in the ledger: "1 2 4". */
static const char *
absent(int validity, int n)
{
	static char out[200];
	json_t *p = place(validity, "x", 0);
	json_t *uids = json_array();
	const json_t *j;
	struct call c;
	size_t i;
	size_t len = 0;

	for (int uid = 1; uid <= n; uid++)
		(void)json_array_append_new(uids, json_integer(uid));
	(void)json_object_set_new(p, "uids", uids);
	c = gateway(m_mailbox_absent, p);
	assert_int_equal(c.outcome, OUT_OK);
	out[0] = '\0';
	json_array_foreach(json_object_get(c.result, "uids"), i, j)
	{
		len += (size_t)snprintf(out + len, sizeof out - len, "%s%d",
					i > 0 ? " " : "",
					(int)json_integer_value(j));
	}
	call_release(&c);
	return out;
}

static bool
refuse(int validity, int uid, const char *code)
{
	json_t *p = place(validity, "uid", uid);
	struct call c;
	bool stored;

	(void)json_object_set_new(p, "code", json_string(code));
	(void)json_object_set_new(p, "bytes", json_integer(26000000));
	c = gateway(m_mailbox_refuse, p);
	assert_int_equal(c.outcome, OUT_OK);
	stored = json_is_true(json_object_get(c.result, "stored"));
	call_release(&c);
	return stored;
}

/* contact.add of the mail with that id, found at that UID. */
static struct call
contact(const char *id, const char *connection, int validity, int uid)
{
	static const unsigned char raw[] = "octets";
	struct request_blob blob = { .bytes = sizeof raw };
	char digest[HASH_HEX];
	json_t *p;

	hash_hex(id, strlen(id), digest);
	hash_hex(raw, sizeof raw, blob.sha256);
	blob.data = (unsigned char *)raw;
	p = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:{s:s}, s:{s:s, s:i}, "
		      "s:{s:s, s:i, s:i}}",
		      "connection", connection, "digest", digest, "external_id",
		      id, "received_at", "2026-01-05T08:59:00.000Z", "channel",
		      "email", "text", "hola", "from", "address",
		      "lucia@example.org", "raw", "sha256", blob.sha256,
		      "bytes", (int)sizeof raw, "mailbox", "folder", "INBOX",
		      "uid_validity", validity, "uid", uid);
	return fixture_call_blobs(m_contact_add, ROLE_MAIL, p, &blob, 1);
}

static int
stored(const char *id, int validity, int uid)
{
	struct call c = contact(id, "buzon", validity, uid);
	int message = (int)got_int(&c, "message");

	call_release(&c);
	return message;
}

static int
jobs(const char *kind)
{
	char sql[100];

	(void)snprintf(sql, sizeof sql,
		       "SELECT count(*) FROM job WHERE kind = '%s'", kind);
	return (int)fixture_int(sql);
}

/* --- folders -------------------------------------------------------------- */

static void
a_new_mailbox_begins_where_it_is_opened(void **state)
{
	(void)state;
	assert_string_equal(opened(7, 42, "new"), "42 42 -60 as before");
	/* start matters once */
	assert_string_equal(opened(7, 50, "all"), "42 42 -60 as before");
	assert_int_equal(seen(7, 45), 45);
	fx.now_ms += HOUR_MS;
	assert_string_equal(opened(7, 50, "new"), "42 45 -60 as before");
	assert_int_equal(fixture_int("SELECT count(*) FROM folder"), 1);
}

static void
an_old_mailbox_is_taken_whole(void **state)
{
	(void)state;
	assert_string_equal(opened(7, 42, "all"), "1 1 0 as before");
	assert_string_equal(opened(8, 3, "all"), "1 1 0 renewed");
}

/* "first next from_s renewed", opened with a day. */
static const char *
opened_since(int validity, const char *since_at, int since_uid)
{
	static char out[100];
	json_t *p = place(validity, "uid_next", 42);
	struct call c;

	(void)json_object_set_new(p, "start", json_string("since"));
	(void)json_object_set_new(p, "since_at", json_string(since_at));
	if (since_uid > 0)
		(void)json_object_set_new(p, "since_uid",
					  json_integer(since_uid));
	c = gateway(m_mailbox_open, p);
	assert_int_equal(c.outcome, OUT_OK);
	(void)snprintf(out, sizeof out, "%lld %lld %s %s",
		       (long long)got_int(&c, "first_uid"),
		       (long long)got_int(&c, "next_uid"),
		       json_string_value(json_object_get(c.result, "from_at")),
		       json_is_true(json_object_get(c.result, "renewed"))
			       ? "renewed"
			       : "as before");
	call_release(&c);
	return out;
}

static void
a_mailbox_is_taken_since_a_day(void **state)
{
	static const char day[] = "2025-11-03T00:00:00.000Z";

	(void)state;
	assert_string_equal(opened_since(7, day, 12),
			    "12 12 2025-11-03T00:00:00.000Z as before");
	/* it matters once */
	assert_string_equal(opened_since(7, "2020-01-01T00:00:00Z", 1),
			    "12 12 2025-11-03T00:00:00.000Z as before");
	/* new UIDs: all are looked at, and the day still holds */
	assert_string_equal(opened_since(8, day, 3),
			    "1 1 2025-11-03T00:00:00.000Z renewed");
}

/* The server could not say where the day begins. */
static void
a_day_without_a_uid_begins_at_the_first(void **state)
{
	(void)state;
	assert_string_equal(opened_since(7, "2025-11-03T00:00:00Z", 0),
			    "1 1 2025-11-03T00:00:00.000Z as before");
}

static void
a_renewed_folder_begins_again(void **state)
{
	(void)state;
	assert_string_equal(opened(7, 42, "new"), "42 42 -60 as before");
	assert_int_equal(stored("<a@x>", 7, 42), 1);
	assert_int_equal(seen(7, 43), 43);
	fx.now_ms += DAY_MS;
	assert_string_equal(opened(8, 12, "new"), "1 1 -60 renewed");
	/* for as long as it lasts, also after a new start of the gateway */
	assert_string_equal(opened(8, 13, "new"), "1 1 -60 renewed");
	/* the old numbers mean nothing */
	assert_string_equal(absent(8, 3), "1 2 3");
	assert_int_equal(seen(8, 4), 4);
	/* the same mail under its new number is the same message */
	assert_int_equal(stored("<a@x>", 8, 2), 1);
	assert_string_equal(absent(8, 3), "1 3");
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 1);
	/* and back again: what was known of it is known */
	assert_string_equal(opened(7, 44, "new"), "1 1 -60 renewed");
	assert_int_equal(fixture_int("SELECT renewals FROM folder"), 2);
	assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE "
				     "uid_validity = 7 AND uid = 42"),
			 1);
}

static void
the_cursor_never_goes_back(void **state)
{
	(void)state;
	(void)opened(7, 42, "new");
	assert_int_equal(seen(7, 60), 60);
	assert_int_equal(seen(7, 50), 60);
	assert_int_equal(seen(7, 1), 60);
	assert_int_equal(fixture_int("SELECT next_uid FROM folder"), 60);
	assert_int_equal(seen(7, 61), 61);
}

/* A look that found nothing is a good look all the same. */
static void
a_look_is_noted_without_a_new_cursor(void **state)
{
	(void)state;
	(void)opened(7, 42, "new");
	assert_string_equal(fixture_text("SELECT seen_ms IS NULL FROM folder"),
			    "1");
	assert_int_equal(seen(7, 42), 42);
	assert_int_equal(fixture_int("SELECT seen_ms FROM folder"), fx.now_ms);
	fx.now_ms += 5000;
	assert_int_equal(seen(7, 42), 42);
	assert_int_equal(fixture_int("SELECT seen_ms FROM folder"), fx.now_ms);
}

static void
what_is_no_place_is_refused(void **state)
{
	static const struct {
		int validity;
		int uid_next;
		const char *start;
	} open[] = { { 0, 1, "new" },
		     { -1, 1, "new" },
		     { 1, 0, "new" },
		     { 1, 1, "old" },
		     { 1, 1, "since" } };
	json_t *p;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof open / sizeof open[0]; i++) {
		p = place(open[i].validity, "uid_next", open[i].uid_next);
		(void)json_object_set_new(p, "start",
					  json_string(open[i].start));
		refused_with(gateway(m_mailbox_open, p), "bad_params");
	}
	refused_with(gateway(m_mailbox_seen, place(7, "next_uid", 2)),
		     "not_found");
	(void)opened(7, 42, "new");
	refused_with(gateway(m_mailbox_seen, place(7, "next_uid", 0)),
		     "bad_params");
	refused_with(gateway(m_mailbox_seen, place(8, "next_uid", 99)),
		     "conflict");
	assert_int_equal(fixture_int("SELECT next_uid FROM folder"), 42);
	p = place(7, "uid", 5);
	(void)json_object_set_new(p, "code", json_string("ugly"));
	(void)json_object_set_new(p, "bytes", json_integer(1));
	refused_with(gateway(m_mailbox_refuse, p), "bad_params");
	p = place(7, "uid", 5);
	(void)json_object_set_new(p, "code", json_string("refused"));
	(void)json_object_set_new(p, "bytes", json_integer(-1));
	refused_with(gateway(m_mailbox_refuse, p), "bad_params");
	p = place(7, "next_uid", 2);
	(void)json_object_set_new(p, "folder", json_string("Otra"));
	refused_with(gateway(m_mailbox_seen, p), "not_found");
	p = place(7, "next_uid", 2);
	(void)json_object_set_new(p, "connection", json_string("demo"));
	refused_with(gateway(m_mailbox_seen, p), "not_found");
	refused_with(fixture_call(m_mailbox_seen, ROLE_CHAT, 0,
				  place(7, "next_uid", 2)),
		     "not_found");
}

static void
another_validity_is_named(void **state)
{
	struct call c;

	(void)state;
	(void)opened(7, 42, "new");
	c = gateway(m_mailbox_seen, place(8, "next_uid", 99));
	assert_string_equal(c.err.code, "conflict");
	assert_int_equal(json_integer_value(
				 json_object_get(c.error_data, "uid_validity")),
			 7);
	call_release(&c);
}

/* --- the ledger ----------------------------------------------------------- */

static void
a_contact_leaves_its_row_and_its_job(void **state)
{
	(void)state;
	(void)opened(7, 1, "new");
	assert_int_equal(stored("<a@x>", 7, 5), 1);
	assert_string_equal(absent(7, 6), "1 2 3 4 6");
	assert_string_equal(
		fixture_text("SELECT state || message_id || code FROM ledger"),
		"stored1");
	assert_true(fx.desk.wake_jobs & 1u << ROLE_MAIL);
	assert_string_equal(fixture_text("SELECT payload FROM job"),
			    "{\"folder\":\"INBOX\",\"uid_validity\":7,"
			    "\"uid\":5}");
}

static void
a_repeat_leaves_a_row_but_no_second_job(void **state)
{
	(void)state;
	(void)opened(7, 1, "new");
	assert_int_equal(stored("<a@x>", 7, 5), 1);
	assert_int_equal(stored("<a@x>", 7, 5), 1);
	assert_int_equal(jobs("mail.handled"), 1);
	/* the same mail lies there twice: each copy is handled */
	assert_int_equal(stored("<a@x>", 7, 6), 1);
	assert_int_equal(jobs("mail.handled"), 2);
	assert_string_equal(absent(7, 7), "1 2 3 4 7");
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM ledger WHERE "
				     "message_id = 1"),
			 2);
}

static void
who_leaves_mails_alone_gets_no_job(void **state)
{
	(void)state;
	settings("{\"handled\":\"leave\"}");
	(void)opened(7, 1, "new");
	assert_int_equal(stored("<a@x>", 7, 5), 1);
	assert_int_equal(jobs("mail.handled"), 0);
	assert_string_equal(absent(7, 5), "1 2 3 4");
	settings("{\"handled\":\"move\",\"handled_folder\":\"Hecho\"}");
	assert_int_equal(stored("<b@x>", 7, 6), 2);
	assert_int_equal(jobs("mail.handled"), 1);
}

/* Nothing of a contact stands if its row cannot. */
static void
a_contact_without_a_folder_is_undone(void **state)
{
	(void)state;
	refused_with(contact("<a@x>", "buzon", 7, 5), "not_found");
	refused_with(contact("<a@x>", "demo", 7, 5), "not_found");
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM incident"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM job"), 0);
}

/* What comes late from before a renewal, or from the account of before, is a
 * contact, but says nothing of the numbers that are in force. */
static void
a_place_that_is_over_notes_nothing(void **state)
{
	(void)state;
	(void)opened(7, 1, "new");
	(void)opened(8, 9, "new");
	assert_int_equal(stored("<a@x>", 7, 5), 1);
	assert_int_equal(fixture_int("SELECT count(*) FROM ledger"), 0);
	assert_int_equal(jobs("mail.handled"), 0);
	assert_string_equal(absent(8, 6), "1 2 3 4 5 6");
	/* the account changes: connection.update leaves this */
	fixture_exec("UPDATE folder SET uid_validity = 0");
	assert_int_equal(stored("<b@x>", 8, 6), 2);
	assert_int_equal(fixture_int("SELECT count(*) FROM ledger"), 0);
	refused_with(gateway(m_mailbox_seen, place(8, "next_uid", 7)),
		     "conflict");
	assert_string_equal(opened(8, 9, "new"), "1 1 -60 renewed");
	assert_string_equal(absent(8, 6), "1 2 3 4 5 6");
	assert_int_equal(stored("<b@x>", 8, 6), 2);
	assert_string_equal(absent(8, 6), "1 2 3 4 5");
}

static void
a_place_has_a_number(void **state)
{
	(void)state;
	(void)opened(7, 1, "new");
	refused_with(contact("<a@x>", "buzon", 7, 0), "bad_params");
	refused_with(contact("<a@x>", "buzon", 0, 5), "bad_params");
	assert_int_equal(fixture_int("SELECT count(*) FROM message"), 0);
}

static void
a_refused_mail_may_still_be_stored(void **state)
{
	(void)state;
	(void)opened(7, 1, "new");
	assert_true(refuse(7, 5, "too_large"));
	assert_false(refuse(7, 5, "refused"));
	assert_string_equal(
		fixture_text("SELECT state || ' ' || code || ' ' || bytes "
			     "FROM ledger"),
		"refused too_large 26000000");
	assert_string_equal(absent(7, 5), "1 2 3 4");
	assert_int_equal(fixture_int("SELECT count(*) FROM job"), 0);
	assert_int_equal(stored("<a@x>", 7, 5), 1);
	assert_string_equal(fixture_text("SELECT state FROM ledger"), "stored");
	assert_int_equal(jobs("mail.handled"), 1);
	/* never the other way */
	assert_false(refuse(7, 5, "refused"));
	assert_string_equal(fixture_text("SELECT state FROM ledger"), "stored");
}

static void
the_list_says_how_each_stands(void **state)
{
	struct call c;
	const json_t *list;
	const json_t *m;

	(void)state;
	c = gateway(m_mailbox_list, json_object());
	list = json_object_get(c.result, "mailboxes");
	assert_int_equal(json_array_size(list), 1);
	m = json_array_get(list, 0);
	/* never opened: it is there all the same */
	assert_string_equal(json_string_value(json_object_get(m, "folder")),
			    "INBOX");
	assert_true(json_is_null(json_object_get(m, "uid_validity")));
	assert_true(json_is_null(json_object_get(m, "seen_at")));
	call_release(&c);
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	(void)stored("<b@x>", 7, 6);
	(void)refuse(7, 7, "refused");
	(void)seen(7, 8);
	c = gateway(m_mailbox_list, json_object());
	m = json_array_get(json_object_get(c.result, "mailboxes"), 0);
	assert_string_equal(json_string_value(json_object_get(m, "connection")),
			    "buzon");
	assert_int_equal(json_integer_value(json_object_get(m, "stored")), 2);
	assert_int_equal(json_integer_value(json_object_get(m, "refused")), 1);
	assert_int_equal(json_integer_value(json_object_get(m, "next_uid")), 8);
	assert_string_equal(json_string_value(json_object_get(m, "seen_at")),
			    "2026-01-05T09:00:00.000Z");
	assert_string_equal(json_string_value(json_object_get(m, "state")),
			    "unknown");
	call_release(&c);
}

static void
answer(void)
{
	struct call c =
		fixture_call(m_incident_answer, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i, s:s, s:i}", "id", 1, "text",
				       "Sale hoy", "seen", 1));

	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
}

static void
checks_find_what_is_wrong(void **state)
{
	(void)state;
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	(void)refuse(7, 6, "refused");
	answer();
	fixture_finds("folder_cursor", "UPDATE folder SET first_uid = 9");
	fixture_finds("folder_cursor", "UPDATE folder SET uid_validity = -1");
	fixture_finds("ledger_message", "UPDATE ledger SET message_id = NULL "
					"WHERE uid = 5");
	fixture_finds("ledger_message", "UPDATE ledger SET message_id = 1 "
					"WHERE uid = 6");
	/* an answer is no contact, and another connection's is not its own */
	fixture_finds("ledger_message", "UPDATE ledger SET message_id = 2 "
					"WHERE uid = 5");
	fixture_finds("ledger_message", "UPDATE folder SET connection_id = 1");
	fixture_finds("ledger_mailbox", "UPDATE folder SET connection_id = 1");
	fixture_finds("ledger_refused",
		      "UPDATE ledger SET code = '' WHERE uid = 6");
	fixture_finds("ledger_refused",
		      "UPDATE ledger SET bytes = 1 WHERE uid = 5");
}

/* --- jobs ----------------------------------------------------------------- */

static void
job_done(int id)
{
	struct call c = gateway(m_job_take, json_pack("{s:i, s:i}", "max", 10,
						      "lease_ms", 60000));

	assert_int_equal(json_array_size(json_object_get(c.result, "jobs")), 1);
	call_release(&c);
	c = gateway(m_job_report, json_pack("{s:i, s:i, s:b}", "job", id,
					    "attempt", 1, "ok", 1));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
}

/* A mailbox makes one for each mail: they do not pile up. */
static void
ended_jobs_are_forgotten(void **state)
{
	int64_t ended;

	(void)state;
	settings("{\"handled\":\"flag\"}");
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	job_done(1);
	(void)stored("<b@x>", 7, 6);
	ended = fx.now_ms;
	fx.now_ms = ended + 7 * DAY_MS - 1;
	assert_int_equal(fixture_tick(), ended + 7 * DAY_MS);
	assert_int_equal(jobs("mail.handled"), 2);
	fx.now_ms = ended + 7 * DAY_MS;
	(void)fixture_tick();
	/* the one that has not ended stays */
	assert_string_equal(fixture_text("SELECT group_concat(id) FROM job"),
			    "2");
}

/* A server may be away for days: its mails are still to be flagged. */
static void
a_job_is_tried_for_four_days(void **state)
{
	int64_t made = fx.now_ms;
	const char *end = "";
	int attempt = 0;

	(void)state;
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	while (strcmp(end, "failed") != 0) {
		struct call c =
			gateway(m_job_take, json_pack("{s:i, s:i}", "max", 1,
						      "lease_ms", 60000));

		assert_int_equal(
			json_array_size(json_object_get(c.result, "jobs")), 1);
		call_release(&c);
		c = gateway(m_job_report,
			    json_pack("{s:i, s:i, s:b, s:b}", "job", 1,
				      "attempt", ++attempt, "ok", 0, "retry",
				      1));
		assert_int_equal(c.outcome, OUT_OK);
		call_release(&c);
		end = fixture_text("SELECT state FROM job");
		assert_true(attempt < 200);
		if (strcmp(end, "failed") != 0)
			fx.now_ms = fixture_int("SELECT due_ms FROM job");
	}
	assert_true(fx.now_ms - made >= 4 * DAY_MS);
	assert_true(fx.now_ms - made < 4 * DAY_MS + 2 * HOUR_MS);
}

static json_t *
take(void)
{
	struct call c = gateway(m_outbox_take, json_pack("{s:i, s:i}", "max", 5,
							 "lease_ms", 60000));
	json_t *list = json_incref(json_object_get(c.result, "deliveries"));

	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	return list;
}

static void
report(const char *result, const char *state)
{
	struct call c = gateway(m_outbox_report,
				json_pack("{s:i, s:i, s:s}", "delivery", 1,
					  "attempt", 1, "result", result));

	assert_int_equal(c.outcome, OUT_OK);
	assert_string_equal(
		json_string_value(json_object_get(c.result, "state")), state);
	call_release(&c);
}

static void
a_sent_answer_is_copied_once(void **state)
{
	json_t *list;

	(void)state;
	settings("{\"sent_folder\":\"Enviados\",\"handled\":\"leave\"}");
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	answer();
	list = take();
	assert_int_equal(json_array_size(list), 1);
	json_decref(list);
	assert_int_equal(jobs("mail.copy"), 0);
	report("sent", "sent");
	report("sent", "sent");
	assert_int_equal(jobs("mail.copy"), 1);
	assert_string_equal(fixture_text("SELECT payload FROM job"),
			    "{\"delivery\":1}");
	assert_int_equal(fixture_int("SELECT connection_id FROM job"), 3);
}

/* Nobody knew, so it is to go again; then it was learnt: that is the one time it
 * became sent. */
static void
an_unknown_answer_is_copied_when_it_is_known(void **state)
{
	(void)state;
	settings("{\"sent_folder\":\"Enviados\",\"handled\":\"leave\"}");
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	answer();
	json_decref(take());
	report("unknown", "queued");
	assert_int_equal(jobs("mail.copy"), 0);
	report("sent", "sent");
	report("sent", "sent");
	assert_int_equal(jobs("mail.copy"), 1);
}

static void
without_a_folder_nothing_is_copied(void **state)
{
	(void)state;
	settings("{\"handled\":\"leave\"}");
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	answer();
	json_decref(take());
	report("sent", "sent");
	assert_int_equal(jobs("mail.copy"), 0);
}

/* Whoever writes first, and names no connection, writes by one that can. */
static void
a_mailbox_that_does_not_send_is_not_written_by(void **state)
{
	static const struct {
		const char *settings;
		int connection;
	} cases[] = { { "{}", 4 }, { "{\"smtp_host\":\"localhost\"}", 3 } };
	size_t i;

	(void)state;
	fixture_exec("UPDATE connection SET active = 0 WHERE id < 3; INSERT "
		     "INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (4, 'otro', 'pipe', 'mail', "
		     "'{\"address\":\"x@olmo.example\"}', 1)");
	for (i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct call c;

		settings(cases[i].settings);
		c = fixture_call(m_incident_create, ROLE_CONSOLE, fx.agent_id,
				 json_pack("{s:s, s:s, s:s, s:s, s:s}",
					   "channel", "email", "direction",
					   "out", "address", "a@example.org",
					   "subject", "Hola", "text", "Hola"));
		assert_int_equal(c.outcome, OUT_OK);
		call_release(&c);
		assert_int_equal(fixture_int("SELECT connection_id FROM "
					     "delivery ORDER BY id DESC"),
				 cases[i].connection);
	}
}

static void
a_delivery_is_given_again_as_it_was(void **state)
{
	json_t *list;
	json_t *taken;
	json_t *got;
	struct call c;

	(void)state;
	(void)opened(7, 1, "new");
	(void)stored("<a@x>", 7, 5);
	answer();
	list = take();
	taken = json_array_get(list, 0);
	c = gateway(m_outbox_get, json_pack("{s:i}", "delivery", 1));
	got = json_object_get(c.result, "delivery");
	assert_true(json_equal(taken, got));
	call_release(&c);
	report("sent", "sent");
	c = gateway(m_outbox_get, json_pack("{s:i}", "delivery", 1));
	got = json_object_get(c.result, "delivery");
	(void)json_object_del(taken, "lease_until");
	(void)json_object_del(got, "lease_until");
	assert_true(json_equal(taken, got));
	call_release(&c);
	json_decref(list);
	refused_with(gateway(m_outbox_get, json_pack("{s:i}", "delivery", 9)),
		     "not_found");
	refused_with(fixture_call(m_outbox_get, ROLE_CHAT, 0,
				  json_pack("{s:i}", "delivery", 1)),
		     "not_found");
	/* it was only looked at */
	assert_int_equal(fixture_int("SELECT attempts FROM delivery"), 1);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_new_mailbox_begins_where_it_is_opened),
		TEST(an_old_mailbox_is_taken_whole),
		TEST(a_renewed_folder_begins_again),
		TEST(the_cursor_never_goes_back),
		TEST(a_mailbox_is_taken_since_a_day),
		TEST(a_day_without_a_uid_begins_at_the_first),
		TEST(a_look_is_noted_without_a_new_cursor),
		TEST(what_is_no_place_is_refused),
		TEST(another_validity_is_named),
		TEST(a_contact_leaves_its_row_and_its_job),
		TEST(a_repeat_leaves_a_row_but_no_second_job),
		TEST(who_leaves_mails_alone_gets_no_job),
		TEST(a_contact_without_a_folder_is_undone),
		TEST(a_place_that_is_over_notes_nothing),
		TEST(a_place_has_a_number),
		TEST(a_refused_mail_may_still_be_stored),
		TEST(the_list_says_how_each_stands),
		TEST(checks_find_what_is_wrong),
		TEST(ended_jobs_are_forgotten),
		TEST(a_job_is_tried_for_four_days),
		TEST(a_mailbox_that_does_not_send_is_not_written_by),
		TEST(a_sent_answer_is_copied_once),
		TEST(an_unknown_answer_is_copied_when_it_is_known),
		TEST(without_a_folder_nothing_is_copied),
		TEST(a_delivery_is_given_again_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
