/*
 * fuzz_settings: any text may stand in postigo.conf. It gives settings within
 * their limits, or errors that each name the file; never both, never neither.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/settings.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_face(const struct face_settings *f)
{
	if (f->address == NULL || f->certificate == NULL || f->key == NULL ||
	    f->url == NULL || f->port < 0 || f->port > 65535)
		abort();
}

static void
check(const struct settings *s)
{
	size_t i;

	if (s->data_dir == NULL || s->run_dir == NULL || s->peers < 1 ||
	    s->peers > 256)
		abort();
	for (i = 0; i < FACE_COUNT; i++)
		check_face(&s->face[i]);
	for (i = 0; i < ROLE_COUNT; i++)
		(void)settings_user_may(s, (enum role)i, 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct settings_errors errs = { .n = 0 };
	struct settings *s = NULL;
	char path[64];
	size_t i;
	int fd = memfd_create("settings", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, n) != (ssize_t)n)
		abort();
	(void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if (settings_read(path, NULL, &s, &errs) == OUT_OK) {
		if (errs.n != 0)
			abort();
		check(s);
	} else {
		if (errs.n == 0 || s != NULL)
			abort();
		for (i = 0; i < errs.n; i++)
			if (strncmp(errs.list[i], path, strlen(path)) != 0)
				abort();
	}
	settings_free(&s);
	settings_errors_release(&errs);
	(void)close(fd);
	return 0;
}
