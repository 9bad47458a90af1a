/*
 * fuzz_smtp: the octets of an SMTP server. Says: no crash; "sent" only with a
 * 2xx and somebody who was taken, every recipient accounted for, no secret in
 * a text, text that is UTF-8.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/net/smtp.h"
#include "gateways/mail/net/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(enum outcome o, const struct smtp_result *r, const struct err *e)
{
	if (!utf8_valid(r->text, strlen(r->text)) || r->refused_count > 2)
		abort();
	if (o == OUT_OK) {
		if (r->code / 100 != 2 || r->taken == 0 ||
		    r->taken + r->refused_count != 2)
			abort();
		return;
	}
	if (o != OUT_UNSURE && r->taken != 0)
		abort();
	if (!utf8_valid(e->text, strlen(e->text)) ||
	    net_class(e) == NET_C_NONE || strstr(e->text, "secret") != NULL)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct net_login ana = { "ana", "secret", NULL };
	static const char *const to[] = { "b@x", "c@x" };
	static struct smtp_result r;
	struct net_server here = { .host = "fake", .security = NET_SEC_NONE };
	struct smtp_mail m = { .from = "a@x",
			       .to = to,
			       .to_count = 2,
			       .octets = "a: b\n\nc\n",
			       .n = 8,
			       .envelope_id = "p1.2@x" };
	struct smtp *s = NULL;
	struct err e = { .text = "" };
	enum outcome o;

	if (size == 0)
		return 0;
	m.reports = data[0] % 4 < 2;
	o = smtp_open_over(stream_script((const char *)data + 1, size - 1),
			   &here, data[0] % 2 != 0 ? &ana : NULL, &s, &e);
	if (o != OUT_OK && (net_class(&e) == NET_C_NONE || s != NULL ||
			    !utf8_valid(e.text, strlen(e.text))))
		abort();
	for (int k = 0; k < 3 && s != NULL && smtp_alive(s); k++) {
		o = smtp_send(s, &m, &r, &e);
		check(o, &r, &e);
	}
	smtp_close(&s);
	return 0;
}
