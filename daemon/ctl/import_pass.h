#ifndef POSTIGO_IMPORT_PASS_H
#define POSTIGO_IMPORT_PASS_H

/*
 * import_pass: the pass over a file in which its orders are taken: each is
 * checked as the daemon will check it, and sent. What is wrong is told by
 * line, and the rest goes on.
 */

#include <stdbool.h>

#include "daemon/ctl/import_file.h"
#include "daemon/ctl/import_look.h"
#include "daemon/ctl/import_order.h"
#include "daemon/ctl/import_send.h"

#define PASS_SAY_MS 5000                 /* between two lines of progress */
#define PASS_LINE_BYTES SEND_ORDER_BYTES /* of a line of NDJSON */

/* All borrowed. */
struct import_pass {
	struct ctl *c;
	const struct import_file *file;
	const struct import_look *look;
	const struct import_form *form;
	struct import_send *send;
	long long from; /* lines up to it are in already */
	bool show;      /* say how the first order was read */
	send_refused_fn *refused;
	void *ctx;
};

/* 0, or an exit code after a line; orders that were refused are no error. */
int import_pass(const struct import_pass *p);

#endif
