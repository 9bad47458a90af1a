#include "gateways/mail/flowed.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "gateways/mail/param.h"

static void
unflow(struct buf *out, const char *p, size_t n, bool delsp)
{
	size_t depth = 0, before = 0;
	bool flowing = false;

	while (n) {
		const char *nl = memchr(p, '\n', n);
		size_t len = nl ? (size_t)(nl - p) : n, i = 0;
		bool soft, sig;

		while (i < len && p[i] == '>')
			i++;
		before = depth;
		depth = i;
		if (i < len && p[i] == ' ')
			i++;
		sig = len - i == 3 && memcmp(p + i, "-- ", 3) == 0;
		soft = len > i && p[len - 1] == ' ' && !sig;
		if (flowing && (before != depth || sig)) {
			(void)buf_putc(out, '\n');
			flowing = false;
		}
		if (!flowing) {
			for (size_t k = 0; k < depth; k++)
				(void)buf_putc(out, '>');
			if (depth)
				(void)buf_putc(out, ' ');
		}
		(void)buf_add(out, p + i, len - i - (soft && delsp));
		if (!soft && nl)
			(void)buf_putc(out, '\n');
		flowing = soft;
		n -= nl ? len + 1 : len;
		p += nl ? len + 1 : len;
	}
}

static bool
says(const char *type, const char *name, const char *value)
{
	struct buf v;
	bool yes;

	buf_init(&v, 256);
	yes = param_get(&v, type, name) && strcasecmp(buf_str(&v), value) == 0;
	buf_release(&v);
	return yes;
}

void
flowed_join(struct buf *out, const char *p, size_t n, const char *type)
{
	if (says(type, "format", "flowed"))
		unflow(out, p, n, says(type, "delsp", "yes"));
	else
		(void)buf_add(out, p, n);
}
