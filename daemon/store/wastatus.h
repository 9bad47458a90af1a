#ifndef POSTIGO_STORE_WASTATUS_H
#define POSTIGO_STORE_WASTATUS_H

/*
 * store/wastatus: statuses of WhatsApp as they came first. What they made of
 * a delivery is in its own row. Source: schema/STORE.md, "status".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define WASTATUS_PARKED_MS ((int64_t)24 * 60 * 60 * 1000)

/* One status; everything is borrowed. */
struct wastatus_row {
	int64_t connection_id;
	const char *external_id;
	const char *status;
	const char *recipient; /* of a group; "": of one person */
	int64_t at_s;          /* the channel's instant */
	const char *tracker;   /* "": none came */
	int64_t code;          /* of failed; 0: none */
	const char *detail;
	int64_t delivery_id; /* 0: parked, its delivery is not known */
};

/* Keep one. fresh_out false: it came before, and the first one stands. */
enum outcome wastatus_add(struct store *s, const struct wastatus_row *r,
			  int64_t now_ms, bool *fresh_out,
			  struct err *e) MUST_CHECK;

/* Do it with each parked status of a message, by the channel's instant, which
 * is of that delivery from now on. The row is borrowed. */
typedef enum outcome wastatus_fn(void *arg, const struct wastatus_row *r,
				 struct err *e);
enum outcome wastatus_unpark(struct store *s, int64_t connection_id,
			     const char *external_id, int64_t delivery_id,
			     wastatus_fn *fn, void *arg,
			     struct err *e) MUST_CHECK;

/* Delete parked ones past their time: at most max, and those that came in the
 * same millisecond as the last. */
enum outcome wastatus_expire(struct store *s, int64_t now_ms, int max,
			     int *n_out, struct err *e) MUST_CHECK;

/* When the next parked one is past its time; INT64_MAX: never. */
enum outcome wastatus_next(struct store *s, int64_t *ms_out,
			   struct err *e) MUST_CHECK;

#endif
