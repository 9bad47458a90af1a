/*
 * record: a library to preload that writes down, in one order, every change
 * that a program makes to the files below RECORD_ROOT, every sync, and every
 * octet that it sends on a connection that it accepted. RECORD_TRACE names the
 * trace, which is appended to; tests/power/trace.mjs reads it.
 *
 * Each change is made and written down under one lock, so the order of the
 * records is the order of the changes. A sync has two records, before the call
 * and after it succeeded, and runs outside of the lock: what was changed
 * between the two may or may not be durable. A program that ends in the middle
 * of a call leaves a change without its record, which is the last one and has
 * been answered to nobody; the trace is cut there.
 */
#include <dirent.h>
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS 65536
#define PATH_BYTES 4096

enum kind {
	KIND_START = 1,
	KIND_FILE,
	KIND_WRITE,
	KIND_LENGTH,
	KIND_RENAME,
	KIND_LINK,
	KIND_UNLINK,
	KIND_FOLDER,
	KIND_RMDIR,
	KIND_SYNC,
	KIND_SYNCED,
	KIND_SEND
};

struct record {
	uint32_t magic;
	uint32_t kind;
	uint64_t id;    /* of a file or folder: its inode; of a connection */
	uint64_t at;    /* offset, length or number of the sync */
	uint32_t path;  /* octets of the first path */
	uint32_t to;    /* octets of the second path */
	uint64_t bytes; /* octets of data */
};

struct place {
	uint64_t id;
	bool file; /* below the root */
	bool peer; /* a connection that was accepted */
	bool append;
	bool stream; /* made by this one, which has not yet written */
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_once_t once = PTHREAD_ONCE_INIT;
static struct place places[FDS];
static char root[PATH_BYTES];
static size_t root_bytes;
static int trace = -1;
static uint64_t syncs;
static uint64_t peers;

#define REAL(ret, name, ...)                                                   \
	static ret (*real)(__VA_ARGS__);                                       \
	if (real == NULL)                                                      \
	real = (ret(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static void
put(enum kind kind, uint64_t id, uint64_t at, const char *path, const char *to,
    const void *data, size_t bytes)
{
	struct record r = { .magic = 0x31525750,
			    .kind = kind,
			    .id = id,
			    .at = at,
			    .path = path != NULL ? (uint32_t)strlen(path) : 0,
			    .to = to != NULL ? (uint32_t)strlen(to) : 0,
			    .bytes = bytes };
	struct iovec v[4] = { { &r, sizeof r },
			      { (void *)(uintptr_t)path, r.path },
			      { (void *)(uintptr_t)to, r.to },
			      { (void *)(uintptr_t)data, bytes } };
	size_t all = sizeof r + r.path + r.to + bytes;
	int saved = errno;

	REAL(ssize_t, "writev", int, const struct iovec *, int);
	if (real(trace, v, 4) != (ssize_t)all) {
		static const char why[] = "record: the trace is not whole\n";

		(void)!write(2, why, sizeof why - 1);
		_exit(99);
	}
	errno = saved;
}

static uint64_t
inode(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? (uint64_t)st.st_ino : 0;
}

static void
begin(void)
{
	const char *at = getenv("RECORD_ROOT");
	const char *name = getenv("RECORD_TRACE");

	REAL(int, "open", const char *, int, ...);
	if (at == NULL || name == NULL || realpath(at, root) == NULL)
		return;
	root_bytes = strlen(root);
	trace = real(name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (trace < 0)
		return;
	/* far from the numbers that the program closes or counts on */
	trace = fcntl(trace, F_DUPFD_CLOEXEC, 900);
	put(KIND_START, inode(root), 0, root, NULL, NULL, 0);
}

static void
hold(void)
{
	(void)pthread_once(&once, begin);
	(void)pthread_mutex_lock(&lock);
}

static void
leave(void)
{
	(void)pthread_mutex_unlock(&lock);
}

/* The absolute path, if it is one that is written down. */
static bool
below(int dir, const char *path, char out[PATH_BYTES])
{
	char link[64];
	char base[PATH_BYTES];
	size_t n;

	if (trace < 0)
		return false;
	base[0] = '\0';
	if (path[0] != '/' && dir == AT_FDCWD) {
		if (getcwd(base, sizeof base) == NULL)
			return false;
	} else if (path[0] != '/') {
		ssize_t got;

		(void)snprintf(link, sizeof link, "/proc/self/fd/%d", dir);
		got = readlink(link, base, sizeof base - 1);
		base[got > 0 ? got : 0] = '\0';
	}
	if ((size_t)snprintf(out, PATH_BYTES, "%s%s%s", base,
			     base[0] != '\0' ? "/" : "", path) >= PATH_BYTES)
		return false;
	n = strlen(out);
	while (n > 1 && out[n - 1] == '/')
		out[--n] = '\0';
	/* SQLite's index of the log is memory */
	if (n > 4 && strcmp(out + n - 4, "-shm") == 0)
		return false;
	return strncmp(out, root, root_bytes) == 0 &&
	       (out[root_bytes] == '/' || out[root_bytes] == '\0');
}

static bool
there(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static struct place *
place(int fd)
{
	return fd >= 0 && fd < FDS ? &places[fd] : NULL;
}

static void
opened(int fd, int flags, const char *path, bool was)
{
	struct place *p = place(fd);
	struct stat st;

	if (p == NULL || fstat(fd, &st) != 0)
		return;
	*p = (struct place){ .id = (uint64_t)st.st_ino,
			     .file = true,
			     .append = (flags & O_APPEND) != 0,
			     .stream = !was };
	if (!was)
		put(KIND_FILE, p->id, 0, path, NULL, NULL, 0);
	else if ((flags & O_TRUNC) != 0)
		put(KIND_LENGTH, p->id, 0, NULL, NULL, NULL, 0);
}

static int
do_open(int dir, const char *path, int flags, mode_t mode)
{
	char full[PATH_BYTES];
	bool ours;
	bool was;
	int fd;

	REAL(int, "openat", int, const char *, int, ...);
	hold();
	ours = below(dir, path, full);
	was = !ours || (flags & O_CREAT) == 0 || there(full);
	fd = real(dir, path, flags, mode);
	if (place(fd) != NULL)
		*place(fd) = (struct place){ .id = 0 };
	if (fd >= 0 && ours)
		opened(fd, flags, full, was);
	leave();
	return fd;
}

#define MODE_OF(flags)                                                         \
	mode_t mode = 0;                                                       \
	if (((flags) & (O_CREAT | __O_TMPFILE)) != 0) {                        \
		va_list ap;                                                    \
		va_start(ap, flags);                                           \
		mode = va_arg(ap, mode_t);                                     \
		va_end(ap);                                                    \
	}

int
open(const char *path, int flags, ...)
{
	MODE_OF(flags)
	return do_open(AT_FDCWD, path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	MODE_OF(flags)
	return do_open(AT_FDCWD, path, flags, mode);
}

int
openat(int dir, const char *path, int flags, ...)
{
	MODE_OF(flags)
	return do_open(dir, path, flags, mode);
}

int
openat64(int dir, const char *path, int flags, ...)
{
	MODE_OF(flags)
	return do_open(dir, path, flags, mode);
}

int
creat(const char *path, mode_t mode)
{
	return do_open(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int
mkostemp(char *path, int flags)
{
	char full[PATH_BYTES];
	int fd;

	REAL(int, "mkostemp", char *, int);
	hold();
	fd = real(path, flags);
	if (fd >= 0 && below(AT_FDCWD, path, full))
		opened(fd, flags, full, false);
	leave();
	return fd;
}

int
mkstemp(char *path)
{
	return mkostemp(path, 0);
}

int
close(int fd)
{
	struct place *p = place(fd);
	int rc;

	REAL(int, "close", int);
	hold();
	if (p != NULL)
		*p = (struct place){ .id = 0 };
	rc = real(fd);
	leave();
	return rc;
}

/* The library's own call of close() comes by no name. */
int
fclose(FILE *f)
{
	struct place *p = place(fileno(f));
	int rc;

	REAL(int, "fclose", FILE *);
	hold();
	if (p != NULL)
		*p = (struct place){ .id = 0 };
	rc = real(f);
	leave();
	return rc;
}

static int
copied(int fd, int copy)
{
	struct place *from = place(fd);
	struct place *to = place(copy);

	if (from != NULL && to != NULL)
		*to = *from;
	return copy;
}

int
dup(int fd)
{
	int copy;

	REAL(int, "dup", int);
	hold();
	copy = copied(fd, real(fd));
	leave();
	return copy;
}

int
dup3(int fd, int to, int flags)
{
	int copy;

	REAL(int, "dup3", int, int, int);
	hold();
	copy = copied(fd, real(fd, to, flags));
	leave();
	return copy;
}

int
dup2(int fd, int to)
{
	int copy;

	REAL(int, "dup2", int, int);
	hold();
	copy = copied(fd, real(fd, to));
	leave();
	return copy;
}

int
accept4(int fd, struct sockaddr *a, socklen_t *n, int flags)
{
	struct place *p;
	int peer;

	REAL(int, "accept4", int, struct sockaddr *, socklen_t *, int);
	hold();
	peer = real(fd, a, n, flags);
	p = place(peer);
	if (p != NULL)
		*p = (struct place){ .id = ++peers, .peer = true };
	leave();
	return peer;
}

int
accept(int fd, struct sockaddr *a, socklen_t *n)
{
	return accept4(fd, a, n, 0);
}

static void
sent(int fd, const void *data, ssize_t n)
{
	const struct place *p = place(fd);

	if (n > 0 && p != NULL && p->peer)
		put(KIND_SEND, p->id, 0, NULL, NULL, data, (size_t)n);
}

ssize_t
send(int fd, const void *data, size_t n, int flags)
{
	ssize_t w;

	REAL(ssize_t, "send", int, const void *, size_t, int);
	hold();
	w = real(fd, data, n, flags);
	sent(fd, data, w);
	leave();
	return w;
}

ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	ssize_t w;
	size_t i;
	size_t left;

	REAL(ssize_t, "sendmsg", int, const struct msghdr *, int);
	hold();
	w = real(fd, m, flags);
	left = w > 0 ? (size_t)w : 0;
	for (i = 0; i < m->msg_iovlen && left > 0; i++) {
		size_t part = m->msg_iov[i].iov_len;

		if (part > left)
			part = left;
		sent(fd, m->msg_iov[i].iov_base, (ssize_t)part);
		left -= part;
	}
	leave();
	return w;
}

static bool
is_file(int fd)
{
	const struct place *p = place(fd);

	return p != NULL && p->file;
}

static void
wrote(int fd, const void *data, ssize_t n, off64_t at)
{
	if (n <= 0 || !is_file(fd))
		return;
	places[fd].stream = false;
	put(KIND_WRITE, places[fd].id, (uint64_t)at, NULL, NULL, data,
	    (size_t)n);
}

/* Where write() writes. */
static off64_t
position(int fd)
{
	if (!is_file(fd))
		return 0;
	return lseek64(fd, 0, places[fd].append ? SEEK_END : SEEK_CUR);
}

ssize_t
write(int fd, const void *data, size_t n)
{
	off64_t at;
	ssize_t w;

	REAL(ssize_t, "write", int, const void *, size_t);
	hold();
	at = position(fd);
	w = real(fd, data, n);
	wrote(fd, data, w, at);
	sent(fd, data, w);
	leave();
	return w;
}

ssize_t
writev(int fd, const struct iovec *v, int count)
{
	off64_t at;
	ssize_t w;
	size_t left;
	int i;

	REAL(ssize_t, "writev", int, const struct iovec *, int);
	hold();
	at = position(fd);
	w = real(fd, v, count);
	left = w > 0 ? (size_t)w : 0;
	for (i = 0; i < count && left > 0; i++) {
		size_t part = v[i].iov_len < left ? v[i].iov_len : left;

		wrote(fd, v[i].iov_base, (ssize_t)part, at);
		sent(fd, v[i].iov_base, (ssize_t)part);
		at += (off64_t)part;
		left -= part;
	}
	leave();
	return w;
}

ssize_t
pwrite64(int fd, const void *data, size_t n, off64_t at)
{
	ssize_t w;

	REAL(ssize_t, "pwrite64", int, const void *, size_t, off64_t);
	hold();
	w = real(fd, data, n, at);
	wrote(fd, data, w, at);
	leave();
	return w;
}

ssize_t
pwrite(int fd, const void *data, size_t n, off_t at)
{
	return pwrite64(fd, data, n, at);
}

static void
length(int fd)
{
	struct stat st;

	if (is_file(fd) && fstat(fd, &st) == 0)
		put(KIND_LENGTH, places[fd].id, (uint64_t)st.st_size, NULL,
		    NULL, NULL, 0);
}

int
ftruncate64(int fd, off64_t n)
{
	int rc;

	REAL(int, "ftruncate64", int, off64_t);
	hold();
	rc = real(fd, n);
	if (rc == 0)
		length(fd);
	leave();
	return rc;
}

int
ftruncate(int fd, off_t n)
{
	return ftruncate64(fd, n);
}

int
posix_fallocate64(int fd, off64_t at, off64_t n)
{
	int rc;

	REAL(int, "posix_fallocate64", int, off64_t, off64_t);
	hold();
	rc = real(fd, at, n);
	if (rc == 0)
		length(fd);
	leave();
	return rc;
}

int
posix_fallocate(int fd, off_t at, off_t n)
{
	return posix_fallocate64(fd, at, n);
}

int
fallocate64(int fd, int mode, off64_t at, off64_t n)
{
	int rc;

	REAL(int, "fallocate64", int, int, off64_t, off64_t);
	hold();
	rc = real(fd, mode, at, n);
	if (rc == 0)
		length(fd);
	leave();
	return rc;
}

int
fallocate(int fd, int mode, off_t at, off_t n)
{
	return fallocate64(fd, mode, at, n);
}

/* An entry of a folder changes. */
static int
entry(enum kind kind, int rc, bool ours, const char *path, const char *to,
      uint64_t id)
{
	if (rc == 0 && ours)
		put(kind, id, 0, path, to, NULL, 0);
	leave();
	return rc;
}

int
renameat2(int from_dir, const char *from, int to_dir, const char *to,
	  unsigned flags)
{
	char a[PATH_BYTES];
	char b[PATH_BYTES];
	bool ours;

	REAL(int, "renameat2", int, const char *, int, const char *, unsigned);
	hold();
	ours = below(from_dir, from, a) && below(to_dir, to, b);
	return entry(KIND_RENAME, real(from_dir, from, to_dir, to, flags), ours,
		     a, b, 0);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	return renameat2(from_dir, from, to_dir, to, 0);
}

int
rename(const char *from, const char *to)
{
	return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
linkat(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	char a[PATH_BYTES];
	char b[PATH_BYTES];
	bool ours;

	REAL(int, "linkat", int, const char *, int, const char *, int);
	hold();
	ours = below(from_dir, from, a) && below(to_dir, to, b);
	return entry(KIND_LINK, real(from_dir, from, to_dir, to, flags), ours,
		     a, b, 0);
}

int
link(const char *from, const char *to)
{
	return linkat(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int
unlinkat(int dir, const char *path, int flags)
{
	char full[PATH_BYTES];
	bool ours;

	REAL(int, "unlinkat", int, const char *, int);
	hold();
	ours = below(dir, path, full);
	return entry((flags & AT_REMOVEDIR) != 0 ? KIND_RMDIR : KIND_UNLINK,
		     real(dir, path, flags), ours, full, NULL, 0);
}

int
unlink(const char *path)
{
	return unlinkat(AT_FDCWD, path, 0);
}

int
rmdir(const char *path)
{
	return unlinkat(AT_FDCWD, path, AT_REMOVEDIR);
}

int
mkdirat(int dir, const char *path, mode_t mode)
{
	char full[PATH_BYTES];
	bool ours;
	int rc;

	REAL(int, "mkdirat", int, const char *, mode_t);
	hold();
	ours = below(dir, path, full);
	rc = real(dir, path, mode);
	return entry(KIND_FOLDER, rc, ours, full, NULL,
		     rc == 0 && ours ? inode(full) : 0);
}

int
mkdir(const char *path, mode_t mode)
{
	return mkdirat(AT_FDCWD, path, mode);
}

/* A new file that a stream wrote: those calls come by no name, but all of them
 * came before the sync. */
static void
catch_up(int fd)
{
	char name[64];
	struct stat st;
	void *all;
	int in;

	REAL(int, "open", const char *, int, ...);
	if (!places[fd].stream || fstat(fd, &st) != 0 || st.st_size == 0 ||
	    !S_ISREG(st.st_mode))
		return;
	(void)snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	in = real(name, O_RDONLY | O_CLOEXEC);
	all = malloc((size_t)st.st_size);
	if (in >= 0 && all != NULL &&
	    pread(in, all, (size_t)st.st_size, 0) == st.st_size)
		wrote(fd, all, (ssize_t)st.st_size, 0);
	free(all);
	if (in >= 0)
		(void)syscall(SYS_close, in);
}

static int
synced(int fd, int (*real)(int))
{
	uint64_t number = 0;
	uint64_t id = 0;
	int rc;

	hold();
	if (is_file(fd)) {
		catch_up(fd);
		number = ++syncs;
		id = places[fd].id;
		put(KIND_SYNC, id, number, NULL, NULL, NULL, 0);
	}
	leave();
	rc = real(fd);
	hold();
	if (rc == 0 && number != 0)
		put(KIND_SYNCED, id, number, NULL, NULL, NULL, 0);
	leave();
	return rc;
}

int
fsync(int fd)
{
	REAL(int, "fsync", int);
	return synced(fd, real);
}

int
fdatasync(int fd)
{
	REAL(int, "fdatasync", int);
	return synced(fd, real);
}
