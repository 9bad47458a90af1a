/*
 * imap_auth: capabilities and logging in, spoken by ourselves: libetpan reads
 * a NULL where a server leaves its capabilities out, and needs SASL's plug-ins
 * for PLAIN.
 */
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/sasl.h"
#include "gateways/mail/net/stream.h"

static bool
is_word(const char *p, size_t n, const char *w)
{
	return n == strlen(w) && strncasecmp(p, w, n) == 0;
}

static void
take_capabilities(struct imap *i, const char *p)
{
	const struct {
		const char *word;
		bool *flag;
	} all[] = {
		{ "IDLE", &i->can_idle },
		{ "MOVE", &i->can_move },
		{ "UIDPLUS", &i->can_uidplus },
		{ "ESEARCH", &i->can_esearch },
		{ "CONDSTORE", &i->can_condstore },
		{ "ENABLE", &i->can_enable },
		{ "AUTH=PLAIN", &i->can_plain },
		{ "AUTH=XOAUTH2", &i->can_xoauth2 },
		{ "SASL-IR", &i->can_ir },
		{ "LOGINDISABLED", &i->no_login },
		{ "STARTTLS", &i->can_starttls },
	};

	while (*p != '\0') {
		size_t n = strcspn(p, " ");

		for (size_t k = 0; k < sizeof(all) / sizeof(all[0]); k++)
			if (is_word(p, n, all[k].word))
				*all[k].flag = true;
		p += n;
		p += strspn(p, " ");
	}
}

enum outcome
imap_capabilities(struct imap *i, struct err *e)
{
	const char *line;

	if (stream_dead(i->stream))
		return stream_fault(i->stream, e);
	guard_begin(i->guard, 100, 0);
	i->can_idle = i->can_move = i->can_uidplus = i->can_plain = false;
	i->can_esearch = i->can_condstore = i->can_enable = false;
	i->can_xoauth2 = i->can_ir = i->no_login = i->can_starttls = false;
	if (imap_raw_say(i, IMAP_TAG " CAPABILITY"))
		while ((line = imap_raw_line(i)) != NULL && !imap_raw_end(line))
			if (strncasecmp(line, "* CAPABILITY ", 13) == 0)
				take_capabilities(i, line + 13);
	return imap_status(i, "CAPABILITY", e);
}

enum outcome
imap_enable(struct imap *i, struct err *e)
{
	const char *line;

	if (stream_dead(i->stream))
		return stream_fault(i->stream, e);
	if (!i->can_condstore || !i->can_enable)
		return OUT_OK;
	guard_begin(i->guard, 100, 0);
	if (imap_raw_say(i, IMAP_TAG " ENABLE CONDSTORE"))
		while ((line = imap_raw_line(i)) != NULL && !imap_raw_end(line))
			;
	return stream_dead(i->stream) ? stream_fault(i->stream, e) : OUT_OK;
}

/* --- logging in ---------------------------------------------------------- */

/* LOGIN with both as quoted strings; they have neither CR nor LF. */
static void
put_quoted(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

static bool
login_plainly(struct imap *i, const struct net_login *login)
{
	struct buf b;
	bool ok;

	buf_init(&b, SASL_MAX);
	buf_puts(&b, IMAP_TAG " LOGIN ");
	put_quoted(&b, login->user);
	buf_putc(&b, ' ');
	put_quoted(&b, login->password);
	buf_puts(&b, "\r\n");
	ok = stream_write(i->stream, b.data, b.len) == 0;
	sasl_wipe(&b);
	return ok;
}

static bool
authenticate(struct imap *i, const char *mechanism, const struct buf *response)
{
	struct buf b;
	bool ok;

	buf_init(&b, SASL_MAX + 100);
	buf_printf(&b, IMAP_TAG " AUTHENTICATE %s", mechanism);
	if (i->can_ir)
		buf_printf(&b, " %s", buf_str(response));
	buf_puts(&b, "\r\n");
	ok = stream_write(i->stream, b.data, b.len) == 0;
	sasl_wipe(&b);
	return ok;
}

/*
 * Read to the end of the login. Each "+" is answered once with the response
 * if it has not gone yet, then with nothing: a refused token is told by a
 * challenge first.
 */
static void
converse(struct imap *i, const struct buf *response, bool sent)
{
	const char *line;

	while ((line = imap_raw_line(i)) != NULL && !imap_raw_end(line)) {
		if (line[0] != '+')
			continue;
		if (!imap_raw_say(i, sent || response == NULL
					     ? ""
					     : buf_str(response)))
			return;
		sent = true;
	}
}

/* What a NO to the login means; the server's words unless they hold it. */
static enum outcome
login_status(struct imap *i, const struct net_login *login, struct err *e)
{
	enum outcome o = imap_status(i, "the login was refused", e);
	const char *words = guard_words(i->guard);

	if (o == OUT_OK || stream_dead(i->stream))
		return o;
	if (sasl_shows(login, words))
		words = "(its words repeat what we sent)";
	if (o == OUT_TEMP || imap_said(i, "CONTACTADMIN"))
		return err_code(e, OUT_TEMP, NET_REFUSED,
				"'%.100s' takes no logins now: '%s'",
				stream_host(i->stream), words);
	return err_code(e, OUT_PERM, NET_AUTH,
			"'%.100s' refused the user or the %s: '%s'",
			stream_host(i->stream),
			login->token != NULL ? "token" : "password", words);
}

static enum outcome
no_way(struct imap *i, const char *what, struct err *e)
{
	stream_fail(i->stream, OUT_PERM, NET_REFUSED, "'%.100s' offers no %s",
		    stream_host(i->stream), what);
	return stream_fault(i->stream, e);
}

enum outcome
imap_log_in(struct imap *i, const struct net_login *login, struct err *e)
{
	struct buf response;
	enum outcome o;

	if (!stream_secret(i->stream) && !stream_loopback(i->stream))
		return no_way(i, "TLS, so nobody logs in", e);
	if (login->token != NULL && !i->can_xoauth2)
		return no_way(i, "login with a token (XOAUTH2)", e);
	if (login->token == NULL && !i->can_plain && i->no_login)
		return no_way(i, "login with a password", e);
	guard_begin(i->guard, 100, 0);
	buf_init(&response, SASL_MAX);
	if (login->token == NULL && !i->can_plain) {
		if (login_plainly(i, login))
			converse(i, NULL, true);
	} else {
		sasl_response(&response, login);
		if (authenticate(i, login->token != NULL ? "XOAUTH2" : "PLAIN",
				 &response))
			converse(i, &response, i->can_ir);
	}
	sasl_wipe(&response);
	o = login_status(i, login, e);
	if (o == OUT_OK)
		i->etpan->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	return o;
}
