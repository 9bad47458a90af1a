#ifndef POSTIGO_TIMED_H
#define POSTIGO_TIMED_H

/*
 * timed: rules of time: "on every weekday at 09:00" walks over the incidents
 * that may be meant, "on 4h after solved" is planned for an incident when it
 * is solved.
 *
 * Invariants: nothing polls: the next instant is told to the tick; a rule is
 * run for an incident and an instant at most once, whatever dies in between,
 * because how far it is stands in the store and is written with what it did;
 * of instants that passed while nobody looked the last one is run; a new rule
 * begins with the instants after it was applied.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "rules/book.h"

struct desk;
struct incident;
struct store;

#define TIMED_RULES_MAX 500 /* rules of time that are run: the first ones */
#define TIMED_RUNS_MAX 64   /* rules that are run in one tick */
#define TIMED_PLANS_MAX 256 /* incidents that are planned for in one tick */

/*
 * Something happened to an incident: plan the rules that count from it.
 * at_ms  when it happened
 */
enum outcome timed_since(struct desk *d, struct store *s,
			 const struct incident *inc,
			 enum book_timer_since since, int64_t at_ms,
			 struct err *e) MUST_CHECK;

/*
 * Run what is due.
 * more_out  there is more: come again at once
 * next_out  the next instant, ms; INT64_MAX: none
 */
enum outcome timed_tick(struct desk *d, struct store *s, int64_t now_ms,
			bool *more_out, int64_t *next_out,
			struct err *e) MUST_CHECK;

#endif
