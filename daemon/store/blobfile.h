#ifndef POSTIGO_BLOBFILE_H
#define POSTIGO_BLOBFILE_H

/*
 * blobfile: octets over BLOB_ROW_BYTES as files DIR/blobs/ab/cdef..., named
 * by their SHA-256. A file is whole and durable before anything in the store
 * names it: data, fsync, rename, and one fsync of each folder per batch.
 *
 * No file is ever written once it has its name: it is read-only, octets that
 * come again are a new file that takes the name over. So a backup may hold
 * the old one by a hard link.
 *
 * Not here: the rows (daemon/store/blob.h), and deciding what is no longer
 * needed (daemon/store/collect.h).
 * Source: schema/STORE.md, "blob".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define BLOB_ROW_BYTES (64 * 1024) /* larger octets are files */
#define BLOBFILE_KEEP_S 3600       /* younger files are not collected */

/* Folders that files were renamed into and that were not yet synced. */
struct blobfile_batch {
	const char *dir;  /* the data folder */
	bool folder[256]; /* blobs/00 to blobs/ff */
	bool top;         /* blobs itself: a folder was made in it */
};

/*
 * Make DIR/blobs and DIR/blobs/tmp, sync them and DIR, empty the latter.
 * OUT_PERM: code "create"; OUT_UNSURE: a sync failed, nothing may be answered
 */
enum outcome blobfile_start(const char *dir, struct err *e) MUST_CHECK;

/*
 * A fresh file in DIR/blobs/tmp, open for reading and writing.
 * path_out  its path; free with mem_free
 *
 * OUT_TEMP  code "full": no space
 */
enum outcome blobfile_temp(const char *dir, int *fd_out, char **path_out,
			   struct err *e) MUST_CHECK;

/* Write all of it. OUT_TEMP: code "full". */
enum outcome blobfile_write(int fd, const void *p, size_t n,
			    struct err *e) MUST_CHECK;

/*
 * Sync a temporary file and give it its name. It is durable after
 * blobfile_sync(). The temporary name is gone in any case; fd stays open.
 *
 * OUT_TEMP    code "full": no space; nothing is left
 * OUT_UNSURE  a sync failed: the program must end
 */
enum outcome blobfile_name(struct blobfile_batch *b, int fd, const char *path,
			   const char sha256[HASH_HEX],
			   struct err *e) MUST_CHECK;

/* Octets to a file of that name, in one step. */
enum outcome blobfile_add(struct blobfile_batch *b, const void *p, size_t n,
			  const char sha256[HASH_HEX],
			  struct err *e) MUST_CHECK;

/* Sync the folders of the batch. OUT_UNSURE: the program must end. */
enum outcome blobfile_sync(struct blobfile_batch *b, struct err *e) MUST_CHECK;

/*
 * A request that wrote this file is under way, and its row may come still:
 * the file is not collected (collect.h). One blobfile_unpin() for each, when
 * the request was answered. Any thread.
 */
void blobfile_pin(const char sha256[HASH_HEX]);
void blobfile_unpin(const char sha256[HASH_HEX]);
bool blobfile_pinned(const char sha256[HASH_HEX]);

/* Between these two no file is collected: a backup reads them. Any thread. */
void blobfile_hold(void);
void blobfile_unhold(void);
bool blobfile_held(void);

/* Path of a blob's file; free with mem_free. */
char *blobfile_path(const char *dir, const char sha256[HASH_HEX]);

#endif
