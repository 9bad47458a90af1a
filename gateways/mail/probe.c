#include "gateways/mail/probe.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/net/smtp.h"

#define TEXT_MAX 600

struct probe {
	struct mailset *set;
	struct net_cancel *cancel;
	probe_say *say;
	void *ctx;
};

static void __attribute__((format(printf, 3, 4)))
say(const struct probe *p, bool ok, const char *fmt, ...)
{
	char text[TEXT_MAX];
	va_list args;

	va_start(args, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, args);
	va_end(args);
	p->say(p->ctx, ok, text);
}

/* Which step of opening was it that failed? */
static const char *
step_of(const struct err *e)
{
	switch (net_class(e)) {
	case NET_C_TLS:
		return "certificate and TLS";
	case NET_C_AUTH:
		return "log-in";
	case NET_C_NETWORK:
		return "connection";
	default:
		return "greeting";
	}
}

static const char *
security_of(const struct account *a)
{
	switch (a->security) {
	case NET_SEC_TLS:
		return "TLS, certificate verified";
	case NET_SEC_STARTTLS:
		return "STARTTLS, certificate verified";
	default:
		return "in clear, on this machine";
	}
}

static enum outcome
login_of(const struct probe *p, const struct account *a,
	 struct net_login *login, char **token)
{
	struct err e;
	enum outcome o = mailset_login(p->set, a, p->cancel, login, token, &e);

	if (o != OUT_OK)
		say(p, false, "access token: %s", e.text);
	else if (*token)
		say(p, true, "access token: there is one");
	return o;
}

static void
opened(const struct probe *p, const char *what, const struct account *a)
{
	say(p, true, "%s: connected to %s:%u", what, a->host,
	    (unsigned)a->port);
	say(p, true, "%s: %s", what, security_of(a));
	say(p, true, "%s: logged in", what);
}

static bool
try_folders(const struct probe *p, struct imap *imap)
{
	const struct mailset *s = p->set;
	const char *others[] = { s->handled_folder, s->sent_folder };
	struct imap_folder f;
	struct err e;

	if (imap_select(imap, s->folder, &f, &e) != OUT_OK) {
		say(p, false, "IMAP: folder '%s': %s", s->folder, e.text);
		return false;
	}
	if (!f.uidvalidity) {
		say(p, false, "IMAP: folder '%s' has no UIDVALIDITY",
		    s->folder);
		return false;
	}
	say(p, true, "IMAP: folder '%s' has %u mails", s->folder,
	    (unsigned)f.exists);
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		if (!others[i])
			continue;
		if (imap_select(imap, others[i], &f, &e) == OUT_OK) {
			say(p, true, "IMAP: folder '%s' is there", others[i]);
		} else if (net_class(&e) == NET_C_NO_FOLDER &&
			   imap_alive(imap)) {
			say(p, true,
			    "IMAP: folder '%s' will be made when it "
			    "is needed",
			    others[i]);
		} else {
			say(p, false, "IMAP: folder '%s': %s", others[i],
			    e.text);
			return false;
		}
	}
	return true;
}

static bool
try_imap(const struct probe *p)
{
	const struct account *a = &p->set->imap;
	struct net_server server = mailset_server(p->set, a, p->cancel);
	struct net_login login;
	struct imap *imap = NULL;
	char *token = NULL;
	struct err e;
	bool ok = false;

	if (login_of(p, a, &login, &token) == OUT_OK) {
		if (imap_open(&server, &login, &imap, &e) == OUT_OK) {
			opened(p, "IMAP", a);
			ok = try_folders(p, imap);
		} else {
			say(p, false, "IMAP: %s: %s", step_of(&e), e.text);
		}
	}
	imap_close(&imap);
	mem_free(token);
	return ok;
}

static bool
try_smtp(const struct probe *p)
{
	const struct account *a = &p->set->smtp;
	struct net_server server = mailset_server(p->set, a, p->cancel);
	struct net_login login;
	struct smtp *smtp = NULL;
	char *token = NULL;
	struct err e;
	bool ok = false;

	if (login_of(p, a, &login, &token) == OUT_OK) {
		ok = smtp_open(&server, &login, &smtp, &e) == OUT_OK;
		if (ok)
			opened(p, "SMTP", a);
		else
			say(p, false, "SMTP: %s: %s", step_of(&e), e.text);
	}
	smtp_close(&smtp);
	mem_free(token);
	return ok;
}

bool
probe_run(struct mailset *set, struct net_cancel *cancel, probe_say *fn,
	  void *ctx)
{
	struct probe p = {
		.set = set, .cancel = cancel, .say = fn, .ctx = ctx
	};
	bool ok = try_imap(&p);

	if (!set->smtp.host) {
		say(&p, true, "SMTP: this mailbox does not send");
		return ok;
	}
	return try_smtp(&p) && ok;
}
