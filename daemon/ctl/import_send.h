#ifndef POSTIGO_IMPORT_SEND_H
#define POSTIGO_IMPORT_SEND_H

/*
 * import_send: orders of a file to the daemon: in small requests, one after
 * the other, in the order of the file also after a cut; and how far the file
 * is, said after those orders were committed.
 *
 * Requests are small because one is done at a stroke, and contacts wait
 * meanwhile; where others wait, there is a pause before the next one:
 * contrib/decisions/0045-an-import-waits-its-turn.md.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/ctl/ctl.h"

#define SEND_ORDERS 20                  /* of one request */
#define SEND_BYTES ((size_t)256 * 1024) /* of one request, and one order more */
#define SEND_ORDER_BYTES ((size_t)512 * 1024) /* of one order */
#define SEND_SKIPS 1000 /* refused ones in a row that are noted at once */
#define SEND_WINDOW 1   /* requests under way */
#define SEND_YIELD 3 /* times of a request that others get, if there are any */
#define SEND_YIELD_MS 500  /* the same, at most */
#define SEND_SHARED_MS 250 /* how long others are there who were seen once */
#define SEND_PATIENCE_MS 60000 /* without an answer to any of them */
#define SEND_MARK_MS 2000      /* between two notes of how far it is */

/* What became of a file's orders. */
struct send_counts {
	int64_t accepted;
	int64_t changed; /* of them: new, or told anew */
	int64_t refused;
};

struct import_send;

/* An order that the daemon refused. */
typedef void send_refused_fn(void *ctx, long long line, const char *id,
			     const char *why);

/*
 * Begin, or go on with, a file.
 * dry        nothing is asked of the daemon: all is accepted
 * line_out   every order up to that line is in already; 0: none
 * 0, or an exit code after a line; *out is NULL then.
 */
int import_send_begin(struct ctl *c, const char *connection, const char *name,
		      const char *sha256, bool dry, send_refused_fn *refused,
		      void *ctx, struct import_send **out, long long *line_out);

/*
 * An order (taken) whose rows are lines first to last.
 * bytes  of its JSON: at most SEND_ORDER_BYTES
 * 0, or an exit code after a line: no more can be sent.
 */
int import_send_order(struct import_send *s, json_t *order, size_t bytes,
		      long long first, long long last);

/* One that was refused here; it counts, and is not sent. */
int import_send_skip(struct import_send *s, long long last);

/* All that was given is answered; the run is done. 0, or an exit code. */
int import_send_end(struct import_send *s);

/* What became of them by now, of the runs before as well. */
struct send_counts import_send_counts(const struct import_send *s);

/* The line up to which all is answered. */
long long import_send_line(const struct import_send *s);

void import_send_free(struct import_send **s);

#endif
