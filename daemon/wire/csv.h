#ifndef POSTIGO_CSV_H
#define POSTIGO_CSV_H

/*
 * csv: what a report says, as a table that spreadsheets read. One writer for
 * the command, the REST paths and the mails.
 * Source: RFC 4180; schema/REPORTS.md, "CSV".
 */

#include <jansson.h>
#include <stdbool.h>

#include "daemon/base/err.h"

struct buf;

#define CSV_BYTES (4 * 1024 * 1024) /* ceiling of a table */

struct csv_form {
	bool semicolon; /* between fields, instead of a comma */
	bool bom;       /* a byte order mark comes first */
};

/* Add one field: quoted where it must be; what a spreadsheet would take for a
 * formula gets an apostrophe before it. */
void csv_field(struct buf *b, const char *text);

/*
 * The result of report.get as CSV: a line of names, and its rows. b has room
 * for CSV_BYTES.
 * OUT_PERM  code "too_large": it is over the ceiling
 */
enum outcome csv_report(const json_t *report, const struct csv_form *form,
			struct buf *b, struct err *e) MUST_CHECK;

#endif
