#ifndef POSTIGO_REPORT_FILE_H
#define POSTIGO_REPORT_FILE_H

/*
 * report_file: the rows of a report as a file for spreadsheets. Pure.
 * Source: RFC 4180; schema/REPORTS.md, "CSV".
 */

#include <jansson.h>
#include <stdbool.h>

struct buf;

/*
 * Append all rows of what report.get gives.
 * semicolon  between fields, with a byte order mark first: as a Spanish
 *            Excel wants it
 */
void report_csv(struct buf *b, const json_t *report, bool semicolon);

#endif
