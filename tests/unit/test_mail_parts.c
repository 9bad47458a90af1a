/* What stands inside of mails: uuencoded files, invitations, winmail.dat,
 * signed and encrypted parts, texts of odd make. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <iconv.h>
#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "gateways/mail/calendar.h"
#include "gateways/mail/crypt.h"
#include "gateways/mail/lzfu.h"
#include "gateways/mail/parse.h"
#include "gateways/mail/rtf.h"
#include "gateways/mail/uu.h"

#define ROOM ((size_t)4 * 1024 * 1024)

/* A mail that was read, and the octets of its files. */
struct mail {
	json_t *o;
	struct buf octets;
};

static struct mail
read_mail(const char *raw, size_t n)
{
	struct mail m;

	buf_init(&m.octets, ROOM);
	m.o = parse_mail(raw, n, &m.octets);
	return m;
}

static struct mail
read_text(const char *raw)
{
	return read_mail(raw, strlen(raw));
}

static void
forget(struct mail *m)
{
	json_decref(m->o);
	buf_release(&m->octets);
}

static const char *
text(const struct mail *m, const char *name)
{
	const char *s = json_string_value(json_object_get(m->o, name));

	return s ? s : "";
}

static json_t *
file(const struct mail *m, size_t i)
{
	return json_array_get(json_object_get(m->o, "attachments"), i);
}

static size_t
files(const struct mail *m)
{
	return json_array_size(json_object_get(m->o, "attachments"));
}

static const char *
member(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "";
}

static bool
warns(const struct mail *m, const char *code)
{
	size_t i;
	json_t *w;

	json_array_foreach(json_object_get(m->o, "warnings"), i,
			   w) if (strcmp(json_string_value(w), code) ==
				  0) return true;
	return false;
}

static void
file_is(const struct mail *m, size_t i, const char *name, const char *octets)
{
	const json_t *f = file(m, i);
	json_int_t at = json_integer_value(json_object_get(f, "offset"));

	assert_non_null(f);
	assert_string_equal(member(f, "filename"), name);
	assert_int_equal(json_integer_value(json_object_get(f, "size")),
			 strlen(octets));
	assert_memory_equal(m->octets.data + at, octets, strlen(octets));
}

static void
sound_uuencoded_files_are_cut_out(void **state)
{
	struct mail m = read_text("Subject: x\n\nMira:\n"
				  "begin 644 hola.txt\n"
				  "#2&]L\n"
				  "!80\n"
				  "`\n"
				  "end\n"
				  "Gracias\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "Mira:\nGracias\n");
	assert_int_equal(files(&m), 1);
	file_is(&m, 0, "hola.txt", "Hola");
	forget(&m);
}

static void
unsound_uuencoded_files_stay_text(void **state)
{
	static const char *const texts[] = {
		"begin 644 sin.txt\n#2&]L\n",             /* no end */
		"begin 644 sin.txt\nnada de nada\nend\n", /* no lines */
		"begin 644 sin.txt\n#2&]L2&]L2&]L2&]L\n`\nend\n",
		"begin 644 sin.txt\nend\n", /* nothing in it */
		"begin the day\n#2&]L\n`\nend\n",
		"begin 999 x\n#2&]L\n`\nend\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct uu u;

		assert_false(uu_find(texts[i], strlen(texts[i]), 0, &u));
	}
}

#define INVITATION                                                             \
	"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\n"                \
	"SUMMARY:Revisión\\, del\r\n  pedido\r\n"                             \
	"DTSTART;TZID=Europe/Madrid:20260105T090000\r\n"                       \
	"DTEND;TZID=Europe/Madrid:20260105T100000\r\n"                         \
	"LOCATION:Sala 3\r\nORGANIZER;CN=\"Ana: Pérez\":mailto:ana@x.es\r\n"  \
	"BEGIN:VALARM\r\nDESCRIPTION:no\r\nEND:VALARM\r\n"                     \
	"DESCRIPTION:Traed\\nel contrato\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

static void
an_invitation_is_read_where_there_is_no_text(void **state)
{
	struct mail m = read_text("Subject: x\n"
				  "Content-Type: text/calendar; "
				  "charset=utf-8\n\n" INVITATION);

	(void)state;
	assert_string_equal(text(&m, "text"),
			    "Revisión, del pedido\n"
			    "2026-01-05 09:00 – 10:00 (Europe/Madrid)\n"
			    "Sala 3\nAna: Pérez <ana@x.es>\n\n"
			    "Traed\nel contrato\n");
	assert_int_equal(files(&m), 1);
	assert_string_equal(member(file(&m, 0), "filename"), "invite.ics");
	assert_null(json_object_get(file(&m, 0), "hidden"));
	forget(&m);
}

static void
an_invitation_beside_a_text_is_another_form_of_it(void **state)
{
	struct mail m = read_text(
		"Subject: x\nContent-Type: multipart/alternative; "
		"boundary=b\n\n--b\n\nVen a la reunión\n--b\n"
		"Content-Type: text/calendar\n\n" INVITATION "\n--b--\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "Ven a la reunión");
	assert_int_equal(files(&m), 1);
	assert_true(json_is_true(json_object_get(file(&m, 0), "hidden")));
	forget(&m);
}

static void
calendar_is(const char *in, const char *want)
{
	struct buf b;

	buf_init(&b, ROOM);
	calendar_text(&b, in, strlen(in));
	assert_string_equal(buf_str(&b), want);
	buf_release(&b);
}

static void
invitations_of_all_kinds_are_read(void **state)
{
	(void)state;
	calendar_is("METHOD:CANCEL\nBEGIN:VEVENT\nSUMMARY:x\n"
		    "DTSTART:20260105T090000Z\nEND:VEVENT\n",
		    "Cancelada / Cancelled\nx\n2026-01-05 09:00 (UTC)\n");
	calendar_is("METHOD:REPLY\nBEGIN:VEVENT\nSUMMARY:x\n"
		    "ATTENDEE;PARTSTAT=DECLINED:mailto:a@x.es\nEND:VEVENT\n",
		    "Rechazada / Declined\nx\n");
	/* whole days end on the day before */
	calendar_is("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20260228\n"
		    "DTEND;VALUE=DATE:20260301\nEND:VEVENT\n",
		    "2026-02-28\n");
	calendar_is("BEGIN:VEVENT\nDTSTART;VALUE=DATE:20261230\n"
		    "DTEND;VALUE=DATE:20270101\nEND:VEVENT\n",
		    "2026-12-30 – 2026-12-31\n");
	calendar_is("BEGIN:VEVENT\nSUMMARY:no end\n", "");
	calendar_is("nothing\n", "");
	calendar_is("", "");
}

/* SignedData of content "Content-Type: text/plain\n\nHola\n", no signers. */
#define CONTENT "Content-Type: text/plain\n\nHola\n"
#define OID_SIGNED "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
#define OID_ENVELOPED "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03"
#define OID_DATA "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"

static size_t
wrap(char *out, unsigned char tag, const char *in, size_t n)
{
	out[0] = (char)tag;
	out[1] = (char)n;
	memcpy(out + 2, in, n);
	return n + 2;
}

/* The same in definite lengths; returns how long it is. */
static size_t
make_signed(char *out)
{
	char a[200], b[200];
	size_t n = wrap(a, 0x04, CONTENT, strlen(CONTENT));

	n = wrap(b, 0xa0, a, n);
	memcpy(a, OID_DATA, 11);
	memcpy(a + 11, b, n);
	n = wrap(b, 0x30, a, n + 11);
	memcpy(a, "\x02\x01\x01\x31\x00", 5);
	memcpy(a + 5, b, n);
	n = wrap(b, 0x30, a, n + 5);
	n = wrap(a, 0xa0, b, n);
	memcpy(b, OID_SIGNED, 11);
	memcpy(b + 11, a, n);
	return wrap(out, 0x30, b, n + 11);
}

static void
signed_data_gives_its_content(void **state)
{
	static const char open[] =
		"\x30\x80" OID_SIGNED "\xa0\x80\x30\x80\x02\x01\x01\x31\x80"
		"\x00\x00\x30\x80" OID_DATA "\xa0\x80\x24\x80"
		"\x04\x03Hol\x24\x80\x04\x01"
		"a\x00\x00\x04\x01!\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00";
	char der[200];
	size_t n = make_signed(der);
	struct buf b;

	(void)state;
	buf_init(&b, ROOM);
	assert_int_equal(crypt_pkcs7(der, n, &b), CRYPT_SIGNED);
	assert_string_equal(buf_str(&b), CONTENT);
	for (size_t i = 0; i < n; i++) { /* cut anywhere: no harm */
		buf_clear(&b);
		(void)crypt_pkcs7(der, i, &b);
		assert_true(b.len <= strlen(CONTENT));
	}
	buf_clear(&b);
	assert_int_equal(crypt_pkcs7(open, sizeof(open) - 1, &b), CRYPT_SIGNED);
	assert_string_equal(buf_str(&b), "Hola!");
	buf_clear(&b);
	assert_int_equal(
		crypt_pkcs7("\x30\x80" OID_ENVELOPED "\xa0\x80", 15, &b),
		CRYPT_ENCRYPTED);
	assert_int_equal(crypt_pkcs7("hola", 4, &b), CRYPT_NONE);
	assert_int_equal(crypt_pkcs7("", 0, &b), CRYPT_NONE);
	assert_int_equal(b.len, 0);
	buf_release(&b);
}

static void
opaque_signed_mail_is_read(void **state)
{
	char der[200];
	size_t n = make_signed(der);
	struct buf raw;
	struct mail m;

	(void)state;
	buf_init(&raw, ROOM);
	(void)buf_puts(&raw, "Subject: x\nContent-Type: application/pkcs7-mime;"
			     " name=smime.p7m\n"
			     "Content-Transfer-Encoding: base64\n\n");
	(void)hash_b64(&raw, der, n);
	m = read_mail(raw.data, raw.len);
	assert_string_equal(text(&m, "text"), "Hola\n");
	assert_true(warns(&m, "signed"));
	assert_false(warns(&m, "encrypted"));
	assert_int_equal(files(&m), 1);
	assert_true(json_is_true(json_object_get(file(&m, 0), "hidden")));
	forget(&m);
	buf_release(&raw);
}

static void
signatures_are_no_files_of_the_writer(void **state)
{
	struct mail m = read_text(
		"Subject: x\nContent-Type: multipart/signed; boundary=b\n\n"
		"--b\n\nHola\n--b\nContent-Type: application/pgp-signature\n\n"
		"-----BEGIN PGP SIGNATURE-----\n--b--\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "Hola");
	assert_true(warns(&m, "signed"));
	assert_true(json_is_true(json_object_get(file(&m, 0), "hidden")));
	forget(&m);
	/* sent as a file it is one */
	m = read_text("Subject: x\nContent-Type: multipart/mixed; boundary=b\n"
		      "\n--b\n\nHola\n--b\n"
		      "Content-Type: application/pgp-signature; name=a.asc\n\n"
		      "x\n--b--\n");
	assert_false(warns(&m, "signed"));
	assert_null(json_object_get(file(&m, 0), "hidden"));
	forget(&m);
}

static void
encrypted_mail_is_kept_and_said(void **state)
{
	struct mail m = read_text(
		"Subject: x\nContent-Type: multipart/encrypted; boundary=b\n\n"
		"--b\nContent-Type: application/pgp-encrypted\n\nVersion: 1\n"
		"--b\nContent-Type: application/octet-stream; "
		"name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n--b--\n");

	(void)state;
	assert_true(warns(&m, "encrypted"));
	assert_int_equal(files(&m), 2);
	assert_true(json_is_true(json_object_get(file(&m, 0), "hidden")));
	assert_null(json_object_get(file(&m, 1), "hidden"));
	forget(&m);
	m = read_text("Subject: x\n\n-----BEGIN PGP MESSAGE-----\n\nabc\n"
		      "-----END PGP MESSAGE-----\n");
	assert_true(warns(&m, "encrypted"));
	assert_non_null(strstr(text(&m, "text"), "abc"));
	forget(&m);
}

static void
armour_of_a_signature_is_taken_off(void **state)
{
	struct mail m = read_text("Subject: x\n\n"
				  "-----BEGIN PGP SIGNED MESSAGE-----\n"
				  "Hash: SHA256\n\nHola\n- -- \nAna\n"
				  "-----BEGIN PGP SIGNATURE-----\n\nabc\n"
				  "-----END PGP SIGNATURE-----\nfin\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "Hola\n-- \nAna\nfin\n");
	assert_true(warns(&m, "signed"));
	forget(&m);
	m = read_text("Subject: x\n\n-----BEGIN PGP SIGNED MESSAGE-----\n\n"
		      "Hola\n");
	assert_non_null(strstr(text(&m, "text"), "BEGIN PGP"));
	assert_false(warns(&m, "signed"));
	forget(&m);
}

static void
put_number(struct buf *b, uint32_t v, int octets)
{
	for (int i = 0; i < octets; i++)
		(void)buf_putc(b, (char)(v >> (8 * i) & 255));
}

static void
put_attribute(struct buf *b, int level, uint32_t id, const void *p, size_t n)
{
	const unsigned char *c = p;
	uint16_t sum = 0;

	put_number(b, (uint32_t)level, 1);
	put_number(b, id, 4);
	put_number(b, (uint32_t)n, 4);
	(void)buf_add(b, p, n);
	for (size_t i = 0; i < n; i++)
		sum = (uint16_t)(sum + c[i]);
	put_number(b, sum, 2);
}

/* A property whose size is written before it. */
static void
put_property(struct buf *b, uint32_t tag, const void *p, size_t n)
{
	put_number(b, tag, 4);
	put_number(b, 1, 4);
	put_number(b, (uint32_t)n, 4);
	(void)buf_add(b, p, n);
	while (n++ % 4)
		(void)buf_putc(b, '\0');
}

static void
put_wide(struct buf *b, uint32_t tag, const char *ascii)
{
	struct buf w;

	buf_init(&w, ROOM);
	for (const char *c = ascii;; c++) {
		put_number(&w, (unsigned char)*c, 2);
		if (!*c)
			break;
	}
	put_property(b, tag, w.data, w.len);
	buf_release(&w);
}

/* A winmail.dat with a text, a named property and one file. */
static void
make_winmail(struct buf *b)
{
	struct buf m;

	buf_init(&m, ROOM);
	put_number(b, 0x223e9f78, 4);
	put_number(b, 1, 2);
	put_attribute(b, 1, 0x00069007, "\xe4\x04\0\0\0\0\0\0", 8);
	put_number(&m, 3, 4);
	put_number(&m, 0x80010003, 4); /* named, a number */
	(void)buf_add(&m, "0123456789abcdef", 16);
	put_number(&m, 1, 4);
	put_number(&m, 6, 4);
	(void)buf_add(&m, "a\0b\0\0\0\0\0", 8);
	put_number(&m, 7, 4);
	put_number(&m, 0x30070040, 4); /* a time: 8 octets */
	(void)buf_add(&m, "12345678", 8);
	put_wide(&m, 0x1000001f, "Hola de Outlook");
	put_attribute(b, 1, 0x00069003, m.data, m.len);
	put_attribute(b, 2, 0x00069002, "", 0);
	put_attribute(b, 2, 0x00018010, "CORTO~1.TXT", 12);
	put_attribute(b, 2, 0x0006800f, "del fichero", 11);
	buf_clear(&m);
	put_number(&m, 2, 4);
	put_wide(&m, 0x3707001f, "largo nombre.txt");
	put_property(&m, 0x370e001e, "Text/Plain", 11);
	put_attribute(b, 2, 0x00069005, m.data, m.len);
	buf_release(&m);
}

static struct mail
read_winmail(const char *p, size_t n)
{
	struct buf raw;
	struct mail m;

	buf_init(&raw, ROOM);
	(void)buf_puts(&raw, "Subject: x\nContent-Type: application/ms-tnef\n"
			     "Content-Disposition: attachment; "
			     "filename=winmail.dat\n"
			     "Content-Transfer-Encoding: base64\n\n");
	(void)hash_b64(&raw, p, n);
	m = read_mail(raw.data, raw.len);
	buf_release(&raw);
	return m;
}

static void
winmail_gives_its_files_and_its_text(void **state)
{
	struct buf b;
	struct mail m;

	(void)state;
	buf_init(&b, ROOM);
	make_winmail(&b);
	m = read_winmail(b.data, b.len);
	assert_string_equal(text(&m, "text"), "Hola de Outlook");
	assert_false(warns(&m, "winmail"));
	assert_int_equal(files(&m), 2);
	assert_string_equal(member(file(&m, 0), "filename"), "winmail.dat");
	file_is(&m, 1, "largo nombre.txt", "del fichero");
	assert_string_equal(member(file(&m, 1), "content_type"), "text/plain");
	forget(&m);
	buf_release(&b);
}

static void
broken_winmail_is_kept_with_a_warning(void **state)
{
	struct buf b;
	size_t silent = 0;

	(void)state;
	buf_init(&b, ROOM);
	make_winmail(&b);
	for (size_t n = 0; n < b.len; n++) {
		struct mail m = read_winmail(b.data, n);

		silent += !warns(&m, "winmail");
		assert_string_equal(member(file(&m, 0), "filename"),
				    "winmail.dat");
		forget(&m);
	}
	assert_int_equal(silent, 5); /* it ended between two attributes */
	b.data[b.len - 30] ^= 1;     /* a sum that is wrong */
	{
		struct mail m = read_winmail(b.data, b.len);

		assert_true(warns(&m, "winmail"));
		assert_string_equal(text(&m, "text"), "Hola de Outlook");
		forget(&m);
	}
	buf_release(&b);
}

static void
winmail_inside_of_winmail_gives_its_files(void **state)
{
	struct buf inner, m, b;
	struct mail mail;

	(void)state;
	buf_init(&inner, ROOM);
	buf_init(&m, ROOM);
	buf_init(&b, ROOM);
	(void)buf_add(&inner, "0123456789abcdef", 16);
	make_winmail(&inner);
	put_number(&b, 0x223e9f78, 4);
	put_number(&b, 1, 2);
	put_attribute(&b, 2, 0x00069002, "", 0);
	put_number(&m, 1, 4);
	put_property(&m, 0x3701000d, inner.data, inner.len);
	put_attribute(&b, 2, 0x00069005, m.data, m.len);
	mail = read_winmail(b.data, b.len);
	assert_int_equal(files(&mail), 3);
	file_is(&mail, 1, "largo nombre.txt", "del fichero");
	file_is(&mail, 2, "message.txt", "Hola de Outlook");
	forget(&mail);
	buf_release(&inner);
	buf_release(&m);
	buf_release(&b);
}

/* The example of [MS-OXRTFCP] 4.1.1. */
static void
packed_rich_text_is_unpacked(void **state)
{
	static const unsigned char packed[] = {
		0x2d, 0x00, 0x00, 0x00, 0x2b, 0x00, 0x00, 0x00, 0x4c, 0x5a,
		0x46, 0x75, 0xf1, 0xc5, 0xc7, 0xa7, 0x03, 0x00, 0x0a, 0x00,
		0x72, 0x63, 0x70, 0x67, 0x31, 0x32, 0x35, 0x42, 0x32, 0x0a,
		0xf3, 0x20, 0x68, 0x65, 0x6c, 0x09, 0x00, 0x20, 0x62, 0x77,
		0x05, 0xb0, 0x6c, 0x64, 0x7d, 0x0a, 0x80, 0x0f, 0xa0
	};
	struct buf b;

	(void)state;
	buf_init(&b, ROOM);
	assert_true(lzfu_unpack(&b, packed, sizeof(packed)));
	assert_string_equal(buf_str(&b), "{\\rtf1\\ansi\\ansicpg1252\\pard "
					 "hello world}\r\n");
	buf_clear(&b);
	assert_false(lzfu_unpack(&b, "short", 5));
	buf_release(&b);
}

static void
rtf_is(const char *in, const char *want, bool want_html)
{
	struct buf b;
	bool html;

	buf_init(&b, ROOM);
	assert_true(rtf_read(&b, in, strlen(in), &html));
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(html, want_html);
	buf_release(&b);
}

static void
rich_text_is_read(void **state)
{
	struct buf b;
	bool html;

	(void)state;
	rtf_is("{\\rtf1\\ansi\\ansicpg1252{\\fonttbl{\\f0 Arial;}}\\pard "
	       "A\\'f1o \\u8364?\\par\n{\\b 2}\\tab x\\{\\}}",
	       "Año €\n2\tx{}", false);
	rtf_is("{\\rtf1\\ansicpg1251 \\'cf\\'f0\\'e8{\\*\\x no}}", "При",
	       false);
	rtf_is("{\\rtf1\\ansi\\fromhtml1{\\*\\htmltag84 <b>}\\htmlrtf {\\b "
	       "\\htmlrtf0 Hola{\\*\\htmltag92 </b>}\\htmlrtf }\\htmlrtf0 }",
	       "<b>Hola</b>", true);
	rtf_is("{\\rtf1 {{{{{", "", false);
	buf_init(&b, ROOM);
	assert_false(rtf_read(&b, "plain", 5, &html));
	buf_release(&b);
}

static void
a_multipart_without_boundary_is_text(void **state)
{
	struct mail m = read_text("Subject: x\nContent-Type: multipart/mixed; "
				  "boundary=nada\n\nHola\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "Hola\n");
	forget(&m);
	m = read_text("Subject: x\nContent-Type: multipart/mixed\n"
		      "\tboundary=b\n\n--b\n\nHola\n--b--\n");
	assert_string_equal(text(&m, "text"), "Hola");
	forget(&m);
}

static void
forms_of_one_text_are_read_once(void **state)
{
	struct mail m = read_text(
		"Subject: x\nContent-Type: multipart/alternative; boundary=a\n"
		"\n--a\n\nHola\n--a\nContent-Type: multipart/mixed; "
		"boundary=b\n\n--b\nContent-Type: text/html\n\n<p>Hola</p>\n"
		"--b\nContent-Type: image/png; name=x.png\n\nx\n--b--\n"
		"--a--\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "Hola");
	assert_string_equal(text(&m, "html_text"), "Hola");
	assert_int_equal(files(&m), 1);
	forget(&m);
}

static void
a_text_without_charset_speaks_that_of_its_header(void **state)
{
	struct mail m = read_text("Subject: =?iso-8859-9?Q?T=FCrk=E7e?=\n"
				  "Content-Type: text/plain\n\n"
				  "\xddstanbul a\xf0"
				  "a\xe7\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "İstanbul ağaç\n");
	forget(&m);
}

static void
the_first_whole_date_counts(void **state)
{
	struct mail m = read_text("Date: Tue, 7 Apr 2026 10:00:t <a@b.es>\n"
				  "Date: Tue, 7 Apr 2026 10:00:01 +0000\n\nx");

	(void)state;
	assert_string_equal(text(&m, "date_utc"), "2026-04-07T10:00:01Z");
	forget(&m);
	m = read_text("Date: Tue, 7 Apr 2026 12:30 +0200\n\nx");
	assert_string_equal(text(&m, "date_utc"), "2026-04-07T10:30:00Z");
	forget(&m);
}

static void
a_wrong_label_does_not_spoil_a_text(void **state)
{
	struct mail m = read_text("Subject: x\n"
				  "Content-Type: text/plain; charset=utf-8\n\n"
				  "a\xf1o\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "año\n");
	forget(&m);
	m = read_text("Subject: x\nContent-Type: text/plain; charset=utf-8\n"
		      "\nsí a\xf1o\n"); /* damage, not another charset */
	assert_string_equal(text(&m, "text"), "sí a\xef\xbf\xbdo\n");
	forget(&m);
	m = read_text("Subject: x\nContent-Type: text/plain; charset=big5\n\n"
		      "您好你今天好吗\n");
	assert_string_equal(text(&m, "text"), "您好你今天好吗\n");
	forget(&m);
}

static void
texts_of_other_kinds_are_read_where_there_is_no_other(void **state)
{
	struct mail m = read_text("Subject: x\nContent-Type: text/enriched\n\n"
				  "<bold>Hola</bold> << Ana\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "Hola < Ana\n");
	assert_int_equal(files(&m), 1);
	forget(&m);
	m = read_text("Subject: x\nContent-Type: text/rtf\n\n"
		      "{\\rtf1\\ansi A\\'f1o}\n");
	assert_string_equal(text(&m, "text"), "Año");
	forget(&m);
	m = read_text("Subject: x\nContent-Type: multipart/mixed; boundary=b\n"
		      "\n--b\n\nHola\n--b\nContent-Type: text/markdown\n\n"
		      "*Ana*\n--b--\n");
	assert_string_equal(text(&m, "text"), "Hola");
	forget(&m);
}

/* text (UTF-8) as octets of that charset, in a mail that names none. */
static void
unlabelled_is(const char *charset, const char *want)
{
	iconv_t cd = iconv_open(charset, "UTF-8");
	char raw[2000] = "Subject: x\n\n";
	size_t head = strlen(raw), in_left = strlen(want);
	size_t left = sizeof(raw) - head;
	char *in = (char *)want, *out = raw + head;
	struct mail m;

	assert_true(cd != (iconv_t)-1);
	assert_int_equal(iconv(cd, &in, &in_left, &out, &left), 0);
	iconv_close(cd);
	m = read_mail(raw, (size_t)(out - raw));
	assert_string_equal(text(&m, "text"), want);
	forget(&m);
}

static void
charsets_that_nobody_named_are_seen(void **state)
{
	static const char japanese[] =
		"はじめまして。注文した商品がまだ届きません。";
	static const char korean[] =
		"안녕하세요. 주문한 상품이 아직 도착하지 않았습니다.";
	static const char simplified[] =
		"您好，我订购的商品还没有收到，请帮我查一下。";
	static const char traditional[] =
		"您好，我訂購的商品還沒有收到，請幫我查一下。";
	static const char russian[] =
		"Здравствуйте, мой заказ ещё не пришёл, помогите.";

	(void)state;
	unlabelled_is("SHIFT_JIS", japanese);
	unlabelled_is("EUC-JP", japanese);
	unlabelled_is("ISO-2022-JP", japanese);
	unlabelled_is("EUC-KR", korean);
	unlabelled_is("GB18030", simplified);
	unlabelled_is("BIG5", traditional);
	unlabelled_is("KOI8-R", russian);
	unlabelled_is("CP1251", russian);
	unlabelled_is("CP1252", "Mañana llamaré a José por el envío «exprés»");
	unlabelled_is("CP1252", "Größe, Maß und Übergröße: schöne Grüße");
	unlabelled_is("UTF-8", "Mañana");
}

static void
vendors_characters_of_japan_are_read(void **state)
{
	struct mail m = read_text("Subject: x\nContent-Type: text/plain; "
				  "charset=iso-2022-jp\n\n"
				  "\x1b$B-!y_\x1b(B\n");

	(void)state;
	assert_string_equal(text(&m, "text"), "①﨏\n");
	forget(&m);
}

static void
nul_does_not_end_a_subject(void **state)
{
	static const char raw[] = "Subject: a\0b\0\nTo: x@y.es\n\nx";
	struct mail m = read_mail(raw, sizeof(raw) - 1);

	(void)state;
	assert_string_equal(text(&m, "subject"), "ab");
	forget(&m);
}

static void
a_long_name_keeps_what_tells_its_kind(void **state)
{
	struct buf raw;
	struct mail m;
	const char *name;

	(void)state;
	buf_init(&raw, ROOM);
	(void)buf_printf(&raw,
			 "Subject: x\nContent-Type: application/pdf\n"
			 "Content-Disposition: attachment; filename=\"%0500d"
			 ".pdf\"\n\nx",
			 0);
	m = read_mail(raw.data, raw.len);
	name = member(file(&m, 0), "filename");
	assert_int_equal(strlen(name), 150);
	assert_string_equal(name + 146, ".pdf");
	forget(&m);
	buf_release(&raw);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sound_uuencoded_files_are_cut_out),
		cmocka_unit_test(unsound_uuencoded_files_stay_text),
		cmocka_unit_test(an_invitation_is_read_where_there_is_no_text),
		cmocka_unit_test(
			an_invitation_beside_a_text_is_another_form_of_it),
		cmocka_unit_test(invitations_of_all_kinds_are_read),
		cmocka_unit_test(signed_data_gives_its_content),
		cmocka_unit_test(opaque_signed_mail_is_read),
		cmocka_unit_test(signatures_are_no_files_of_the_writer),
		cmocka_unit_test(encrypted_mail_is_kept_and_said),
		cmocka_unit_test(armour_of_a_signature_is_taken_off),
		cmocka_unit_test(winmail_gives_its_files_and_its_text),
		cmocka_unit_test(broken_winmail_is_kept_with_a_warning),
		cmocka_unit_test(winmail_inside_of_winmail_gives_its_files),
		cmocka_unit_test(packed_rich_text_is_unpacked),
		cmocka_unit_test(rich_text_is_read),
		cmocka_unit_test(a_multipart_without_boundary_is_text),
		cmocka_unit_test(forms_of_one_text_are_read_once),
		cmocka_unit_test(
			a_text_without_charset_speaks_that_of_its_header),
		cmocka_unit_test(the_first_whole_date_counts),
		cmocka_unit_test(a_wrong_label_does_not_spoil_a_text),
		cmocka_unit_test(
			texts_of_other_kinds_are_read_where_there_is_no_other),
		cmocka_unit_test(charsets_that_nobody_named_are_seen),
		cmocka_unit_test(vendors_characters_of_japan_are_read),
		cmocka_unit_test(nul_does_not_end_a_subject),
		cmocka_unit_test(a_long_name_keeps_what_tells_its_kind),
	};

	parse_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
