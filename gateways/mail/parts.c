#include "gateways/mail/parts.h"

#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/charset.h"
#include "gateways/mail/html.h"
#include "gateways/mail/param.h"
#include "gateways/mail/parse.h"
#include "gateways/mail/word.h"

#define CONVERTED_MAX ((size_t)8 * 1024 * 1024)
#define REPORT_MAX ((size_t)256 * 1024)
#define KIND_MAX 128

/* Where a part stands. */
struct place {
	int depth;
	bool alternative; /* its parent shows one of its parts */
	bool related;
};

void
parts_init(struct parts *p, struct buf *octets, struct hint *hint,
	   json_t *warnings)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->text, PARSE_TEXT_MAX);
	buf_init(&p->html, HTML_OUT_MAX * 3);
	buf_init(&p->html_text, PARSE_TEXT_MAX);
	buf_init(&p->reply, PARSE_TEXT_MAX);
	p->octets = octets;
	p->hint = hint;
	p->warnings = warnings;
	p->attachments = json_array();
}

void
parts_release(struct parts *p)
{
	buf_release(&p->text);
	buf_release(&p->html);
	buf_release(&p->html_text);
	buf_release(&p->reply);
	json_decref(p->attachments);
}

void
parts_warn(json_t *warnings, const char *code)
{
	size_t i;
	json_t *w;

	json_array_foreach(warnings, i, w) if (strcmp(json_string_value(w),
						      code) == 0) return;
	json_array_append_new(warnings, json_string(code));
}

void
parts_tidy(struct buf *out, const char *p, size_t n)
{
	size_t run = 0;

	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if ((c >= ' ' && c != 127) || c == '\n') {
			run++;
			continue;
		}
		(void)buf_add(out, p + i - run, run);
		run = 0;
		if (c == '\r') {
			if (i + 1 < n && p[i + 1] == '\n')
				continue;
			c = '\n';
		}
		if (c == '\n' || c == '\t')
			(void)buf_putc(out, (char)c);
	}
	(void)buf_add(out, p + n - run, run);
}

/* Append under the ceiling, cut between characters. */
static void
add_cut(struct parts *p, struct buf *out, const char *s, size_t n)
{
	if (n > out->max - out->len) {
		n = utf8_cut(s, n, out->max - out->len);
		parts_warn(p->warnings, "text_cut");
	}
	(void)buf_add(out, s, n);
}

static void
add_joined(struct parts *p, struct buf *out, const struct buf *piece)
{
	if (out->len && out->data[out->len - 1] != '\n')
		(void)buf_putc(out, '\n');
	add_cut(p, out, buf_str(piece), piece->len);
}

/* The raw value of a part's header, on one line, appended. */
static void
raw_header(GMimeObject *o, const char *name, struct buf *out)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(o);
	GMimeHeader *h = g_mime_header_list_get_header(list, name);
	const char *s = h ? g_mime_header_get_raw_value(h) : NULL;

	while (s && (*s == ' ' || *s == '\t'))
		s++;
	for (; s && *s; s++)
		if (*s != '\r' && *s != '\n')
			(void)buf_putc(out, *s);
}

static GByteArray *
decoded(GMimePart *part)
{
	GMimeStream *mem = g_mime_stream_mem_new();
	GMimeDataWrapper *content = g_mime_part_get_content(part);
	GByteArray *bytes = g_byte_array_new();

	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(mem), bytes);
	if (content)
		(void)g_mime_data_wrapper_write_to_stream(content, mem);
	g_object_unref(mem);
	return bytes;
}

/* format=flowed (RFC 3676): lines that end in a blank go on. */
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

static void
add_plain(struct parts *p, const struct buf *text, const char *type)
{
	struct buf v, tidy;
	bool flowed, delsp;

	buf_init(&v, 256);
	flowed = param_get(&v, type, "format") &&
		 strcasecmp(buf_str(&v), "flowed") == 0;
	buf_clear(&v);
	delsp = param_get(&v, type, "delsp") &&
		strcasecmp(buf_str(&v), "yes") == 0;
	buf_init(&tidy, CONVERTED_MAX);
	parts_tidy(&tidy, buf_str(text), text->len);
	if (flowed) {
		struct buf whole;

		buf_init(&whole, CONVERTED_MAX * 2);
		unflow(&whole, buf_str(&tidy), tidy.len, delsp);
		add_joined(p, &p->text, &whole);
		buf_release(&whole);
	} else {
		add_joined(p, &p->text, &tidy);
	}
	buf_release(&tidy);
	buf_release(&v);
}

static void
add_html(struct parts *p, const struct buf *markup, struct place at)
{
	struct html *h = html_read(buf_str(markup), markup->len);
	struct buf piece, tidy;
	bool remote = false, cut = false;

	p->html_present = true;
	if (!h)
		return;
	buf_init(&piece, CONVERTED_MAX);
	buf_init(&tidy, CONVERTED_MAX);
	if (p->html.len < HTML_OUT_MAX)
		html_clean(h, &p->html, &remote, &cut);
	else
		cut = true;
	if (remote)
		parts_warn(p->warnings, "remote_content");
	if (cut)
		parts_warn(p->warnings, "html_cut");
	html_text(h, &piece);
	parts_tidy(&tidy, buf_str(&piece), piece.len);
	add_joined(p, &p->html_text, &tidy);
	if (!at.alternative && !at.related && p->text.len)
		add_joined(p, &p->text, &tidy);
	buf_clear(&piece);
	buf_clear(&tidy);
	html_reply(h, &piece);
	parts_tidy(&tidy, buf_str(&piece), piece.len);
	add_joined(p, &p->reply, &tidy);
	buf_release(&piece);
	buf_release(&tidy);
	html_free(&h);
}

static void
add_body(struct parts *p, GMimePart *part, bool html, const char *type,
	 struct place at)
{
	GByteArray *bytes = decoded(part);
	const char *s = (const char *)bytes->data;
	struct buf charset, text;
	size_t n = bytes->len;
	char meta[64];

	if (n > CONVERTED_MAX / 2) {
		n = CONVERTED_MAX / 2;
		parts_warn(p->warnings, "text_cut");
	}
	buf_init(&charset, 256);
	buf_init(&text, CONVERTED_MAX);
	if (!param_get(&charset, type, "charset") && html) {
		html_charset(s ? s : "", n, meta);
		if (strncasecmp(meta, "utf-16", 6) != 0)
			(void)buf_puts(&charset, meta);
	}
	charset_utf8(&text, buf_str(&charset), charset.len, s ? s : "", n);
	if (html)
		add_html(p, &text, at);
	else
		add_plain(p, &text, type);
	buf_release(&text);
	buf_release(&charset);
	g_byte_array_free(bytes, TRUE);
}

static json_t *
text_of(const struct buf *b)
{
	json_t *s = json_stringn(buf_str(b), b->len);

	return s ? s : json_string("");
}

static void
put_attachment(struct parts *p, GMimeObject *o, const struct buf *name,
	       const char *kind, const void *data, size_t n)
{
	struct buf id, disposition, clean;
	char hex[HASH_HEX], how[32];
	bool image = strncmp(kind, "image/", 6) == 0, is_inline;
	const char *s;
	size_t len;

	if (json_array_size(p->attachments) >= PARSE_ATTACHMENTS_MAX ||
	    n > p->octets->max - p->octets->len) {
		parts_warn(p->warnings, "attachments_cut");
		return;
	}
	buf_init(&id, HEAD_VALUE_MAX * 2);
	buf_init(&disposition, HEAD_VALUE_MAX * 2);
	buf_init(&clean, 1024);
	param_filename(&clean, buf_str(name), name->len);
	raw_header(o, "Content-Id", &id);
	raw_header(o, "Content-Disposition", &disposition);
	param_kind(buf_str(&disposition), how, sizeof(how));
	s = buf_str(&id);
	s += strspn(s, "< \t");
	len = strcspn(s, "> \t");
	if (len > 250 || !utf8_valid(s, len))
		len = 0;
	is_inline = image && (strcmp(how, "inline") == 0 || (len && !*how));
	hash_hex(data ? data : "", n, hex);
	json_array_append_new(
		p->attachments,
		json_pack("{s:o, s:s, s:I, s:s, s:o, s:b, s:I}", "filename",
			  text_of(&clean), "content_type", kind, "size",
			  (json_int_t)n, "sha256", hex, "content_id",
			  len ? json_stringn(s, len) : json_null(), "inline",
			  is_inline, "offset", (json_int_t)p->octets->len));
	if (n)
		(void)buf_add(p->octets, data, n);
	buf_release(&clean);
	buf_release(&id);
	buf_release(&disposition);
}

/* A nested mail is kept whole, named by its subject. */
static void
add_message(struct parts *p, GMimeMessagePart *mp, struct buf *name)
{
	GMimeMessage *m = g_mime_message_part_get_message(mp);
	GMimeStream *mem;
	GByteArray *bytes;
	struct buf raw;

	if (!m)
		return;
	if (!name->len) {
		buf_init(&raw, HEAD_VALUE_MAX * 2);
		raw_header(GMIME_OBJECT(m), "Subject", &raw);
		word_decode(name, NULL, buf_str(&raw), raw.len);
		buf_release(&raw);
		for (size_t i = 0; i < name->len; i++)
			if (name->data[i] == '/' || name->data[i] == '\\')
				name->data[i] = '-';
		(void)buf_puts(name, name->len ? ".eml" : "message.eml");
	}
	mem = g_mime_stream_mem_new();
	bytes = g_byte_array_new();
	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(mem), bytes);
	(void)g_mime_object_write_to_stream(GMIME_OBJECT(m), NULL, mem);
	put_attachment(p, GMIME_OBJECT(mp), name, "message/rfc822", bytes->data,
		       bytes->len);
	g_object_unref(mem);
	g_byte_array_free(bytes, TRUE);
}

static void
add_file(struct parts *p, GMimePart *part, const struct buf *name,
	 const char *kind)
{
	GByteArray *bytes = decoded(part);

	if (strcmp(kind, "message/delivery-status") == 0)
		hint_report(p->hint, (const char *)bytes->data,
			    bytes->len < REPORT_MAX ? bytes->len : REPORT_MAX);
	put_attachment(p, GMIME_OBJECT(part), name, kind, bytes->data,
		       bytes->len);
	g_byte_array_free(bytes, TRUE);
}

static void
leaf(struct parts *p, GMimeObject *o, struct place at)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);
	struct buf type, disposition, name;
	char kind[KIND_MAX], how[32];
	bool plain, html, body;

	buf_init(&type, HEAD_VALUE_MAX * 2);
	buf_init(&disposition, HEAD_VALUE_MAX * 2);
	buf_init(&name, HEAD_VALUE_MAX * 6);
	raw_header(o, "Content-Type", &type);
	raw_header(o, "Content-Disposition", &disposition);
	(void)snprintf(kind, sizeof(kind), "%s/%s",
		       g_mime_content_type_get_media_type(ct),
		       g_mime_content_type_get_media_subtype(ct));
	for (char *c = kind; *c; c++)
		*c = (char)(*c >= 'A' && *c <= 'Z' ? *c | 0x20 : *c);
	if (!utf8_valid(kind, strlen(kind)))
		memcpy(kind, "application/octet-stream", 25);
	param_kind(buf_str(&disposition), how, sizeof(how));
	if (!param_get(&name, buf_str(&disposition), "filename") || !name.len)
		(void)param_get(&name, buf_str(&type), "name");
	plain = strcmp(kind, "text/plain") == 0;
	html = strcmp(kind, "text/html") == 0;
	body = (plain || html) && strcmp(how, "attachment") != 0 &&
	       (!name.len || p->count == 1);
	if (GMIME_IS_MESSAGE_PART(o))
		add_message(p, GMIME_MESSAGE_PART(o), &name);
	else if (!GMIME_IS_PART(o))
		parts_warn(p->warnings, "odd_part");
	else if (body)
		add_body(p, GMIME_PART(o), html, buf_str(&type), at);
	else
		add_file(p, GMIME_PART(o), &name, kind);
	buf_release(&type);
	buf_release(&disposition);
	buf_release(&name);
}

static void
walk(struct parts *p, GMimeObject *o, struct place at)
{
	GMimeMultipart *m;
	GMimeContentType *ct;
	int n;

	if (at.depth > PARSE_DEPTH_MAX) {
		parts_warn(p->warnings, "too_deep");
		return;
	}
	if (++p->count > PARSE_PARTS_MAX) {
		parts_warn(p->warnings, "too_many_parts");
		return;
	}
	if (!GMIME_IS_MULTIPART(o)) {
		leaf(p, o, at);
		return;
	}
	m = GMIME_MULTIPART(o);
	ct = g_mime_object_get_content_type(o);
	at.depth++;
	at.alternative =
		g_mime_content_type_is_type(ct, "multipart", "alternative") ||
		(at.alternative &&
		 g_mime_content_type_is_type(ct, "multipart", "related"));
	at.related = g_mime_content_type_is_type(ct, "multipart", "related");
	n = g_mime_multipart_get_count(m);
	for (int i = 0; i < n && p->count <= PARSE_PARTS_MAX; i++)
		walk(p, g_mime_multipart_get_part(m, i), at);
}

/* A mail with only the fields that say how its body is put together: the
 * rest of the header is read by our own code. */
static GByteArray *
skeleton(const struct head *h, const char *raw, size_t n)
{
	GByteArray *a = g_byte_array_sized_new((guint)(n - h->body + 1024));
	bool type = false;

	for (size_t i = 0; i < h->count; i++) {
		const struct field *f = &h->fields[i];
		bool is_type = f->name_len == 12 &&
			       strncasecmp(f->name, "Content-Type", 12) == 0;

		if (f->name_len < 8 ||
		    strncasecmp(f->name, "Content-", 8) != 0 ||
		    (is_type && type) || !f->value_len)
			continue;
		type = type || is_type;
		g_byte_array_append(a, (const guint8 *)f->name,
				    (guint)f->name_len);
		g_byte_array_append(a, (const guint8 *)": ", 2);
		g_byte_array_append(a, (const guint8 *)f->value,
				    (guint)f->value_len);
		g_byte_array_append(a, (const guint8 *)"\n", 1);
	}
	g_byte_array_append(a, (const guint8 *)"\n", 1);
	g_byte_array_append(a, (const guint8 *)raw + h->body,
			    (guint)(n - h->body));
	return a;
}

void
parts_walk(struct parts *p, const struct head *h, const char *raw, size_t n)
{
	GByteArray *a = skeleton(h, raw, n);
	GMimeStream *mem = g_mime_stream_mem_new_with_byte_array(a);
	GMimeParser *parser = g_mime_parser_new_with_stream(mem);
	GMimeObject *o = g_mime_parser_construct_part(parser, NULL);
	struct place top = { 0 };

	if (o) {
		walk(p, o, top);
		g_object_unref(o);
	}
	g_object_unref(parser);
	g_object_unref(mem);
}
