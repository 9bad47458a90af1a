#ifndef POSTIGO_BACKUP_LIST_H
#define POSTIGO_BACKUP_LIST_H

/*
 * backup_list: DIR/manifest.jsonl, the list of what a backup holds. It is
 * written beside the files and gets its name last: a folder without it is no
 * backup. It is read in a stream, so that a million files need no memory.
 *
 * One JSON object a line. The first: {"backup": BACKUP_FORMAT, "program",
 * "schema", "made_at", "number", "counts"}; then one for each file: {"path",
 * "bytes", "sha256"}; the last: {"files": how many, "sha256": of all octets
 * before this line}.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define BACKUP_FORMAT 1
#define BACKUP_LIST "manifest.jsonl"
#define BACKUP_LIST_NEW "manifest.new"
#define BACKUP_LINE_MAX 1024
#define BACKUP_PATH_MAX 80 /* "blobs/ab/" and 62 digits is 71 */

struct list_out;
struct list_in;

/* One file of a backup. */
struct list_file {
	char path[BACKUP_PATH_MAX]; /* within it */
	int64_t bytes;
	char sha256[HASH_HEX];
};

/* Is this the path of a file that a backup may hold: postigo.db, desk.key, or
 * a blob? The digest of a blob's is its name. */
bool list_path_good(const struct list_file *f);

/* Begin one with its first line, which is borrowed. */
enum outcome list_begin(const char *dir, const json_t *head,
			struct list_out **out, struct err *e) MUST_CHECK;
enum outcome list_add(struct list_out *l, const struct list_file *f,
		      struct err *e) MUST_CHECK;
/* The last line; synced, named, and its folder synced. */
enum outcome list_end(struct list_out *l, struct err *e) MUST_CHECK;
/* Close and free it; one without its name stays without it. */
void list_drop(struct list_out **l);

/*
 * Open one.
 * head_out  its first line, a new reference
 *
 * OUT_PERM  code "no_backup": there is none; code "damaged"; code "newer": a
 *           newer program made it
 */
enum outcome list_open(const char *dir, struct list_in **out, json_t **head_out,
		       struct err *e) MUST_CHECK;
/*
 * The next file; *more is false at the end, which was right then. Nothing
 * that was read before may be believed until then.
 * OUT_PERM: code "damaged"
 */
enum outcome list_next(struct list_in *l, struct list_file *f, bool *more,
		       struct err *e) MUST_CHECK;
void list_close(struct list_in **l);

#endif
