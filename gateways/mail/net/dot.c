#include "gateways/mail/net/dot.h"

#include "daemon/base/buf.h"

static void
end_line(struct dot *d, struct buf *out)
{
	buf_add(out, "\r\n", 2);
	d->mid = false;
	d->cr = false;
}

void
dot_add(struct dot *d, struct buf *out, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '\n') {
			end_line(d, out);
			continue;
		}
		if (d->cr) /* it stood alone */
			end_line(d, out);
		if (c == '\r') {
			d->cr = true;
			continue;
		}
		if (c == '.' && !d->mid)
			buf_putc(out, '.');
		buf_putc(out, c);
		d->mid = true;
	}
}

void
dot_end(struct dot *d, struct buf *out)
{
	if (d->mid || d->cr)
		end_line(d, out);
	buf_add(out, ".\r\n", 3);
}

size_t
dot_size(const char *p, size_t n)
{
	size_t size = 0;
	bool mid = false;

	for (size_t i = 0; i < n; i++) {
		bool lf = p[i] == '\n';

		if (lf || p[i] == '\r') {
			size += 2;
			i += !lf && i + 1 < n && p[i + 1] == '\n';
			mid = false;
		} else {
			size++;
			mid = true;
		}
	}
	return mid ? size + 2 : size;
}
