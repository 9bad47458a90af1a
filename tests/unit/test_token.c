#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "daemon/token.h"

static unsigned char key[HASH_BYTES];
static char token[TOKEN_MAX];

static int
setup(void **state)
{
	(void)state;
	hash_start();
	memset(key, 3, sizeof key);
	token_make(key, 42, 7, token);
	return 0;
}

static bool
found(const char *text, int64_t *incident, int64_t *number)
{
	*incident = 0;
	*number = 0;
	return token_find(key, text, strlen(text), incident, number);
}

static void
test_form(void **state)
{
	(void)state;
	assert_int_equal(strlen(token), strlen("p42.7.") + TOKEN_MAC);
	assert_memory_equal(token, "p42.7.", 6);
	assert_int_equal(strspn(token + 6, "abcdefghijklmnopqrstuvwxyz234567"),
			 TOKEN_MAC);
}

/* The same by another program: HMAC-SHA-256 twice and base32 in Python. */
static void
test_vector(void **state)
{
	(void)state;
	assert_string_equal(token, "p42.7.u3qfscncoa2wtk24");
}

static void
test_found_in(void **state)
{
	const char *const forms[] = { "<%s@olmo.example>", "hola+%s@x.example",
				      "Hola <hola+%s@x.example>", "%s",
				      "a+b+%s@x.example" };
	char text[256];
	int64_t incident;
	int64_t number;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof forms / sizeof forms[0]; i++) {
		(void)snprintf(text, sizeof text, forms[i], token);
		assert_true(found(text, &incident, &number));
		assert_int_equal(incident, 42);
		assert_int_equal(number, 7);
	}
}

static void
test_upper_case(void **state)
{
	char text[TOKEN_MAX];
	int64_t incident;
	int64_t number;
	size_t i;

	(void)state;
	for (i = 0; token[i] != '\0'; i++)
		text[i] = token[i] >= 'a' && token[i] <= 'z'
				  ? (char)(token[i] - 'a' + 'A')
				  : token[i];
	text[i] = '\0';
	assert_true(found(text, &incident, &number));
	assert_int_equal(incident, 42);
}

/* Every single change of a character is refused. */
static void
test_forged(void **state)
{
	char text[TOKEN_MAX + 16];
	int64_t incident;
	int64_t number;
	size_t i;

	(void)state;
	for (i = 0; i < strlen(token); i++) {
		(void)snprintf(text, sizeof text, "<%s@x>", token);
		text[i + 1] = text[i + 1] == 'a' ? 'b' : 'a';
		assert_false(found(text, &incident, &number));
		(void)snprintf(text, sizeof text, "<%s@x>", token);
		text[i + 1] = text[i + 1] == '2' ? '3' : '2';
		assert_false(found(text, &incident, &number));
	}
}

static void
test_nonsense(void **state)
{
	const char *const texts[] = {
		"",
		"p",
		"p1",
		"p1.",
		"p1.2.",
		"<",
		"+p.",
		"p01.2.aaaaaaaaaaaaaaaa",
		"p99999999999999999999.1.aaaaaaaaaaaaaaaa",
		"p1.2.aaaaaaaaaaaaaaa",
		"p-1.2.aaaaaaaaaaaaaaaa",
	};
	char longer[TOKEN_MAX + 16];
	int64_t incident;
	int64_t number;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++)
		assert_false(found(texts[i], &incident, &number));
	(void)snprintf(longer, sizeof longer, "<%saa@x>", token);
	assert_false(found(longer, &incident, &number));
	(void)snprintf(longer, sizeof longer, "x%s@x", token);
	assert_false(found(longer, &incident, &number));
	/* cut short, in the middle of it */
	for (i = 0; i < strlen(token); i++)
		assert_false(token_find(key, token, i, &incident, &number));
}

static void
test_other_key(void **state)
{
	unsigned char other[HASH_BYTES] = { 9 };
	int64_t incident;
	int64_t number;

	(void)state;
	assert_false(
		token_find(other, token, strlen(token), &incident, &number));
}

/* The same by another program, as above. */
static void
test_loop_vector(void **state)
{
	char loop[TOKEN_LOOP_MAX];

	(void)state;
	token_loop(key, loop);
	assert_string_equal(loop, "cwkcbrnql7qkgxmi");
}

static void
test_loop_is_found(void **state)
{
	const char *const ours[] = { "cwkcbrnql7qkgxmi",
				     " CWKCBRNQL7QKGXMI\r\n",
				     "aaaaaaaaaaaaaaaa, cwkcbrnql7qkgxmi",
				     "x;cwkcbrnql7qkgxmi;" };
	const char *const others[] = { "",
				       " ",
				       "cwkcbrnql7qkgxm",
				       "cwkcbrnql7qkgxmix",
				       "cwkcbrnql7qkgxma",
				       "<cwkcbrnql7qkgxmi>",
				       "u3qfscncoa2wtk24" };
	unsigned char other[HASH_BYTES] = { 9 };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof ours / sizeof ours[0]; i++)
		if (!token_is_loop(key, ours[i]))
			fail_msg("not ours: '%s'", ours[i]);
	for (i = 0; i < sizeof others / sizeof others[0]; i++)
		if (token_is_loop(key, others[i]))
			fail_msg("ours: '%s'", others[i]);
	assert_false(token_is_loop(key, NULL));
	assert_false(token_is_loop(other, ours[0]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_found_in),
		cmocka_unit_test(test_upper_case),
		cmocka_unit_test(test_forged),
		cmocka_unit_test(test_nonsense),
		cmocka_unit_test(test_other_key),
		cmocka_unit_test(test_loop_vector),
		cmocka_unit_test(test_loop_is_found),
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
