#ifndef POSTIGO_BACKUP_H
#define POSTIGO_BACKUP_H

/*
 * backup: a whole copy of a desk that goes on working: postigo.db as it was
 * at one instant, every file of octets that it names, desk.key, and
 * manifest.json, which is written last: a folder without one is no backup.
 *
 * Everything is synced before the manifest, and the manifest before OUT_OK.
 */

#include <stdint.h>

#include "daemon/base/err.h"

struct backup_result {
	int64_t bytes;  /* of all files */
	int64_t blobs;  /* files of octets */
	int64_t number; /* last event in it */
};

/*
 * from  the desk's folder
 * to    absolute; a folder that does not exist, or is empty
 *
 * OUT_TEMP  no space, or something could not be read or written now
 * OUT_PERM  code "exists": not empty; code "create": the folder could not be
 *           made; code "blob_missing": octets that are named are not there
 */
enum outcome backup_run(const char *from, const char *to,
			struct backup_result *out, struct err *e) MUST_CHECK;

#endif
