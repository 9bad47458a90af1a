/* System calls of the daemon's own code on files. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/fault/inject_p.h"

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __wrap_fsync(int fd);
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __real_link(const char *from, const char *to);
int __wrap_link(const char *from, const char *to);
int __real_unlink(const char *path);
int __wrap_unlink(const char *path);
int __real_mkdir(const char *path, mode_t mode);
int __wrap_mkdir(const char *path, mode_t mode);
int __real_mkostemp(char *path, int flags);
int __wrap_mkostemp(char *path, int flags);

static bool
fails(const char *what)
{
	if (!inject_fails(FAULT_CALL, what))
		return false;
	errno = inject_errnum();
	return true;
}

int
__wrap_open(const char *path, int flags, ...)
{
	mode_t mode = 0;
	va_list ap;

	if (flags & O_CREAT) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return fails("open") ? -1 : __real_open(path, flags, mode);
}

/* Half of it is written, as a disk does. What wakes a thread has no disk. */
ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	struct stat st;

	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || !fails("write"))
		return __real_write(fd, p, n);
	if (__real_write(fd, p, n / 2) < 0)
		return -1;
	errno = inject_errnum();
	return -1;
}

int
__wrap_fsync(int fd)
{
	(void)fd; /* the machine does not fail here */
	return fails("fsync") ? -1 : 0;
}

int
__wrap_rename(const char *from, const char *to)
{
	return fails("rename") ? -1 : __real_rename(from, to);
}

int
__wrap_link(const char *from, const char *to)
{
	return fails("link") ? -1 : __real_link(from, to);
}

int
__wrap_unlink(const char *path)
{
	return fails("unlink") ? -1 : __real_unlink(path);
}

int
__wrap_mkdir(const char *path, mode_t mode)
{
	return fails("mkdir") ? -1 : __real_mkdir(path, mode);
}

int
__wrap_mkostemp(char *path, int flags)
{
	return fails("mkostemp") ? -1 : __real_mkostemp(path, flags);
}
