#ifndef POSTIGO_COMPOSE_H
#define POSTIGO_COMPOSE_H

/*
 * compose: a delivery, or a notice, to the octets of its mail: attachments
 * are fetched from the daemon unless their text came along, then postigo-mime
 * builds. The same delivery gives a mail
 * with the same Message-ID and Date each time.
 */

#include <jansson.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

struct bus;
struct child;
struct compose;

/*
 * OUT_OK    mail is there, its lines end in \n; the callee may buf_take() it
 * OUT_TEMP  not now: the daemon or the parser was away
 * OUT_PERM  it can never be built
 */
typedef void compose_fn(void *arg, enum outcome o, struct buf *mail,
			const struct err *e);

/*
 * Begin. fn runs once, maybe before this returns.
 * delivery  an OutDelivery or OutNotice; taken as a reference and written to
 * Returns what compose_cancel() takes until fn has run; NULL if it has.
 */
struct compose *compose_start(struct bus *bus, struct child *parser,
			      json_t *delivery, compose_fn *fn, void *arg);

/* Forget it: fn does not run. Accepts NULL in *c. */
void compose_cancel(struct compose **c);

/* The mail with CRLF at the end of every line, whatever it had; empties it. */
char *compose_crlf(struct buf *mail, size_t *n_out);

#endif
