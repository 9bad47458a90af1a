#ifndef POSTIGO_BACKUP_FILE_H
#define POSTIGO_BACKUP_FILE_H

/*
 * backup_file: files of a backup on their way there and back: copied, hashed
 * and synced. For backup.c, backup_list.c and restore.c.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define BACKUP_CHUNK (256 * 1024) /* octets copied at once */

/* Should it end before it is done? Asked often; NULL: never. */
struct backup_watch {
	bool (*stop)(void *arg);
	void *arg;
};
bool backup_stopped(const struct backup_watch *w);

/* What an errno of a file means: OUT_TEMP, code "full" if there is no space.
 * what: "could not WHAT 'PATH'" */
enum outcome backup_fail(struct err *e, int errnum, const char *what,
			 const char *path);

enum outcome backup_sync_folder(const char *path, struct err *e) MUST_CHECK;

/*
 * Make a folder, or find it empty but for a file of that name (NULL: none).
 * made_out: it was made.
 * OUT_PERM: code "create"; code "exists": it is not empty
 */
enum outcome backup_take_folder(const char *path, const char *but,
				bool *made_out, struct err *e) MUST_CHECK;

/* Take away the files that a backup or a desk consists of, by their names;
 * whatever else lies there is not touched. */
void backup_clear_files(const char *path);

/* The same, with the marks of a restored desk that never ran, and the folder
 * if it is empty then. */
void backup_clear_desk(const char *path);

/* Write all of it. false: errno says why not. */
bool backup_write(int fd, const void *p, size_t n);

/*
 * How long a file is, and its SHA-256. Symbolic links are not followed.
 * OUT_PERM: code "missing"
 */
enum outcome backup_hash(const struct backup_watch *w, const char *path,
			 int64_t *bytes_out, char sha256_out[HASH_HEX],
			 struct err *e) MUST_CHECK;

/*
 * Copy a file into one that is not there, for its owner to read (and to
 * write, if writable), and sync it; what was read is counted and hashed.
 * OUT_PERM: code "missing"
 */
enum outcome backup_copy(const struct backup_watch *w, const char *from,
			 const char *to, bool writable, int64_t *bytes_out,
			 char sha256_out[HASH_HEX], struct err *e) MUST_CHECK;

#endif
