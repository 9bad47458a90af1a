/* SPF records: read, asked of addresses, and what they cost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/ctl/spf.h"
#include "tests/unit/dns_table.h"

static struct spf record;

/* --- records ----------------------------------------------------------------- */

static void
good(const char *text, size_t terms)
{
	struct err e = { .text = "" };

	if (spf_read(text, &record, &e) != OUT_OK)
		fail_msg("%s: %s", text, e.text);
	if (record.n != terms)
		fail_msg("%s: %zu terms", text, record.n);
	spf_release(&record);
}

static void
bad(const char *text, const char *why)
{
	struct err e = { .text = "" };

	if (spf_read(text, &record, &e) != OUT_PERM)
		fail_msg("%s was taken", text);
	spf_release(&record);
	if (strstr(e.text, why) == NULL)
		fail_msg("%s: not '%s' in: %s", text, why, e.text);
}

static void
records_are_told_from_others(void **state)
{
	(void)state;
	assert_true(spf_is("v=spf1"));
	assert_true(spf_is("V=SPF1 -all"));
	assert_false(spf_is("v=spf10 -all"));
	assert_false(spf_is("v=spf2.0/pra -all"));
	assert_false(spf_is(" v=spf1"));
	assert_false(spf_is("google-site-verification=x"));
	assert_false(spf_is(""));
}

static void
terms_are_read(void **state)
{
	(void)state;
	good("v=spf1", 0);
	good("v=spf1   mx  -ALL ", 2);
	good("v=spf1 a a:x.example a/24 a:x.example/24//64 a//64 ~all", 6);
	good("v=spf1 ip4:192.0.2.0/24 ip4:192.0.2.1 ip6:2001:db8::/32 ?all", 4);
	good("v=spf1 exists:%{ir}.%{v}._spf.%{d2} ptr ptr:x.example -all", 4);
	good("v=spf1 include:_spf.x.example redirect=%{d1r+-/}.example", 2);
	good("v=spf1 exp=why.%{d} x-other=a%_b MX:x.example/0", 3);
}

static void
wrong_terms_are_named(void **state)
{
	(void)state;
	bad("v=spf1 all:x", "'all:x'");
	bad("v=spf1 mx ipv4:1.2.3.4 -all", "'ipv4:1.2.3.4'");
	bad("v=spf1 ip4:1.2.3 -all", "'ip4:1.2.3'");
	bad("v=spf1 ip4:1.2.3.4/33", "'ip4:1.2.3.4/33'");
	bad("v=spf1 ip4:1.2.3.4/", "'ip4:1.2.3.4/'");
	bad("v=spf1 ip4:1.2.3.4/024", "'ip4:1.2.3.4/024'");
	bad("v=spf1 ip6:1.2.3.4", "'ip6:1.2.3.4'");
	bad("v=spf1 ip4=1.2.3.4/%{x} -all", "'ip4=1.2.3.4/%{x}'");
	bad("v=spf1 include", "'include'");
	bad("v=spf1 include:", "'include:'");
	bad("v=spf1 include:a..b", "'include:a..b'");
	bad("v=spf1 a:x.example/33", "'a:x.example/33'");
	bad("v=spf1 a//129", "'a//129'");
	bad("v=spf1 exists:%{z}.x", "'exists:%{z}.x'");
	bad("v=spf1 exists:%{d", "'exists:%{d'");
	bad("v=spf1 exists:x%", "'exists:x%'");
	bad("v=spf1 redirect=a.example redirect=b.example",
	    "'redirect=b.example'");
	bad("v=spf1 --all", "'--all'");
	bad("v=spf1 ,all", "',all'");
	bad("v=spf2 all", "does not begin");
}

/* --- macros: the table of RFC 7208, section 7.4 ------------------------------ */

static void
expands(const char *ip, const char *spec, const char *want)
{
	struct spf_ask q = { .domain = "email.example.com",
			     .sender = "strong-bad@email.example.com" };
	char out[DNS_NAME_MAX + 1];

	assert_true(spf_ip_read(ip, &q.ip));
	if (!spf_expand(&q, q.domain, spec, out))
		fail_msg("%s was not taken", spec);
	assert_string_equal(out, want);
}

static void
macros_are_written_out(void **state)
{
	static const char *const v4[][2] = {
		{ "%{s}", "strong-bad@email.example.com" },
		{ "%{o}", "email.example.com" },
		{ "%{d}", "email.example.com" },
		{ "%{d4}", "email.example.com" },
		{ "%{d3}", "email.example.com" },
		{ "%{d2}", "example.com" },
		{ "%{d1}", "com" },
		{ "%{dr}", "com.example.email" },
		{ "%{d2r}", "example.email" },
		{ "%{l}", "strong-bad" },
		{ "%{l-}", "strong.bad" },
		{ "%{lr}", "strong-bad" },
		{ "%{lr-}", "bad.strong" },
		{ "%{l1r-}", "strong" },
		{ "%{ir}.%{v}._spf.%{d2}",
		  "3.2.0.192.in-addr._spf.example.com" },
		{ "%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com" },
		{ "%{lr-}.lp.%{ir}.%{v}._spf.%{d2}",
		  "bad.strong.lp.3.2.0.192.in-addr._spf.example.com" },
		{ "%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}",
		  "3.2.0.192.in-addr.strong.lp._spf.example.com" },
		{ "%{d2}.trusted-domains.example.net",
		  "example.com.trusted-domains.example.net" },
		{ "a%%b%-c.example", "a%b%20c.example" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof v4 / sizeof v4[0]; i++)
		expands("192.0.2.3", v4[i][0], v4[i][1]);
	expands("2001:db8::cb01", "%{ir}.%{v}._spf.%{d2}",
		"1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0."
		"2.ip6._spf.example.com");
}

static void
a_name_that_is_too_long_loses_labels_at_the_left(void **state)
{
	struct spf_ask q = { .domain = "email.example.com",
			     .sender = "a@email.example.com" };
	char spec[400];
	char out[DNS_NAME_MAX + 1];

	(void)state;
	for (size_t i = 0; i < 300; i++)
		spec[i] = i % 10 == 9 ? '.' : 'x';
	(void)snprintf(spec + 300, sizeof spec - 300, "%%{d}");
	assert_true(spf_expand(&q, q.domain, spec, out));
	assert_true(strlen(out) <= DNS_NAME_MAX);
	assert_non_null(strstr(out, "email.example.com"));
	assert_false(spf_expand(&q, q.domain, "%{d0}", out));
	assert_false(spf_expand(&q, q.domain, "a..b", out));
}

/* --- what is said of an address ---------------------------------------------- */

static const struct dns_row table[] = {
	{ "a.example", DNS_TXT, "v=spf1 a mx ip4:198.51.100.0/25 -all" },
	{ "a.example", DNS_TXT, "some other text" },
	{ "a.example", DNS_A, "192.0.2.1" },
	{ "a.example", DNS_AAAA, "2001:db8::1" },
	{ "a.example", DNS_MX, "mx.example" },
	{ "mx.example", DNS_A, "192.0.2.2" },
	{ "inc.example", DNS_TXT, "v=spf1 ~include:a.example ?all" },
	{ "red.example", DNS_TXT, "v=spf1 redirect=a.example" },
	{ "soft.example", DNS_TXT, "v=spf1 a:a.example/24 ~all" },
	{ "nothing.example", DNS_TXT, "v=spf1" },
	{ "two.example", DNS_TXT, "v=spf1 -all" },
	{ "two.example", DNS_TXT, "v=spf1 mx -all" },
	{ "void.example", DNS_TXT, "v=spf1 include:none.example -all" },
	{ "late.example", DNS_TXT, NULL },
	{ "inclate.example", DNS_TXT, "v=spf1 include:late.example -all" },
	{ "loop.example", DNS_TXT, "v=spf1 include:loop.example -all" },
	{ "deep.example", DNS_TXT, "v=spf1 redirect=deep.example" },
	{ "list.example", DNS_TXT,
	  "v=spf1 exists:%{i}.ok.%{d} include:a.example -all" },
	{ "203.0.113.9.ok.list.example", DNS_A, "127.0.0.2" },
	{ "wide.example", DNS_TXT,
	  "v=spf1 a:h1.example a:h2.example a:h3.example a:h4.example "
	  "a:h5.example a:h6.example include:rest.example -all" },
	{ "rest.example", DNS_TXT,
	  "v=spf1 mx:h7.example mx:h8.example mx:h9.example exists:h10.example "
	  "-all" },
	{ "ptr.example", DNS_TXT, "v=spf1 ptr -all" },
	{ NULL, DNS_TXT, NULL },
};

static struct spf_told told;

static const char *
says(const char *domain, const char *ip)
{
	struct spf_ask q = { .ask = dns_table,
			     .arg = (void *)table,
			     .domain = domain,
			     .sender = "ana@x.example" };

	if (ip != NULL)
		assert_true(spf_ip_read(ip, &q.ip));
	return spf_result_name(spf_check(&q, &told));
}

static void
addresses_are_judged(void **state)
{
	(void)state;
	assert_string_equal(says("a.example", "192.0.2.1"), "pass");
	assert_string_equal(says("a.example", "192.0.2.2"), "pass");
	assert_string_equal(says("a.example", "2001:db8::1"), "pass");
	assert_string_equal(says("a.example", "198.51.100.127"), "pass");
	assert_string_equal(says("a.example", "198.51.100.128"), "fail");
	assert_string_equal(says("a.example", "192.0.2.3"), "fail");
	assert_string_equal(says("a.example", "2001:db8::2"), "fail");
	assert_string_equal(says("inc.example", "192.0.2.2"), "softfail");
	assert_string_equal(says("inc.example", "192.0.2.3"), "neutral");
	assert_string_equal(says("red.example", "192.0.2.1"), "pass");
	assert_string_equal(says("red.example", "192.0.2.9"), "fail");
	assert_string_equal(says("soft.example", "192.0.2.200"), "pass");
	assert_string_equal(says("soft.example", "192.0.3.1"), "softfail");
	assert_string_equal(says("list.example", "203.0.113.9"), "pass");
	assert_string_equal(says("list.example", "203.0.113.8"), "fail");
	assert_string_equal(says("nothing.example", "192.0.2.1"), "neutral");
	assert_string_equal(says("ptr.example", "192.0.2.1"), "fail");
	assert_string_equal(says("none.example", "192.0.2.1"), "none");
}

static void
errors_are_told_apart(void **state)
{
	(void)state;
	assert_string_equal(says("two.example", "192.0.2.1"), "permerror");
	assert_non_null(strstr(told.why, "two SPF records"));
	assert_string_equal(says("void.example", "192.0.2.1"), "permerror");
	assert_non_null(strstr(told.why, "none.example"));
	assert_string_equal(says("late.example", "192.0.2.1"), "temperror");
	assert_string_equal(says("inclate.example", "192.0.2.1"), "temperror");
	assert_string_equal(says("loop.example", "192.0.2.1"), "permerror");
	assert_string_equal(says("deep.example", "192.0.2.1"), "permerror");
}

static void
lookups_are_counted(void **state)
{
	(void)state;
	(void)says("a.example", NULL);
	assert_int_equal(told.lookups, 2);
	(void)says("inc.example", NULL);
	assert_int_equal(told.lookups, 3);
	(void)says("wide.example", NULL);
	assert_int_equal(told.lookups, 11);
	/* of an address that matches early less is asked */
	(void)says("a.example", "192.0.2.1");
	assert_int_equal(told.lookups, 1);
	(void)says("loop.example", NULL);
	assert_true(told.lookups <= SPF_LOOKUPS_MAX + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_told_from_others),
		cmocka_unit_test(terms_are_read),
		cmocka_unit_test(wrong_terms_are_named),
		cmocka_unit_test(macros_are_written_out),
		cmocka_unit_test(
			a_name_that_is_too_long_loses_labels_at_the_left),
		cmocka_unit_test(addresses_are_judged),
		cmocka_unit_test(errors_are_told_apart),
		cmocka_unit_test(lookups_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
