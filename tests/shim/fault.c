/*
 * fault: a library to preload that lets a disk fail: the n-th sync, or the
 * n-th change of the files below FAULT_ROOT, once, a number of times, or for
 * ever. FAULT_FILE is shared memory between a test and the program: numbers of
 * 8 octets in the order of the enumeration below, then the path that failed
 * first. A test may change them at any moment; a fault begins when the counter
 * has reached `at`.
 *
 * Changes are write, a new file, mkdir, link and rename, as a full disk or
 * quota refuses them. With WRITE_ERROR 0 a write is cut short in the middle
 * instead, and the next one goes on.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define CONTROL_BYTES 8192
#define FOR_EVER (-1)

enum number {
	SYNC_COUNT, /* syncs so far */
	SYNC_AT,    /* this one fails; 0: none */
	SYNC_TIMES, /* and so many in all; -1: for ever */
	SYNC_ERROR, /* with this error */
	SYNC_DONE,  /* failed so far */
	WRITE_COUNT,
	WRITE_AT,
	WRITE_TIMES,
	WRITE_ERROR,
	WRITE_DONE,
	/* syncs of the store's log alone count */
	SYNC_AGAIN, /* syncs of what failed first, afterwards */
	NUMBERS
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int64_t *control;
static char root[PATH_BYTES];

#define REAL(ret, name, ...)                                                   \
	static ret (*real)(__VA_ARGS__);                                       \
	if (real == NULL)                                                      \
	real = (ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void
begin(void)
{
	const char *name = getenv("FAULT_FILE");
	const char *at = getenv("FAULT_ROOT");
	void *p;
	int fd;

	REAL(int, "open", const char *, int, ...);
	if (name == NULL || at == NULL || realpath(at, root) == NULL)
		return;
	fd = real(name, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return;
	p = mmap(NULL, CONTROL_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 0);
	(void)close(fd);
	if (p != MAP_FAILED)
		control = p;
}

static bool
below(const char *path)
{
	size_t n = strlen(root);

	(void)pthread_once(&once, begin);
	return control != NULL && strncmp(path, root, n) == 0 &&
	       (path[n] == '/' || path[n] == '\0');
}

/* The path of an open file; empty: it has none that counts. */
static void
path_of(int fd, char out[PATH_BYTES])
{
	char link[64];
	struct stat st;
	ssize_t n;

	out[0] = '\0';
	(void)pthread_once(&once, begin);
	if (control == NULL || fstat(fd, &st) != 0 ||
	    (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
		return;
	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, out, PATH_BYTES - 1);
	out[n > 0 ? n : 0] = '\0';
	n = (ssize_t)strlen(out);
	/* of a test, not of the program */
	if (!below(out) || (n > 4 && strcmp(out + n - 4, ".log") == 0))
		out[0] = '\0';
}

/* Counts; does this one fail? */
static bool
fails(enum number count, const char *path)
{
	int64_t *n = control + count; /* COUNT, AT, TIMES, ERROR, DONE */
	char *failed = (char *)(control + NUMBERS);
	bool yes;

	(void)pthread_mutex_lock(&lock);
	n[0]++;
	yes = n[1] > 0 && n[0] >= n[1] && (n[2] == FOR_EVER || n[4] < n[2]);
	if (count == SYNC_COUNT && n[4] > 0 && strcmp(path, failed) == 0)
		control[SYNC_AGAIN]++;
	if (yes && n[4]++ == 0)
		(void)snprintf(failed, PATH_BYTES, "%s", path);
	(void)pthread_mutex_unlock(&lock);
	return yes;
}

static bool
sync_fails(int fd)
{
	char path[PATH_BYTES];

	path_of(fd, path);
	if (path[0] == '\0' || !fails(SYNC_COUNT, path))
		return false;
	errno = (int)control[SYNC_ERROR];
	return true;
}

int
fsync(int fd)
{
	REAL(int, "fsync", int);
	return sync_fails(fd) ? -1 : real(fd);
}

int
fdatasync(int fd)
{
	REAL(int, "fdatasync", int);
	return sync_fails(fd) ? -1 : real(fd);
}

/* What is left of a write of n octets; -1: it fails. */
static ssize_t
allowed(int fd, size_t n)
{
	char path[PATH_BYTES];

	path_of(fd, path);
	if (path[0] == '\0' || !fails(WRITE_COUNT, path))
		return (ssize_t)n;
	if (control[WRITE_ERROR] == 0)
		return n > 1 ? (ssize_t)(n / 2) : (ssize_t)n;
	errno = (int)control[WRITE_ERROR];
	return -1;
}

ssize_t
write(int fd, const void *data, size_t n)
{
	ssize_t may = fd > 2 ? allowed(fd, n) : (ssize_t)n;

	REAL(ssize_t, "write", int, const void *, size_t);
	return may < 0 ? -1 : real(fd, data, (size_t)may);
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	ssize_t may = allowed(fd, n);

	REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
	return may < 0 ? -1 : real(fd, data, (size_t)may, at);
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
	return pwrite64(fd, data, n, at);
}

/* A stream's writes come by no name; it is flushed by one. */
int
fflush(FILE *f)
{
	REAL(int, "fflush", FILE *);
	if (f != NULL && fileno(f) > 2 && allowed(fileno(f), 1) < 0)
		return EOF;
	return real(f);
}

/* A new entry: no half of it can be made. */
static bool
entry_fails(const char *path)
{
	if (!below(path) || !fails(WRITE_COUNT, path) ||
	    control[WRITE_ERROR] == 0)
		return false;
	errno = (int)control[WRITE_ERROR];
	return true;
}

static bool
missing(const char *path)
{
	struct stat st;

	return lstat(path, &st) != 0;
}

#define MODE_OF(flags)                                                         \
	mode_t mode = 0;                                                       \
	if (((flags)&O_CREAT) != 0) {                                          \
		va_list ap;                                                    \
		va_start(ap, flags);                                           \
		mode = va_arg(ap, mode_t);                                     \
		va_end(ap);                                                    \
	}

int
open(const char *path, int flags, ...)
{
	MODE_OF(flags)
	REAL(int, "open", const char *, int, ...);
	if ((flags & O_CREAT) != 0 && missing(path) && entry_fails(path))
		return -1;
	return real(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	MODE_OF(flags)
	REAL(int, "open64", const char *, int, ...);
	if ((flags & O_CREAT) != 0 && missing(path) && entry_fails(path))
		return -1;
	return real(path, flags, mode);
}

int
mkostemp(char *path, int flags)
{
	REAL(int, "mkostemp", char *, int);
	return entry_fails(path) ? -1 : real(path, flags);
}

int
mkdir(const char *path, mode_t mode)
{
	REAL(int, "mkdir", const char *, mode_t);
	return missing(path) && entry_fails(path) ? -1 : real(path, mode);
}

int
rename(const char *from, const char *to)
{
	REAL(int, "rename", const char *, const char *);
	return entry_fails(to) ? -1 : real(from, to);
}

int
link(const char *from, const char *to)
{
	REAL(int, "link", const char *, const char *);
	return entry_fails(to) ? -1 : real(from, to);
}
