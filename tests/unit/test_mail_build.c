/* A delivery to the octets of its mail: what stands in which header, that no
 * member can add one, and that every line is short enough. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <jansson.h>
#include <stdbool.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/mail/build.h"
#include "gateways/mail/parse.h"

#define ROOM ((size_t)16 * 1024 * 1024)
#define LINE_MAX_BYTES 998 /* RFC 5322 2.1.1 */

static json_t *
delivery(void)
{
	return json_pack(
		"{s:s, s:s, s:{s:s, s:s}, s:[{s:s, s:s}], s:[{s:s, s:s}], "
		"s:{s:s, s:s}, s:s, s:s, s:s, s:[s], s:[], s:b, s:s, s:s, "
		"s:s, s:{s:s, s:s, s:s}}",
		"key", "<p1.2.abc@tienda.example>", "at",
		"2026-01-05T09:00:00.000Z", "from", "name", "Marta Peña",
		"address", "ayuda@tienda.example", "to", "name", "Ana",
		"address", "ana@example.com", "cc", "name", "Luis", "address",
		"luis@example.com", "reply_to", "name", "Tienda", "address",
		"ayuda+p1.2.abc@tienda.example", "subject", "Re: Devolución",
		"text", "Hola **Ana**:\n\nSí.\n", "in_reply_to",
		"<m@example.com>", "references", "<a@example.com>",
		"attachments", "automatic", 0, "loop", "d.4f-3_A", "language",
		"es", "signature", "Marta", "quote", "name", "Ana", "at",
		"2026-01-05T08:00:00.000Z", "text", "¿Y bien?");
}

static void
built(const json_t *d, struct buf *out)
{
	struct err e = { .text = "" };

	buf_init(out, ROOM);
	if (build_mail(d, "", 0, out, &e) != OUT_OK)
		fail_msg("%s", e.text);
}

/* The mail as we would read it. */
static json_t *
read_back(const struct buf *out)
{
	struct buf octets;
	json_t *mail;

	buf_init(&octets, ROOM);
	mail = parse_mail(out->data, out->len, &octets);
	assert_non_null(mail);
	buf_release(&octets);
	return mail;
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s ? s : "(none)";
}

/* Every line is short, 7-bit, and has no controls. */
static void
is_sound(const struct buf *out)
{
	size_t line = 0;

	for (size_t i = 0; i < out->len; i++) {
		unsigned char c = (unsigned char)out->data[i];

		line = c == '\n' ? 0 : line + 1;
		assert_true(line <= LINE_MAX_BYTES);
		assert_true(c == '\n' || c == '\t' || (c >= ' ' && c < 127));
	}
	assert_int_equal(line, 0);
}

/* The names of the header's fields, one a line. */
static void
field_names(const struct buf *out, struct buf *names)
{
	const char *end = strstr(out->data, "\n\n");

	assert_non_null(end);
	buf_init(names, ROOM);
	for (const char *p = out->data; p < end; p = strchr(p, '\n') + 1) {
		if (*p == ' ' || *p == '\t')
			continue;
		(void)buf_add(names, p, strcspn(p, ": \n"));
		(void)buf_putc(names, '\n');
	}
}

static void
a_mail_with_everything(void **state)
{
	json_t *d = delivery(), *mail;
	struct buf out, again, names;

	(void)state;
	built(d, &out);
	is_sound(&out);
	built(d, &again);
	assert_string_equal(out.data, again.data);
	buf_release(&again);
	field_names(&out, &names);
	assert_non_null(strstr(out.data, "\nX-Postigo-Loop: d.4f-3_A\n"));
	assert_non_null(strstr(out.data, "multipart/alternative"));
	assert_null(strstr(out.data, "Auto-Submitted"));
	mail = read_back(&out);
	assert_string_equal(text_of(mail, "subject"), "Re: Devolución");
	assert_string_equal(text_of(mail, "text"),
			    "-- Responde por encima de esta línea --\n\n"
			    "Hola **Ana**:\n\nSí.\n\n-- \nMarta\n\n"
			    "El 05/01/2026, Ana escribió:\n> ¿Y bien?\n");
	assert_non_null(strstr(text_of(mail, "html"),
			       "<p>Hola <strong>Ana</strong>:</p>"));
	assert_int_equal(json_array_size(json_object_get(mail, "attachments")),
			 0);
	json_decref(mail);
	json_decref(d);
	buf_release(&names);
	buf_release(&out);
}

static void
programs_say_that_they_are(void **state)
{
	json_t *d = delivery();
	struct buf out;

	(void)state;
	json_object_set_new(d, "automatic", json_true());
	built(d, &out);
	assert_non_null(strstr(out.data, "\nAuto-Submitted: auto-replied\n"));
	assert_non_null(strstr(out.data, "\nX-Auto-Response-Suppress: All\n"));
	buf_release(&out);
	json_object_set_new(d, "automatic", json_false());
	json_object_set_new(d, "notice", json_true());
	json_object_set_new(d, "html", json_string("<p>Marta</p>"));
	built(d, &out);
	assert_non_null(strstr(out.data, "\nAuto-Submitted: auto-generated\n"));
	/* a notice is no letter: its words are as they came */
	assert_null(strstr(out.data, "Responde por encima"));
	assert_non_null(strstr(out.data, "<p>Marta</p>"));
	json_decref(d);
	buf_release(&out);
}

/* --- no member adds a field ------------------------------------------------ */

static const char *const evil[] = {
	"x\r\nBcc: all@example.com\r\n\r\nbody",
	"x\nBcc: all@example.com",
	"x\rBcc: all@example.com",
	"x\r\n\tBcc: all@example.com",
	"x\xC2\x85 Bcc: all@example.com",
	"x\xE2\x80\xA8 Bcc: all@example.com",
	"x%0d%0aBcc: all@example.com",
	"=?utf-8?Q?x=0D=0ABcc:_all@example.com?=",
	"=?utf-8?B?eA0KQmNjOiBhbGxAZXhhbXBsZS5jb20=?=",
	"x\x0b\x0c\x7f\x01",
	"\r\n\r\n",
	"\"x\" <all@example.com>, y",
};

/* The object in which the last name of a path like "to.0.name" stands. */
static json_t *
holder(json_t *d, const char *path, char last[32])
{
	size_t n;

	while (path[n = strcspn(path, ".")] == '.') {
		char name[32] = "";

		assert_true(n < sizeof(name));
		memcpy(name, path, n);
		d = json_is_array(d) ? json_array_get(d, (size_t)(*name - '0'))
				     : json_object_get(d, name);
		path += n + 1;
	}
	assert_true(n < 32);
	memcpy(last, path, n + 1);
	return d;
}

static void
put(json_t *d, const char *path, json_t *value)
{
	char last[32];
	json_t *in = holder(d, path, last);

	if (json_is_array(in))
		(void)json_array_set_new(in, (size_t)(*last - '0'), value);
	else
		(void)json_object_set_new(in, last, value);
}

/* With evil in that member the mail has the fields that it had, or there is
 * no mail. */
static void
adds_nothing(const char *path, const char *value)
{
	json_t *d = delivery();
	struct buf before, after, names_before, names_after;
	struct err e;

	built(d, &before);
	field_names(&before, &names_before);
	put(d, path, json_string(value));
	buf_init(&after, ROOM);
	if (build_mail(d, "", 0, &after, &e) == OUT_OK) {
		json_t *mail = read_back(&after);

		is_sound(&after);
		field_names(&after, &names_after);
		if (strstr(names_after.data, "Bcc") ||
		    strlen(names_after.data) > strlen(names_before.data))
			fail_msg("%s: %s", path, after.data);
		for (const char *s = text_of(mail, "subject"); *s; s++)
			assert_true((unsigned char)*s >= ' ');
		json_decref(mail);
		buf_release(&names_after);
	} else {
		assert_int_equal(after.len, 0);
	}
	buf_release(&after);
	buf_release(&before);
	buf_release(&names_before);
	json_decref(d);
}

static void
no_member_adds_a_field(void **state)
{
	static const char *const paths[] = {
		"key",
		"at",
		"from.name",
		"from.address",
		"to.0.name",
		"to.0.address",
		"cc.0.name",
		"cc.0.address",
		"reply_to.name",
		"subject",
		"reply_to.address",
		"text",
		"in_reply_to",
		"references.0",
		"loop",
		"language",
		"signature",
		"quote.name",
		"quote.at",
		"quote.text",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		for (size_t k = 0; k < sizeof(evil) / sizeof(*evil); k++)
			adds_nothing(paths[i], evil[k]);
}

/* The same of an attachment's name and type, after the mail's own fields. */
static void
no_attachment_adds_a_field(void **state)
{
	(void)state;
	for (size_t k = 0; k < 2 * sizeof(evil) / sizeof(*evil); k++) {
		const char *value = evil[k / 2];
		json_t *d = delivery(), *mail;
		struct buf out;

		json_array_append_new(
			json_object_get(d, "attachments"),
			json_pack("{s:s, s:s, s:i, s:i}", "filename",
				  k % 2 ? value : "a.pdf", "content_type",
				  k % 2 ? "application/pdf" : value, "size", 0,
				  "offset", 0));
		built(d, &out);
		is_sound(&out);
		assert_null(strstr(out.data, "\nBcc"));
		assert_null(strstr(out.data, "\n\tBcc"));
		mail = read_back(&out);
		assert_int_equal(
			json_array_size(json_object_get(mail, "attachments")),
			1);
		json_decref(mail);
		json_decref(d);
		buf_release(&out);
	}
}

/* NUL cannot be said in JSON's text but by \u0000. */
static void
nul_ends_no_field(void **state)
{
	static const char *const paths[] = { "subject", "from.name", "text",
					     "signature" };

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		json_t *d = delivery();
		struct buf out, names;

		put(d, paths[i], json_stringn("x\0\r\nBcc: y@z", 12));
		built(d, &out);
		is_sound(&out);
		field_names(&out, &names);
		assert_null(strstr(names.data, "Bcc"));
		json_decref(d);
		buf_release(&names);
		buf_release(&out);
	}
}

/* What looks like an encoded word is not taken for one. */
static void
encoded_words_are_text(void **state)
{
	static const char typed[] = "=?utf-8?Q?x=0D=0ABcc:_a@b?= y";
	static const char said[] = "= ?utf-8?Q?x=0D=0ABcc:_a@b?= y";
	json_t *d = delivery(), *mail;
	struct buf out;

	(void)state;
	put(d, "subject", json_string(typed));
	put(d, "from.name", json_string(typed));
	built(d, &out);
	mail = read_back(&out);
	assert_string_equal(text_of(mail, "subject"), said);
	assert_string_equal(text_of(json_object_get(mail, "from"), "name"),
			    said);
	json_decref(mail);
	json_decref(d);
	buf_release(&out);
}

/* --- long lines ------------------------------------------------------------ */

static void
long_values_are_folded(void **state)
{
	char id[BUILD_ID_MAX + 1], word[3000];
	json_t *d = delivery(), *refs = json_object_get(d, "references"), *mail;
	struct buf out;

	(void)state;
	memset(id, 'a', sizeof(id));
	id[0] = '<';
	id[BUILD_ID_MAX - 1] = '>';
	id[BUILD_ID_MAX] = '\0';
	memset(word, 'w', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	for (int i = 0; i < 30; i++) {
		id[1] = (char)('A' + i);
		json_array_append_new(refs, json_string(id));
	}
	put(d, "in_reply_to", json_string(id));
	put(d, "subject", json_string(word));
	put(d, "to.0.name", json_string(word));
	put(d, "text", json_string(word));
	put(d, "signature", json_string(word));
	put(d, "quote.text", json_string(word));
	built(d, &out);
	is_sound(&out);
	mail = read_back(&out);
	assert_non_null(strstr(text_of(mail, "text"), word));
	assert_string_equal(json_string_value(json_array_get(
				    json_object_get(mail, "in_reply_to"), 0)),
			    id);
	assert_int_equal(json_array_size(json_object_get(mail, "references")),
			 BUILD_REFERENCES_MAX);
	json_decref(mail);
	json_decref(d);
	buf_release(&out);
}

static int
set_up(void **state)
{
	(void)state;
	parse_start();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mail_with_everything),
		cmocka_unit_test(programs_say_that_they_are),
		cmocka_unit_test(no_member_adds_a_field),
		cmocka_unit_test(no_attachment_adds_a_field),
		cmocka_unit_test(nul_ends_no_field),
		cmocka_unit_test(encoded_words_are_text),
		cmocka_unit_test(long_values_are_folded),
	};

	return cmocka_run_group_tests(tests, set_up, NULL);
}
