#include "gateways/mail/maildir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"

struct entry {
	char *name;
	int64_t mtime_ns;
};

static int
open_folder(const char *path, const char *sub)
{
	char *p = mem_printf("%s/%s", path, sub);
	int fd = open(p, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int kept = errno;

	mem_free(p);
	errno = kept;
	return fd;
}

enum outcome
maildir_check(const char *path, struct err *e)
{
	static const char *const subs[] = { "tmp", "new", "cur" };

	for (size_t i = 0; i < 3; i++) {
		int fd = open_folder(path, subs[i]);

		if (fd < 0)
			return err_sys(e, OUT_TEMP, errno,
				       "could not open '%s/%s'", path, subs[i]);
		if (faccessat(fd, ".", W_OK | X_OK, AT_EACCESS) < 0) {
			int kept = errno;

			(void)close(fd);
			return err_sys(e, OUT_TEMP, kept,
				       "could not write to '%s/%s'", path,
				       subs[i]);
		}
		(void)close(fd);
	}
	return OUT_OK;
}

static int
older(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->mtime_ns != y->mtime_ns)
		return x->mtime_ns < y->mtime_ns ? -1 : 1;
	return strcmp(x->name, y->name);
}

static size_t
read_entries(DIR *d, struct entry *list)
{
	size_t n = 0;
	struct dirent *de;
	struct stat st;

	while (n < MAILDIR_SCAN_MAX && (de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.' ||
		    strlen(de->d_name) > MAILDIR_NAME_MAX)
			continue;
		if (fstatat(dirfd(d), de->d_name, &st, AT_SYMLINK_NOFOLLOW) <
			    0 ||
		    !S_ISREG(st.st_mode))
			continue;
		list[n].mtime_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
				   st.st_mtim.tv_nsec;
		list[n++].name = mem_strdup(de->d_name);
	}
	return n;
}

enum outcome
maildir_scan(const char *path, struct maildir_names *out, struct err *e)
{
	int fd = open_folder(path, "new");
	struct entry *list;
	DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

	out->list = NULL;
	out->count = 0;
	if (!d) {
		enum outcome o = err_sys(e, OUT_TEMP, errno,
					 "could not read '%s/new'", path);

		if (fd >= 0)
			(void)close(fd);
		return o;
	}
	list = mem_new(MAILDIR_SCAN_MAX, sizeof(*list));
	out->count = read_entries(d, list);
	(void)closedir(d);
	qsort(list, out->count, sizeof(*list), older);
	out->list = mem_new(out->count + 1, sizeof(char *));
	for (size_t i = 0; i < out->count; i++)
		out->list[i] = list[i].name;
	mem_free(list);
	return OUT_OK;
}

void
maildir_names_release(struct maildir_names *n)
{
	for (size_t i = 0; i < n->count; i++)
		mem_free(n->list[i]);
	MEM_CLEAR(&n->list);
	n->count = 0;
}

/* Is somebody still writing it? A read lease is refused then. */
static bool
is_being_written(int fd)
{
	if (fcntl(fd, F_SETLEASE, F_RDLCK) == 0) {
		(void)fcntl(fd, F_SETLEASE, F_UNLCK);
		return false;
	}
	return errno == EAGAIN;
}

static enum outcome
read_all(int fd, size_t size, char **raw_out, size_t *n_out, struct err *e)
{
	char *raw = mem_new(size + 1, 1);
	size_t n = 0;

	while (n < size) {
		ssize_t k = read(fd, raw + n, size - n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k < 0) {
			mem_free(raw);
			return err_sys(e, OUT_TEMP, errno,
				       "could not read a mail");
		}
		if (k == 0)
			break;
		n += (size_t)k;
	}
	*raw_out = raw;
	*n_out = n;
	return OUT_OK;
}

enum outcome
maildir_read(const char *path, const char *name, size_t max, char **raw_out,
	     size_t *n_out, int64_t *received_ms_out, struct err *e)
{
	int dir = open_folder(path, "new");
	int fd = openat(dir, name,
			O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	enum outcome o;
	struct stat st;

	if (fd < 0) {
		o = err_sys(e, OUT_TEMP, errno, "could not open a mail");
	} else if (fstat(fd, &st) < 0) {
		o = err_sys(e, OUT_TEMP, errno, "could not look at a mail");
	} else if (!S_ISREG(st.st_mode)) {
		o = err_set(e, OUT_PERM, "not a file");
	} else if (is_being_written(fd)) {
		o = err_code(e, OUT_TEMP, "writing", "it is being written");
	} else if (fstat(fd, &st) == 0 && (uint64_t)st.st_size > max) {
		o = err_set(e, OUT_PERM,
			    "a mail of %lld octets is over %zu: it stays",
			    (long long)st.st_size, max);
	} else {
		*received_ms_out = (int64_t)st.st_mtim.tv_sec * 1000 +
				   st.st_mtim.tv_nsec / 1000000;
		o = read_all(fd, (size_t)st.st_size, raw_out, n_out, e);
	}
	if (fd >= 0)
		(void)close(fd);
	if (dir >= 0)
		(void)close(dir);
	return o;
}

enum outcome
maildir_take(const char *path, const char *name, struct err *e)
{
	char *from = mem_printf("%s/new/%s", path, name), *to;
	const char *flags = strstr(name, ":2,");
	int base = (int)(flags ? (size_t)(flags - name) : strlen(name));
	int rc = -1;

	errno = EEXIST;
	for (int i = 0; i < 10 && rc < 0 && errno == EEXIST; i++) {
		to = i ? mem_printf("%s/cur/%.*s.%d:2,S", path, base, name, i)
		       : mem_printf("%s/cur/%.*s:2,S", path, base, name);
		rc = renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE);
		if (rc < 0 && errno == EINVAL)
			rc = rename(from, to);
		mem_free(to);
	}
	mem_free(from);
	if (rc < 0)
		return err_sys(e, OUT_TEMP, errno,
			       "could not move a mail to '%s/cur'", path);
	return OUT_OK;
}

static int
sync_folder(const char *path, const char *sub)
{
	int fd = open_folder(path, sub), rc;

	if (fd < 0)
		return -1;
	rc = fsync(fd);
	(void)close(fd);
	return rc;
}

void
maildir_sync(const char *path)
{
	(void)sync_folder(path, "cur");
	(void)sync_folder(path, "new");
}

void
maildir_name(const char *key, int64_t at_s, char out[96])
{
	char hex[HASH_HEX];

	hash_hex(key, strlen(key), hex);
	(void)snprintf(out, 96, "%lld.K%.32s.postigo", (long long)at_s, hex);
}

bool
maildir_given(const char *path, const char *name)
{
	static const char *const subs[] = { "new", "cur" };
	size_t n = strlen(name);
	bool found = false;
	struct dirent *de;

	for (size_t i = 0; i < 2 && !found; i++) {
		int fd = open_folder(path, subs[i]);
		DIR *d = fd >= 0 ? fdopendir(fd) : NULL;

		while (d && !found && (de = readdir(d)) != NULL)
			found = strncmp(de->d_name, name, n) == 0 &&
				(de->d_name[n] == '\0' || de->d_name[n] == ':');
		if (d)
			(void)closedir(d);
		else if (fd >= 0)
			(void)close(fd);
	}
	return found;
}

static int
write_all(int fd, const char *p, size_t n)
{
	while (n) {
		ssize_t k = write(fd, p, n);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return fsync(fd);
}

enum outcome
maildir_give(const char *path, const char *key, int64_t at_s, const void *p,
	     size_t n, bool *there_out, struct err *e)
{
	enum outcome o = maildir_check(path, e);
	char name[96], *tmp, *to;
	int fd;

	*there_out = false;
	if (o != OUT_OK)
		return o;
	maildir_name(key, at_s, name);
	if (maildir_given(path, name)) {
		*there_out = true;
		if (sync_folder(path, "new") < 0)
			return err_sys(e, OUT_TEMP, errno,
				       "could not give a mail to '%s'", path);
		return OUT_OK;
	}
	tmp = mem_printf("%s/tmp/%s", path, name);
	to = mem_printf("%s/new/%s", path, name);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		  0600);
	if (fd < 0 || write_all(fd, p, n) < 0 ||
	    renameat2(AT_FDCWD, tmp, AT_FDCWD, to, RENAME_NOREPLACE) < 0 ||
	    sync_folder(path, "new") < 0)
		o = err_sys(e, OUT_TEMP, errno, "could not give a mail to '%s'",
			    path);
	if (fd >= 0)
		(void)close(fd);
	mem_free(tmp);
	mem_free(to);
	return o;
}
