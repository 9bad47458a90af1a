#ifndef POSTIGO_WHATSAPP_MEDIA_H
#define POSTIGO_WHATSAPP_MEDIA_H

/*
 * media: files that customers sent: the jobs "media.fetch". Asked for where
 * the delivery said that it is, else where Graph says by its id; fetched into
 * a nameless file, compared with its digest, given to the daemon.
 *
 * Invariants: the token goes to hosts on the list alone (graph_may_fetch); a
 * file over GRAPH_FILE_MAX is not kept; one whose digest is another than was
 * announced is fetched once more, and then kept, with a warning;
 * after MEDIA_ATTEMPTS it is said to be gone.
 *
 * Source: Meta, "Media"; schema/PROTOCOL.md, "media.put".
 */

#include <stdbool.h>

#include "gateways/common/part.h"

#define MEDIA_ATTEMPTS 6
#define MEDIA_PUTS_MAX 3 /* to the daemon at once: it allows 4 a connection */

struct bus;
struct graph;
struct jobs;
struct lines;
struct media;

/* Everything is borrowed; it takes the jobs of its kind. */
struct media *media_new(struct bus *bus, struct graph *graph,
			struct lines *lines, struct jobs *jobs);
/* After graph. */
void media_free(struct media **m);
struct part media_part(struct media *m);

#endif
