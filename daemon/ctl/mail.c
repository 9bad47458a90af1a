/*
 * postigo mail: the mail gateway's own program with the rest of the line, on
 * the mail role's socket.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/desk_files.h"

/* The socket of the mail role: what was given, unless that is the control
 * socket, beside which the mail socket lies. */
static char *
mail_socket(const struct ctl *c)
{
	const char *slash = strrchr(c->socket, '/');
	const char *base = slash != NULL ? slash + 1 : c->socket;

	if (strcmp(base, "control.sock") == 0)
		return beside_socket(c, "mail.sock");
	return mem_strdup(c->socket);
}

/* Become the program; only a failure comes back. argv is freed then. */
static int
become(char **argv)
{
	int code;

	(void)execv(argv[0], argv);
	code = ctl_fail(EXIT_INTERNAL, "cannot run '%s': %s", argv[0],
			strerror(errno));
	mem_free(argv[0]);
	mem_free(argv);
	return code;
}

int
verb_mail(struct ctl *c, const struct ctl_args *a)
{
	char *program = program_find("postigo-mail");
	char **argv;
	int n = 0;

	(void)a;
	if (program == NULL)
		return ctl_fail(EXIT_UNREACHABLE,
				"'postigo-mail' is not installed");
	argv = mem_new((size_t)c->argc + 4, sizeof *argv);
	argv[n++] = program;
	if (c->argc > 0)
		argv[n++] = c->argv[0];
	if (c->argc > 0 && (c->argv[0][0] != '-')) {
		argv[n++] = mem_strdup("--socket");
		argv[n++] = mail_socket(c);
	}
	for (int i = 1; i < c->argc; i++)
		argv[n++] = c->argv[i];
	return become(argv);
}

int
mail_program(struct ctl *c, const char *noun, const char *verb, size_t words,
	     const char *const *word)
{
	char *program = program_find("postigo-mail");
	char **argv;
	int n = 0;

	if (program == NULL)
		return ctl_fail(EXIT_UNREACHABLE,
				"'postigo-mail' is not installed");
	argv = mem_new(words + 9, sizeof *argv);
	argv[n++] = program;
	argv[n++] = mem_strdup(noun);
	argv[n++] = mem_strdup("--socket");
	argv[n++] = mail_socket(c);
	argv[n++] = mem_strdup("--log-level");
	argv[n++] = mem_strdup("error");
	argv[n++] = mem_strdup("--");
	argv[n++] = mem_strdup(verb);
	for (size_t i = 0; i < words; i++)
		argv[n++] = mem_strdup(word[i]);
	return become(argv);
}
