#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/site.h"
#include "gateways/common/http.h"

#define SAFE_HOST                                                              \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]"
#define HOST_MAX 255
#define POLICY_BYTES 4000

static bool
host_is_text(const char *host)
{
	size_t n = host != NULL ? strlen(host) : 0;

	return n != 0 && n <= HOST_MAX && strspn(host, SAFE_HOST) == n;
}

bool
chat_host_good(const struct chat *c, const struct hit *h)
{
	const char *host = hit_header(h, "host");

	if (!host_is_text(host))
		return false;
	if (c->public_host != NULL)
		return strcasecmp(host, c->public_host) == 0 ||
		       http_host_loopback(host);
	return hit_is_tls(h) || http_host_loopback(host);
}

/* Origin is SCHEME://HOST, octet by octet: browsers write it in lower case
 * and without the scheme's own port. */
static bool
exactly(const char *origin, const char *scheme, const char *host)
{
	size_t n = strlen(scheme);

	return strncmp(origin, scheme, n) == 0 &&
	       strncmp(origin + n, "://", 3) == 0 &&
	       strcmp(origin + n + 3, host) == 0;
}

bool
chat_own_origin(const struct chat *c, const struct hit *h)
{
	const char *origin = hit_header(h, "origin");
	const char *host = hit_header(h, "host");

	if (origin == NULL || !host_is_text(host))
		return false;
	if (c->public_host != NULL &&
	    exactly(origin, c->https ? "https" : "http", c->public_host))
		return true;
	/* A proxy may pass on another Host than browsers see. */
	if (c->public_host != NULL && !http_host_loopback(host))
		return false;
	return exactly(origin, hit_is_tls(h) ? "https" : "http", host);
}

/* The panel: its own scripts and styles, framed by the site's pages. */
static void
panel_policy(const struct chat *c, struct hit *h, const struct site *site)
{
	const char *host = hit_header(h, "host");
	struct buf b;
	size_t i;

	if (c->public_host != NULL && !http_host_loopback(host))
		host = c->public_host;
	buf_init(&b, POLICY_BYTES);
	(void)buf_printf(&b,
			 "default-src 'none'; script-src 'self'; style-src "
			 "'self'; img-src 'self' blob:; font-src 'self'; "
			 "connect-src 'self' %s://%s; form-action 'none'; "
			 "base-uri 'none'; object-src 'none'; "
			 "require-trusted-types-for 'script'; trusted-types "
			 "'none'; frame-ancestors",
			 c->https ? "wss" : "ws", host);
	for (i = 0; site_origin(site, i) != NULL; i++)
		(void)buf_printf(&b, " %s", site_origin(site, i));
	if (i == 0)
		(void)buf_puts(&b, " 'none'");
	hit_set(h, "content-security-policy", buf_str(&b));
	buf_release(&b);
}

void
chat_secure(const struct chat *c, struct hit *h, enum page page,
	    const struct site *site)
{
	bool shared = page == PAGE_LOADER || page == PAGE_PANEL;

	if (page == PAGE_PANEL && site != NULL)
		panel_policy(c, h, site);
	else if (page == PAGE_ORDER)
		hit_set(h, "content-security-policy",
			"default-src 'none'; style-src 'self'; base-uri "
			"'none'; form-action 'none'; frame-ancestors 'none'");
	else
		hit_set(h, "content-security-policy",
			page == PAGE_FILE ? "sandbox; default-src 'none'; "
					    "frame-ancestors 'none'"
					  : "default-src 'none'; base-uri "
					    "'none'; frame-ancestors 'none'");
	hit_set(h, "x-content-type-options", "nosniff");
	hit_set(h, "referrer-policy", "no-referrer");
	hit_set(h, "cross-origin-resource-policy",
		shared ? "cross-origin" : "same-origin");
	hit_set(h, "permissions-policy",
		"camera=(), microphone=(), geolocation=(), payment=()");
	if (c->https)
		hit_set(h, "strict-transport-security", "max-age=31536000");
	if (page != PAGE_ASSET && page != PAGE_LOADER)
		hit_set(h, "cache-control", "no-store");
}

void
chat_refuse(const struct chat *c, struct hit *h, int status, const char *code,
	    const char *message, int64_t retry_ms)
{
	chat_secure(c, h, PAGE_DATA, NULL);
	http_error(h, status, code, message, (int)((retry_ms + 999) / 1000));
}

void
chat_fail(const struct chat *c, struct hit *h, enum outcome o,
	  const struct err *e, int64_t retry_after_ms)
{
	static const struct {
		const char *code;
		int status;
	} table[] = {
		{ "no_session", 401 }, { "not_allowed", 403 },
		{ "not_found", 404 },  { "too_many", 429 },
		{ "away", 503 },       { "bad_file", 415 },
	};
	int status = o == OUT_PERM ? 400 : 503;
	int64_t retry = retry_after_ms;
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(e->code, table[i].code) == 0)
			status = table[i].status;
	if (status == 503 && retry <= 0)
		retry = CHAT_DOWN_RETRY_MS;
	chat_refuse(c, h, status,
		    e->code[0] != '\0' ? e->code : outcome_name(o), e->text,
		    retry);
}
