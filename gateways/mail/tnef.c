#include "gateways/mail/tnef.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "gateways/mail/attach.h"
#include "gateways/mail/body.h"
#include "gateways/mail/charset.h"
#include "gateways/mail/lzfu.h"
#include "gateways/mail/mapi.h"
#include "gateways/mail/parts.h"
#include "gateways/mail/rtf.h"

#define SIGNATURE 0x223e9f78u
#define HEAD_BYTES 6      /* signature and key */
#define ATTRIBUTE_BYTES 9 /* level, id, length */
#define SUM_BYTES 2
#define GUID_BYTES 16 /* before an object's octets */
#define TEXT_MAX ((size_t)4 * 1024 * 1024)
#define NAME_OCTETS_MAX 1024
#define KIND_MAX 128

/* Attributes, by the part of their id that tells them apart. */
#define ATT_BODY 0x800c
#define ATT_DATA 0x800f
#define ATT_TITLE 0x8010
#define ATT_FILE 0x9002 /* a file begins */
#define ATT_PROPERTIES 0x9003
#define ATT_FILE_PROPERTIES 0x9005
#define ATT_CODE_PAGE 0x9007

struct octets {
	const unsigned char *p;
	size_t n;
};

/* One stream while it is read. */
struct stream {
	struct parts *parts;
	int depth;
	char charset[16];   /* of texts that are not Unicode */
	struct octets body; /* a plain text of before MAPI */
	struct mapi_block message;
	bool in_file;
	struct octets title, data; /* of the file that is read now */
	struct mapi_block file;
};

static bool unpack(struct parts *p, struct octets in, int depth);

static bool
is_stream(struct octets o)
{
	return o.n >= HEAD_BYTES && mapi_read(o.p, 4) == SIGNATURE;
}

/* Old texts end with a NUL, which is no part of them. */
static void
put_text(const struct stream *s, struct octets o, struct buf *out)
{
	if (o.n)
		charset_utf8(out, s->charset, strlen(s->charset),
			     (const char *)o.p,
			     strnlen((const char *)o.p, o.n));
}

/* A text of the stream: where one is fallen back on, or a file of its own. */
static bool
put_body(const struct stream *s, const struct buf *text, bool html)
{
	struct file f = { .name = html ? "message.html" : "message.txt",
			  .kind = html ? "text/html" : "text/plain",
			  .data = text->data,
			  .n = text->len };

	if (!body_has_ink(text))
		return false;
	f.name_len = strlen(f.name);
	if (s->depth)
		attach_put(s->parts, &f);
	else if (html)
		(void)buf_add(&s->parts->spare_html, text->data, text->len);
	else
		body_add_spare(s->parts, text->data, text->len);
	return true;
}

static bool
put_html(const struct stream *s)
{
	uint32_t page = mapi_number(&s->message, MAPI_CODE_PAGE);
	char charset[16] = "";
	struct mapi_value v;
	struct buf b;
	bool found;

	if (page > 0 && page < 100000)
		(void)snprintf(charset, sizeof(charset), "CP%u",
			       (unsigned)page);
	buf_init(&b, TEXT_MAX);
	if (mapi_find(&s->message, MAPI_HTML, &v) && v.type == MAPI_BINARY)
		charset_utf8(&b, charset, strlen(charset), (const char *)v.p,
			     v.n);
	else
		(void)mapi_text(&s->message, MAPI_HTML, s->charset, &b);
	found = put_body(s, &b, true);
	buf_release(&b);
	return found;
}

/* Rich text, which may be HTML in disguise. */
static bool
put_rtf(const struct stream *s)
{
	struct mapi_value v;
	struct buf rtf, b;
	bool html = false, found = false;

	if (!mapi_find(&s->message, MAPI_RTF, &v) || v.type != MAPI_BINARY)
		return false;
	buf_init(&rtf, TEXT_MAX);
	buf_init(&b, TEXT_MAX);
	if (lzfu_unpack(&rtf, v.p, v.n) &&
	    rtf_read(&b, buf_str(&rtf), rtf.len, &html))
		found = put_body(s, &b, html);
	buf_release(&rtf);
	buf_release(&b);
	return found;
}

/* The forms of the text, the fullest first; a plain one goes beside HTML. */
static void
put_texts(const struct stream *s)
{
	bool html = put_html(s);
	struct buf b;

	buf_init(&b, TEXT_MAX);
	if (!mapi_text(&s->message, MAPI_BODY, s->charset, &b))
		put_text(s, s->body, &b);
	if (!put_body(s, &b, false) && !html)
		(void)put_rtf(s);
	buf_release(&b);
}

/* A kind that the writer's program gives a file, if it looks like one. */
static void
read_kind(const struct stream *s, char out[KIND_MAX])
{
	static const char none[] = "application/octet-stream";
	struct buf b;
	size_t slashes = 0;

	memcpy(out, none, sizeof(none));
	buf_init(&b, KIND_MAX - 1);
	(void)mapi_text(&s->file, MAPI_FILE_KIND, s->charset, &b);
	for (size_t i = 0; i < b.len; i++) {
		char c = b.data[i];

		slashes += c == '/';
		if (c <= ' ' || c >= 127 || strchr("\"(),:;<=>?@[]\\", c))
			slashes = 2;
		if (c >= 'A' && c <= 'Z')
			b.data[i] = (char)(c | 0x20);
	}
	if (slashes == 1)
		memcpy(out, b.data, b.len + 1);
	buf_release(&b);
}

static void
put_octets(const struct stream *s, struct octets data)
{
	struct buf name, id;
	char kind[KIND_MAX];
	struct file f = { .kind = kind, .data = data.p, .n = data.n };

	buf_init(&name, NAME_OCTETS_MAX);
	buf_init(&id, NAME_OCTETS_MAX);
	if (!mapi_text(&s->file, MAPI_FILE_NAME, s->charset, &name))
		put_text(s, s->title, &name);
	(void)mapi_text(&s->file, MAPI_FILE_ID, s->charset, &id);
	read_kind(s, kind);
	f.name = buf_str(&name);
	f.name_len = name.len;
	f.id = buf_str(&id);
	attach_put(s->parts, &f);
	buf_release(&name);
	buf_release(&id);
}

/* The file that was read so far is complete. */
static void
end_file(struct stream *s)
{
	struct octets data = s->data, inner;
	struct mapi_value v;

	if (!s->in_file)
		return;
	s->in_file = false;
	if (mapi_find(&s->file, MAPI_FILE_DATA, &v)) {
		data.p = v.p;
		data.n = v.n;
		if (v.type == MAPI_OBJECT && v.n > GUID_BYTES) {
			inner.p = v.p + GUID_BYTES;
			inner.n = v.n - GUID_BYTES;
			if (is_stream(inner) && s->depth < TNEF_DEPTH_MAX) {
				(void)unpack(s->parts, inner, s->depth + 1);
				return;
			}
		}
	}
	if (data.n)
		put_octets(s, data);
}

static void
begin_file(struct stream *s)
{
	end_file(s);
	s->in_file = true;
	memset(&s->title, 0, sizeof(s->title));
	memset(&s->data, 0, sizeof(s->data));
	memset(&s->file, 0, sizeof(s->file));
}

static void
attribute(struct stream *s, unsigned id, struct octets o)
{
	struct mapi_block block = { o.p, o.n };

	if (id == ATT_BODY)
		s->body = o;
	else if (id == ATT_PROPERTIES)
		s->message = block;
	else if (id == ATT_CODE_PAGE && o.n >= 4 && mapi_read(o.p, 4) < 100000)
		(void)snprintf(s->charset, sizeof(s->charset), "CP%u",
			       (unsigned)mapi_read(o.p, 4));
	else if (id == ATT_FILE)
		begin_file(s);
	else if (id == ATT_TITLE)
		s->title = o;
	else if (id == ATT_DATA)
		s->data = o;
	else if (id == ATT_FILE_PROPERTIES)
		s->file = block;
}

static bool
sum_is_right(const unsigned char *p, size_t n)
{
	uint16_t sum = 0;

	for (size_t i = 0; i < n; i++)
		sum = (uint16_t)(sum + p[i]);
	return sum == mapi_read(p + n, SUM_BYTES);
}

/* All attributes; false: they end before the stream does. */
static bool
read_attributes(struct stream *s, struct octets in)
{
	size_t at = HEAD_BYTES;

	for (int i = 0; i < TNEF_ATTRIBUTES_MAX && at < in.n; i++) {
		struct octets o;

		if (in.n - at < ATTRIBUTE_BYTES + SUM_BYTES)
			return false;
		o.p = in.p + at + ATTRIBUTE_BYTES;
		o.n = mapi_read(in.p + at + 5, 4);
		if (o.n > in.n - at - ATTRIBUTE_BYTES - SUM_BYTES ||
		    !sum_is_right(o.p, o.n))
			return false;
		attribute(s, mapi_read(in.p + at + 1, 2), o);
		at += ATTRIBUTE_BYTES + o.n + SUM_BYTES;
	}
	return at == in.n && at > HEAD_BYTES;
}

static bool
unpack(struct parts *p, struct octets in, int depth)
{
	struct stream s = { .parts = p, .depth = depth, .charset = "CP1252" };
	bool whole;

	if (!is_stream(in))
		return false;
	whole = read_attributes(&s, in);
	end_file(&s);
	put_texts(&s);
	return whole;
}

bool
tnef_is_one(const char *kind, const char *name)
{
	return strcmp(kind, "application/ms-tnef") == 0 ||
	       strcmp(kind, "application/vnd.ms-tnef") == 0 ||
	       strcasecmp(name, "winmail.dat") == 0;
}

bool
tnef_unpack(struct parts *p, const void *data, size_t n)
{
	struct octets in = { data, n };

	return unpack(p, in, 0);
}
