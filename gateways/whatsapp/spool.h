#ifndef POSTIGO_WHATSAPP_SPOOL_H
#define POSTIGO_WHATSAPP_SPOOL_H

/*
 * spool: a file without a name, for octets on their way between the daemon
 * and Graph. It is gone with its descriptor, however the program ends.
 */

#include "daemon/base/err.h"

/* In $TMPDIR, or /tmp. fd_out: open for reading and writing, empty. */
enum outcome spool_open(int *fd_out, struct err *e) MUST_CHECK;

/* Close it; -1 is none. */
void spool_close(int *fd);

#endif
