#include "gateways/mail/letter.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/markdown.h"

#define PART_MAX ((size_t)4 * 1024 * 1024)
#define NAME_BYTES_MAX 200
#define ISO_BYTES 32 /* of an instant */

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

/* A member without controls; its line ends are "\n", and one ends it. */
static void
clean(const json_t *o, const char *name, struct buf *out)
{
	for (const char *s = member(o, name); *s; s++)
		if ((unsigned char)*s >= ' ' ? *s != 127
					     : *s == '\n' || *s == '\t')
			(void)buf_putc(out, *s);
		else if (*s == '\r' && s[1] != '\n')
			(void)buf_putc(out, '\n');
	if (out->len > 0 && out->data[out->len - 1] != '\n')
		(void)buf_putc(out, '\n');
}

static bool
is_spanish(const json_t *d)
{
	return strcmp(member(d, "language"), "en") != 0;
}

/* What a customer wrote, without the empty lines below it. */
static void
quoted(const json_t *quote, struct buf *out)
{
	clean(quote, "text", out);
	while (out->len > 0 && out->data[out->len - 1] == '\n')
		out->data[--out->len] = '\0';
}

static const char *
mark_of(const json_t *d)
{
	return is_spanish(d) ? LETTER_MARK_ES : LETTER_MARK_EN;
}

static const json_t *
quote_of(const json_t *d)
{
	const json_t *q = json_object_get(d, "quote");

	return json_is_object(q) ? q : NULL;
}

/* "El 22/11/2026, Ana escribió:": who wrote what is answered, and on which
 * day of UTC. */
static void
wrote(const json_t *d, const json_t *quote, struct buf *out)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	const char *name = member(quote, "name");
	size_t n = utf8_cut(name, strlen(name), NAME_BYTES_MAX);
	char at[ISO_BYTES];
	int64_t at_ms = 0;

	(void)clock_parse(member(quote, "at"), &at_ms);
	clock_iso_ms(at_ms, at);
	if (is_spanish(d))
		(void)buf_printf(out, "El %.2s/%.2s/%.4s, ", at + 8, at + 5,
				 at);
	else
		(void)buf_printf(out, "On %.2s %s %.4s, ", at + 8,
				 months[strtoul(at + 5, NULL, 10) - 1], at);
	for (size_t i = 0; i < n; i++)
		(void)buf_putc(out,
			       (unsigned char)name[i] < ' ' || name[i] == 127
				       ? ' '
				       : name[i]);
	(void)buf_puts(out, is_spanish(d) ? " escribió:" : " wrote:");
}

/* --- text ------------------------------------------------------------------ */

static void
quote_text(const json_t *d, const json_t *quote, struct buf *out)
{
	struct buf words;

	(void)buf_puts(out, "\n");
	wrote(d, quote, out);
	(void)buf_puts(out, "\n");
	buf_init(&words, PART_MAX);
	quoted(quote, &words);
	for (const char *s = buf_str(&words); *s;) {
		size_t n = strcspn(s, "\n");

		(void)buf_puts(out, *s == '>' || n == 0 ? ">" : "> ");
		(void)buf_add(out, s, n);
		(void)buf_putc(out, '\n');
		s += n + (s[n] == '\n');
	}
	buf_release(&words);
}

void
letter_text(const json_t *d, struct buf *out)
{
	const json_t *quote = quote_of(d);

	if (quote)
		(void)buf_printf(out, "%s\n\n", mark_of(d));
	clean(d, "text", out);
	if (*member(d, "signature")) {
		(void)buf_puts(out, "\n-- \n");
		clean(d, "signature", out);
	}
	if (quote)
		quote_text(d, quote, out);
}

/* --- HTML ------------------------------------------------------------------ */

static void
marked(const json_t *d, const char *name, struct buf *out)
{
	struct buf words;

	buf_init(&words, PART_MAX);
	clean(d, name, &words);
	markdown_html(buf_str(&words), words.len, out);
	buf_release(&words);
}

static void
quote_html(const json_t *d, const json_t *quote, struct buf *out)
{
	struct buf words;

	buf_init(&words, PART_MAX);
	wrote(d, quote, &words);
	(void)buf_puts(out, "<div><p>");
	markdown_plain(buf_str(&words), words.len, out);
	(void)buf_puts(out, "</p>\n<blockquote style=\"margin:0 0 0 0.8ex;"
			    "border-left:1px solid #ccc;"
			    "padding-left:1ex\">\n");
	buf_clear(&words);
	quoted(quote, &words);
	markdown_plain(buf_str(&words), words.len, out);
	(void)buf_puts(out, "\n</blockquote></div>\n");
	buf_release(&words);
}

void
letter_html(const json_t *d, struct buf *out)
{
	const json_t *quote = quote_of(d);

	(void)buf_printf(out,
			 "<!DOCTYPE html>\n<html lang=\"%s\"><head>"
			 "<meta charset=\"utf-8\"></head><body>\n",
			 is_spanish(d) ? "es" : "en");
	if (quote)
		(void)buf_printf(out,
				 "<div id=\"" LETTER_MARK
				 "\" style=\"color:#767676\">%s</div>\n",
				 mark_of(d));
	marked(d, "text", out);
	if (*member(d, "signature")) {
		(void)buf_puts(out, "<div>-- <br />\n");
		marked(d, "signature", out);
		(void)buf_puts(out, "</div>\n");
	}
	if (quote)
		quote_html(d, quote, out);
	(void)buf_puts(out, "</body></html>\n");
}
