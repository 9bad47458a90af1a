#ifndef POSTIGO_IMPORT_FILE_H
#define POSTIGO_IMPORT_FILE_H

/*
 * import_file: a file that is read several times from its beginning to its
 * end, in parts, as UTF-8. Memory does not grow with it.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "daemon/base/hash.h"
#include "daemon/ctl/import_text.h"

struct import_file {
	const char *path; /* borrowed */
	int fd;
	struct stat was; /* when it was opened */
	enum text_code code;
	char sha256[HASH_HEX]; /* of its octets */
};

/*
 * Open it, and look at all of it once.
 * encoding  a name of text_code_name(), or NULL: by what is in it
 * 0, or an exit code after a line on standard error.
 */
int import_file_open(const char *path, const char *encoding,
		     struct import_file *f);
void import_file_close(struct import_file *f);

/* Take the next part of it. false: no more. */
typedef bool import_part_fn(void *ctx, const char *p, size_t n);

/* Read it from its beginning. replaced_out: octets that were no characters;
 * may be NULL. 0, or an exit code after a line. */
int import_file_read(const struct import_file *f, import_part_fn *take,
		     void *ctx, uint64_t *replaced_out);

/* Did somebody write to it since it was opened? */
bool import_file_changed(const struct import_file *f);

#endif
