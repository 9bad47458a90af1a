#include "gateways/mail/parse.h"

#include <ctype.h>
#include <gmime/gmime.h>
#include <libxml/parser.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/addr.h"
#include "gateways/mail/body.h"
#include "gateways/mail/head.h"
#include "gateways/mail/hint.h"
#include "gateways/mail/html.h"
#include "gateways/mail/param.h"
#include "gateways/mail/parts.h"
#include "gateways/mail/quote.h"
#include "gateways/mail/reply.h"
#include "gateways/mail/report.h"
#include "gateways/mail/word.h"

#define SUBJECT_MAX 900 /* octets */
#define REFERENCES_MAX 200
#define IN_REPLY_TO_MAX 100
#define RECIPIENTS_MAX 200
#define LIST_MAX 100 /* addresses of one field that go on */
#define NAME_MAX_OCTETS 300
#define HEADERS_MAX 60 /* that rules may ask */
#define HEADERS_BYTES 8192
#define HEADER_NAME_MAX 100
#define HEADER_VALUE_MAX 998

static void
silent(const gchar *domain, GLogLevelFlags level, const gchar *text,
       gpointer arg)
{
	(void)domain;
	(void)level;
	(void)text;
	(void)arg;
}

void
parse_start(void)
{
	g_log_set_default_handler(silent, NULL);
	g_mime_init();
	xmlInitParser();
	hash_start();
}

/* One mail while it is read. */
struct mail {
	struct head head;
	char charset[64]; /* of octets in the header that have no label */
	char spoken[64];  /* the one that its encoded words have, "" if none */
	json_t *out;
	json_t *warnings;
};

static json_t *
text_of(const char *s, size_t n, size_t max)
{
	json_t *o = json_stringn(s, utf8_cut(s, n, max));

	return o ? o : json_string("");
}

static json_t *
address_of(const struct addr *a)
{
	return json_pack("{s:o, s:o}", "name",
			 text_of(a->name, strlen(a->name), NAME_MAX_OCTETS),
			 "address",
			 text_of(a->address, strlen(a->address), 320));
}

/* Every address of every field of that name. */
static void
read_field(struct mail *m, struct addrs *a, const char *name)
{
	const struct field *f;
	size_t at = 0;

	while ((f = head_next(&m->head, name, &at)) != NULL)
		addr_read(a, m->charset, f->value, f->value_len);
}

static json_t *
list_of(struct mail *m, const char *name)
{
	struct addrs a = { .count = 0 };
	json_t *list = json_array();

	read_field(m, &a, name);
	for (size_t i = 0; i < a.count && i < LIST_MAX; i++)
		json_array_append_new(list, address_of(&a.list[i]));
	if (a.count > LIST_MAX)
		parts_warn(m->warnings, "addresses_cut");
	addr_release(&a);
	return list;
}

/* The writer: From, else Reply-To, else Sender, else Return-Path. */
static json_t *
sender_of(struct mail *m)
{
	static const char *const names[] = { "From", "Reply-To", "Sender",
					     "Return-Path" };
	json_t *found = NULL;

	for (size_t i = 0; i < 4 && !found; i++) {
		struct addrs a = { .count = 0 };
		size_t best = 0;

		read_field(m, &a, names[i]);
		while (best < a.count && !strchr(a.list[best].address, '@'))
			best++;
		if (best < a.count)
			found = address_of(&a.list[best]);
		else if (a.count && i == 0)
			found = address_of(&a.list[0]);
		addr_release(&a);
		if (found && i)
			parts_warn(m->warnings, "no_from");
	}
	return found ? found : json_null();
}

static json_t *
recipients_of(struct mail *m)
{
	static const char *const names[] = {
		"To",           "Cc",
		"Delivered-To", "X-Original-To",
		"Envelope-To",  "X-Envelope-To",
		"Resent-To",    "Apparently-To",
		"Bcc",
	};
	json_t *list = json_array(), *seen = json_object();

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct addrs a = { .count = 0 };

		read_field(m, &a, names[i]);
		for (size_t k = 0; k < a.count; k++) {
			const char *s = a.list[k].address;

			if (json_object_get(seen, s) || strlen(s) > 320 ||
			    json_array_size(list) >= RECIPIENTS_MAX)
				continue;
			json_object_set_new(seen, s, json_true());
			json_array_append_new(list, json_string(s));
		}
		addr_release(&a);
	}
	json_decref(seen);
	return list;
}

/* Of several fields the first that has one counts; of more ids than max the
 * first one and the newest. */
static json_t *
ids_of(struct mail *m, const char *name, size_t max)
{
	const struct field *f;
	json_t *list = json_array();
	struct buf id;
	size_t at = 0, in;

	buf_init(&id, HEAD_VALUE_MAX);
	while (!json_array_size(list) &&
	       (f = head_next(&m->head, name, &at)) != NULL) {
		in = 0;
		while (head_id(f->value, &in, &id)) {
			if (!utf8_valid(buf_str(&id), id.len))
				continue;
			json_array_append_new(
				list,
				text_of(buf_str(&id), id.len, HEAD_ID_MAX));
			if (json_array_size(list) > max)
				json_array_remove(list, 1);
		}
	}
	buf_release(&id);
	return list;
}

static json_t *
subject_of(struct mail *m)
{
	const char *s = head_value(&m->head, "Subject");
	struct buf b;
	json_t *o;
	size_t from = 0;

	buf_init(&b, HEAD_VALUE_MAX * 4);
	word_decode(&b, m->charset, s, strlen(s));
	while (from < b.len && b.data[from] == ' ')
		from++;
	while (b.len > from && b.data[b.len - 1] == ' ')
		b.data[--b.len] = '\0';
	o = text_of(buf_str(&b) + from, b.len - from, SUBJECT_MAX);
	buf_release(&b);
	return o;
}

/* Is the time of day whole? "10:00:t" is the beginning of one. */
static bool
has_time(const char *s)
{
	const char *colon = strchr(s, ':');
	size_t n;

	if (!colon || colon == s || !isdigit((unsigned char)colon[-1]))
		return false;
	n = strspn(colon, ":0123456789");
	return isdigit((unsigned char)colon[n - 1]) &&
	       strchr(" \t+-(", colon[n]) != NULL;
}

static bool
read_date(const char *s, char out[32])
{
	GDateTime *d = *s ? g_mime_utils_header_decode_date(s) : NULL;
	gint64 t;

	if (!d)
		return false;
	t = g_date_time_to_unix(d);
	g_date_time_unref(d);
	if (t < 0 || t > 253402300799)
		return false;
	clock_iso_s(t, out);
	return true;
}

/* The first whole one, else the first that says anything. */
static json_t *
date_of(struct mail *m)
{
	const struct field *f;
	char out[32], poor[32] = "";
	size_t at = 0;

	while ((f = head_next(&m->head, "Date", &at)) != NULL) {
		if (!read_date(f->value, out))
			continue;
		if (has_time(f->value))
			return json_string(out);
		if (!*poor)
			memcpy(poor, out, sizeof(poor));
	}
	return *poor ? json_string(poor) : json_null();
}

static json_t *
message_id_of(struct mail *m)
{
	struct buf id;
	json_t *o = NULL;

	buf_init(&id, HEAD_VALUE_MAX);
	if (head_message_id(&m->head, &id))
		o = json_stringn(buf_str(&id), id.len);
	buf_release(&id);
	return o ? o : json_null();
}

/* Does a rule have no use for it? Marks of the way, which are long, and what
 * the mail's other members tell. */
static bool
is_dull(const struct field *f)
{
	static const char *const names[] = {
		"Received",    "X-Received",   "DKIM-Signature",
		"ARC-",        "Content-",     "X-Google-DKIM-Signature",
		"DomainKey-",  "MIME-Version", "X-Gm-Message-State",
		"Message-ID",  "Date",         "In-Reply-To",
		"References",  "Subject",      "X-Google-Smtp-Source",
		"From",        "X-MS-",        "X-Microsoft-Antispam",
		"X-Forefront-"
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++) {
		size_t n = strlen(names[i]);
		bool begins = names[i][n - 1] == '-';

		if ((begins ? f->name_len >= n : f->name_len == n) &&
		    strncasecmp(f->name, names[i], n) == 0)
			return true;
	}
	return false;
}

/* Is there one From, with one address? */
static bool
one_writer(struct mail *m)
{
	struct addrs a = { .count = 0 };
	size_t at = 0;
	bool one;

	read_field(m, &a, "From");
	one = a.count == 1 && head_next(&m->head, "From", &at) != NULL &&
	      head_next(&m->head, "From", &at) == NULL;
	addr_release(&a);
	return one;
}

/* What a server found out of several writers says nothing of the one that is
 * shown. */
static bool
is_found_out(const struct field *f)
{
	static const char name[] = "Authentication-Results";

	return f->name_len == sizeof(name) - 1 &&
	       strncasecmp(f->name, name, f->name_len) == 0;
}

/* Headers that rules may ask, decoded. */
static json_t *
headers_of(struct mail *m)
{
	bool one = one_writer(m);
	json_t *list = json_array();
	size_t bytes = 0;
	size_t i;

	for (i = 0; i < m->head.count && json_array_size(list) < HEADERS_MAX &&
		    bytes < HEADERS_BYTES;
	     i++) {
		const struct field *f = &m->head.fields[i];
		struct buf b;

		if (is_dull(f) || f->name_len > HEADER_NAME_MAX ||
		    (!one && is_found_out(f)))
			continue;
		buf_init(&b, HEAD_VALUE_MAX);
		word_decode(&b, m->charset, f->value, f->value_len);
		bytes += f->name_len +
			 (b.len < HEADER_VALUE_MAX ? b.len : HEADER_VALUE_MAX);
		if (bytes <= HEADERS_BYTES)
			json_array_append_new(
				list, json_pack("{s:o, s:o}", "name",
						text_of(f->name, f->name_len,
							HEADER_NAME_MAX),
						"value",
						text_of(buf_str(&b), b.len,
							HEADER_VALUE_MAX)));
		buf_release(&b);
	}
	return list;
}

/* The charset that the writer's program speaks elsewhere in the mail. */
static void
read_spoken(struct mail *m)
{
	static const char *const names[] = { "Subject", "From", "To" };

	for (size_t i = 0; i < 3 && !*m->spoken; i++)
		word_charset(head_value(&m->head, names[i]), m->spoken,
			     sizeof(m->spoken));
}

static void
read_header(struct mail *m)
{
	const char *type = head_value(&m->head, "Content-Type");
	struct buf charset;

	buf_init(&charset, sizeof(m->charset) - 1);
	if (param_get(&charset, type, "charset"))
		memcpy(m->charset, buf_str(&charset), charset.len + 1);
	buf_release(&charset);
	read_spoken(m);
	if (m->head.cut)
		parts_warn(m->warnings, "header_cut");
	json_object_set_new(m->out, "from", sender_of(m));
	json_object_set_new(m->out, "reply_to", list_of(m, "Reply-To"));
	json_object_set_new(m->out, "to", list_of(m, "To"));
	json_object_set_new(m->out, "cc", list_of(m, "Cc"));
	json_object_set_new(m->out, "recipients", recipients_of(m));
	json_object_set_new(m->out, "subject", subject_of(m));
	json_object_set_new(m->out, "message_id", message_id_of(m));
	json_object_set_new(m->out, "in_reply_to",
			    ids_of(m, "In-Reply-To", IN_REPLY_TO_MAX));
	json_object_set_new(m->out, "references",
			    ids_of(m, "References", REFERENCES_MAX));
	json_object_set_new(m->out, "date_utc", date_of(m));
	json_object_set_new(m->out, "headers", headers_of(m));
}

static void
put_bodies(struct mail *m, const struct parts *p)
{
	bool plain = body_has_ink(&p->text);
	const struct buf *text = plain ? &p->text : &p->html_text;
	const struct buf *source = plain ? &p->text : &p->reply;
	struct reply_of r = {
		.subject =
			json_string_value(json_object_get(m->out, "subject")),
		.text = buf_str(text),
		.text_len = utf8_cut(buf_str(text), text->len, PARSE_TEXT_MAX),
		.source = buf_str(source),
		.source_len = source->len,
	};
	struct buf reply;

	buf_init(&reply, PARSE_TEXT_MAX);
	json_object_set_new(m->out, "forward", reply_find(&r, &reply));
	if (!body_has_ink(&reply)) {
		buf_clear(&reply);
		(void)buf_add(&reply, r.text, r.text_len);
	}
	json_object_set_new(m->out, "text",
			    text_of(buf_str(text), text->len, PARSE_TEXT_MAX));
	json_object_set_new(m->out, "html_present",
			    json_boolean(p->html_present));
	json_object_set_new(
		m->out, "html",
		p->html_present && !p->html.full
			? text_of(buf_str(&p->html), p->html.len, p->html.max)
			: json_null());
	json_object_set_new(m->out, "html_text",
			    p->html_present
				    ? text_of(buf_str(&p->html_text),
					      p->html_text.len, PARSE_TEXT_MAX)
				    : json_null());
	json_object_set_new(
		m->out, "reply_text",
		text_of(buf_str(&reply), reply.len, PARSE_TEXT_MAX));
	buf_release(&reply);
}

/* Pictures that the HTML shows belong to the text. */
static void
mark_inline(json_t *attachments, const struct buf *html)
{
	size_t i;
	json_t *a;

	json_array_foreach(attachments, i, a)
	{
		const char *id =
			json_string_value(json_object_get(a, "content_id"));
		char cid[300];

		if (!id)
			continue;
		(void)snprintf(cid, sizeof(cid), "cid:%s\"", id);
		if (memmem(buf_str(html), html->len, cid, strlen(cid)))
			json_object_set_new(a, "inline", json_true());
	}
}

static void
judge(struct mail *m, struct hint *t)
{
	const char *type = head_value(&m->head, "Content-Type");
	json_t *from = json_object_get(m->out, "from");
	const char *address =
		json_string_value(json_object_get(from, "address"));
	char kind[128];
	struct buf report;

	param_kind(type, kind, sizeof(kind));
	buf_init(&report, HEAD_VALUE_MAX * 2);
	(void)param_get(&report, type, "report-type");
	if (!address) /* "MAILER-DAEMON <>" */
		address = head_value(&m->head, "From");
	hint_head(t, &m->head, address,
		  json_string_value(json_object_get(m->out, "subject")), kind,
		  buf_str(&report));
	buf_release(&report);
}

static json_t *
hint_recipient_of(const struct hint_recipient *r)
{
	const char *status = r->status[0] ? r->status : NULL;
	json_t *o = json_pack("{s:s, s:s?, s:b}", "address", r->address,
			      "status", status, "permanent", r->permanent);

	if (o && r->original[0])
		json_object_set_new(o, "original", json_string(r->original));
	if (o && r->reason[0])
		json_object_set_new(o, "reason", json_string(r->reason));
	return o;
}

/* Which of our mails it speaks of, and of whom; as contact.add takes it. */
static json_t *
returned_of(const struct hint *t, json_t *recipients)
{
	const char *kind = hint_kind(t);
	json_t *ids = json_array();

	for (size_t i = 0; i < t->id_count; i++)
		json_array_append_new(ids, json_string(t->ids[i]));
	if (kind && (json_array_size(ids) || json_array_size(recipients)))
		return json_pack("{s:s, s:o, s:O}", "kind", kind, "message_ids",
				 ids, "recipients", recipients);
	json_decref(ids);
	return json_null();
}

static void
put_hints(struct mail *m, const struct hint *t)
{
	json_t *list = json_array();

	for (size_t i = 0; i < t->count; i++) {
		json_t *r = hint_recipient_of(&t->list[i]);

		if (r)
			json_array_append_new(list, r);
	}
	json_object_set_new(m->out, "robot", json_boolean(t->robot));
	json_object_set_new(m->out, "automatic",
			    t->why ? json_string(t->why) : json_null());
	json_object_set_new(m->out, "auto_reply", json_boolean(t->auto_reply));
	json_object_set_new(m->out, "bounce", json_boolean(t->bounce));
	json_object_set_new(m->out, "returned", returned_of(t, list));
	json_object_set_new(m->out, "bounced_recipients", list);
	json_object_set_new(m->out, "may_auto_respond",
			    json_boolean(t->may_respond));
	json_object_set_new(m->out, "loop",
			    t->loop[0] ? json_string(t->loop) : json_null());
}

json_t *
parse_mail(const char *raw, size_t n, struct buf *octets)
{
	struct hint *hint = mem_new(1, sizeof(*hint));
	struct mail m = { .out = json_object(), .warnings = json_array() };
	struct parts p;

	head_read(&m.head, raw, n);
	read_header(&m);
	judge(&m, hint);
	parts_init(&p, octets, hint, m.warnings);
	p.charset = m.spoken;
	parts_walk(&p, &m.head, raw, n);
	put_bodies(&m, &p);
	mark_inline(p.attachments, &p.html);
	if ((hint->bounce || hint->nobody) && !hint->report)
		report_scan(hint, raw + m.head.body, n - m.head.body);
	hint_end(hint, &m.head,
		 buf_str(body_has_ink(&p.text) ? &p.text : &p.html_text),
		 body_has_ink(&p.text) ? p.text.len : p.html_text.len);
	put_hints(&m, hint);
	json_object_set(m.out, "attachments", p.attachments);
	json_object_set_new(m.out, "warnings", m.warnings);
	parts_release(&p);
	head_release(&m.head);
	mem_free(hint);
	return m.out;
}

void
parse_strip(const char *p, size_t n, bool html, struct buf *out)
{
	struct html *h = html ? html_read(p, n) : NULL;
	struct buf text, clean, left;

	buf_init(&text, PARSE_TEXT_MAX * 8);
	buf_init(&clean, PARSE_TEXT_MAX * 8);
	buf_init(&left, PARSE_TEXT_MAX * 8);
	if (h)
		html_reply(h, &text);
	else
		(void)utf8_clean(&text, p, n);
	body_tidy(&clean, buf_str(&text), text.len);
	if (!quote_cut(&left, buf_str(&clean), clean.len) && h) {
		buf_clear(&left);
		html_text(h, &left);
	}
	if (html)
		html_of_text(buf_str(&left), left.len, out);
	else
		(void)buf_add(out, buf_str(&left), left.len);
	html_free(&h);
	buf_release(&text);
	buf_release(&clean);
	buf_release(&left);
}
