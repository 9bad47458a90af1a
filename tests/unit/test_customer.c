/*
 * Who is who: buyers and people who write, what proves that they are one, and
 * two customers who are made one and two again.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/authentic.h"
#include "daemon/base/clock.h"
#include "daemon/buyer.h"
#include "daemon/shared.h"
#include "daemon/store/check.h"
#include "daemon/store/fold.h"
#include "tests/unit/wa_desk.h"

#define SHOP 7
#define SHOP_2 8
#define ANA "ana@mail.test"
#define LUCIA 1 /* customer of wa_desk */

method_fn m_customer_merge;
method_fn m_customer_note;
method_fn m_customer_suggestions;
method_fn m_customer_timeline;
method_fn m_customer_unmerge;
method_fn m_identity_add;
method_fn m_incident_answer;
method_fn m_suggestion_refuse;

static int
setup(void **state)
{
	wa_setup(state);
	fixture_exec("INSERT INTO connection (id, name, kind, role, settings, "
		     "created_ms) VALUES (7, 'shop', 'orders', 'shop', '{}', "
		     "1), (8, 'other', 'orders', 'shop', '{}', 1)");
	return 0;
}

/* --- helpers ---------------------------------------------------------------------- */

static int64_t
takes(int64_t connection_id, const char *account, const char *email,
      const char *phone, struct buyer_is *out)
{
	struct buyer b = { .external_id = account,
			   .email = email,
			   .phone = phone,
			   .name = "Ana" };
	struct err e = { .text = "" };

	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	if (buyer_take(fx.store, connection_id, &b, fx.now_ms++, out, &e) !=
	    OUT_OK)
		fail_msg("%s", e.text);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	return out->customer_id;
}

/* An order as order.put writes it, with its customer. Returns the customer. */
static int64_t
buys(int64_t connection_id, const char *account, const char *email,
     const char *phone)
{
	static int serial;
	struct buyer_is is;
	char sql[1500];

	(void)takes(connection_id, account, email, phone, &is);
	serial++;
	(void)snprintf(
		sql, sizeof sql,
		"INSERT INTO shop_order (connection_id, external_id, number, "
		"currency, total, placed_ms, updated_ms, told_ms, "
		"buyer_external_id, buyer_email, buyer_phone, buyer, sha256, "
		"customer_id, customer_basis) VALUES (%lld, 'x%d', '#%d', "
		"'EUR', 1990, %lld, 1, 1, '%s', '%s', '%s', "
		"json_object('external_id', '%s', 'email', '%s', "
		"'phone_e164', '%s', 'name', 'Ana'), 'x', nullif(%lld, 0), "
		"'%s')",
		(long long)connection_id, serial, serial, (long long)fx.now_ms,
		account, email, phone, account, email, phone,
		(long long)is.customer_id, is.basis);
	fixture_exec(sql);
	return is.customer_id;
}

/* Somebody's mail; authentic by the mailbox's server or not. */
static int64_t
mails(const char *from)
{
	static int serial;
	char id[32];
	struct letter m = { .id = id, .from = from, .text = "Hola" };
	struct call c;

	(void)snprintf(id, sizeof id, "<m%d@mail.test>", ++serial);
	c = fixture_mail(&m);
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
	return fixture_int("SELECT max(id) FROM incident");
}

static int64_t
customer_of(int64_t incident)
{
	char sql[100];

	(void)snprintf(sql, sizeof sql,
		       "SELECT customer_id FROM incident WHERE id = %lld",
		       (long long)incident);
	return fixture_int(sql);
}

static int64_t
heard(int64_t customer, const char *kind, const char *value, bool verified)
{
	struct err e = { .text = "" };

	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	if (buyer_heard(fx.store, customer, kind, value, verified, fx.now_ms++,
			&e) != OUT_OK)
		fail_msg("%s", e.text);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	return fixture_int("SELECT count(*) FROM customer_merge");
}

static struct call
merges(int64_t kept, int64_t gone)
{
	return fixture_call(m_customer_merge, ROLE_CONSOLE, fx.agent_id,
			    json_pack("{s:I, s:I}", "customer",
				      (json_int_t)kept, "gone",
				      (json_int_t)gone));
}

static int64_t
merged(int64_t kept, int64_t gone)
{
	struct call c = merges(kept, gone);
	int64_t id;

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	id = got_int(&c, "merge");
	call_release(&c);
	return id;
}

static struct call
undoes(int64_t merge)
{
	return fixture_call(m_customer_unmerge, ROLE_CONSOLE, fx.agent_id,
			    json_pack("{s:I}", "merge", (json_int_t)merge));
}

static void
refused(struct call c, const char *code)
{
	assert_int_equal(c.outcome, OUT_PERM);
	assert_string_equal(c.err.code, code);
	call_release(&c);
}

/* Whose everything is. */
static void
owners(char out[2000])
{
	(void)snprintf(
		out, 2000, "%s",
		fixture_text(
			"SELECT 'i ' || (SELECT group_concat(id || ':' || "
			"customer_id) FROM (SELECT * FROM identity ORDER BY id)"
			") || ' n ' || (SELECT group_concat(id || ':' || "
			"customer_id) FROM (SELECT * FROM incident ORDER BY id)"
			") || ' o ' || coalesce((SELECT group_concat(id || ':' "
			"|| customer_id) FROM (SELECT * FROM shop_order "
			"ORDER BY id)), '') || ' w ' || coalesce((SELECT "
			"group_concat(connection_id || ':' || customer_id || "
			"':' || until_ms || ':' || last_external_id) FROM "
			"contact_window), '') || ' c ' || (SELECT group_concat("
			"id || ':' || name || ':' || coalesce(merged_into, "
			"'-')) FROM (SELECT * FROM customer ORDER BY id))"));
}

/* What events tell is what the rows say. */
static void
folds(void)
{
	struct check_report r;
	struct err e = { .text = "" };

	check_begin(&r);
	assert_int_equal(fold_run(fx.store, &r, NULL, &e), OUT_OK);
	if (r.found != 0) {
		char *text = json_dumps(r.problems, 0);

		fail_msg("%s", text);
	}
	check_release(&r);
}

static const char *
suggested(void)
{
	return fixture_text("SELECT coalesce(group_concat(basis || ':' || "
			    "state), '') FROM (SELECT * FROM suggestion "
			    "ORDER BY id)");
}

/* --- who bought ------------------------------------------------------------------ */

static void
an_account_is_known_again(void **state)
{
	struct buyer_is is;
	int64_t first = takes(SHOP, "11", ANA, "", &is);

	(void)state;
	assert_string_equal(is.basis, "account");
	assert_true(is.made);
	/* whatever else it says now */
	assert_int_equal(takes(SHOP, "11", "eva@mail.test", "", &is), first);
	assert_false(is.made);
	/* another one, also of another shop, is somebody else */
	assert_int_not_equal(takes(SHOP, "12", ANA, "", &is), first);
	assert_int_not_equal(takes(SHOP_2, "11", "", "", &is), first);
}

static void
a_guest_is_known_by_the_address(void **state)
{
	struct buyer_is is;
	int64_t first = buys(SHOP, "", ANA, "");

	(void)state;
	assert_int_equal(takes(SHOP, NULL, "ANA@mail.test", NULL, &is), first);
	assert_string_equal(is.basis, "email");
	assert_false(is.made);
	assert_int_not_equal(takes(SHOP_2, NULL, ANA, NULL, &is), first);
	assert_int_equal(takes(SHOP, NULL, NULL, NULL, &is), 0);
	assert_string_equal(is.basis, "");
	/* an address of a house is nobody's */
	assert_int_equal(takes(SHOP, NULL, "info@mail.test", NULL, &is), 0);
}

static void
an_unproved_address_is_suggested(void **state)
{
	int64_t incident = mails(ANA);
	int64_t buyer = buys(SHOP, "11", ANA, "");

	(void)state;
	assert_int_not_equal(buyer, customer_of(incident));
	assert_string_equal(suggested(), "email_unverified:open");
	/* and once is enough */
	assert_int_equal(buys(SHOP, "11", ANA, ""), buyer);
	assert_string_equal(suggested(), "email_unverified:open");
}

static void
a_proved_address_joins(void **state)
{
	int64_t ana = customer_of(mails(ANA));

	(void)state;
	fixture_exec("UPDATE identity SET verified = 1 WHERE value = '" ANA
		     "'");
	assert_int_equal(buys(SHOP, "11", ANA, ""), ana);
	assert_string_equal(suggested(), "");
	/* a second account of that shop is joined by nobody */
	assert_int_not_equal(buys(SHOP, "12", ANA, ""), ana);
	assert_string_equal(suggested(), "email:open");
	/* one of another shop is */
	assert_int_equal(buys(SHOP_2, "11", ANA, ""), ana);
	folds();
}

static void
a_number_of_whatsapp_joins(void **state)
{
	(void)state;
	assert_int_equal(buys(SHOP, "11", "", "+" WA_LUCIA), LUCIA);
	/* the mail address says more, and the other is suggested */
	(void)mails(ANA);
	fixture_exec("UPDATE identity SET verified = 1 WHERE value = '" ANA
		     "'");
	assert_int_not_equal(buys(SHOP, "12", ANA, "+" WA_LUCIA), LUCIA);
	assert_string_equal(suggested(), "phone:open");
}

static void
shared_addresses_prove_nothing(void **state)
{
	struct buyer_is is;
	int i;
	bool yes = false;
	struct err e;

	(void)state;
	assert_true(shared_email("info@tienda.test"));
	assert_true(shared_email("abc123@marketplace.amazon.es"));
	assert_true(shared_email("nobody"));
	assert_true(shared_email("@x.test"));
	assert_false(shared_email(ANA));
	assert_false(shared_email("informatica@tienda.test"));
	for (i = 0; i <= SHOPPER_NAMES_MAX; i++) {
		char sql[300];

		(void)buys(SHOP, "", "todos@casa.test", "");
		(void)snprintf(sql, sizeof sql,
			       "UPDATE shop_order SET buyer = json_set(buyer, "
			       "'$.name', 'N%d') WHERE id = (SELECT max(id) "
			       "FROM shop_order)",
			       i);
		fixture_exec(sql);
	}
	assert_int_equal(
		shared_is(fx.store, SHOPPER_EMAIL, "todos@casa.test", &yes, &e),
		OUT_OK);
	assert_true(yes);
	(void)takes(SHOP, NULL, "todos@casa.test", NULL, &is);
	assert_int_equal(is.customer_id, 0);
	assert_int_equal(
		shared_is(fx.store, SHOPPER_PHONE, "+34000000000", &yes, &e),
		OUT_OK);
	assert_true(yes);
}

/* --- somebody writes -------------------------------------------------------------- */

static void
who_writes_is_met(void **state)
{
	int64_t buyer = buys(SHOP, "11", ANA, "");
	int64_t ana = customer_of(mails(ANA));

	(void)state;
	/* nobody proved the mail */
	assert_int_not_equal(ana, buyer);
	assert_string_equal(suggested(), "email_unverified:open");
	assert_int_equal(heard(ana, "email", ANA, true), 1);
	assert_string_equal(suggested(), "email_unverified:merged");
	assert_int_equal(fixture_int("SELECT customer_id FROM shop_order"),
			 ana);
	/* the account is theirs from now on */
	assert_int_equal(buys(SHOP, "11", "", ""), ana);
	folds();
}

static void
a_number_meets_its_buyer(void **state)
{
	(void)state;
	(void)buys(SHOP, "11", "", "+34600999888");
	wa_card_at("wamid.nueva", "34600999888", "Hola", fx.now_ms);
	assert_int_equal(fixture_int("SELECT count(*) FROM customer_merge"), 1);
	assert_int_equal(
		fixture_int("SELECT o.customer_id = i.customer_id FROM "
			    "shop_order o, incident i WHERE i.id = 2"),
		1);
	folds();
}

static void
what_was_refused_stays_two(void **state)
{
	int64_t ana = customer_of(mails(ANA));

	(void)state;
	(void)buys(SHOP, "11", ANA, "");
	wa_does(fixture_call(m_suggestion_refuse, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i}", "id", 1)));
	assert_int_equal(heard(ana, "email", ANA, true), 0);
	assert_string_equal(suggested(), "email_unverified:refused");
	refused(fixture_call(m_suggestion_refuse, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i}", "id", 1)),
		"conflict");
}

static void
two_accounts_are_never_joined(void **state)
{
	int64_t first = buys(SHOP, "11", ANA, "");
	int64_t second = buys(SHOP, "12", ANA, "");
	int64_t ana = customer_of(mails(ANA));

	(void)state;
	assert_int_not_equal(first, second);
	assert_int_equal(heard(ana, "email", ANA, true), 1);
	assert_string_equal(suggested(),
			    "email_unverified:merged,email_unverified:open");
}

static void
headers_prove_a_mail(void **state)
{
	static const struct {
		const char *value;
		bool want;
	} table[] = {
		{ "mx.desk.test; dmarc=pass header.from=mail.test", true },
		{ "MX.desk.test 1; spf=fail; dkim=pass (2048 bit) "
		  "header.i=@mail.test header.d=mail.test header.s=a",
		  true },
		{ "mx.desk.test; dkim=pass header.d=other.test", false },
		{ "mx.desk.test; dkim=fail header.d=mail.test", false },
		{ "mx.desk.test; dkim=pass header.i=@mail.test", true },
		{ "mx.desk.test; dkim=pass header.i=@other.test", false },
		{ "mx.desk.test; spf=pass smtp.mailfrom=b.1@mail.test", true },
		{ "mx.desk.test; spf=pass smtp.mailfrom=mail.test", true },
		{ "mx.desk.test; spf=pass smtp.mailfrom=a@other.test", false },
		{ "mx.desk.test; spf=pass smtp.helo=mail.test", false },
		{ "mx.desk.test; spf=softfail smtp.mailfrom=mail.test", false },
		{ "mx.desk.test; spf=pass smtp.mailfrom=mail.test; "
		  "dmarc=fail header.from=mail.test",
		  false },
		{ "mx.desk.test; none", false },
		{ "mx.desk.test (dmarc=pass header.from=mail.test); none",
		  false },
		{ "evil.test; dmarc=pass header.from=mail.test", false },
		{ "mx.desk.test; dkim=pass header.d=test", false },
		{ "mx.desk.test; dmarc=pass header.from=xmail.test", false },
		{ "", false },
	};
	json_t *list;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof table / sizeof table[0]; i++) {
		list = json_pack("[{s:s, s:s}, {s:s, s:s}]", "name", "Subject",
				 "value", "x", "name", "authentication-results",
				 "value", table[i].value);
		if (authentic_from(list, "mx.desk.test", ANA) != table[i].want)
			fail_msg("%s", table[i].value);
		assert_false(authentic_from(list, NULL, ANA));
		json_decref(list);
	}
	/* what came with the mail stands below what the server wrote */
	list = json_pack("[{s:s, s:s}, {s:s, s:s}]", "name",
			 "Authentication-Results", "value",
			 "mx.desk.test; dmarc=fail header.from=mail.test",
			 "name", "Authentication-Results", "value",
			 "mx.desk.test; dmarc=pass header.from=mail.test");
	assert_false(authentic_from(list, "mx.desk.test", ANA));
	json_decref(list);
}

/* --- one, and two again ------------------------------------------------------------- */

static void
a_merge_is_undone_exactly(void **state)
{
	char before[2000];
	char after[2000];
	int64_t ana = customer_of(mails(ANA));
	struct call c;

	(void)state;
	(void)buys(SHOP, "11", ANA, "");
	(void)buys(SHOP, "12", "", "+" WA_LUCIA);
	owners(before);
	c = undoes(merged(ana, LUCIA));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	owners(after);
	assert_string_equal(after, before);
	/* the other way round */
	c = undoes(merged(LUCIA, ana));
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	owners(after);
	assert_string_equal(after, before);
	folds();
}

static void
merged_they_are_one(void **state)
{
	int64_t incident = mails(ANA);
	int64_t ana = customer_of(incident);

	(void)state;
	(void)merged(LUCIA, ana);
	assert_int_equal(customer_of(incident), LUCIA);
	assert_int_equal(customer_of(mails(ANA)), LUCIA);
	refused(merges(LUCIA, ana), "conflict");
	refused(merges(ana, LUCIA), "conflict");
	refused(merges(LUCIA, LUCIA), "conflict");
	refused(merges(LUCIA, 999), "not_found");
	refused(fixture_call(m_identity_add, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:I, s:s, s:s}", "customer",
				       (json_int_t)ana, "kind", "email",
				       "value", "x@y.test")),
		"conflict");
	assert_int_equal(
		fixture_int("SELECT count(*) FROM audit WHERE action = "
			    "'customer.merge' AND outcome = 'ok'"),
		1);
	folds();
}

/* Two people are merged, answered, write on, and are two again: everything is
 * where it belongs. */
static void
what_came_since_goes_home(void **state)
{
	int64_t ana_1 = mails(ANA);
	int64_t ana = customer_of(ana_1);
	int64_t merge = merged(ana, LUCIA);
	int64_t until;
	int64_t ana_2;
	int64_t lucia_2;
	struct call c;

	(void)state;
	assert_int_equal(customer_of(1), ana);
	wa_does(wa_answer("Sale hoy", NULL));
	fx.now_ms += 3600000;
	ana_2 = mails(ANA);
	wa_card_at("wamid.dos", "34600111222", "Gracias", fx.now_ms);
	until = fixture_int("SELECT until_ms FROM contact_window");
	assert_int_equal(until, fx.now_ms + 86400000);
	(void)buys(SHOP, "", "", "+" WA_LUCIA);
	(void)buys(SHOP, "", ANA, "");
	c = undoes(merge);
	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	call_release(&c);
	assert_int_equal(customer_of(1), LUCIA);
	assert_int_equal(customer_of(ana_1), ana);
	assert_int_equal(customer_of(ana_2), ana);
	lucia_2 = fixture_int("SELECT incident_id FROM message "
			      "WHERE external_id = 'wamid.dos'");
	assert_int_equal(customer_of(lucia_2), LUCIA);
	assert_int_equal(fixture_int("SELECT customer_id FROM contact_window"),
			 LUCIA);
	assert_int_equal(fixture_int("SELECT until_ms FROM contact_window"),
			 until);
	assert_int_equal(fixture_int("SELECT customer_id FROM shop_order "
				     "WHERE buyer_phone <> ''"),
			 LUCIA);
	assert_int_not_equal(fixture_int("SELECT customer_id FROM shop_order "
					 "WHERE buyer_email <> ''"),
			     LUCIA);
	refused(undoes(merge), "conflict");
	/* who undid it said that they are two */
	assert_string_equal(fixture_text("SELECT state FROM suggestion WHERE "
					 "basis = 'merge'"),
			    "refused");
	folds();
}

static void
a_chain_is_undone_from_its_end(void **state)
{
	int64_t ana = customer_of(mails(ANA));
	int64_t eva = customer_of(mails("eva@mail.test"));
	int64_t first = merged(ana, LUCIA);
	int64_t second = merged(eva, ana);
	char before[2000];
	struct call c;

	(void)state;
	(void)before;
	assert_int_equal(customer_of(1), eva);
	refused(undoes(first), "conflict");
	c = undoes(second);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(customer_of(1), ana);
	c = undoes(first);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	assert_int_equal(customer_of(1), LUCIA);
	folds();
}

/* --- what is told -------------------------------------------------------------------- */

static void
all_channels_are_one_timeline(void **state)
{
	int64_t ana = customer_of(mails(ANA));
	struct call c;
	json_t *items;
	size_t seen = 0;
	char before[80] = "";

	(void)state;
	(void)merged(LUCIA, ana);
	(void)buys(SHOP, "11", "", "+" WA_LUCIA);
	/* a page of one after another */
	for (;;) {
		json_t *p =
			json_pack("{s:i, s:i}", "customer", LUCIA, "limit", 1);
		const char *more;

		if (*before != '\0')
			(void)json_object_set_new(p, "before",
						  json_string(before));
		c = fixture_call(m_customer_timeline, ROLE_CONSOLE, fx.agent_id,
				 p);
		assert_int_equal(c.outcome, OUT_OK);
		items = json_object_get(c.result, "items");
		assert_int_equal(json_array_size(items), 1);
		if (seen == 0)
			assert_string_equal(
				json_string_value(json_object_get(
					json_array_get(items, 0), "kind")),
				"order");
		seen++;
		more = json_string_value(json_object_get(c.result, "more"));
		(void)snprintf(before, sizeof before, "%s",
			       more != NULL ? more : "");
		call_release(&c);
		if (*before == '\0' || seen > 10)
			break;
	}
	assert_int_equal(seen, 3);
	refused(fixture_call(m_customer_timeline, ROLE_CONSOLE, fx.agent_id,
			     json_pack("{s:i, s:s}", "customer", LUCIA,
				       "before", "yesterday")),
		"bad_params");
}

static void
suggestions_name_who_they_are_part_of(void **state)
{
	int64_t ana = customer_of(mails(ANA));
	int64_t buyer = buys(SHOP, "11", ANA, "");
	struct call c;
	json_t *one;

	(void)state;
	(void)merged(LUCIA, ana);
	c = fixture_call(m_customer_suggestions, ROLE_CONSOLE, fx.agent_id,
			 json_pack("{s:i}", "customer", LUCIA));
	assert_int_equal(c.outcome, OUT_OK);
	one = json_array_get(json_object_get(c.result, "suggestions"), 0);
	assert_non_null(one);
	assert_int_equal(json_integer_value(json_object_get(
				 json_object_get(one, "one"), "id")) +
				 json_integer_value(json_object_get(
					 json_object_get(one, "other"), "id")),
			 LUCIA + buyer);
	assert_int_equal(json_array_size(json_object_get(c.result, "merges")),
			 1);
	call_release(&c);
}

/* --- what the desk wrote down ----------------------------------------------------- */

static struct call
notes(int64_t customer, const char *text, const char *seen)
{
	return fixture_call(m_customer_note, ROLE_CONSOLE, fx.agent_id,
			    json_pack("{s:I, s:s, s:s?}", "customer",
				      (json_int_t)customer, "text", text,
				      "seen", seen));
}

/* Writes, and says what stands there now: "customer text|...". */
static void
noted(int64_t customer, const char *text, const char *seen, const char *now)
{
	struct call c = notes(customer, text, seen);
	char got[500] = "";
	size_t used = 0;
	const json_t *one;
	size_t i;

	if (c.outcome != OUT_OK)
		fail_msg("%s", c.err.text);
	json_array_foreach(json_object_get(c.result, "notes"), i, one)
	{
		used += (size_t)snprintf(
			got + used, sizeof got - used, "%lld %s|",
			(long long)json_integer_value(
				json_object_get(one, "customer")),
			json_string_value(json_object_get(one, "text")));
		assert_true(used < sizeof got);
	}
	assert_string_equal(got, now);
	call_release(&c);
	fx.now_ms++;
}

/* When a customer's note was written, as it is told. */
static const char *
note_at(int64_t customer)
{
	static char at[32];
	char sql[100];

	(void)snprintf(sql, sizeof sql,
		       "SELECT at_ms FROM customer_note WHERE customer_id = "
		       "%lld",
		       (long long)customer);
	clock_iso_ms(fixture_int(sql), at);
	return at;
}

static void
a_note_is_written_over_only_as_it_was_read(void **state)
{
	char first[40];

	(void)state;
	noted(LUCIA, "mejor por la tarde", NULL, "1 mejor por la tarde|");
	(void)snprintf(first, sizeof first, "%s", note_at(LUCIA));
	refused(notes(LUCIA, "otra", NULL), "conflict");
	noted(LUCIA, "mejor de noche", first, "1 mejor de noche|");
	refused(notes(LUCIA, "otra", first), "conflict");
	refused(notes(LUCIA, "otra", "ayer"), "bad_params");
	refused(notes(999, "nadie", NULL), "not_found");
	noted(LUCIA, "", note_at(LUCIA), "");
	assert_int_equal(fixture_int("SELECT count(*) FROM customer_note"), 0);
	assert_int_equal(fixture_int("SELECT count(*) FROM event "
				     "WHERE kind = 'customer.noted'"),
			 3);
	assert_int_equal(fixture_int("SELECT count(*) FROM audit "
				     "WHERE object_id = 1"),
			 3);
}

static void
notes_of_who_became_one_are_beside_each_other(void **state)
{
	int64_t ana = buys(SHOP, "77", ANA, NULL);
	char own[100];
	char both[200];
	struct call c;
	int64_t merge;

	(void)state;
	(void)snprintf(own, sizeof own, "%lld regala mucho|", (long long)ana);
	(void)snprintf(both, sizeof both, "1 ya no|%s", own);
	noted(ana, "regala mucho", NULL, own);
	noted(LUCIA, "mejor por la tarde", NULL, "1 mejor por la tarde|");
	merge = merged(LUCIA, ana);
	noted(LUCIA, "ya no", note_at(LUCIA), both);
	refused(notes(ana, "otra", note_at(ana)), "conflict");
	c = undoes(merge);
	assert_int_equal(c.outcome, OUT_OK);
	call_release(&c);
	noted(LUCIA, "", note_at(LUCIA), "");
	noted(ana, "regala mucho", note_at(ana), own);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, fixture_teardown)

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		T(an_account_is_known_again),
		T(a_guest_is_known_by_the_address),
		T(an_unproved_address_is_suggested),
		T(a_proved_address_joins),
		T(a_number_of_whatsapp_joins),
		T(shared_addresses_prove_nothing),
		T(who_writes_is_met),
		T(a_number_meets_its_buyer),
		T(what_was_refused_stays_two),
		T(two_accounts_are_never_joined),
		T(headers_prove_a_mail),
		T(a_merge_is_undone_exactly),
		T(merged_they_are_one),
		T(what_came_since_goes_home),
		T(a_chain_is_undone_from_its_end),
		T(all_channels_are_one_timeline),
		T(suggestions_name_who_they_are_part_of),
		T(a_note_is_written_over_only_as_it_was_read),
		T(notes_of_who_became_one_are_beside_each_other),
	};

	return cmocka_run_group_tests_name("customer", tests, NULL, NULL);
}
