/* imap_raw: lines of our own in an IMAP session. Our tag begins with a letter,
 * libetpan's are numbers. */
#include <string.h>

#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/stream.h"

bool
imap_raw_say(struct imap *i, const char *line)
{
	return stream_write(i->stream, line, strlen(line)) == 0 &&
	       stream_write(i->stream, "\r\n", 2) == 0;
}

const char *
imap_raw_line(struct imap *i)
{
	return guard_line(i->guard);
}

bool
imap_raw_end(const char *line)
{
	return strncmp(line, IMAP_TAG " ", sizeof(IMAP_TAG)) == 0;
}
