/* smtp, against servers that refuse, lie and die: what is known of a mail
 * afterwards. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/base/mem.h"
#include "gateways/mail/net/smtp.h"
#include "gateways/mail/net/stream.h"
#include "tests/unit/fakeserver.h"

#define LONG_MS 60000
#define CRLF "\r\n"
#define END                                                                    \
	{                                                                      \
		FAKE_END, NULL, 0                                              \
	}
#define SAY(text)                                                              \
	{                                                                      \
		FAKE_SAY, text CRLF, 0                                         \
	}
#define HEAR(text)                                                             \
	{                                                                      \
		FAKE_HEAR, text, 0                                             \
	}
#define UNTIL(text)                                                            \
	{                                                                      \
		FAKE_UNTIL, text, 0                                            \
	}

#define HELLO(extensions)                                                      \
	SAY("220 fake"), HEAR("EHLO [127.0.0.1]"),                             \
		SAY("250-fake" CRLF extensions "250 HELP")
#define LOGGED_IN                                                              \
	HELLO("250-AUTH PLAIN" CRLF "250-SIZE 10000" CRLF                      \
	      "250-8BITMIME" CRLF),                                            \
		HEAR("AUTH PLAIN AGFuYQBzZWNyZXQtd29yZA==\r\n"), SAY("235 ok")
#define SENDER HEAR("MAIL FROM:<a@x> SIZE=21\r\n"), SAY("250 ok")
#define RECIPIENT HEAR("RCPT TO:<b@x>\r\n"), SAY("250 ok")
#define DATA HEAR("DATA"), SAY("354 go")
#define RSET HEAR("RSET"), SAY("250 ok")

static const char mail[] = "Subject: x\n\n.a\r\nb\n";

static const struct net_login ana = { "ana", "secret-word", NULL };
static struct net_server here = { .host = "fake",
				  .security = NET_SEC_NONE,
				  .wait_ms = LONG_MS };

/* What one test stands on; the result is large. */
struct stage {
	struct fake *fake;
	struct smtp *smtp;
	struct err e;
	enum outcome opened;
	enum outcome sent;
	struct smtp_result result;
	size_t needed; /* of the recipients */
};

static struct stage *
begin_as(const struct fake_step *steps, const struct net_server *server,
	 const struct net_login *login)
{
	struct stage *g = mem_new(1, sizeof(*g));
	int fd;

	g->fake = fake_start(steps, &fd);
	g->opened = smtp_open_over(stream_over(fd, server), server, login,
				   &g->smtp, &g->e);
	return g;
}

static void
end(struct stage *g)
{
	smtp_close(&g->smtp);
	assert_int_equal(fake_finish(g->fake), -1);
	fake_free(g->fake);
	mem_free(g);
}

static void
send_to(struct stage *g, const char *const *to, size_t n)
{
	struct smtp_mail m = { .from = "a@x",
			       .to = to,
			       .to_count = n,
			       .needed = g->needed,
			       .octets = mail,
			       .n = sizeof(mail) - 1 };

	g->sent = smtp_send(g->smtp, &m, &g->result, &g->e);
}

static struct stage *
send_one(const struct fake_step *steps)
{
	static const char *const to[] = { "b@x" };
	struct stage *g = begin_as(steps, &here, &ana);

	assert_int_equal(g->opened, OUT_OK);
	send_to(g, to, 1);
	return g;
}

/* --- opening ------------------------------------------------------------- */

static void
refused(const struct fake_step *steps, const struct net_login *login,
	enum outcome o, enum net_class class)
{
	struct stage *g = begin_as(steps, &here, login);

	assert_int_equal(g->opened, o);
	assert_int_equal(net_class(&g->e), class);
	assert_null(strstr(g->e.text, "secret-word"));
	assert_null(g->smtp);
	end(g);
}

static void
sessions_that_do_not_open(void **state)
{
	static const struct fake_step busy[] = { SAY("421 come back"), END };
	static const struct fake_step never[] = { SAY("554 go away"), END };
	static const struct fake_step imap[] = { SAY("* OK ready"), END };
	static const struct fake_step empty[] = { END };
	static const struct fake_step wrong[] = {
		HELLO("250-AUTH LOGIN" CRLF), HEAR("AUTH LOGIN\r\n"),
		SAY("334 VXNlcm5hbWU6"),      HEAR("YW5h\r\n"),
		SAY("334 UGFzc3dvcmQ6"),      HEAR("c2VjcmV0LXdvcmQ=\r\n"),
		SAY("535 not secret-word"),   END
	};
	static const struct fake_step later[] = { HELLO("250-AUTH PLAIN" CRLF),
						  HEAR("AUTH PLAIN"),
						  SAY("454 try later"), END };
	static const struct fake_step token[] = {
		HELLO("250-AUTH XOAUTH2 PLAIN" CRLF),
		HEAR("AUTH XOAUTH2 "),
		SAY("334 eyJzdGF0dXMiOiI0MDEifQ=="),
		HEAR("\r\n"),
		SAY("535 bad"),
		END
	};
	static const struct fake_step none[] = { HELLO(""), END };
	static const struct fake_step mixed[] = { SAY("220 fake"), HEAR("EHLO"),
						  SAY("250-a" CRLF "550 b"),
						  END };
	static const struct net_login with_token = { "ana", NULL, "tok-en" };

	(void)state;
	refused(busy, &ana, OUT_TEMP, NET_C_REFUSED);
	refused(never, &ana, OUT_PERM, NET_C_REFUSED);
	refused(imap, &ana, OUT_TEMP, NET_C_PROTOCOL);
	refused(empty, &ana, OUT_TEMP, NET_C_NETWORK);
	refused(wrong, &ana, OUT_PERM, NET_C_AUTH);
	refused(later, &ana, OUT_TEMP, NET_C_REFUSED);
	refused(token, &with_token, OUT_PERM, NET_C_AUTH);
	refused(none, &ana, OUT_PERM, NET_C_REFUSED);
	refused(mixed, &ana, OUT_TEMP, NET_C_PROTOCOL);
}

static void
starttls_or_nothing(void **state)
{
	static const struct fake_step without[] = {
		HELLO("250-AUTH PLAIN" CRLF), END
	};
	static const struct fake_step no[] = { HELLO("250-STARTTLS" CRLF),
					       HEAR("STARTTLS"), SAY("502 no"),
					       END };
	static const struct fake_step later[] = { HELLO("250-STARTTLS" CRLF),
						  HEAR("STARTTLS"),
						  SAY("454 not now"), END };
	static const struct fake_step injected[] = {
		HELLO("250-STARTTLS" CRLF), HEAR("STARTTLS"),
		SAY("220 go" CRLF "250-AUTH PLAIN" CRLF "250 x"), END
	};
	static const struct fake_step *const all[] = { without, no, later,
						       injected };
	struct net_server starttls = { .host = "fake",
				       .security = NET_SEC_STARTTLS,
				       .wait_ms = LONG_MS };

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		struct stage *g = begin_as(all[k], &starttls, &ana);

		assert_int_equal(g->opened, k == 2 ? OUT_TEMP : OUT_PERM);
		assert_int_equal(net_class(&g->e), NET_C_TLS);
		assert_null(g->smtp);
		end(g);
	}
}

static void
replies_under_ceilings(void **state)
{
	static const struct fake_step lines[] = { SAY("220 fake"),
						  HEAR("EHLO"),
						  { FAKE_FLOOD, "250-x\r\n",
						    0 },
						  END };
	static const struct fake_step line[] = { SAY("220 fake"),
						 HEAR("EHLO"),
						 { FAKE_FLOOD, "250-xxxx", 0 },
						 END };
	static const struct fake_step nul[] = { { FAKE_SAY, "220 a\0b\r\n", 9 },
						END };

	(void)state;
	refused(lines, &ana, OUT_TEMP, NET_C_PROTOCOL);
	refused(line, &ana, OUT_TEMP, NET_C_PROTOCOL);
	refused(nul, &ana, OUT_TEMP, NET_C_PROTOCOL);
}

/* --- one mail ------------------------------------------------------------ */

static void
a_mail_is_sent(void **state)
{
	static const struct fake_step steps[] = { LOGGED_IN,
						  SENDER,
						  RECIPIENT,
						  DATA,
						  HEAR("Subject: x\r\n"),
						  HEAR("\r\n"),
						  HEAR("..a\r\n"),
						  HEAR("b\r\n"),
						  HEAR(".\r\n"),
						  SAY("250-2.0.0 Ok:" CRLF
						      "250 queued as\t12"),
						  END };
	struct stage *g = send_one(steps);

	(void)state;
	assert_int_equal(g->sent, OUT_OK);
	assert_int_equal(g->result.code, 250);
	assert_string_equal(g->result.text, "2.0.0 Ok: queued as 12");
	assert_int_equal(g->result.taken, 1);
	assert_true(smtp_alive(g->smtp));
	assert_int_equal(smtp_size_max(g->smtp), 10000);
	end(g);
}

/* Was the mail itself refused, after its octets? */
static bool
is(const struct fake_step *steps, enum outcome o, int code, bool lives)
{
	struct stage *g = send_one(steps);
	bool at_end;

	assert_int_equal(g->sent, o);
	assert_int_equal(g->result.code, code);
	assert_int_equal(g->result.taken, 0);
	assert_int_equal(smtp_alive(g->smtp), lives);
	at_end = g->result.at_end;
	end(g);
	return at_end;
}

static void
refusals_before_the_mail(void **state)
{
	static const struct fake_step sender4[] = { LOGGED_IN, HEAR("MAIL"),
						    SAY("451 later"), RSET,
						    END };
	static const struct fake_step sender5[] = { LOGGED_IN, HEAR("MAIL"),
						    SAY("553 never"), RSET,
						    END };
	static const struct fake_step to4[] = { LOGGED_IN,    SENDER,
						HEAR("RCPT"), SAY("450 later"),
						RSET,         END };
	static const struct fake_step to5[] = { LOGGED_IN,    SENDER,
						HEAR("RCPT"), SAY("550 never"),
						RSET,         END };
	static const struct fake_step data4[] = {
		LOGGED_IN,        SENDER, RECIPIENT, HEAR("DATA"),
		SAY("451 later"), RSET,   END
	};
	static const struct fake_step bye[] = { LOGGED_IN, SENDER, HEAR("RCPT"),
						SAY("421 bye"), END };
	static const struct fake_step gone[] = { LOGGED_IN, SENDER,
						 HEAR("RCPT"), END };
	static const struct fake_step odd[] = { LOGGED_IN, SENDER, HEAR("RCPT"),
						SAY("354 go"), END };

	(void)state;
	assert_false(is(sender4, OUT_TEMP, 451, true));
	assert_false(is(sender5, OUT_PERM, 553, true));
	assert_false(is(to4, OUT_TEMP, 450, true));
	assert_false(is(to5, OUT_PERM, 550, true));
	assert_false(is(data4, OUT_TEMP, 451, true));
	assert_false(is(bye, OUT_TEMP, 421, false));
	assert_false(is(gone, OUT_TEMP, 0, false));
	assert_false(is(odd, OUT_TEMP, 354, false));
}

static void
refusals_of_the_mail(void **state)
{
	static const struct fake_step all4[] = { LOGGED_IN,  SENDER,
						 RECIPIENT,  DATA,
						 UNTIL("."), SAY("450 later"),
						 RSET,       END };
	static const struct fake_step all5[] = { LOGGED_IN,  SENDER,
						 RECIPIENT,  DATA,
						 UNTIL("."), SAY("554 spam"),
						 RSET,       END };

	(void)state;
	assert_true(is(all4, OUT_TEMP, 450, true));
	assert_true(is(all5, OUT_PERM, 554, true));
}

/* After the dot nobody knows. */
static void
answers_that_are_lost(void **state)
{
	static const struct fake_step closed[] = { LOGGED_IN,  SENDER,
						   RECIPIENT,  DATA,
						   UNTIL("."), END };
	static const struct fake_step half[] = {
		LOGGED_IN, SENDER,     RECIPIENT,
		DATA,      UNTIL("."), { FAKE_SAY, "250 o", 0 },
		END
	};
	static const struct fake_step odd[] = { LOGGED_IN,  SENDER,
						RECIPIENT,  DATA,
						UNTIL("."), SAY("354 more"),
						END };
	static const struct fake_step early[] = { LOGGED_IN,
						  SENDER,
						  RECIPIENT,
						  HEAR("DATA"),
						  SAY("354 go" CRLF
						      "250 got it already"),
						  END };
	static const struct fake_step *const unknown[] = { closed, half, odd };

	(void)state;
	for (size_t k = 0; k < 3; k++) {
		struct stage *g = send_one(unknown[k]);

		assert_int_equal(g->sent, OUT_UNSURE);
		assert_false(smtp_alive(g->smtp));
		end(g);
	}
	/* a reply before its question: nothing of the mail has gone */
	assert_false(is(early, OUT_TEMP, 0, false));
}

/* A server that says nothing more, and somebody who stops waiting for it. */
static void *
set_flag(void *cancel)
{
	usleep(200000);
	net_cancel_set(cancel);
	return NULL;
}

static void
cancelled_while_waiting(void **state)
{
	static const struct fake_step steps[] = { LOGGED_IN,
						  { FAKE_HANG, NULL, 0 },
						  END };
	static const char *const to[] = { "b@x" };
	struct net_cancel *flag = net_cancel_new();
	struct net_server with = here;
	pthread_t thread;
	struct stage *g;

	(void)state;
	with.cancel = flag;
	g = begin_as(steps, &with, &ana);
	assert_int_equal(g->opened, OUT_OK);
	pthread_create(&thread, NULL, set_flag, flag);
	send_to(g, to, 1);
	pthread_join(thread, NULL);
	assert_int_equal(g->sent, OUT_TEMP);
	assert_int_equal(net_class(&g->e), NET_C_CANCELLED);
	assert_false(smtp_alive(g->smtp));
	end(g);
	net_cancel_free(&flag);
}

/* --- reports of delivery (RFC 3461) ---------------------------------------- */

#define REPORTING                                                              \
	HELLO("250-AUTH PLAIN" CRLF "250-DSN" CRLF "250-SMTPUTF8" CRLF),       \
		HEAR("AUTH PLAIN"), SAY("235 ok")

/* Reports are asked for, under that id, from a sender or from none. */
static void
send_reporting(const struct fake_step *steps, const char *from, const char *to,
	       const char *id)
{
	struct stage *g = begin_as(steps, &here, &ana);
	struct smtp_mail m = { .from = from,
			       .to = &to,
			       .to_count = 1,
			       .octets = mail,
			       .n = sizeof(mail) - 1,
			       .reports = true,
			       .envelope_id = id };

	assert_int_equal(g->opened, OUT_OK);
	assert_int_equal(smtp_send(g->smtp, &m, &g->result, &g->e), OUT_OK);
	end(g);
}

static void
reports_are_asked_for(void **state)
{
	static const struct fake_step steps[] = {
		REPORTING,
		HEAR("MAIL FROM:<a@x> RET=HDRS ENVID=p1.2+2Bq+3D@x\r\n"),
		SAY("250 ok"),
		HEAR("RCPT TO:<b+c@x> NOTIFY=FAILURE,DELAY "
		     "ORCPT=rfc822;b+2Bc@x\r\n"),
		SAY("250 ok"),
		DATA,
		UNTIL("."),
		SAY("250 ok"),
		END
	};
	/* an address that rfc822 cannot say, an id that is too long */
	static const struct fake_step utf8[] = {
		REPORTING,
		HEAR("MAIL FROM:<a@x> SMTPUTF8 RET=HDRS\r\n"),
		SAY("250 ok"),
		HEAR("RCPT TO:<\xC3\xB1@x> NOTIFY=FAILURE,DELAY\r\n"),
		SAY("250 ok"),
		DATA,
		UNTIL("."),
		SAY("250 ok"),
		END
	};
	char id[SMTP_ENVELOPE_ID_MAX + 2];

	(void)state;
	memset(id, 'a', sizeof(id));
	id[sizeof(id) - 1] = '\0';
	send_reporting(steps, "a@x", "b+c@x", "p1.2+q=@x");
	send_reporting(utf8, "a@x", "\xC3\xB1@x", id);
}

static void
reports_that_nobody_gives_or_gets(void **state)
{
	static const struct fake_step unable[] = { LOGGED_IN,  SENDER,
						   RECIPIENT,  DATA,
						   UNTIL("."), SAY("250 ok"),
						   END };
	static const struct fake_step nobody[] = { REPORTING,
						   HEAR("MAIL FROM:<>\r\n"),
						   SAY("250 ok"),
						   HEAR("RCPT TO:<b@x>\r\n"),
						   SAY("250 ok"),
						   DATA,
						   UNTIL("."),
						   SAY("250 ok"),
						   END };

	(void)state;
	send_reporting(unable, "a@x", "b@x", "p1");
	send_reporting(nobody, "", "b@x", "p1");
}

/* No line of an id or an address is another command. */
static void
ids_stay_in_their_line(void **state)
{
	static const struct fake_step steps[] = {
		REPORTING,
		HEAR("MAIL FROM:<a@x> RET=HDRS ENVID=a+0D+0AQUIT+20b+C3\r\n"),
		SAY("250 ok"),
		HEAR("RCPT TO:<b@x> NOTIFY"),
		SAY("250 ok"),
		DATA,
		UNTIL("."),
		SAY("250 ok"),
		END
	};

	(void)state;
	send_reporting(steps, "a@x", "b@x", "a\r\nQUIT b\xC3");
}

/* --- several recipients -------------------------------------------------- */

static void
some_are_taken(void **state)
{
	static const struct fake_step steps[] = { LOGGED_IN,
						  SENDER,
						  RECIPIENT,
						  HEAR("RCPT TO:<c@x>"),
						  SAY("550 5.1.1 no such user"),
						  HEAR("RCPT TO:<d@x>"),
						  SAY("450 full"),
						  HEAR("RCPT TO:<e@x>"),
						  SAY("251 will forward"),
						  DATA,
						  UNTIL("."),
						  SAY("250 ok"),
						  END };
	static const char *const to[] = { "b@x", "c@x", "d@x", "e@x",
					  "f\r\nDATA" };
	struct stage *g = begin_as(steps, &here, &ana);

	(void)state;
	send_to(g, to, 5);
	assert_int_equal(g->sent, OUT_OK);
	assert_int_equal(g->result.taken, 2);
	assert_int_equal(g->result.refused_count, 3);
	assert_int_equal(g->result.refused[0].recipient, 1);
	assert_int_equal(g->result.refused[0].code, 550);
	assert_string_equal(g->result.refused[0].text, "5.1.1 no such user");
	assert_int_equal(g->result.refused[1].recipient, 2);
	assert_int_equal(g->result.refused[1].code, 450);
	assert_int_equal(g->result.refused[2].recipient, 4);
	assert_int_equal(g->result.refused[2].code, 553);
	end(g);
}

/* If one of them may be taken later, all may be tried again. */
static void
none_is_taken(void **state)
{
	static const struct fake_step steps[] = { LOGGED_IN,
						  SENDER,
						  HEAR("RCPT TO:<b@x>"),
						  SAY("550 never"),
						  HEAR("RCPT TO:<c@x>"),
						  SAY("451 later"),
						  RSET,
						  END };
	static const char *const to[] = { "b@x", "c@x" };
	struct stage *g = begin_as(steps, &here, &ana);

	(void)state;
	send_to(g, to, 2);
	assert_int_equal(g->sent, OUT_TEMP);
	assert_int_equal(g->result.refused_count, 2);
	assert_int_equal(g->result.taken, 0);
	end(g);
}

/* The customer is put off, the copy is not: neither goes. */
static void
who_is_needed_is_put_off(void **state)
{
	static const struct fake_step steps[] = { LOGGED_IN,
						  SENDER,
						  HEAR("RCPT TO:<b@x>"),
						  SAY("450 later"),
						  HEAR("RCPT TO:<c@x>"),
						  SAY("250 ok"),
						  RSET,
						  END };
	static const char *const to[] = { "b@x", "c@x" };
	struct stage *g = begin_as(steps, &here, &ana);

	(void)state;
	g->needed = 1;
	send_to(g, to, 2);
	assert_int_equal(g->sent, OUT_TEMP);
	assert_int_equal(g->result.code, 450);
	assert_int_equal(g->result.taken, 0);
	end(g);
}

/* --- what a server can carry --------------------------------------------- */

static void
extensions_are_honoured(void **state)
{
	static const struct fake_step steps[] = {
		HELLO("250-SMTPUTF8" CRLF "250-8BITMIME" CRLF "250-SIZE" CRLF),
		HEAR("MAIL FROM:<jos\xc3\xa9@x> SIZE=8 BODY=8BITMIME "
		     "SMTPUTF8\r\n"),
		SAY("250 ok"),
		RECIPIENT,
		DATA,
		UNTIL("."),
		SAY("250 ok"),
		END
	};
	static const struct fake_step none[] = { HELLO(""), END };
	static const struct fake_step small[] = { HELLO("250-SIZE 5" CRLF),
						  END };
	static const char *const to[] = { "b@x" };
	struct smtp_mail m = { .from = "jos\xc3\xa9@x",
			       .to = to,
			       .to_count = 1,
			       .octets = "\n\xc3\xb1\xc3\xb1",
			       .n = 5 };
	struct stage *g = begin_as(steps, &here, NULL);

	(void)state;
	assert_int_equal(smtp_send(g->smtp, &m, &g->result, &g->e), OUT_OK);
	end(g);
	g = begin_as(none, &here, NULL);
	assert_int_equal(smtp_send(g->smtp, &m, &g->result, &g->e), OUT_PERM);
	m.from = "a@x";
	assert_int_equal(smtp_send(g->smtp, &m, &g->result, &g->e), OUT_PERM);
	assert_non_null(strstr(g->e.text, "8-bit"));
	assert_true(smtp_alive(g->smtp));
	end(g);
	g = begin_as(small, &here, NULL);
	send_to(g, to, 1);
	assert_int_equal(g->sent, OUT_PERM);
	assert_int_equal(net_class(&g->e), NET_C_TOO_BIG);
	end(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sessions_that_do_not_open),
		cmocka_unit_test(starttls_or_nothing),
		cmocka_unit_test(replies_under_ceilings),
		cmocka_unit_test(a_mail_is_sent),
		cmocka_unit_test(refusals_before_the_mail),
		cmocka_unit_test(refusals_of_the_mail),
		cmocka_unit_test(answers_that_are_lost),
		cmocka_unit_test(cancelled_while_waiting),
		cmocka_unit_test(reports_are_asked_for),
		cmocka_unit_test(reports_that_nobody_gives_or_gets),
		cmocka_unit_test(ids_stay_in_their_line),
		cmocka_unit_test(some_are_taken),
		cmocka_unit_test(none_is_taken),
		cmocka_unit_test(who_is_needed_is_put_off),
		cmocka_unit_test(extensions_are_honoured),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
