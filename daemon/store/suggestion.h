#ifndef POSTIGO_SUGGESTION_H
#define POSTIGO_SUGGESTION_H

/*
 * suggestion: two customers who may be one, until a person says.
 * Source: schema/STORE.md, "suggestion, customer_merge".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* Suggest it, unless it was before, whatever became of that. basis: static. */
enum outcome suggestion_add(struct store *s, int64_t one, int64_t other,
			    const char *basis, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* Did somebody say that they are two? */
enum outcome suggestion_refused(struct store *s, int64_t one, int64_t other,
				bool *out, struct err *e) MUST_CHECK;

/* They are two. OUT_PERM: code "not_found"; code "conflict": it is not open. */
enum outcome suggestion_refuse(struct store *s, int64_t id, int64_t agent_id,
			       struct err *e) MUST_CHECK;

/*
 * Open ones, the newest first, as Suggestion objects of methods.tbl. Who was
 * merged is shown as whom they are part of.
 * customer_id  0: of everybody
 */
enum outcome suggestion_list(struct store *s, int64_t customer_id, int limit,
			     json_t **out, struct err *e) MUST_CHECK;

#endif
