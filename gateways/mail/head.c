#include "gateways/mail/head.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"

#define FIELD_NAME_MAX 200

static size_t
line_len(const char *p, size_t n)
{
	const char *nl = memchr(p, '\n', n);

	return nl ? (size_t)(nl - p) + 1 : n;
}

/* Is the line empty but for its ending? */
static bool
is_blank(const char *p, size_t n)
{
	while (n && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	return n == 0;
}

/* Length of the field name that the line starts with; 0: it has none. */
static size_t
name_len(const char *p, size_t n, size_t *colon_out)
{
	size_t i = 0, len;

	while (i < n && i < FIELD_NAME_MAX && p[i] > ' ' && p[i] < 127 &&
	       p[i] != ':')
		i++;
	len = i;
	while (i < n && (p[i] == ' ' || p[i] == '\t'))
		i++;
	if (!len || i >= n || p[i] != ':')
		return 0;
	*colon_out = i;
	return len;
}

/*
 * Does the block end at this line? An empty one ends it; one of blanks does
 * if neither a field nor a folded line follows.
 */
static bool
ends_block(const char *raw, size_t n, size_t at)
{
	size_t len = line_len(raw + at, n - at), i = at, next = at + len;
	size_t colon;

	while (i < next && strchr(" \t\r\n", raw[i]) && raw[i])
		i++;
	if (i < next)
		return false;
	if (is_blank(raw + at, len))
		return true;
	if (next >= n)
		return true;
	len = line_len(raw + next, n - next);
	return raw[next] != ' ' && raw[next] != '\t' &&
	       !is_blank(raw + next, len) && !name_len(raw + next, len, &colon);
}

/* Append a piece of a folded value, its line ending taken off. */
static void
add_piece(struct head *h, struct buf *b, const char *p, size_t n)
{
	while (n && (p[n - 1] == '\n' || p[n - 1] == '\r'))
		n--;
	if (n > HEAD_VALUE_MAX - b->len) {
		n = HEAD_VALUE_MAX - b->len;
		h->cut = true;
	}
	while (n) { /* a NUL would end the value */
		size_t run = strnlen(p, n);

		(void)buf_add(b, p, run);
		run += run < n;
		p += run;
		n -= run;
	}
}

static void
add_field(struct head *h, const char *name, size_t n, struct buf *b)
{
	struct field *f;
	size_t skip = 0;

	if (h->count == HEAD_FIELDS_MAX || h->kept > HEAD_BLOCK_MAX) {
		h->cut = true;
		buf_release(b);
		return;
	}
	while (skip < b->len && (b->data[skip] == ' ' || b->data[skip] == '\t'))
		skip++;
	buf_drop(b, skip);
	while (b->len &&
	       (b->data[b->len - 1] == ' ' || b->data[b->len - 1] == '\t'))
		b->data[--b->len] = '\0';
	if ((h->count & (h->count - 1)) == 0)
		h->fields = mem_resize(h->fields, h->count ? h->count * 2 : 1,
				       sizeof(*h->fields));
	f = &h->fields[h->count++];
	f->name = name;
	f->name_len = n;
	f->value_len = b->len;
	h->kept += b->len;
	f->value = b->data ? buf_take(b) : mem_strdup("");
}

/* Read one field at raw[at], its folded lines too; returns its end. */
static size_t
read_field(struct head *h, const char *raw, size_t n, size_t at)
{
	size_t len = line_len(raw + at, n - at), colon = 0;
	size_t name = name_len(raw + at, len, &colon), start = at;
	struct buf b;

	buf_init(&b, HEAD_VALUE_MAX);
	if (name)
		add_piece(h, &b, raw + at + colon + 1, len - colon - 1);
	at += len;
	while (at < n && (raw[at] == ' ' || raw[at] == '\t') &&
	       !ends_block(raw, n, at)) {
		len = line_len(raw + at, n - at);
		if (name && !is_blank(raw + at, len))
			add_piece(h, &b, raw + at, len);
		at += len;
	}
	if (name)
		add_field(h, raw + start, name, &b);
	else
		buf_release(&b);
	return at;
}

void
head_read(struct head *h, const char *raw, size_t n)
{
	size_t at = 0, len;

	memset(h, 0, sizeof(*h));
	while (at < n && (raw[at] == '\r' || raw[at] == '\n'))
		at++;
	if (n - at > 5 && (memcmp(raw + at, "From ", 5) == 0 ||
			   memcmp(raw + at, ">From", 5) == 0))
		at += line_len(raw + at, n - at);
	while (at < n) {
		len = line_len(raw + at, n - at);
		if (ends_block(raw, n, at)) {
			at += len;
			break;
		}
		at = read_field(h, raw, n, at);
	}
	h->body = at;
}

void
head_release(struct head *h)
{
	for (size_t i = 0; i < h->count; i++)
		mem_free(h->fields[i].value);
	mem_free(h->fields);
	memset(h, 0, sizeof(*h));
}

const struct field *
head_next(const struct head *h, const char *name, size_t *at)
{
	size_t n = strlen(name);

	while (*at < h->count) {
		const struct field *f = &h->fields[(*at)++];

		if (f->name_len == n && strncasecmp(f->name, name, n) == 0)
			return f;
	}
	return NULL;
}

const struct field *
head_first(const struct head *h, const char *name)
{
	size_t at = 0;

	return head_next(h, name, &at);
}

const char *
head_value(const struct head *h, const char *name)
{
	const struct field *f;
	size_t at = 0;

	while ((f = head_next(h, name, &at)) != NULL)
		if (f->value_len)
			return f->value;
	return "";
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',';
}

/* A token in brackets: <...>; blanks inside are dropped. */
static bool
bracketed(const char *s, size_t *at, struct buf *out)
{
	size_t i = *at + 1;

	buf_clear(out);
	(void)buf_putc(out, '<');
	while (s[i] && s[i] != '>' && s[i] != '<') {
		if (!is_space(s[i]) && (unsigned char)s[i] > ' ')
			(void)buf_putc(out, s[i]);
		i++;
	}
	*at = s[i] == '>' ? i + 1 : i;
	(void)buf_putc(out, '>');
	return out->len > 2 &&
	       (s[i] == '>' || memchr(out->data, '@', out->len) != NULL);
}

static bool
bare(const char *s, size_t *at, struct buf *out)
{
	size_t i = *at;
	bool has_at = false;

	buf_clear(out);
	(void)buf_putc(out, '<');
	while (s[i] && !is_space(s[i]) && s[i] != '<') {
		has_at = has_at || s[i] == '@';
		(void)buf_putc(out, s[i++]);
	}
	*at = i;
	(void)buf_putc(out, '>');
	return has_at && out->len > 2;
}

static bool
next_id(const char *s, size_t *at, struct buf *out)
{
	while (s[*at]) {
		if (s[*at] == '<') {
			if (bracketed(s, at, out))
				return true;
		} else if (is_space(s[*at]) || s[*at] == '>') {
			(*at)++;
		} else if (s[*at] == '"') {
			const char *e = strchr(s + *at + 1, '"');

			*at = e ? (size_t)(e - s) + 1 : *at + 1;
		} else if (bare(s, at, out)) {
			return true;
		}
	}
	return false;
}

bool
head_id(const char *s, size_t *at, struct buf *out)
{
	while (next_id(s, at, out)) {
		if (out->full || out->len > HEAD_ID_MAX) {
			out->len = HEAD_ID_MAX - 1;
			out->full = false;
			out->data[out->len++] = '>';
			out->data[out->len] = '\0';
		}
		return true;
	}
	return false;
}

bool
head_message_id(const struct head *h, struct buf *out)
{
	const char *s = head_value(h, "Message-ID");
	size_t at = 0, n;

	if (head_id(s, &at, out))
		return true;
	buf_clear(out);
	n = strcspn(s, " \t<>");
	if (!n || n > HEAD_ID_MAX - 2)
		return false;
	(void)buf_putc(out, '<');
	(void)buf_add(out, s, n);
	(void)buf_putc(out, '>');
	return true;
}

void
head_digest(const struct head *h, const char *raw, size_t n, bool has_id,
	    char out[65])
{
	if (has_id)
		hash_hex(raw + h->body, n - h->body, out);
	else
		hash_hex(raw, n, out);
}
