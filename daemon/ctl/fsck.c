/*
 * postigo fsck: is the desk sound? A running daemon is asked; where none has
 * the desk, postigod itself looks.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/desk_files.h"

const struct ctl_option fsck_options[] = {
	{ "--repair", NULL, "make anew what is derived; no daemon may run" },
	{ NULL, NULL, NULL },
};

/* Has a daemon the desk in this folder? */
static bool
is_served(const char *dir)
{
	char *path = mem_printf("%s/postigo.lock", dir);
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	bool served = false;

	mem_free(path);
	if (fd < 0)
		return false;
	served = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
	(void)close(fd);
	return served;
}

static void
print_list(FILE *out, const json_t *list, const char *before)
{
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x)
	{
		char *row = json_dumps(json_object_get(x, "row"),
				       JSON_COMPACT | JSON_ENCODE_ANY);

		(void)fprintf(out, "%s%s: %s\n", before, ctl_str(x, "check"),
			      row != NULL ? row : "");
		free(row);
	}
}

static void
print_found(const struct ctl *c, const json_t *result, FILE *out)
{
	const json_t *problems = json_object_get(result, "problems");
	long long more =
		ctl_int(result, "found") - (long long)json_array_size(problems);

	print_list(out, problems, "");
	if (more > 0)
		(void)fprintf(out, "and %lld more\n", more);
	print_list(out, json_object_get(result, "notices"), "note: ");
	ctl_say(c, "store: %lld checks, %lld problems",
		ctl_int(result, "checks"), ctl_int(result, "found"));
}

int
ctl_check_store(struct ctl *c, FILE *out)
{
	json_t *result = NULL;
	int code =
		ctl_ask(c, "store.check", json_object(), CTL_SLOW_MS, &result);

	if (code != EXIT_FINE)
		return code;
	if (c->json)
		code = ctl_print_json(result);
	if (!c->json || out == stderr)
		print_found(c, result, out);
	if (code == EXIT_FINE && ctl_int(result, "found") > 0)
		code = EXIT_FOUND;
	json_decref(result);
	return code;
}

/* Become postigod; only a failure comes back. */
static int
become(struct ctl *c, bool repair)
{
	char *program = program_find("postigod");
	char *argv[8];
	int n = 0;
	int code;

	if (program == NULL)
		return ctl_fail(EXIT_UNREACHABLE,
				"'postigod' is not installed");
	argv[n++] = program;
	argv[n++] = mem_strdup("--fsck");
	argv[n++] = mem_strdup("--dir");
	argv[n++] = mem_strdup(c->dir);
	if (repair)
		argv[n++] = mem_strdup("--repair");
	if (c->json)
		argv[n++] = mem_strdup("--json");
	argv[n] = NULL;
	(void)fflush(stdout);
	(void)execv(program, argv);
	code = ctl_fail(EXIT_INTERNAL, "cannot run '%s': %s", program,
			strerror(errno));
	while (n > 0)
		mem_free(argv[--n]);
	return code;
}

int
verb_fsck(struct ctl *c, const struct ctl_args *a)
{
	bool repair = ctl_arg(a, "--repair") != NULL;
	bool served = is_served(c->dir) || (c->socket_given && !c->dir_given);

	if (served && repair)
		return ctl_fail(EXIT_LATER,
				"a daemon has the desk: stop it first (end "
				"'postigo serve', or 'systemctl stop "
				"postigo'), then repair");
	return served ? ctl_check_store(c, stdout) : become(c, repair);
}
