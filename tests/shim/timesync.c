/*
 * timesync: a library to preload that writes down when each sync of the store
 * or of its log began and ended, for whoever wants to know what a disk costs. A
 * line of the file that TIMESYNC_FILE names has the thread, and two instants of
 * the monotonic clock in microseconds. Nothing fails and nothing waits.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int list = -1;

static void
begin(void)
{
	const char *name = getenv("TIMESYNC_FILE");

	if (name != NULL)
		list = open(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
			    0600);
}

static int
is_store(int fd)
{
	char link[64];
	char path[4096];
	const char *name;
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	path[n > 0 ? n : 0] = '\0';
	name = strrchr(path, '/');
	return name != NULL && (strcmp(name, "/postigo.db") == 0 ||
				strcmp(name, "/postigo.db-wal") == 0);
}

static double
now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

/* Sync by the function of that name. */
static int
timed(const char *name, int fd)
{
	int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
	char line[96];
	double from;
	int saved;
	int rc;
	int n;

	(void)pthread_once(&once, begin);
	if (list < 0 || !is_store(fd))
		return real(fd);
	from = now_us();
	rc = real(fd);
	saved = errno;
	n = snprintf(line, sizeof line, "%ld %.0f %.0f\n",
		     (long)syscall(SYS_gettid), from, now_us());
	(void)!write(list, line, (size_t)n);
	errno = saved;
	return rc;
}

int
fsync(int fd)
{
	return timed("fsync", fd);
}

int
fdatasync(int fd)
{
	return timed("fdatasync", fd);
}
