/* stream and what it stands on: deadlines, ceilings, interruptions, and the
 * small writers beside it. TLS is tried against real servers in tests/net. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/dot.h"
#include "gateways/mail/net/folder.h"
#include "gateways/mail/net/resolve.h"
#include "gateways/mail/net/sasl.h"
#include "gateways/mail/net/stream.h"
#include "tests/unit/fakeserver.h"

#define LONG_MS 60000

static struct net_server here = { .host = "fake", .wait_ms = LONG_MS };

static void
end(struct stream *s, struct fake *f)
{
	stream_close(&s);
	fake_finish(f);
	fake_free(f);
}

static void
end_of_stream_is_an_end_at_once(void **state)
{
	static const struct fake_step steps[] = { { FAKE_SAY, "hola", 0 },
						  { FAKE_END, NULL, 0 } };
	char p[16];
	struct err e;
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &here);
	size_t got = 0;
	ssize_t n;

	(void)state;
	while ((n = stream_read(s, p + got, sizeof(p) - got)) > 0)
		got += (size_t)n;
	assert_int_equal(got, 4);
	assert_int_equal(stream_read(s, p, 1), -1);
	assert_int_equal(stream_fault(s, &e), OUT_TEMP);
	assert_string_equal(e.code, NET_NETWORK);
	assert_string_equal(e.text, "'fake' closed the connection");
	assert_int_equal(stream_write(s, "x", 1), -1);
	assert_int_equal(stream_wait(s, 0, NULL), STREAM_DEAD);
	end(s, f);
}

/* Each octet comes in time, all of them never do. */
static void
dripping_ends_with_the_operation(void **state)
{
	static const struct fake_step steps[] = { { FAKE_DRIP, "a", 0 },
						  { FAKE_END, NULL, 0 } };
	char p[16];
	struct err e;
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &here);

	(void)state;
	stream_begin(s, 300, 1 << 20);
	while (stream_read(s, p, sizeof(p)) > 0)
		;
	assert_int_equal(stream_fault(s, &e), OUT_TEMP);
	assert_string_equal(e.text, "'fake' did not answer in time");
	assert_int_equal(net_class(&e), NET_C_NETWORK);
	end(s, f);
}

static void
a_flood_stops_at_the_ceiling(void **state)
{
	static const struct fake_step steps[] = { { FAKE_FLOOD, "abcdefgh", 0 },
						  { FAKE_END, NULL, 0 } };
	char p[300];
	struct err e;
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &here);
	size_t got = 0;
	ssize_t n;

	(void)state;
	stream_begin(s, LONG_MS, 1000);
	while ((n = stream_read(s, p, sizeof(p))) > 0)
		got += (size_t)n;
	assert_int_equal(got, 1000);
	assert_int_equal(stream_fault(s, &e), OUT_TEMP);
	assert_int_equal(net_class(&e), NET_C_TOO_BIG);
	end(s, f);
}

/* A peer that does not read must not hold us either. */
static void
writing_ends_with_the_operation(void **state)
{
	static const struct fake_step steps[] = { { FAKE_EAT, NULL, 10 },
						  { FAKE_FLOOD, "x", 0 },
						  { FAKE_END, NULL, 0 } };
	char *much = mem_new(8 << 20, 1);
	struct err e;
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &here);

	(void)state;
	stream_begin(s, 300, 1000);
	assert_int_equal(stream_write(s, much, 8 << 20), -1);
	assert_int_equal(stream_fault(s, &e), OUT_TEMP);
	assert_int_equal(net_class(&e), NET_C_NETWORK);
	mem_free(much);
	end(s, f);
}

static void *
set_flag(void *cancel)
{
	usleep(50000);
	net_cancel_set(cancel);
	return NULL;
}

static void
a_flag_interrupts(void **state)
{
	static const struct fake_step steps[] = { { FAKE_HANG, NULL, 0 },
						  { FAKE_END, NULL, 0 } };
	struct net_cancel *cancel = net_cancel_new();
	struct net_server with = { .host = "fake", .cancel = cancel };
	pthread_t thread;
	struct err e;
	char c;
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &with);

	(void)state;
	stream_begin(s, 1000 * LONG_MS, 10);
	pthread_create(&thread, NULL, set_flag, cancel);
	assert_int_equal(stream_read(s, &c, 1), -1);
	pthread_join(thread, NULL);
	assert_int_equal(stream_fault(s, &e), OUT_TEMP);
	assert_int_equal(net_class(&e), NET_C_CANCELLED);
	assert_true(net_cancel_is_set(cancel));
	net_cancel_clear(cancel);
	assert_false(net_cancel_is_set(cancel));
	/* dead all the same */
	assert_int_equal(stream_read(s, &c, 1), -1);
	end(s, f);
	net_cancel_free(&cancel);
}

static void
a_wait_tells_what_ended_it(void **state)
{
	static const struct fake_step steps[] = { { FAKE_HEAR, "go", 0 },
						  { FAKE_SAY, "x", 0 },
						  { FAKE_HANG, NULL, 0 },
						  { FAKE_END, NULL, 0 } };
	struct net_cancel *wake = net_cancel_new();
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &here);

	(void)state;
	assert_int_equal(stream_wait(s, 1, NULL), STREAM_TIMEOUT);
	net_cancel_set(wake);
	assert_int_equal(stream_wait(s, LONG_MS, wake), STREAM_WOKEN);
	assert_int_equal(stream_write(s, "go\r\n", 4), 0);
	assert_int_equal(stream_wait(s, LONG_MS, NULL), STREAM_READY);
	end(s, f);
	net_cancel_free(&wake);
}

/* What somebody in between put in before TLS must not be taken as said in
 * it; here the socket holds it. */
static void
nothing_may_precede_tls(void **state)
{
	static const struct fake_step steps[] = { { FAKE_SAY, "* OK", 0 },
						  { FAKE_HANG, NULL, 0 },
						  { FAKE_END, NULL, 0 } };
	struct err e;
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &here);

	(void)state;
	assert_int_equal(stream_wait(s, LONG_MS, NULL), STREAM_READY);
	assert_int_equal(stream_starttls(s, 0, &e), OUT_PERM);
	assert_int_equal(net_class(&e), NET_C_TLS);
	assert_true(stream_dead(s));
	end(s, f);
}

static void
tls_with_what_is_none_fails(void **state)
{
	static const struct fake_step steps[] = {
		{ FAKE_EAT, NULL, 10 },
		{ FAKE_SAY, "HTTP/1.1 400 Bad Request\r\n\r\n", 0 },
		{ FAKE_END, NULL, 0 }
	};
	struct err e;
	int fd;
	struct fake *f = fake_start(steps, &fd);
	struct stream *s = stream_over(fd, &here);

	(void)state;
	assert_int_equal(stream_starttls(s, 0, &e), OUT_PERM);
	assert_int_equal(net_class(&e), NET_C_TLS);
	assert_non_null(strstr(e.text, "TLS with 'fake' failed"));
	assert_int_equal(stream_write(s, "secret", 6), -1);
	end(s, f);
}

/* --- opening ------------------------------------------------------------- */

static void
clear_text_stays_on_this_machine(void **state)
{
	/* an address for documentation: nothing is sent there */
	struct net_server far = { .host = "192.0.2.1",
				  .port = 143,
				  .security = NET_SEC_NONE,
				  .wait_ms = LONG_MS };
	struct stream *s;
	struct err e;

	(void)state;
	assert_int_equal(stream_open(&far, &s, &e), OUT_PERM);
	assert_int_equal(net_class(&e), NET_C_REFUSED);
	assert_null(s);
}

static void
addresses_that_stay(void **state)
{
	struct resolved r;
	struct err e;

	(void)state;
	assert_int_equal(resolve("127.9.9.9", 1, 0, NULL, &r, &e), OUT_OK);
	assert_true(resolved_loopback(&r.addr[0]));
	assert_int_equal(resolve("::1", 1, 0, NULL, &r, &e), OUT_OK);
	assert_true(resolved_loopback(&r.addr[0]));
	assert_int_equal(resolve("10.0.0.1", 1, 0, NULL, &r, &e), OUT_OK);
	assert_false(resolved_loopback(&r.addr[0]));
}

static void
a_name_is_looked_for_no_longer_than_said(void **state)
{
	struct net_cancel *cancel = net_cancel_new();
	struct resolved r;
	struct err e;

	(void)state;
	net_cancel_set(cancel);
	assert_int_equal(resolve("name.invalid", 1, LONG_MS, cancel, &r, &e),
			 OUT_TEMP);
	assert_int_equal(net_class(&e), NET_C_CANCELLED);
	net_cancel_free(&cancel);
}

static void
logins_are_checked(void **state)
{
	struct net_login ok = { "ana", "secret", NULL };
	struct net_login both = { "ana", "secret", "token" };
	struct net_login lines = { "ana", "a\r\nb", NULL };
	struct net_login none = { "", "secret", NULL };
	struct err e;

	(void)state;
	assert_int_equal(net_login_check(&ok, &e), OUT_OK);
	assert_int_equal(net_login_check(&both, &e), OUT_PERM);
	assert_int_equal(net_login_check(&lines, &e), OUT_PERM);
	assert_null(strstr(e.text, "a\r\nb"));
	assert_int_equal(net_login_check(&none, &e), OUT_PERM);
}

/* --- words, logins, names, dots ------------------------------------------ */

static void
words_are_one_clean_line(void **state)
{
	static const char odd[] =
		"  it's\r\n\x1b[31m  \xff\xe2\x80\xae no\xc3\xb1o ";
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	net_words(&b, odd, strlen(odd), 100);
	assert_string_equal(buf_str(&b), "it s [31m \xef\xbf\xbd no\xc3\xb1o");
	buf_clear(&b);
	net_words(&b, "aaaa\xc3\xb1", 6, 5);
	assert_string_equal(buf_str(&b), "aaaa");
	buf_release(&b);
}

static void
logins_travel_as_written(void **state)
{
	/* RFC 4648; the token's from the description of XOAUTH2 */
	struct net_login plain = { "tim", "tanstaaftanstaaf", NULL };
	struct net_login token = { "someuser@example.com", NULL,
				   "ya29.vF9dft4qmTc2Nvb3RlckBhdHRhdmlzdGEuY29"
				   "tCg" };
	struct buf b;

	(void)state;
	buf_init(&b, SASL_MAX);
	sasl_response(&b, &plain);
	assert_string_equal(buf_str(&b), "AHRpbQB0YW5zdGFhZnRhbnN0YWFm");
	assert_true(sasl_shows(&plain, "no: AHRpbQB0YW5zdGFhZnRhbnN0YWFm!"));
	assert_true(sasl_shows(&plain, "not tanstaaftanstaaf"));
	assert_false(sasl_shows(&plain, "Authentication failed"));
	buf_clear(&b);
	sasl_response(&b, &token);
	assert_string_equal(buf_str(&b),
			    "dXNlcj1zb21ldXNlckBleGFtcGxlLmNvbQFhdXRoPUJlYXJlci"
			    "B5YTI5LnZGOWRmdDRxbVRjMk52YjNSbGNrQmhkSFJoZG1semRH"
			    "RXVZMjl0Q2cBAQ==");
	buf_clear(&b);
	sasl_base64(&b, "f", 1);
	sasl_base64(&b, "fo", 2);
	sasl_base64(&b, "foobar", 6);
	assert_string_equal(buf_str(&b), "Zg==Zm8=Zm9vYmFy");
	sasl_wipe(&b);
}

static void
name_both_ways(const char *name, const char *wire)
{
	struct buf b;

	buf_init(&b, 1000);
	assert_true(folder_encode(&b, name));
	assert_string_equal(buf_str(&b), wire);
	buf_clear(&b);
	folder_decode(&b, wire);
	assert_string_equal(buf_str(&b), name);
	buf_release(&b);
}

static void
names_of_folders(void **state)
{
	struct buf b;

	(void)state;
	name_both_ways("INBOX", "INBOX");
	name_both_ways("a & b", "a &- b");
	name_both_ways("Atenci\xc3\xb3n", "Atenci&APM-n");
	/* RFC 3501, 5.1.3 */
	name_both_ways("~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/"
		       "\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e",
		       "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
	name_both_ways("\xf0\x9f\x98\x80!", "&2D3eAA-!");
	buf_init(&b, 100);
	assert_false(folder_encode(&b, ""));
	assert_false(folder_encode(&b, "a\nb"));
	assert_false(folder_encode(&b, "a\xffz"));
	buf_clear(&b);
	/* what is no modified UTF-7 is taken as it is */
	folder_decode(&b, "&AG");
	assert_string_equal(buf_str(&b), "&AG");
	buf_clear(&b);
	folder_decode(&b, "&2D0-");
	assert_string_equal(buf_str(&b), "&2D0-");
	buf_release(&b);
}

/* All ways to cut p into two pieces must give the same. */
static void
dotted(const char *p, size_t n, const char *wire)
{
	for (size_t cut = 0; cut <= n; cut++) {
		struct dot d = { .mid = false };
		struct buf b;

		buf_init(&b, 1000);
		dot_add(&d, &b, p, cut);
		dot_add(&d, &b, p + cut, n - cut);
		dot_end(&d, &b);
		assert_string_equal(buf_str(&b), wire);
		buf_release(&b);
	}
}

/* No way of writing an end within a mail ends it. */
static void
one_end_whatever_comes(void **state)
{
	(void)state;
	dotted("a\r\nb\r\n", 6, "a\r\nb\r\n.\r\n");
	dotted("a", 1, "a\r\n.\r\n");
	dotted("", 0, ".\r\n");
	dotted(".", 1, "..\r\n.\r\n");
	dotted("a\r\n.\r\nb", 7, "a\r\n..\r\nb\r\n.\r\n");
	dotted("a\n.\nb", 5, "a\r\n..\r\nb\r\n.\r\n");
	dotted("a\r.\rb", 5, "a\r\n..\r\nb\r\n.\r\n");
	dotted("a\n.\r\nb", 6, "a\r\n..\r\nb\r\n.\r\n");
	dotted("a\r\n.\nb", 6, "a\r\n..\r\nb\r\n.\r\n");
	dotted("a\r\n.\rb", 6, "a\r\n..\r\nb\r\n.\r\n");
	dotted("a\r.\r\nb", 6, "a\r\n..\r\nb\r\n.\r\n");
	dotted("a\r\r\n.", 5, "a\r\n\r\n..\r\n.\r\n");
	dotted("a\r", 2, "a\r\n.\r\n");
	assert_int_equal(dot_size("a\nb\r\nc\rd", 8), 12);
	assert_int_equal(dot_size("a\r\n", 3), 3);
	assert_int_equal(dot_size("", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(end_of_stream_is_an_end_at_once),
		cmocka_unit_test(dripping_ends_with_the_operation),
		cmocka_unit_test(a_flood_stops_at_the_ceiling),
		cmocka_unit_test(writing_ends_with_the_operation),
		cmocka_unit_test(a_flag_interrupts),
		cmocka_unit_test(a_wait_tells_what_ended_it),
		cmocka_unit_test(nothing_may_precede_tls),
		cmocka_unit_test(tls_with_what_is_none_fails),
		cmocka_unit_test(clear_text_stays_on_this_machine),
		cmocka_unit_test(addresses_that_stay),
		cmocka_unit_test(a_name_is_looked_for_no_longer_than_said),
		cmocka_unit_test(logins_are_checked),
		cmocka_unit_test(words_are_one_clean_line),
		cmocka_unit_test(logins_travel_as_written),
		cmocka_unit_test(names_of_folders),
		cmocka_unit_test(one_end_whatever_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
