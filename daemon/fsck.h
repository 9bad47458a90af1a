#ifndef POSTIGO_FSCK_H
#define POSTIGO_FSCK_H

/* fsck: is the store sound? While no daemon runs: the caller has the lock. */

#include <stddef.h>
#include <stdio.h>

struct desk;
struct store;

/*
 * Run every check of schema/store/checks.sql and SQLite's own, and print one
 * line a problem.
 * d  complete but for its engine; handlers of checks read it
 *
 * Returns how many problems there are; a check that could not run is one.
 */
size_t fsck_run(struct desk *d, struct store *s, FILE *out);

#endif
