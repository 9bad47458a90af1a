/* sieve: what of a reply is handed on. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "gateways/mail/net/sieve.h"

/* One line through the sieve; NULL: broken, "": left out. */
static void
sifted(const char *line, const char *becomes)
{
	struct sieve s = { .some = false };
	struct buf out;
	const char *why;
	size_t literal;
	enum sieve_is is;

	buf_init(&out, 1000);
	is = sieve_line(&s, line, &out, &literal, &why);
	if (becomes == NULL)
		assert_int_equal(is, SIEVE_BROKEN);
	else if (becomes[0] == '\0')
		assert_int_equal(is, SIEVE_DROP);
	else
		assert_string_equal(buf_str(&out), becomes);
	buf_release(&out);
}

static void
the_sieve(void **state)
{
	(void)state;
	sifted("12 OK [CODE] any words", "12 OK done\r\n");
	sifted("12 no", "12 NO done\r\n");
	sifted("12 HELLO", NULL);
	sifted("(12 OK x", NULL);
	sifted("+", "+ go\r\n");
	sifted("* SEARCH 3 4294967295", "* SEARCH 3 4294967295\r\n");
	sifted("* SEARCH", "* SEARCH\r\n");
	sifted("* SEARCH 4294967296", NULL);
	sifted("* 3 EXISTS", "");
	sifted("* FLAGS (\\Seen)", "");
	sifted("* LIST (\\Sent) NIL a", "* LIST (\\Sent) NIL a\r\n");
	sifted("* LIST () \"/\" \"a (b\"", "* LIST () \"/\" \"a (b\"\r\n");
	sifted("* LIST (x) \"/\" a", "");
	sifted("* LIST () \"/\" {3}", "* LIST () \"/\" {3}\r\n");
	sifted("* LIST () \"/\" (a", "");
	sifted("* 1 FETCH (UID 9 BODY[HEADER.FIELDS (A B)] \"x\" X (\"(\" a))",
	       "* 1 FETCH (UID 9)\r\n");
	sifted("* 1 FETCH (FLAGS (\\seen odd \\Draft) UID 1)",
	       "* 1 FETCH (FLAGS (\\Seen \\Draft) UID 1)\r\n");
	sifted("* 1 FETCH (INTERNALDATE \" 5-Jan-2026 09:00:00 +0130\" UID 1)",
	       "* 1 FETCH (INTERNALDATE \" 5-Jan-2026 09:00:00 +0130\" "
	       "UID 1)\r\n");
	sifted("* 1 FETCH (INTERNALDATE \"yesterday\" UID 1)",
	       "* 1 FETCH (UID 1)\r\n");
	sifted("* 1 FETCH (BODY[]<0> NIL)", "* 1 FETCH (BODY[]<0> NIL)\r\n");
	sifted("* 1 FETCH (BODY[]<7> {12}", "* 1 FETCH (BODY[]<7> {12}\r\n");
	sifted("* 1 FETCH (BODY[]<7 {12}", NULL);
	sifted("* 1 FETCH (MODSEQ (1))", "");
	sifted("* 1 FETCH (UID 4294967296)", NULL);
	sifted("* 1 FETCH (UID 1", NULL);
	sifted("* 1 FETCH (UID 1) x", NULL);
	sifted("* 1 FETCH (X \"a", NULL);
	sifted("* 1 FETCH (ENVELOPE {3}", NULL);
}

/* A line with literals comes in pieces. */
static void
pieces(void **state)
{
	struct sieve s = { .some = false };
	struct buf out;
	const char *why;
	size_t n = 0;

	(void)state;
	buf_init(&out, 1000);
	assert_int_equal(
		sieve_line(&s, "* 2 FETCH (UID 9 BODY[] {5+}", &out, &n, &why),
		SIEVE_LITERAL);
	assert_int_equal(n, 5);
	assert_string_equal(buf_str(&out), "* 2 FETCH (UID 9 BODY[] {5}\r\n");
	buf_clear(&out);
	assert_int_equal(sieve_line(&s, " FLAGS () X y)", &out, &n, &why),
			 SIEVE_PASS);
	assert_string_equal(buf_str(&out), " FLAGS ())\r\n");
	assert_int_equal(s.in, SIEVE_START);
	buf_clear(&out);
	assert_int_equal(sieve_line(&s, "* LIST () \"/\" {2}", &out, &n, &why),
			 SIEVE_LITERAL);
	buf_clear(&out);
	assert_int_equal(sieve_line(&s, " x", &out, &n, &why), SIEVE_BROKEN);
	/* more than fits: too much, not what is left of it */
	buf_clear(&out);
	assert_int_equal(sieve_line(&s,
				    "* 2 FETCH (BODY[] {18446744073709551617}",
				    &out, &n, &why),
			 SIEVE_LITERAL);
	assert_true(n >= UINT32_MAX);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sieve),
		cmocka_unit_test(pieces),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
