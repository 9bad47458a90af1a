/*
 * hold: a library to preload that makes a disk stand still. While the file that
 * HOLD_FILE names exists, a sync of a file whose path holds one of the file's
 * lines waits until the file is gone. A line "reads" holds what threads read
 * of the store, but for the thread that wrote its log last.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define LOOK_US 2000

static atomic_int writer; /* thread that wrote the log last */

static void
path_of(int fd, char path[4096])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, 4095);
	path[n > 0 ? n : 0] = '\0';
}

static int
ends(const char *s, const char *end)
{
	size_t n = strlen(s);
	size_t m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Is what is named held now? reads: only a line "reads" counts. */
static int
held(const char *path, int reads)
{
	const char *name = getenv("HOLD_FILE");
	FILE *f = name != NULL ? fopen(name, "re") : NULL;
	char line[4096];
	int is = 0;

	while (f != NULL && !is && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (reads)
			is = strcmp(line, "reads") == 0;
		else
			is = line[0] != '\0' && strstr(path, line) != NULL;
	}
	if (f != NULL)
		(void)fclose(f);
	return is;
}

static void
wait_for(int fd, int reads)
{
	char path[4096];

	path_of(fd, path);
	while (held(path, reads))
		(void)usleep(LOOK_US);
}

int
fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	wait_for(fd, 0);
	return real(fd);
}

int
fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	wait_for(fd, 0);
	return real(fd);
}

ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	ssize_t (*real)(int, const void *, size_t, off64_t) =
		(ssize_t(*)(int, const void *, size_t, off64_t))dlsym(
			RTLD_NEXT, "pwrite64");
	char path[4096];

	path_of(fd, path);
	if (ends(path, "postigo.db-wal"))
		atomic_store(&writer, (int)syscall(SYS_gettid));
	return real(fd, p, n, at);
}

ssize_t
pread64(int fd, void *p, size_t n, off64_t at)
{
	ssize_t (*real)(int, void *, size_t, off64_t) =
		(ssize_t(*)(int, void *, size_t, off64_t))dlsym(RTLD_NEXT,
								"pread64");
	char path[4096];

	if ((int)syscall(SYS_gettid) != atomic_load(&writer)) {
		path_of(fd, path);
		if (ends(path, "postigo.db") || ends(path, "postigo.db-wal"))
			while (held(path, 1))
				(void)usleep(LOOK_US);
	}
	return real(fd, p, n, at);
}
