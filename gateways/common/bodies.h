#ifndef POSTIGO_BODIES_H
#define POSTIGO_BODIES_H

/*
 * bodies: the word `parse` of a gateway: what its reader makes of bodies that
 * stand in files, for people and tests.
 *
 * A line of JSON goes to standard output for each file, in their order:
 * {file, facts} or {file, error}; what a file itself does wrong is said on
 * standard error.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"

/* Exit codes of the word. */
enum {
	BODIES_OK,
	BODIES_REFUSED, /* a body */
	BODIES_FAILED   /* a file, or an option */
};

struct bodies_reader {
	const char *program; /* "postigo-shop" */
	/*
	 * One body. facts_out: a new reference on OUT_OK, without what the
	 * body holds anyway.
	 */
	enum outcome (*read)(void *arg, const char *body, size_t n,
			     json_t **facts_out, struct err *e);
	void *arg;
	bool retries; /* its {file, error} has `retry`: read gave OUT_TEMP */
};

/*
 * Read each file, at most 16 MiB of it, and print its line.
 * names, count  "-" is standard input; so is a count of 0
 * Gives the worst that happened, BODIES_OK to BODIES_FAILED.
 */
int bodies_print(const struct bodies_reader *r, char *const *names, int count);

#endif
