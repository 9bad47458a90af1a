#ifndef POSTIGO_TEST_IMAP_STAGE_H
#define POSTIGO_TEST_IMAP_STAGE_H

/*
 * imap_stage: a session with a server that plays a part, for the tests of
 * imap: how parts are written, how a test begins and ends.
 */

#include "daemon/base/err.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/net/net.h"
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

#define GREET(caps)                                                            \
	SAY("* OK ready"), HEAR("P1 CAPABILITY"),                              \
		SAY("* CAPABILITY IMAP4rev1 " caps CRLF "P1 OK done")
#define IN_AFTER(caps)                                                         \
	SAY("P1 OK in"), HEAR("P1 CAPABILITY"),                                \
		SAY("* CAPABILITY IMAP4rev1 " caps CRLF "P1 OK done")
#define OPENED_WITH(caps)                                                      \
	GREET("AUTH=PLAIN SASL-IR " caps), HEAR("P1 AUTHENTICATE PLAIN "),     \
		IN_AFTER(caps)
#define SELECT(n)                                                              \
	HEAR("1 SELECT INBOX"),                                                \
		SAY("* FLAGS (\\Seen)" CRLF "* " n " EXISTS" CRLF              \
		    "* OK [UIDVALIDITY 7] ok" CRLF "* OK [UIDNEXT 40] ok" CRLF \
		    "1 OK [READ-WRITE] ok")
#define SELECTED(n) OPENED_WITH("IDLE MOVE UIDPLUS"), SELECT(n)

extern const struct net_login ana;
extern const struct net_server here;

/* What one test stands on. */
struct stage {
	struct fake *fake;
	struct imap *imap;
	struct err e;
	enum outcome opened;
};

/* Open a session; g->opened says how that went. */
void begin_as(struct stage *g, const struct fake_step *steps,
	      const struct net_server *server, const struct net_login *login);
void begin(struct stage *g, const struct fake_step *steps);

/* The same, with the folder of SELECT() selected. */
void begin_selected(struct stage *g, const struct fake_step *steps);

/* Close it; the server must have played its part to the end. */
void end(struct stage *g);

#endif
