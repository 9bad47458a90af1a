/*
 * test_webopt: the options of gateways that have a server.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "gateways/common/webopt.h"

#define WORDS_MAX (2 * WEBOPT_PROXIES + 8)

/* A program's own option: --size, which is "3". */
static bool
take_size(void *arg, const char *name, const char *value)
{
	const char **size = arg;

	if (strcmp(name, "--size") != 0 || strcmp(value, "3") != 0)
		return false;
	*size = value;
	return true;
}

static struct webopt
options(const char **size)
{
	return (struct webopt){ .role = "test",
				.program = "test",
				.usage = "",
				.own = take_size,
				.arg = size,
				.server = { .listen = "127.0.0.1:1",
					    .connections = 7 } };
}

static int
count(char *const *words)
{
	int n = 0;

	while (words[n] != NULL)
		n++;
	return n;
}

static void
each_option_is_read(void **state)
{
	char *words[] = { "test",       "--listen",        "[::1]:2",
			  "--tls-cert", "c.pem",           "--tls-key",
			  "k.pem",      "--size",          "3",
			  "--socket",   "/run/s",          "--trusted-proxy",
			  "10.0.0.0/8", "--trusted-proxy", "10.9.0.1",
			  NULL };
	const char *size = NULL;
	struct webopt o = options(&size);

	(void)state;
	assert_int_equal(webopt_read(&o, count(words), words), -1);
	assert_string_equal(o.server.listen, "[::1]:2");
	assert_string_equal(o.server.tls_cert, "c.pem");
	assert_string_equal(o.server.tls_key, "k.pem");
	assert_string_equal(size, "3");
	assert_string_equal(o.gw.socket, "/run/s");
	assert_int_equal(o.server.proxy_count, 2);
	assert_string_equal(o.server.proxies[0], "10.0.0.0/8");
	assert_string_equal(o.server.proxies[1], "10.9.0.1");
	webopt_release(&o);
}

static void
what_is_not_said_stays(void **state)
{
	char *words[] = { "test", NULL };
	const char *size = NULL;
	struct webopt o = options(&size);

	(void)state;
	assert_int_equal(webopt_read(&o, 1, words), -1);
	assert_string_equal(o.server.listen, "127.0.0.1:1");
	assert_int_equal(o.server.connections, 7);
	assert_int_equal(o.server.proxy_count, 0);
	assert_null(o.server.tls_cert);
	assert_null(size);
	assert_non_null(strstr(o.gw.socket, "/run/test.sock"));
	webopt_release(&o);
}

static void
what_is_wrong_ends_the_program(void **state)
{
	char *lines[][4] = {
		{ "test", "--nothing", "x", NULL },
		{ "test", "word", NULL, NULL },
		{ "test", "--listen", NULL, NULL },
		{ "test", "--size", NULL, NULL },
		{ "test", "--size", "4", NULL },
		{ "test", "--log", "paper", NULL },
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		const char *size = NULL;
		struct webopt o = options(&size);

		assert_int_equal(webopt_read(&o, count(lines[i]), lines[i]),
				 GW_USAGE);
		assert_null(o.gw.socket);
	}
}

static void
a_program_without_options_of_its_own_takes_none(void **state)
{
	char *words[] = { "test", "--size", "3", NULL };
	struct webopt o = options(NULL);

	(void)state;
	o.own = NULL;
	assert_int_equal(webopt_read(&o, 3, words), GW_USAGE);
}

/* Does a line with so many proxies, and an option after them, work? */
static bool
proxies_fit(int n)
{
	char *words[WORDS_MAX] = { "test" };
	const char *size = NULL;
	struct webopt o = options(&size);
	int argc = 1;
	int code;

	for (int i = 0; i < n; i++) {
		words[argc++] = "--trusted-proxy";
		words[argc++] = "10.0.0.1";
	}
	words[argc++] = "--size";
	words[argc++] = "3";
	code = webopt_read(&o, argc, words);
	if (code == -1) {
		assert_int_equal(o.server.proxy_count, n);
		assert_non_null(size);
		webopt_release(&o);
	}
	return code == -1;
}

static void
proxies_have_a_ceiling(void **state)
{
	(void)state;
	assert_true(proxies_fit(WEBOPT_PROXIES - 1));
	assert_true(proxies_fit(WEBOPT_PROXIES));
	assert_false(proxies_fit(WEBOPT_PROXIES + 1));
}

static void
a_public_url_has_a_scheme_and_a_host(void **state)
{
	static const char *const bad[] = { "",         "desk.example",
					   "https://", "http://",
					   "ftp://a",  "HTTPS://a" };
	struct err e;
	char *host = NULL;
	bool https = false;

	(void)state;
	assert_int_equal(webopt_public("https://desk.example:444/a/b", &https,
				       &host, &e),
			 OUT_OK);
	assert_true(https);
	assert_string_equal(host, "desk.example:444");
	MEM_CLEAR(&host);
	assert_int_equal(webopt_public("http://Desk", &https, &host, &e),
			 OUT_OK);
	assert_false(https);
	assert_string_equal(host, "Desk");
	MEM_CLEAR(&host);
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_int_equal(webopt_public(bad[i], &https, &host, &e),
				 OUT_PERM);
	assert_null(host);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_option_is_read),
		cmocka_unit_test(what_is_not_said_stays),
		cmocka_unit_test(what_is_wrong_ends_the_program),
		cmocka_unit_test(
			a_program_without_options_of_its_own_takes_none),
		cmocka_unit_test(proxies_have_a_ceiling),
		cmocka_unit_test(a_public_url_has_a_scheme_and_a_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
