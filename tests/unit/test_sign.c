/*
 * The signature of webhooks, by the vectors of RFC 4231 and by one that was
 * computed with another program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/base/hash.h"
#include "gateways/webhook/sign.h"

static void
a_key_has_any_length(void **state)
{
	static const char longer[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	static const char shorter[] = "what do ya want for nothing?";
	unsigned char key[131];
	unsigned char mac[HASH_BYTES];
	char hex[HASH_HEX];

	(void)state;
	hash_mac_keyed("Jefe", 4, shorter, strlen(shorter), mac);
	hash_to_hex(mac, sizeof mac, hex);
	assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c7"
				 "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof key);
	hash_mac_keyed(key, sizeof key, longer, strlen(longer), mac);
	hash_to_hex(mac, sizeof mac, hex);
	assert_string_equal(hex, "60e431591ee0b67f0d8a26aacbf5b77f"
				 "8e0bc6213728c5140546040f0ee37f54");
}

static void
id_time_and_body_are_signed(void **state)
{
	static const char body[] = "{\"id\":\"abc\"}";
	char sign[SIGN_MAX];
	char other[SIGN_MAX];

	(void)state;
	sign_webhook("secret", "abc", 1768210200, body, strlen(body), sign);
	assert_string_equal(sign, "v1=6a18816be22acd954a51583521b2e377"
				  "d6c4eb5ea2b187235c931190dc2cea7f");
	sign_webhook("secret", "abc", 1768210201, body, strlen(body), other);
	assert_string_not_equal(sign, other);
	sign_webhook("secret", "abd", 1768210200, body, strlen(body), other);
	assert_string_not_equal(sign, other);
	sign_webhook("secret", "abc", 1768210200, body, strlen(body) - 1,
		     other);
	assert_string_not_equal(sign, other);
	sign_webhook("secreto", "abc", 1768210200, body, strlen(body), other);
	assert_string_not_equal(sign, other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_has_any_length),
		cmocka_unit_test(id_time_and_body_are_signed),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
