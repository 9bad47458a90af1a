/*
 * Who signed a delivery, and which connection it is for. The digests were
 * computed with another program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "gateways/common/signature.h"
#include "gateways/whatsapp/accounts.h"

#define BODY "{\"object\":\"whatsapp_business_account\"}"
/* printf %s BODY | openssl dgst -sha256 -hmac secreto */
#define DIGEST_REST                                                            \
	"c13592bdde0a606f919203219dfa5a8ec8b6b230c97a52c7094af797c19d63a"
#define DIGEST "8" DIGEST_REST

static void
one_form_of_the_header_is_a_digest(void **state)
{
	static const char *const bad[] = {
		"",
		"sha256=",
		DIGEST,
		"sha1=" DIGEST,
		"SHA256=" DIGEST,
		"sha256=" DIGEST "0",
		"sha256= " DIGEST,
		"sha256=" DIGEST ",sha256=" DIGEST,
		"sha256=8c13592bdde0a606f919203219dfa5a8ec8b6b230c97a52c7094af797c19d63",
	};
	unsigned char mac[HASH_BYTES];
	char hex[HASH_HEX];
	size_t i;

	(void)state;
	assert_true(signature_read("sha256=" DIGEST, mac));
	hash_to_hex(mac, sizeof mac, hex);
	assert_string_equal(hex, DIGEST);
	assert_true(signature_read(
		"sha256=8C13592BDDE0A606F919203219DFA5A8EC8B6B230C97A52C7094AF797C19D63A",
		mac));
	hash_to_hex(mac, sizeof mac, hex);
	assert_string_equal(hex, DIGEST);
	assert_false(signature_read(NULL, mac));
	assert_false(signature_read("sha256=g" DIGEST_REST, mac));
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(signature_read(bad[i], mac));
}

static void
either_secret_may_sign(void **state)
{
	const char *const first[] = { "secreto", "" };
	const char *const second[] = { "otro", "secreto" };
	const char *const none[] = { "", NULL };
	const char *const other[] = { "Secreto", "secreto " };
	unsigned char mac[HASH_BYTES];

	(void)state;
	assert_true(signature_read("sha256=" DIGEST, mac));
	assert_true(signature_good(first, 2, BODY, strlen(BODY), mac));
	assert_true(signature_good(second, 2, BODY, strlen(BODY), mac));
	assert_false(signature_good(second, 1, BODY, strlen(BODY), mac));
	assert_false(signature_good(none, 2, BODY, strlen(BODY), mac));
	assert_false(signature_good(other, 2, BODY, strlen(BODY), mac));
	/* another octet, one less, a bit of the digest */
	assert_false(signature_good(first, 2, BODY, strlen(BODY) - 1, mac));
	assert_false(
		signature_good(first, 2, BODY "\n", strlen(BODY) + 1, mac));
	mac[HASH_BYTES - 1] ^= 1;
	assert_false(signature_good(first, 2, BODY, strlen(BODY), mac));
}

/* A digest that anybody can make: under an empty secret. */
static void
an_empty_secret_signs_nothing(void **state)
{
	const char *const none[] = { "", "" };
	unsigned char mac[HASH_BYTES];

	(void)state;
	hash_mac_keyed("", 0, BODY, strlen(BODY), mac);
	assert_false(signature_good(none, 2, BODY, strlen(BODY), mac));
}

static void
words_are_the_same_or_not(void **state)
{
	(void)state;
	assert_true(signature_word("palabra", "palabra"));
	assert_false(signature_word("palabra", "palabr"));
	assert_false(signature_word("palabra", "palabras"));
	assert_false(signature_word("palabra", ""));
	assert_false(signature_word("palabra", NULL));
	assert_false(signature_word("", ""));
	assert_false(signature_word(NULL, "palabra"));
}

/* --- the connections ---------------------------------------------------------- */

static json_t *
connection(const char *name, const char *phone, int version, const char *secret)
{
	return json_pack("{s:s, s:i, s:{s:s, s:s}, s:{s:s, s:s, s:s}}", "name",
			 name, "version", version, "settings",
			 "phone_number_id", phone, "waba_id", "1", "secrets",
			 "app_secret", secret, "access_token", "ficha",
			 "verify_token", "palabra");
}

static void
set(struct accounts *a, json_t *one, json_t *two)
{
	json_t *list = json_array();

	if (one != NULL)
		(void)json_array_append_new(list, one);
	if (two != NULL)
		(void)json_array_append_new(list, two);
	accounts_set(a, list);
	json_decref(list);
}

static void
an_account_is_found_by_number_and_name(void **state)
{
	struct accounts *a = accounts_new(NULL);
	const struct account *k;

	(void)state;
	assert_false(accounts_known(a));
	assert_null(accounts_by_phone(a, "123"));
	set(a, connection("tienda", "123", 1, "s"),
	    connection("taller", "456", 1, "s"));
	assert_true(accounts_known(a));
	k = accounts_by_phone(a, "123");
	assert_non_null(k);
	assert_string_equal(k->name, "tienda");
	assert_string_equal(k->graph_base, "https://graph.facebook.com");
	assert_string_equal(k->graph_version, "v25.0");
	assert_string_equal(k->token, "ficha");
	assert_string_equal(k->secrets[0], "s");
	assert_string_equal(k->secrets[1], "");
	assert_ptr_equal(accounts_by_name(a, "tienda"), k);
	assert_ptr_equal(accounts_at(a, 0), k);
	assert_non_null(accounts_at(a, 1));
	assert_null(accounts_at(a, 2));
	assert_null(accounts_by_phone(a, "12"));
	assert_null(accounts_by_phone(a, "1234"));
	assert_null(accounts_by_phone(a, NULL));
	set(a, NULL, NULL);
	assert_null(accounts_by_phone(a, "123"));
	accounts_free(&a);
}

static void
an_account_lives_as_long_as_it_is_held(void **state)
{
	struct accounts *a = accounts_new(NULL);
	struct account *k;

	(void)state;
	set(a, connection("tienda", "123", 1, "s"), NULL);
	k = account_hold(accounts_by_phone(a, "123"));
	k->stopped = true;
	/* as it was: the same object, with what was learnt */
	set(a, connection("tienda", "123", 1, "s"), NULL);
	assert_ptr_equal(accounts_by_phone(a, "123"), k);
	assert_false(k->mine.gone);
	assert_true(k->stopped);
	/* changed: another one, and the old one stays for its holder */
	set(a, connection("tienda", "123", 2, "t"), NULL);
	assert_ptr_not_equal(accounts_by_phone(a, "123"), k);
	assert_true(k->mine.gone);
	assert_string_equal(k->secrets[0], "s");
	assert_string_equal(accounts_by_phone(a, "123")->secrets[0], "t");
	assert_false(accounts_by_phone(a, "123")->stopped);
	account_release(k);
	set(a, NULL, NULL);
	assert_null(accounts_at(a, 0));
	accounts_free(&a);
}

static void
what_is_no_number_is_left_out(void **state)
{
	static const char *const bad[] = {
		"", "12a", "../1", "123456789012345678901234567890123", "-1",
	};
	struct accounts *a = accounts_new(NULL);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		set(a, connection("tienda", bad[i], 1, "s"), NULL);
		assert_null(accounts_at(a, 0));
	}
	accounts_free(&a);
}

static void
two_of_an_app_share_a_secret(void **state)
{
	struct accounts *a = accounts_new(NULL);

	(void)state;
	set(a, connection("tienda", "123", 1, "s"),
	    connection("taller", "456", 1, "s"));
	assert_true(account_same_app(accounts_at(a, 0), accounts_at(a, 1)));
	/* two absent ones are nothing in common */
	set(a, connection("tienda", "123", 2, "s"),
	    connection("taller", "456", 2, "t"));
	assert_false(account_same_app(accounts_at(a, 0), accounts_at(a, 1)));
	accounts_free(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_form_of_the_header_is_a_digest),
		cmocka_unit_test(either_secret_may_sign),
		cmocka_unit_test(an_empty_secret_signs_nothing),
		cmocka_unit_test(words_are_the_same_or_not),
		cmocka_unit_test(an_account_is_found_by_number_and_name),
		cmocka_unit_test(an_account_lives_as_long_as_it_is_held),
		cmocka_unit_test(what_is_no_number_is_left_out),
		cmocka_unit_test(two_of_an_app_share_a_secret),
	};

	hash_start();
	return cmocka_run_group_tests_name("hook", tests, NULL, NULL);
}
