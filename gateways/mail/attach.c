#include "gateways/mail/attach.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/head.h"
#include "gateways/mail/param.h"
#include "gateways/mail/parse.h"
#include "gateways/mail/parts.h"
#include "gateways/mail/report.h"
#include "gateways/mail/word.h"

#define NAME_OCTETS_MAX 1024
#define ID_OCTETS_MAX 250

void
attach_header(GMimeObject *o, const char *name, struct buf *out)
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

GByteArray *
attach_octets(GMimePart *part)
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

static json_t *
text_of(const struct buf *b)
{
	json_t *s = json_stringn(buf_str(b), b->len);

	return s ? s : json_string("");
}

/* A Content-ID without its brackets; *n_out is 0 if it is of no use. */
static const char *
bare_id(const char *s, size_t *n_out)
{
	s = s ? s : "";
	s += strspn(s, "< \t");
	*n_out = strcspn(s, "> \t");
	if (*n_out > ID_OCTETS_MAX || !utf8_valid(s, *n_out))
		*n_out = 0;
	return s;
}

void
attach_put(struct parts *p, const struct file *f)
{
	bool image = strncmp(f->kind, "image/", 6) == 0, is_inline;
	const char *how = f->how ? f->how : "", *id;
	char hex[HASH_HEX];
	struct buf clean;
	size_t len;
	json_t *o;

	if (json_array_size(p->attachments) >= PARSE_ATTACHMENTS_MAX ||
	    f->n > p->octets->max - p->octets->len) {
		parts_warn(p->warnings, "attachments_cut");
		return;
	}
	buf_init(&clean, NAME_OCTETS_MAX);
	param_filename(&clean, f->name, f->name_len);
	id = bare_id(f->id, &len);
	is_inline = image && (strcmp(how, "inline") == 0 || (len && !*how));
	hash_hex(f->data ? f->data : "", f->n, hex);
	o = json_pack("{s:o, s:s, s:I, s:s, s:o, s:b, s:I}", "filename",
		      text_of(&clean), "content_type", f->kind, "size",
		      (json_int_t)f->n, "sha256", hex, "content_id",
		      len ? json_stringn(id, len) : json_null(), "inline",
		      is_inline, "offset", (json_int_t)p->octets->len);
	if (f->hidden)
		json_object_set_new(o, "hidden", json_true());
	json_array_append_new(p->attachments, o);
	if (f->n)
		(void)buf_add(p->octets, f->data, f->n);
	buf_release(&clean);
}

void
attach_part(struct parts *p, GMimeObject *o, const struct buf *name,
	    const char *kind, const void *data, size_t n, bool hidden)
{
	struct buf id, disposition;
	char how[32];
	struct file f = { .name = buf_str(name),
			  .name_len = name->len,
			  .kind = kind,
			  .how = how,
			  .data = data,
			  .n = n,
			  .hidden = hidden };

	buf_init(&id, HEAD_VALUE_MAX * 2);
	buf_init(&disposition, HEAD_VALUE_MAX * 2);
	attach_header(o, "Content-Id", &id);
	attach_header(o, "Content-Disposition", &disposition);
	param_kind(buf_str(&disposition), how, sizeof(how));
	f.id = buf_str(&id);
	attach_put(p, &f);
	buf_release(&id);
	buf_release(&disposition);
}

/* "Re: a/b" to "Re: a-b.eml". */
static void
name_by_subject(GMimeMessage *m, struct buf *name)
{
	struct buf raw;

	buf_init(&raw, HEAD_VALUE_MAX * 2);
	attach_header(GMIME_OBJECT(m), "Subject", &raw);
	word_decode(name, NULL, buf_str(&raw), raw.len);
	buf_release(&raw);
	for (size_t i = 0; i < name->len; i++)
		if (name->data[i] == '/' || name->data[i] == '\\')
			name->data[i] = '-';
	(void)buf_puts(name, name->len ? ".eml" : "message.eml");
}

void
attach_message(struct parts *p, GMimeMessagePart *mp, struct buf *name)
{
	GMimeMessage *m = g_mime_message_part_get_message(mp);
	GMimeStream *mem;
	GByteArray *bytes;

	if (!m)
		return;
	if (!name->len)
		name_by_subject(m, name);
	mem = g_mime_stream_mem_new();
	bytes = g_byte_array_new();
	g_mime_stream_mem_set_byte_array(GMIME_STREAM_MEM(mem), bytes);
	(void)g_mime_object_write_to_stream(GMIME_OBJECT(m), NULL, mem);
	report_part(p->hint, "message/rfc822", (const char *)bytes->data,
		    bytes->len);
	attach_part(p, GMIME_OBJECT(mp), name, "message/rfc822", bytes->data,
		    bytes->len, false);
	g_object_unref(mem);
	g_byte_array_free(bytes, TRUE);
}
