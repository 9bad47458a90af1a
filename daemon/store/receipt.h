#ifndef POSTIGO_STORE_RECEIPT_H
#define POSTIGO_STORE_RECEIPT_H

/*
 * receipt: everything that is stored of one clock: what held from when on,
 * when it stood still and why, its warnings and escalations. Reads only; what
 * is made of it is daemon/receipt.h's.
 *
 * Source: schema/STORE.md, "clock", "clock_span", "clock_pause", "clock_step".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define RECEIPT_SPANS_MAX 32   /* of one clock that are read */
#define RECEIPT_PAUSES_MAX 256 /* of one clock that are read */
#define RECEIPT_STEPS_MAX 100  /* warnings and escalations that are read */
#define RECEIPT_NAME_MAX 256   /* octets of a name of the desk book */
#define RECEIPT_NEVER INT64_MAX

/* What held from an instant on. */
struct receipt_span {
	int64_t from_s;
	int64_t book_version;
	int64_t budget_s; /* of the whole clock */
	char policy[RECEIPT_NAME_MAX];
	char calendar[RECEIPT_NAME_MAX];
};

struct receipt_pause {
	int64_t from_s;
	int64_t to_s;   /* RECEIPT_NEVER: it still holds */
	char cause[24]; /* name of a state */
};

struct receipt_rows {
	int64_t id;
	int64_t incident_id;
	char name[24];
	bool running;
	bool paused;
	bool late; /* its deadline had passed when it was given */
	int64_t start_s;
	int64_t budget_s; /* as it is now */
	int64_t due_s;    /* RECEIPT_NEVER: none */
	int64_t ended_s;  /* RECEIPT_NEVER: it runs */
	int64_t used_s;   /* when it ended; -1: not noted */
	char rule[RECEIPT_NAME_MAX];
	char priority[16];
	struct receipt_span
		spans[RECEIPT_SPANS_MAX]; /* in order, at least one */
	size_t span_count;
	struct receipt_pause pauses[RECEIPT_PAUSES_MAX]; /* in order */
	size_t pause_count;
	bool cut; /* there are more than fit: the newest are left out */
};

/*
 * Read a clock. A clock that never moved has one span, from its start.
 * OUT_PERM  code "not_found"
 */
enum outcome receipt_load(struct store *s, int64_t clock_id,
			  struct receipt_rows *out, struct err *e) MUST_CHECK;

/* Its warnings and escalations as ClockStep objects, by instant. */
enum outcome receipt_steps(struct store *s, int64_t clock_id, json_t **out,
			   struct err *e) MUST_CHECK;

#endif
