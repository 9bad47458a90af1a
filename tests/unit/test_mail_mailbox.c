/* Settings of mailboxes, waits, line ends. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/compose.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/pace.h"

static json_t *
connection(void)
{
	return json_pack("{s:s, s:{s:s, s:s}, s:{s:s}}", "name", "ventas",
			 "settings", "address", "v@tienda.example", "imap_host",
			 "imap.tienda.example", "secrets", "password", "clave");
}

/* With one setting more (value NULL: one less); NULL if it is refused. */
static struct mailset *
read_with(const char *name, json_t *value, struct err *e)
{
	json_t *c = connection();
	json_t *settings = json_object_get(c, "settings");
	struct mailset *s = NULL;

	if (value)
		json_object_set_new(settings, name, value);
	else
		json_object_del(settings, name);
	if (mailset_read(c, &s, e) != OUT_OK)
		assert_null(s);
	json_decref(c);
	return s;
}

static void
defaults(void **state)
{
	struct err e;
	struct mailset *s = read_with("language", json_string("es"), &e);

	(void)state;
	assert_non_null(s);
	assert_string_equal(s->folder, "INBOX");
	assert_int_equal(s->imap.port, 993);
	assert_int_equal(s->imap.security, NET_SEC_TLS);
	assert_string_equal(s->imap.user, "v@tienda.example");
	assert_string_equal(s->smtp.password, "clave");
	assert_null(s->smtp.host);
	assert_int_equal(s->handled, HANDLED_FLAG);
	assert_int_equal(s->poll_s, 60);
	assert_int_equal(s->start, START_NEW);
	mailset_free(&s);
}

static void
ports(void **state)
{
	static const struct {
		const char *name, *value;
		int imap, smtp;
	} all[] = {
		{ "imap_security", "starttls", 143, 465 },
		{ "smtp_security", "starttls", 993, 587 },
		{ "smtp_security", "none", 993, 25 },
		{ "imap_port", "10993", 10993, 465 },
	};
	struct err e;

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct mailset *s =
			read_with(all[i].name, json_string(all[i].value), &e);

		assert_non_null(s);
		assert_int_equal(s->imap.port, all[i].imap);
		assert_int_equal(s->smtp.port, all[i].smtp);
		mailset_free(&s);
	}
}

static void
wrong_ones(void **state)
{
	struct err e;

	(void)state;
	assert_null(read_with("imap_host", NULL, &e));
	assert_non_null(strstr(e.text, "imap_host"));
	assert_null(read_with("imap_port", json_integer(0), &e));
	assert_null(read_with("imap_port", json_string("99x"), &e));
	assert_null(read_with("poll_s", json_integer(4), &e));
	assert_null(read_with("imap_security", json_string("ssl"), &e));
	assert_null(read_with("handled", json_string("move"), &e));
	assert_non_null(strstr(e.text, "handled_folder"));
	/* no tokens among the secrets */
	assert_null(read_with("auth", json_string("xoauth2"), &e));
	assert_non_null(strstr(e.text, "access_token"));
}

static void
a_day_to_begin_with(void **state)
{
	json_t *c = connection();
	json_t *settings = json_object_get(c, "settings");
	struct mailset *s = NULL;
	struct err e;

	(void)state;
	json_object_set_new(settings, "start", json_string("since"));
	assert_int_equal(mailset_read(c, &s, &e), OUT_PERM);
	assert_non_null(strstr(e.text, "start_since"));
	json_object_set_new(settings, "start_since", json_string("1970-01-03"));
	assert_int_equal(mailset_read(c, &s, &e), OUT_OK);
	assert_int_equal(s->start, START_SINCE);
	assert_int_equal(s->since_ms, 2 * 24 * 60 * 60 * 1000);
	mailset_free(&s);
	json_decref(c);
}

static void
waits_grow(void **state)
{
	int64_t most = 0;

	(void)state;
	for (unsigned n = 1; n < 100; n++) {
		int64_t ms = pace_ms(n, false);
		int64_t full =
			n < 7 ? (int64_t)PACE_MS << (n - 1) : PACE_MS_MAX;

		assert_true(ms >= full * 3 / 4 && ms <= full);
		most = ms > most ? ms : most;
		assert_true(pace_ms(n, true) >= PACE_AUTH_MS * 3 / 4);
		assert_true(pace_ms(n, true) <= PACE_AUTH_MS_MAX);
	}
	assert_true(most > PACE_MS_MAX / 2);
}

static void
line_ends(void **state)
{
	static const char *const all[][2] = {
		{ "", "\r\n" },
		{ "a", "a\r\n" },
		{ "a\nb\n", "a\r\nb\r\n" },
		{ "a\r\nb\rc\n\n", "a\r\nb\r\nc\r\n\r\n" },
		{ "\r\r\n.\r", "\r\n\r\n.\r\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct buf b;
		size_t n = 0;
		char *s;

		buf_init(&b, 100);
		(void)buf_puts(&b, all[i][0]);
		s = compose_crlf(&b, &n);
		assert_int_equal(n, strlen(all[i][1]));
		assert_memory_equal(s, all[i][1], n);
		mem_free(s);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults),
		cmocka_unit_test(ports),
		cmocka_unit_test(wrong_ones),
		cmocka_unit_test(waits_grow),
		cmocka_unit_test(line_ends),
		cmocka_unit_test(a_day_to_begin_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
