/*
 * What verbs share: talking to the daemon, reading files, exit codes.
 */

#include "daemon/ctl/ctl.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"

const char *
ctl_arg(const struct ctl_args *a, const char *name)
{
	const struct ctl_option *o = a->verb->options;
	size_t i;

	for (i = 0; o != NULL && o[i].name != NULL; i++)
		if (strcmp(o[i].name, name) == 0)
			return a->value[i];
	return NULL;
}

bool
ctl_number(const char *s, const char *what, long long min, long long max,
	   long long *out)
{
	char *end = NULL;

	errno = 0;
	*out = strtoll(s, &end, 10);
	if (errno == 0 && end != s && *end == '\0' && *out >= min &&
	    *out <= max)
		return true;
	(void)ctl_fail(EXIT_USAGE, "'%s' is not a number from %lld to %lld: %s",
		       s, min, max, what);
	return false;
}

void
ctl_say(const struct ctl *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet)
		return;
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

int
ctl_fail(int code, const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fputs("postigo: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	return code;
}

/* Is anybody there? Says at once what waiting would not change. */
static int
probe(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int code = EXIT_FINE;
	int fd;

	if (strlen(path) >= sizeof to.sun_path)
		return ctl_fail(EXIT_USAGE,
				"path of the socket is over %zu bytes: '%s'",
				sizeof to.sun_path - 1, path);
	(void)memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return ctl_fail(EXIT_LATER, "could not make a socket: %s",
				strerror(errno));
	if (connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
		code = ctl_fail(errno == EACCES || errno == EPERM
					? EXIT_DENIED
					: EXIT_UNREACHABLE,
				"could not reach the daemon at '%s': %s", path,
				strerror(errno));
	(void)close(fd);
	return code;
}

int
ctl_connect(struct ctl *c)
{
	struct bus_hooks none = { .arg = NULL };
	json_t *result = NULL;
	struct err e = { .text = "" };
	enum outcome o;
	int code;

	if (c->bus != NULL)
		return EXIT_FINE;
	code = probe(c->socket);
	if (code != EXIT_FINE)
		return code;
	c->bus = bus_new(c->socket, "postigo", &none);
	o = bus_ask(c->bus, "ping", NULL, NULL, NULL, CTL_HELLO_MS, &result,
		    NULL, &e);
	json_decref(result);
	if (o == OUT_OK)
		return EXIT_FINE;
	bus_free(&c->bus);
	return ctl_fail(EXIT_UNREACHABLE, "no answer at '%s': %s", c->socket,
			e.text);
}

enum outcome
ctl_try(struct ctl *c, const char *method, json_t *params, const char *as,
	int timeout_ms, json_t **out, json_t **data, struct err *e)
{
	*out = NULL;
	return bus_ask(c->bus, method, params, as, NULL, timeout_ms, out, data,
		       e);
}

int
ctl_exit_of(enum outcome o, const struct err *e)
{
	if (o == OUT_TEMP || o == OUT_UNSURE)
		return EXIT_LATER;
	if (strcmp(e->code, "not_allowed") == 0 ||
	    strcmp(e->code, "no_session") == 0 ||
	    strcmp(e->code, "refused") == 0)
		return EXIT_DENIED;
	if (strcmp(e->code, "internal") == 0)
		return EXIT_INTERNAL;
	return EXIT_DATA;
}

int
ctl_ask(struct ctl *c, const char *method, json_t *params, int timeout_ms,
	json_t **out)
{
	struct err e = { .text = "" };
	enum outcome o;
	int code = ctl_connect(c);

	*out = NULL;
	if (code != EXIT_FINE) {
		json_decref(params);
		return code;
	}
	o = ctl_try(c, method, params, NULL, timeout_ms, out, NULL, &e);
	if (o == OUT_OK)
		return EXIT_FINE;
	return ctl_fail(ctl_exit_of(o, &e), "%s: %s", method, e.text);
}

int
ctl_ask_id(struct ctl *c, const char *method, long long id, json_t **out)
{
	return ctl_ask(c, method, json_pack("{s:I}", "id", (json_int_t)id),
		       CTL_ASK_MS, out);
}

int
ctl_read(const char *path, char **out)
{
	bool stdin_wanted = strcmp(path, "-") == 0;
	FILE *f = stdin_wanted ? stdin : fopen(path, "re");
	struct buf b;
	char part[65536];
	size_t n;
	int code = EXIT_FINE;

	*out = NULL;
	if (f == NULL)
		return ctl_fail(errno == EACCES ? EXIT_DENIED : EXIT_DATA,
				"could not open '%s': %s", path,
				strerror(errno));
	buf_init(&b, CTL_FILE_MAX);
	while ((n = fread(part, 1, sizeof part, f)) > 0)
		if (!buf_add(&b, part, n))
			break;
	if (b.full)
		code = ctl_fail(EXIT_DATA, "'%s' is over %d bytes", path,
				CTL_FILE_MAX);
	else if (ferror(f) != 0)
		code = ctl_fail(EXIT_INPUT_OUTPUT, "could not read '%s': %s",
				path, strerror(errno));
	else if (!utf8_valid(buf_str(&b), b.len))
		code = ctl_fail(EXIT_DATA, "'%s' is not UTF-8 text", path);
	if (!stdin_wanted)
		(void)fclose(f);
	if (code == EXIT_FINE)
		*out = b.len > 0 ? buf_take(&b) : mem_strdup("");
	buf_release(&b);
	return code;
}

int
ctl_read_json(const char *path, json_t **out)
{
	json_error_t e;
	char *text = NULL;
	int code = ctl_read(path, &text);

	*out = NULL;
	if (code != EXIT_FINE)
		return code;
	*out = json_loads(text, JSON_REJECT_DUPLICATES, &e);
	mem_free(text);
	if (*out == NULL)
		return ctl_fail(EXIT_DATA, "%s:%d:%d: %s", path, e.line,
				e.column, e.text);
	return EXIT_FINE;
}

int
ctl_print_json(const json_t *o)
{
	if (json_dumpf(o, stdout, JSON_COMPACT) != 0 || putchar('\n') == EOF)
		return ctl_fail(EXIT_INPUT_OUTPUT,
				"could not write to standard output");
	return EXIT_FINE;
}

const char *
ctl_str(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s != NULL ? s : "";
}

long long
ctl_int(const json_t *o, const char *name)
{
	return json_integer_value(json_object_get(o, name));
}
