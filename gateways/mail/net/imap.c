/*
 * imap: sessions: opening, securing, closing, and what results mean. Reading
 * is in imap_list.c and imap_read.c, changing in imap_write.c.
 */
#include "gateways/mail/net/imap.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/folder.h"
#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/low.h"
#include "gateways/mail/net/stream.h"

#define SHORT_LINES 2000
#define SHORT_REPLY ((size_t)256 * 1024)

/* --- requests and results ------------------------------------------------ */

enum outcome
imap_begin(struct imap *i, int64_t wait_ms, size_t read_max, size_t lines_max,
	   size_t literal_max, struct err *e)
{
	if (stream_dead(i->stream))
		return stream_fault(i->stream, e);
	stream_begin(i->stream, wait_ms, read_max);
	guard_begin(i->guard, lines_max, literal_max);
	return OUT_OK;
}

enum outcome
imap_begin_short(struct imap *i, struct err *e)
{
	return imap_begin(i, IMAP_COMMAND_MS, SHORT_REPLY, SHORT_LINES, 0, e);
}

bool
imap_said(const struct imap *i, const char *code)
{
	const char *words = guard_words(i->guard);
	size_t n = strlen(code);

	return words[0] == '[' && strncasecmp(words + 1, code, n) == 0 &&
	       (words[n + 1] == ']' || words[n + 1] == ' ');
}

/* A NO: is it only for now (RFC 5530)? */
static enum outcome
refused(const struct imap *i, const char *what, struct err *e)
{
	bool now = imap_said(i, "UNAVAILABLE") || imap_said(i, "INUSE") ||
		   imap_said(i, "LIMIT") || imap_said(i, "SERVERBUG");
	bool full = imap_said(i, "OVERQUOTA") || imap_said(i, "TOOBIG");

	return err_code(e, now ? OUT_TEMP : OUT_PERM,
			full ? NET_TOO_BIG : NET_REFUSED, "%s: '%s'", what,
			guard_words(i->guard));
}

enum outcome
imap_status(struct imap *i, const char *what, struct err *e)
{
	if (!stream_dead(i->stream)) {
		switch (guard_status(i->guard)) {
		case GUARD_OK:
			return OUT_OK;
		case GUARD_NO:
			return refused(i, what, e);
		default:
			stream_fail(i->stream, OUT_TEMP, NET_PROTOCOL,
				    "%s: '%.100s' does not understand: '%s'",
				    what, stream_host(i->stream),
				    guard_words(i->guard));
		}
	}
	return stream_fault(i->stream, e);
}

enum outcome
imap_result(struct imap *i, int r, const char *what, struct err *e)
{
	if (stream_dead(i->stream))
		return stream_fault(i->stream, e);
	switch (r) {
	case MAILIMAP_NO_ERROR:
	case MAILIMAP_NO_ERROR_AUTHENTICATED:
	case MAILIMAP_NO_ERROR_NON_AUTHENTICATED:
		/* libetpan takes a NO after some of the mails for success. */
		return guard_status(i->guard) == GUARD_NO ? refused(i, what, e)
							  : OUT_OK;
	case MAILIMAP_ERROR_MEMORY:
		log_error("mem.out", "no memory for a reply");
		abort();
	case MAILIMAP_ERROR_BAD_STATE:
	case MAILIMAP_ERROR_STREAM:
	case MAILIMAP_ERROR_PARSE:
	case MAILIMAP_ERROR_FATAL:
	case MAILIMAP_ERROR_PROTOCOL:
	case MAILIMAP_ERROR_INVAL:
		break;
	default:
		if (guard_status(i->guard) == GUARD_NO)
			return refused(i, what, e);
	}
	stream_fail(i->stream, OUT_TEMP, NET_PROTOCOL,
		    "%s: '%.100s' breaks the protocol%s%s", what,
		    stream_host(i->stream),
		    guard_status(i->guard) == GUARD_BAD ? ": " : "",
		    guard_status(i->guard) == GUARD_BAD ? guard_words(i->guard)
							: "");
	return stream_fault(i->stream, e);
}

enum outcome
imap_need_folder(const struct imap *i, struct err *e)
{
	if (stream_dead(i->stream))
		return stream_fault(i->stream, e);
	if (!i->selected)
		return err_code(e, OUT_PERM, NET_NO_FOLDER,
				"no folder is selected");
	return OUT_OK;
}

enum outcome
imap_wire_name(struct buf *wire, const char *folder, struct err *e)
{
	if (strlen(folder) > IMAP_FOLDER_MAX || !folder_encode(wire, folder))
		return err_code(e, OUT_PERM, NET_NO_FOLDER,
				"this cannot be a folder's name");
	return OUT_OK;
}

/* --- life ---------------------------------------------------------------- */

static enum outcome
greet(struct imap *i, const struct net_server *server, struct err *e)
{
	int r = mailimap_connect(i->etpan, low_new(i->stream, i->guard));
	enum outcome o = imap_result(i, r, "no greeting", e);

	if (o != OUT_OK)
		return o;
	if (r == MAILIMAP_NO_ERROR_AUTHENTICATED &&
	    server->security == NET_SEC_STARTTLS) {
		/* It would let us skip TLS: RFC 9051, 11.1. */
		stream_fail(i->stream, OUT_PERM, NET_TLS,
			    "'%.100s' leaves no room for STARTTLS",
			    server->host);
		return stream_fault(i->stream, e);
	}
	return OUT_OK;
}

static enum outcome
secure(struct imap *i, struct err *e)
{
	const char *line;
	enum outcome o;

	if (!i->can_starttls) {
		stream_fail(i->stream, OUT_PERM, NET_TLS,
			    "'%.100s' offers no STARTTLS",
			    stream_host(i->stream));
		return stream_fault(i->stream, e);
	}
	guard_begin(i->guard, SHORT_LINES, 0);
	if (imap_raw_say(i, IMAP_TAG " STARTTLS"))
		while ((line = imap_raw_line(i)) != NULL && !imap_raw_end(line))
			;
	o = imap_status(i, "STARTTLS", e);
	if (o != OUT_OK) {
		stream_fail(i->stream, o, NET_TLS, "%s", e->text);
		return stream_fault(i->stream, e);
	}
	o = stream_starttls(i->stream,
			    guard_unread(i->guard) +
				    i->etpan->imap_stream->read_buffer_len,
			    e);
	/* What was said in clear is forgotten. */
	return o != OUT_OK ? o : imap_capabilities(i, e);
}

static enum outcome
open_session(struct imap *i, const struct net_server *server,
	     const struct net_login *login, struct err *e)
{
	enum outcome o = greet(i, server, e);

	if (o == OUT_OK)
		o = imap_capabilities(i, e);
	if (o == OUT_OK && server->security == NET_SEC_STARTTLS)
		o = secure(i, e);
	if (o == OUT_OK && i->etpan->imap_state != MAILIMAP_STATE_AUTHENTICATED)
		o = imap_log_in(i, login, e);
	/* After logging in others may be offered. */
	if (o == OUT_OK)
		o = imap_capabilities(i, e);
	return o == OUT_OK ? imap_enable(i, e) : o;
}

enum outcome
imap_open_over(struct stream *stream, const struct net_server *server,
	       const struct net_login *login, struct imap **out, struct err *e)
{
	struct imap *i = mem_new(1, sizeof(*i));
	enum outcome o;

	*out = NULL;
	i->stream = stream;
	i->guard = guard_new(stream);
	i->etpan = mailimap_new(0, NULL);
	if (i->etpan == NULL) {
		log_error("mem.out", "no memory for a session");
		abort();
	}
	o = open_session(i, server, login, e);
	if (o == OUT_OK)
		*out = i;
	else
		imap_close(&i);
	return o;
}

enum outcome
imap_open(const struct net_server *server, const struct net_login *login,
	  struct imap **out, struct err *e)
{
	struct stream *stream;
	enum outcome o = net_login_check(login, e);

	*out = NULL;
	if (o == OUT_OK)
		o = stream_open(server, &stream, e);
	if (o == OUT_OK)
		o = imap_open_over(stream, server, login, out, e);
	return o;
}

void
imap_close(struct imap **i)
{
	struct imap *x = *i;

	if (x == NULL)
		return;
	stream_begin(x->stream, IMAP_CLOSE_MS, SHORT_REPLY);
	guard_begin(x->guard, SHORT_LINES, 0);
	guard_leaving(x->guard);
	/* Says LOGOUT; on a dead stream nothing moves. */
	mailimap_free(x->etpan);
	guard_free(&x->guard);
	stream_close(&x->stream);
	MEM_CLEAR(i);
}

bool
imap_alive(const struct imap *i)
{
	return !stream_dead(i->stream);
}

bool
imap_has_idle(const struct imap *i)
{
	return i->can_idle;
}

bool
imap_has_move(const struct imap *i)
{
	return i->can_move;
}

bool
imap_has_uidplus(const struct imap *i)
{
	return i->can_uidplus;
}

enum outcome
imap_noop(struct imap *i, struct err *e)
{
	enum outcome o = imap_begin_short(i, e);

	if (o != OUT_OK)
		return o;
	return imap_result(i, mailimap_noop(i->etpan), "NOOP", e);
}
