/* imap and guard, against servers that lie, stop, flood and die. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/stream.h"
#include "tests/unit/fakeserver.h"
#include "tests/unit/imap_stage.h"

/* The session is dead, for that reason, and stays so. */
static void
assert_dead(struct stage *g, enum net_class class)
{
	struct imap_folder f;
	struct err e;

	assert_int_equal(net_class(&g->e), class);
	assert_false(imap_alive(g->imap));
	assert_int_not_equal(imap_noop(g->imap, &e), OUT_OK);
	assert_string_equal(e.text, g->e.text);
	assert_int_not_equal(imap_select(g->imap, "INBOX", &f, &e), OUT_OK);
	assert_string_equal(e.text, g->e.text);
}

/* --- opening ------------------------------------------------------------- */

static void
a_session_opens(void **state)
{
	static const struct fake_step steps[] = { SELECTED("0"), END };
	struct stage g;

	(void)state;
	begin_selected(&g, steps);
	assert_true(imap_has_idle(g.imap));
	assert_true(imap_has_move(g.imap));
	assert_true(imap_has_uidplus(g.imap));
	end(&g);
}

static void
refused(const struct fake_step *steps, enum outcome o, enum net_class class,
	const char *words)
{
	struct stage g;

	begin(&g, steps);
	assert_int_equal(g.opened, o);
	assert_int_equal(net_class(&g.e), class);
	assert_non_null(strstr(g.e.text, words));
	assert_null(strstr(g.e.text, "secret-word"));
	assert_null(g.imap);
	end(&g);
}

static void
logins_that_fail(void **state)
{
	static const struct fake_step no[] = {
		GREET("AUTH=PLAIN SASL-IR"), HEAR("P1 AUTHENTICATE PLAIN "),
		SAY("P1 NO [AUTHENTICATIONFAILED] wrong"), END
	};
	static const struct fake_step echo[] = {
		GREET(""), HEAR("P1 LOGIN \"ana\" \"secret-word\""),
		SAY("P1 NO wrong: secret-word"), END
	};
	static const struct fake_step later[] = {
		GREET(""), HEAR("P1 LOGIN"),
		SAY("P1 NO [UNAVAILABLE] try later"), END
	};
	static const struct fake_step none[] = { GREET("LOGINDISABLED"), END };
	static const struct fake_step bad[] = { GREET(""), HEAR("P1 LOGIN"),
						SAY("P1 BAD what"), END };

	(void)state;
	refused(no, OUT_PERM, NET_C_AUTH, "wrong");
	refused(echo, OUT_PERM, NET_C_AUTH, "repeat what we sent");
	refused(later, OUT_TEMP, NET_C_REFUSED, "try later");
	refused(none, OUT_PERM, NET_C_REFUSED, "no login with a password");
	refused(bad, OUT_TEMP, NET_C_PROTOCOL, "what");
}

static void
plain_without_an_initial_response(void **state)
{
	static const struct fake_step steps[] = {
		GREET("AUTH=PLAIN"), HEAR("P1 AUTHENTICATE PLAIN\r\n"),
		SAY("+ "),           HEAR("AGFuYQBzZWNyZXQtd29yZA==\r\n"),
		IN_AFTER(""),        END
	};
	struct stage g;

	(void)state;
	begin(&g, steps);
	assert_int_equal(g.opened, OUT_OK);
	end(&g);
}

/* The challenge that tells of a bad token is answered with nothing. */
static void
a_token_that_is_refused(void **state)
{
	static const struct fake_step steps[] = {
		GREET("AUTH=XOAUTH2 SASL-IR"),
		HEAR("P1 AUTHENTICATE XOAUTH2 "),
		SAY("+ eyJzdGF0dXMiOiI0MDEifQ=="),
		HEAR("\r\n"),
		SAY("P1 NO Invalid credentials"),
		END
	};
	static const struct fake_step none[] = { GREET("AUTH=PLAIN"), END };
	static const struct net_login token = { "ana", NULL, "tok-en" };
	struct stage g;

	(void)state;
	begin_as(&g, steps, &here, &token);
	assert_int_equal(g.opened, OUT_PERM);
	assert_int_equal(net_class(&g.e), NET_C_AUTH);
	end(&g);
	begin_as(&g, none, &here, &token);
	assert_int_equal(g.opened, OUT_PERM);
	assert_int_equal(net_class(&g.e), NET_C_REFUSED);
	end(&g);
}

static void
greetings_that_are_none(void **state)
{
	static const struct fake_step bye[] = { SAY("* BYE too many of you"),
						END };
	static const struct fake_step http[] = { SAY("HTTP/1.1 400 no"), END };
	static const struct fake_step empty[] = { END };
	static const struct fake_step half[] = { { FAKE_SAY, "* OK re", 0 },
						 END };

	(void)state;
	refused(bye, OUT_TEMP, NET_C_NETWORK, "too many of you");
	refused(http, OUT_TEMP, NET_C_PROTOCOL, "no reply");
	refused(empty, OUT_TEMP, NET_C_NETWORK, "closed");
	refused(half, OUT_TEMP, NET_C_NETWORK, "closed");
}

static void
a_greeting_that_drips(void **state)
{
	static const struct fake_step steps[] = { { FAKE_DRIP, "* OK ", 0 },
						  END };
	struct net_server quick = { .host = "fake",
				    .security = NET_SEC_NONE,
				    .wait_ms = 400 };
	struct stage g;

	(void)state;
	begin_as(&g, steps, &quick, &ana);
	assert_int_equal(g.opened, OUT_TEMP);
	assert_int_equal(net_class(&g.e), NET_C_NETWORK);
	assert_non_null(strstr(g.e.text, "in time"));
	end(&g);
}

static void
starttls_or_nothing(void **state)
{
	static const struct fake_step without[] = { GREET("AUTH=PLAIN"), END };
	static const struct fake_step early[] = { SAY("* PREAUTH come in"),
						  END };
	static const struct fake_step no[] = { GREET("STARTTLS"),
					       HEAR("P1 STARTTLS"),
					       SAY("P1 NO not today"), END };
	/* the octets after the OK came from whoever sits in between */
	static const struct fake_step injected[] = {
		GREET("STARTTLS"), HEAR("P1 STARTTLS"),
		SAY("P1 OK go" CRLF "P1 OK in" CRLF "* CAPABILITY X"), END
	};
	static const struct fake_step *const all[] = { without, early, no,
						       injected };
	struct net_server starttls = { .host = "fake",
				       .security = NET_SEC_STARTTLS,
				       .wait_ms = LONG_MS };

	(void)state;
	for (size_t k = 0; k < 4; k++) {
		struct stage g;

		begin_as(&g, all[k], &starttls, &ana);
		assert_int_equal(g.opened, OUT_PERM);
		assert_int_equal(net_class(&g.e), NET_C_TLS);
		assert_null(g.imap);
		imap_close(&g.imap);
		assert_int_equal(fake_finish(g.fake), -1);
		fake_free(g.fake);
	}
}

/* --- folders and lists --------------------------------------------------- */

static void
a_folder_that_is_not_there(void **state)
{
	static const struct fake_step steps[] = {
		OPENED_WITH(""),
		HEAR("1 SELECT \"Atenci&APM-n\""),
		SAY("1 NO [NONEXISTENT] no such"),
		HEAR("2 NOOP"),
		SAY("2 OK here"),
		END
	};
	struct imap_mail m[2];
	struct imap_folder f;
	struct stage g;
	size_t n;

	(void)state;
	begin(&g, steps);
	assert_int_equal(imap_select(g.imap, "Atenci\xc3\xb3n", &f, &g.e),
			 OUT_PERM);
	assert_int_equal(net_class(&g.e), NET_C_NO_FOLDER);
	assert_int_equal(imap_select(g.imap, "a\nb", &f, &g.e), OUT_PERM);
	assert_int_equal(imap_list(g.imap, 1, m, 2, &n, NULL, &g.e), OUT_PERM);
	assert_int_equal(net_class(&g.e), NET_C_NO_FOLDER);
	assert_true(imap_alive(g.imap));
	assert_int_equal(imap_noop(g.imap, &g.e), OUT_OK);
	end(&g);
}

#define MAIL(place, uid)                                                       \
	"* " place " FETCH (UID " uid " FLAGS (\\Seen odd) INTERNALDATE "      \
	"\"05-Jan-2026 09:00:00 +0130\" RFC822.SIZE 1234)" CRLF

static void
all_mails_of_a_folder(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("3"),
		HEAR("2 NOOP"),
		SAY("2 OK"
		    " x"),
		HEAR("3 FETCH 1:3 "),
		SAY(MAIL("1", "10") "* 2 FETCH (FLAGS (\\Answered))" CRLF MAIL(
			"2", "20") MAIL("3", "31") "3 OK done"),
		END
	};
	struct imap_mail m[10];
	struct stage g;
	bool more;
	size_t n;

	(void)state;
	begin_selected(&g, steps);
	assert_int_equal(imap_list(g.imap, 1, m, 10, &n, &more, &g.e), OUT_OK);
	assert_int_equal(n, 3);
	assert_false(more);
	assert_int_equal(m[0].uid, 10);
	assert_int_equal(m[1].uid, 20);
	assert_int_equal(m[2].uid, 31);
	assert_int_equal(m[0].size_bytes, 1234);
	assert_int_equal(m[0].flags, IMAP_SEEN);
	/* 09:00 at +01:30 is 07:30 UTC */
	assert_int_equal(m[0].received_ms, 1767598200000);
	end(&g);
}

/* Places are found from the end; what is below the cursor is dropped. */
static void
mails_from_a_cursor(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("5"), HEAR("2 NOOP"), SAY("2 OK x"),
		HEAR("3 FETCH 5 "), SAY("* 5 FETCH (UID 50)" CRLF "3 OK x"),
		HEAR("4 FETCH 3 "), SAY("* 3 FETCH (UID 30)" CRLF "4 OK x"),
		HEAR("5 FETCH 4 "), SAY("* 4 FETCH (UID 40)" CRLF "5 OK x"),
		HEAR("6 FETCH 3:4 "),
		SAY(MAIL("3", "30") MAIL("4", "40") "6 OK x"),
		/* and when there is nothing new: one question */
		HEAR("7 NOOP"), SAY("7 OK x"), HEAR("8 FETCH 5 "),
		SAY("* 5 FETCH (UID 50)" CRLF "8 OK x"), END
	};
	struct imap_mail m[10];
	struct stage g;
	bool more;
	size_t n;

	(void)state;
	begin_selected(&g, steps);
	assert_int_equal(imap_list(g.imap, 35, m, 1, &n, &more, &g.e), OUT_OK);
	assert_int_equal(n, 1);
	assert_int_equal(m[0].uid, 40);
	assert_true(more);
	assert_int_equal(imap_list(g.imap, 51, m, 1, &n, &more, &g.e), OUT_OK);
	assert_int_equal(n, 0);
	assert_false(more);
	end(&g);
}

/* Places moved between the questions (against the rules): ask again. */
static void
no_mail_is_passed_over(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("3"), HEAR("2 NOOP"), SAY("2 OK x"),
		HEAR("3 FETCH 3 "), SAY("* 3 FETCH (UID 30)" CRLF "3 OK x"),
		HEAR("4 FETCH 1 "), SAY("* 1 FETCH (UID 10)" CRLF "4 OK x"),
		HEAR("5 FETCH 2 "), SAY("* 2 FETCH (UID 20)" CRLF "5 OK x"),
		/* 10 went, so 20 is first now, and we would never see it */
		HEAR("6 FETCH 2:3 "), SAY(MAIL("2", "30") "6 OK x"),
		HEAR("7 NOOP"), SAY("* 1 EXPUNGE" CRLF "7 OK x"),
		HEAR("8 FETCH 2 "), SAY("* 2 FETCH (UID 30)" CRLF "8 OK x"),
		HEAR("9 FETCH 1 "), SAY("* 1 FETCH (UID 20)" CRLF "9 OK x"),
		HEAR("10 FETCH 1:2 "),
		SAY(MAIL("1", "20") MAIL("2", "30") "10 OK x"), END
	};
	struct imap_mail m[10];
	struct stage g;
	size_t n;

	(void)state;
	begin_selected(&g, steps);
	assert_int_equal(imap_list(g.imap, 25, m, 10, &n, NULL, &g.e), OUT_OK);
	assert_int_equal(n, 1);
	assert_int_equal(m[0].uid, 30);
	end(&g);
}

/* What is missing must not be taken for gone. */
static void
a_list_that_is_not_whole(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("2"),
		HEAR("2 NOOP"),
		SAY("2 OK x"),
		HEAR("3 FETCH 1:2 "),
		SAY(MAIL("1", "10") "3 NO some could not be fetched"),
		END
	};
	struct imap_mail m[10];
	struct stage g;
	size_t n;

	(void)state;
	begin_selected(&g, steps);
	assert_int_equal(imap_list(g.imap, 1, m, 10, &n, NULL, &g.e), OUT_PERM);
	assert_int_equal(net_class(&g.e), NET_C_REFUSED);
	assert_non_null(strstr(g.e.text, "some could not be fetched"));
	assert_int_equal(n, 0);
	assert_true(imap_alive(g.imap));
	end(&g);
}

/* The same question would be asked for ever. */
static void
a_list_of_nothing(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("900"),       HEAR("2 NOOP"), SAY("2 OK x"),
		HEAR("3 FETCH 1:10 "), SAY("3 OK x"),  END
	};
	struct imap_mail m[10];
	struct stage g;
	bool more = true;
	size_t n;

	(void)state;
	begin_selected(&g, steps);
	assert_int_equal(imap_list(g.imap, 1, m, 10, &n, &more, &g.e),
			 OUT_TEMP);
	assert_int_equal(net_class(&g.e), NET_C_REFUSED);
	assert_int_equal(n, 0);
	assert_false(more);
	end(&g);
}

static void
the_last_mail(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("3"),
		HEAR("2 FETCH 3 "),
		SAY("* 3 FETCH (UID 39)" CRLF "2 OK x"),
		HEAR("3 FETCH 3 "),
		SAY("3 OK x"),
		END
	};
	struct stage g;
	uint32_t uid = 1;

	(void)state;
	begin_selected(&g, steps);
	assert_int_equal(imap_last(g.imap, 0, &uid, &g.e), OUT_OK);
	assert_int_equal(uid, 0);
	assert_int_equal(imap_last(g.imap, 3, &uid, &g.e), OUT_OK);
	assert_int_equal(uid, 39);
	assert_int_equal(imap_last(g.imap, 3, &uid, &g.e), OUT_TEMP);
	assert_int_equal(net_class(&g.e), NET_C_REFUSED);
	end(&g);
}

/* --- octets -------------------------------------------------------------- */

static bool
keep(void *ctx, const void *p, size_t n)
{
	return buf_add(ctx, p, n);
}

static void
octets_of_a_mail(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("1"),
		HEAR("2 UID FETCH 9 (UID BODY.PEEK[]<0.6>)"),
		SAY("* 1 FETCH (UID 9 BODY[]<0> {6}" CRLF "a\r\n" CRLF ".)" CRLF
		    "2 OK x"),
		HEAR("3 UID FETCH 9 (UID BODY.PEEK[]<6.1>)"),
		SAY("* 1 FETCH (UID 9 BODY[]<6> \"\")" CRLF "3 OK x"),
		END
	};
	struct buf b;
	struct stage g;
	size_t n;

	(void)state;
	buf_init(&b, 100);
	begin_selected(&g, steps);
	assert_int_equal(imap_fetch(g.imap, 9, 6, keep, &b, &n, &g.e), OUT_OK);
	assert_int_equal(n, 6);
	assert_memory_equal(b.data, "a\r\n\r\n.", 6);
	buf_release(&b);
	end(&g);
}

/* One FETCH with that reply. */
static void
fetched(const char *reply, enum outcome o, enum net_class class, bool lives)
{
	const struct fake_step steps[] = { SELECTED("1"),
					   HEAR("2 UID FETCH 9"),
					   { FAKE_SAY, reply, 0 },
					   END };
	struct buf b;
	struct stage g;

	buf_init(&b, 1000);
	begin_selected(&g, steps);
	assert_int_equal(imap_fetch(g.imap, 9, 100, keep, &b, NULL, &g.e), o);
	assert_int_equal(net_class(&g.e), class);
	assert_int_equal(imap_alive(g.imap), lives);
	if (!lives)
		assert_dead(&g, class);
	buf_release(&b);
	end(&g);
}

static void
octets_that_do_not_come(void **state)
{
	(void)state;
	fetched("2 OK none\r\n", OUT_PERM, NET_C_GONE, true);
	fetched("* 1 FETCH (FLAGS (\\Seen))\r\n2 OK none\r\n", OUT_PERM,
		NET_C_GONE, true);
	fetched("* 1 FETCH (UID 8 BODY[]<0> {1}\r\na)\r\n2 OK x\r\n", OUT_PERM,
		NET_C_GONE, true);
	fetched("* 1 FETCH (UID 9 BODY[] NIL)\r\n2 OK x\r\n", OUT_PERM,
		NET_C_REFUSED, true);
	fetched("2 NO not yours\r\n", OUT_PERM, NET_C_REFUSED, true);
	/* a limit of the account, no word on the mail's size */
	fetched("2 NO [OVERQUOTA] Account exceeded bandwidth\r\n", OUT_TEMP,
		NET_C_REFUSED, true);
	/* the end within a literal */
	fetched("* 1 FETCH (UID 9 BODY[]<0> {50}\r\nabc", OUT_TEMP,
		NET_C_NETWORK, false);
	fetched("* 1 FETCH (UID 9 BODY[]<5> {1}\r\na)\r\n2 OK x\r\n", OUT_TEMP,
		NET_C_PROTOCOL, false);
	fetched("* 1 FETCH (UID 9 BODY[]<0> {101}\r\n", OUT_TEMP, NET_C_TOO_BIG,
		false);
	fetched("* 1 FETCH (UID 9 BODY[]<0> {4294967295}\r\n", OUT_TEMP,
		NET_C_TOO_BIG, false);
	/* 2^64 + 1, which libetpan takes for 1 */
	fetched("* 1 FETCH (UID 9 BODY[]<0> {18446744073709551617}\r\n",
		OUT_TEMP, NET_C_TOO_BIG, false);
}

/* --- servers that lie ---------------------------------------------------- */

/* What others may say, and we need not know, is left out. */
static void
replies_that_are_left_out(void **state)
{
	static const struct fake_step steps[] = {
		OPENED_WITH(""),
		HEAR("1 NOOP"),
		SAY("* OK [BADCHARSET ( " CRLF "* STATUS x (((" CRLF
		    "* NAMESPACE ((\"\" \"/\")) NIL NIL" CRLF
		    "* 1 FETCH (MODSEQ (7) FLAGS ())" CRLF "* X" CRLF "1 OK"),
		HEAR("2 NOOP"),
		SAY("2 OK [COPYUID x"),
		END
	};
	struct stage g;

	(void)state;
	begin(&g, steps);
	assert_int_equal(imap_noop(g.imap, &g.e), OUT_OK);
	assert_int_equal(imap_noop(g.imap, &g.e), OUT_OK);
	end(&g);
}

/* One NOOP with that reply. */
static void
nooped(const char *reply, size_t n, enum net_class class)
{
	const struct fake_step steps[] = {
		OPENED_WITH(""), HEAR("1 NOOP"), { FAKE_SAY, reply, n }, END
	};
	struct stage g;

	begin(&g, steps);
	assert_int_equal(imap_noop(g.imap, &g.e), OUT_TEMP);
	assert_dead(&g, class);
	end(&g);
}

static void
replies_that_end_a_session(void **state)
{
	(void)state;
	nooped("7 OK not ours\r\n", 0, NET_C_PROTOCOL);
	nooped("1 BAD what\r\n", 0, NET_C_PROTOCOL);
	nooped("* 1 EXISTS\r\n* BYE\r\n", 0, NET_C_NETWORK);
	nooped("* 1 EXISTS\r\n", 0, NET_C_NETWORK);
	nooped("* OK a\0b\r\n1 OK x\r\n", 18, NET_C_PROTOCOL);
	nooped("garbage\r\n1 OK x\r\n", 0, NET_C_PROTOCOL);
	nooped("* 4294967296 EXISTS\r\n1 OK x\r\n", 0, NET_C_PROTOCOL);
	nooped("* 1 FETCH (BODY {3}\r\nabc)\r\n1 OK x\r\n", 0, NET_C_PROTOCOL);
	nooped("* 1 FETCH (BODY[] {3}\r\nabc)\r\n1 OK x\r\n", 0, NET_C_TOO_BIG);
	nooped("* SEARCH 1 x\r\n1 OK x\r\n", 0, NET_C_PROTOCOL);
	nooped("* 0 FETCH (UID 1)\r\n1 OK x\r\n", 0, NET_C_PROTOCOL);
}

static void
twenty_thousand_parentheses(void **state)
{
	static const char head[] = "* 1 FETCH (ENVELOPE ";
	char *reply = mem_new(40010 + sizeof(head), 1);

	(void)state;
	memcpy(reply, head, sizeof(head) - 1);
	memset(reply + sizeof(head) - 1, '(', 20000);
	memset(reply + sizeof(head) - 1 + 20000, ')', 20000);
	memcpy(reply + sizeof(head) - 1 + 40000, ")\r\n", 3);
	nooped(reply, 0, NET_C_PROTOCOL);
	mem_free(reply);
}

static void
floods(void **state)
{
	static const struct fake_step lines[] = { OPENED_WITH(""),
						  HEAR("1 NOOP"),
						  { FAKE_FLOOD,
						    "* 1 EXISTS\r\n", 0 },
						  END };
	static const struct fake_step line[] = { OPENED_WITH(""),
						 HEAR("1 NOOP"),
						 { FAKE_FLOOD, "* OK aaaaaaa",
						   0 },
						 END };
	struct stage g;

	(void)state;
	begin(&g, lines);
	assert_int_equal(imap_noop(g.imap, &g.e), OUT_TEMP);
	assert_dead(&g, NET_C_TOO_BIG);
	end(&g);
	begin(&g, line);
	assert_int_equal(imap_noop(g.imap, &g.e), OUT_TEMP);
	assert_dead(&g, NET_C_TOO_BIG);
	end(&g);
}

/* --- waiting ------------------------------------------------------------- */

static void
news_before_and_within_idle(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("1"),
		/* told before the +, where libetpan forgets it */
		HEAR("P1 IDLE"), SAY("* 2 EXISTS" CRLF "+ idling"),
		HEAR("DONE"), SAY("P1 OK done"), HEAR("2 NOOP"), SAY("2 OK x"),
		HEAR("3 FETCH 1:2"),
		SAY(MAIL("1", "1") MAIL("2", "2") "3 OK x"),
		/* a sign of life is no news */
		HEAR("P1 IDLE"), SAY("+ idling" CRLF "* OK still here"),
		HEAR("DONE"), SAY("P1 OK done"), HEAR("P1 IDLE"),
		SAY("+ idling" CRLF "* 3 EXISTS"), HEAR("DONE"),
		SAY("P1 OK done"), END
	};
	struct imap_mail m[4];
	struct stage g;
	bool news = false;
	size_t n;

	(void)state;
	begin_selected(&g, steps);
	assert_int_equal(imap_idle(g.imap, 600, &news, &g.e), OUT_OK);
	assert_true(news);
	assert_int_equal(imap_list(g.imap, 1, m, 4, &n, NULL, &g.e), OUT_OK);
	assert_int_equal(n, 2);
	assert_int_equal(imap_idle(g.imap, 600, &news, &g.e), OUT_OK);
	assert_true(news);
	end(&g);
}

static void
idle_that_ends_badly(void **state)
{
	static const struct fake_step bye[] = { SELECTED("1"), HEAR("P1 IDLE"),
						SAY("+ x" CRLF "* BYE night"),
						END };
	static const struct fake_step refuses[] = {
		SELECTED("1"),
		HEAR("P1 IDLE"),
		SAY("P1 NO not now" CRLF "* OK hm"),
		HEAR("2 NOOP"),
		SAY("* 2 EXISTS" CRLF "2 OK x"),
		END
	};
	struct stage g;
	bool news;

	(void)state;
	begin_selected(&g, bye);
	assert_int_equal(imap_idle(g.imap, 600, &news, &g.e), OUT_TEMP);
	assert_dead(&g, NET_C_NETWORK);
	assert_non_null(strstr(g.e.text, "night"));
	end(&g);
	begin_selected(&g, refuses);
	assert_int_equal(imap_idle(g.imap, 600, &news, &g.e), OUT_OK);
	assert_true(news);
	end(&g);
}

static void
other_work_ends_a_wait(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("1"),  HEAR("P1 IDLE"), SAY("+ x"),    HEAR("DONE"),
		SAY("P1 OK x"), HEAR("2 NOOP"),  SAY("2 OK x"), END
	};
	static const struct fake_step cut[] = { SELECTED("1"),
						HEAR("P1 IDLE"),
						SAY("+ x"),
						{ FAKE_HANG, NULL, 0 },
						END };
	struct net_cancel *flag = net_cancel_new();
	struct net_server with = here;
	struct imap_folder f;
	struct stage g;
	bool news;

	(void)state;
	begin_selected(&g, steps);
	/* one second, no flag; then the flag, at once */
	assert_int_equal(imap_idle_until(g.imap, 1, flag, &news, &g.e), OUT_OK);
	assert_false(news);
	net_cancel_set(flag);
	assert_int_equal(imap_idle_until(g.imap, 600, flag, &news, &g.e),
			 OUT_OK);
	assert_int_equal(imap_noop(g.imap, &g.e), OUT_OK);
	end(&g);

	net_cancel_clear(flag);
	with.cancel = flag;
	begin_as(&g, cut, &with, &ana);
	assert_int_equal(imap_select(g.imap, "INBOX", &f, &g.e), OUT_OK);
	net_cancel_set(flag);
	assert_int_equal(imap_idle(g.imap, 600, &news, &g.e), OUT_TEMP);
	assert_int_equal(net_class(&g.e), NET_C_CANCELLED);
	imap_close(&g.imap);
	fake_finish(g.fake);
	fake_free(g.fake);
	net_cancel_free(&flag);
}

/* --- where a day begins -------------------------------------------------- */

#define DAY_MS ((int64_t)86400 * 1000)

/* What a reply says of 2 January 1970; false: the call failed. */
static bool
first_since(const char *reply, uint32_t *uid, bool *said)
{
	const struct fake_step steps[] = {
		OPENED_WITH("ESEARCH"),
		SELECT("3"),
		HEAR("P1 UID SEARCH RETURN (MIN) SINCE 2-Jan-1970"),
		{ FAKE_SAY, reply, 0 },
		END
	};
	struct stage g;
	enum outcome o;

	begin_selected(&g, steps);
	o = imap_first_since(g.imap, DAY_MS + 5, uid, said, &g.e);
	end(&g);
	return o == OUT_OK;
}

static void
where_a_day_begins(void **state)
{
	static const struct fake_step plain[] = { SELECTED("3"), END };
	struct stage g;
	uint32_t uid = 9;
	bool said = true;

	(void)state;
	assert_true(first_since("* ESEARCH (TAG \"P1\") UID MIN 4711" CRLF
				"P1 OK done" CRLF,
				&uid, &said));
	assert_true(said);
	assert_int_equal(uid, 4711);
	assert_true(first_since("* ESEARCH (TAG \"P1\") UID" CRLF
				"P1 OK done" CRLF,
				&uid, &said));
	assert_true(said);
	assert_int_equal(uid, 0);
	assert_true(first_since("P1 OK nothing said" CRLF, &uid, &said));
	assert_false(said);
	assert_true(first_since("* ESEARCH (TAG \"P1\") UID MIN 4294967296" CRLF
				"P1 OK done" CRLF,
				&uid, &said));
	assert_false(said);
	assert_false(first_since("P1 NO not now" CRLF, &uid, &said));
	/* one that has no such search is not asked */
	begin_selected(&g, plain);
	assert_int_equal(imap_first_since(g.imap, 0, &uid, &said, &g.e),
			 OUT_OK);
	assert_false(said);
	end(&g);
}

/* Asked for where it can be; a server that refuses is no worse for it. */
static void
a_server_that_counts_changes(void **state)
{
	static const struct fake_step yes[] = {
		OPENED_WITH("ENABLE CONDSTORE"), HEAR("P1 ENABLE CONDSTORE"),
		SAY("* ENABLED CONDSTORE" CRLF "P1 OK done"), SELECT("0"), END
	};
	static const struct fake_step no[] = { OPENED_WITH("CONDSTORE ENABLE"),
					       HEAR("P1 ENABLE CONDSTORE"),
					       SAY("P1 BAD what"), SELECT("0"),
					       END };
	static const struct fake_step never[] = { OPENED_WITH("CONDSTORE"),
						  SELECT("0"), END };
	struct stage g;

	(void)state;
	begin_selected(&g, yes);
	end(&g);
	begin_selected(&g, no);
	end(&g);
	begin_selected(&g, never);
	end(&g);
}

static void
the_last_change_of_a_folder(void **state)
{
	static const struct {
		const char *code;
		uint64_t modseq;
	} all[] = {
		{ "[HIGHESTMODSEQ 715194045007]", 715194045007 },
		{ "[HIGHESTMODSEQ 9223372036854775807]", INT64_MAX },
		{ "[HIGHESTMODSEQ 9223372036854775808]", 0 },
		{ "[HIGHESTMODSEQ 99999999999999999999]", 0 },
		{ "[HIGHESTMODSEQ -5]", 0 },
		{ "[HIGHESTMODSEQ 5", 0 },
		{ "[NOMODSEQ]", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		char reply[200];
		const struct fake_step steps[] = { OPENED_WITH(""),
						   HEAR("1 SELECT INBOX"),
						   { FAKE_SAY, reply, 0 },
						   END };
		struct imap_folder f;
		struct stage g;

		(void)snprintf(reply, sizeof(reply),
			       "* 1 EXISTS" CRLF "* OK %s ok" CRLF
			       "1 OK [READ-WRITE] ok" CRLF,
			       all[i].code);
		begin(&g, steps);
		assert_int_equal(imap_select(g.imap, "INBOX", &f, &g.e),
				 OUT_OK);
		assert_true(f.modseq == all[i].modseq);
		end(&g);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_session_opens),
		cmocka_unit_test(logins_that_fail),
		cmocka_unit_test(plain_without_an_initial_response),
		cmocka_unit_test(a_token_that_is_refused),
		cmocka_unit_test(greetings_that_are_none),
		cmocka_unit_test(a_greeting_that_drips),
		cmocka_unit_test(starttls_or_nothing),
		cmocka_unit_test(a_folder_that_is_not_there),
		cmocka_unit_test(all_mails_of_a_folder),
		cmocka_unit_test(mails_from_a_cursor),
		cmocka_unit_test(no_mail_is_passed_over),
		cmocka_unit_test(a_list_that_is_not_whole),
		cmocka_unit_test(a_list_of_nothing),
		cmocka_unit_test(the_last_mail),
		cmocka_unit_test(where_a_day_begins),
		cmocka_unit_test(a_server_that_counts_changes),
		cmocka_unit_test(the_last_change_of_a_folder),
		cmocka_unit_test(octets_of_a_mail),
		cmocka_unit_test(octets_that_do_not_come),
		cmocka_unit_test(replies_that_are_left_out),
		cmocka_unit_test(replies_that_end_a_session),
		cmocka_unit_test(twenty_thousand_parentheses),
		cmocka_unit_test(floods),
		cmocka_unit_test(news_before_and_within_idle),
		cmocka_unit_test(idle_that_ends_badly),
		cmocka_unit_test(other_work_ends_a_wait),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
