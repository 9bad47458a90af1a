#include "gateways/mail/build.h"

#include <gmime/gmime.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/letter.h"

#define VALUE_MAX 2000
#define LOOP_MAX 100
#define WORDS_MAX ((size_t)8 * 1024 * 1024)

/*
 * A copy without controls, so that no value can break its line, and with a
 * space in each "=?": its reader would take that for the beginning of an
 * encoded word, and decode what nobody encoded.
 */
static char *
one_line(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));
	size_t n = s ? utf8_cut(s, strlen(s), VALUE_MAX) : 0, at = 0;
	char *copy = mem_new(2 * n + 1, 1);

	for (size_t i = 0; i < n; i++) {
		bool control = (unsigned char)s[i] < ' ' || s[i] == 127;

		copy[at++] = control ? ' ' : s[i];
		if (s[i] == '=' && i + 1 < n && s[i + 1] == '?')
			copy[at++] = ' ';
	}
	copy[at] = '\0';
	return copy;
}

/* Is it an address that goes into a header as it stands? */
static bool
address_is_safe(const char *s)
{
	const char *at = strrchr(s, '@');

	if (!at || at == s || !at[1] || strlen(s) > 320)
		return false;
	for (; *s; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 127 ||
		    strchr("<>()[]\\,;:\"", *s))
			return false;
	return true;
}

static bool
id_is_safe(const char *s)
{
	size_t n = strlen(s);

	if (n < 3 || n > BUILD_ID_MAX || s[0] != '<' || s[n - 1] != '>')
		return false;
	for (size_t i = 1; i + 1 < n; i++)
		if ((unsigned char)s[i] <= ' ' || (unsigned char)s[i] >= 127 ||
		    s[i] == '<' || s[i] == '>')
			return false;
	return true;
}

static enum outcome
add_address(InternetAddressList *list, const json_t *a, struct err *e)
{
	char *address = one_line(a, "address");
	char *name = one_line(a, "name");
	enum outcome o = OUT_OK;
	InternetAddress *m;

	if (!address_is_safe(address)) {
		o = err_code(e, OUT_PERM, "bad_address",
			     "cannot write to an address of %zu characters",
			     strlen(address));
	} else {
		m = internet_address_mailbox_new(*name ? name : NULL, address);
		internet_address_set_charset(m, "utf-8");
		internet_address_list_add(list, m);
		g_object_unref(m);
	}
	mem_free(address);
	mem_free(name);
	return o;
}

static enum outcome
add_list(InternetAddressList *list, const json_t *addresses, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;
	json_t *a;

	json_array_foreach(addresses, i, a) if (o == OUT_OK) o =
		add_address(list, a, e);
	return o;
}

static void
set_header(GMimeMessage *m, const char *name, const char *value)
{
	g_mime_object_set_header(GMIME_OBJECT(m), name, value, "utf-8");
}

/* GMime reads ids again before it writes them, and drops those from which on
 * it understands none; so this is written as it is. lines: folded. */
static void
set_raw(GMimeMessage *m, const char *name, const char *lines)
{
	GMimeHeaderList *list = g_mime_object_get_header_list(GMIME_OBJECT(m));

	g_mime_header_list_append(list, name, "", NULL);
	g_mime_header_set_raw_value(g_mime_header_list_get_header(list, name),
				    lines);
}

/* The first reference and the newest ones. */
static void
set_references(GMimeMessage *m, const json_t *delivery)
{
	const json_t *refs = json_object_get(delivery, "references");
	size_t n = json_array_size(refs), i;
	struct buf b;
	json_t *r;

	buf_init(&b, (size_t)BUILD_REFERENCES_MAX * 1000);
	json_array_foreach(refs, i, r)
	{
		const char *s = json_string_value(r);

		if (i && n - i >= BUILD_REFERENCES_MAX)
			continue;
		if (s && id_is_safe(s))
			(void)buf_printf(&b, b.len ? "\n\t%s" : " %s", s);
	}
	(void)buf_puts(&b, "\n");
	if (b.len > 1)
		set_raw(m, "References", b.data);
	buf_release(&b);
}

/* RFC 3834: a reply by a program, or a notice of ours. */
static void
set_automatic(GMimeMessage *m, const json_t *d)
{
	const char *how = NULL;

	if (json_is_true(json_object_get(d, "automatic")))
		how = "auto-replied";
	else if (json_is_true(json_object_get(d, "notice")))
		how = "auto-generated";
	if (!how)
		return;
	set_header(m, "Auto-Submitted", how);
	set_header(m, "X-Auto-Response-Suppress", "All");
}

/* By this a desk knows its own mails when they come back. */
static void
set_loop(GMimeMessage *m, const json_t *d)
{
	const char *s = json_string_value(json_object_get(d, "loop"));
	size_t n = s ? strlen(s) : 0;

	for (size_t i = 0; i < n; i++)
		if (!g_ascii_isalnum(s[i]) && !strchr("-._", s[i]))
			return;
	if (n > 0 && n <= LOOP_MAX)
		set_header(m, "X-Postigo-Loop", s);
}

static enum outcome
set_head(GMimeMessage *m, const json_t *d, struct err *e)
{
	const char *key = json_string_value(json_object_get(d, "key"));
	const char *reply =
		json_string_value(json_object_get(d, "in_reply_to"));
	const char *at = json_string_value(json_object_get(d, "at"));
	const json_t *reply_to = json_object_get(d, "reply_to");
	char *subject = one_line(d, "subject"), *bare;
	GDateTime *date;
	int64_t t_ms;

	g_mime_message_set_subject(m, subject, "utf-8");
	mem_free(subject);
	if (!key || !id_is_safe(key) || !at || !clock_parse(at, &t_ms))
		return err_set(e, OUT_PERM,
			       "the delivery has no usable 'key' or 'at'");
	bare = mem_strndup(key + 1, strlen(key) - 2);
	g_mime_message_set_message_id(m, bare);
	mem_free(bare);
	date = g_date_time_new_from_unix_utc(t_ms / 1000);
	g_mime_message_set_date(m, date);
	g_date_time_unref(date);
	if (reply && id_is_safe(reply))
		set_header(m, "In-Reply-To", reply);
	set_references(m, d);
	set_automatic(m, d);
	set_loop(m, d);
	if (add_address(g_mime_message_get_from(m), json_object_get(d, "from"),
			e) != OUT_OK ||
	    add_list(g_mime_message_get_to(m), json_object_get(d, "to"), e) !=
		    OUT_OK ||
	    add_list(g_mime_message_get_cc(m), json_object_get(d, "cc"), e) !=
		    OUT_OK)
		return OUT_PERM;
	if (json_is_object(reply_to))
		return add_address(g_mime_message_get_reply_to(m), reply_to, e);
	return OUT_OK;
}

/* A multipart whose boundary follows from the delivery's key: a mail that is
 * built again has the same octets. "=_" is in no encoded part. */
static GMimeMultipart *
multipart(const json_t *d, const char *subtype)
{
	const char *key = json_string_value(json_object_get(d, "key"));
	GMimeMultipart *m = g_mime_multipart_new_with_subtype(subtype);
	char hex[HASH_HEX], boundary[HASH_HEX + 40];

	hash_hex(key ? key : "", key ? strlen(key) : 0, hex);
	(void)snprintf(boundary, sizeof(boundary), "=_%s_%.32s", subtype, hex);
	g_mime_multipart_set_boundary(m, boundary);
	return m;
}

/* Words as text/subtype. */
static GMimeObject *
text_part(const struct buf *words, const char *subtype)
{
	GMimePart *t = g_mime_part_new_with_type("text", subtype);
	GMimeStream *mem =
		g_mime_stream_mem_new_with_buffer(buf_str(words), words->len);
	GMimeDataWrapper *data = g_mime_data_wrapper_new_with_stream(
		mem, GMIME_CONTENT_ENCODING_DEFAULT);

	g_mime_part_set_content(t, data);
	g_mime_part_set_content_encoding(
		t, GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	g_mime_object_set_content_type_parameter(GMIME_OBJECT(t), "charset",
						 "utf-8");
	g_object_unref(data);
	g_object_unref(mem);
	return GMIME_OBJECT(t);
}

/* A text of a notice as it is, without controls. */
static void
notice_words(const json_t *d, const char *name, struct buf *out)
{
	const char *s = json_string_value(json_object_get(d, name));

	for (s = s ? s : ""; *s; s++)
		if ((unsigned char)*s >= ' ' || *s == '\n' || *s == '\t')
			(void)buf_putc(out, *s);
	if (out->len && out->data[out->len - 1] != '\n')
		(void)buf_putc(out, '\n');
}

/* The text, and the same as HTML where there is some. */
static GMimeObject *
words_part(const json_t *d)
{
	bool notice = json_is_true(json_object_get(d, "notice"));
	GMimeMultipart *both;
	GMimeObject *text, *html;
	struct buf words;

	buf_init(&words, WORDS_MAX);
	if (notice)
		notice_words(d, "text", &words);
	else
		letter_text(d, &words);
	text = text_part(&words, "plain");
	buf_clear(&words);
	if (!notice)
		letter_html(d, &words);
	else if (json_is_string(json_object_get(d, "html")))
		notice_words(d, "html", &words);
	if (words.len > 0 && !words.full) {
		html = text_part(&words, "html");
		both = multipart(d, "alternative");
		g_mime_multipart_add(both, text);
		g_mime_multipart_add(both, html);
		g_object_unref(text);
		g_object_unref(html);
		text = GMIME_OBJECT(both);
	}
	buf_release(&words);
	return text;
}

static GMimeObject *
file_part(const json_t *a, const char *octets, size_t n, struct err *e)
{
	json_int_t offset = json_integer_value(json_object_get(a, "offset"));
	json_int_t size = json_integer_value(json_object_get(a, "size"));
	char *type = one_line(a, "content_type");
	char *name = one_line(a, "filename");
	char *slash = strchr(type, '/');
	GMimePart *part = NULL;
	GMimeStream *mem;
	GMimeDataWrapper *data;

	if (offset < 0 || size < 0 || (size_t)offset > n ||
	    (size_t)size > n - (size_t)offset) {
		(void)err_set(e, OUT_PERM, "an attachment has no octets");
		goto out;
	}
	if (slash)
		*slash = '\0';
	for (const char *c = type; slash && *c; c++)
		if (!g_ascii_isalnum(*c) && !strchr("+-._", *c))
			slash = NULL;
	for (const char *c = slash ? slash + 1 : ""; slash && *c; c++)
		if (!g_ascii_isalnum(*c) && !strchr("+-._", *c))
			slash = NULL;
	if (!slash || strcmp(type, "multipart") == 0 ||
	    strcmp(type, "message") == 0)
		part = g_mime_part_new_with_type("application", "octet-stream");
	else
		part = g_mime_part_new_with_type(type, slash + 1);
	mem = g_mime_stream_mem_new_with_buffer(octets + offset, (size_t)size);
	data = g_mime_data_wrapper_new_with_stream(
		mem, GMIME_CONTENT_ENCODING_DEFAULT);
	g_mime_part_set_content(part, data);
	g_mime_part_set_content_encoding(part, GMIME_CONTENT_ENCODING_BASE64);
	g_mime_object_set_disposition(GMIME_OBJECT(part), "attachment");
	if (*name)
		g_mime_part_set_filename(part, name);
	if (json_is_string(json_object_get(a, "text")))
		g_mime_object_set_content_type_parameter(GMIME_OBJECT(part),
							 "charset", "utf-8");
	g_object_unref(data);
	g_object_unref(mem);
out:
	mem_free(type);
	mem_free(name);
	return part ? GMIME_OBJECT(part) : NULL;
}

static enum outcome
set_body(GMimeMessage *m, const json_t *d, const char *octets, size_t n,
	 struct err *e)
{
	const json_t *files = json_object_get(d, "attachments");
	GMimeObject *text = words_part(d), *file;
	GMimeMultipart *mixed;
	enum outcome o = OUT_OK;
	size_t i;
	json_t *a;

	if (!json_array_size(files)) {
		g_mime_message_set_mime_part(m, text);
		g_object_unref(text);
		return OUT_OK;
	}
	mixed = multipart(d, "mixed");
	g_mime_multipart_add(mixed, text);
	g_object_unref(text);
	json_array_foreach(files, i, a)
	{
		file = o == OUT_OK ? file_part(a, octets, n, e) : NULL;
		if (!file) {
			o = OUT_PERM;
			continue;
		}
		g_mime_multipart_add(mixed, file);
		g_object_unref(file);
	}
	g_mime_message_set_mime_part(m, GMIME_OBJECT(mixed));
	g_object_unref(mixed);
	return o;
}

static bool
is_seven_bit(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 128 || p[i] == 0 || p[i] == '\r')
			return false;
	return true;
}

enum outcome
build_mail(const json_t *delivery, const char *octets, size_t n,
	   struct buf *out, struct err *e)
{
	GMimeMessage *m = g_mime_message_new(TRUE);
	GMimeFormatOptions *f = g_mime_format_options_new();
	GMimeStream *mem = g_mime_stream_mem_new();
	GByteArray *bytes;
	enum outcome o;

	g_mime_format_options_set_newline_format(f, GMIME_NEWLINE_FORMAT_UNIX);
	g_mime_format_options_set_param_encoding_method(
		f, GMIME_PARAM_ENCODING_METHOD_RFC2231);
	o = set_head(m, delivery, e);
	if (o == OUT_OK)
		o = set_body(m, delivery, octets, n, e);
	if (o == OUT_OK) {
		(void)g_mime_object_write_to_stream(GMIME_OBJECT(m), f, mem);
		bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(mem));
		if (!is_seven_bit((const char *)bytes->data, bytes->len))
			o = err_set(e, OUT_PERM, "the mail is not 7-bit clean");
		else if (!buf_add(out, bytes->data, bytes->len))
			o = err_set(e, OUT_PERM,
				    "the mail is over its ceiling");
	}
	g_object_unref(mem);
	g_mime_format_options_free(f);
	g_object_unref(m);
	return o;
}
