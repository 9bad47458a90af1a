/* Headers and texts of mails: words, addresses, charsets, parameters, ids,
 * digests, quotes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/addr.h"
#include "gateways/mail/charset.h"
#include "gateways/mail/head.h"
#include "gateways/mail/param.h"
#include "gateways/mail/quote.h"
#include "gateways/mail/word.h"

#define ROOM ((size_t)1024 * 1024)

static void
word_is(const char *raw, const char *want)
{
	struct buf b;

	buf_init(&b, ROOM);
	word_decode(&b, NULL, raw, strlen(raw));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
words_are_joined_before_they_are_read(void **state)
{
	(void)state;
	word_is("=?utf-8?B?Sm9zw6k=?= =?utf-8?B?UMOpcmV6?=", "JoséPérez");
	word_is("=?utf-8?Q?Jos=C3=A9_?= =?utf-8?Q?P=C3=A9rez?=", "José Pérez");
	/* a character cut between two words */
	word_is("=?utf-8?B?4oI=?=\t=?utf-8?B?rPCfmIA=?= ok", "€😀 ok");
	word_is("Re: =?iso-8859-1?Q?Devoluci=F3n?= 3", "Re: Devolución 3");
	word_is("=?iso-8859-1?Q?=80?=", "€"); /* it is windows-1252 */
	word_is("=?x-unknown?Q?a=F1o?=", "año");
	word_is("=?utf-8*es?Q?s=C3=AD?=", "sí");
}

static void
broken_words_stay_readable(void **state)
{
	(void)state;
	word_is("=?utf-8?Q?a b?=", "a b");
	word_is("=?utf-8?Q?no end", "=?utf-8?Q?no end");
	word_is("=?utf-8?X?a?=", "=?utf-8?X?a?=");
	word_is("\xf1o\xf1o", "ñoño");
	word_is("=?utf-8?B?AEE=?=", "\xef\xbf\xbd"
				    "A"); /* NUL */
	word_is("a\r\n b\tc", "a   b c");
	word_is("", "");
}

static void
octets_always_become_text(void **state)
{
	static const char *const labels[] = {
		"utf-8",     "utf-7",  "gb2312",      "iso-2022-jp",
		"utf-16",    "big5",   "x-none",      "",
		"shift_jis", "euc-kr", "windows-1252"
	};
	char octets[256];
	struct buf b;

	(void)state;
	for (int i = 0; i < 256; i++)
		octets[i] = (char)i;
	for (size_t i = 0; i < sizeof(labels) / sizeof(*labels); i++) {
		buf_init(&b, ROOM);
		charset_utf8(&b, labels[i], strlen(labels[i]), octets, 256);
		assert_true(b.len > 0);
		assert_true(utf8_valid(buf_str(&b), b.len));
		buf_release(&b);
	}
}

static void
a_small_ceiling_holds(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 10);
	charset_utf8(&b, "koi8-r", 6,
		     "\xf0\xf2\xe9\xf7\xe5\xf4\xf0\xf2\xe9\xf7", 10);
	assert_true(b.len <= 10);
	assert_true(utf8_valid(buf_str(&b), b.len));
	buf_release(&b);
}

/* want: "name|address" of each, split by ";". */
static void
addresses_are(const char *raw, const char *want)
{
	struct addrs a = { .count = 0 };
	struct buf b;

	addr_read(&a, NULL, raw, strlen(raw));
	buf_init(&b, ROOM);
	for (size_t i = 0; i < a.count; i++)
		(void)buf_printf(&b, "%s%s|%s", i ? ";" : "", a.list[i].name,
				 a.list[i].address);
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
	addr_release(&a);
}

static void
addresses_are_read_leniently(void **state)
{
	(void)state;
	addresses_are("Ana <ana@example.com>", "Ana|ana@example.com");
	addresses_are("ana@example.com (Ana P)", "Ana P|ana@example.com");
	addresses_are("\"P, Ana\" <a@b.es>, c@d.es", "P, Ana|a@b.es;|c@d.es");
	addresses_are("Pérez, Ana <a@b.es>", "Pérez, Ana|a@b.es");
	addresses_are("undisclosed-recipients:;", "");
	addresses_are("Grupo: a@b.es, C <c@d.es>;, e@f.es",
		      "|a@b.es;C|c@d.es;|e@f.es");
	addresses_are("=?utf-8?Q?P=C3=A9rez,_Ana?= <a@b.es>",
		      "Pérez, Ana|a@b.es");
	addresses_are("Ana <a@b.es", "Ana|a@b.es");
	addresses_are("<@r1,@r2:a@b.es>", "|a@b.es");
	addresses_are("a(x)@(y)b.es", "x y|a@b.es");
	addresses_are("", "");
	addresses_are("\"nobody", "|nobody");
}

static void
many_addresses_meet_their_ceiling(void **state)
{
	static char many[64 * 1024];
	struct addrs a = { .count = 0 };
	size_t n = 0;

	(void)state;
	while (n + 8 < sizeof(many)) {
		memcpy(many + n, "a@b.es,", 7);
		n += 7;
	}
	addr_read(&a, NULL, many, n);
	assert_int_equal(a.count, ADDR_MAX);
	addr_release(&a);
}

static void
comments_nested_deeply_do_no_harm(void **state)
{
	static char deep[300000];
	struct addrs a = { .count = 0 };

	(void)state;
	memset(deep, '(', sizeof(deep));
	addr_read(&a, NULL, deep, sizeof(deep));
	addr_release(&a);
	memcpy(deep, "a@b.es ", 7);
	addr_read(&a, NULL, deep, sizeof(deep));
	assert_int_equal(a.count, 1);
	assert_string_equal(a.list[0].address, "a@b.es");
	addr_release(&a);
}

static void
param_is(const char *value, const char *want)
{
	struct buf b;

	buf_init(&b, ROOM);
	assert_true(param_get(&b, value, "filename"));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
names_of_files_are_read_in_every_form(void **state)
{
	(void)state;
	param_is("attachment; filename=a.pdf", "a.pdf");
	param_is("attachment; filename=\"a \\\"b\\\".pdf\"", "a \"b\".pdf");
	param_is("attachment; filename*=utf-8'es'a%C3%B1o.pdf", "año.pdf");
	param_is("attachment; filename*0*=iso-8859-1''informe%20a;"
		 " filename*1*=%F1o; filename*2=.pdf",
		 "informe año.pdf");
	param_is("attachment; filename=\"=?utf-8?B?YcOxbw==?=.pdf\"",
		 "año.pdf");
	param_is("attachment; filename=\"a\xf1o.pdf\"", "año.pdf");
}

static void
names_of_files_are_never_paths(void **state)
{
	struct buf b;
	char rough[] = "../../etc/\x01pass\u202ewd";
	char dos[] = "C:\\x\\y.doc";

	(void)state;
	buf_init(&b, ROOM);
	param_filename(&b, rough, strlen(rough));
	assert_string_equal(buf_str(&b), "passwd");
	buf_clear(&b);
	param_filename(&b, dos, strlen(dos));
	assert_string_equal(buf_str(&b), "y.doc");
	buf_release(&b);
}

static void
the_digest_is_of_the_body_or_of_all(void **state)
{
	const char with[] = "Message-ID: <a@b>\r\nX: y\r\n\r\nHola\r\n";
	const char without[] = "X: y\n\nHola\n";
	char got[65], want[HASH_HEX];
	struct head h;
	struct buf id;

	(void)state;
	buf_init(&id, ROOM);
	head_read(&h, with, strlen(with));
	assert_true(head_message_id(&h, &id));
	assert_string_equal(buf_str(&id), "<a@b>");
	head_digest(&h, with, strlen(with), true, got);
	hash_hex("Hola\r\n", 6, want);
	assert_string_equal(got, want);
	head_release(&h);
	head_read(&h, without, strlen(without));
	assert_false(head_message_id(&h, &id));
	head_digest(&h, without, strlen(without), false, got);
	hash_hex(without, strlen(without), want);
	assert_string_equal(got, want);
	head_release(&h);
	buf_release(&id);
}

static void
odd_headers_are_read(void **state)
{
	const char raw[] = "From nobody Mon Jan  5 2026\n"
			   "Subject : uno\n dos\n"
			   "this is no field\n"
			   "Message-Id: bare@example.com\n"
			   "References: <a@b>junk<c@d>\n <e@f\n"
			   "\nbody";
	struct head h;
	struct buf id;
	size_t at = 0;

	(void)state;
	buf_init(&id, ROOM);
	head_read(&h, raw, strlen(raw));
	assert_string_equal(head_value(&h, "subject"), "uno dos");
	assert_true(head_message_id(&h, &id));
	assert_string_equal(buf_str(&id), "<bare@example.com>");
	assert_true(head_id(head_value(&h, "References"), &at, &id));
	assert_string_equal(buf_str(&id), "<a@b>");
	assert_true(head_id(head_value(&h, "References"), &at, &id));
	assert_string_equal(buf_str(&id), "<c@d>");
	assert_string_equal(raw + h.body, "body");
	head_release(&h);
	buf_release(&id);
}

static void
a_long_id_is_cut(void **state)
{
	static char raw[3000] = "Message-ID: <";
	struct head h;
	struct buf id;

	(void)state;
	memset(raw + 13, 'x', 2000);
	memcpy(raw + 2013, "@b>\n\n", 6);
	buf_init(&id, HEAD_VALUE_MAX);
	head_read(&h, raw, strlen(raw));
	assert_true(head_message_id(&h, &id));
	assert_int_equal(id.len, HEAD_ID_MAX);
	assert_int_equal(id.data[id.len - 1], '>');
	head_release(&h);
	buf_release(&id);
}

static void
cut_is(const char *text, const char *want)
{
	struct buf b;

	buf_init(&b, ROOM);
	(void)quote_cut(&b, text, strlen(text));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
history_is_cut_in_spanish_and_english(void **state)
{
	(void)state;
	cut_is("Sí, gracias.\n\nEl lun, 5 ene 2026 a las 9:00, Tienda "
	       "(<a@b.es>) escribió:\n\n> Hola\n> Ana\n",
	       "Sí, gracias.");
	cut_is("Yes.\n\nOn Mon, 5 Jan 2026 at 09:00, The Shop\n<a@b.es> "
	       "wrote:\n> Hello\n",
	       "Yes.");
	cut_is("Vale.\n\nDe: Tienda <a@b.es>\nEnviado: lunes, 5 de enero\n"
	       "Para: Ana\nAsunto: RE: Devolución\n\nHola Ana\n",
	       "Vale.");
	cut_is("Vale.\n\n-----Mensaje original-----\nDe: x\n\nHola\n", "Vale.");
	cut_is("Vale.\n\nEnviado desde mi iPhone\n", "Vale.");
	cut_is("Vale.\n-- \nAna Pérez\nCalle Mayor 1\n", "Vale.");
	cut_is("> ¿Cuándo?\nMañana\n> ¿Dónde?\nAquí", "> ¿Cuándo?\nMañana\n"
						      "> ¿Dónde?\nAquí");
}

static void
ordinary_sentences_are_not_cut(void **state)
{
	(void)state;
	cut_is("El otro día mi madre os escribió:\nno hubo respuesta.",
	       "El otro día mi madre os escribió:\nno hubo respuesta.");
	cut_is("De: nadie\nsin más.", "De: nadie\nsin más.");
}

static void
when_all_would_go_all_stays(void **state)
{
	(void)state;
	cut_is("> solo cita\n> nada más", "> solo cita\n> nada más");
	cut_is("On 5 Jan 2026, X <a@b> wrote:\n> hi",
	       "On 5 Jan 2026, X <a@b> wrote:\n> hi");
	cut_is("", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words_are_joined_before_they_are_read),
		cmocka_unit_test(broken_words_stay_readable),
		cmocka_unit_test(octets_always_become_text),
		cmocka_unit_test(a_small_ceiling_holds),
		cmocka_unit_test(addresses_are_read_leniently),
		cmocka_unit_test(many_addresses_meet_their_ceiling),
		cmocka_unit_test(comments_nested_deeply_do_no_harm),
		cmocka_unit_test(names_of_files_are_read_in_every_form),
		cmocka_unit_test(names_of_files_are_never_paths),
		cmocka_unit_test(the_digest_is_of_the_body_or_of_all),
		cmocka_unit_test(odd_headers_are_read),
		cmocka_unit_test(a_long_id_is_cut),
		cmocka_unit_test(history_is_cut_in_spanish_and_english),
		cmocka_unit_test(ordinary_sentences_are_not_cut),
		cmocka_unit_test(when_all_would_go_all_stays),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
