/* What an answer looks like: light Markdown, the line to answer above, the
 * signature, what is quoted. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/mail/letter.h"
#include "gateways/mail/markdown.h"

#define ROOM ((size_t)4 * 1024 * 1024)

/* --- Markdown -------------------------------------------------------------- */

static void
gives(const char *text, const char *html)
{
	struct buf out;

	buf_init(&out, ROOM);
	markdown_html(text, strlen(text), &out);
	assert_string_equal(buf_str(&out), html);
	buf_release(&out);
}

static void
what_agents_write(void **state)
{
	(void)state;
	gives("", "");
	gives("Hola, Ana:\n\nSale **hoy** por *correo*.\nUn saludo\n",
	      "<p>Hola, Ana:</p>\n<p>Sale <strong>hoy</strong> por "
	      "<em>correo</em>.<br />\nUn saludo</p>\n");
	gives("- uno\n- dos\n", "<ul>\n<li>uno</li>\n<li>dos</li>\n</ul>\n");
	gives("3. tres\n4. cuatro\n",
	      "<ol start=\"3\">\n<li>tres</li>\n<li>cuatro</li>\n</ol>\n");
	gives("> dijiste\n\nsí\n",
	      "<blockquote>\n<p>dijiste</p>\n</blockquote>\n<p>sí</p>\n");
	gives("`a<b`\n", "<p><code>a&lt;b</code></p>\n");
	gives("```sql\n<b>\n```\n", "<pre><code>&lt;b&gt;\n</code></pre>\n");
	gives("uno\n\n---\n\ndos\n", "<p>uno</p>\n<hr />\n<p>dos</p>\n");
}

static void
nothing_disappears(void **state)
{
	(void)state;
	gives("Talla <S> o <b>M</b>\n",
	      "<p>Talla &lt;S&gt; o &lt;b&gt;M&lt;/b&gt;</p>\n");
	gives("<div>\nhola\n</div>\n",
	      "<p>&lt;div&gt;<br />\nhola<br />\n&lt;/div&gt;</p>\n");
	gives("<!-- nota -->\n", "<p>&lt;!-- nota --&gt;</p>\n");
	gives("<script>alert(1)</script>\n",
	      "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>\n");
	/* CommonMark would make these headings and definitions */
	gives("Saludos\n--\nAna\n", "<p>Saludos<br />\n--<br />\nAna</p>\n");
	gives("Saludos\n-- \nAna\n", "<p>Saludos<br />\n--<br />\nAna</p>\n");
	gives("Total\n==\n", "<p>Total<br />\n==</p>\n");
	gives("Saludos\n---\nAna\n", "<p>Saludos</p>\n<hr />\n<p>Ana</p>\n");
	gives("# Pedido\n", "<p><strong>Pedido</strong></p>\n");
	gives("[1]: mañana\n", "<p>[1]: mañana</p>\n");
	gives("> [nota\n> dos]: x\n",
	      "<blockquote>\n<p>[nota<br />\ndos]: x</p>\n</blockquote>\n");
	gives("![foto](https://a.example/f.png)\n",
	      "<p><a href=\"https://a.example/f.png\">foto</a></p>\n");
}

static void
links_lead_to_pages_and_mailboxes(void **state)
{
	(void)state;
	gives("[aquí](https://a.example/?a=1&b=2 \"t\")\n",
	      "<p><a href=\"https://a.example/?a=1&amp;b=2\">aquí</a></p>\n");
	gives("[escribe](mailto:a@b.example)\n",
	      "<p><a href=\"mailto:a@b.example\">escribe</a></p>\n");
	gives("[x](javascript:alert(1))\n", "<p>x (javascript:alert(1))</p>\n");
	gives("[x](JaVaScRiPt:alert`1`)\n", "<p>x (JaVaScRiPt:alert`1`)</p>\n");
	gives("[x](data:text/html,a)\n", "<p>x (data:text/html,a)</p>\n");
	gives("[x](//evil.example)\n", "<p>x (//evil.example)</p>\n");
	gives("<vbscript:x>\n", "<p>vbscript:x (vbscript:x)</p>\n");
	gives("![f](data:image/png;base64,AA)\n",
	      "<p>f (data:image/png;base64,AA)</p>\n");
	gives("[![f](https://a.example/f)](https://a.example/)\n",
	      "<p><a href=\"https://a.example/\">f "
	      "(https://a.example/f)</a></p>\n");
	gives("[](https://a.example/)\n",
	      "<p><a href=\"https://a.example/\">https://a.example/</a></p>\n");
}

static void
addresses_in_the_text_are_links(void **state)
{
	(void)state;
	gives("Mira https://a.example/b_c_d/_e_?x=1&y=(2).\n",
	      "<p>Mira <a href=\"https://a.example/b_c_d/_e_?x=1&amp;y=(2)\">"
	      "https://a.example/b_c_d/_e_?x=1&amp;y=(2)</a>.</p>\n");
	gives("(http://a.example/) y http://b.example, **https://c.example**\n",
	      "<p>(<a href=\"http://a.example/\">http://a.example/</a>) y "
	      "<a href=\"http://b.example\">http://b.example</a>, "
	      "<strong><a href=\"https://c.example\">https://c.example</a>"
	      "</strong></p>\n");
	gives("<https://a.example/x_y_>\n",
	      "<p><a href=\"https://a.example/x_y_\">"
	      "https://a.example/x_y_</a></p>\n");
	gives("`https://a.example`\n",
	      "<p><code>https://a.example</code></p>\n");
	gives("https:// y xhttps://a.example\n",
	      "<p>https:// y xhttps://a.example</p>\n");
	gives("[https://a.example](https://b.example)\n",
	      "<p><a href=\"https://b.example\">https://a.example</a></p>\n");
	gives("```\nhttps://a.example/_x_\n```\n",
	      "<pre><code>https://a.example/_x_\n</code></pre>\n");
}

static void
long_texts_are_shown_as_they_are(void **state)
{
	size_t n = MARKDOWN_MAX + 1;
	struct buf in, out;

	(void)state;
	buf_init(&in, ROOM);
	buf_init(&out, ROOM);
	while (in.len < n)
		(void)buf_puts(&in, "**<a>**\n");
	markdown_html(in.data, in.len, &out);
	assert_memory_equal(out.data, "<p>**&lt;a&gt;**<br />\n", 23);
	assert_null(strstr(out.data, "<strong>"));
	assert_false(out.full);
	buf_release(&in);
	buf_release(&out);
}

/* Texts that make some parsers slow or deep: an answer, and soon. */
static void
hostile_texts_end(void **state)
{
	static const char *const pieces[] = { "[",     "![",       "](", "*a ",
					      "> ",    "`a ",      "<",  "- ",
					      "[a](",  "_*",       "&",  "a@",
					      "[a]: ", "(https://" };

	(void)state;
	for (size_t k = 0; k < sizeof(pieces) / sizeof(*pieces); k++) {
		struct buf in, out;

		buf_init(&in, ROOM);
		buf_init(&out, ROOM);
		while (in.len + strlen(pieces[k]) <= MARKDOWN_MAX)
			(void)buf_puts(&in, pieces[k]);
		markdown_html(in.data, in.len, &out);
		assert_true(out.len > 0);
		assert_false(out.full);
		buf_release(&in);
		buf_release(&out);
	}
}

/* --- the letter ------------------------------------------------------------ */

static json_t *
answer(void)
{
	return json_pack("{s:s, s:s, s:s, s:{s:s, s:s, s:s}}", "text",
			 "Hola **Ana**\n", "language", "es", "signature",
			 "Marta\n*Tienda Sol*", "quote", "name", "Ana\r\nX: y",
			 "at", "2026-01-05T23:10:00.000Z", "text",
			 "¿Y mi **pedido**?\n> <b>antes\n\n");
}

static void
the_text_is_as_it_was_written(void **state)
{
	json_t *d = json_pack("{s:s}", "text", "Hola <b> **x** \t\n\n fin");
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	letter_text(d, &out);
	assert_string_equal(buf_str(&out), "Hola <b> **x** \t\n\n fin\n");
	buf_clear(&out);
	json_object_set_new(d, "text", json_string("a\r\nb\rc\x07\n\n"));
	letter_text(d, &out);
	assert_string_equal(buf_str(&out), "a\nb\nc\n\n");
	json_decref(d);
	buf_release(&out);
}

static void
a_text_with_everything(void **state)
{
	json_t *d = answer();
	struct buf out;

	(void)state;
	buf_init(&out, ROOM);
	letter_text(d, &out);
	assert_string_equal(
		buf_str(&out),
		"-- Responde por encima de esta línea --\n\nHola **Ana**\n\n"
		"-- \nMarta\n*Tienda Sol*\n\n"
		"El 05/01/2026, Ana  X: y escribió:\n"
		"> ¿Y mi **pedido**?\n>> <b>antes\n");
	buf_clear(&out);
	json_object_set_new(d, "language", json_string("en"));
	letter_text(d, &out);
	assert_non_null(strstr(out.data, "-- Reply above this line --\n\n"));
	assert_non_null(
		strstr(out.data, "\nOn 05 Jan 2026, Ana  X: y wrote:\n> "));
	json_decref(d);
	buf_release(&out);
}

static void
a_page_with_everything(void **state)
{
	json_t *d = answer();
	struct buf out;
	const char *s;

	(void)state;
	buf_init(&out, ROOM);
	letter_html(d, &out);
	s = buf_str(&out);
	assert_non_null(strstr(s, "<html lang=\"es\">"));
	assert_non_null(strstr(s, "<div id=\"postigo-reply-above\""));
	assert_non_null(
		strstr(s, ">-- Responde por encima de esta línea --</div>\n"
			  "<p>Hola <strong>Ana</strong></p>\n"
			  "<div>-- <br />\n<p>Marta<br />\n"
			  "<em>Tienda Sol</em></p>\n</div>\n"));
	/* what a customer wrote is no Markdown, and no HTML */
	assert_non_null(strstr(s, "¿Y mi **pedido**?<br />\n"
				  "&gt; &lt;b&gt;antes\n"));
	buf_clear(&out);
	json_object_del(d, "quote");
	json_object_del(d, "signature");
	letter_html(d, &out);
	assert_null(strstr(buf_str(&out), "postigo-reply-above"));
	assert_null(strstr(buf_str(&out), "-- "));
	json_decref(d);
	buf_release(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_agents_write),
		cmocka_unit_test(nothing_disappears),
		cmocka_unit_test(links_lead_to_pages_and_mailboxes),
		cmocka_unit_test(addresses_in_the_text_are_links),
		cmocka_unit_test(long_texts_are_shown_as_they_are),
		cmocka_unit_test(hostile_texts_end),
		cmocka_unit_test(the_text_is_as_it_was_written),
		cmocka_unit_test(a_text_with_everything),
		cmocka_unit_test(a_page_with_everything),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
