#ifndef POSTIGO_LINES_H
#define POSTIGO_LINES_H

/*
 * lines: standard input as JSON, one object a line. A line that is wrong is
 * named on standard error, and the next ones are read all the same.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define LINES_BYTES_MAX 1048576 /* of one line */
#define LINES_BAD_MAX 320       /* bytes of what is said of a line */

struct lines {
	long long right;
	long long wrong;
	int code; /* an exit code; not EXIT_FINE: stop */
};

/*
 * Take one object, whose member "id" is a string, a number or not there.
 *
 * bad  what is wrong with it, on false
 *
 * Sets l->code when it could not print.
 */
typedef bool lines_fn(void *ctx, struct lines *l, const json_t *o,
		      char bad[LINES_BAD_MAX]);

/*
 * Read until the end. Whoever writes line by line gets each answer before
 * the next line.
 *
 * An exit code, after a line on standard error if it is not EXIT_FINE:
 * EXIT_DATA when lines were wrong.
 */
int lines_read(struct lines *l, lines_fn *take, void *ctx);

#endif
