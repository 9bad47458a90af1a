#include "gateways/mail/net/low.h"

#include <stdlib.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/stream.h"

struct low {
	struct stream *stream;
	struct guard *guard;
};

static ssize_t
low_read(mailstream_low *low, void *p, size_t n)
{
	const struct low *l = low->data;

	return guard_read(l->guard, p, n);
}

static ssize_t
low_write(mailstream_low *low, const void *p, size_t n)
{
	const struct low *l = low->data;

	return stream_write(l->stream, p, n) == 0 ? (ssize_t)n : -1;
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
	const struct low *l = low->data;

	return stream_fd(l->stream);
}

static void
low_free(mailstream_low *low)
{
	mem_free(low->data);
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
low_new(struct stream *s, struct guard *g)
{
	struct low *l = mem_new(1, sizeof(*l));
	mailstream_low *low = mailstream_low_new(l, &driver);
	mailstream *m = low == NULL ? NULL : mailstream_new(low, LOW_BUFFER);

	l->stream = s;
	l->guard = g;
	if (m == NULL) {
		log_error("mem.out", "no memory for a stream");
		abort();
	}
	return m;
}
