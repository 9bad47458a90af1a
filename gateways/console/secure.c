#include "gateways/console/console.h"

#include <string.h>
#include <strings.h>

#include "gateways/common/http.h"

#define SAFE_HOST                                                              \
	"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]"
#define HOST_MAX 255
#define RETRY_DEFAULT_S 1

const char *
console_cookie(const struct console *c)
{
	return c->https ? "__Host-postigo" : "postigo";
}

const char *
console_csrf_cookie(const struct console *c)
{
	return c->https ? "__Host-postigo-login" : "postigo-login";
}

static bool
host_is_text(const char *host)
{
	size_t n = host != NULL ? strlen(host) : 0;

	return n != 0 && n <= HOST_MAX && strspn(host, SAFE_HOST) == n;
}

bool
console_host_good(const struct console *c, const struct hit *h)
{
	const char *host = hit_header(h, "host");

	if (!host_is_text(host))
		return false;
	if (c->public_host != NULL)
		return strcasecmp(host, c->public_host) == 0 ||
		       http_host_loopback(host);
	return hit_is_tls(h) || http_host_loopback(host);
}

bool
console_same_origin(const struct console *c, const struct hit *h)
{
	const char *site = hit_header(h, "sec-fetch-site");
	const char *origin = hit_header(h, "origin");
	const char *host = hit_header(h, "host");

	if (site != NULL && strcmp(site, "same-origin") != 0 &&
	    strcmp(site, "none") != 0)
		return false;
	if (origin == NULL)
		return site != NULL;
	if (c->public_host != NULL &&
	    http_same_origin(origin, c->scheme, c->public_host))
		return true;
	/* A proxy may pass on another Host than browsers see. */
	if (c->public_host != NULL && !http_host_loopback(host))
		return false;
	return http_same_origin(origin, hit_is_tls(h) ? "https" : "http", host);
}

static void
policy(const struct console *c, struct hit *h, enum page page)
{
	const char *host = hit_header(h, "host");
	const char *name = "content-security-policy";

	/* A request of HTTP/1.0 may have no Host. */
	if (c->public_host != NULL &&
	    (host == NULL || !http_host_loopback(host)))
		host = c->public_host;
	switch (page) {
	case PAGE_APP:
		hit_setf(h, name,
			 "default-src 'none'; script-src 'self'; style-src "
			 "'self'; img-src 'self' blob:; font-src 'self'; "
			 "connect-src 'self' %s://%s; frame-src 'self'; "
			 "manifest-src 'self'; media-src 'self'; "
			 "form-action 'self'; base-uri 'none'; "
			 "object-src 'none'; frame-ancestors 'none'; "
			 "require-trusted-types-for 'script'; trusted-types "
			 "'none'",
			 c->https ? "wss" : "ws", host);
		break;
	case PAGE_FORM:
		hit_set(h, name,
			"default-src 'none'; style-src 'self'; img-src 'self'; "
			"form-action 'self'; base-uri 'none'; frame-ancestors "
			"'none'");
		break;
	case PAGE_MAIL:
		hit_setf(h, name,
			 "sandbox allow-popups allow-popups-to-escape-sandbox; "
			 "default-src 'none'; style-src 'unsafe-inline'; "
			 "img-src %s://%s/i/; form-action 'none'; base-uri "
			 "'none'; frame-ancestors 'self'",
			 c->scheme, host);
		break;
	case PAGE_FILE:
	case PAGE_IMAGE:
		hit_set(h, name,
			"sandbox; default-src 'none'; frame-ancestors 'none'");
		break;
	default:
		hit_set(h, name,
			"default-src 'none'; frame-ancestors 'none'; base-uri "
			"'none'");
	}
}

void
console_secure(const struct console *c, struct hit *h, enum page page)
{
	bool host = host_is_text(hit_header(h, "host"));

	policy(c, h, host ? page : PAGE_DATA);
	hit_set(h, "x-content-type-options", "nosniff");
	/* The form needs its Origin: "no-referrer" would make it null. */
	hit_set(h, "referrer-policy",
		page == PAGE_FORM ? "same-origin" : "no-referrer");
	hit_set(h, "cross-origin-opener-policy", "same-origin");
	/* Pictures of a sandboxed frame are asked for by no origin at all. */
	hit_set(h, "cross-origin-resource-policy",
		page == PAGE_IMAGE ? "cross-origin" : "same-origin");
	hit_set(h, "permissions-policy",
		"camera=(), microphone=(), geolocation=(), payment=()");
	if (c->https)
		hit_set(h, "strict-transport-security",
			"max-age=31536000; includeSubDomains");
	if (page != PAGE_ASSET)
		hit_set(h, "cache-control", "no-store");
}

int
console_status(enum outcome o, const char *code)
{
	static const struct {
		const char *code;
		int status;
	} table[] = {
		{ "bad_params", 400 },    { "base", 409 },
		{ "behind", 409 },        { "blob_missing", 409 },
		{ "book", 422 },          { "busy", 503 },
		{ "conflict", 409 },      { "exists", 409 },
		{ "full", 503 },          { "gone", 410 },
		{ "key_reused", 409 },    { "no_session", 401 },
		{ "no_way", 409 },        { "not_allowed", 403 },
		{ "not_found", 404 },     { "refused", 403 },
		{ "seen", 409 },          { "too_many", 429 },
		{ "window_closed", 409 },
	};
	size_t i;

	for (i = 0; i < sizeof table / sizeof table[0]; i++)
		if (strcmp(code, table[i].code) == 0)
			return table[i].status;
	return o == OUT_PERM ? 400 : 503;
}

void
console_fail(const struct console *c, struct hit *h, enum outcome o,
	     const struct err *e, int64_t retry_after_ms)
{
	int status = console_status(o, e->code);
	int retry_s = 0;

	if (status == 503 || status == 429)
		retry_s = retry_after_ms > 0
				  ? (int)((retry_after_ms + 999) / 1000)
			  : bus_up(c->bus) ? RETRY_DEFAULT_S
					   : CONSOLE_DOWN_RETRY_S;
	http_error(h, status, e->code[0] != '\0' ? e->code : outcome_name(o),
		   e->text, retry_s);
}
