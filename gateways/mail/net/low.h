#ifndef POSTIGO_MAIL_LOW_H
#define POSTIGO_MAIL_LOW_H

/* low: a stream of ours, behind its guard, as libetpan wants one. */

#include <libetpan/mailstream.h>

struct guard;
struct stream;

#define LOW_BUFFER ((size_t)16 * 1024)

/*
 * Both are borrowed; freeing the result (mailstream_close(), mailimap_free())
 * leaves them open. Ends the process when memory is out.
 */
mailstream *low_new(struct stream *s, struct guard *g);

#endif
