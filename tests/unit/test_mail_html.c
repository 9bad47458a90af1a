/* The HTML cleaner: what must never come out, and what must. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "gateways/mail/html.h"
#include "gateways/mail/parse.h"

#define ROOM ((size_t)4 * 1024 * 1024)

static const char *
clean(struct buf *out, const char *in, size_t n)
{
	struct html *h = html_read(in, n);
	bool remote, cut;

	buf_clear(out);
	if (h)
		html_clean(h, out, &remote, &cut);
	html_free(&h);
	return buf_str(out);
}

/* Markup that would run, load or go somewhere. */
static const char *const vectors[] = {
	"<script>alert(1)</script>",
	"<scr<script>ipt>alert(1)</scr</script>ipt>",
	"<img src=x onerror=alert(1)>",
	"<img src='https://evil.example/p.gif'>",
	"<img src=\"//evil.example/p.gif\">",
	"<svg onload=alert(1)><script>alert(1)</script></svg>",
	"<svg><animate onbegin=alert(1) attributeName=x></svg>",
	"<svg><image href='https://evil.example/x'/></svg>",
	"<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
	"<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
	"<table><style><img src=x onerror=alert(1)></style></table>",
	"<a href=\"javascript:alert(1)\">x</a>",
	"<a href=\"java\tscript:alert(1)\">x</a>",
	"<a href=\"&#106;avascript:alert(1)\">x</a>",
	"<a href=\" \x01javascript:alert(1)\">x</a>",
	"<a href=\"data:text/html,<script>alert(1)</script>\">x</a>",
	"<a href=\"vbscript:msgbox(1)\">x</a>",
	"<iframe src='https://evil.example'></iframe>",
	"<iframe srcdoc='<script>alert(1)</script>'></iframe>",
	"<object data='https://evil.example'></object>",
	"<embed src='https://evil.example'>",
	"<form action='https://evil.example'><input type=submit></form>",
	"<button formaction='javascript:alert(1)'>x</button>",
	"<base href='https://evil.example/'>",
	"<meta http-equiv=refresh content='0;url=https://evil.example'>",
	"<link rel=stylesheet href='https://evil.example/x.css'>",
	"<style>@import 'https://evil.example/x.css';</style>",
	"<div style=\"background:url(https://evil.example/x)\">x</div>",
	"<div style=\"background-color:expression(alert(1))\">x</div>",
	"<div style=\"width:e\\78pression(alert(1))\">x</div>",
	"<div style=\"position:fixed;top:0;left:0\">x</div>",
	"<div style=\"color:red;-moz-binding:url(https://evil.example)\">x",
	"<div style='color:/**/expression(1)'>x</div>",
	"<body onload=alert(1) background='https://evil.example/b'>x</body>",
	"<p onclick='alert(1)' onmouseover=alert(1)>x</p>",
	"<template><script>alert(1)</script></template>",
	"<textarea></textarea><script>alert(1)</script>",
	"<xmp><script>alert(1)</script></xmp>",
	"<video src='https://evil.example/v'><source onerror=alert(1)>",
	"<audio src='https://evil.example/a'></audio>",
	"<input autofocus onfocus=alert(1)>",
	"<details open ontoggle=alert(1)>x</details>",
	"<marquee onstart=alert(1)>x</marquee>",
	"<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
	"<![CDATA[<script>alert(1)</script>]]>",
	"<?xml version='1.0'?><script>alert(1)</script>",
	"<!--><script>alert(1)</script>-->",
	"<p title='\"><script>alert(1)</script>'>x</p>",
	"<img alt=\"`><script>alert(1)</script>\" src=x>",
	"<a href='https://a.example/\"onmouseover=alert(1)//'>x</a>",
	"<td background='https://evil.example/t'>x</td>",
	"<img src='cid:x\" onerror=\"alert(1)'>",
	"<img srcset='https://evil.example/x 2x' src='cid:a'>",
	"<select><option><script>alert(1)</script></option></select>",
	"<title><script>alert(1)</script></title>",
	"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
};

/* No element, attribute or address outside of the list may come out. */
static void
assert_safe(const char *out, const char *in)
{
	static const char *const never[] = {
		"<script",  "<style",      "<svg",      "<math",
		"<iframe",  "<object",     "<embed",    "<form",
		"<input",   "<button",     "<base",     "<meta",
		"<link",    "<template",   "<video",    "<audio",
		"<details", "<body",       "<title",    "<!",
		"<?",       "javascript:", "vbscript:", "data:",
		"url(",     "expression",  "position",  "binding",
		"srcset",   "background=",
	};
	bool in_tag = false, quoted = false;

	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (strcasestr(out, never[i]))
			fail_msg("'%s' came out of '%s' as '%s'", never[i], in,
				 out);
	for (const char *c = out; *c; c++) {
		if (*c == '"' && in_tag)
			quoted = !quoted;
		else if (*c == '<' && !quoted)
			in_tag = true;
		else if (*c == '>' && !quoted)
			in_tag = false;
		if (in_tag && !quoted && strncasecmp(c, " on", 3) == 0)
			fail_msg("a handler came out of '%s': '%s'", in, out);
		if (in_tag && strncasecmp(c, "src=\"", 5) == 0 &&
		    strncasecmp(c + 5, "cid:", 4) != 0)
			fail_msg("a source came out of '%s': '%s'", in, out);
	}
}

static void
nothing_that_runs_or_loads_comes_out(void **state)
{
	struct buf out;
	char nested[4096];

	(void)state;
	buf_init(&out, ROOM);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		const char *v = vectors[i];

		assert_safe(clean(&out, v, strlen(v)), v);
		(void)snprintf(nested, sizeof(nested),
			       "<table><tr><td><p><b>%s<i>x", v);
		assert_safe(clean(&out, nested, strlen(nested)), nested);
		(void)snprintf(nested, sizeof(nested), "<div title='%s'>x", v);
		(void)clean(&out, nested, strlen(nested));
		assert_null(strcasestr(buf_str(&out), "<script"));
	}
	buf_release(&out);
}

static void
what_was_cleaned_is_clean(void **state)
{
	struct buf one, two;

	(void)state;
	buf_init(&one, ROOM);
	buf_init(&two, ROOM);
	for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++) {
		(void)clean(&one, vectors[i], strlen(vectors[i]));
		(void)clean(&two, buf_str(&one), one.len);
		assert_safe(buf_str(&two), vectors[i]);
	}
	buf_release(&one);
	buf_release(&two);
}

static void
ordinary_mail_keeps_its_look(void **state)
{
	struct buf out;
	const char *in = "<p style=\"color: #333; font-size:14px\">Hola "
			 "<b>Ana</b> &amp; <a href=\"https://tienda.example/"
			 "?a=1&amp;b=2\">aquí</a><br><img src=\"cid:foto@1\" "
			 "alt=\"foto\"></p>";

	(void)state;
	buf_init(&out, ROOM);
	assert_string_equal(
		clean(&out, in, strlen(in)),
		"<p style=\"color: #333; font-size: 14px;\">Hola <b>Ana</b> "
		"&amp; <a href=\"https://tienda.example/?a=1&amp;b=2\" "
		"target=\"_blank\" rel=\"noopener noreferrer nofollow\">aquí"
		"</a><br><img src=\"cid:foto@1\" alt=\"foto\"></p>");
	buf_release(&out);
}

static void
styles_are_cut_to_a_list(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, ROOM);
	html_style(&b, "color: rgb(1,2,3); position:absolute; margin:-99px; "
		       "margin: 0 0 0 -99px; "
		       "BACKGROUND-COLOR:#fff;width:calc(1px);x");
	assert_string_equal(buf_str(&b),
			    "color: rgb(1,2,3); background-color: #fff; ");
	buf_release(&b);
}

static void
deep_and_large_markup_meets_its_ceilings(void **state)
{
	static char deep[600000];
	struct buf out;
	size_t n = 0;

	(void)state;
	buf_init(&out, ROOM);
	while (n + 5 < sizeof(deep)) {
		memcpy(deep + n, "<div>", 5);
		n += 5;
	}
	(void)clean(&out, deep, n);
	for (n = 0; n + 12 < sizeof(deep); n += 12)
		memcpy(deep + n, "<b>aaaaa</b>", 12);
	(void)clean(&out, deep, n);
	assert_true(out.len > HTML_OUT_MAX / 2);
	assert_true(out.len < HTML_OUT_MAX + 4096);
	assert_false(out.full);
	buf_release(&out);
}

static void
quotes_of_mail_programs_are_left_out(void **state)
{
	static const struct {
		const char *in, *want;
	} cases[] = {
		{ "<div>Vale</div><div class=\"gmail_quote\">viejo</div>",
		  "Vale" },
		{ "<p>Vale</p><blockquote type=\"cite\">viejo</blockquote>",
		  "Vale" },
		{ "<p>Vale</p><div id=\"divRplyFwdMsg\">De: x</div><p>viejo",
		  "Vale" },
		{ "<p>Vale</p><div style='border:none;border-top:solid "
		  "#E1E1E1 1.0pt'>De: x</div><p>viejo</p>",
		  "Vale" },
		{ "<div class=\"gmail_quote\">todo</div>", "todo" },
		{ "<p>a</p><blockquote>mío</blockquote><p>b</p>",
		  "a<br>\n<br>\nmío<br>\n<br>\nb" },
		{ "<p>Vale</p><div style='border:none;border-top:1pt solid "
		  "#e1e1e1;padding:3pt 0cm 0cm 0cm'>De: x</div><p>viejo</p>",
		  "Vale" },
		{ "<p>Vale</p><div style='BORDER-TOP: #b5c4df 1pt solid; "
		  "PADDING-TOP: 3pt'>De: x</div><p>viejo</p>",
		  "Vale" },
		{ "<p>Vale</p><div style='border-top:1px solid #E1E1E1'>y "
		  "esto</div>",
		  "Vale<br>\n<br>\ny esto" },
		{ "<p>Vale</p><div name=\"quote\"><b>Gesendet:</b> x</div>",
		  "Vale" },
		{ "<p>Vale</p><div id=\"mail-editor-reference-message-"
		  "container\">viejo</div>",
		  "Vale" },
		{ "<p>Vale</p><hr data-marker=\"__DIVIDER__\"><div>viejo",
		  "Vale" },
		/* Thunderbird, answered below */
		{ "<div class=\"moz-cite-prefix\">Am 5.1. schrieb X:</div>"
		  "<blockquote type=\"cite\">viejo</blockquote><p>Danke sehr",
		  "Danke sehr" },
		/* a picture between two: the first was answered with it */
		{ "a<blockquote>b</blockquote><img src=\"cid:x\">"
		  "<blockquote>c</blockquote>",
		  "a<br>\n<br>\nb" },
		{ "<blockquote>todo &lt;a@b.es&gt;</blockquote>",
		  "todo &lt;a@b.es&gt;" },
		/* blanks between elements of a line */
		{ "<b>uno</b> <i>dos</i>\n<u>tres</u>", "uno dos tres" },
		/* our own marker, whatever is around it */
		{ "<p>Talla M</p><p>Kas 5.01.2026 X &lt;x@y.es&gt; teatas:</p>"
		  "<div><p id=\"x_postigo-reply-above\">-- Reply above this "
		  "line --</p><p>viejo</p></div>",
		  "Talla M" },
		{ "<div class=\"gmail_quote\">El lun, X &lt;x@y.es&gt; "
		  "escribió:<blockquote><p id=\"postigo-reply-above\">-- Reply "
		  "above this line --</p>viejo</blockquote></div><p>Talla M</p>",
		  "Talla M" },
		/* answered below a quote, too: all of it */
		{ "Hola a todos<div class=\"gmail_quote\">viejo</div>"
		  "y esto es otra cosa",
		  "Hola a todos<br>\n<br>\nviejo<br>\ny esto es otra cosa" },
		{ "Hola a todos<div class=\"gmail_quote\">viejo</div>-- <br>"
		  "<div class=\"gmail_signature\">Ana Pérez, tienda</div>",
		  "Hola a todos" },
	};
	struct buf b;

	(void)state;
	buf_init(&b, ROOM);
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		buf_clear(&b);
		parse_strip(cases[i].in, strlen(cases[i].in), true, &b);
		assert_string_equal(buf_str(&b), cases[i].want);
	}
	buf_release(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_runs_or_loads_comes_out),
		cmocka_unit_test(what_was_cleaned_is_clean),
		cmocka_unit_test(ordinary_mail_keeps_its_look),
		cmocka_unit_test(styles_are_cut_to_a_list),
		cmocka_unit_test(deep_and_large_markup_meets_its_ceilings),
		cmocka_unit_test(quotes_of_mail_programs_are_left_out),
	};

	parse_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
