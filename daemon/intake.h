#ifndef POSTIGO_INTAKE_H
#define POSTIGO_INTAKE_H

/*
 * intake: from a line of a peer to a checked request on its way. Everything
 * that can be refused without the store is refused here.
 *
 * Source: schema/PROTOCOL.md, "Frames", "Hello", "Octets".
 */

#include <stdbool.h>
#include <stddef.h>

struct net;
struct peer;

/*
 * Read one line. The peer is answered at once, or the request is sent on.
 * false: the peer is to be closed (an error is in its out buffer).
 */
bool intake_line(struct net *n, struct peer *p, const char *line, size_t len);

/* Tell a peer that its line is over the ceiling. */
void intake_too_long(struct peer *p);

#endif
