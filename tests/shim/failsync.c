/*
 * failsync: a library to preload that makes one sync of the store's log fail,
 * as a dying disk does. The file that FAILSYNC_FILE names holds how many syncs
 * of files whose name ends in FAILSYNC_END ("-wal" if it is not given) still
 * succeed; when it is "0" the next one fails with EIO, and the ones after it succeed again ("EIO once, then success"
 * must not be taken for success). While the file is absent nothing fails.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Is it one of the files that are meant? */
static int
is_meant(int fd)
{
	const char *end = getenv("FAILSYNC_END");
	char link[64];
	char path[4096];
	size_t len;
	ssize_t n;

	if (end == NULL)
		end = "-wal";
	len = strlen(end);

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	return n > (ssize_t)len && memcmp(path + n - len, end, len) == 0;
}

/* Is it this one's turn to fail? Counts down. */
static int
fails(int fd)
{
	const char *name = getenv("FAILSYNC_FILE");
	FILE *f;
	int left = -1;

	if (name == NULL || !is_meant(fd))
		return 0;
	f = fopen(name, "r+e");
	if (f == NULL)
		return 0;
	if (fscanf(f, "%d", &left) != 1)
		left = -1;
	rewind(f);
	if (left >= 0)
		(void)fprintf(f, "%d\n", left - 1);
	(void)fclose(f);
	return left == 0;
}

int
fsync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fsync");

	if (!fails(fd))
		return real(fd);
	errno = EIO;
	return -1;
}

int
fdatasync(int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");

	if (!fails(fd))
		return real(fd);
	errno = EIO;
	return -1;
}
