#ifndef POSTIGO_CHECKS_H
#define POSTIGO_CHECKS_H

/*
 * checks: is the store sound? Runs schema/store/checks.sql, which is built
 * into the program.
 */

#include <jansson.h>

#include "daemon/base/err.h"

struct store;

#define CHECKS_ROWS_MAX 20 /* rows kept of one check */

/*
 * Run every check on a reading or writing handle. Rows hold numbers, words
 * and digests, never a text of a person.
 *
 * problems_out  new array of {check, row: [..]}; empty: the store is sound
 * count_out     how many checks were run
 */
enum outcome checks_run(struct store *s, json_t **problems_out, int *count_out,
			struct err *e) MUST_CHECK;

#endif
