#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/settings.h"

/* A file of that text; its errors or settings. */
struct sample {
	char path[64];
	struct settings *s;
	struct settings_errors errs;
	enum outcome o;
};

static void
read_text(struct sample *x, const char *text)
{
	size_t n = strlen(text);
	int fd;

	*x = (struct sample){ .path = "/tmp/postigo-settings-XXXXXX" };
	fd = mkstemp(x->path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	(void)close(fd);
	x->o = settings_read(x->path, NULL, &x->s, &x->errs);
	(void)unlink(x->path);
}

static void
release(struct sample *x)
{
	settings_free(&x->s);
	settings_errors_release(&x->errs);
}

/* The text has exactly the errors of the list: "LINE: TEXT", NULL at the
 * end. */
static void
expect(const char *text, const char *const *errors)
{
	struct sample x;
	size_t i;

	read_text(&x, text);
	for (i = 0; errors[i] != NULL; i++) {
		const char *got = i < x.errs.n ? x.errs.list[i] : "(no more)";

		if (strncmp(got, x.path, strlen(x.path)) == 0)
			got += strlen(x.path) + 1;
		if (strncmp(got, errors[i], strlen(errors[i])) != 0)
			fail_msg("'%s': expected '%s', got '%s'", text,
				 errors[i], got);
	}
	if (x.errs.n != i)
		fail_msg("'%s': one more error: '%s'", text, x.errs.list[i]);
	assert_int_equal(x.o, OUT_PERM);
	assert_null(x.s);
	release(&x);
}
#define EXPECT(text, ...)                                                      \
	expect(text, (const char *const[]){ __VA_ARGS__, NULL })

static void
no_file_gives_the_defaults(void **state)
{
	struct settings *s;
	struct settings_errors errs = { .n = 0 };

	(void)state;
	assert_int_equal(settings_read(NULL, "/x/desk", &s, &errs), OUT_OK);
	assert_string_equal(s->data_dir, "/x/desk");
	assert_string_equal(s->run_dir, "/x/desk/run");
	assert_int_equal(s->face[FACE_CONSOLE].port, 8480);
	assert_int_equal(s->face[FACE_SHOP].port, 8483);
	assert_string_equal(s->face[FACE_CHAT].address, "127.0.0.1");
	assert_int_equal(s->log_level, LOG_LVL_INFO);
	assert_int_equal(s->reserve, SETTINGS_RESERVE_AUTO);
	assert_false(settings_user_named(s, ROLE_MAIL));
	settings_free(&s);
	assert_null(s);
}

static void
every_key_is_read(void **state)
{
	struct sample x;

	(void)state;
	read_text(&x, "# a comment\n"
		      "data = \"/srv/desk\"\n"
		      "run = /run/desk\n"
		      "log { kind = journal level = debug }\n"
		      "limits { peers = 7 reserve = 3 }\n"
		      "role mail { user = root }\n"
		      "role \"console\" { user = \"root\" }\n"
		      "console {\n"
		      "  address = \"::1\"\n"
		      "  port = 9000\n"
		      "  url = \"https://desk.example\"\n"
		      "}\n"
		      "chat {\n"
		      "  address = 0.0.0.0\n"
		      "  certificate = /etc/c.pem\n"
		      "  key = /etc/k.pem\n"
		      "}\n"
		      "/* and\n another */ // third\n");
	assert_int_equal(x.errs.n, 0);
	assert_int_equal(x.o, OUT_OK);
	assert_string_equal(x.s->data_dir, "/srv/desk");
	assert_string_equal(x.s->run_dir, "/run/desk");
	assert_int_equal(x.s->log_kind, LOG_JOURNAL);
	assert_int_equal(x.s->log_level, LOG_LVL_DEBUG);
	assert_int_equal(x.s->peers, 7);
	assert_int_equal(x.s->reserve, 3 * 1024 * 1024);
	assert_true(settings_user_may(x.s, ROLE_MAIL, 0));
	assert_false(settings_user_may(x.s, ROLE_MAIL, 1));
	assert_true(settings_user_may(x.s, ROLE_CONSOLE, 0));
	assert_false(settings_user_may(x.s, ROLE_CHAT, 0));
	assert_string_equal(x.s->face[FACE_CONSOLE].address, "::1");
	assert_int_equal(x.s->face[FACE_CONSOLE].port, 9000);
	assert_string_equal(x.s->face[FACE_CONSOLE].url,
			    "https://desk.example");
	assert_string_equal(x.s->face[FACE_CHAT].key, "/etc/k.pem");
	release(&x);
}

static void
each_wrong_value_is_told_with_its_line(void **state)
{
	(void)state;
	EXPECT("\nlimits {\n peers = 0\n}\n", "3: value '0' of 'peers'");
	EXPECT("limits { peers = 257 }\n", "1: value '257' of 'peers'");
	EXPECT("limits { reserve = -1 }\n", "1: value '-1' of 'reserve'");
	EXPECT("limits { reserve = 5% }\n", "1: ");
	EXPECT("limits { peers = 7x }\n", "1: value '7x' of 'peers'");
	EXPECT("log {\n kind = xml\n level = loud\n}\n",
	       "2: log kind 'xml' is none of",
	       "3: log level 'loud' is none of");
	EXPECT("console { port = 0 }\n", "1: value '0' of 'port'");
	EXPECT("console { address = localhost }\n",
	       "1: address 'localhost' is not a literal");
	EXPECT("console { address = 0.0.0.0 }\n",
	       "1: address '0.0.0.0' of 'console' is not loopback");
	EXPECT("\nchat { certificate = /c.pem }\n",
	       "2: 'certificate' and 'key' of 'chat' come together");
	EXPECT("shop { url = \"ftp://x\" }\n", "1: url 'ftp://x' does not");
	EXPECT("role mail { user = \"no-such-user-here\" }\n",
	       "1: there is no user 'no-such-user-here'");
	EXPECT("data = \"\"\n", "1: 'data' is not a path");
}

static void
wrong_names_get_a_hint(void **state)
{
	(void)state;
	EXPECT("dta = /x\n", "1: no such key 'dta' (did you mean 'data'?)");
	EXPECT("colour = red\n", "1: no such key 'colour'");
	EXPECT("console {\n prot = 1\n}\n",
	       "2: no such key 'prot' (did you mean 'port'?)");
	EXPECT("console {\n colour = red\n}\n",
	       "2: no such key 'colour' in section 'console'");
	EXPECT("consle {\n whatever = 1\n}\n",
	       "1: no such key 'consle' (did you mean 'console'?)");
	EXPECT("role fax { user = root }\n", "1: role 'fax' is none of");
	EXPECT("role { user = root }\n", "1: role '' is none of");
	EXPECT("log x { }\n", "1: section 'log' takes no name");
	EXPECT("data = /a\nrun = /b\ndata = /c\n",
	       "3: 'data' stands twice (first on line 1)");
	EXPECT("log { }\nlog { }\n", "2: 'log' stands twice (first on line 1)");
}

static void
all_errors_come_at_once(void **state)
{
	(void)state;
	EXPECT("dta = /x\n"
	       "limits {\n"
	       "  peers = many\n"
	       "}\n"
	       "lgo {\n"
	       "  level = x\n"
	       "}\n"
	       "console {\n"
	       "  port = -1\n"
	       "}\n",
	       "1: no such key 'dta'", "5: no such key 'lgo'",
	       "3: value 'many'", "9: value '-1'");
}

static void
a_broken_form_is_found(void **state)
{
	(void)state;
	EXPECT("data = /x\nlog {\n level = info\n",
	       "2: section 'log' that begins here is not ended");
	EXPECT("log {\n level = info\nconsole {\n port = 1\n}\n",
	       "3: section 'console' stands inside section 'log', which "
	       "begins on line 1");
	EXPECT("}\n", "1: '}' ends no section");
	EXPECT("data /x\n", "1: after 'data' comes '='");
	EXPECT("data =\n", "1: after '=' comes a value");
	EXPECT("\ndata = \"/x\n", "2: after '=' comes a value");
	EXPECT("/* for ever\n", "1: what begins here");
	EXPECT("= x\n", "1: a key or a section is expected");
}

static void
a_file_that_cannot_be_read_is_an_error(void **state)
{
	struct settings *s;
	struct settings_errors errs = { .n = 0 };

	(void)state;
	assert_int_equal(settings_read("/nonexistent/x", NULL, &s, &errs),
			 OUT_PERM);
	assert_int_equal(errs.n, 1);
	assert_non_null(strstr(errs.list[0], "/nonexistent/x: cannot be read"));
	settings_errors_release(&errs);
	assert_int_equal(errs.n, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_file_gives_the_defaults),
		cmocka_unit_test(every_key_is_read),
		cmocka_unit_test(each_wrong_value_is_told_with_its_line),
		cmocka_unit_test(wrong_names_get_a_hint),
		cmocka_unit_test(all_errors_come_at_once),
		cmocka_unit_test(a_broken_form_is_found),
		cmocka_unit_test(a_file_that_cannot_be_read_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
