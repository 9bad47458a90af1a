#ifndef POSTIGO_CHECK_H
#define POSTIGO_CHECK_H

/*
 * check: is the store sound? SQLite's own checks, schema/store/checks.sql,
 * and the chain of audit rows.
 */

#include <jansson.h>
#include <stddef.h>

#include "daemon/base/err.h"

struct store;

#define CHECK_ROWS_MAX 100 /* problems kept of one check */
#define CHECKS_MAX 200     /* in checks.sql */

/*
 * Run all of them, in one read of the store as it is now.
 *
 * problems_out  new list of {check, row}, row a list of the columns; empty in
 *               a sound store
 * checks_out    how many were run
 */
enum outcome store_check(struct store *s, json_t **problems_out,
			 size_t *checks_out, struct err *e) MUST_CHECK;

#endif
