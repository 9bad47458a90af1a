#include "daemon/wire/frame.h"

#include <string.h>

enum frame_next
frame_next(const struct buf *b, size_t *from, const char **line_out,
	   size_t *len_out)
{
	const char *start;
	const char *end;
	size_t left = b->len - *from;

	if (left == 0)
		return FRAME_NONE;
	start = b->data + *from;
	end = memchr(start, '\n', left);
	if (end == NULL)
		return left >= FRAME_BYTES ? FRAME_OVER : FRAME_NONE;
	if ((size_t)(end - start) >= FRAME_BYTES)
		return FRAME_OVER;
	*line_out = start;
	*len_out = (size_t)(end - start);
	*from += *len_out + 1;
	return FRAME_LINE;
}

/* Nesting is bounded before the parser recurses. Brackets inside strings do
 * not count. */
static bool
too_deep(const char *s, size_t n)
{
	size_t i;
	int depth = 0;
	bool in_string = false;

	for (i = 0; i < n; i++) {
		if (in_string) {
			if (s[i] == '\\')
				i++;
			else if (s[i] == '"')
				in_string = false;
			continue;
		}
		if (s[i] == '"')
			in_string = true;
		else if (s[i] == '{' || s[i] == '[')
			depth++;
		else if (s[i] == '}' || s[i] == ']')
			depth--;
		if (depth > FRAME_DEPTH)
			return true;
	}
	return false;
}

enum outcome
frame_parse(const char *line, size_t n, json_t **out, struct err *e)
{
	json_error_t je;
	json_t *o;

	*out = NULL;
	if (too_deep(line, n))
		return err_code(e, OUT_PERM, "frame",
				"frame is nested deeper than %d", FRAME_DEPTH);
	o = json_loadb(line, n, JSON_REJECT_DUPLICATES, &je);
	if (o == NULL)
		return err_code(e, OUT_PERM, "frame",
				"frame is not JSON at byte %d: %.160s",
				je.position, je.text);
	if (!json_is_object(o)) {
		json_decref(o);
		return err_code(e, OUT_PERM, "frame",
				"frame is not a JSON object");
	}
	*out = o;
	return OUT_OK;
}

static int
put_bytes(const char *p, size_t n, void *arg)
{
	return buf_add(arg, p, n) ? 0 : -1;
}

enum outcome
frame_put(struct buf *b, const json_t *o, struct err *e)
{
	size_t before = b->len;
	bool was_full = b->full;

	if (json_dump_callback(o, put_bytes, b, JSON_COMPACT) != 0 ||
	    b->len - before >= FRAME_BYTES || !buf_putc(b, '\n')) {
		b->len = before;
		b->full = was_full;
		if (b->data != NULL)
			b->data[before] = '\0';
		return err_code(e, OUT_PERM, "frame", "frame is over %d bytes",
				FRAME_BYTES);
	}
	return OUT_OK;
}
