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

int
verb_mail(struct ctl *c, const struct ctl_args *a)
{
	char *program = program_find("postigo-mail");
	char **argv;
	int n = 0;
	int code;

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
	for (int i = 1; i < c->argc; i++) {
		argv = mem_resize(argv, (size_t)n + 2, sizeof *argv);
		argv[n++] = c->argv[i];
	}
	argv = mem_resize(argv, (size_t)n + 1, sizeof *argv);
	argv[n] = NULL;
	(void)execv(program, argv);
	code = ctl_fail(EXIT_INTERNAL, "cannot run '%s': %s", program,
			strerror(errno));
	mem_free(argv);
	mem_free(program);
	return code;
}
