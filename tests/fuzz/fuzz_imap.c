/*
 * fuzz_imap: the octets of an IMAP server, through the guard and libetpan.
 * The first octet chooses what is asked; the login and the choice of a folder
 * before it are given. Nothing is sent: writes vanish.
 *
 * Says: no crash; what is handed out is as the headers promise (mails in
 * ascending order from the cursor, no octet over the ceiling, text that is
 * UTF-8); a dead session stays dead, for the same reason.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/stream.h"

#define FETCH_MAX ((size_t)300 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char opened[] =
	"* OK hi\r\n"
	"* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE AUTH=PLAIN SASL-IR\r\n"
	"P1 OK x\r\nP1 OK in\r\n"
	"* CAPABILITY IMAP4rev1 IDLE UIDPLUS MOVE\r\nP1 OK x\r\n";
static const char selected[] =
	"* 3 EXISTS\r\n* OK [UIDVALIDITY 7] x\r\n1 OK [READ-WRITE] x\r\n";

static size_t sunk;

static bool
sink(void *ctx, const void *p, size_t n)
{
	(void)ctx;
	(void)p;
	sunk += n;
	return true;
}

static void
folder(void *ctx, const char *name, const char *attributes, char separator)
{
	(void)ctx;
	(void)separator;
	if (!utf8_valid(name, strlen(name)) ||
	    !utf8_valid(attributes, strlen(attributes)))
		abort();
}

static enum outcome
list(struct imap *i, struct err *e)
{
	struct imap_mail m[5];
	bool more;
	size_t n;
	enum outcome o = imap_list(i, 2, m, 5, &n, &more, e);

	if (n > 5 || (o != OUT_OK && n != 0))
		abort();
	for (size_t k = 0; k < n; k++)
		if (m[k].uid < 2 || (k > 0 && m[k].uid <= m[k - 1].uid) ||
		    m[k].received_ms < 0)
			abort();
	return o;
}

static enum outcome
fetch(struct imap *i, struct err *e)
{
	size_t n;
	enum outcome o;

	sunk = 0;
	o = imap_fetch(i, 9, FETCH_MAX, sink, NULL, &n, e);
	if (sunk > FETCH_MAX || n > sunk)
		abort();
	return o;
}

static enum outcome
ask(struct imap *i, int what, struct err *e)
{
	struct imap_folder f;
	uint32_t uid;
	bool b;

	switch (what) {
	case 0:
		return list(i, e);
	case 1:
		return fetch(i, e);
	case 2:
		return imap_idle(i, 1, &b, e);
	case 3:
		return imap_move(i, 9, "a", &b, e);
	case 4:
		return imap_append(i, "a", "b", 1, &uid, e);
	case 5:
		return imap_find(i, "a", "<b@c>", &uid, e);
	case 6:
		return imap_folders(i, folder, NULL, e);
	case 7:
		return imap_select(i, "INBOX", &f, e);
	case 8:
		return imap_mark_seen(i, 9, e);
	default:
		return imap_noop(i, e);
	}
}

/* Until it dies: a script is short, so that is soon. */
static void
use(struct imap *i, int what)
{
	struct err e = { .text = "" }, again;

	for (int k = 0; k < 20 && imap_alive(i); k++)
		if (ask(i, what, &e) != OUT_OK &&
		    (!utf8_valid(e.text, strlen(e.text)) ||
		     net_class(&e) == NET_C_NONE))
			abort();
	if (!imap_alive(i) && imap_noop(i, &again) != OUT_OK &&
	    strcmp(again.text, e.text) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct net_login ana = { "ana", "secret", NULL };
	struct net_server here = { .host = "fake", .security = NET_SEC_NONE };
	struct imap *i = NULL;
	struct imap_folder f;
	struct stream *s;
	struct buf b;
	struct err e;
	int what;

	if (size == 0)
		return 0;
	what = data[0] % 12;
	buf_init(&b, sizeof(opened) + sizeof(selected) + size);
	if (what != 11) /* else the greeting is theirs too */
		buf_puts(&b, opened);
	if (what < 10)
		buf_puts(&b, selected);
	buf_add(&b, data + 1, size - 1);
	s = stream_script(b.data, b.len);
	if (imap_open_over(s, &here, &ana, &i, &e) == OUT_OK) {
		if (what < 10 && imap_select(i, "INBOX", &f, &e) != OUT_OK)
			abort();
		use(i, what);
	}
	imap_close(&i);
	buf_release(&b);
	return 0;
}
