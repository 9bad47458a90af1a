/*
 * Files and programs of the desk that the command finds by itself.
 */

#include "daemon/ctl/desk_files.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

char *
beside_socket(const struct ctl *c, const char *name)
{
	const char *slash = strrchr(c->socket, '/');
	int n = slash != NULL ? (int)(slash - c->socket) + 1 : 0;

	return mem_printf("%.*s%s", n, c->socket, name);
}

json_t *
serve_read(const struct ctl *c)
{
	char *path = beside_socket(c, "serve.json");
	json_t *o = json_load_file(path, JSON_REJECT_DUPLICATES, NULL);
	json_int_t pid = json_integer_value(json_object_get(o, "pid"));

	mem_free(path);
	if (o != NULL && pid > 1 && pid <= INT_MAX &&
	    (kill((pid_t)pid, 0) == 0 || errno == EPERM))
		return o;
	json_decref(o);
	return NULL;
}

char *
console_url(const struct ctl *c)
{
	json_t *o = serve_read(c);
	const char *url = ctl_str(o, "console");
	char *copy = mem_strdup(url[0] != '\0' ? url : "http://127.0.0.1:8480");

	json_decref(o);
	return copy;
}

char *
program_find(const char *name)
{
	static const char *const places[] = { "", "../sbin/", "../bin/",
					      "../libexec/postigo/",
					      "../libexec/" };
	char self[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
	size_t i;

	if (n <= 0)
		return NULL;
	self[n] = '\0';
	*(strrchr(self, '/') + 1) = '\0';
	for (i = 0; i < sizeof places / sizeof places[0]; i++) {
		char *path = mem_printf("%s%s%s", self, places[i], name);

		if (access(path, X_OK) == 0)
			return path;
		mem_free(path);
	}
	return NULL;
}
