#include "daemon/wire/frame.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/wire/json_text.h"

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

/*
 * jansson reads a string character by character, some 10 us a kilobyte, and
 * most of a large frame is a few long strings: octets in base64, a text. They
 * are cut out before the parser sees the line, and are put where they belong
 * in what it made. Whatever is odd in one is left to the parser.
 */
#define CUT_BYTES 256 /* strings from this length on */
#define CUTS_MAX 64
#define MARK_BYTES 34 /* what stands for a string: digits and its place */

struct cut {
	const char *at;
	size_t n;
	bool escapes;
	bool ascii;
};

/* What one look at a line found. */
struct scan {
	struct cut cuts[CUTS_MAX];
	size_t cut_count;
	bool deep;
	bool bad; /* a cut is not UTF-8 */
};

static const char escape_names[] = "\"\\/bfnrt";
static const char escape_values[] = "\"\\/\b\f\n\r\t";

/* Digits of a mark, which nobody outside can know. */
static char mark_digits[2 * 16 + 1];

static void
mark_prepare(void)
{
	unsigned char raw[16];

	hash_random(raw, sizeof raw);
	hash_to_hex(raw, sizeof raw, mark_digits);
}

/* Where a string whose first octet is s[i] has its closing quote; n: nowhere.
 * Each octet is looked at twice at most. */
static size_t
string_end(const char *s, size_t n, size_t i)
{
	const char *quote = NULL;
	const char *escape;

	while (i < n) {
		if (quote == NULL || quote < s + i)
			quote = memchr(s + i, '"', n - i);
		if (quote == NULL)
			return n;
		escape = memchr(s + i, '\\', (size_t)(quote - s) - i);
		if (escape == NULL)
			return (size_t)(quote - s);
		i = (size_t)(escape - s) + 2;
	}
	return n;
}

/* May s[from] to s[to] be cut out? Only a value, and without what the parser
 * alone knows: control characters and escapes by number. */
static bool
may_cut(const char *s, size_t n, size_t from, size_t to, struct cut *out)
{
	char after = to + 1 < n ? s[to + 1] : '\0';
	unsigned all = 0;
	size_t i;

	*out = (struct cut){ .at = s + from, .n = to - from };
	if (to - from < CUT_BYTES ||
	    (after != ',' && after != '}' && after != ']'))
		return false;
	for (i = json_text_run(s, from, to, &all); i < to;
	     i = json_text_run(s, i + 1, to, &all)) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\\') {
			c = (unsigned char)s[++i];
			out->escapes = true;
			if (c == '\0' || strchr(escape_names, c) == NULL)
				return false;
		}
		if (c < ' ')
			return false;
		all |= c;
	}
	out->ascii = all < 0x80;
	return true;
}

/* Nesting is bounded before the parser recurses. Brackets inside strings do
 * not count. */
static void
scan_line(const char *s, size_t n, struct scan *out)
{
	size_t i;
	int depth = 0;

	out->cut_count = 0;
	out->deep = out->bad = false;
	for (i = 0; i < n && !out->deep; i++) {
		if (s[i] == '"') {
			size_t end = string_end(s, n, i + 1);

			if (out->cut_count < CUTS_MAX &&
			    may_cut(s, n, i + 1, end,
				    &out->cuts[out->cut_count]))
				out->cut_count++;
			i = end;
		} else if (s[i] == '{' || s[i] == '[') {
			out->deep = ++depth > FRAME_DEPTH;
		} else if (s[i] == '}' || s[i] == ']') {
			depth--;
		}
	}
}

/* The line with a mark in the place of each cut. */
static void
put_marks(const char *line, size_t n, const struct scan *sc, struct buf *b)
{
	const char *from = line;
	size_t i;

	for (i = 0; i < sc->cut_count; i++) {
		const struct cut *c = &sc->cuts[i];

		(void)buf_add(b, from, (size_t)(c->at - from));
		(void)buf_puts(b, mark_digits);
		(void)buf_putc(b, (char)('0' + i / 8));
		(void)buf_putc(b, (char)('0' + i % 8));
		from = c->at + c->n;
	}
	(void)buf_add(b, from, n - (size_t)(from - line));
}

static json_t *
unescape(const struct cut *c)
{
	struct buf b;
	json_t *o;
	size_t i;

	buf_init(&b, c->n);
	for (i = 0; i < c->n;) {
		const char *p = c->at + i;
		const char *escape = memchr(p, '\\', c->n - i);
		size_t run = escape != NULL ? (size_t)(escape - p) : c->n - i;

		(void)buf_add(&b, p, run);
		i += run;
		if (escape != NULL) {
			p = strchr(escape_names, escape[1]);
			(void)buf_putc(&b, escape_values[p - escape_names]);
			i += 2;
		}
	}
	o = json_stringn(buf_str(&b), b.len);
	buf_release(&b);
	return o;
}

/* The string that a mark stands for; NULL: v is no mark, or sc->bad. */
static json_t *
cut_of(const json_t *v, struct scan *sc)
{
	const char *s = json_string_value(v);
	const struct cut *c;
	json_t *o;
	size_t i;

	if (s == NULL || json_string_length(v) != MARK_BYTES ||
	    memcmp(s, mark_digits, MARK_BYTES - 2) != 0)
		return NULL;
	i = (size_t)(s[MARK_BYTES - 2] - '0') * 8 +
	    (size_t)(s[MARK_BYTES - 1] - '0');
	if (i >= sc->cut_count)
		return NULL;
	c = &sc->cuts[i];
	if (c->escapes)
		o = unescape(c);
	else if (c->ascii)
		o = json_stringn_nocheck(c->at, c->n);
	else
		o = json_stringn(c->at, c->n);
	sc->bad = sc->bad || o == NULL;
	return o;
}

static void
put_cuts(json_t *o, struct scan *sc)
{
	const char *key;
	json_t *cut;
	json_t *v;
	void *at;
	size_t i;

	json_object_foreach_safe(o, at, key, v)
	{
		cut = cut_of(v, sc);
		if (cut != NULL)
			(void)json_object_set_new_nocheck(o, key, cut);
		else
			put_cuts(v, sc);
	}
	json_array_foreach(o, i, v)
	{
		cut = cut_of(v, sc);
		if (cut != NULL)
			(void)json_array_set_new(o, i, cut);
		else
			put_cuts(v, sc);
	}
}

/* NULL: not JSON, or too little memory. */
static json_t *
parse_cut(const char *line, size_t n, struct scan *sc)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct buf b;
	json_t *o;

	(void)pthread_once(&once, mark_prepare);
	buf_init(&b, n);
	put_marks(line, n, sc, &b);
	o = json_loadb(buf_str(&b), b.len, JSON_REJECT_DUPLICATES, NULL);
	if (o != NULL)
		put_cuts(o, sc);
	buf_release(&b);
	if (sc->bad) {
		json_decref(o);
		return NULL;
	}
	return o;
}

enum outcome
frame_parse(const char *line, size_t n, json_t **out, struct err *e)
{
	json_error_t je;
	struct scan sc;
	json_t *o = NULL;

	*out = NULL;
	scan_line(line, n, &sc);
	if (sc.deep)
		return err_code(e, OUT_PERM, "frame",
				"frame is nested deeper than %d", FRAME_DEPTH);
	if (sc.cut_count > 0)
		o = parse_cut(line, n, &sc);
	if (o == NULL) /* again for the place of the error */
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

/* --- looking ------------------------------------------------------------------ */

/* Where the value that begins at s[i] ends; n: nowhere. */
static size_t
value_end(const char *s, size_t n, size_t i)
{
	int depth = 0;

	for (; i < n; i++) {
		if (s[i] == '"')
			i = string_end(s, n, i + 1);
		else if (s[i] == '{' || s[i] == '[')
			depth++;
		else if (depth == 0 &&
			 (s[i] == ',' || s[i] == '}' || s[i] == ']'))
			return i;
		else if (s[i] == '}' || s[i] == ']')
			depth--;
	}
	return n;
}

static bool
is_int(const char *s, size_t n, int64_t *out)
{
	char digits[24];
	char *end;

	if (n == 0 || n >= sizeof digits || s[0] < '0' || s[0] > '9')
		return false;
	memcpy(digits, s, n);
	digits[n] = '\0';
	*out = strtoll(digits, &end, 10);
	return *end == '\0';
}

/* One member of a response. false: not one of a response that went well. */
static bool
take_member(const char *name, size_t name_len, const char *v, size_t n,
	    struct frame_result *out, bool *has_id)
{
	if (name_len == 2 && memcmp(name, "id", 2) == 0)
		return *has_id = is_int(v, n, &out->id);
	if (name_len == 6 && memcmp(name, "number", 6) == 0)
		return is_int(v, n, &out->number);
	if (name_len == 6 && memcmp(name, "result", 6) == 0) {
		out->text = v;
		out->len = n;
		return n > 0;
	}
	return name_len == 7 && memcmp(name, "jsonrpc", 7) == 0;
}

bool
frame_result(const char *line, size_t n, struct frame_result *out)
{
	bool has_id = false;
	size_t i = 1;

	*out = (struct frame_result){ 0 };
	if (n < 2 || line[0] != '{')
		return false;
	while (i < n && line[i] == '"') {
		size_t name = i + 1;
		size_t quote = string_end(line, n, name);
		size_t end;

		if (quote + 2 >= n || line[quote + 1] != ':')
			return false;
		end = value_end(line, n, quote + 2);
		if (end >= n ||
		    !take_member(line + name, quote - name, line + quote + 2,
				 end - quote - 2, out, &has_id))
			return false;
		i = end + 1;
		if (line[end] == '}')
			return i == n && has_id && out->text != NULL;
	}
	return false;
}

/* --- writing ----------------------------------------------------------------- */

enum outcome
frame_put_part(struct buf *b, const json_t *o, const struct json_part *part,
	       struct err *e)
{
	size_t before = b->len;
	bool was_full = b->full;

	if (!json_text(b, o, part) || b->len - before >= FRAME_BYTES ||
	    !buf_putc(b, '\n')) {
		b->len = before;
		b->full = was_full;
		if (b->data != NULL)
			b->data[before] = '\0';
		return err_code(e, OUT_PERM, "frame", "frame is over %d bytes",
				FRAME_BYTES);
	}
	return OUT_OK;
}

enum outcome
frame_put(struct buf *b, const json_t *o, struct err *e)
{
	return frame_put_part(b, o, NULL, e);
}
