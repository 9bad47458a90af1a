#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/markup.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/file.h"
#include "gateways/chat/order.h"
#include "gateways/chat/site.h"
#include "gateways/chat/text.h"
#include "gateways/common/http.h"

#define PAGE_BYTES 16384
#define HTML "text/html; charset=utf-8"
#define LOADER_CACHE "public, max-age=300"

typedef void route_fn(struct chat *c, struct hit *h);

struct route {
	const char *method;
	const char *path; /* ends in '/': everything below it */
	route_fn *fn;
	int64_t body_max;
	bool any_host; /* for whoever watches the program */
};

/* --- pages --------------------------------------------------------------- */

static const char *
language_of(const struct hit *h, const struct site *site)
{
	const char *asked = hit_arg(h, "language");
	const char *own = site != NULL ? site_language(site) : NULL;

	if (asked != NULL && strcmp(asked, "es") == 0)
		return "es";
	if (asked != NULL && strcmp(asked, "en") == 0)
		return "en";
	return http_language(hit_header(h, "accept-language"),
			     own != NULL ? own : "es");
}

static void
head(struct buf *b, const char *language, const char *title)
{
	(void)buf_printf(b,
			 "<!doctype html>\n<html lang=\"%s\">\n<head>\n<meta "
			 "charset=\"utf-8\">\n<meta name=\"viewport\" "
			 "content=\"width=device-width, initial-scale=1\">\n"
			 "<meta name=\"robots\" content=\"noindex\">\n<title>",
			 language);
	markup_escape(b, title);
	(void)buf_puts(b, "</title>\n");
}

/* A page that only says something. */
static void
notice(const struct chat *c, struct hit *h, int status, enum text t,
       const struct site *site)
{
	const char *language = language_of(h, site);
	struct buf b;

	buf_init(&b, PAGE_BYTES);
	head(&b, language, text_get(TEXT_TITLE, language));
	(void)buf_printf(&b, "</head>\n<body>\n<p>%s</p>\n</body>\n</html>\n",
			 text_get(t, language));
	chat_secure(c, h, site != NULL ? PAGE_PANEL : PAGE_DATA, site);
	if (status == 503)
		hit_setf(h, "retry-after", "%d",
			 (CHAT_DOWN_RETRY_MS + 999) / 1000);
	hit_send(h, status, HTML, b.data, b.len);
	buf_release(&b);
}

static void
send_panel(const struct chat *c, struct hit *h, const struct site *site,
	   const char *script, const char *style)
{
	const char *language = language_of(h, site);
	const char *title = site_title(site);
	struct buf b;

	buf_init(&b, PAGE_BYTES);
	head(&b, language,
	     title[0] != '\0' ? title : text_get(TEXT_TITLE, language));
	(void)buf_printf(
		&b,
		"<link rel=\"stylesheet\" href=\"/chat/a/%s\">\n"
		"<script type=\"module\" src=\"/chat/a/%s\"></script>\n"
		"</head>\n<body data-site=\"",
		style, script);
	markup_escape(&b, site_name(site));
	(void)buf_printf(&b,
			 "\">\n<noscript><p>%s</p></noscript>\n</body>\n"
			 "</html>\n",
			 text_get(TEXT_NO_SCRIPT, language));
	chat_secure(c, h, PAGE_PANEL, site);
	hit_send(h, 200, HTML, b.data, b.len);
	buf_release(&b);
}

static void
panel(struct chat *c, struct hit *h)
{
	const struct site *site = site_find(c, hit_arg(h, "site"));
	const char *script = assets_name(c->assets, "panel.js");
	const char *style = assets_name(c->assets, "panel.css");

	if (site == NULL && !sites_known(c))
		notice(c, h, 503, TEXT_AWAY, NULL);
	else if (site == NULL)
		notice(c, h, 404, TEXT_NO_SITE, NULL);
	else if (script == NULL || style == NULL)
		notice(c, h, 503, TEXT_NOT_BUILT, site);
	else
		send_panel(c, h, site, script, style);
}

static void
loader(struct chat *c, struct hit *h)
{
	const char *name = assets_name(c->assets, "postigo.js");
	static const char none[] =
		"/* The chat is not installed on this server. */\n";

	chat_secure(c, h, PAGE_LOADER, NULL);
	if (name != NULL) {
		assets_send_as(c->assets, name, LOADER_CACHE, h);
		return;
	}
	hit_set(h, "cache-control", "no-store");
	hit_send(h, 404, "text/javascript; charset=utf-8", none,
		 sizeof none - 1);
}

static void
asset(struct chat *c, struct hit *h)
{
	chat_secure(c, h, PAGE_ASSET, NULL);
	assets_send(c->assets, hit_path(h) + strlen("/chat/a/"), h);
}

static void
healthz(struct chat *c, struct hit *h)
{
	chat_secure(c, h, PAGE_DATA, NULL);
	hit_send(h, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

static void
readyz(struct chat *c, struct hit *h)
{
	bool ready = bus_up(c->bus) && sites_known(c);
	const char *text = ready ? "ready\n" : "the daemon is not there\n";

	chat_secure(c, h, PAGE_DATA, NULL);
	if (!ready)
		hit_setf(h, "retry-after", "%d",
			 (CHAT_DOWN_RETRY_MS + 999) / 1000);
	hit_send(h, ready ? 200 : 503, "text/plain; charset=utf-8", text,
		 strlen(text));
}

/* --- paths --------------------------------------------------------------- */

static const struct route routes[] = {
	{ "GET", "/postigo.js", loader, 0, false },
	{ "GET", "/chat/panel", panel, 0, false },
	{ "GET", "/chat/a/", asset, 0, false },
	{ "GET", "/chat/file/", file_get, 0, false },
	{ "GET", "/order/", order_get, 0, false },
	{ "POST", "/chat/file", file_put, CHAT_FILE_BYTES, false },
	{ "GET", "/healthz", healthz, 0, true },
	{ "GET", "/readyz", readyz, 0, true },
};

static bool
path_fits(const struct route *r, const char *path)
{
	size_t n = strlen(r->path);

	if (r->path[n - 1] == '/')
		return strncmp(path, r->path, n) == 0;
	return strcmp(path, r->path) == 0;
}

static bool
method_fits(const struct route *r, const char *method)
{
	return strcmp(r->method, method) == 0 ||
	       (strcmp(r->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

void
route_hit(void *arg, struct hit *h)
{
	struct chat *c = arg;
	bool known = false;
	size_t i;

	for (i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		const struct route *r = &routes[i];

		if (!path_fits(r, hit_path(h)))
			continue;
		known = true;
		if (!method_fits(r, hit_method(h)))
			continue;
		if (!r->any_host && !chat_host_good(c, h))
			chat_refuse(c, h, 421, "refused", "no such host here",
				    0);
		else if (hit_length(h) > r->body_max)
			chat_refuse(c, h, 413, "too_long",
				    "the body is too large", 0);
		else
			r->fn(c, h);
		return;
	}
	if (known)
		chat_refuse(c, h, 405, "bad_params", "no such method here", 0);
	else
		chat_refuse(c, h, 404, "not_found", "no such page", 0);
}
