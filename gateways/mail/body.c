#include "gateways/mail/body.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/attach.h"
#include "gateways/mail/charset.h"
#include "gateways/mail/crypt.h"
#include "gateways/mail/flowed.h"
#include "gateways/mail/html.h"
#include "gateways/mail/param.h"
#include "gateways/mail/parts.h"
#include "gateways/mail/rtf.h"
#include "gateways/mail/uu.h"

#define CONVERTED_MAX ((size_t)8 * 1024 * 1024)

bool
body_has_ink(const struct buf *b)
{
	size_t k;
	uint32_t cp;

	for (size_t i = 0; i < b->len; i += k ? k : 1) {
		k = utf8_next(b->data + i, b->len - i, &cp);
		if (cp > ' ' && cp != 0xa0 && cp != 0xfeff && cp != 0xad &&
		    cp != 0x034f && !(cp >= 0x2000 && cp <= 0x200f) &&
		    cp != 0x2028 && cp != 0x3000)
			return true;
	}
	return false;
}

void
body_tidy(struct buf *out, const char *p, size_t n)
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

/* Take the uuencoded files out of a text's octets; out gets what is left. */
static void
take_files(struct parts *p, const struct buf *charset, const char *s, size_t n,
	   struct buf *out)
{
	struct buf name, octets;
	struct uu u;
	size_t at = 0;

	for (int i = 0; i < UU_FILES_MAX && uu_find(s, n, at, &u); i++) {
		struct file f = { .kind = "application/octet-stream" };

		buf_init(&name, 1024);
		buf_init(&octets, n);
		charset_utf8(&name, buf_str(charset), charset->len, u.name,
			     u.name_len);
		uu_decode(s, &u, &octets);
		f.name = buf_str(&name);
		f.name_len = name.len;
		f.data = octets.data;
		f.n = octets.len;
		attach_put(p, &f);
		(void)buf_add(out, s + at, u.from - at);
		at = u.to;
		buf_release(&name);
		buf_release(&octets);
	}
	(void)buf_add(out, s + at, n - at);
}

static void
add_plain(struct parts *p, const struct buf *text, const char *type)
{
	struct buf tidy, bare;
	enum crypt how;

	buf_init(&tidy, CONVERTED_MAX);
	buf_init(&bare, CONVERTED_MAX * 2);
	body_tidy(&tidy, buf_str(text), text->len);
	how = crypt_armour(buf_str(&tidy), tidy.len, &bare);
	if (how == CRYPT_SIGNED) {
		parts_warn(p->warnings, "signed");
	} else {
		if (how == CRYPT_ENCRYPTED)
			parts_warn(p->warnings, "encrypted");
		flowed_join(&bare, buf_str(&tidy), tidy.len, type);
	}
	add_joined(p, &p->text, &bare);
	buf_release(&tidy);
	buf_release(&bare);
}

void
body_add_html(struct parts *p, const struct buf *markup, struct body_place at)
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
	body_tidy(&tidy, buf_str(&piece), piece.len);
	add_joined(p, &p->html_text, &tidy);
	if (!at.alternative && !at.related && p->text.len)
		add_joined(p, &p->text, &tidy);
	buf_clear(&piece);
	buf_clear(&tidy);
	html_reply(h, &piece);
	body_tidy(&tidy, buf_str(&piece), piece.len);
	add_joined(p, &p->reply, &tidy);
	buf_release(&piece);
	buf_release(&tidy);
	html_free(&h);
}

void
body_add(struct parts *p, const char *octets, size_t n, const char *type,
	 bool html, struct body_place at)
{
	struct buf charset, text, rest;
	char meta[64];

	if (n > CONVERTED_MAX / 2) {
		n = CONVERTED_MAX / 2;
		parts_warn(p->warnings, "text_cut");
	}
	buf_init(&charset, 256);
	buf_init(&text, CONVERTED_MAX);
	buf_init(&rest, CONVERTED_MAX);
	if (!param_get(&charset, type, "charset") && html) {
		html_charset(octets, n, meta);
		if (strncasecmp(meta, "utf-16", 6) != 0)
			(void)buf_puts(&charset, meta);
	}
	if (html)
		(void)buf_add(&rest, octets, n);
	else
		take_files(p, &charset, octets, n, &rest);
	if (charset.len)
		charset_utf8(&text, buf_str(&charset), charset.len,
			     buf_str(&rest), rest.len);
	else
		charset_guess(&text, p->charset, buf_str(&rest), rest.len);
	if (html)
		body_add_html(p, &text, at);
	else
		add_plain(p, &text, type);
	buf_release(&text);
	buf_release(&rest);
	buf_release(&charset);
}

void
body_add_spare(struct parts *p, const char *s, size_t n)
{
	struct buf tidy;

	buf_init(&tidy, CONVERTED_MAX);
	body_tidy(&tidy, s, n);
	add_joined(p, &p->spare, &tidy);
	buf_release(&tidy);
}

/* "<bold>a</bold> << b" to "a < b". */
static void
drop_commands(struct buf *out, const char *s, size_t n)
{
	const char *last = memrchr(s, '>', n);
	size_t ends = last ? (size_t)(last - s) : 0; /* no command after it */

	for (size_t i = 0; i < n; i++) {
		if (s[i] == '<' && i + 1 < n && s[i + 1] == '<')
			(void)buf_putc(out, s[i++]);
		else if (s[i] == '<' && i < ends)
			i = (size_t)((const char *)memchr(s + i, '>', n - i) -
				     s);
		else
			(void)buf_putc(out, s[i]);
	}
}

void
body_add_other(struct parts *p, const char *octets, size_t n, const char *type,
	       const char *kind)
{
	struct buf charset, text, bare;
	bool html = false;

	n = n < CONVERTED_MAX / 2 ? n : CONVERTED_MAX / 2;
	buf_init(&charset, 256);
	buf_init(&text, CONVERTED_MAX);
	buf_init(&bare, CONVERTED_MAX);
	(void)param_get(&charset, type, "charset");
	if (rtf_read(&bare, octets, n, &html)) {
		if (html)
			(void)buf_add(&p->spare_html, buf_str(&bare), bare.len);
	} else {
		charset_utf8(&text, buf_str(&charset), charset.len, octets, n);
		if (strcmp(kind, "text/enriched") == 0 ||
		    strcmp(kind, "text/richtext") == 0)
			drop_commands(&bare, buf_str(&text), text.len);
		else
			(void)buf_add(&bare, buf_str(&text), text.len);
	}
	if (!html && body_has_ink(&bare))
		body_add_spare(p, buf_str(&bare), bare.len);
	buf_release(&charset);
	buf_release(&text);
	buf_release(&bare);
}

void
body_settle(struct parts *p)
{
	const struct body_place alone = { false, false };

	if (body_has_ink(&p->text) || body_has_ink(&p->html_text))
		return;
	if (body_has_ink(&p->spare_html))
		body_add_html(p, &p->spare_html, alone);
	if (!body_has_ink(&p->html_text) && body_has_ink(&p->spare))
		add_joined(p, &p->text, &p->spare);
}
