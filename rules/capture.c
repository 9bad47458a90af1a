#include "rules/capture.h"

#include <string.h>

static bool
letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool
capture_next(const char *text, size_t *i, size_t *from_out, size_t *n_out)
{
	const char *open = text + *i;

	while ((open = strchr(open, '{')) != NULL) {
		size_t n = 0;

		while (letter(open[1 + n]) ||
		       (n != 0 && open[1 + n] != '\0' &&
			strchr("0123456789._", open[1 + n]) != NULL))
			n++;
		if (n != 0 && open[1 + n] == '}') {
			*from_out = (size_t)(open - text) + 1;
			*n_out = n;
			*i = *from_out + n + 1;
			return true;
		}
		open++;
	}
	return false;
}

static bool
put(char *out, size_t room, size_t *at, const char *s, size_t n)
{
	if (n >= room - *at)
		return false;
	memcpy(out + *at, s, n);
	*at += n;
	return true;
}

enum captured
capture_expand(const char *text, capture_value *value, void *arg, char *out,
	       size_t room, size_t *n_out)
{
	size_t done = 0;
	size_t at = 0;
	size_t i = 0;
	size_t from;
	size_t n;

	if (room == 0)
		return CAPTURE_LONG;
	while (capture_next(text, &i, &from, &n)) {
		const char *v = value(arg, text + from, n);

		if (v == NULL)
			return CAPTURE_ABSENT;
		if (!put(out, room, &at, text + done, from - 1 - done) ||
		    !put(out, room, &at, v, strlen(v)))
			return CAPTURE_LONG;
		done = i;
	}
	if (!put(out, room, &at, text + done, strlen(text + done)))
		return CAPTURE_LONG;
	out[at] = '\0';
	*n_out = at;
	return CAPTURED;
}
