#ifndef POSTIGO_RESTORE_H
#define POSTIGO_RESTORE_H

/*
 * restore: a desk from a backup (backup.h), into a folder that holds none.
 *
 * All files of the backup are compared with its list before anything is
 * written. While files are written STORE_RESTORING stands in the folder: no
 * daemon starts there, and a restore that was cut off can be done again. It
 * goes last, when everything is synced.
 *
 * The desk's channels are switched off, unless that is not wanted: the backup
 * does not know which answers were sent after it was made. Their queued
 * deliveries wait; an inactive connection's are not handed out.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct restore_how {
	bool channels_on; /* leave connections as they were */
	bool link;        /* files of octets as hard links, where possible */
};

struct restore_result {
	int64_t files;
	int64_t bytes;
	int64_t number;  /* last event of the backup */
	int64_t waiting; /* deliveries that were not sent when it was made */
	json_t *head;    /* first line of its list; a reference */
	json_t *off;     /* names of connections switched off; a reference */
};

/* Frees the references. */
void restore_result_release(struct restore_result *r);

/*
 * from  the backup's folder
 * dir   a folder that does not exist, is empty, or holds the beginning of a
 *       restore
 *
 * OUT_TEMP  code "full"; or something could not be read or written now: do it
 *           again
 * OUT_PERM  code "exists", "create": the folder is not empty, cannot be made;
 *           code "locked": another is at it; code "no_backup", "missing",
 *           "damaged": it is not whole; code "newer": of a newer program
 */
enum outcome restore_run(const char *from, const char *dir,
			 struct restore_how how, struct restore_result *out,
			 struct err *e) MUST_CHECK;

#endif
