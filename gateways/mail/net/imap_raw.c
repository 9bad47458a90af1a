/* imap_raw: lines of our own in an IMAP session. Our tag begins with a letter,
 * libetpan's are numbers. */
#include <string.h>

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
	char *line = mailstream_read_line_remove_eol(
		i->etpan->imap_stream, i->etpan->imap_stream_buffer);

	if (line == NULL && !stream_dead(i->stream))
		stream_fail(i->stream, OUT_TEMP, NET_NETWORK,
			    "'%.100s' closed the connection",
			    stream_host(i->stream));
	return line;
}

bool
imap_raw_end(const char *line)
{
	return strncmp(line, IMAP_TAG " ", sizeof(IMAP_TAG)) == 0;
}
