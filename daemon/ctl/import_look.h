#ifndef POSTIGO_IMPORT_LOOK_H
#define POSTIGO_IMPORT_LOOK_H

/*
 * import_look: how a file of orders is written: found in all of it before
 * anything of it is taken, or as it was said. What its cells contradict one
 * another in, or leave open, is asked for and not guessed.
 */

#include <stdbool.h>
#include <stddef.h>

#include "daemon/ctl/import_cell.h"
#include "daemon/ctl/import_file.h"
#include "daemon/ctl/import_map.h"

struct ctl;
struct import_seen;

/* What the command line says; NULL: find it. Borrowed. */
struct import_asked {
	const char *format;    /* csv, ndjson */
	const char *delimiter; /* comma, semicolon, tab, pipe, or the mark */
	const char *decimal;   /* point, comma */
	const char *dates;     /* dmy, mdy, iso */
	enum preset preset;
};

struct import_look {
	bool csv;
	/* of CSV alone: */
	char delimiter;
	struct import_map map;
	enum cell_mark mark;
	enum cell_order dates;
	struct import_seen *seen; /* its orders */
	long long rows;           /* without the names */
};

/*
 * Look at a file, and say what was found on standard error.
 * 0, or an exit code after a line; free with import_look_end() either way.
 */
int import_look(const struct ctl *c, const struct import_file *f,
		const struct import_asked *asked, struct import_look *out);
void import_look_end(struct import_look *l);

#endif
