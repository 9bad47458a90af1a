/* What the kinds of connections accept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <string.h>

#include "daemon/kinds.h"

/* A mailbox that is right, with members changed; JSON null takes one away. */
static json_t *
mailbox(const char *change)
{
	json_t *o = json_loads("{\"address\": \"hola@tienda.example\","
			       " \"from_name\": \"Tienda\","
			       " \"imap_host\": \"imap.tienda.example\"}",
			       0, NULL);
	json_t *more = json_loads(change, 0, NULL);
	const char *name;
	json_t *v;

	assert_non_null(o);
	if (more == NULL)
		fail_msg("not JSON: %s", change);
	json_object_foreach(more, name, v)
	{
		if (json_is_null(v))
			(void)json_object_del(o, name);
		else
			(void)json_object_set(o, name, v);
	}
	json_decref(more);
	return o;
}

static void
good(const char *change)
{
	struct err e = { .text = "" };
	json_t *o = mailbox(change);

	if (kind_settings(kind_find("mailbox"), o, &e) != OUT_OK)
		fail_msg("%s: %s", change, e.text);
	json_decref(o);
}

static void
bad(const char *change, const char *text)
{
	struct err e = { .text = "" };
	json_t *o = mailbox(change);

	if (kind_settings(kind_find("mailbox"), o, &e) != OUT_PERM)
		fail_msg("%s was taken", change);
	assert_string_equal(e.code, "bad_params");
	if (strstr(e.text, text) == NULL)
		fail_msg("%s: not '%s' in: %s", change, text, e.text);
	json_decref(o);
}

static void
what_a_mailbox_may_say(void **state)
{
	(void)state;
	assert_int_equal(kind_role(kind_find("mailbox")), ROLE_MAIL);
	good("{}");
	good("{\"language\": \"en\", \"imap_port\": 993, \"poll_s\": 5,"
	     " \"imap_security\": \"starttls\", \"imap_user\": \"12345\","
	     " \"folder\": \"Soporte/Año nuevo\", \"handled\": \"move\","
	     " \"handled_folder\": \"Hecho\", \"start\": \"all\","
	     " \"smtp_host\": \"2001:db8::7\", \"smtp_port\": 65535,"
	     " \"smtp_security\": \"tls\", \"smtp_user\": \"hola\","
	     " \"sent_folder\": \"Enviados\", \"auth\": \"xoauth2\","
	     " \"ca_file\": \"/etc/ssl/own.pem\","
	     " \"oauth_token_url\": \"https://login.example:8443/token\","
	     " \"oauth_client_id\": \"postigo\"}");
	good("{\"imap_port\": 1, \"poll_s\": 3600}");
}

static void
each_form_names_what_is_wrong(void **state)
{
	(void)state;
	bad("{\"imap_host\": null}", "'settings.imap_host' is missing");
	bad("{\"imap_port\": \"993\"}",
	    "'settings.imap_port' is not a whole number");
	bad("{\"imap_port\": 0}",
	    "'settings.imap_port' is not from 1 to 65535");
	bad("{\"smtp_port\": 65536}", "is not from 1 to 65535");
	bad("{\"poll_s\": 4}", "'settings.poll_s' is not from 5 to 3600");
	bad("{\"poll_s\": 60.5}", "is not a whole number");
	bad("{\"poll_s\": true}", "is not a whole number");
	bad("{\"imap_security\": \"ssl\"}",
	    "'settings.imap_security' is none of: tls starttls none");
	bad("{\"imap_security\": \"tls starttls\"}", "is none of");
	bad("{\"imap_security\": \"\"}", "is empty");
	bad("{\"handled\": \"delete\"}", "is none of: flag move leave");
	bad("{\"start\": \"old\"}", "is none of: new all");
	bad("{\"auth\": \"xoauth\"}", "is none of: password xoauth2");
	bad("{\"language\": \"fr\"}", "is none of: es en");
	bad("{\"address\": \"nadie\"}", "is not an e-mail address");
	bad("{\"ca_file\": \"own.pem\"}", "is not an absolute path");
	bad("{\"quote_history\": \"true\"}",
	    "'settings.quote_history' is neither true nor false");
	bad("{\"signature\": \"Marta\"}",
	    "'settings.signature' is not an object of texts");
	bad("{\"signature\": {\"fr\": \"x\"}}", "none of es, en");
	bad("{\"signature\": {\"es\": \"\"}}", "that is no text");
	bad("{\"signature\": {\"es\": \"a\\r\\nb\"}}", "that is no text");
	bad("{\"signature\": {\"en\": 1}}", "that is no text");
	bad("{\"folder\": \"a*\"}", "'settings.folder' is not a folder's name");
	bad("{\"folder\": \"50%\"}", "is not a folder's name");
	bad("{\"folder\": \" a\"}", "is not a folder's name");
	bad("{\"folder\": \"a\\r\\nb\"}", "is not one line");
	bad("{\"imap_user\": 12345}", "'settings.imap_user' is not a text");
	bad("{\"color\": \"azul\"}", "'settings.color' is not known");
	bad("{\"acknowledge\": \"true\"}",
	    "'settings.acknowledge' is neither true nor false");
	bad("{\"acknowledge\": 1}", "is neither true nor false");
	bad("{\"acknowledge_reply\": true}",
	    "'settings.acknowledge_reply' is not a text");
	/* all at once */
	bad("{\"imap_port\": 0, \"start\": \"x\"}", "'settings.imap_port'");
	bad("{\"imap_port\": 0, \"start\": \"x\"}", "'settings.start'");
}

static void
a_host_is_a_name_or_an_address(void **state)
{
	static const char *const wrong[] = {
		"imap tienda", "-imap.example", "imap..example", ".example",
		"example.",    "host:993",      "[::1]",         "a/b",
		"user@host",   "ñandú.example", "::g",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char change[80];

		(void)snprintf(change, sizeof change, "{\"imap_host\": \"%s\"}",
			       wrong[i]);
		bad(change, "'settings.imap_host' is neither a host's name");
	}
	good("{\"imap_host\": \"127.0.0.1\"}");
	good("{\"imap_host\": \"::1\"}");
	good("{\"imap_host\": \"mail_1.a-b.example\"}");
}

static void
nothing_leaves_the_machine_in_clear(void **state)
{
	static const char *const near[] = { "localhost", "LOCALHOST",
					    "127.0.0.1", "127.9.8.7", "::1" };
	static const char *const far[] = {
		"imap.example",      "127.example", "127.0.0.1.example",
		"localhost.example", "128.0.0.1",   "::2",
		"::ffff:10.0.0.1",   "10.0.0.1",
	};
	char change[120];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof near / sizeof near[0]; i++) {
		(void)snprintf(change, sizeof change,
			       "{\"imap_host\": \"%s\", \"imap_security\": "
			       "\"none\"}",
			       near[i]);
		good(change);
	}
	for (i = 0; i < sizeof far / sizeof far[0]; i++) {
		(void)snprintf(change, sizeof change,
			       "{\"imap_host\": \"%s\", \"imap_security\": "
			       "\"none\"}",
			       far[i]);
		bad(change, "'settings.imap_security' is none: only with");
		(void)snprintf(change, sizeof change,
			       "{\"smtp_host\": \"%s\", \"smtp_security\": "
			       "\"none\"}",
			       far[i]);
		bad(change, "'settings.smtp_security' is none: only with");
	}
	/* a mailbox that does not send sends nothing in clear */
	good("{\"smtp_security\": \"none\"}");
}

static void
settings_fit_together(void **state)
{
	(void)state;
	bad("{\"acknowledge\": true}",
	    "'settings.acknowledge' is true, but the mailbox does not send");
	good("{\"acknowledge\": true, \"smtp_host\": \"smtp.tienda.example\","
	     " \"acknowledge_reply\": \"acuse\"}");
	good("{\"acknowledge\": false}");
	bad("{\"handled\": \"move\"}",
	    "'settings.handled_folder' is missing: handled is move");
	bad("{\"handled\": \"move\", \"handled_folder\": \"inbox\"}",
	    "'settings.handled_folder' is the folder that is read");
	bad("{\"folder\": \"Soporte\", \"sent_folder\": \"Soporte\"}",
	    "'settings.sent_folder' is the folder that is read");
	good("{\"folder\": \"Soporte\", \"sent_folder\": \"soporte\"}");
	bad("{\"oauth_token_url\": \"https://login.example/t\"}",
	    "'settings.oauth_client_id' is missing: oauth_token_url is set");
	good("{\"oauth_client_id\": \"x\"}");
}

static void
tokens_come_over_https_alone(void **state)
{
	static const char *const wrong[] = {
		"http://login.example/t",
		"https://",
		"https:///t",
		"https://user@login.example/t",
		"https://login.example:/t",
		"https://login.example:123456/t",
		"https://login.example/t#x",
		"https://login.example/a b",
		"https://log in/t",
		"ftp://login.example",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		char change[160];

		(void)snprintf(change, sizeof change,
			       "{\"oauth_client_id\": \"x\", "
			       "\"oauth_token_url\": \"%s\"}",
			       wrong[i]);
		bad(change, "'settings.oauth_token_url' is not an https://");
	}
	good("{\"oauth_client_id\": \"x\", \"oauth_token_url\": "
	     "\"https://127.0.0.1:8443\"}");
}

static void
a_mailbox_has_its_secrets(void **state)
{
	const struct kind *k = kind_find("mailbox");
	struct err e = { .text = "" };
	json_t *o = json_loads(
		"{\"password\": \"a\", \"smtp_password\": \"b\","
		" \"access_token\": \"c\", \"oauth_client_secret\": \"d\","
		" \"oauth_refresh_token\": null}",
		0, NULL);

	(void)state;
	assert_int_equal(kind_secrets(k, o, &e), OUT_OK);
	(void)json_object_set_new(o, "imap_password", json_string("x"));
	(void)json_object_set_new(o, "password", json_string("a\nb"));
	assert_int_equal(kind_secrets(k, o, &e), OUT_PERM);
	assert_non_null(strstr(e.text, "'secrets.imap_password' is not known"));
	assert_non_null(strstr(e.text, "'secrets.password' is not a secret"));
	json_decref(o);
}

static void
a_start_and_its_day_go_together(void **state)
{
	(void)state;
	good("{\"start\": \"since\", \"start_since\": \"2026-02-28\"}");
	bad("{\"start\": \"since\"}", "'settings.start_since' is missing");
	bad("{\"start_since\": \"2026-02-28\"}", "start is not since");
	bad("{\"start\": \"all\", \"start_since\": \"2026-02-28\"}",
	    "start is not since");
	bad("{\"start\": \"since\", \"start_since\": \"2026-13-01\"}",
	    "is not a day");
	bad("{\"start\": \"since\", \"start_since\": \"28.2.2026\"}",
	    "is not a day");
	bad("{\"start\": \"since\", \"start_since\": \"2026-02-28T\"}",
	    "is not a day");
}

static void
tokens_come_from_one_place(void **state)
{
	(void)state;
	good("{\"oauth_token_file\": \"/run/postigo/token\"}");
	good("{\"oauth_token_command\": \"/usr/bin/token --for a@b.example\"}");
	bad("{\"oauth_token_file\": \"token\"}", "is not an absolute path");
	bad("{\"oauth_token_command\": \"token /a\"}",
	    "does not begin with a program's absolute path");
	bad("{\"oauth_token_command\": \"/a\", \"oauth_token_file\": \"/b\"}",
	    "is another source of tokens");
}

static enum outcome
local(const char *before, const char *after)
{
	json_t *b = before ? mailbox(before) : NULL;
	json_t *a = mailbox(after);
	struct err e;
	enum outcome o = kind_local(kind_find("mailbox"), b, a, &e);

	if (o != OUT_OK)
		assert_string_equal(e.code, "not_allowed");
	json_decref(a);
	json_decref(b);
	return o;
}

static void
what_reaches_into_the_machine(void **state)
{
	static const char file[] = "{\"oauth_token_file\": \"/a\"}";
	static const char other[] = "{\"oauth_token_file\": \"/b\"}";
	static const char command[] = "{\"oauth_token_command\": \"/a\"}";

	(void)state;
	assert_int_equal(local(NULL, "{}"), OUT_OK);
	assert_int_equal(local(NULL, file), OUT_PERM);
	assert_int_equal(local(NULL, command), OUT_PERM);
	assert_int_equal(local("{}", command), OUT_PERM);
	assert_int_equal(local(file, other), OUT_PERM);
	assert_int_equal(local(file, file), OUT_OK);
	assert_int_equal(local(file, "{}"), OUT_OK);
}

static void
numbers_are_told_apart(void **state)
{
	const struct kind *k = kind_find("mailbox");

	(void)state;
	assert_true(kind_is_number(k, "imap_port"));
	assert_true(kind_is_number(k, "poll_s"));
	assert_false(kind_is_number(k, "imap_user"));
	assert_false(kind_is_number(k, "port"));
	assert_false(kind_is_number(kind_find("maildir"), "imap_port"));
	assert_true(kind_is_flag(k, "quote_history"));
	assert_false(kind_is_flag(k, "signature"));
	assert_true(kind_is_texts(k, "signature"));
	assert_false(kind_is_texts(k, "address"));
}

/* A connection of role shop, and what is said of its settings; NULL: nothing. */
static void
shop(const char *kind, const char *settings, const char *text)
{
	struct err e = { .text = "" };
	json_t *o = json_loads(settings, 0, NULL);
	enum outcome out;

	assert_non_null(o);
	assert_non_null(kind_find(kind));
	assert_int_equal(kind_role(kind_find(kind)), ROLE_SHOP);
	out = kind_settings(kind_find(kind), o, &e);
	if (out != (text == NULL ? OUT_OK : OUT_PERM) ||
	    (text != NULL && strstr(e.text, text) == NULL))
		fail_msg("%s %s: %s", kind, settings, e.text);
	json_decref(o);
}

static void
shops_have_their_settings(void **state)
{
	(void)state;
	shop("woocommerce", "{\"url\": \"https://tienda.example\"}", NULL);
	shop("woocommerce",
	     "{\"url\": \"http://127.0.0.1:80/a\", \"zone\": "
	     "\"Europe/Madrid\", \"country\": \"ES\", \"completed\": "
	     "\"delivered\", \"return_days\": 30, \"path\": "
	     "\"0123456789abcdef0123456789abcdef\"}",
	     NULL);
	shop("woocommerce", "{}", "'settings.url' is missing");
	shop("woocommerce", "{\"url\": \"http://tienda.example\"}",
	     "is not an https:// address");
	shop("woocommerce",
	     "{\"url\": \"https://t.example\", \"completed\": \"lost\"}",
	     "is none of: shipped delivered");
	shop("woocommerce",
	     "{\"url\": \"https://t.example\", \"country\": \"es\"}",
	     "is not a country like ES");
	shop("shopify", "{\"shop_domain\": \"t.myshopify.com\"}", NULL);
	shop("shopify", "{\"shop_domain\": \"T.myshopify.com\"}",
	     "is not in lower case");
	shop("prestashop",
	     "{\"url\": \"https://t.example\", \"id_shop\": \"x\"}",
	     "is not 1 to 32 digits");
	shop("magento", "{\"url\": \"https://t.example\"}", NULL);
	shop("orders", "{}", NULL);
	shop("orders", "{\"path\": \"abc\"}", "is not 32 hexadecimal digits");
	shop("orders", "{\"path\": \"0123456789ABCDEF0123456789abcdef\"}",
	     "is not 32 hexadecimal digits");
	shop("orders", "{\"return_days\": 366}", "0 to 365");
	shop("aftership", "{\"url\": \"https://t.example\"}",
	     "'settings.url' is not known");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_mailbox_may_say),
		cmocka_unit_test(each_form_names_what_is_wrong),
		cmocka_unit_test(a_host_is_a_name_or_an_address),
		cmocka_unit_test(nothing_leaves_the_machine_in_clear),
		cmocka_unit_test(settings_fit_together),
		cmocka_unit_test(tokens_come_over_https_alone),
		cmocka_unit_test(a_start_and_its_day_go_together),
		cmocka_unit_test(tokens_come_from_one_place),
		cmocka_unit_test(what_reaches_into_the_machine),
		cmocka_unit_test(a_mailbox_has_its_secrets),
		cmocka_unit_test(numbers_are_told_apart),
		cmocka_unit_test(shops_have_their_settings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
