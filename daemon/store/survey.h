#ifndef POSTIGO_STORE_SURVEY_H
#define POSTIGO_STORE_SURVEY_H

/*
 * store/survey: whom Postigo asked by buttons what they thought. What they said
 * is a rating, see visitor.h. Source: schema/STORE.md, "survey".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

struct survey {
	int64_t customer_id; /* of the incident, as it is now */
	int64_t answered_ms; /* 0: not yet */
};

/* *found_out false: nobody was asked about that incident. */
enum outcome survey_load(struct store *s, int64_t incident_id,
			 struct survey *out, bool *found_out,
			 struct err *e) MUST_CHECK;

/* They were asked, by that message. */
enum outcome survey_add(struct store *s, int64_t incident_id,
			int64_t message_id, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* They answered; the first answer's instant stays. */
enum outcome survey_end(struct store *s, int64_t incident_id, int64_t now_ms,
			struct err *e) MUST_CHECK;

#endif
