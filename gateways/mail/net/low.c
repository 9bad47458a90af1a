#include "gateways/mail/net/low.h"

#include <stdlib.h>

#include "daemon/base/log.h"
#include "gateways/mail/net/stream.h"

static ssize_t
low_read(mailstream_low *low, void *p, size_t n)
{
	return stream_read(low->data, p, n);
}

static ssize_t
low_write(mailstream_low *low, const void *p, size_t n)
{
	return stream_write(low->data, p, n) == 0 ? (ssize_t)n : -1;
}

static int
low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

static int
low_fd(mailstream_low *low)
{
	return stream_fd(low->data);
}

static void
low_free(mailstream_low *low)
{
	free(low); /* libetpan's malloc */
}

static mailstream_low_driver driver = {
	.mailstream_read = low_read,
	.mailstream_write = low_write,
	.mailstream_close = low_close,
	.mailstream_get_fd = low_fd,
	.mailstream_free = low_free,
};

mailstream *
low_new(struct stream *s)
{
	mailstream_low *low = mailstream_low_new(s, &driver);
	mailstream *m = low == NULL ? NULL : mailstream_new(low, LOW_BUFFER);

	if (m == NULL) {
		log_error("mem.out", "no memory for a stream");
		abort();
	}
	return m;
}
