#ifndef POSTIGO_DESKROW_H
#define POSTIGO_DESKROW_H

/*
 * deskrow: the one row of table desk: name, language, zone data.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* Make the row if it is not there: name "Postigo", Spanish. In a transaction
 * of the writing handle. */
enum outcome deskrow_ensure(struct store *s, int64_t now_ms,
			    struct err *e) MUST_CHECK;

/* {name, language, tzdata}, new reference. */
enum outcome deskrow_get(struct store *s, json_t **out,
			 struct err *e) MUST_CHECK;

/* Change name and language; NULL leaves one as it is. */
enum outcome deskrow_set(struct store *s, const char *name,
			 const char *language, struct err *e) MUST_CHECK;

/*
 * Note which zone data deadlines are computed with from now on. In a
 * transaction of the writing handle.
 * changed_out  it was another one before, which the event zone.changed tells;
 *              a desk's first one changes nothing
 */
enum outcome deskrow_zone_data(struct store *s, const char *edition,
			       int64_t now_ms, bool *changed_out,
			       struct err *e) MUST_CHECK;

/* Events up to this number are no longer kept. */
enum outcome deskrow_floor(struct store *s, int64_t *out,
			   struct err *e) MUST_CHECK;

#endif
