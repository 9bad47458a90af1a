#ifndef POSTIGO_PROBE_H
#define POSTIGO_PROBE_H

/*
 * probe: does a mailbox work? Every step is said in words: the servers'
 * addresses, the certificate, the log-in, the folders.
 */

#include <stdbool.h>

struct mailset;
struct net_cancel;

/* One step that went well or not. */
typedef void probe_say(void *ctx, bool ok, const char *text);

/*
 * Try all of it; network calls that block.
 * cancel  may be NULL
 * true: everything works
 */
bool probe_run(struct mailset *set, struct net_cancel *cancel, probe_say *say,
	       void *ctx);

#endif
