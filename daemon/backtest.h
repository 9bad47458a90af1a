#ifndef POSTIGO_BACKTEST_H
#define POSTIGO_BACKTEST_H

/*
 * backtest: what a desk book would have decided about messages that came in
 * the past, beside what was decided then. Nothing is changed: it reads, by
 * reading handles of its own, in steps of some milliseconds, so that the log
 * of the store does not grow behind it.
 *
 * A message was decided as its events say; where they are silent no rule
 * fired. One whose incident has no such event any more is decided by the
 * applied book. Messages are taken newest first, by two threads.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct book;

#define BACKTEST_MS 60000 /* a longer one is cut */
#define BACKTEST_ROWS_MAX 500
#define BACKTEST_CHANGES_MAX 200 /* kinds of changes that are told */

struct backtest {
	const char *dir; /* the desk's folder */
	const struct book *book;
	const struct book *applied;
	int64_t since_ms; /* committed at this instant or after it */
	int64_t until_ms; /* and before this one */
	int limit;        /* rows that are listed */
	int64_t budget_ms;
	bool (*stop)(void *arg); /* thread safe; true: end at once */
	void *arg;
};

/*
 * Run it, for as long as it takes.
 *
 * out  the result of book.test (methods.tbl), without "version": new
 *
 * OUT_TEMP  code "stopped": it was told to stop; or the store cannot be read
 */
enum outcome backtest_run(const struct backtest *t, json_t **out,
			  struct err *e) MUST_CHECK;

#endif
