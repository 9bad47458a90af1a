/* Keys, policies, answers of the DNS, and what is said about a domain. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/hash.h"
#include "daemon/ctl/check_domain.h"
#include "daemon/ctl/dmarc.h"
#include "daemon/ctl/tags.h"
#include "tests/unit/dns_table.h"

/* Made for these tests: RSA of 2048, 1024 and 512 bits, Ed25519. */
#define RSA_2048                                                               \
	"MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAuHgxwTiLgJ44i32tBe46Os"   \
	"jNaKTsqzfcTRY6YgtKlBZBNwl41IoXCjYJ8fBQoZVFihc0Oak6fL0CamyZP2UxJw1s"   \
	"bYMfeuzO7KjozFTm2fefZHfDNUIxJreA6uSwi2V1jhbxFKRmSs/bCIVmKKRO6sqsTl"   \
	"qmlkQvN7OhJckaNNWU2CN3LaNpZduMwBCZyT4BifmoT48Rt9+lDtgGfg4SOze4Z539"   \
	"st0oGK74FD5m5gnF2wSf5M0GSHtr8hnnVGNuSvEoOWkPI8bs3HlfDUFbMWMXfZ7Ua0"   \
	"iZ90BUChbzpfpwb5p42h5Lq7tlF95tewikCXD7L15Zoiwf8PaXWfVo5wIDAQAB"
#define RSA_1024                                                               \
	"MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDfBheCR/RMTCsaN1RRDlKBnHcYiy"   \
	"R+1hBUJmkbk6plGKNzQ1cfD8ul/MBxDg4NgzVZXotMs2doeWkqogxdFzApczRZQBJ4"   \
	"REa916Qip/y7pf34Tc5ZTMG0g4qjaOyzFdPOTwqO4GTbfYP9OJ0DGKArtppNiXhgWi"   \
	"V55Q2ld8sLjwIDAQAB"
#define RSA_1024_BARE                                                          \
	"MIGJAoGBAN8GF4JH9ExMKxo3VFEOUoGcdxiLJH7WEFQmaRuTqmUYo3NDVx8Py6X8wH"   \
	"EODg2DNVlei0yzZ2h5aSqiDF0XMClzNFlAEnhERr3XpCKn/Lul/fhNzllMwbSDiqNo"   \
	"7LMV085PCo7gZNt9g/04nQMYoCu2mk2JeGBaJXnlDaV3ywuPAgMBAAE="
#define RSA_512                                                                \
	"MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBAL2OZHDfV0vnMjtVgNUMxo3i2Zi8bb97k0"   \
	"WvXnFXzW6FxjOUSBmlC+MqlatcqpLZLhhnXU23SqNDuLOIQXsutN8CAwEAAQ=="
#define ED25519 "XQHEc/ufkPestQkeiK07H99mG4vHmPxalmqwldJZFdo="

static int
setup(void **state)
{
	(void)state;
	hash_start();
	return 0;
}

/* --- lists of tags ------------------------------------------------------------ */

static void
tags_are_read(void **state)
{
	static struct tags t;

	(void)state;
	assert_true(tags_read("v=DKIM1; k = rsa ;p=a b\r\n\tc==;;", &t) ==
		    false);
	assert_true(tags_read("v=DKIM1; k = rsa ;p=a=b;", &t));
	assert_int_equal(t.n, 3);
	assert_string_equal(tags_first(&t), "v");
	assert_string_equal(tags_value(&t, "k"), "rsa");
	assert_string_equal(tags_value(&t, "p"), "a=b");
	assert_null(tags_value(&t, "K"));
	assert_true(tags_read("", &t));
	assert_string_equal(tags_first(&t), "");
	assert_false(tags_read("a=1;a=2", &t));
	assert_false(tags_read("a", &t));
	assert_false(tags_read("=1", &t));
	assert_false(tags_read("1a=1", &t));
	assert_false(tags_read("a=1;;b=2", &t));
	assert_true(tags_has(" sha1 : SHA256", ':', "sha256"));
	assert_false(tags_has("sha256x", ':', "sha256"));
	assert_false(tags_has("", ':', "y"));
}

/* --- keys --------------------------------------------------------------------- */

static void
key(const char *text, int bits)
{
	struct dkim_key k;
	struct err e = { .text = "" };

	if (dkim_read(text, &k, &e) != OUT_OK)
		fail_msg("%s: %s", text, e.text);
	assert_int_equal(k.bits, bits);
	assert_int_equal(k.rsa, bits != 0);
}

static void
no_key(const char *text, const char *why)
{
	struct dkim_key k;
	struct err e = { .text = "" };

	if (dkim_read(text, &k, &e) != OUT_PERM)
		fail_msg("%s was taken", text);
	if (strstr(e.text, why) == NULL)
		fail_msg("%s: not '%s' in: %s", text, why, e.text);
}

static void
keys_are_measured(void **state)
{
	struct dkim_key k;
	struct err e;

	(void)state;
	key("v=DKIM1; k=rsa; p=" RSA_2048, 2048);
	key("p=" RSA_1024, 1024);
	key("p=" RSA_1024_BARE, 1024);
	key("v=DKIM1;p=" RSA_512, 512);
	key("v=DKIM1; k=ed25519; p=" ED25519, 0);
	key("v=DKIM1; h=sha1:sha256; s=email; t=s; p=" RSA_1024, 1024);
	assert_int_equal(dkim_read("v=DKIM1; p=", &k, &e), OUT_OK);
	assert_true(k.revoked);
	assert_int_equal(dkim_read("t=s:y; p=" RSA_2048, &k, &e), OUT_OK);
	assert_true(k.testing);
}

static void
wrong_keys_say_why(void **state)
{
	char cut[] = "p=" RSA_2048;

	(void)state;
	no_key("v=DKIM2; p=" RSA_1024, "v= is not DKIM1");
	no_key("k=rsa; v=DKIM1; p=" RSA_1024, "does not stand first");
	no_key("v=DKIM1; k=dsa; p=" RSA_1024, "k=dsa");
	no_key("v=DKIM1; k=rsa", "there is no key");
	no_key("v=DKIM1; h=sha1; p=" RSA_1024, "h= does not allow");
	no_key("v=DKIM1; s=tlsrpt; p=" RSA_1024, "s= does not allow");
	no_key("v=DKIM1; p=%%%", "not base64");
	no_key("v=DKIM1; p=" ED25519, "no RSA key");
	no_key("v=DKIM1; k=ed25519; p=" RSA_1024, "not of 32 octets");
	no_key("v=DKIM1; p=a; p=b", "no list");
	/* as DNS editors cut it at 255 */
	cut[250] = '\0';
	no_key(cut, "no RSA key");
}

static void
signatures_of_a_mail_are_found(void **state)
{
	static const char mail[] =
		"Received: x\r\n"
		"DKIM-Signature: v=1; a=rsa-sha256; d=tienda.example;\r\n"
		"\ts=mail2026; h=From:To;\r\n"
		" b=abc\r\n"
		"dkim-signature: v=1; d=relay.example; s=a.b; b=x\n"
		"DKIM-Signature: v=1; d=relay.example; b=x\n"
		"DKIM-Signature: v=1; d=a..b; s=x\n"
		"From: a@tienda.example\r\n"
		"\r\n"
		"DKIM-Signature: d=body.example; s=x\n";
	struct dkim_signature s[DKIM_SIGNATURES_MAX];
	size_t n = 9;

	(void)state;
	dkim_signatures(mail, s, &n);
	assert_int_equal(n, 2);
	assert_string_equal(s[0].domain, "tienda.example");
	assert_string_equal(s[0].selector, "mail2026");
	assert_string_equal(s[1].selector, "a.b");
	dkim_signatures("", s, &n);
	assert_int_equal(n, 0);
}

/* --- policies ----------------------------------------------------------------- */

static void
policies_are_read(void **state)
{
	struct dmarc d;
	struct err e = { .text = "" };

	(void)state;
	assert_int_equal(dmarc_read("v=DMARC1; p=reject; sp=none; pct=50; "
				    "adkim=s; rua=mailto:a@x.example",
				    &d, &e),
			 OUT_OK);
	assert_int_equal(d.policy, DMARC_REJECT);
	assert_int_equal(d.subdomains, DMARC_NOTHING);
	assert_int_equal(d.percent, 50);
	assert_true(d.strict_dkim);
	assert_false(d.strict_spf);
	assert_true(d.reports);
	assert_int_equal(dmarc_read("v=DMARC1;p=QUARANTINE", &d, &e), OUT_OK);
	assert_int_equal(d.subdomains, DMARC_QUARANTINE);
	assert_int_equal(d.percent, 100);
	assert_false(d.reports);
	assert_true(dmarc_is("v=DMARC1"));
	assert_false(dmarc_is("v=DMARC12; p=none"));
	assert_false(dmarc_is("v=dmarc1; p=none"));
}

static void
wrong_policies_say_why(void **state)
{
	static const char *const cases[][2] = {
		{ "v=DMARC1", "no policy" },
		{ "v=DMARC1; p=block", "p=block" },
		{ "v=DMARC1; p=none; sp=x", "sp=x" },
		{ "v=DMARC1; p=none; pct=101", "pct=" },
		{ "v=DMARC1; p=none; pct=", "pct=" },
		{ "v=DMARC1; p=none; adkim=strict", "adkim=" },
		{ "v=DMARC1; p=none; rua=a@x.example", "no mailto:" },
		{ "v=DMARC1 p=none", "no policy" },
	};
	struct dmarc d;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct err e = { .text = "" };

		assert_int_equal(dmarc_read(cases[i][0], &d, &e), OUT_PERM);
		if (strstr(e.text, cases[i][1]) == NULL)
			fail_msg("%s: %s", cases[i][0], e.text);
	}
}

/* --- answers of the DNS ------------------------------------------------------- */

/* A header of one question and n answers, then x.example IN TXT. */
static const unsigned char head[] = { 0,   1,   0x81, 0x80, 0,   1,   0,   1,
				      0,   0,   0,    0, /* header */
				      1,   'x', 7,    'e',  'x', 'a', 'm', 'p',
				      'l', 'e', 0,    0,    16,  0,   1 };

static size_t
answer(unsigned char *out, const unsigned char *rdata, size_t n)
{
	static const unsigned char rr[] = {
		0xc0, 12, 0, 16, 0, 1, 0, 0, 0, 60
	};
	size_t at = sizeof head;

	(void)memcpy(out, head, sizeof head);
	(void)memcpy(out + at, rr, sizeof rr);
	at += sizeof rr;
	out[at++] = (unsigned char)(n >> 8);
	out[at++] = (unsigned char)n;
	(void)memcpy(out + at, rdata, n);
	return at + n;
}

static void
strings_of_a_record_are_joined(void **state)
{
	static const unsigned char two[] = { 4, 'v', '=', 's', 'p',
					     3, 'f', '1', '\n' };
	static const unsigned char over[] = { 9, 'a', 'b' };
	unsigned char octets[256];
	struct dns_list l = { .n = 0 };
	size_t n = answer(octets, two, sizeof two);

	(void)state;
	assert_true(dns_read(octets, n, DNS_TXT, &l));
	assert_int_equal(l.n, 1);
	assert_string_equal(l.item[0], "v=spf1?");
	dns_list_release(&l);
	/* of another kind than was asked for */
	assert_true(dns_read(octets, n, DNS_A, &l));
	assert_int_equal(l.n, 0);
	/* cut anywhere: never read beyond, never taken for whole */
	for (size_t i = 0; i < n; i++) {
		unsigned char *cut = malloc(i > 0 ? i : 1);

		(void)memcpy(cut, octets, i);
		assert_false(dns_read(cut, i, DNS_TXT, &l));
		dns_list_release(&l);
		free(cut);
	}
	n = answer(octets, over, sizeof over);
	assert_true(dns_read(octets, n, DNS_TXT, &l));
	assert_string_equal(l.item[0], "ab");
	dns_list_release(&l);
}

static void
names_are_told_from_nonsense(void **state)
{
	char longest[300];

	(void)state;
	assert_true(dns_is_name("tienda.example"));
	assert_true(dns_is_name("_dmarc.tienda.example."));
	assert_false(dns_is_name(""));
	assert_false(dns_is_name("."));
	assert_false(dns_is_name("a..b"));
	assert_false(dns_is_name("a b"));
	assert_false(dns_is_name("a\\032b"));
	(void)memset(longest, 'a', sizeof longest);
	longest[64] = '\0';
	assert_false(dns_is_name(longest));
	longest[63] = '\0';
	assert_true(dns_is_name(longest));
}

/* --- what is said about a domain ---------------------------------------------- */

static const struct dns_row table[] = {
	{ "good.example", DNS_TXT, "v=spf1 a:smtp.good.example -all" },
	{ "smtp.good.example", DNS_A, "192.0.2.7" },
	{ "k1._domainkey.good.example", DNS_TXT, "v=DKIM1; p=" RSA_2048 },
	{ "_dmarc.good.example", DNS_TXT,
	  "v=DMARC1; p=reject; rua=mailto:a@good.example" },

	{ "two.example", DNS_TXT, "v=spf1 mx -all" },
	{ "two.example", DNS_TXT, "v=spf1 a -all" },
	{ "_dmarc.two.example", DNS_TXT, "v=DMARC1; p=none" },
	{ "_dmarc.two.example", DNS_TXT, "v=DMARC1; p=reject" },
	{ "k1._domainkey.two.example", DNS_TXT, "v=DKIM1; p=" RSA_512 },
	{ "k2._domainkey.two.example", DNS_TXT, "v=DKIM1; p=" },

	{ "own.example", DNS_TXT, "v=spf1 ip4:198.51.100.1 -all" },
	{ "named.example", DNS_TXT, "v=spf1 include:own.example ~all" },
	{ "open.example", DNS_TXT, "v=spf1 +all" },
	{ "slack.example", DNS_TXT, "v=spf1 mx" },
	{ "typo.example", DNS_TXT, "v=spf1 ipv4:192.0.2.7 -all" },
	{ "wide.example", DNS_TXT,
	  "v=spf1 a a a a a a a a a a a ip4:192.0.2.7 -all" },
	{ "void.example", DNS_TXT,
	  "v=spf1 a:no1.example a:no2.example mx:no3.example ip4:192.0.2.7 "
	  "-all" },
	{ "late.example", DNS_TXT, NULL },
	{ "k1._domainkey.late.example", DNS_TXT, NULL },
	{ "_dmarc.late.example", DNS_TXT, NULL },

	{ "_dmarc.above.example", DNS_TXT, "v=DMARC1; p=reject; sp=none" },
	{ "_dmarc.upper.example", DNS_TXT, "v=DMARC1; p=none; sp=quarantine" },
	{ NULL, DNS_TXT, NULL },
};

static struct findings found;

/* Ask; what was found before is forgotten. */
static void
ask(struct domain_ask q)
{
	char address[300];

	findings_release(&found);
	findings_init(&found);
	(void)snprintf(address, sizeof address, "hola@%s", q.domain);
	q.ask = dns_table;
	q.arg = (void *)table;
	q.address = address;
	check_domain(&q, &found);
}

/* Is that said, at that level? */
static void
said(const char *check, const char *level, const char *part)
{
	char *all = json_dumps(found.list, JSON_INDENT(1));
	const json_t *o;
	bool there = false;
	size_t i;

	json_array_foreach(found.list, i, o)
	{
		const char *text = ctl_str(o, "text");
		const char *change = ctl_str(o, "change");

		if (strcmp(ctl_str(o, "check"), check) == 0 &&
		    strcmp(ctl_str(o, "level"), level) == 0 &&
		    (strstr(text, part) != NULL ||
		     strstr(change, part) != NULL))
			there = true;
	}
	if (!there)
		fail_msg("no %s of %s: '%s' in: %s", level, check, part, all);
	free(all);
}

static void
what_is_right_is_said(void **state)
{
	(void)state;
	ask((struct domain_ask){ .domain = "good.example",
				 .host = "smtp.good.example",
				 .selector = { "k1" },
				 .selectors = 1 });
	assert_int_equal(found.count[FINDING_OK], 3);
	assert_int_equal(json_array_size(found.list), 3);
	said("spf", "ok", "192.0.2.7 may send as you");
	said("dkim", "ok", "k1._domainkey.good.example");
	said("dmarc", "ok", "p=reject");
}

static void
what_is_missing_is_proposed(void **state)
{
	(void)state;
	ask((struct domain_ask){ .domain = "none.example",
				 .host = "smtp.none.example" });
	said("spf", "problem",
	     "publish a TXT record at none.example: v=spf1 "
	     "a:smtp.none.example ~all");
	said("dkim", "note", "--mail FILE");
	said("dmarc", "problem",
	     "_dmarc.none.example: v=DMARC1; p=none; "
	     "rua=mailto:postmaster@none.example");
	ask((struct domain_ask){ .domain = "none.example",
				 .relay = "2001:db8::7" });
	said("spf", "problem", "v=spf1 ip6:2001:db8::7 ~all");
}

static void
what_is_there_twice_is_said(void **state)
{
	(void)state;
	ask((struct domain_ask){ .domain = "two.example",
				 .selector = { "k1", "k2", "k3" },
				 .selectors = 3 });
	said("spf", "problem", "there are 2 SPF records");
	said("dmarc", "problem", "there are 2 DMARC records");
	said("dkim", "problem", "too short");
	said("dkim", "problem", "revoked");
	said("dkim", "problem", "there is no key at k3._domainkey.two.example");
}

static void
a_relay_that_is_not_let_is_said(void **state)
{
	struct domain_ask q = { .domain = "own.example",
				.host = "smtp.good.example" };

	(void)state;
	ask(q);
	said("spf", "problem",
	     "192.0.2.7 of smtp.good.example may not send as you (fail)");
	said("spf", "problem", "add ip4:192.0.2.7");
	/* a record that names others may mean that server by them */
	q.domain = "named.example";
	ask(q);
	said("spf", "note", "(softfail), unless");
	q.relay = "192.0.2.7";
	ask(q);
	said("spf", "problem", "192.0.2.7 may not send as you (softfail)");
	q.relay = "198.51.100.1";
	ask(q);
	said("spf", "ok", "198.51.100.1 may send");
	/* of a server in here nothing can be said */
	q.relay = NULL;
	q.host = "localhost";
	ask(q);
	said("spf", "note", "--relay ADDRESS");
	q.host = "10.1.2.3";
	ask(q);
	said("spf", "note", "nobody outside sees");
}

static void
faults_of_a_record_are_said(void **state)
{
	struct domain_ask q = { .domain = "open.example",
				.relay = "192.0.2.7" };

	(void)state;
	ask(q);
	said("spf", "problem", "lets everybody send");
	q.domain = "slack.example";
	ask(q);
	said("spf", "note", "end it with ~all");
	q.domain = "typo.example";
	ask(q);
	said("spf", "problem", "'ipv4:192.0.2.7' in it is wrong");
	q.domain = "wide.example";
	ask(q);
	said("spf", "problem", "ask the DNS 11 times; after 10 it gives up");
	q.domain = "void.example";
	ask(q);
	said("spf", "note", "3 names in it have nothing");
	said("spf", "ok", "192.0.2.7 may send as you");
}

static void
nobody_answers_is_no_fault(void **state)
{
	(void)state;
	ask((struct domain_ask){ .domain = "late.example",
				 .relay = "192.0.2.7",
				 .selector = { "k1" },
				 .selectors = 1 });
	assert_int_equal(found.count[FINDING_UNKNOWN], 3);
	assert_int_equal(found.count[FINDING_PROBLEM], 0);
}

static void
a_domain_below_another_has_its_policy(void **state)
{
	(void)state;
	ask((struct domain_ask){ .domain = "shop.above.example",
				 .relay = "192.0.2.7" });
	said("dmarc", "note", "sp=none");
	ask((struct domain_ask){ .domain = "shop.upper.example",
				 .relay = "192.0.2.7" });
	said("dmarc", "ok", "sp=quarantine");
	said("dmarc", "note", "see to DKIM first");
	said("dmarc", "note", "nobody gets the reports");
	assert_true(domain_within("Mail.X.example", "x.example"));
	assert_false(domain_within("mailx.example", "x.example"));
}

/* A mail as somebody got it tells who signed. */
static void
a_mail_tells_who_signs(void **state)
{
	struct domain_ask q = { .domain = "good.example",
				.host = "smtp.good.example",
				.have_mail = true };

	(void)state;
	ask(q);
	said("dkim", "problem", "that mail has no DKIM signature");
	said("dmarc", "note", "without a DKIM signature");
	q.signatures = 1;
	q.signature[0] = (struct dkim_signature){ .domain = "relay.example",
						  .selector = "k1" };
	ask(q);
	said("dkim", "problem", "signed by relay.example alone");
	q.signature[0] = (struct dkim_signature){ .domain = "good.example",
						  .selector = "k1" };
	ask(q);
	said("dkim", "ok", "k1._domainkey.good.example");
}

static int
teardown(void **state)
{
	(void)state;
	findings_release(&found);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tags_are_read),
		cmocka_unit_test(keys_are_measured),
		cmocka_unit_test(wrong_keys_say_why),
		cmocka_unit_test(signatures_of_a_mail_are_found),
		cmocka_unit_test(policies_are_read),
		cmocka_unit_test(wrong_policies_say_why),
		cmocka_unit_test(strings_of_a_record_are_joined),
		cmocka_unit_test(names_are_told_from_nonsense),
		cmocka_unit_test(what_is_right_is_said),
		cmocka_unit_test(what_is_missing_is_proposed),
		cmocka_unit_test(what_is_there_twice_is_said),
		cmocka_unit_test(a_relay_that_is_not_let_is_said),
		cmocka_unit_test(faults_of_a_record_are_said),
		cmocka_unit_test(nobody_answers_is_no_fault),
		cmocka_unit_test(a_domain_below_another_has_its_policy),
		cmocka_unit_test(a_mail_tells_who_signs),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
