#ifndef POSTIGO_VET_H
#define POSTIGO_VET_H

/*
 * vet: is there a store of ours in a folder, whole as far as a few reads can
 * tell? Cheap: heads of two files, and the schema. What takes a look at every
 * page is fsck's.
 */

#include <stdbool.h>

#include "daemon/base/err.h"

struct store;

/*
 * Look at the heads of DIR/postigo.db, its log and its journal before SQLite
 * does. An empty folder is fine, and so is a store whose making was cut off:
 * whoever opens it makes it.
 *
 * made_out  is there a store?
 *
 * OUT_PERM  code "absent": a key without a store; "damaged": no database, or
 *           cut short, or its log is not one; "foreign": of another program;
 *           "newer": of a later version. The text says which command helps
 * OUT_TEMP  it could not be read
 */
enum outcome vet_files(const char *dir, bool *made_out,
		       struct err *e) MUST_CHECK;

/*
 * Has the store every table and index that this program makes, and no other?
 * s  any handle without an open transaction
 *
 * OUT_PERM  code "schema": it has not; the text names the first
 */
enum outcome vet_schema(struct store *s, struct err *e) MUST_CHECK;

#endif
