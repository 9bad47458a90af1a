#ifndef POSTIGO_COLLECT_H
#define POSTIGO_COLLECT_H

/*
 * collect: takes away files of octets that no row names: of requests that
 * were refused after their file was written, or cut off by a crash before
 * their commit, and of staged rows whose day was over.
 *
 * A file is removed only if all of this holds, asked in this order:
 *  - it is older than BLOBFILE_KEEP_S,
 *  - no backup holds the files (blobfile_hold),
 *  - no request that wrote it is under way (blobfile_pin),
 *  - no row names it, in a snapshot that begins now.
 * The thread that writes these files is the one that collects them, so none
 * is written between the questions and the unlink: one written before is
 * either pinned, or answered, and then its row is in the snapshot. This does
 * not rest on any clock; the age is there for people who look into the folder.
 *
 * What is not named as a blob is left alone. Source: schema/STORE.md, "blob".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

#define COLLECT_STEP 32     /* files and folders looked at in a step */
#define COLLECT_PAUSE_MS 50 /* between steps */
#define COLLECT_EVERY_MS (86400 * 1000) /* between sweeps */

struct collect;

/* dir: the desk's folder, borrowed. Nothing is opened yet. */
struct collect *collect_new(const char *dir);
void collect_free(struct collect **c);

/* Remove the file of a digest, if all of the above holds. */
void collect_file(struct collect *c, const char sha256[HASH_HEX]);

/*
 * A step of a sweep through all files, from where the last one ended. true:
 * there is more to look at; false: the sweep is over, and the next call begins
 * another.
 */
bool collect_step(struct collect *c);

/* What was removed since the last call of this. */
void collect_count(struct collect *c, int64_t *files_out, int64_t *bytes_out);

#endif
