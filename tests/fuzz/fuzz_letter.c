/*
 * fuzz_letter: any text as an agent's, a signature and what is quoted. Says:
 * the HTML has only the elements and attributes of markdown.h and letter.h,
 * links go to http, https and mailto; a letter is UTF-8 and begins with the
 * line to answer above.
 */
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/letter.h"
#include "gateways/mail/markdown.h"

#define INPUT_MAX ((size_t)32 * 1024)
#define OUTPUT_MAX ((size_t)8 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static bool
starts(const char *s, const char *with)
{
	return strncmp(s, with, strlen(with)) == 0;
}

/* "p>", "/p>", "br />": one of the elements without attributes? */
static bool
is_plain(const char *s)
{
	static const char *const names[] = {
		"p",          "em", "strong", "code", "pre",
		"blockquote", "ul", "ol",     "li",   "a",
	};

	if (starts(s, "br />") || starts(s, "hr />"))
		return true;
	s += *s == '/';
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (starts(s, names[i]) && s[strlen(names[i])] == '>')
			return true;
	return false;
}

/* The end of an attribute's value that begins at s; NULL: it has none. */
static const char *
value_end(const char *s)
{
	s += strcspn(s, "\"<>\n");
	return *s == '"' ? s : NULL;
}

static bool
is_link(const char *s)
{
	if (!starts(s, "a href=\""))
		return false;
	s += strlen("a href=\"");
	if (strncasecmp(s, "http://", 7) != 0 &&
	    strncasecmp(s, "https://", 8) != 0 &&
	    strncasecmp(s, "mailto:", 7) != 0)
		return false;
	s = value_end(s);
	return s && s[1] == '>';
}

static bool
is_list(const char *s)
{
	if (!starts(s, "ol start=\""))
		return false;
	s = value_end(s + strlen("ol start=\""));
	return s && s[1] == '>';
}

static void
check(const char *s)
{
	for (s = strchr(s, '<'); s; s = strchr(s + 1, '<'))
		if (!is_plain(s + 1) && !is_link(s + 1) && !is_list(s + 1))
			abort();
}

/* The whole letter: one line to answer above, and both texts are UTF-8. */
static void
check_letter(const char *text)
{
	json_t *d = json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}", "text", text,
			      "signature", text, "quote", "name", text, "at",
			      text, "text", text);
	struct buf out;

	buf_init(&out, OUTPUT_MAX);
	letter_text(d, &out);
	if (out.full || !utf8_valid(buf_str(&out), out.len) ||
	    !starts(buf_str(&out), LETTER_MARK_ES "\n\n"))
		abort();
	buf_clear(&out);
	letter_html(d, &out);
	if (out.full || !utf8_valid(buf_str(&out), out.len) ||
	    strstr(buf_str(&out), "<script") || strstr(buf_str(&out), "<img"))
		abort();
	buf_release(&out);
	json_decref(d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf text, out;

	if (n > INPUT_MAX)
		return 0;
	buf_init(&text, OUTPUT_MAX);
	buf_init(&out, OUTPUT_MAX);
	(void)utf8_clean(&text, (const char *)p, n);
	markdown_html(buf_str(&text), text.len, &out);
	if (out.full || !utf8_valid(buf_str(&out), out.len))
		abort();
	check(buf_str(&out));
	check_letter(buf_str(&text));
	buf_release(&text);
	buf_release(&out);
	return 0;
}
