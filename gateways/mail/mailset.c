#include "gateways/mail/mailset.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/net/oauth.h"

#define POLL_S 60
#define POLL_S_MIN 5
#define POLL_S_MAX 3600
#define TEXT_MAX 4096

static char *
copy(const json_t *o, const char *name)
{
	const char *s = json_string_value(json_object_get(o, name));

	return s && *s && strlen(s) <= TEXT_MAX ? mem_strdup(s) : NULL;
}

/* A whole number, written as one or as text. */
static enum outcome
number(const json_t *o, const char *name, long min, long max, long fallback,
       long *out, struct err *e)
{
	const json_t *v = json_object_get(o, name);
	const char *s = json_string_value(v);
	char *end = NULL;
	long n = fallback;

	if (json_is_integer(v))
		n = (long)json_integer_value(v);
	else if (s && *s)
		n = strtol(s, &end, 10);
	else if (v && !json_is_null(v))
		n = min - 1;
	if (n < min || n > max || (end && *end))
		return err_set(e, OUT_PERM,
			       "'%s' is not a number from %ld to %ld", name,
			       min, max);
	*out = n;
	return OUT_OK;
}

static long
default_port(enum net_security sec, bool smtp)
{
	if (sec == NET_SEC_TLS)
		return smtp ? 465 : 993;
	if (!smtp)
		return 143;
	return sec == NET_SEC_STARTTLS ? 587 : 25;
}

/* One of the two accounts; names begin with prefix. */
static enum outcome
read_account(const json_t *o, const char *prefix, struct account *a,
	     struct err *e)
{
	bool smtp = prefix[0] == 's';
	char *key = mem_printf("%s_security", prefix);
	char *sec = copy(o, key);
	enum outcome r = net_security_parse(sec ? sec : "tls", &a->security, e);
	long port = 0;

	mem_free(sec);
	mem_free(key);
	if (r != OUT_OK)
		return r;
	key = mem_printf("%s_host", prefix);
	a->host = copy(o, key);
	mem_free(key);
	key = mem_printf("%s_user", prefix);
	a->user = copy(o, key);
	mem_free(key);
	key = mem_printf("%s_port", prefix);
	r = number(o, key, 1, 65535, default_port(a->security, smtp), &port, e);
	mem_free(key);
	a->port = (uint16_t)port;
	return r;
}

static enum outcome
read_handled(const json_t *o, struct mailset *s, struct err *e)
{
	char *word = copy(o, "handled");

	s->handled = HANDLED_FLAG;
	if (word && strcmp(word, "move") == 0)
		s->handled = HANDLED_MOVE;
	else if (word && strcmp(word, "leave") == 0)
		s->handled = HANDLED_LEAVE;
	mem_free(word);
	if (s->handled != HANDLED_MOVE)
		return OUT_OK;
	s->handled_folder = copy(o, "handled_folder");
	if (!s->handled_folder)
		return err_set(e, OUT_PERM, "'handled_folder' is missing");
	if (strcmp(s->handled_folder, s->folder) == 0)
		return err_set(e, OUT_PERM,
			       "'handled_folder' is the folder that mail is "
			       "taken from");
	return OUT_OK;
}

static enum outcome
read_start(const json_t *o, struct mailset *s, struct err *e)
{
	const char *word = json_string_value(json_object_get(o, "start"));
	char *day, *instant;
	bool ok;

	s->start = START_NEW;
	if (word && strcmp(word, "all") == 0)
		s->start = START_ALL;
	if (!word || strcmp(word, "since") != 0)
		return OUT_OK;
	s->start = START_SINCE;
	day = copy(o, "start_since");
	instant = mem_printf("%sT00:00:00Z", day ? day : "");
	ok = clock_parse(instant, &s->since_ms) && s->since_ms > 0;
	mem_free(instant);
	mem_free(day);
	return ok ? OUT_OK
		  : err_set(e, OUT_PERM,
			    "'start_since' is not a day like 2026-01-31");
}

static enum outcome
read_secrets(const json_t *o, const json_t *secrets, struct mailset *s,
	     struct err *e)
{
	const char *auth = json_string_value(json_object_get(o, "auth"));

	if (auth && strcmp(auth, "xoauth2") == 0)
		return oauth_new(o, secrets, s->ca_file, &s->oauth, e);
	s->imap.password = copy(secrets, "password");
	s->smtp.password = copy(secrets, "smtp_password");
	if (!s->imap.password)
		return err_set(e, OUT_PERM, "the secret 'password' is missing");
	if (!s->smtp.password)
		s->smtp.password = mem_strdup(s->imap.password);
	return OUT_OK;
}

static enum outcome
read_all(const json_t *o, const json_t *secrets, struct mailset *s,
	 struct err *e)
{
	long poll_s = POLL_S;
	enum outcome r = read_account(o, "imap", &s->imap, e);

	if (r == OUT_OK)
		r = read_account(o, "smtp", &s->smtp, e);
	s->address = copy(o, "address");
	s->folder = copy(o, "folder");
	s->sent_folder = copy(o, "sent_folder");
	s->ca_file = copy(o, "ca_file");
	if (!s->folder)
		s->folder = mem_strdup("INBOX");
	if (r == OUT_OK && (!s->address || !s->imap.host))
		r = err_set(e, OUT_PERM, "'%s' is missing",
			    s->address ? "imap_host" : "address");
	if (r == OUT_OK && (strlen(s->folder) > IMAP_FOLDER_MAX))
		r = err_set(e, OUT_PERM, "'folder' is too long");
	if (!s->imap.user)
		s->imap.user = mem_strdup(s->address);
	if (!s->smtp.user)
		s->smtp.user = mem_strdup(s->imap.user);
	if (r == OUT_OK)
		r = number(o, "poll_s", POLL_S_MIN, POLL_S_MAX, POLL_S, &poll_s,
			   e);
	s->poll_s = (int)poll_s;
	if (r == OUT_OK)
		r = read_handled(o, s, e);
	if (r == OUT_OK)
		r = read_start(o, s, e);
	if (r == OUT_OK)
		r = read_secrets(o, secrets, s, e);
	return r;
}

enum outcome
mailset_read(const json_t *connection, struct mailset **out, struct err *e)
{
	struct mailset *s = mem_new(1, sizeof(*s));
	enum outcome r;

	s->name = copy(connection, "name");
	r = !s->name ? err_set(e, OUT_PERM, "the connection has no name")
		     : read_all(json_object_get(connection, "settings"),
				json_object_get(connection, "secrets"), s, e);
	if (r != OUT_OK)
		mailset_free(&s);
	*out = s;
	return r;
}

static void
account_release(struct account *a)
{
	mem_free(a->host);
	mem_free(a->user);
	mem_free(a->password);
}

void
mailset_free(struct mailset **sp)
{
	struct mailset *s = *sp;

	if (!s)
		return;
	account_release(&s->imap);
	account_release(&s->smtp);
	oauth_free(&s->oauth);
	mem_free(s->name);
	mem_free(s->address);
	mem_free(s->folder);
	mem_free(s->handled_folder);
	mem_free(s->sent_folder);
	mem_free(s->ca_file);
	MEM_CLEAR(sp);
}

struct net_server
mailset_server(const struct mailset *s, const struct account *a,
	       struct net_cancel *cancel)
{
	return (struct net_server){
		.host = a->host,
		.port = a->port,
		.security = a->security,
		.ca_file = s->ca_file,
		.cancel = cancel,
	};
}

enum outcome
mailset_login(struct mailset *s, const struct account *a,
	      const struct net_cancel *cancel, struct net_login *out,
	      char **token_out, struct err *e)
{
	enum outcome o = OUT_OK;

	*token_out = NULL;
	memset(out, 0, sizeof(*out));
	out->user = a->user;
	if (!s->oauth) {
		out->password = a->password;
		return OUT_OK;
	}
	o = oauth_token(s->oauth, cancel, token_out, e);
	out->token = *token_out;
	return o;
}

void
mailset_refused(struct mailset *s)
{
	if (s->oauth)
		oauth_forget(s->oauth);
}

void
mailset_renew(struct mailset *s, const struct net_cancel *cancel, char *text,
	      size_t n)
{
	text[0] = '\0';
	if (s->oauth)
		oauth_renew(s->oauth, cancel, text, n);
}
