#include "gateways/shop/receive.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/common/hookin.h"
#include "gateways/common/server.h"
#include "gateways/shop/envelope.h"
#include "gateways/shop/shops.h"

#define PATH "/shop/"
#define SIGNATURE_MAX 100
/* Shopify waits 5 s in all: it hears that it has to come again. */
#define STORE_MS 3000
#define PING_BYTES 64 /* no ping is longer */

struct shop_receive {
	struct mine *shops;
	struct hookin *in;
};

/* What is known of a delivery before its body. */
struct ticket {
	char path[SHOP_PATH_DIGITS + 1];
	char signature[SIGNATURE_MAX]; /* "": none, which a ping has */
};

static struct mine_one *
whose(void *arg, const void *ticket)
{
	const struct shop_receive *r = arg;
	const struct ticket *t = ticket;
	struct shop *k = shops_by_path(r->shops, t->path);

	return k != NULL ? &k->mine : NULL;
}

static enum hookin_verdict
judge(void *arg, const void *ticket, const char *body, size_t n)
{
	const struct shop_receive *r = arg;
	const struct ticket *t = ticket;
	const struct shop *k = shops_by_path(r->shops, t->path);

	if (k == NULL)
		return HOOKIN_UNSIGNED;
	if (t->signature[0] == '\0')
		return k->source->ping && source_is_ping(body, n)
			       ? HOOKIN_FINE
			       : HOOKIN_UNSIGNED;
	return shop_signed(k, t->signature, body, n) ? HOOKIN_KEEP
						     : HOOKIN_UNSIGNED;
}

/* --- requests ---------------------------------------------------------------- */

static const char *
header(const struct hit *h, const char *name)
{
	return name != NULL ? hit_header(h, name) : NULL;
}

/* Does a header name another shop? One that names none is as good as its
 * signature. */
static bool
is_foreign(const struct hit *h, const struct shop *k)
{
	const char *from = header(h, k->source->from);

	return from != NULL &&
	       !source_same_shop(from,
				 shop_setting(k, k->source->from_setting));
}

static void
deliver(struct shop_receive *r, struct hit *h, const struct shop *k)
{
	const char *signature = header(h, k->source->signature);
	bool ping = signature == NULL && k->source->ping &&
		    hit_length(h) <= PING_BYTES;
	struct ticket t = { .path = "" };
	struct hookin_new n = { .ticket = &t, .ticket_n = sizeof t };
	struct buf head;

	memcpy(t.path, k->path, SHOP_PATH_DIGITS);
	if (hookin_too_large(r->in, h, &t))
		return;
	if ((signature == NULL && !ping) || is_foreign(h, k) ||
	    (signature != NULL && (signature[0] == '\0' ||
				   strlen(signature) >= sizeof t.signature))) {
		hookin_refuse(r->in, h, 401, REFUSED_UNSIGNED, &t);
		return;
	}
	if (signature != NULL)
		memcpy(t.signature, signature, strlen(signature));
	buf_init(&head, ENVELOPE_HEAD_MAX);
	envelope_write(&head, header(h, k->source->topic),
		       hit_header(h, "content-type"), header(h, k->source->at));
	n.head = buf_str(&head);
	n.head_n = head.len;
	hookin_take(r->in, h, &n);
	buf_release(&head);
}

static void
shop_hit(struct shop_receive *r, struct hit *h, const char *path)
{
	const struct shop *k = shops_by_path(r->shops, path);
	int status = mine_known(r->shops) ? 404 : 503;

	if (k != NULL && k->source->signature != NULL) {
		if (strcmp(hit_method(h), "POST") == 0) {
			deliver(r, h, k);
			return;
		}
		status = 405;
	}
	hit_hangup(h);
	hookin_answer(h, status, NULL);
}

static void
any_hit(void *arg, struct hit *h)
{
	struct shop_receive *r = arg;
	const char *path = hit_path(h);

	if (strncmp(path, PATH, strlen(PATH)) == 0) {
		shop_hit(r, h, path + strlen(PATH));
	} else if (!hookin_health(r->in, h, mine_known(r->shops))) {
		hit_hangup(h);
		hookin_answer(h, 404, NULL);
	}
}

/* --- start and end ----------------------------------------------------------- */

static void
receive_free(void *arg)
{
	struct shop_receive *r = arg;

	hookin_free(&r->in);
	mine_free(&r->shops);
	mem_free(r);
}

struct hookgw_receive
shop_receive_new(struct server *s, struct bus *bus)
{
	struct shop_receive *r = mem_new(1, sizeof *r);
	const struct hookin_ways ways = { .name = "shop",
					  .store_ms = STORE_MS,
					  .judge = judge,
					  .whose = whose,
					  .arg = r };

	r->shops = shops_new(bus);
	r->in = hookin_new(s, bus, &ways);
	return (struct hookgw_receive){ .in = r->in,
					.part = mine_part(r->shops),
					.hit = any_hit,
					.free = receive_free,
					.arg = r };
}
