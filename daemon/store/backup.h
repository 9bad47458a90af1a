#ifndef POSTIGO_BACKUP_H
#define POSTIGO_BACKUP_H

/*
 * backup: a whole copy of a desk that goes on working: postigo.db as it was
 * at one instant, every file of octets that it names, desk.key, and the list
 * of them all, which is written last (backup_list.h): a folder without one is
 * no backup. What can be made anew (search.db) is not in it.
 *
 * Files of octets are hard links where the backup lies on the desk's own file
 * system, which is sound because no such file is ever written in place
 * (blobfile.h); else they are copied, and their octets compared with their
 * names.
 *
 * Everything is synced before the list, and the list before OUT_OK.
 */

#include <stdint.h>

#include "daemon/base/err.h"

struct backup_result {
	int64_t bytes;  /* of all files */
	int64_t blobs;  /* files of octets */
	int64_t linked; /* of them, hard links */
	int64_t number; /* last event in it */
};

struct backup_watch;

/*
 * w     NULL: nobody stops it
 * from  the desk's folder
 * to    absolute; a folder that does not exist, or is empty. What was written
 *       to it is taken away unless OUT_OK comes back.
 *
 * OUT_TEMP  code "full": no space; or something could not be read or written
 *           now, or the program ends
 * OUT_PERM  code "exists": not empty; code "create": the folder could not be
 *           made; code "blob_missing": octets that are named are not there;
 *           code "damaged": they are not what they were
 */
enum outcome backup_run(const struct backup_watch *w, const char *from,
			const char *to, struct backup_result *out,
			struct err *e) MUST_CHECK;

#endif
