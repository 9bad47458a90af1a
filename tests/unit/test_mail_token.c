/* token and oauth: tokens of files and commands, and when they end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/oauth.h"
#include "gateways/mail/net/token.h"

static char dir[64];

static int
set_up(void **state)
{
	(void)state;
	(void)snprintf(dir, sizeof(dir), "/tmp/postigo-token-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int
tear_down(void **state)
{
	static const char *const names[] = { "token", "run", "pid", "pipe" };

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		char path[100];

		(void)snprintf(path, sizeof(path), "%s/%s", dir, names[i]);
		(void)unlink(path);
	}
	return rmdir(dir);
}

/* A file of the test's folder; its path. */
static const char *
put(const char *name, mode_t mode, const char *text)
{
	static char path[100];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(fchmod(fd, mode), 0);
	(void)close(fd);
	return path;
}

/* --- what is read --------------------------------------------------------- */

/* What a command prints; it is to be freed. */
static char *
printed(const char *command, enum outcome want, struct err *e)
{
	struct buf out;

	buf_init(&out, TOKEN_ANSWER_MAX);
	assert_int_equal(token_command(command, NULL, &out, e), want);
	return buf_take(&out);
}

static void
a_command_and_its_words(void **state)
{
	struct err e;
	char *s = printed("/bin/echo -n  uno   $HOME;id `id` ", OUT_OK, &e);

	(void)state;
	/* no shell has seen it */
	assert_string_equal(s, "uno $HOME;id `id`");
	mem_free(s);
	/* it has nothing of ours */
	put("run", 0755,
	    "#!/bin/sh\nenv | cut -d= -f1 | sort | tr '\\n' ' '\n"
	    "cat\nls /proc/self/fd | wc -l >&2\n");
	assert_int_equal(setenv("POSTIGO_SECRET", "x", 1), 0);
	s = mem_printf("%s/run", dir);
	mem_free(printed(s, OUT_OK, &e));
	{
		char *got = printed(s, OUT_OK, &e);

		assert_non_null(strstr(got, "HOME"));
		assert_null(strstr(got, "POSTIGO_SECRET"));
		mem_free(got);
	}
	mem_free(s);
}

static void
commands_that_fail(void **state)
{
	struct err e;

	(void)state;
	mem_free(printed("/bin/false", OUT_TEMP, &e));
	assert_non_null(strstr(e.text, "exit 1"));
	mem_free(printed("/nowhere/token --key geheim", OUT_TEMP, &e));
	assert_non_null(strstr(e.text, "/nowhere/token"));
	assert_null(strstr(e.text, "geheim"));
	mem_free(printed("/usr/bin/yes geheim", OUT_TEMP, &e));
	assert_non_null(strstr(e.text, "too much"));
	assert_null(strstr(e.text, "geheim"));
	mem_free(printed("   ", OUT_PERM, &e));
}

/* Cancelled: it is ended with what it started. */
static void
a_command_that_hangs(void **state)
{
	struct net_cancel *flag = net_cancel_new();
	struct buf out;
	struct err e;
	char pid[20] = "", *command;
	FILE *f;

	(void)state;
	assert_non_null(flag);
	put("run", 0755,
	    "#!/bin/sh\nsleep 600 &\necho $! >${0%run}pid\nwait\n");
	command = mem_printf("%s/run", dir);
	net_cancel_set(flag);
	buf_init(&out, TOKEN_ANSWER_MAX);
	assert_int_equal(token_command(command, flag, &out, &e), OUT_TEMP);
	assert_int_equal(net_class(&e), NET_C_CANCELLED);
	mem_free(command);
	command = mem_printf("%s/pid", dir);
	f = fopen(command, "r");
	/* it may not have come so far */
	if (f && fgets(pid, sizeof(pid), f)) {
		char *status =
			mem_printf("/proc/%ld/cmdline", strtol(pid, NULL, 10));

		for (int i = 0; i < 600 && access(status, F_OK) == 0; i++)
			(void)usleep(50000);
		assert_int_not_equal(access(status, F_OK), 0);
		mem_free(status);
	}
	if (f)
		(void)fclose(f);
	mem_free(command);
	buf_release(&out);
	net_cancel_free(&flag);
}

static void
files_that_are_none(void **state)
{
	struct buf out;
	struct err e;
	int64_t at;
	char *path = mem_printf("%s/pipe", dir);

	(void)state;
	buf_init(&out, 10);
	assert_int_equal(token_file("/nowhere/token", &out, &at, &e), OUT_TEMP);
	assert_non_null(strstr(e.text, "/nowhere/token"));
	assert_int_equal(token_file("/tmp", &out, &at, &e), OUT_TEMP);
	/* nobody writes to it: it must not hang */
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(token_file(path, &out, &at, &e), OUT_TEMP);
	assert_non_null(strstr(e.text, "is no file"));
	assert_int_equal(
		token_file(put("token", 0600, "01234567890"), &out, &at, &e),
		OUT_TEMP);
	assert_non_null(strstr(e.text, "too long"));
	mem_free(path);
	buf_release(&out);
}

/* --- tokens --------------------------------------------------------------- */

static struct oauth *
source(const char *name, const char *value)
{
	json_t *settings = json_pack("{s:s}", name, value);
	struct oauth *o = NULL;
	struct err e;

	if (oauth_new(settings, NULL, NULL, &o, &e) != OUT_OK)
		fail_msg("%s", e.text);
	json_decref(settings);
	return o;
}

static void
gives(struct oauth *o, const char *want)
{
	struct err e = { .text = "" };
	char *token = NULL;
	enum outcome r = oauth_token(o, NULL, &token, &e);

	if (!want) {
		assert_int_not_equal(r, OUT_OK);
		assert_null(token);
		return;
	}
	if (r != OUT_OK)
		fail_msg("%s", e.text);
	assert_string_equal(token, want);
	mem_free(token);
}

static void
a_file_is_read_each_time(void **state)
{
	struct oauth *o =
		source("oauth_token_file", put("token", 0600, "uno\n"));

	(void)state;
	gives(o, "uno");
	put("token", 0600, "{\"access_token\": \"dos\", \"expires_in\": 3600}");
	gives(o, "dos");
	put("token", 0600, "{\"access_token\": \"dos\", \"expires_at\": 5}");
	gives(o, NULL);
	put("token", 0600, "{\"access_token\": \"a\\nb\"}");
	gives(o, NULL);
	put("token", 0600, "");
	gives(o, NULL);
	put("token", 0600, "tres cuatro\n");
	gives(o, NULL);
	put("token", 0600,
	    "{\"access_token\": \"cinco\","
	    " \"expires_at\": \"2999-01-01T00:00:00Z\"}\n");
	gives(o, "cinco");
	oauth_free(&o);
}

static void
a_command_is_not_run_for_each_login(void **state)
{
	struct oauth *o;
	char *run;

	(void)state;
	put("run", 0755,
	    "#!/bin/sh\necho x >>${0%run}pid\n"
	    "echo t$(wc -l <${0%run}pid)\n");
	run = mem_printf("%s/run", dir);
	o = source("oauth_token_command", run);
	gives(o, "t1");
	gives(o, "t1");
	/* refused: another one */
	oauth_forget(o);
	gives(o, "t2");
	oauth_free(&o);
	mem_free(run);
}

/* A token that ends soon and that nobody replaces is told of, before. */
static void
the_end_is_told_of_before(void **state)
{
	char text[300],
		*json = mem_printf("{\"access_token\": \"uno\","
				   " \"expires_at\": %lld}",
				   (long long)(clock_now_ms() / 1000 + 4));
	struct oauth *o = source("oauth_token_file", put("token", 0600, json));

	(void)state;
	gives(o, "uno");
	oauth_renew(o, NULL, text, sizeof(text));
	assert_string_equal(text, "");
	/* its last quarter; the clock of the test cannot be moved */
	for (int i = 0; i < 100 && !*text; i++) {
		(void)usleep(100000);
		oauth_renew(o, NULL, text, sizeof(text));
	}
	assert_non_null(strstr(text, "the access token ends at "));
	oauth_free(&o);
	/* one that is replaced in time is nobody's trouble */
	o = source("oauth_token_file",
		   put("token", 0600,
		       "{\"access_token\": \"uno\", \"expires_in\": 3600}"));
	gives(o, "uno");
	oauth_renew(o, NULL, text, sizeof(text));
	assert_string_equal(text, "");
	oauth_free(&o);
	mem_free(json);
}

static void
sources_that_are_missing(void **state)
{
	json_t *none = json_object();
	struct oauth *o = NULL;
	struct err e;

	(void)state;
	assert_int_equal(oauth_new(none, none, NULL, &o, &e), OUT_PERM);
	assert_non_null(strstr(e.text, "access_token"));
	assert_null(o);
	json_decref(none);
}

int
main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_command_and_its_words),
		TEST(commands_that_fail),
		TEST(a_command_that_hangs),
		TEST(files_that_are_none),
		TEST(a_file_is_read_each_time),
		TEST(a_command_is_not_run_for_each_login),
		TEST(the_end_is_told_of_before),
		TEST(sources_that_are_missing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
