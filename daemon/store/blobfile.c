#include "daemon/store/blobfile.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/config.h"

static bool
no_space(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT;
}

static enum outcome
fail(struct err *e, int errnum, const char *what, const char *path)
{
	if (no_space(errnum))
		(void)err_code(e, OUT_TEMP, "full", "no space on the disk");
	else
		(void)err_sys(e, OUT_TEMP, errnum, "could not %s '%s'", what,
			      path);
	return OUT_TEMP;
}

static enum outcome
make_folder(const char *path, bool *made_out, struct err *e)
{
	bool made = mkdir(path, 0700) == 0;

	if (!made && errno != EEXIST)
		return fail(e, errno, "make folder", path);
	if (made_out != NULL)
		*made_out = *made_out || made;
	return OUT_OK;
}

static void
empty_folder(const char *path)
{
	DIR *d = opendir(path);
	struct dirent *de;

	if (d == NULL)
		return;
	while ((de = readdir(d)) != NULL)
		if (de->d_name[0] != '.')
			(void)unlinkat(dirfd(d), de->d_name, 0);
	(void)closedir(d);
}

static enum outcome
sync_folder(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	enum outcome o = OUT_OK;

	if (fd < 0)
		return err_sys(e, OUT_UNSURE, errno, "cannot open folder '%s'",
			       path);
#if !defined(PLANTED_SYNC_OFF) && !defined(PLANTED_SKIP_FOLDER_SYNC)
	if (fsync(fd) != 0)
		o = err_sys(e, OUT_UNSURE, errno, "cannot sync folder '%s'",
			    path);
#endif
	(void)close(fd);
	return o;
}

/*
 * Both folders are synced at each start, not only when something was made in
 * them: a start, or a batch, may have made a folder and been killed before it
 * synced the one around it, and whoever comes next finds it and relies on it.
 */
enum outcome
blobfile_start(const char *dir, struct err *e)
{
	char *top = mem_printf("%s/blobs", dir);
	char *tmp = mem_printf("%s/blobs/tmp", dir);
	enum outcome o = make_folder(top, NULL, e);

	if (o == OUT_OK)
		o = make_folder(tmp, NULL, e);
	if (o != OUT_OK) {
		(void)snprintf(e->code, sizeof e->code, "create");
		o = OUT_PERM;
	}
	if (o == OUT_OK)
		o = sync_folder(top, e);
	if (o == OUT_OK)
		o = sync_folder(dir, e);
	if (o == OUT_OK)
		empty_folder(tmp);
	mem_free(top);
	mem_free(tmp);
	return o;
}

enum outcome
blobfile_temp(const char *dir, int *fd_out, char **path_out, struct err *e)
{
	char *path = mem_printf("%s/blobs/tmp/XXXXXX", dir);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0) {
		int errnum = errno;

		mem_free(path);
		return fail(e, errnum, "make a file in", dir);
	}
	*fd_out = fd;
	*path_out = path;
	return OUT_OK;
}

enum outcome
blobfile_write(int fd, const void *p, size_t n, struct err *e)
{
	const char *at = p;

	while (n > 0) {
		ssize_t w = write(fd, at, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return fail(e, errno, "write", "a blob's file");
		at += w;
		n -= (size_t)w;
	}
	return OUT_OK;
}

char *
blobfile_path(const char *dir, const char sha256[HASH_HEX])
{
	assert(hash_is_hex(sha256));
	return mem_printf("%s/blobs/%.2s/%s", dir, sha256, sha256 + 2);
}

static unsigned
folder_of(const char *sha256)
{
	char two[3] = { sha256[0], sha256[1], '\0' };

	return (unsigned)strtoul(two, NULL, 16);
}

enum outcome
blobfile_name(struct blobfile_batch *b, int fd, const char *path,
	      const char sha256[HASH_HEX], struct err *e)
{
	char *folder = mem_printf("%s/blobs/%.2s", b->dir, sha256);
	char *final = blobfile_path(b->dir, sha256);
	enum outcome o;

#ifndef PLANTED_SYNC_OFF
	if (fsync(fd) != 0) {
		o = no_space(errno) ? fail(e, errno, "sync", path)
				    : err_sys(e, OUT_UNSURE, errno,
					      "cannot sync '%s'", path);
		goto out;
	}
#endif
	/* from here on nobody writes it, and a backup may link it */
	(void)fchmod(fd, 0400);
	o = make_folder(folder, &b->top, e);
	if (o == OUT_OK && rename(path, final) != 0)
		o = fail(e, errno, "rename", path);
	if (o == OUT_OK)
		b->folder[folder_of(sha256)] = true;
#ifndef PLANTED_SYNC_OFF
out:
#endif
	if (o != OUT_OK)
		(void)unlink(path);
	mem_free(folder);
	mem_free(final);
	return o;
}

enum outcome
blobfile_add(struct blobfile_batch *b, const void *p, size_t n,
	     const char sha256[HASH_HEX], struct err *e)
{
	int fd = -1;
	char *path = NULL;
	enum outcome o = blobfile_temp(b->dir, &fd, &path, e);

	if (o != OUT_OK)
		return o;
	o = blobfile_write(fd, p, n, e);
	if (o == OUT_OK)
		o = blobfile_name(b, fd, path, sha256, e);
	else
		(void)unlink(path);
	(void)close(fd);
	mem_free(path);
	return o;
}

enum outcome
blobfile_sync(struct blobfile_batch *b, struct err *e)
{
	enum outcome o = OUT_OK;
	int i;

	for (i = 0; i < 256 && o == OUT_OK; i++) {
		char *folder;

		if (!b->folder[i])
			continue;
		folder = mem_printf("%s/blobs/%02x", b->dir, (unsigned)i);
		o = sync_folder(folder, e);
		b->folder[i] = false;
		mem_free(folder);
	}
	if (o == OUT_OK && b->top) {
		char *top = mem_printf("%s/blobs", b->dir);

		o = sync_folder(top, e);
		b->top = false;
		mem_free(top);
	}
	return o;
}

/* --- what may not be collected ------------------------------------------- */

#define PIN_LISTS 256

/* Digests of files whose requests are under way: few at a time, in lists by
 * their first octet. */
static struct {
	pthread_mutex_t lock;
	struct pin {
		struct pin *next;
		char sha256[HASH_HEX];
	} * list[PIN_LISTS];
} pins = { .lock = PTHREAD_MUTEX_INITIALIZER };

static atomic_int holds;

void
blobfile_pin(const char sha256[HASH_HEX])
{
	struct pin *p = mem_new(1, sizeof *p);
	struct pin **list = &pins.list[folder_of(sha256)];

	(void)memcpy(p->sha256, sha256, HASH_HEX);
	(void)pthread_mutex_lock(&pins.lock);
	p->next = *list;
	*list = p;
	(void)pthread_mutex_unlock(&pins.lock);
}

/* Where the list's pointer to it is; to NULL: it is not there. Locked. */
static struct pin **
pin_find(const char *sha256)
{
	struct pin **at = &pins.list[folder_of(sha256)];

	while (*at != NULL && strcmp((*at)->sha256, sha256) != 0)
		at = &(*at)->next;
	return at;
}

void
blobfile_unpin(const char sha256[HASH_HEX])
{
	struct pin **at;
	struct pin *p;

	(void)pthread_mutex_lock(&pins.lock);
	at = pin_find(sha256);
	p = *at;
	assert(p != NULL);
	*at = p->next;
	(void)pthread_mutex_unlock(&pins.lock);
	mem_free(p);
}

bool
blobfile_pinned(const char sha256[HASH_HEX])
{
	bool found;

	(void)pthread_mutex_lock(&pins.lock);
	found = *pin_find(sha256) != NULL;
	(void)pthread_mutex_unlock(&pins.lock);
	return found;
}

void
blobfile_hold(void)
{
	(void)atomic_fetch_add(&holds, 1);
}

void
blobfile_unhold(void)
{
	(void)atomic_fetch_sub(&holds, 1);
}

bool
blobfile_held(void)
{
	return atomic_load(&holds) > 0;
}
