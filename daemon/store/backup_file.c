#include "daemon/store/backup_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/store/backup_list.h"
#include "daemon/store/store.h"

bool
backup_stopped(const struct backup_watch *w)
{
	return w != NULL && w->stop(w->arg);
}

enum outcome
backup_fail(struct err *e, int errnum, const char *what, const char *path)
{
	if (errnum == ENOSPC || errnum == EDQUOT)
		return err_code(e, OUT_TEMP, "full",
				"could not %s '%s': no space on the disk", what,
				path);
	return err_sys(e, OUT_TEMP, errnum, "could not %s '%s'", what, path);
}

enum outcome
backup_sync_folder(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum outcome o = OUT_OK;

	if (fd < 0 || fsync(fd) != 0)
		o = backup_fail(e, errno, "sync", path);
	if (fd >= 0)
		(void)close(fd);
	return o;
}

static bool
is_empty(DIR *dir, const char *but)
{
	const struct dirent *x;

	while ((x = readdir(dir)) != NULL)
		if (strcmp(x->d_name, ".") != 0 &&
		    strcmp(x->d_name, "..") != 0 &&
		    (but == NULL || strcmp(x->d_name, but) != 0))
			return false;
	return true;
}

enum outcome
backup_take_folder(const char *path, const char *but, bool *made_out,
		   struct err *e)
{
	DIR *dir;
	bool empty;

	*made_out = mkdir(path, 0700) == 0;
	if (*made_out)
		return OUT_OK;
	if (errno == ENOSPC || errno == EDQUOT || errno == EIO)
		return backup_fail(e, errno, "make", path);
	dir = errno == EEXIST ? opendir(path) : NULL;
	if (dir == NULL) {
		(void)err_sys(e, OUT_PERM, errno, "cannot make folder '%s'",
			      path);
		(void)snprintf(e->code, sizeof e->code, "create");
		return OUT_PERM;
	}
	empty = is_empty(dir, but);
	(void)closedir(dir);
	if (!empty)
		return err_code(e, OUT_PERM, "exists",
				"folder '%s' is not empty", path);
	return OUT_OK;
}

/* Files of one folder of blobs/, named as blobs are. */
static void
clear_blobs(const char *path)
{
	DIR *dir = opendir(path);
	const struct dirent *x;

	while (dir != NULL && (x = readdir(dir)) != NULL)
		if (strlen(x->d_name) == HASH_HEX - 3 &&
		    strspn(x->d_name, "0123456789abcdef") == HASH_HEX - 3)
			(void)unlinkat(dirfd(dir), x->d_name, 0);
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(path);
}

void
backup_clear_files(const char *path)
{
	static const char *const names[] = {
		BACKUP_LIST,      BACKUP_LIST_NEW,  "postigo.db",
		"postigo.db-wal", "postigo.db-shm", "postigo.db-journal",
		"desk.key"
	};
	char *p;

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		p = mem_printf("%s/%s", path, names[i]);
		(void)unlink(p);
		mem_free(p);
	}
	for (unsigned i = 0; i < 256; i++) {
		p = mem_printf("%s/blobs/%02x", path, i);
		clear_blobs(p);
		mem_free(p);
	}
	p = mem_printf("%s/blobs", path);
	(void)rmdir(p);
	mem_free(p);
}

void
backup_clear_desk(const char *path)
{
	static const char *const names[] = { "postigo.lock", STORE_RESTORING };

	backup_clear_files(path);
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		char *p = mem_printf("%s/%s", path, names[i]);

		(void)unlink(p);
		mem_free(p);
	}
	(void)rmdir(path);
}

bool
backup_write(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w <= 0)
			return false;
		at += w;
		n -= (size_t)w;
	}
	return true;
}

/* Copy what in gives into out (-1: hash it only). false: errno says why. */
static bool
pump(const struct backup_watch *w, int in, int out, int64_t *bytes,
     char sha256[HASH_HEX])
{
	unsigned char *chunk = mem_new(BACKUP_CHUNK, 1);
	struct hash_state *h = hash_begin();
	bool ok = true;
	ssize_t n;

	*bytes = 0;
	while (ok && (n = read(in, chunk, BACKUP_CHUNK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n > 0 && backup_stopped(w)) {
			errno = ECANCELED;
			n = -1;
		}
		ok = n > 0 && (out < 0 || backup_write(out, chunk, (size_t)n));
		if (!ok)
			break;
		hash_more(h, chunk, (size_t)n);
		*bytes += n;
	}
	if (ok && out >= 0)
		ok = fsync(out) == 0;
	hash_end(h, sha256);
	hash_drop(&h);
	mem_free(chunk);
	return ok;
}

static enum outcome
open_source(const char *path, int *fd_out, struct err *e)
{
	struct stat st;

	/* a pipe in a backup's place must not hold anybody up */
	*fd_out = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (*fd_out >= 0 && fstat(*fd_out, &st) == 0 && S_ISREG(st.st_mode))
		return OUT_OK;
	if (*fd_out >= 0) {
		(void)close(*fd_out);
		errno = ENOENT;
	}
	if (errno == ENOENT || errno == ENOTDIR || errno == ELOOP)
		return err_code(e, OUT_PERM, "missing", "'%s' is not there",
				path);
	return backup_fail(e, errno, "read", path);
}

enum outcome
backup_hash(const struct backup_watch *w, const char *path, int64_t *bytes_out,
	    char sha256_out[HASH_HEX], struct err *e)
{
	int in;
	enum outcome o = open_source(path, &in, e);

	if (o != OUT_OK)
		return o;
	if (!pump(w, in, -1, bytes_out, sha256_out))
		o = backup_fail(e, errno, "read", path);
	(void)close(in);
	return o;
}

enum outcome
backup_copy(const struct backup_watch *w, const char *from, const char *to,
	    bool writable, int64_t *bytes_out, char sha256_out[HASH_HEX],
	    struct err *e)
{
	int in;
	int out;
	enum outcome o = open_source(from, &in, e);

	if (o != OUT_OK)
		return o;
	out = open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		   writable ? 0600 : 0400);
	if (out < 0 || !pump(w, in, out, bytes_out, sha256_out))
		o = backup_fail(e, errno, "copy to", to);
	if (out >= 0)
		(void)close(out);
	(void)close(in);
	return o;
}
