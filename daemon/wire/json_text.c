#include "daemon/wire/json_text.h"

#include <string.h>

#include "daemon/base/buf.h"

#define DEPTH_MAX 128
#define SHORT_BYTES 256 /* strings that are looked at, then copied */

#define EACH UINT64_C(0x0101010101010101) /* a bit in each of eight octets */
#define HIGH (EACH * 0x80)

size_t
json_text_run(const char *s, size_t i, size_t to, unsigned *all)
{
	uint64_t high = 0;
	uint64_t w;

	for (; i + 8 <= to; i += 8) {
		uint64_t escape;
		uint64_t quote;

		memcpy(&w, s + i, 8);
		escape = w ^ (EACH * '\\');
		quote = w ^ (EACH * '"');
		/* what is below EACH * x borrows into its own high bit */
		if ((((w - EACH * ' ') & ~w) | ((escape - EACH) & ~escape) |
		     ((quote - EACH) & ~quote)) &
		    HIGH)
			break;
		high |= w & HIGH;
	}
	if (high != 0)
		*all |= 0x80;
	return i;
}

static bool
is_escaped(char c)
{
	return (unsigned char)c < ' ' || c == '"' || c == '\\';
}

/* May a string be written as it is? Where its length is no multiple of eight,
 * some of its last octets are looked at twice. */
static bool
is_plain(const char *s, size_t n)
{
	unsigned all = 0;
	size_t i = json_text_run(s, 0, n, &all);

	if (n >= 8)
		return i + 8 > n &&
		       (i == n || json_text_run(s, n - 8, n, &all) == n);
	for (; i < n; i++)
		if (is_escaped(s[i]))
			return false;
	return true;
}

static bool
put_escaped(struct buf *b, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t";
	static const char to[] = "\"\\bfnrt";
	const char *at = strchr(from, c);

	if (at != NULL && c != '\0')
		return buf_putc(b, '\\') && buf_putc(b, to[at - from]);
	return buf_printf(b, "\\u%04X", c);
}

/* A string that may need escapes: copied in runs. */
static bool
put_runs(struct buf *b, const char *s, size_t n)
{
	size_t from = 0;
	bool ok = buf_putc(b, '"');
	unsigned all = 0;
	size_t i;

	for (i = json_text_run(s, 0, n, &all); i < n && ok;
	     i = json_text_run(s, i + 1, n, &all)) {
		if (!is_escaped(s[i]))
			continue;
		ok = buf_add(b, s + from, i - from) &&
		     put_escaped(b, (unsigned char)s[i]);
		from = i + 1;
	}
	return ok && buf_add(b, s + from, n - from) && buf_putc(b, '"');
}

/* Most are short and plain: they ask for their room once. */
bool
json_text_string(struct buf *b, const char *s, size_t n)
{
	char *at;

	if (n > SHORT_BYTES || !is_plain(s, n))
		return put_runs(b, s, n);
	at = buf_room(b, n + 2);
	if (at == NULL)
		return false;
	*at++ = '"';
	memcpy(at, s, n);
	at[n] = '"';
	at[n + 1] = '\0';
	b->len += n + 2;
	return true;
}

bool
json_text_integer(struct buf *b, int64_t n)
{
	uint64_t left = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	char text[24];
	size_t at = sizeof text;

	do {
		text[--at] = (char)('0' + left % 10);
		left /= 10;
	} while (left > 0);
	if (n < 0)
		text[--at] = '-';
	return buf_add(b, text + at, sizeof text - at);
}

static bool
put_other(struct buf *b, const json_t *v)
{
	char text[64];
	size_t n;

	if (json_is_integer(v))
		return json_text_integer(b, json_integer_value(v));
	if (json_is_null(v))
		return buf_add(b, "null", 4);
	if (json_is_boolean(v))
		return json_is_true(v) ? buf_add(b, "true", 4)
				       : buf_add(b, "false", 5);
	n = json_dumpb(v, text, sizeof text, JSON_ENCODE_ANY);
	return n > 0 && n <= sizeof text && buf_add(b, text, n);
}

static bool
put_value(struct buf *b, const json_t *v, const struct json_part *part,
	  int depth)
{
	bool ok = depth < DEPTH_MAX;
	json_t *member;
	void *at;
	size_t i = 0;

	if (part != NULL && v == part->place)
		return buf_add(b, part->text, part->len);
	if (json_is_string(v))
		return json_text_string(b, json_string_value(v),
					json_string_length(v));
	if (json_is_object(v)) {
		ok = ok && buf_putc(b, '{');
		for (at = json_object_iter((json_t *)v); at != NULL && ok;
		     at = json_object_iter_next((json_t *)v, at)) {
			ok = (i++ == 0 || buf_putc(b, ',')) &&
			     json_text_string(b, json_object_iter_key(at),
					      json_object_iter_key_len(at)) &&
			     buf_putc(b, ':') &&
			     put_value(b, json_object_iter_value(at), part,
				       depth + 1);
		}
		return ok && buf_putc(b, '}');
	}
	if (json_is_array(v)) {
		ok = ok && buf_putc(b, '[');
		json_array_foreach(v, i, member)
		{
			ok = ok && (i == 0 || buf_putc(b, ',')) &&
			     put_value(b, member, part, depth + 1);
		}
		return ok && buf_putc(b, ']');
	}
	return put_other(b, v);
}

bool
json_text(struct buf *b, const json_t *v, const struct json_part *part)
{
	return put_value(b, v, part, 0);
}
