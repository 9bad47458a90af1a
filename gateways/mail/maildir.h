#ifndef POSTIGO_MAILDIR_H
#define POSTIGO_MAILDIR_H

/*
 * maildir: mails in folders. A mail to take lies in new/; moving it to cur/
 * acknowledges it. A mail to give appears in new/ at once and whole, under a
 * name made from its delivery's key, so that it cannot be given twice.
 *
 * Invariants: no path is made from anything but the settings, names that
 * readdir gave, and hexadecimal digits; links are not followed.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

#define MAILDIR_SCAN_MAX 20000 /* names that one scan reads */
#define MAILDIR_NAME_MAX 250

struct maildir_names {
	char **list; /* oldest first */
	size_t count;
};

/*
 * Are tmp/, new/ and cur/ there, and may we use them?
 * OUT_TEMP  the text says which is not and why
 */
enum outcome maildir_check(const char *path, struct err *e) MUST_CHECK;

/* The names in new/, oldest first. */
enum outcome maildir_scan(const char *path, struct maildir_names *out,
			  struct err *e) MUST_CHECK;
void maildir_names_release(struct maildir_names *n);

/*
 * Read a mail of new/. *raw_out is fresh memory.
 * OUT_TEMP  it is gone, being written, or could not be read
 * OUT_PERM  over max octets, or not a file: it stays where it is
 */
enum outcome maildir_read(const char *path, const char *name, size_t max,
			  char **raw_out, size_t *n_out,
			  int64_t *received_ms_out, struct err *e) MUST_CHECK;

/* Move a mail from new/ to cur/, marked as seen. Not yet synced. */
enum outcome maildir_take(const char *path, const char *name,
			  struct err *e) MUST_CHECK;

/* Make moves durable. */
void maildir_sync(const char *path);

/*
 * Give a mail. Durable on OUT_OK.
 * key       of the delivery; at_s its instant: both make the name
 * there_out set if it had been given before; then nothing is written
 */
enum outcome maildir_give(const char *path, const char *key, int64_t at_s,
			  const void *p, size_t n, bool *there_out,
			  struct err *e) MUST_CHECK;

/* The name of a delivery's mail into out[96]. */
void maildir_name(const char *key, int64_t at_s, char out[96]);

/* Has it been given already? */
bool maildir_given(const char *path, const char *name);

#endif
