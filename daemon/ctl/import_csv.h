#ifndef POSTIGO_IMPORT_CSV_H
#define POSTIGO_IMPORT_CSV_H

/*
 * import_csv: octets of UTF-8 as the rows of a CSV file. Pure and streaming:
 * parts of any size go in, whole rows come out, one row is in memory.
 *
 * A cell is quoted if its first octet is '"'; "" in it is one '"', and it may
 * have line ends. Elsewhere '"' is an octet like others. A line ends with LF,
 * CR LF or CR. A row that is wrong is handed out with why, and those after it
 * are read all the same. Lines of nothing are no rows.
 * Source: RFC 4180.
 */

#include <stdbool.h>
#include <stddef.h>

#define CSV_ROW_BYTES 262144 /* octets of one row */
#define CSV_CELLS_MAX 512    /* of one row */

struct csv_row {
	long long line;          /* on which it begins, from 1 */
	long long last;          /* on which it ends */
	const char *wrong;       /* NULL, or why it has no cells; static */
	const char *const *cell; /* texts; count of them */
	size_t count;
};

/* Take a row, borrowed. false: no more. */
typedef bool csv_row_fn(void *ctx, const struct csv_row *row);

struct csv_reader;

struct csv_reader *csv_reader_new(char delimiter, csv_row_fn *take, void *ctx);
void csv_reader_free(struct csv_reader **r);

/* The next n octets. false: take() said so. */
bool csv_reader_add(struct csv_reader *r, const char *p, size_t n);

/* There is no more: the last line may lack its end. false: as above. */
bool csv_reader_end(struct csv_reader *r);

#endif
