/*
 * postigo backup, restore: copies of the desk, and a desk from one. What needs
 * the store is done by postigod.
 */

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/desk_files.h"

#define DAEMON_ARGS_MAX 8

const struct ctl_option backup_options[] = {
	{ "--verify", NULL, "restore it beside, check that, remove it" },
	{ NULL, NULL, NULL },
};

const struct ctl_option restore_options[] = {
	{ "--channels-on", NULL, "leave channels as they were" },
	{ NULL, NULL, NULL },
};

/* A path that the daemon can read, wherever it is (free it); NULL: where this
 * is cannot be said. */
static char *
absolute(const char *path)
{
	char cwd[PATH_MAX];

	if (path[0] == '/')
		return mem_strdup(path);
	if (getcwd(cwd, sizeof cwd) == NULL)
		return NULL;
	return mem_printf("%s/%s", cwd, path);
}

/* Become postigod; only a failure comes back. args end with NULL. */
static int
become_daemon(const char *const *args)
{
	char *argv[DAEMON_ARGS_MAX + 2] = { program_find("postigod") };
	int code;
	int n = 1;

	if (argv[0] == NULL)
		return ctl_fail(EXIT_INTERNAL, "'postigod' is not installed");
	for (; n <= DAEMON_ARGS_MAX && args[n - 1] != NULL; n++)
		argv[n] = mem_strdup(args[n - 1]);
	(void)fflush(stdout);
	(void)execv(argv[0], argv);
	code = ctl_fail(EXIT_INTERNAL, "cannot run '%s': %s", argv[0],
			strerror(errno));
	while (n-- > 0)
		mem_free(argv[n]);
	return code;
}

static int
verify(const struct ctl *c, const char *dir)
{
	const char *args[] = { "--verify", dir, c->json ? "--json" : NULL,
			       NULL };

	return become_daemon(args);
}

int
verb_backup(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	char *dir = absolute(a->word[0]);
	int code;

	if (dir == NULL)
		return ctl_fail(EXIT_INPUT_OUTPUT, "where is '%s'? %s",
				a->word[0], strerror(errno));
	code = ctl_ask(c, "store.backup", json_pack("{s:s}", "dir", dir),
		       CTL_BACKUP_MS, &result);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(result);
	if (code == EXIT_FINE)
		ctl_say(c,
			"%s: %lld bytes, %lld files (%lld of them links), up "
			"to event %lld",
			a->word[0], ctl_int(result, "bytes"),
			ctl_int(result, "blobs"), ctl_int(result, "linked"),
			ctl_int(result, "number"));
	json_decref(result);
	if (code == EXIT_FINE && ctl_arg(a, "--verify") != NULL)
		code = verify(c, dir);
	mem_free(dir);
	return code;
}

int
verb_restore(struct ctl *c, const struct ctl_args *a)
{
	const char *args[DAEMON_ARGS_MAX] = { "--restore", a->word[0], "--dir",
					      a->word[1] };
	size_t n = 4;

	if (ctl_arg(a, "--channels-on") != NULL)
		args[n++] = "--channels-on";
	if (c->json)
		args[n++] = "--json";
	args[n] = NULL;
	return become_daemon(args);
}
