/*
 * smtp: the dialogue. Replies are read here, line by line, under ceilings;
 * what a mail looks like on the wire is dot.c's.
 */
#include "gateways/mail/net/smtp.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/net/dot.h"
#include "gateways/mail/net/sasl.h"
#include "gateways/mail/net/stream.h"

#define REPLY_MAX ((size_t)SMTP_LINE_MAX * SMTP_LINES_MAX)
#define READ_SIZE 4096
#define DOT_PIECE ((size_t)32 * 1024)

struct smtp {
	struct stream *stream;
	char in[READ_SIZE];
	size_t in_at;
	size_t in_len;
	struct buf line;
	int code;        /* of the last reply, 0: none */
	struct buf text; /* its words */
	bool can_starttls;
	bool can_8bit;
	bool can_utf8;
	bool can_size;
	bool can_report;
	bool can_plain;
	bool can_login;
	bool can_xoauth2;
	uint64_t size_max;
};

/* --- replies ------------------------------------------------------------- */

static void
broken(struct smtp *s, const char *what)
{
	stream_fail(s->stream, OUT_TEMP, NET_PROTOCOL,
		    "'%.100s' breaks the protocol: %s", stream_host(s->stream),
		    what);
}

/* The next line without its end into s->line. false: dead. */
static bool
read_line(struct smtp *s)
{
	buf_clear(&s->line);
	for (;;) {
		ssize_t n;
		char c;

		if (s->in_at == s->in_len) {
			n = stream_read(s->stream, s->in, sizeof(s->in));
			if (n < 0)
				return false;
			s->in_at = 0;
			s->in_len = (size_t)n;
		}
		c = s->in[s->in_at++];
		if (c == '\n')
			break;
		if (!buf_putc(&s->line, c)) {
			broken(s, "a line that is too long");
			return false;
		}
	}
	if (s->line.len > 0 && s->line.data[s->line.len - 1] == '\r')
		s->line.data[--s->line.len] = '\0';
	if (s->line.len > 0 && memchr(s->line.data, '\0', s->line.len)) {
		broken(s, "a line with NUL");
		return false;
	}
	return true;
}

/* "250-words": the code; 0: no reply's line. */
static int
code_of(const char *p)
{
	for (int i = 0; i < 3; i++)
		if (!isdigit((unsigned char)p[i]))
			return 0;
	if (p[0] < '2' || p[0] > '5' ||
	    (p[3] != ' ' && p[3] != '-' && p[3] != '\0'))
		return 0;
	return (p[0] - '0') * 100 + (p[1] - '0') * 10 + (p[2] - '0');
}

typedef void reply_line(struct smtp *s, const char *words);

/*
 * Read a whole reply. Its code, or 0: dead.
 * each  sees the words of every line but the first; may be NULL
 */
static int
read_reply(struct smtp *s, reply_line *each)
{
	int code = 0, got;

	s->code = 0;
	buf_clear(&s->text);
	for (int k = 0; k < SMTP_LINES_MAX; k++) {
		const char *words;

		if (!read_line(s))
			return 0;
		got = code_of(buf_str(&s->line));
		if (got == 0 || (k > 0 && got != code)) {
			broken(s, "a line that is no reply");
			return 0;
		}
		code = got;
		words = s->line.len > 3 ? s->line.data + 4 : "";
		if (k > 0)
			buf_putc(&s->text, ' ');
		if (s->text.len < SMTP_TEXT_MAX - 8)
			net_words(&s->text, words, strlen(words),
				  SMTP_TEXT_MAX - 8 - s->text.len);
		if (k > 0 && each != NULL)
			each(s, words);
		if (s->line.data[3] != '-') {
			s->code = code;
			return code;
		}
	}
	broken(s, "a reply without end");
	return 0;
}

/*
 * Send head, tail and a line's end, and read the reply. Octets that are there
 * already would make every later reply that of the command before.
 */
static int
ask(struct smtp *s, reply_line *each, const char *head, const char *tail)
{
	struct buf b;
	bool ok;

	if (s->in_at < s->in_len)
		broken(s, "a reply that nobody asked for");
	stream_begin(s->stream, SMTP_COMMAND_MS, REPLY_MAX);
	buf_init(&b, SASL_MAX);
	buf_puts(&b, head);
	buf_puts(&b, tail);
	buf_puts(&b, "\r\n");
	ok = !b.full && stream_write(s->stream, b.data, b.len) == 0;
	sasl_wipe(&b);
	return ok ? read_reply(s, each) : 0;
}

static int
class_of(int code)
{
	return code / 100;
}

/* --- what a refusal means ------------------------------------------------ */

/* After a reply that is no success; what: "the sender". */
static enum outcome
refused(struct smtp *s, const char *what, struct err *e)
{
	const char *class = NET_REFUSED;
	enum outcome o = OUT_PERM;

	if (stream_dead(s->stream))
		return stream_fault(s->stream, e);
	if (class_of(s->code) != 4 && class_of(s->code) != 5) {
		broken(s, "a reply out of place");
		return stream_fault(s->stream, e);
	}
	if (class_of(s->code) == 4)
		o = OUT_TEMP;
	else if (s->code == 530 || s->code == 535)
		class = NET_AUTH;
	else if (s->code == 552)
		class = NET_TOO_BIG;
	err_code(e, o, class, "'%.100s' refuses %s: %d '%s'",
		 stream_host(s->stream), what, s->code, buf_str(&s->text));
	if (s->code == 421)
		stream_fail(s->stream, OUT_TEMP, NET_NETWORK,
			    "'%.100s' ended the session: '%s'",
			    stream_host(s->stream), buf_str(&s->text));
	return o;
}

/* --- opening ------------------------------------------------------------- */

static bool
is_word(const char *p, size_t n, const char *w)
{
	return n == strlen(w) && strncasecmp(p, w, n) == 0;
}

static void
take_mechanisms(struct smtp *s, const char *p)
{
	while (*p != '\0') {
		size_t n = strcspn(p, " ");

		s->can_plain |= is_word(p, n, "PLAIN");
		s->can_login |= is_word(p, n, "LOGIN");
		s->can_xoauth2 |= is_word(p, n, "XOAUTH2");
		p += n;
		p += strspn(p, " ");
	}
}

/* A line of the reply to EHLO. */
static void
take_extension(struct smtp *s, const char *words)
{
	size_t n = strcspn(words, " =");
	const char *rest = words + n + (words[n] != '\0');

	if (is_word(words, n, "AUTH"))
		take_mechanisms(s, rest);
	s->can_starttls |= is_word(words, n, "STARTTLS");
	s->can_8bit |= is_word(words, n, "8BITMIME");
	s->can_utf8 |= is_word(words, n, "SMTPUTF8");
	s->can_report |= is_word(words, n, "DSN");
	if (is_word(words, n, "SIZE")) {
		s->can_size = true;
		s->size_max = strtoull(rest, NULL, 10);
	}
}

/* Our name: the address that we have there, as RFC 5321 4.1.4 allows. */
static void
own_name(const struct smtp *s, char out[80])
{
	struct sockaddr_storage a = { .ss_family = AF_UNSPEC };
	socklen_t n = sizeof(a);
	char host[INET6_ADDRSTRLEN];

	snprintf(out, 80, "[127.0.0.1]");
	if (stream_fd(s->stream) < 0 ||
	    getsockname(stream_fd(s->stream), (struct sockaddr *)&a, &n) != 0)
		return;
	if (a.ss_family == AF_INET &&
	    inet_ntop(AF_INET, &((struct sockaddr_in *)&a)->sin_addr, host,
		      sizeof(host)) != NULL)
		snprintf(out, 80, "[%s]", host);
	else if (a.ss_family == AF_INET6 &&
		 inet_ntop(AF_INET6, &((struct sockaddr_in6 *)&a)->sin6_addr,
			   host, sizeof(host)) != NULL)
		snprintf(out, 80, "[IPv6:%s]", host);
}

static enum outcome
hello(struct smtp *s, struct err *e)
{
	char name[80];

	s->can_starttls = s->can_8bit = s->can_utf8 = s->can_size = false;
	s->can_plain = s->can_login = s->can_xoauth2 = false;
	s->can_report = false;
	s->size_max = 0;
	own_name(s, name);
	if (class_of(ask(s, take_extension, "EHLO ", name)) != 2)
		return refused(s, "EHLO", e);
	return OUT_OK;
}

static enum outcome
secure(struct smtp *s, struct err *e)
{
	enum outcome o;

	if (!s->can_starttls) {
		stream_fail(s->stream, OUT_PERM, NET_TLS,
			    "'%.100s' offers no STARTTLS",
			    stream_host(s->stream));
		return stream_fault(s->stream, e);
	}
	if (class_of(ask(s, NULL, "STARTTLS", "")) != 2) {
		o = refused(s, "STARTTLS", e);
		stream_fail(s->stream, o, NET_TLS, "%s", e->text);
		return stream_fault(s->stream, e);
	}
	stream_begin(s->stream, SMTP_COMMAND_MS, REPLY_MAX);
	o = stream_starttls(s->stream, s->in_len - s->in_at, e);
	return o != OUT_OK ? o : hello(s, e);
}

static int
auth_login(struct smtp *s, const struct net_login *login)
{
	struct buf b;
	int code = ask(s, NULL, "AUTH LOGIN", "");

	buf_init(&b, SASL_MAX);
	if (code == 334) {
		sasl_base64(&b, login->user, strlen(login->user));
		code = ask(s, NULL, buf_str(&b), "");
	}
	if (code == 334) {
		buf_clear(&b);
		sasl_base64(&b, login->password, strlen(login->password));
		code = ask(s, NULL, buf_str(&b), "");
	}
	sasl_wipe(&b);
	return code;
}

static int
auth_once(struct smtp *s, const struct net_login *login)
{
	struct buf b;
	int code;

	if (login->token == NULL && !s->can_plain)
		return auth_login(s, login);
	buf_init(&b, SASL_MAX);
	sasl_response(&b, login);
	code = ask(s, NULL,
		   login->token != NULL ? "AUTH XOAUTH2 " : "AUTH PLAIN ",
		   buf_str(&b));
	/* A refused token is told by a challenge first. */
	if (code == 334)
		code = ask(s, NULL, "", "");
	sasl_wipe(&b);
	return code;
}

static enum outcome
log_in(struct smtp *s, const struct net_login *login, struct err *e)
{
	const char *words;
	bool can = login->token != NULL ? s->can_xoauth2
					: s->can_plain || s->can_login;

	if (!stream_secret(s->stream) && !stream_loopback(s->stream))
		can = false;
	if (!can) {
		stream_fail(s->stream, OUT_PERM, NET_REFUSED,
			    "'%.100s' offers no login with a %s",
			    stream_host(s->stream),
			    login->token != NULL ? "token (XOAUTH2)"
						 : "password");
		return stream_fault(s->stream, e);
	}
	if (class_of(auth_once(s, login)) == 2)
		return OUT_OK;
	if (stream_dead(s->stream))
		return stream_fault(s->stream, e);
	words = buf_str(&s->text);
	if (sasl_shows(login, words))
		words = "(its words repeat what we sent)";
	if (class_of(s->code) == 4)
		return err_code(e, OUT_TEMP, NET_REFUSED,
				"'%.100s' takes no logins now: %d '%s'",
				stream_host(s->stream), s->code, words);
	return err_code(e, OUT_PERM, NET_AUTH,
			"'%.100s' refused the user or the %s: %d '%s'",
			stream_host(s->stream),
			login->token != NULL ? "token" : "password", s->code,
			words);
}

static enum outcome
open_session(struct smtp *s, const struct net_server *server,
	     const struct net_login *login, struct err *e)
{
	enum outcome o = OUT_OK;

	if (class_of(read_reply(s, NULL)) != 2)
		return refused(s, "us", e);
	o = hello(s, e);
	if (o == OUT_OK && server->security == NET_SEC_STARTTLS)
		o = secure(s, e);
	if (o == OUT_OK && login != NULL)
		o = log_in(s, login, e);
	return o;
}

enum outcome
smtp_open_over(struct stream *stream, const struct net_server *server,
	       const struct net_login *login, struct smtp **out, struct err *e)
{
	struct smtp *s = mem_new(1, sizeof(*s));
	enum outcome o;

	*out = NULL;
	s->stream = stream;
	buf_init(&s->line, SMTP_LINE_MAX);
	buf_init(&s->text, SMTP_TEXT_MAX - 1);
	o = open_session(s, server, login, e);
	if (o == OUT_OK)
		*out = s;
	else
		smtp_close(&s);
	return o;
}

enum outcome
smtp_open(const struct net_server *server, const struct net_login *login,
	  struct smtp **out, struct err *e)
{
	struct stream *stream;
	enum outcome o = login != NULL ? net_login_check(login, e) : OUT_OK;

	*out = NULL;
	if (o == OUT_OK)
		o = stream_open(server, &stream, e);
	if (o == OUT_OK)
		o = smtp_open_over(stream, server, login, out, e);
	return o;
}

void
smtp_close(struct smtp **s)
{
	struct smtp *x = *s;

	if (x == NULL)
		return;
	stream_begin(x->stream, SMTP_CLOSE_MS, REPLY_MAX);
	if (stream_write(x->stream, "QUIT\r\n", 6) == 0)
		read_reply(x, NULL);
	stream_close(&x->stream);
	buf_release(&x->line);
	buf_release(&x->text);
	MEM_CLEAR(s);
}

bool
smtp_alive(const struct smtp *s)
{
	return !stream_dead(s->stream);
}

bool
smtp_reports(const struct smtp *s)
{
	return s->can_report;
}

uint64_t
smtp_size_max(const struct smtp *s)
{
	return s->size_max;
}

enum outcome
smtp_noop(struct smtp *s, struct err *e)
{
	return class_of(ask(s, NULL, "NOOP", "")) == 2 ? OUT_OK
						       : refused(s, "NOOP", e);
}

/* --- sending ------------------------------------------------------------- */

static bool
has_8bit(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)p[i] >= 0x80)
			return true;
	return false;
}

/* NULL: it can be an address in this session; else why not. */
static const char *
address_flaw(const struct smtp *s, const char *a)
{
	size_t n = strlen(a);

	if (n > SMTP_ADDRESS_MAX)
		return "the address is too long";
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)a[i] <= ' ' || a[i] == 0x7f || a[i] == '<' ||
		    a[i] == '>')
			return "this is no address";
	if (!has_8bit(a, n))
		return NULL;
	if (!utf8_valid(a, n))
		return "the address is not UTF-8";
	return s->can_utf8 ? NULL
			   : "the server takes no such letters in addresses "
			     "(SMTPUTF8)";
}

/* What was decided, into the result. */
static void
decide(const struct smtp *s, struct smtp_result *out)
{
	out->code = s->code;
	snprintf(out->text, sizeof(out->text), "%s", buf_str(&s->text));
}

static void
refuse_one(struct smtp_result *out, size_t recipient, int code,
	   const char *words)
{
	struct smtp_refusal *r = &out->refused[out->refused_count++];

	r->recipient = recipient;
	r->code = code;
	snprintf(r->text, sizeof(r->text), "%s", words);
}

/* Can this server carry it at all? */
static enum outcome
check(const struct smtp *s, const struct smtp_mail *m, size_t size,
      struct err *e)
{
	const char *flaw = address_flaw(s, m->from);

	if (stream_dead(s->stream))
		return stream_fault(s->stream, e);
	if (flaw != NULL)
		return err_code(e, OUT_PERM, NET_REFUSED, "the sender: %s",
				flaw);
	if (m->to_count < 1 || m->to_count > SMTP_RECIPIENTS_MAX)
		return err_code(e, OUT_PERM, NET_REFUSED,
				"a mail has 1 to %d recipients",
				SMTP_RECIPIENTS_MAX);
	if (s->size_max > 0 && size > s->size_max)
		return err_code(e, OUT_PERM, NET_TOO_BIG,
				"the mail has %zu octets, '%.100s' takes "
				"%llu at most",
				size, stream_host(s->stream),
				(unsigned long long)s->size_max);
	if (!s->can_8bit && has_8bit(m->octets, m->n))
		return err_code(e, OUT_PERM, NET_REFUSED,
				"'%.100s' takes no mails with 8-bit octets",
				stream_host(s->stream));
	return OUT_OK;
}

/* xtext of RFC 3461 4. */
static void
put_xtext(struct buf *b, const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 0x7f ||
		    *s == '+' || *s == '=')
			buf_printf(b, "+%02X", (unsigned char)*s);
		else
			buf_putc(b, *s);
}

/* A report comes back to the sender: without one nobody would get it. */
static bool
wants_reports(const struct smtp *s, const struct smtp_mail *m)
{
	return m->reports && s->can_report && m->from[0] != '\0';
}

static void
put_envelope_id(struct buf *b, const char *id)
{
	struct buf x;

	buf_init(&x, SMTP_ENVELOPE_ID_MAX);
	put_xtext(&x, id);
	if (!x.full && x.len > 0)
		buf_printf(b, " ENVID=%s", x.data);
	buf_release(&x);
}

static enum outcome
say_sender(struct smtp *s, const struct smtp_mail *m, size_t size,
	   struct smtp_result *out, struct err *e)
{
	struct buf b;
	bool utf8 = has_8bit(m->from, strlen(m->from));
	int code;

	for (size_t i = 0; i < m->to_count; i++)
		utf8 |= s->can_utf8 && has_8bit(m->to[i], strlen(m->to[i]));
	buf_init(&b, SMTP_ADDRESS_MAX + SMTP_ENVELOPE_ID_MAX + 120);
	buf_printf(&b, "%s>", m->from);
	if (s->can_size)
		buf_printf(&b, " SIZE=%zu", size);
	if (s->can_8bit && has_8bit(m->octets, m->n))
		buf_puts(&b, " BODY=8BITMIME");
	if (utf8)
		buf_puts(&b, " SMTPUTF8");
	if (wants_reports(s, m)) {
		buf_puts(&b, " RET=HDRS");
		if (m->envelope_id != NULL)
			put_envelope_id(&b, m->envelope_id);
	}
	code = ask(s, NULL, "MAIL FROM:<", buf_str(&b));
	buf_release(&b);
	decide(s, out);
	out->at_sender = class_of(code) == 5;
	return class_of(code) == 2 ? OUT_OK : refused(s, "the sender", e);
}

/* Was one refused without whom nothing goes? Then *all is what follows for
 * the mail. NULL: no. */
static const struct smtp_refusal *
needed_refused(const struct smtp_mail *m, const struct smtp_result *out,
	       enum outcome *all)
{
	const struct smtp_refusal *found = NULL;

	for (size_t i = 0; i < out->refused_count; i++) {
		const struct smtp_refusal *r = &out->refused[i];

		if (r->recipient >= m->needed)
			continue;
		if (found == NULL)
			*all = OUT_TEMP;
		if (found == NULL || (r->code >= 500 && found->code < 500))
			found = r;
		if (r->code >= 500)
			*all = OUT_PERM;
	}
	return found;
}

static int
say_recipient(struct smtp *s, const struct smtp_mail *m, const char *to)
{
	struct buf b;
	int code;

	buf_init(&b, 4 * SMTP_ADDRESS_MAX + 60);
	buf_printf(&b, "%s>", to);
	if (wants_reports(s, m)) {
		buf_puts(&b, " NOTIFY=FAILURE,DELAY");
		/* the type rfc822 has ASCII alone */
		if (!has_8bit(to, strlen(to))) {
			buf_puts(&b, " ORCPT=rfc822;");
			put_xtext(&b, to);
		}
	}
	code = ask(s, NULL, "RCPT TO:<", buf_str(&b));
	buf_release(&b);
	return code;
}

/*
 * Name each recipient. OUT_OK: somebody was taken. The worst that can be said
 * of all is "never" only if nobody may be taken later.
 */
static enum outcome
say_recipients(struct smtp *s, const struct smtp_mail *m,
	       struct smtp_result *out, struct err *e)
{
	const struct smtp_refusal *why;
	enum outcome all = OUT_PERM;

	for (size_t i = 0; i < m->to_count; i++) {
		const char *flaw = address_flaw(s, m->to[i]);
		int code;

		if (flaw != NULL || m->to[i][0] == '\0') {
			refuse_one(out, i, 553,
				   flaw != NULL ? flaw : "no address");
			continue;
		}
		code = say_recipient(s, m, m->to[i]);
		if (class_of(code) == 2) {
			out->taken++;
			continue;
		}
		decide(s, out);
		if (refused(s, "the recipient", e) == OUT_TEMP)
			all = OUT_TEMP;
		if (stream_dead(s->stream)) {
			out->taken = 0;
			return OUT_TEMP;
		}
		refuse_one(out, i, code, buf_str(&s->text));
	}
	why = needed_refused(m, out, &all);
	if (why == NULL && out->taken > 0)
		return OUT_OK;
	if (why == NULL)
		why = &out->refused[0];
	if (out->code == 0 || class_of(out->code) == 2) {
		out->code = why->code;
		snprintf(out->text, sizeof(out->text), "%s", why->text);
	}
	return err_code(e, all, NET_REFUSED, "'%.100s' refuses %s: %d '%s'",
			stream_host(s->stream),
			out->taken > 0 ? "a recipient" : "every recipient",
			why->code, why->text);
}

/* The octets, without the end. false: dead, and nothing was sent. */
static bool
say_octets(struct smtp *s, const struct smtp_mail *m, struct dot *d)
{
	const char *p = m->octets;
	struct buf out;
	bool ok = true;

	stream_begin(s->stream, SMTP_OCTETS_MS, REPLY_MAX);
	buf_init(&out, 2 * DOT_PIECE + 2);
	for (size_t at = 0; ok && at < m->n; at += DOT_PIECE) {
		size_t n = m->n - at < DOT_PIECE ? m->n - at : DOT_PIECE;

		buf_clear(&out);
		dot_add(d, &out, p + at, n);
		ok = stream_write(s->stream, buf_str(&out), out.len) == 0;
	}
	buf_release(&out);
	return ok;
}

/* The end. From its first octet on nobody knows until there is a reply. */
static enum outcome
say_end(struct smtp *s, struct dot *d, struct smtp_result *out, struct err *e)
{
	struct buf end;
	int code = 0;

	stream_begin(s->stream, SMTP_END_MS, REPLY_MAX);
	buf_init(&end, 8);
	dot_end(d, &end);
	if (stream_write(s->stream, end.data, end.len) == 0)
		code = read_reply(s, NULL);
	buf_release(&end);
	decide(s, out);
	if (class_of(code) == 2)
		return OUT_OK;
	out->at_end = class_of(code) == 4 || class_of(code) == 5;
	if (out->at_end)
		return refused(s, "the mail", e);
	if (!stream_dead(s->stream))
		broken(s, "a reply out of place");
	stream_fault(s->stream, e);
	return OUT_UNSURE;
}

static enum outcome
say_mail(struct smtp *s, const struct smtp_mail *m, struct smtp_result *out,
	 struct err *e)
{
	struct dot d = { .mid = false };
	enum outcome o;

	if (ask(s, NULL, "DATA", "") != 354) {
		decide(s, out);
		return refused(s, "the mail", e);
	}
	if (s->in_at < s->in_len)
		broken(s, "a reply that nobody asked for");
	if (stream_dead(s->stream) || !say_octets(s, m, &d)) {
		out->code = 0;
		out->text[0] = '\0';
		o = stream_fault(s->stream, e);
		return o == OUT_PERM ? OUT_PERM : OUT_TEMP;
	}
	return say_end(s, &d, out, e);
}

enum outcome
smtp_send(struct smtp *s, const struct smtp_mail *m, struct smtp_result *out,
	  struct err *e)
{
	size_t size = dot_size(m->octets, m->n);
	enum outcome o;

	memset(out, 0, sizeof(*out));
	o = check(s, m, size, e);
	if (o != OUT_OK)
		return o;
	o = say_sender(s, m, size, out, e);
	if (o == OUT_OK)
		o = say_recipients(s, m, out, e);
	if (o == OUT_OK)
		o = say_mail(s, m, out, e);
	if (o == OUT_OK)
		return o;
	if (o != OUT_UNSURE)
		out->taken = 0;
	/* Ready for the next one; if that fails too, it is dead. */
	if (!stream_dead(s->stream) && class_of(ask(s, NULL, "RSET", "")) != 2)
		broken(s, "RSET refused");
	return o;
}
