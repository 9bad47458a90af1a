#ifndef POSTIGO_NOTICE_H
#define POSTIGO_NOTICE_H

/*
 * notice: a job mail.notice: a mail of the desk to its own people. It is
 * asked for, built, and put into the connection's outgoing Maildir or handed
 * to its SMTP thread.
 *
 * Invariants: a Maildir gets it once, since its key makes its name. Before a
 * send server can have it the daemon knows that it was begun (notice.begin):
 * a lease that then ends without a report is not taken again.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct boxes;
struct bus;
struct child;
struct mailboxes;
struct notice;

/* What a notice needs; outlives it. */
struct notice_way {
	struct boxes *boxes;
	struct mailboxes *mailboxes;
	struct bus *bus;
	struct child *parser;
	int lease_ms; /* of a job */
};

struct notice_job {
	json_int_t id, attempt;
	int64_t taken_ms; /* when it was leased; monotonic */
};

/*
 * Its end, on the main loop; it is freed afterwards.
 * OUT_OK      sent, or there was nothing to send
 * OUT_TEMP    not sent: again later
 * OUT_PERM    it never can be
 * OUT_UNSURE  maybe
 */
typedef void notice_fn(void *arg, enum outcome o, const char *detail);

/*
 * Begin. fn runs once, maybe before this returns.
 * Returns what notice_cancel() takes until fn has run; NULL if it has.
 */
struct notice *notice_start(const struct notice_way *way,
			    const struct notice_job *job, notice_fn *fn,
			    void *arg);

/* Forget it: fn does not run. Accepts NULL in *n. */
void notice_cancel(struct notice **n);

#endif
