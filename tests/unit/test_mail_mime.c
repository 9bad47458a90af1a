/* postigo-mime as a process: hostile mails, its death, what it builds, and
 * a corpus of real mails where there is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "gateways/mail/child.h"

#define ROOM ((size_t)64 * 1024 * 1024)
#define CORPUS_MIN 100

static char *
mime_path(void)
{
	const char *dir = getenv("POSTIGO_BUILDDIR");

	return mem_printf("%s/postigo-mime", dir ? dir : ".");
}

static int
set_up(void **state)
{
	char *path = mime_path();

	*state = child_new(path);
	mem_free(path);
	return 0;
}

static int
tear_down(void **state)
{
	struct child *c = *state;

	child_free(&c);
	return 0;
}

/* The parser's answer, or NULL if it died of the mail. */
static json_t *
parsed(struct child *c, const char *raw, size_t n)
{
	json_t *mail = NULL;
	struct buf octets;
	struct err e;

	buf_init(&octets, ROOM);
	if (child_ask(c, CHILD_PARSE, NULL, raw, n, &mail, &octets, &e) !=
	    OUT_OK)
		assert_string_equal(e.code, "died");
	buf_release(&octets);
	return mail;
}

static const char *
text(const json_t *mail, const char *name)
{
	const char *s = json_string_value(json_object_get(mail, name));

	return s ? s : "";
}

/* The child still answers after whatever came before. */
static void
assert_alive(struct child *c)
{
	const char raw[] = "Subject: vivo\n\nHola\n";
	json_t *mail = parsed(c, raw, strlen(raw));

	assert_string_equal(text(mail, "subject"), "vivo");
	assert_string_equal(text(mail, "text"), "Hola\n");
	json_decref(mail);
}

static bool
warns(const json_t *mail, const char *code)
{
	size_t i;
	json_t *w;

	json_array_foreach(json_object_get(mail, "warnings"), i,
			   w) if (strcmp(json_string_value(w), code) ==
				  0) return true;
	return false;
}

static void
nested_parts_stop_at_the_ceiling(void **state)
{
	struct buf b;
	json_t *mail;

	buf_init(&b, ROOM);
	(void)buf_puts(&b, "Subject: hondo\n");
	for (int i = 0; i < 10000; i++)
		(void)buf_printf(&b,
				 "Content-Type: multipart/mixed; "
				 "boundary=b%d\n\n--b%d\n",
				 i, i);
	(void)buf_puts(&b, "\nfondo\n");
	mail = parsed(*state, b.data, b.len);
	assert_string_equal(text(mail, "subject"), "hondo");
	assert_true(warns(mail, "too_deep"));
	json_decref(mail);
	assert_alive(*state);
	buf_release(&b);
}

static void
nested_messages_are_one_attachment(void **state)
{
	struct buf b;
	json_t *mail;

	buf_init(&b, ROOM);
	for (int i = 0; i < 40000; i++)
		(void)buf_puts(&b, "Content-Type: message/rfc822\n\n");
	(void)buf_puts(&b, "\nfondo\n");
	mail = parsed(*state, b.data, b.len);
	assert_true(json_array_size(json_object_get(mail, "attachments")) <= 1);
	json_decref(mail);
	assert_alive(*state);
	buf_release(&b);
}

static void
many_parts_stop_at_the_ceiling(void **state)
{
	struct buf b;
	json_t *mail;

	buf_init(&b, ROOM);
	(void)buf_puts(&b, "Subject: ancho\n"
			   "Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 20000; i++)
		(void)buf_puts(&b, "--b\n\nx\n");
	mail = parsed(*state, b.data, b.len);
	assert_string_equal(text(mail, "subject"), "ancho");
	assert_true(warns(mail, "too_many_parts"));
	json_decref(mail);
	buf_release(&b);
}

static void
long_headers_are_cut(void **state)
{
	static const char *const forms[] = { "(", "g:",   "\"",
					     "<", "a@b,", "=?utf-8?q?a?= " };
	struct buf b;
	json_t *mail;

	buf_init(&b, ROOM);
	for (size_t k = 0; k < sizeof(forms) / sizeof(*forms); k++) {
		buf_clear(&b);
		(void)buf_puts(&b, "From: ");
		for (int i = 0; i < 150000; i++)
			(void)buf_puts(&b, forms[k]);
		(void)buf_puts(&b, "\nSubject: largo\nTo: ");
		for (int i = 0; i < 60000; i++)
			(void)buf_puts(&b, forms[k]);
		(void)buf_puts(&b, "\n\nx\n");
		mail = parsed(*state, b.data, b.len);
		assert_string_equal(text(mail, "subject"), "largo");
		assert_true(warns(mail, "header_cut"));
		json_decref(mail);
	}
	buf_release(&b);
}

static void
many_references_are_cut(void **state)
{
	struct buf b;
	json_t *mail;

	buf_init(&b, ROOM);
	for (int i = 0; i < 100000; i++)
		(void)buf_printf(&b, "References: <r%d@example.com>\n", i);
	(void)buf_puts(&b, "\nx\n");
	mail = parsed(*state, b.data, b.len);
	assert_true(json_array_size(json_object_get(mail, "references")) <=
		    200);
	json_decref(mail);
	buf_release(&b);
}

/* The mail that is answered is the last one, the thread's root the first. */
static void
of_many_references_the_ends_stay(void **state)
{
	const json_t *list;
	struct buf b;
	json_t *mail;

	buf_init(&b, ROOM);
	(void)buf_puts(&b, "References:");
	for (int i = 1; i <= 400; i++)
		(void)buf_printf(&b, "\n <r%d@example.com>", i);
	(void)buf_puts(&b, "\n\nx\n");
	mail = parsed(*state, b.data, b.len);
	list = json_object_get(mail, "references");
	assert_int_equal(json_array_size(list), 200);
	assert_string_equal(json_string_value(json_array_get(list, 0)),
			    "<r1@example.com>");
	assert_string_equal(json_string_value(json_array_get(list, 1)),
			    "<r202@example.com>");
	assert_string_equal(json_string_value(json_array_get(list, 199)),
			    "<r400@example.com>");
	json_decref(mail);
	buf_release(&b);
}

/* What rules may ask: decoded, without marks of the way; some of many. */
static void
headers_go_on_for_rules(void **state)
{
	struct buf b;
	json_t *mail;
	json_t *list;

	buf_init(&b, ROOM);
	(void)buf_puts(&b, "Received: from a by b\nDKIM-Signature: v=1\n"
			   "X-Shop: =?utf-8?q?Tienda_Ma=C3=B1ana?=\n"
			   "List-Id: <news.example>\nSubject: x\n\nx\n");
	mail = parsed(*state, b.data, b.len);
	list = json_object_get(mail, "headers");
	assert_int_equal(json_array_size(list), 2);
	assert_string_equal(text(json_array_get(list, 0), "name"), "X-Shop");
	assert_string_equal(text(json_array_get(list, 0), "value"),
			    "Tienda Mañana");
	json_decref(mail);
	buf_clear(&b);
	for (int i = 0; i < 5000; i++)
		(void)buf_printf(&b, "X-Many-%d: %01000d\n", i, i);
	(void)buf_puts(&b, "\nx\n");
	mail = parsed(*state, b.data, b.len);
	list = json_object_get(mail, "headers");
	assert_in_range(json_array_size(list), 1, 60);
	assert_int_equal(strlen(text(json_array_get(list, 0), "value")), 998);
	json_decref(mail);
	buf_release(&b);
}

/* Groups nested in a mail inside the mail: GMime may die of them. */
static void
a_mail_that_kills_the_parser_costs_itself(void **state)
{
	struct buf b;

	buf_init(&b, ROOM);
	(void)buf_puts(&b, "Content-Type: message/rfc822\n\nTo: ");
	for (int i = 0; i < 2000000; i++)
		(void)buf_puts(&b, "g:");
	(void)buf_puts(&b, "\n\nx\n");
	json_decref(parsed(*state, b.data, b.len));
	assert_alive(*state);
	buf_release(&b);
}

static void
nul_and_bad_octets_become_text(void **state)
{
	const char raw[] = "Subject: a\0b\n"
			   "Content-Type: text/plain; charset=utf-8\n\n"
			   "s\xc3\xad x\0y \xff\xfe z\n";
	json_t *mail = parsed(*state, raw, sizeof(raw) - 1);

	assert_non_null(mail);
	assert_non_null(strstr(text(mail, "text"), "\xef\xbf\xbd"));
	json_decref(mail);
}

static void
an_empty_mail_is_one(void **state)
{
	json_t *mail = parsed(*state, "", 0);

	assert_non_null(mail);
	assert_string_equal(text(mail, "text"), "");
	json_decref(mail);
}

static void
a_program_that_dies_is_said_to_have_died(void **state)
{
	struct child *c = child_new("/bin/false");
	struct err e;

	(void)state;
	assert_int_equal(
		child_ask(c, CHILD_PARSE, NULL, "x", 1, NULL, NULL, &e),
		OUT_PERM);
	assert_string_equal(e.code, "died");
	child_free(&c);
	c = child_new("/nonexistent/postigo-mime");
	assert_int_equal(
		child_ask(c, CHILD_PARSE, NULL, "x", 1, NULL, NULL, &e),
		OUT_TEMP);
	child_free(&c);
}

static void
a_child_is_replaced_after_many_mails(void **state)
{
	for (int i = 0; i < CHILD_REQUESTS_MAX + 5; i++)
		assert_alive(*state);
}

static json_t *
delivery(void)
{
	return json_pack(
		"{s:s, s:s, s:{s:s, s:s}, s:[{s:s, s:s}], s:[], s:s, s:s, "
		"s:s, s:[s, s], s:[], s:b}",
		"key", "<p1.2.abc@tienda.example>", "at",
		"2026-01-05T09:00:00.000Z", "from", "name", "Marta Peña",
		"address", "ayuda@tienda.example", "to", "name", "Ana",
		"address", "ana@example.com", "cc", "subject", "Re: Devolución",
		"text", "Hola:\n\nSí, ñandú.\n", "in_reply_to",
		"<m@example.com>", "references", "<a@example.com>",
		"<m@example.com>", "attachments", "automatic", 0);
}

static enum outcome
build(struct child *c, const json_t *d, const char *octets, size_t n,
      struct buf *out)
{
	struct err e;

	return child_ask(c, CHILD_BUILD, d, octets, n, NULL, out, &e);
}

static void
what_is_built_reads_back_the_same(void **state)
{
	json_t *d = delivery(), *mail, *refs;
	struct buf out;

	buf_init(&out, ROOM);
	assert_int_equal(build(*state, d, NULL, 0, &out), OUT_OK);
	for (size_t i = 0; i < out.len; i++)
		assert_in_range((unsigned char)out.data[i], 9, 126);
	mail = parsed(*state, out.data, out.len);
	assert_string_equal(text(mail, "subject"), "Re: Devolución");
	assert_string_equal(text(mail, "text"), "Hola:\n\nSí, ñandú.\n");
	assert_string_equal(text(mail, "message_id"),
			    "<p1.2.abc@tienda.example>");
	assert_string_equal(text(mail, "date_utc"), "2026-01-05T09:00:00Z");
	assert_string_equal(text(json_object_get(mail, "from"), "name"),
			    "Marta Peña");
	refs = json_object_get(mail, "references");
	assert_int_equal(json_array_size(refs), 2);
	assert_false(json_is_true(json_object_get(mail, "robot")));
	json_decref(mail);
	json_decref(d);
	buf_release(&out);
}

static void
what_is_automatic_says_so(void **state)
{
	json_t *d = delivery(), *mail;
	struct buf out;

	buf_init(&out, ROOM);
	json_object_set_new(d, "automatic", json_true());
	assert_int_equal(build(*state, d, NULL, 0, &out), OUT_OK);
	mail = parsed(*state, out.data, out.len);
	assert_true(json_is_true(json_object_get(mail, "auto_reply")));
	assert_false(json_is_true(json_object_get(mail, "may_auto_respond")));
	json_decref(mail);
	json_decref(d);
	buf_release(&out);
}

static void
no_value_adds_a_header(void **state)
{
	static const char evil[] = "x\r\nBcc: all@example.com\r\n\r\nbody";
	json_t *d = delivery();
	struct buf out;

	buf_init(&out, ROOM);
	json_object_set_new(d, "subject", json_string(evil));
	json_object_set_new(json_object_get(d, "from"), "name",
			    json_string(evil));
	json_object_set_new(d, "in_reply_to", json_string(evil));
	json_array_append_new(json_object_get(d, "references"),
			      json_string("<a@b>\r\nBcc: x@example.com"));
	assert_int_equal(build(*state, d, NULL, 0, &out), OUT_OK);
	assert_null(strstr(out.data, "\nBcc"));
	buf_clear(&out);
	json_object_set_new(json_object_get(d, "from"), "address",
			    json_string("a@b.es>\r\nBcc: x@example.com"));
	assert_int_equal(build(*state, d, NULL, 0, &out), OUT_PERM);
	assert_int_equal(out.len, 0);
	json_decref(d);
	buf_release(&out);
}

static void
attachments_go_and_come_back(void **state)
{
	json_t *d = delivery(), *mail, *a;
	char octets[1000], hex[HASH_HEX];
	struct buf out;

	for (size_t i = 0; i < sizeof(octets); i++)
		octets[i] = (char)(i * 7);
	hash_hex(octets, sizeof(octets), hex);
	json_array_append_new(json_object_get(d, "attachments"),
			      json_pack("{s:s, s:s, s:i, s:s, s:i}", "filename",
					"año \"1\".pdf", "content_type",
					"application/pdf", "size",
					(int)sizeof(octets), "sha256", hex,
					"offset", 0));
	buf_init(&out, ROOM);
	assert_int_equal(build(*state, d, octets, sizeof(octets), &out),
			 OUT_OK);
	mail = parsed(*state, out.data, out.len);
	a = json_array_get(json_object_get(mail, "attachments"), 0);
	assert_string_equal(text(a, "filename"), "año \"1\".pdf");
	assert_string_equal(text(a, "content_type"), "application/pdf");
	assert_string_equal(text(a, "sha256"), hex);
	assert_string_equal(text(mail, "text"), "Hola:\n\nSí, ñandú.\n");
	json_decref(mail);
	buf_clear(&out);
	a = json_array_get(json_object_get(d, "attachments"), 0);
	json_object_set_new(a, "offset", json_integer(999999));
	assert_int_equal(build(*state, d, octets, sizeof(octets), &out),
			 OUT_PERM);
	json_decref(d);
	buf_release(&out);
}

static bool
read_whole(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;

	buf_clear(b);
	while (f && buf_room(b, 65536) &&
	       (n = fread(b->data + b->len, 1, 65536, f)) > 0)
		b->len += n;
	if (f)
		(void)fclose(f);
	return f != NULL;
}

static void
every_real_mail_gives_an_answer(void **state)
{
	const char *given = getenv("POSTIGO_MAIL_CORPUS");
	const char *src = getenv("POSTIGO_SRCDIR");
	char *dir = given ? mem_strdup(given)
			  : mem_printf("%s/../shared/corpus/mail/messages",
				       src ? src : ".");
	DIR *d = opendir(dir);
	struct dirent *de;
	struct buf raw;
	size_t seen = 0;

	if (!d) {
		print_message("no corpus of mails at %s: skipped\n", dir);
		mem_free(dir);
		skip();
		return;
	}
	buf_init(&raw, ROOM);
	while ((de = readdir(d)) != NULL) {
		char *path = mem_printf("%s/%s", dir, de->d_name);
		json_t *mail;

		if (de->d_name[0] != '.' && read_whole(path, &raw)) {
			mail = parsed(*state, buf_str(&raw), raw.len);
			if (!mail)
				fail_msg("no answer for %s", path);
			json_decref(mail);
			seen++;
		}
		mem_free(path);
	}
	(void)closedir(d);
	print_message("%zu real mails were read\n", seen);
	assert_true(seen >= CORPUS_MIN);
	buf_release(&raw);
	mem_free(dir);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(nested_parts_stop_at_the_ceiling),
		T(nested_messages_are_one_attachment),
		T(many_parts_stop_at_the_ceiling),
		T(long_headers_are_cut),
		T(many_references_are_cut),
		T(of_many_references_the_ends_stay),
		T(headers_go_on_for_rules),
		T(a_mail_that_kills_the_parser_costs_itself),
		T(nul_and_bad_octets_become_text),
		T(an_empty_mail_is_one),
		T(a_program_that_dies_is_said_to_have_died),
		T(a_child_is_replaced_after_many_mails),
		T(what_is_built_reads_back_the_same),
		T(what_is_automatic_says_so),
		T(no_value_adds_a_header),
		T(attachments_go_and_come_back),
		T(every_real_mail_gives_an_answer),
	};

	hash_start();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
