#ifndef POSTIGO_STORE_STEP_H
#define POSTIGO_STORE_STEP_H

/*
 * step: rows of warnings and escalations to come, and of those that were
 * done. When each is due is daemon/steps.h's.
 *
 * Invariant: a step that is not done belongs to a clock that runs and is not
 * paused.
 * Source: schema/STORE.md, "clock_step".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define STEP_NAME_MAX 512 /* bytes of a name of the book, with its NUL */

enum step_kind {
	STEP_WARNING,
	STEP_ESCALATION
};

/* "warning", "escalation". Static. */
const char *step_kind_name(enum step_kind k);

struct step_row {
	int64_t clock_id;
	enum step_kind kind;
	int64_t number; /* place in the policy, from 0 */
	int64_t at_s;
	/* of its clock */
	int64_t incident_id;
	char clock[24]; /* its name */
	char policy[STEP_NAME_MAX];
	char calendar[STEP_NAME_MAX];
	int64_t book_version;
	int64_t due_s; /* CLOCK_NEVER: none */
};

/*
 * Plan a step. One of that number that was done is to come again only if its
 * instant is now after again_s; one that is to come moves.
 */
enum outcome step_put(struct store *s, int64_t clock_id, enum step_kind kind,
		      int64_t number, int64_t at_s, int64_t again_s,
		      struct err *e) MUST_CHECK;

/* Forget what was to come for a clock. */
enum outcome step_drop(struct store *s, int64_t clock_id,
		       struct err *e) MUST_CHECK;

/* The earliest one to come at or before now_s. */
enum outcome step_due(struct store *s, int64_t now_s, struct step_row *out,
		      bool *found_out, struct err *e) MUST_CHECK;

enum outcome step_done(struct store *s, const struct step_row *st,
		       int64_t now_ms, struct err *e) MUST_CHECK;

/* The earliest instant of one to come; INT64_MAX: there is none. */
enum outcome step_next(struct store *s, int64_t *at_s_out,
		       struct err *e) MUST_CHECK;

#endif
