#include <string.h>

#include "daemon/config.h"
#include "gateways/common/http.h"
#include "gateways/console/console.h"
#include "gateways/console/feed.h"
#include "gateways/console/file.h"
#include "gateways/console/page.h"
#include "gateways/console/rest.h"

typedef void route_fn(struct console *c, struct hit *h);

struct route {
	const char *method;
	const char *path; /* ends in '/': everything below it */
	route_fn *fn;
	size_t body_max;
	bool any_host; /* for whoever watches the program */
};

static void
healthz(struct console *c, struct hit *h)
{
	console_secure(c, h, PAGE_DATA);
	hit_send(h, 200, "text/plain; charset=utf-8", "ok\n", 3);
}

static void
readyz(struct console *c, struct hit *h)
{
	bool ready = bus_up(c->bus) && feed_ready(c->feed);
	const char *text = ready ? "ready\n" : "the daemon is not there\n";

	console_secure(c, h, PAGE_DATA);
	if (!ready)
		hit_setf(h, "retry-after", "%d", CONSOLE_DOWN_RETRY_S);
	hit_send(h, ready ? 200 : 503, "text/plain; charset=utf-8", text,
		 strlen(text));
}

static void
asset(struct console *c, struct hit *h)
{
	console_secure(c, h, PAGE_ASSET);
	assets_send(c->assets, hit_path(h) + strlen("/assets/"), h);
}

/* The mark. Browsers ask for it by this name on every page. */
static const char mark[] =
	"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 18 18\">"
	"<path fill=\"#0b6e63\" d=\"M0 8V5a5 5 0 0 1 5-5h8a5 5 0 0 1 5 5v3z"
	"M0 10v3a5 5 0 0 0 5 5h8a5 5 0 0 0 5-5v-3z\"/></svg>\n";

static void
icon(struct console *c, struct hit *h)
{
	console_secure(c, h, PAGE_ASSET);
	hit_send(h, 200, "image/svg+xml", mark, sizeof mark - 1);
}

static const struct route routes[] = {
	{ "GET", "/", page_shell, 0, false },
	{ "GET", "/incidents", page_shell, 0, false },
	{ "GET", "/reports", page_shell, 0, false },
	{ "GET", "/reports/", page_shell, 0, false },
	{ "GET", "/login", page_login, 0, false },
	{ "POST", "/login", page_login_post, CONSOLE_BODY_BYTES, false },
	{ "GET", "/login/link", page_link, 0, false },
	{ "POST", "/login/link", page_link_post, CONSOLE_BODY_BYTES, false },
	{ "POST", "/logout", page_logout, CONSOLE_BODY_BYTES, false },
	{ "GET", "/assets/", asset, 0, false },
	{ "GET", "/favicon.ico", icon, 0, false },
	{ "GET", "/healthz", healthz, 0, true },
	{ "GET", "/readyz", readyz, 0, true },
	{ "GET", "/html/", file_html, 0, false },
	{ "GET", "/i/", file_image, 0, false },
	{ "GET", "/attachment/", file_attachment, 0, false },
	{ "POST", "/upload", file_upload, CONSOLE_UPLOAD_BYTES, false },
	{ "*", "/api/v1/", rest_hit, CONSOLE_BODY_BYTES, false },
};

static bool
path_fits(const struct route *r, const char *path)
{
	size_t n = strlen(r->path);

	if (n > 1 && r->path[n - 1] == '/')
		return strncmp(path, r->path, n) == 0;
	return strcmp(path, r->path) == 0;
}

static bool
method_fits(const struct route *r, const char *method)
{
	return r->method[0] == '*' || strcmp(r->method, method) == 0 ||
	       (strcmp(r->method, "GET") == 0 && strcmp(method, "HEAD") == 0);
}

static void
refuse(struct console *c, struct hit *h, int status, const char *code,
       const char *message)
{
	console_secure(c, h, PAGE_DATA);
	http_error(h, status, code, message, 0);
}

void
route_hit(void *arg, struct hit *h)
{
	struct console *c = arg;
	bool path_known = false;
	size_t i;

	for (i = 0; i < sizeof routes / sizeof routes[0]; i++) {
		const struct route *r = &routes[i];

		if (!path_fits(r, hit_path(h)))
			continue;
		path_known = true;
		if (!method_fits(r, hit_method(h)))
			continue;
		if (!r->any_host && !console_host_good(c, h))
			refuse(c, h, 421, "refused", "no such host here");
		else if (hit_length(h) > (int64_t)r->body_max)
			refuse(c, h, 413, "bad_params",
			       "the body is too large");
		else
			r->fn(c, h);
		return;
	}
	if (path_known)
		refuse(c, h, 405, "bad_params", "no such method here");
	else
		refuse(c, h, 404, "not_found", "no such page");
}
