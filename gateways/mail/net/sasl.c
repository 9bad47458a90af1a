#include "gateways/mail/net/sasl.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "gateways/mail/net/net.h"

#define SHOWN_MIN 4 /* octets of a secret that count as showing it */

void
sasl_base64(struct buf *out, const void *p, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz"
				     "0123456789+/";
	const unsigned char *at = p;

	for (; n > 0; at += 3) {
		unsigned v = (unsigned)at[0] << 16;

		if (n > 1)
			v |= (unsigned)at[1] << 8;
		if (n > 2)
			v |= at[2];
		buf_putc(out, digits[v >> 18 & 63]);
		buf_putc(out, digits[v >> 12 & 63]);
		buf_putc(out, n > 1 ? digits[v >> 6 & 63] : '=');
		buf_putc(out, n > 2 ? digits[v & 63] : '=');
		n -= n < 3 ? n : 3;
	}
}

void
sasl_response(struct buf *out, const struct net_login *login)
{
	struct buf b;

	buf_init(&b, SASL_MAX);
	if (login->token != NULL) {
		buf_printf(&b, "user=%s\001auth=Bearer %s\001\001", login->user,
			   login->token);
	} else {
		buf_putc(&b, '\0');
		buf_puts(&b, login->user);
		buf_putc(&b, '\0');
		buf_puts(&b, login->password);
	}
	sasl_base64(out, b.data, b.len);
	sasl_wipe(&b);
}

bool
sasl_shows(const struct net_login *login, const char *words)
{
	const char *secret =
		login->token != NULL ? login->token : login->password;
	struct buf b;
	bool shows;

	if (strlen(secret) >= SHOWN_MIN && strstr(words, secret) != NULL)
		return true;
	/* base 64 of anything: some run of twenty of its letters */
	buf_init(&b, SASL_MAX);
	sasl_response(&b, login);
	shows = false;
	for (size_t i = 0; !shows && i + 20 <= b.len; i += 4) {
		char run[21];

		memcpy(run, b.data + i, 20);
		run[20] = '\0';
		shows = strstr(words, run) != NULL;
	}
	sasl_wipe(&b);
	return shows;
}

void
sasl_wipe(struct buf *b)
{
	if (b->data != NULL)
		explicit_bzero(b->data, b->cap);
	buf_release(b);
}
