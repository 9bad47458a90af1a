#include "gateways/chat/order.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/order_page.h"
#include "gateways/chat/order_style.h"
#include "gateways/chat/rate.h"
#include "gateways/chat/text.h"
#include "gateways/common/http.h"

#define HTML "text/html; charset=utf-8"
#define TOKEN_MAX 100
#define STYLE_CACHE "public, max-age=3600"

/* A page that is asked for. */
struct asking {
	struct chat *chat;
	struct hit *hit;
	const char *language; /* "es", "en", or NULL: the buyer's; static */
};

static const char *
asked_language(const struct hit *h)
{
	const char *asked = hit_arg(h, "language");

	if (asked != NULL && strcmp(asked, "es") == 0)
		return "es";
	if (asked != NULL && strcmp(asked, "en") == 0)
		return "en";
	return NULL;
}

static void
send_page(const struct chat *c, struct hit *h, int status, const struct buf *b)
{
	chat_secure(c, h, PAGE_ORDER, NULL);
	hit_set(h, "x-robots-tag", "noindex, nofollow, noarchive");
	if (status == 503)
		hit_setf(h, "retry-after", "%d",
			 (CHAT_DOWN_RETRY_MS + 999) / 1000);
	hit_send(h, status, HTML, b->data, b->len);
}

/* A page that only says something. */
static void
send_notice(const struct chat *c, struct hit *h, int status, enum text t)
{
	const char *language = asked_language(h);
	struct buf b;

	if (language == NULL)
		language =
			http_language(hit_header(h, "accept-language"), "es");
	buf_init(&b, ORDER_PAGE_BYTES);
	order_page_notice(&b, language, text_get(t, language));
	send_page(c, h, status, &b);
	buf_release(&b);
}

static void
send_failure(const struct chat *c, struct hit *h, const struct bus_reply *r)
{
	if (r->outcome == OUT_PERM && strcmp(r->err.code, "expired") == 0)
		send_notice(c, h, 410, TEXT_ORDER_ENDED);
	else if (r->outcome == OUT_PERM)
		send_notice(c, h, 404, TEXT_ORDER_UNKNOWN);
	else
		send_notice(c, h, 503, TEXT_AWAY);
}

static void
sheet_came(void *arg, const struct bus_reply *r)
{
	struct asking *a = arg;
	const json_t *sheet = json_object_get(r->result, "sheet");
	struct buf b;

	a->chat->order_calls--;
	if (hit_alive(a->hit) && r->outcome == OUT_OK &&
	    json_is_object(sheet)) {
		buf_init(&b, ORDER_PAGE_BYTES);
		order_page(&b, sheet);
		if (b.full)
			send_notice(a->chat, a->hit, 503, TEXT_AWAY);
		else
			send_page(a->chat, a->hit, 200, &b);
		buf_release(&b);
	} else if (hit_alive(a->hit)) {
		send_failure(a->chat, a->hit, r);
	}
	hit_unref(a->hit);
	mem_free(a);
}

static void
ask(struct chat *c, struct hit *h, const char *token)
{
	struct asking *a = mem_new(1, sizeof *a);
	json_t *params = json_object();
	struct err e;

	a->chat = c;
	a->hit = hit_ref(h);
	a->language = asked_language(h);
	(void)json_object_set_new(params, "token", json_string(token));
	if (a->language != NULL)
		(void)json_object_set_new(params, "language",
					  json_string(a->language));
	if (bus_call(c->bus, "order.public", params, NULL, NULL, sheet_came, a,
		     &e) == OUT_OK) {
		c->order_calls++;
		return;
	}
	send_notice(c, h, 503, TEXT_AWAY);
	hit_unref(a->hit);
	mem_free(a);
}

/* How long whoever asks has to wait, in milliseconds; 0: not at all. */
static int64_t
wait_of(struct chat *c, const struct hit *h)
{
	int64_t tick = clock_tick_ms();
	struct network *w = networks_find(c->networks, hit_address(h), tick);

	return w != NULL ? network_page(w, tick) : CHAT_DOWN_RETRY_MS;
}

static void
send_wait(const struct chat *c, struct hit *h, int64_t wait_ms)
{
	hit_setf(h, "retry-after", "%d", (int)((wait_ms + 999) / 1000));
	send_notice(c, h, 429, TEXT_ORDER_MANY);
}

static void
send_style(const struct chat *c, struct hit *h)
{
	const char *css = order_style();

	chat_secure(c, h, PAGE_ASSET, NULL);
	hit_set(h, "cache-control", STYLE_CACHE);
	hit_send(h, 200, "text/css; charset=utf-8", css, strlen(css));
}

static bool
is_token(const char *text)
{
	size_t n = strlen(text);

	return n > 0 && n <= TOKEN_MAX &&
	       strspn(text, "0123456789abcdefo.") == n;
}

static void
page_get(struct chat *c, struct hit *h, const char *token)
{
	int64_t wait_ms = wait_of(c, h);

	if (wait_ms > 0)
		send_wait(c, h, wait_ms);
	else if (c->order_calls >= ORDER_CALLS_MAX)
		send_notice(c, h, 503, TEXT_AWAY);
	else
		ask(c, h, token);
}

void
order_get(struct chat *c, struct hit *h)
{
	const char *token = hit_path(h) + strlen("/order/");

	if (strcmp(hit_path(h), ORDER_STYLE) == 0)
		send_style(c, h);
	else if (!is_token(token))
		send_notice(c, h, 404, TEXT_ORDER_UNKNOWN);
	else
		page_get(c, h, token);
}
