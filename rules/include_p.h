#ifndef POSTIGO_INCLUDE_P_H
#define POSTIGO_INCLUDE_P_H

/*
 * include_p: what a book of several files is made of. For include.c and
 * include_print.c alone.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "rules/include.h"

struct file {
	char *name; /* as people know it */
	char *real; /* without links; NULL for standard input */
	char *text; /* its own, cleaned */
	size_t n;
};

/* From this line of the whole on, lines are those of a file. */
struct part {
	int line;
	int file;
	int file_line;
};

struct include {
	struct buf whole;
	int line; /* the line of the whole that is being made */
	char *root;
	struct file files[INCLUDE_FILES_MAX];
	int file_count;
	struct part *parts;
	size_t part_count;
	size_t part_cap;
	struct book_errors *errs;
	bool full; /* a ceiling was told of */
};

#endif
