/*
 * Who writes by WhatsApp: ids and numbers that are told, hidden and changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/person.h"
#include "tests/unit/fixture.h"

#define PORTFOLIO "pf-1"
#define ANA "US.13491208655302741918"
#define EVA "US.77777777777777777777"

static struct wa_identity got;
static json_t *warnings;

/* A contact of that sender; returns the customer. */
static int64_t
from(const struct wa_person *p)
{
	struct wa_person whole = *p;
	struct err e;

	if (whole.scope == NULL)
		whole.scope = PORTFOLIO;
	json_decref(warnings);
	warnings = json_array();
	assert_int_equal(store_begin(fx.store, &e), OUT_OK);
	if (wa_person_take(fx.store, &whole, fx.now_ms++, &got, warnings, &e) !=
	    OUT_OK)
		fail_msg("%s", e.text);
	assert_int_equal(store_commit(fx.store, &e), OUT_OK);
	return got.from.customer_id;
}

static int64_t
by(const char *wa_id, const char *user_id)
{
	struct wa_person p = { .wa_id = wa_id, .user_id = user_id };

	return from(&p);
}

static int64_t
told(const char *wa_id, const char *user_id, json_t *system)
{
	struct wa_person p = { .wa_id = wa_id,
			       .user_id = user_id,
			       .system = system };
	int64_t customer = from(&p);

	json_decref(system);
	return customer;
}

static bool
warned(const char *code)
{
	const json_t *j;
	size_t i;

	json_array_foreach(warnings, i, j)
	{
		if (strcmp(json_string_value(j), code) == 0)
			return true;
	}
	return false;
}

static const char *
address(void)
{
	static char sql[128];

	(void)snprintf(sql, sizeof sql,
		       "SELECT value FROM identity WHERE id = %lld",
		       (long long)got.from.id);
	return fixture_text(sql);
}

static void
reach(int64_t customer, const char *wa_id, const char *user_id)
{
	struct wa_reach r;
	struct err e;

	assert_int_equal(wa_person_reach(fx.store, customer, PORTFOLIO, &r, &e),
			 OUT_OK);
	assert_string_equal(r.wa_id, wa_id);
	assert_string_equal(r.user_id, user_id);
}

static int
setup(void **state)
{
	warnings = NULL;
	return fixture_setup(state);
}

static int
teardown(void **state)
{
	json_decref(warnings);
	return fixture_teardown(state);
}

/* --- the same person -------------------------------------------------------- */

static void
a_number_is_one_customer(void **state)
{
	struct wa_person p = { .wa_id = "34600111222",
			       .name = "Ana",
			       .username = "ana.olmo" };
	int64_t ana = from(&p);

	(void)state;
	assert_true(got.from.made);
	assert_string_equal(address(), "34600111222");
	assert_int_equal(by("34600111222", NULL), ana);
	assert_false(got.from.made);
	assert_int_not_equal(by("34600111223", NULL), ana);
	assert_string_equal(fixture_text("SELECT max(name) FROM customer"),
			    "Ana");
	assert_string_equal(fixture_text("SELECT username FROM identity "
					 "WHERE value = '34600111222' "
					 "AND kind = 'whatsapp'"),
			    "ana.olmo");
	assert_int_equal(json_array_size(warnings), 0);
}

static void
the_forms_of_a_number_are_one(void **state)
{
	int64_t mexico = by("5215512345678", NULL);
	int64_t brazil = by("551187654321", NULL);
	int64_t landline = by("551132345678", NULL);

	(void)state;
	assert_int_equal(by("525512345678", NULL), mexico);
	assert_true(got.linked);
	/* the answer goes where the last word came from */
	reach(mexico, "525512345678", "");
	assert_int_equal(by("5215512345678", NULL), mexico);
	reach(mexico, "5215512345678", "");
	assert_int_equal(by("5511987654321", NULL), brazil);
	assert_int_not_equal(by("5511932345678", NULL), landline);
}

/* 549 may be somebody whom we know as 54; 54 may be a landline. */
static void
a_landline_is_no_mobile(void **state)
{
	int64_t written = by("541123456789", NULL);

	(void)state;
	assert_int_equal(by("5491123456789", NULL), written);
	assert_int_equal(by("5491123456789", NULL), written);
	reach(written, "5491123456789", "");
}

static void
a_mobile_first_is_not_the_landline_after(void **state)
{
	int64_t mobile = by("5491123456789", NULL);

	(void)state;
	assert_int_not_equal(by("541123456789", NULL), mobile);
	assert_true(got.from.made);
}

static void
a_hidden_number_is_told_later(void **state)
{
	int64_t ana = by(NULL, ANA);

	(void)state;
	assert_string_equal(address(), ANA);
	reach(ana, "", ANA);
	assert_int_equal(by("34600111222", ANA), ana);
	assert_true(got.linked);
	assert_string_equal(address(), "34600111222");
	assert_int_equal(by("34600111222", NULL), ana);
	assert_int_equal(by(NULL, ANA), ana);
	reach(ana, "34600111222", ANA);
	assert_int_equal(json_array_size(warnings), 0);
}

static void
a_number_gets_its_first_id(void **state)
{
	int64_t ana = by("34600111222", NULL);

	(void)state;
	assert_int_equal(by("34600111222", ANA), ana);
	assert_int_equal(by(NULL, ANA), ana);
}

static void
an_id_is_of_its_portfolio(void **state)
{
	struct wa_person other = { .scope = "pf-2", .user_id = ANA };
	struct wa_person both = { .scope = "pf-2",
				  .wa_id = "34600111222",
				  .user_id = EVA };
	int64_t ana = by("34600111222", ANA);

	(void)state;
	assert_int_not_equal(from(&other), ana);
	/* another portfolio has another id for the same number */
	assert_int_equal(from(&both), ana);
}

static void
a_parent_id_finds_its_person(void **state)
{
	struct wa_person p = { .user_id = ANA, .parent_user_id = "US.ENT.1" };
	struct wa_person q = { .user_id = EVA, .parent_user_id = "US.ENT.1" };
	int64_t ana = from(&p);

	(void)state;
	assert_int_equal(from(&q), ana);
}

/* With the button that asks for it; a contact that is somebody else's number
 * is none of theirs. */
static void
a_number_that_is_shared_is_theirs(void **state)
{
	int64_t ana = by(NULL, ANA);
	json_t *card =
		json_pack("{s:s, s:s, s:s, s:[{s:[{s:s}]}]}", "user_id", ANA,
			  "type", "contacts", "username", "@ana.r", "contacts",
			  "phones", "phone", "+54 9 11 2233-4455");
	json_t *settings = json_pack("{s:s}", "portfolio", PORTFOLIO);
	struct wa_person p;

	(void)state;
	wa_person_read(card, settings, &p);
	assert_int_equal(from(&p), ana);
	reach(ana, "", ANA);
	(void)json_object_set_new(card, "contacts_origin",
				  json_string("contact_request"));
	wa_person_read(card, settings, &p);
	assert_int_equal(from(&p), ana);
	reach(ana, "5491122334455", ANA);
	assert_string_equal(fixture_text("SELECT max(username) FROM identity"),
			    "ana.r");
	json_decref(card);
	json_decref(settings);
}

/* --- somebody else ------------------------------------------------------------ */

/* A used number: its new owner reads nothing of the old one's, and is written
 * none of it. */
static void
the_same_number_with_another_id_is_new(void **state)
{
	int64_t ana = by("34600111222", ANA);
	int64_t eva = by("34600111222", EVA);

	(void)state;
	assert_int_not_equal(eva, ana);
	assert_true(warned(PERSON_NEW_SAME_NUMBER));
	assert_string_equal(address(), "34600111222");
	reach(eva, "34600111222", EVA);
	reach(ana, "", ANA);
	/* the number is hers from then on */
	assert_int_equal(by("34600111222", NULL), eva);
	assert_int_equal(by("34600111222", EVA), eva);
	assert_int_equal(json_array_size(warnings), 0);
	assert_int_equal(by(NULL, ANA), ana);
}

static void
the_same_in_another_form_is_new_too(void **state)
{
	int64_t ana = by("5215512345678", ANA);
	int64_t eva = by("525512345678", EVA);

	(void)state;
	assert_int_not_equal(eva, ana);
	reach(ana, "", ANA);
	assert_int_equal(by("5215512345678", NULL), eva);
}

static void
two_who_are_known_stay_two(void **state)
{
	int64_t by_number = by("34600111222", NULL);
	int64_t by_id = by(NULL, ANA);

	(void)state;
	assert_int_equal(by("34600111222", ANA), by_id);
	assert_true(warned(PERSON_OF_ANOTHER));
	assert_string_equal(address(), ANA);
	assert_int_equal(by("34600111222", NULL), by_number);
	reach(by_id, "", ANA);
}

static void
a_number_of_the_phone_is_not_merged(void **state)
{
	fixture_exec("INSERT INTO customer (id, name, created_ms) "
		     "VALUES (900, 'Casa', 0)");
	fixture_exec("INSERT INTO identity (customer_id, kind, value, "
		     "created_ms) VALUES (900, 'phone', '+34600111222', 0)");

	(void)state;
	assert_int_not_equal(by("34600111222", NULL), 900);
	assert_true(warned(PERSON_PHONE_KNOWN));
	(void)by("34600111222", NULL);
	assert_false(warned(PERSON_PHONE_KNOWN));
}

static void
nobody_is_a_customer_of_their_own(void **state)
{
	int64_t one = by(NULL, NULL);

	(void)state;
	assert_true(got.from.made);
	assert_int_equal(got.from.id, 0);
	assert_int_not_equal(by("", ""), one);
}

/* --- WhatsApp tells of a change --------------------------------------------------- */

static void
a_new_number_is_the_same_person(void **state)
{
	int64_t ana = by("16505551234", ANA);

	(void)state;
	assert_int_equal(
		told("16505551234", NULL,
		     json_pack("{s:s, s:s}", "type", "user_changed_number",
			       "wa_id", "12195555358")),
		ana);
	assert_string_equal(address(), "12195555358");
	reach(ana, "12195555358", "");
	/* which brings a new id */
	assert_int_equal(by("12195555358", EVA), ana);
	assert_int_equal(json_array_size(warnings), 0);
	reach(ana, "12195555358", EVA);
	/* who has the old number now is somebody else */
	assert_int_not_equal(by("16505551234", NULL), ana);
	assert_true(got.from.made);
}

static void
a_new_number_of_somebody_else_stays_theirs(void **state)
{
	int64_t ana = by("16505551234", NULL);
	int64_t eva = by("12195555358", NULL);

	(void)state;
	assert_int_equal(
		told("16505551234", NULL,
		     json_pack("{s:s, s:s}", "type", "user_changed_number",
			       "wa_id", "12195555358")),
		ana);
	assert_true(warned(PERSON_OF_ANOTHER));
	assert_int_equal(by("16505551234", NULL), ana);
	assert_int_equal(by("12195555358", NULL), eva);
}

static void
a_new_id_is_the_same_person(void **state)
{
	int64_t ana = by("16505551234", ANA);

	(void)state;
	assert_int_equal(
		told("16505551234", NULL,
		     json_pack("{s:s, s:s, s:s, s:s}", "type",
			       "user_changed_user_id", "wa_id", "16505559999",
			       "user_id", EVA, "previous_user_id", ANA)),
		ana);
	assert_int_equal(by(NULL, EVA), ana);
	assert_int_equal(by("16505559999", EVA), ana);
	reach(ana, "16505559999", EVA);
	/* the id of before finds nobody */
	assert_int_not_equal(by(NULL, ANA), ana);
}

static void
a_change_of_the_id_alone_keeps_the_number(void **state)
{
	int64_t ana = by("16505551234", ANA);

	(void)state;
	assert_int_equal(told(NULL, NULL,
			      json_pack("{s:s, s:s, s:s}", "type",
					"user_changed_user_id", "user_id", EVA,
					"previous_user_id", ANA)),
			 ana);
	assert_int_equal(by("16505551234", EVA), ana);
	assert_int_equal(json_array_size(warnings), 0);
}

static void
new_keys_are_a_warning_alone(void **state)
{
	int64_t ana = by("16505551234", ANA);

	(void)state;
	assert_int_equal(
		told("16505551234", ANA,
		     json_pack("{s:s}", "type", "customer_identity_changed")),
		ana);
	assert_true(warned(PERSON_KEYS_CHANGED));
	reach(ana, "16505551234", ANA);
}

static void
who_changes_unknown_is_new(void **state)
{
	(void)state;
	assert_true(told("16505551234", NULL,
			 json_pack("{s:s, s:s}", "type", "user_changed_number",
				   "wa_id", "12195555358")) > 0);
	assert_true(got.from.made);
	assert_string_equal(address(), "12195555358");
}

/* --- what an answer of Graph says ---------------------------------------------- */

static void
learn(int64_t customer, const char *wa_id, const char *user_id)
{
	struct err e;

	assert_int_equal(wa_person_learn(fx.store, customer, PORTFOLIO, wa_id,
					 user_id, fx.now_ms++, &e),
			 OUT_OK);
}

static void
an_answer_teaches_an_address(void **state)
{
	int64_t ana = by("525512345678", NULL);
	int64_t eva = by("34600111222", EVA);

	(void)state;
	learn(ana, "5215512345678", ANA);
	assert_int_equal(by("5215512345678", ANA), ana);
	/* of somebody else, or with another id: nothing */
	learn(ana, "34600111222", NULL);
	assert_int_equal(by("34600111222", NULL), eva);
	learn(eva, "34600111222", "US.1");
	assert_int_not_equal(by(NULL, "US.1"), eva);
}

int
main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		CASE(a_number_is_one_customer),
		CASE(the_forms_of_a_number_are_one),
		CASE(a_landline_is_no_mobile),
		CASE(a_mobile_first_is_not_the_landline_after),
		CASE(a_hidden_number_is_told_later),
		CASE(a_number_gets_its_first_id),
		CASE(an_id_is_of_its_portfolio),
		CASE(a_parent_id_finds_its_person),
		CASE(a_number_that_is_shared_is_theirs),
		CASE(the_same_number_with_another_id_is_new),
		CASE(the_same_in_another_form_is_new_too),
		CASE(two_who_are_known_stay_two),
		CASE(a_number_of_the_phone_is_not_merged),
		CASE(nobody_is_a_customer_of_their_own),
		CASE(a_new_number_is_the_same_person),
		CASE(a_new_number_of_somebody_else_stays_theirs),
		CASE(a_new_id_is_the_same_person),
		CASE(a_change_of_the_id_alone_keeps_the_number),
		CASE(new_keys_are_a_warning_alone),
		CASE(who_changes_unknown_is_new),
		CASE(an_answer_teaches_an_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
