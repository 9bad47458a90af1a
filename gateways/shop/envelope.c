#include "gateways/shop/envelope.h"

#include <stdbool.h>
#include <string.h>

#define FIRST "postigo-hook: 1\n"
#define TOPIC "topic: "
#define TYPE "type: "
#define AT "at: "

static bool
is_value(const char *s)
{
	size_t i;

	if (s == NULL || s[0] == '\0' || strlen(s) > ENVELOPE_VALUE_MAX)
		return false;
	for (i = 0; s[i] != '\0'; i++)
		if (s[i] < ' ' || s[i] > '~')
			return false;
	return true;
}

static void
line(struct buf *b, const char *name, const char *value)
{
	if (is_value(value))
		(void)buf_printf(b, "%s%s\n", name, value);
}

void
envelope_write(struct buf *b, const char *topic, const char *type,
	       const char *at)
{
	(void)buf_puts(b, FIRST);
	line(b, TOPIC, topic);
	line(b, TYPE, type);
	line(b, AT, at);
	(void)buf_putc(b, '\n');
}

/* A line's value, if it is the one of that name. */
static void
take(const char *p, size_t n, const char *name, char out[])
{
	size_t k = strlen(name);

	if (n < k || memcmp(p, name, k) != 0 || n - k > ENVELOPE_VALUE_MAX)
		return;
	memcpy(out, p + k, n - k);
	out[n - k] = '\0';
}

enum outcome
envelope_read(const char *p, size_t n, struct envelope *out, struct err *e)
{
	const char *end = p + n;

	memset(out, 0, sizeof *out);
	if (n < strlen(FIRST) || memcmp(p, FIRST, strlen(FIRST)) != 0)
		return err_set(e, OUT_PERM, "it has no first line of ours");
	for (p += strlen(FIRST); p < end; p++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));

		if (stop == NULL)
			break;
		if (stop == p) {
			out->body = p + 1;
			out->n = (size_t)(end - out->body);
			return OUT_OK;
		}
		take(p, (size_t)(stop - p), TOPIC, out->topic);
		take(p, (size_t)(stop - p), TYPE, out->type);
		take(p, (size_t)(stop - p), AT, out->at);
		p = stop;
	}
	return err_set(e, OUT_PERM, "its first lines have no end");
}
