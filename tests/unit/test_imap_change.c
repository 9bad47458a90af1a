/* imap: what changes a mailbox. */
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

#define IS_THERE(tag)                                                          \
	HEAR(tag " UID FETCH 9 UID"), SAY("* 1 FETCH (UID 9)" CRLF tag " OK x")

static void
moved(const struct fake_step *steps, enum outcome o, enum net_class class,
      bool left)
{
	struct stage g;
	bool was_left = !left;

	begin_selected(&g, steps);
	assert_int_equal(imap_move(g.imap, 9, "Hechos", &was_left, &g.e), o);
	if (o != OUT_OK)
		assert_int_equal(net_class(&g.e), class);
	assert_int_equal(was_left, left);
	end(&g);
}

static void
moves(void **state)
{
	static const struct fake_step created[] = {
		SELECTED("1"),
		IS_THERE("2"),
		HEAR("3 UID MOVE 9 Hechos"),
		SAY("3 NO [TRYCREATE] no folder"),
		HEAR("4 CREATE Hechos"),
		SAY("4 OK x"),
		HEAR("5 UID MOVE 9 Hechos"),
		SAY("* OK [COPYUID 7 9 1] x" CRLF "* 1 EXPUNGE" CRLF "5 OK x"),
		END
	};
	static const struct fake_step gone[] = { SELECTED("1"),
						 HEAR("2 UID FETCH 9 UID"),
						 SAY("2 OK x"), END };
	static const struct fake_step no[] = { SELECTED("1"), IS_THERE("2"),
					       HEAR("3 UID MOVE 9 Hechos"),
					       SAY("3 NO not there"), END };
	static const struct fake_step lost[] = { SELECTED("1"), IS_THERE("2"),
						 HEAR("3 UID MOVE 9 Hechos"),
						 END };

	(void)state;
	moved(created, OUT_OK, NET_C_NONE, false);
	moved(gone, OUT_PERM, NET_C_GONE, false);
	moved(no, OUT_PERM, NET_C_REFUSED, false);
	moved(lost, OUT_UNSURE, NET_C_NETWORK, false);
}

static void
moves_without_move(void **state)
{
	static const struct fake_step copied[] = {
		OPENED_WITH("UIDPLUS"),
		SELECT("1"),
		IS_THERE("2"),
		HEAR("3 UID COPY 9 Hechos"),
		SAY("3 OK x"),
		HEAR("4 UID STORE 9 +FLAGS.SILENT (\\Deleted)"),
		SAY("4 OK x"),
		HEAR("5 UID EXPUNGE 9"),
		SAY("5 OK x"),
		END
	};
	/* without UIDPLUS others' marked mails would go too */
	static const struct fake_step kept[] = {
		OPENED_WITH(""),
		SELECT("1"),
		IS_THERE("2"),
		HEAR("3 UID COPY 9 Hechos"),
		SAY("3 OK x"),
		HEAR("4 UID STORE 9 +FLAGS.SILENT (\\Deleted)"),
		SAY("4 OK x"),
		END
	};
	static const struct fake_step lost[] = { OPENED_WITH(""),
						 SELECT("1"),
						 IS_THERE("2"),
						 HEAR("3 UID COPY 9 Hechos"),
						 SAY("3 OK x"),
						 HEAR("4 UID STORE"),
						 END };

	(void)state;
	moved(copied, OUT_OK, NET_C_NONE, false);
	moved(kept, OUT_OK, NET_C_NONE, true);
	moved(lost, OUT_UNSURE, NET_C_NETWORK, true);
}

static void
appended(const struct fake_step *steps, enum outcome o, enum net_class class,
	 uint32_t uid)
{
	struct stage g;
	uint32_t is = 1;

	begin(&g, steps);
	assert_int_equal(
		imap_append(g.imap, "Sent", "a: b\r\n\r\nc", 9, &is, &g.e), o);
	if (o != OUT_OK)
		assert_int_equal(net_class(&g.e), class);
	assert_int_equal(is, uid);
	end(&g);
}

#define APPEND(tag) HEAR(tag " APPEND Sent (\\Seen) {9}")
#define OCTETS                                                                 \
	SAY("+ go"),                                                           \
	{                                                                      \
		FAKE_EAT, NULL, 11                                             \
	} /* and a line's end */

static void
appends(void **state)
{
	static const struct fake_step ok[] = {
		OPENED_WITH(""), APPEND("1"), OCTETS,
		SAY("1 OK [APPENDUID 38505 3955] done"), END
	};
	static const struct fake_step created[] = { OPENED_WITH(""),
						    APPEND("1"),
						    SAY("1 NO [TRYCREATE] x"),
						    HEAR("2 CREATE Sent"),
						    SAY("2 OK x"),
						    APPEND("3"),
						    OCTETS,
						    SAY("3 OK x"),
						    END };
	static const struct fake_step full[] = { OPENED_WITH(""), APPEND("1"),
						 SAY("1 NO [OVERQUOTA] x"),
						 END };
	static const struct fake_step before[] = { OPENED_WITH(""), APPEND("1"),
						   END };
	static const struct fake_step after[] = { OPENED_WITH(""), APPEND("1"),
						  OCTETS, END };

	(void)state;
	appended(ok, OUT_OK, NET_C_NONE, 3955);
	appended(created, OUT_OK, NET_C_NONE, 0);
	appended(full, OUT_PERM, NET_C_TOO_BIG, 0);
	appended(before, OUT_TEMP, NET_C_NETWORK, 0);
	appended(after, OUT_UNSURE, NET_C_NETWORK, 0);
}

static void
finding_by_message_id(void **state)
{
	static const struct fake_step steps[] = {
		OPENED_WITH(""),
		HEAR("1 EXAMINE Sent"),
		SAY("* 4 EXISTS" CRLF "1 OK [READ-ONLY] x"),
		HEAR("2 UID SEARCH HEADER Message-ID"),
		SAY("* SEARCH 4 17 9" CRLF "2 OK x"),
		HEAR("3 EXAMINE None"),
		SAY("3 NO none"),
		HEAR("4 EXAMINE Sent"),
		SAY("4 OK x"),
		HEAR("5 UID SEARCH"),
		SAY("* SEARCH" CRLF "5 OK x"),
		END
	};
	struct stage g;
	uint32_t uid;

	(void)state;
	begin(&g, steps);
	assert_int_equal(imap_find(g.imap, "Sent", "<a@b>", &uid, &g.e),
			 OUT_OK);
	assert_int_equal(uid, 17);
	assert_int_equal(imap_find(g.imap, "None", "<a@b>", &uid, &g.e),
			 OUT_OK);
	assert_int_equal(uid, 0);
	assert_int_equal(imap_find(g.imap, "Sent", "<\"a\\@b>", &uid, &g.e),
			 OUT_OK);
	assert_int_equal(uid, 0);
	assert_int_equal(imap_find(g.imap, "Sent", "<a\r\nb>", &uid, &g.e),
			 OUT_PERM);
	end(&g);
}

static void
one_folder(void *ctx, const char *folder, const char *attributes,
	   char separator)
{
	buf_printf(ctx, "%s|%s|", folder, attributes);
	if (separator != '\0')
		buf_putc(ctx, separator);
	buf_putc(ctx, '\n');
}

static void
folders_and_marks(void **state)
{
	static const struct fake_step steps[] = {
		SELECTED("1"),
		HEAR("2 LIST \"\" \"*\""),
		SAY("* LIST (\\HasNoChildren \\Sent) \"/\" Sent" CRLF
		    "* LIST (\\Noselect) \".\" {14}" CRLF "Atenci&APM-n b" CRLF
		    "* LIST () NIL a" CRLF "2 OK x"),
		HEAR("3 UID STORE 9 +FLAGS.SILENT (\\Seen)"),
		SAY("3 OK x"),
		HEAR("4 CREATE a"),
		SAY("4 NO [ALREADYEXISTS] x"),
		END
	};
	struct stage g;
	struct buf b;

	(void)state;
	buf_init(&b, 1000);
	begin_selected(&g, steps);
	assert_int_equal(imap_folders(g.imap, one_folder, &b, &g.e), OUT_OK);
	assert_string_equal(buf_str(&b),
			    "Sent|\\HasNoChildren \\Sent|/\n"
			    "Atenci\xc3\xb3n b|\\Noselect|.\na||\n");
	assert_int_equal(imap_mark_seen(g.imap, 9, &g.e), OUT_OK);
	assert_int_equal(imap_create(g.imap, "a", &g.e), OUT_OK);
	buf_release(&b);
	end(&g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(moves),
		cmocka_unit_test(moves_without_move),
		cmocka_unit_test(appends),
		cmocka_unit_test(finding_by_message_id),
		cmocka_unit_test(folders_and_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
