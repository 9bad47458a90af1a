#include "gateways/mail/parts.h"

#include <gmime/gmime.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/ascii.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/attach.h"
#include "gateways/mail/body.h"
#include "gateways/mail/calendar.h"
#include "gateways/mail/charset.h"
#include "gateways/mail/crypt.h"
#include "gateways/mail/html.h"
#include "gateways/mail/param.h"
#include "gateways/mail/parse.h"
#include "gateways/mail/report.h"
#include "gateways/mail/tnef.h"

#define CALENDAR_MAX ((size_t)1024 * 1024)
#define SPARE_MAX ((size_t)8 * 1024 * 1024)
#define KIND_MAX 128
#define NAME_OCTETS_MAX (HEAD_VALUE_MAX * 6)

/* Where a part stands. */
struct place {
	int depth;
	struct body_place body;
	bool signed_by; /* its parent is multipart/signed */
	bool encrypted; /* its parent is multipart/encrypted */
};

/* What the headers of one leaf say. */
struct leaf {
	struct buf type; /* Content-Type as it stands there */
	struct buf name;
	char kind[KIND_MAX];
	char how[32]; /* disposition */
};

static void walk(struct parts *p, GMimeObject *o, struct place at);

void
parts_init(struct parts *p, struct buf *octets, struct hint *hint,
	   json_t *warnings)
{
	memset(p, 0, sizeof(*p));
	buf_init(&p->text, PARSE_TEXT_MAX);
	buf_init(&p->html, HTML_OUT_MAX * 3);
	buf_init(&p->html_text, PARSE_TEXT_MAX);
	buf_init(&p->reply, PARSE_TEXT_MAX);
	buf_init(&p->spare, PARSE_TEXT_MAX);
	buf_init(&p->spare_html, SPARE_MAX);
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
	buf_release(&p->spare);
	buf_release(&p->spare_html);
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

/* Parse octets that are a part with its header, and walk it. */
static void
walk_octets(struct parts *p, GByteArray *a, struct place at)
{
	GMimeStream *mem = g_mime_stream_mem_new_with_byte_array(a);
	GMimeParser *parser = g_mime_parser_new_with_stream(mem);
	GMimeObject *o = g_mime_parser_construct_part(parser, NULL);

	if (o) {
		walk(p, o, at);
		g_object_unref(o);
	}
	g_object_unref(parser);
	g_object_unref(mem);
}

/* An invitation: a form of the text that needs no file beside it, unless it
 * is all that there is to read. */
static bool
read_calendar(struct parts *p, const struct leaf *l, const GByteArray *bytes,
	      struct place at)
{
	const char *s = bytes->data ? (const char *)bytes->data : "";
	size_t n = bytes->len < CALENDAR_MAX ? bytes->len : CALENDAR_MAX;
	struct buf charset, text, words;

	buf_init(&charset, 256);
	buf_init(&text, CALENDAR_MAX * 3);
	buf_init(&words, PARSE_TEXT_MAX);
	if (!param_get(&charset, buf_str(&l->type), "charset"))
		(void)buf_puts(&charset, "utf-8");
	charset_utf8(&text, buf_str(&charset), charset.len, s, n);
	calendar_text(&words, buf_str(&text), text.len);
	if (words.len)
		body_add_spare(p, words.data, words.len);
	buf_release(&charset);
	buf_release(&text);
	buf_release(&words);
	return !l->name.len && at.body.alternative &&
	       (body_has_ink(&p->text) || body_has_ink(&p->html_text));
}

/* How much was read so far: grows with each text and each file. */
static size_t
gathered(const struct parts *p)
{
	return p->text.len + p->html_text.len + json_array_size(p->attachments);
}

/*
 * S/MIME in one part. true: it was signed, and its content was read in its
 * place.
 */
static bool
read_pkcs7(struct parts *p, const GByteArray *bytes, struct place at)
{
	struct buf content;
	GByteArray *a;
	enum crypt what;
	size_t before;
	bool read = false;

	buf_init(&content, bytes->len);
	what = crypt_pkcs7(bytes->data, bytes->len, &content);
	if (what == CRYPT_ENCRYPTED)
		parts_warn(p->warnings, "encrypted");
	if (what == CRYPT_SIGNED && content.len) {
		parts_warn(p->warnings, "signed");
		a = g_byte_array_sized_new((guint)content.len);
		g_byte_array_append(a, (const guint8 *)content.data,
				    (guint)content.len);
		at.depth++;
		before = gathered(p);
		walk_octets(p, a, at);
		read = gathered(p) > before;
	}
	buf_release(&content);
	return read;
}

static bool
is_calendar(const char *kind)
{
	return strcmp(kind, "text/calendar") == 0 ||
	       strcmp(kind, "application/ics") == 0;
}

static bool
is_pkcs7(const char *kind)
{
	return strcmp(kind, "application/pkcs7-mime") == 0 ||
	       strcmp(kind, "application/x-pkcs7-mime") == 0;
}

/* A text to read, not a file, though not of the two usual kinds. */
static bool
is_other_text(const struct leaf *l)
{
	return strncmp(l->kind, "text/", 5) == 0 && !l->name.len &&
	       strcmp(l->how, "attachment") != 0 &&
	       strcmp(l->kind, "text/rfc822-headers") != 0;
}

/* A part that is no text: what can be read in it is, and it is kept. */
static void
add_file(struct parts *p, GMimePart *part, struct leaf *l, struct place at)
{
	GByteArray *bytes = attach_octets(part);
	bool hidden = crypt_is_signature(l->kind) &&
		      (at.signed_by || !strstr(l->kind, "pgp"));

	report_part(p->hint, l->kind, (const char *)bytes->data, bytes->len);
	if (is_calendar(l->kind))
		hidden = read_calendar(p, l, bytes, at);
	else if (is_pkcs7(l->kind))
		hidden = read_pkcs7(p, bytes, at);
	else if (strcmp(l->kind, "application/pgp-encrypted") == 0)
		hidden = at.encrypted; /* says "Version: 1", no more */
	else if (is_other_text(l) && bytes->data)
		body_add_other(p, (const char *)bytes->data, bytes->len,
			       buf_str(&l->type), l->kind);
	if (is_calendar(l->kind) && !l->name.len && !hidden)
		(void)buf_puts(&l->name, "invite.ics");
	attach_part(p, GMIME_OBJECT(part), &l->name, l->kind, bytes->data,
		    bytes->len, hidden);
	if (tnef_is_one(l->kind, buf_str(&l->name)) &&
	    !tnef_unpack(p, bytes->data, bytes->len))
		parts_warn(p->warnings, "winmail");
	g_byte_array_free(bytes, TRUE);
}

static void
add_body(struct parts *p, GMimePart *part, const struct leaf *l,
	 struct place at)
{
	GByteArray *bytes = attach_octets(part);

	body_add(p, bytes->data ? (const char *)bytes->data : "", bytes->len,
		 buf_str(&l->type), strcmp(l->kind, "text/html") == 0, at.body);
	g_byte_array_free(bytes, TRUE);
}

static void
read_leaf(struct leaf *l, GMimeObject *o)
{
	GMimeContentType *ct = g_mime_object_get_content_type(o);
	struct buf disposition;

	buf_init(&l->type, HEAD_VALUE_MAX * 2);
	buf_init(&l->name, NAME_OCTETS_MAX);
	buf_init(&disposition, HEAD_VALUE_MAX * 2);
	attach_header(o, "Content-Type", &l->type);
	attach_header(o, "Content-Disposition", &disposition);
	(void)snprintf(l->kind, sizeof(l->kind), "%s/%s",
		       g_mime_content_type_get_media_type(ct),
		       g_mime_content_type_get_media_subtype(ct));
	ascii_fold(l->kind);
	if (!utf8_valid(l->kind, strlen(l->kind)))
		memcpy(l->kind, "application/octet-stream", 25);
	param_kind(buf_str(&disposition), l->how, sizeof(l->how));
	if (!param_get(&l->name, buf_str(&disposition), "filename") ||
	    !l->name.len)
		(void)param_get(&l->name, buf_str(&l->type), "name");
	buf_release(&disposition);
}

static void
leaf(struct parts *p, GMimeObject *o, struct place at)
{
	struct leaf l;
	bool text, body;

	read_leaf(&l, o);
	text = strcmp(l.kind, "text/plain") == 0 ||
	       strcmp(l.kind, "text/html") == 0;
	body = text && strcmp(l.how, "attachment") != 0 &&
	       (!l.name.len || p->count == 1);
	if (GMIME_IS_MESSAGE_PART(o))
		attach_message(p, GMIME_MESSAGE_PART(o), &l.name);
	else if (!GMIME_IS_PART(o))
		parts_warn(p->warnings, "odd_part");
	else if (body)
		add_body(p, GMIME_PART(o), &l, at);
	else
		add_file(p, GMIME_PART(o), &l, at);
	buf_release(&l.type);
	buf_release(&l.name);
}

static bool
is_multipart(GMimeContentType *ct, const char *subtype)
{
	return g_mime_content_type_is_type(ct, "multipart", subtype);
}

/* Where the parts of a multipart stand. */
static struct place
within(GMimeContentType *ct, struct place at)
{
	at.depth++;
	at.body.related = is_multipart(ct, "related");
	at.body.alternative =
		at.body.alternative || is_multipart(ct, "alternative");
	at.signed_by = is_multipart(ct, "signed");
	at.encrypted = is_multipart(ct, "encrypted");
	return at;
}

/* A multipart without a single boundary: what is there is its text. */
static void
add_undivided(struct parts *p, GMimeMultipart *m, struct place at)
{
	const char *s = g_mime_multipart_get_prologue(m);

	if (s && *s)
		body_add(p, s, strlen(s), "", false, at.body);
}

static void
walk(struct parts *p, GMimeObject *o, struct place at)
{
	GMimeMultipart *m;
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
	at = within(g_mime_object_get_content_type(o), at);
	if (at.signed_by)
		parts_warn(p->warnings, "signed");
	if (at.encrypted)
		parts_warn(p->warnings, "encrypted");
	n = g_mime_multipart_get_count(m);
	if (!n)
		add_undivided(p, m, at);
	for (int i = 0; i < n && p->count <= PARSE_PARTS_MAX; i++)
		walk(p, g_mime_multipart_get_part(m, i), at);
}

static void
append(GByteArray *a, const char *s, size_t n)
{
	g_byte_array_append(a, (const guint8 *)s, (guint)n);
}

/* "multipart/mixed boundary=x" lacks what GMime wants between them. */
static void
append_value(GByteArray *a, const char *value, size_t n)
{
	const char *list = param_list(value);
	size_t kind = (size_t)(list - value);

	append(a, value, kind);
	if (kind < n && *list != ';')
		append(a, "; ", 2);
	append(a, list, n - kind);
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
		append(a, f->name, f->name_len);
		append(a, ": ", 2);
		append_value(a, f->value, f->value_len);
		append(a, "\n", 1);
	}
	append(a, "\n", 1);
	append(a, raw + h->body, n - h->body);
	return a;
}

void
parts_walk(struct parts *p, const struct head *h, const char *raw, size_t n)
{
	const struct place top = { 0 };

	walk_octets(p, skeleton(h, raw, n), top);
	body_settle(p);
}
