#include "gateways/mail/net/net.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"

#define USER_MAX 320
#define SECRET_MAX 16384

struct net_cancel {
	int fd;
};

enum net_class
net_class(const struct err *e)
{
	static const struct {
		const char *code;
		enum net_class is;
	} all[] = {
		{ NET_NETWORK, NET_C_NETWORK },
		{ NET_TLS, NET_C_TLS },
		{ NET_AUTH, NET_C_AUTH },
		{ NET_PROTOCOL, NET_C_PROTOCOL },
		{ NET_REFUSED, NET_C_REFUSED },
		{ NET_CANCELLED, NET_C_CANCELLED },
		{ NET_TOO_BIG, NET_C_TOO_BIG },
		{ NET_GONE, NET_C_GONE },
		{ NET_NO_FOLDER, NET_C_NO_FOLDER },
	};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (strcmp(e->code, all[i].code) == 0)
			return all[i].is;
	return NET_C_NONE;
}

enum outcome
net_security_parse(const char *s, enum net_security *out, struct err *e)
{
	if (strcmp(s, "tls") == 0)
		*out = NET_SEC_TLS;
	else if (strcmp(s, "starttls") == 0)
		*out = NET_SEC_STARTTLS;
	else if (strcmp(s, "none") == 0)
		*out = NET_SEC_NONE;
	else
		return err_set(e, OUT_PERM,
			       "'%.40s' is not tls, starttls or none", s);
	return OUT_OK;
}

struct net_cancel *
net_cancel_new(void)
{
	struct net_cancel *c;
	int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);

	if (fd < 0)
		return NULL;
	c = mem_new(1, sizeof(*c));
	c->fd = fd;
	return c;
}

void
net_cancel_free(struct net_cancel **c)
{
	if (*c == NULL)
		return;
	close((*c)->fd);
	MEM_CLEAR(c);
}

void
net_cancel_set(struct net_cancel *c)
{
	uint64_t one = 1;
	int was = errno;

	/* A counter that is full (EAGAIN) is set as well. */
	while (write(c->fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
	errno = was;
}

void
net_cancel_clear(struct net_cancel *c)
{
	uint64_t count;

	while (read(c->fd, &count, sizeof(count)) < 0 && errno == EINTR)
		;
}

bool
net_cancel_is_set(const struct net_cancel *c)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0;
}

int
net_cancel_fd(const struct net_cancel *c)
{
	return c->fd;
}

/* Is s a line of 1 to max octets? */
static bool
one_line(const char *s, size_t max)
{
	size_t n = s == NULL ? 0 : strlen(s);

	return n > 0 && n <= max && strpbrk(s, "\r\n") == NULL;
}

enum outcome
net_login_check(const struct net_login *login, struct err *e)
{
	if (!one_line(login->user, USER_MAX))
		return err_code(e, OUT_PERM, NET_AUTH,
				"the user is empty or not one line of at most "
				"%d octets",
				USER_MAX);
	if ((login->password == NULL) == (login->token == NULL))
		return err_code(e, OUT_PERM, NET_AUTH,
				"one of password and token is needed");
	if (!one_line(login->password != NULL ? login->password : login->token,
		      SECRET_MAX))
		return err_code(e, OUT_PERM, NET_AUTH,
				"the %s is empty or not one line of at most "
				"%d octets",
				login->password != NULL ? "password" : "token",
				SECRET_MAX);
	return OUT_OK;
}

void
net_words(struct buf *out, const char *p, size_t n, size_t max)
{
	struct buf clean;
	bool blank = true;
	size_t at = 0, end;

	buf_init(&clean, max * 4 + 16);
	utf8_clean(&clean, p, n < max * 4 ? n : max * 4);
	end = utf8_cut(buf_str(&clean), clean.len, max);
	while (at < end) {
		const char *c = clean.data + at;
		uint32_t cp = 0;
		size_t k = utf8_next(c, end - at, &cp);

		if (k == 0)
			break;
		at += k;
		/* C0, DEL, C1, line separators, marks that turn text round */
		if (cp <= ' ' || (cp >= 0x7f && cp <= 0xa0) || cp == '\'' ||
		    (cp >= 0x2028 && cp <= 0x202e) ||
		    (cp >= 0x2066 && cp <= 0x2069)) {
			if (!blank)
				buf_putc(out, ' ');
			blank = true;
			continue;
		}
		buf_add(out, c, k);
		blank = false;
	}
	if (blank && out->len > 0 && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	buf_release(&clean);
}

void
net_ignore_sigpipe(void)
{
	struct sigaction was;

	if (sigaction(SIGPIPE, NULL, &was) == 0 && was.sa_handler == SIG_DFL) {
		was.sa_handler = SIG_IGN;
		sigaction(SIGPIPE, &was, NULL);
	}
}
