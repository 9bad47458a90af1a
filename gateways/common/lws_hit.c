#include "gateways/common/server.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/common/lws_inner.h"

#define FORWARDED_MAX 32   /* addresses of X-Forwarded-For looked at */
#define PAUSE_SECONDS 120  /* longest pause of a body */
#define ANSWER_SECONDS 120 /* longest wait for our own answer */
#define SENDING_SECONDS 60 /* longest wait for the browser to read on */
#define LINGER_SECONDS 2   /* a body that nobody wants is still read */
#define HEADER_ROOM 512    /* for lws's own lines */

enum hit_state {
	HIT_WAITING, /* nothing answered yet */
	HIT_READY,   /* status and headers are known */
	HIT_SENDING, /* headers are out */
	HIT_DONE
};

/* Request headers that are kept: token, or a name of our own. */
struct kept {
	const char *name;
	int token; /* -1: libwebsockets knows no token */
};

static const struct kept kept_headers[] = {
	{ "accept", WSI_TOKEN_HTTP_ACCEPT },
	{ "accept-encoding", WSI_TOKEN_HTTP_ACCEPT_ENCODING },
	{ "accept-language", WSI_TOKEN_HTTP_ACCEPT_LANGUAGE },
	{ "aftership-hmac-sha256", -1 },
	{ "authorization", WSI_TOKEN_HTTP_AUTHORIZATION },
	{ "content-length", WSI_TOKEN_HTTP_CONTENT_LENGTH },
	{ "content-type", WSI_TOKEN_HTTP_CONTENT_TYPE },
	{ "cookie", WSI_TOKEN_HTTP_COOKIE },
	{ "host", WSI_TOKEN_HOST },
	{ "idempotency-key", -1 },
	{ "if-none-match", WSI_TOKEN_HTTP_IF_NONE_MATCH },
	{ "origin", WSI_TOKEN_ORIGIN },
	{ "range", WSI_TOKEN_HTTP_RANGE },
	{ "sec-fetch-dest", -1 },
	{ "sec-fetch-mode", -1 },
	{ "sec-fetch-site", -1 },
	{ "sec-websocket-protocol", WSI_TOKEN_PROTOCOL },
	{ "transfer-encoding", WSI_TOKEN_HTTP_TRANSFER_ENCODING },
	{ "user-agent", WSI_TOKEN_HTTP_USER_AGENT },
	{ "x-forwarded-for", WSI_TOKEN_X_FORWARDED_FOR },
	{ "x-hub-signature-256", -1 },
	{ "x-postigo-signature", -1 },
	{ "x-shopify-hmac-sha256", -1 },
	{ "x-shopify-shop-domain", -1 },
	{ "x-shopify-topic", -1 },
	{ "x-shopify-triggered-at", -1 },
	{ "x-wc-webhook-signature", -1 },
	{ "x-wc-webhook-source", -1 },
	{ "x-wc-webhook-topic", -1 },
};
#define KEPT (sizeof kept_headers / sizeof kept_headers[0])

struct hit {
	size_t refs;
	struct peer *peer; /* NULL: the browser has gone, or it is done */
	bool tls;
	const char *method;
	char *path;
	char *args[HIT_ARGS_MAX];
	size_t arg_count;
	char *headers[KEPT];
	char address[ADDRESS_MAX];
	void *tag;

	int64_t length; /* of the body, as announced */
	bool has_body;
	bool ended; /* the body is whole */
	bool paused;
	struct buf body;
	hit_body_fn *whole;
	hit_body_fn *part;
	void *body_arg;

	enum hit_state state;
	int status;
	bool close; /* after the answer */
	const char *type;
	struct buf extra; /* headers: name NUL value NUL ... */
	struct shared *send;
	size_t sent;
	int64_t total; /* of a streamed answer, -1: none */
	int64_t fed;
	hit_pull_fn *pull;
	void *pull_arg;
	bool pulling; /* pull was called and is not answered yet */
	bool cut;
};

/* --- life ------------------------------------------------------------------ */

struct hit *
hit_ref(struct hit *h)
{
	h->refs++;
	return h;
}

void
hit_unref(struct hit *h)
{
	size_t i;

	if (h == NULL || --h->refs > 0)
		return;
	for (i = 0; i < h->arg_count; i++)
		mem_free(h->args[i]);
	for (i = 0; i < KEPT; i++)
		mem_free(h->headers[i]);
	mem_free(h->path);
	buf_release(&h->body);
	buf_release(&h->extra);
	shared_unref(h->send);
	mem_free(h);
}

/* Whoever reads or feeds a hit that has ended learns it by one last call;
 * one whose pull is under way learns it from hit_alive(). */
static void
tell_end(struct hit *h)
{
	if (h->pull != NULL && !h->pulling && h->fed < h->total) {
		h->pulling = true;
		h->pull(h->pull_arg, h);
	}
	if (h->part != NULL && !h->ended) {
		h->ended = true;
		h->part(h->body_arg, h, NULL, 0);
	}
	if (h->whole != NULL && !h->ended) {
		h->ended = true;
		h->whole(h->body_arg, h, NULL, 0);
	}
}

void
hit_gone(struct peer *p)
{
	struct hit *h = p->hit;

	if (h == NULL)
		return;
	p->hit = NULL;
	h->peer = NULL;
	h->state = HIT_DONE;
	tell_end(h);
	hit_unref(h);
}

bool
hit_alive(const struct hit *h)
{
	return h->peer != NULL;
}

/* --- reading the request ------------------------------------------------- */

static char *
copy_token(struct lws *wsi, int token)
{
	int n = lws_hdr_total_length(wsi, (enum lws_token_indexes)token);
	char *v;

	/* Pieces of one name are joined by a character each. */
	if (n <= 0)
		return NULL;
	v = mem_new((size_t)n + 64, 1);
	if (lws_hdr_copy(wsi, v, n + 63, (enum lws_token_indexes)token) < 0)
		MEM_CLEAR(&v);
	return v;
}

static char *
copy_named(struct lws *wsi, const char *name)
{
	char with_colon[64];
	int len = snprintf(with_colon, sizeof with_colon, "%s:", name);
	int n = lws_hdr_custom_length(wsi, with_colon, len);
	char *v;

	if (n < 0)
		return NULL;
	v = mem_new((size_t)n + 2, 1);
	if (lws_hdr_custom_copy(wsi, v, n + 1, with_colon, len) < 0)
		MEM_CLEAR(&v);
	return v;
}

static void
copy_headers(struct hit *h, struct lws *wsi)
{
	size_t i;

	for (i = 0; i < KEPT; i++) {
		const struct kept *k = &kept_headers[i];

		if (k->token >= 0)
			h->headers[i] = copy_token(wsi, k->token);
		else
			h->headers[i] = copy_named(wsi, k->name);
	}
}

static void
copy_args(struct hit *h, struct lws *wsi)
{
	int i;

	for (i = 0; i < HIT_ARGS_MAX; i++) {
		int n = lws_hdr_fragment_length(wsi, WSI_TOKEN_HTTP_URI_ARGS,
						i);
		char *v;

		if (n <= 0)
			return;
		v = mem_new((size_t)n + 2, 1);
		if (lws_hdr_copy_fragment(wsi, v, n + 1,
					  WSI_TOKEN_HTTP_URI_ARGS, i) < 0) {
			mem_free(v);
			return;
		}
		h->args[h->arg_count++] = v;
	}
}

static const char *
find_method(struct lws *wsi)
{
	static const struct kept methods[] = {
		{ "GET", WSI_TOKEN_GET_URI },
		{ "POST", WSI_TOKEN_POST_URI },
		{ "HEAD", WSI_TOKEN_HEAD_URI },
		{ "PUT", WSI_TOKEN_PUT_URI },
		{ "PATCH", WSI_TOKEN_PATCH_URI },
		{ "DELETE", WSI_TOKEN_DELETE_URI },
		{ "OPTIONS", WSI_TOKEN_OPTIONS_URI },
	};
	size_t i;

	for (i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (lws_hdr_total_length(
			    wsi, (enum lws_token_indexes)methods[i].token) > 0)
			return methods[i].name;
	return "?";
}

/* The browser's address: from the right, the first that is no proxy. */
static void
find_address(struct hit *h, const struct peer *p)
{
	const char *list = hit_header(h, "x-forwarded-for");
	const char *end;
	int left = FORWARDED_MAX;

	net_text(&p->net, h->address);
	if (list == NULL || !server_trusts(p->server, &p->net))
		return;
	end = list + strlen(list);
	while (end > list && left-- > 0) {
		const char *from = end;
		char one[ADDRESS_MAX];
		struct net n;
		size_t len;

		while (from > list && from[-1] != ',')
			from--;
		len = strspn(from, " ");
		len = (size_t)(end - from) < len ? (size_t)(end - from) : len;
		(void)snprintf(one, sizeof one, "%.*s",
			       (int)(end - from - (long)len), from + len);
		if (!net_parse(one, &n))
			return;
		memcpy(h->address, one, sizeof one);
		if (!server_trusts(p->server, &n))
			return;
		end = from > list ? from - 1 : list;
	}
}

static bool
method_has_body(const char *method)
{
	return strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0 ||
	       strcmp(method, "PATCH") == 0;
}

/* Content-Length: digits only, once. */
static bool
read_length(struct hit *h)
{
	const char *v = hit_header(h, "content-length");
	size_t n;

	if (v == NULL)
		return true;
	n = strlen(v);
	if (n == 0 || n > 15 || strspn(v, "0123456789") != n)
		return false;
	h->length = strtoll(v, NULL, 10);
	h->has_body = h->length > 0;
	return true;
}

static struct hit *
hit_new(struct peer *p, struct lws *wsi, const char *path)
{
	struct hit *h = mem_new(1, sizeof *h);

	h->refs = 1;
	h->peer = p;
	h->tls = p->server->tls;
	h->method = find_method(wsi);
	h->path = mem_strdup(path != NULL && path[0] == '/' ? path : "/");
	h->total = -1;
	buf_init(&h->extra, HIT_ANSWER_HEADERS_BYTES - HEADER_ROOM);
	copy_headers(h, wsi);
	copy_args(h, wsi);
	find_address(h, p);
	return h;
}

/* What libwebsockets would misread is answered here, and the connection
 * ends, so that no byte of it is taken for another request. */
static int
malformed(const struct hit *h)
{
	if (strlen(h->path) > HIT_PATH_BYTES)
		return 414;
	if (hit_header(h, "transfer-encoding") != NULL)
		return 411;
	if (method_has_body(h->method) &&
	    hit_header(h, "content-length") == NULL)
		return 411;
	if (strcmp(h->method, "?") == 0)
		return 405;
	return 0;
}

int
hit_begin(struct peer *p, struct lws *wsi, const char *path)
{
	struct hit *h;
	int bad;

	/* A request before the answer to the one before: nobody's browser
	 * does that, and libwebsockets would mix the two up. */
	if (p->hit != NULL)
		return -1;
	h = hit_new(p, wsi, path);
	p->hit = h;
	lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, ANSWER_SECONDS);
	bad = read_length(h) ? malformed(h) : 400;
	if (bad == 0 && h->length > 0 && !method_has_body(h->method))
		bad = 400;
	if (bad != 0) {
		h->close = true;
		hit_send(h, bad, NULL, NULL, 0);
		return 0;
	}
	hit_ref(h);
	p->server->hooks.hit(p->server->hooks.arg, h);
	hit_unref(h);
	return 0;
}

const char *
hit_method(const struct hit *h)
{
	return h->method;
}

const char *
hit_path(const struct hit *h)
{
	return h->path;
}

const char *
hit_arg_at(const struct hit *h, size_t i)
{
	return i < h->arg_count ? h->args[i] : NULL;
}

const char *
hit_arg(const struct hit *h, const char *name)
{
	size_t n = strlen(name);
	size_t i;

	for (i = 0; i < h->arg_count; i++)
		if (strncmp(h->args[i], name, n) == 0 && h->args[i][n] == '=')
			return h->args[i] + n + 1;
	return NULL;
}

const char *
hit_header(const struct hit *h, const char *name)
{
	size_t i;

	for (i = 0; i < KEPT; i++)
		if (strcmp(kept_headers[i].name, name) == 0)
			return h->headers[i];
	assert(!"this header is kept");
	return NULL;
}

const char *
hit_address(const struct hit *h)
{
	return h->address;
}

bool
hit_is_tls(const struct hit *h)
{
	return h->tls;
}

int64_t
hit_length(const struct hit *h)
{
	return h->length;
}

void
hit_tag(struct hit *h, void *tag)
{
	h->tag = tag;
}

/* --- the body ------------------------------------------------------------ */

void
hit_body(struct hit *h, size_t max, hit_body_fn *fn, void *arg)
{
	if (!hit_alive(h))
		return;
	assert(h->length <= (int64_t)max);
	buf_init(&h->body, max + 1);
	h->whole = fn;
	h->body_arg = arg;
}

void
hit_stream(struct hit *h, hit_body_fn *part, void *arg)
{
	h->part = part;
	h->body_arg = arg;
}

void
hit_pause(struct hit *h)
{
	if (h->peer == NULL || h->paused || h->ended)
		return;
	h->paused = true;
	(void)lws_rx_flow_control(h->peer->wsi, 0);
	lws_set_timeout(h->peer->wsi, PENDING_TIMEOUT_HTTP_CONTENT,
			PAUSE_SECONDS);
}

void
hit_resume(struct hit *h)
{
	if (h->peer == NULL || !h->paused)
		return;
	h->paused = false;
	(void)lws_rx_flow_control(h->peer->wsi, 1);
}

/* The connection ends, yet not at once: who still writes a body would not
 * see the answer. What comes meanwhile is thrown away. */
static void
linger(struct peer *p)
{
	p->lingers = true;
	lws_set_timer_usecs(p->wsi, LINGER_SECONDS * LWS_USEC_PER_SEC);
}

int
hit_part(struct peer *p, const void *in, size_t len)
{
	struct hit *h = p->hit;

	if (h == NULL || len == 0)
		return 0;
	hit_ref(h);
	if (h->state == HIT_WAITING && h->part != NULL)
		h->part(h->body_arg, h, in, len);
	else if (h->state == HIT_WAITING && h->whole != NULL &&
		 !buf_add(&h->body, in, len))
		hit_send(h, 413, NULL, NULL, 0);
	if (h->paused && h->peer != NULL)
		lws_set_timeout(h->peer->wsi, PENDING_TIMEOUT_HTTP_CONTENT,
				PAUSE_SECONDS);
	hit_unref(h);
	return 0;
}

int
hit_whole(struct peer *p)
{
	struct hit *h = p->hit;

	if (p->lingers)
		return -1;
	if (h == NULL || h->ended)
		return 0;
	h->ended = true;
	h->paused = false;
	lws_set_timeout(p->wsi, PENDING_TIMEOUT_HTTP_CONTENT, ANSWER_SECONDS);
	hit_ref(h);
	if (h->state == HIT_WAITING && h->part != NULL)
		h->part(h->body_arg, h, NULL, 0);
	else if (h->state == HIT_WAITING && h->whole != NULL)
		h->whole(h->body_arg, h, buf_str(&h->body), h->body.len);
	hit_unref(h);
	return 0;
}

/* --- the answer ---------------------------------------------------------- */

void
hit_hangup(struct hit *h)
{
	h->close = true;
}

void
hit_set(struct hit *h, const char *name, const char *value)
{
	assert(strpbrk(value, "\r\n") == NULL);
	(void)buf_add(&h->extra, name, strlen(name) + 1);
	(void)buf_add(&h->extra, value, strlen(value) + 1);
	assert(!h->extra.full);
}

void
hit_setf(struct hit *h, const char *name, const char *fmt, ...)
{
	char value[HIT_ANSWER_HEADERS_BYTES / 2];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(value, sizeof value, fmt, ap);
	va_end(ap);
	assert(n >= 0 && (size_t)n < sizeof value);
	hit_set(h, name, value);
}

static void
ready(struct hit *h, int status, const char *type)
{
	assert(h->state == HIT_WAITING);
	h->status = status;
	h->type = type;
	h->state = HIT_READY;
	/* A connection that is not read from is not written to either. */
	hit_resume(h);
	(void)lws_callback_on_writable(h->peer->wsi);
}

void
hit_send_shared(struct hit *h, int status, const char *type, struct shared *b)
{
	if (!hit_alive(h) || h->state != HIT_WAITING)
		return;
	h->send = b != NULL ? shared_ref(b) : NULL;
	ready(h, status, type);
}

void
hit_send(struct hit *h, int status, const char *type, const void *p, size_t n)
{
	if (!hit_alive(h) || h->state != HIT_WAITING)
		return;
	h->send = n != 0 ? shared_new(p, n) : NULL;
	ready(h, status, type);
}

void
hit_start(struct hit *h, int status, const char *type, int64_t total,
	  hit_pull_fn *pull, void *arg)
{
	if (!hit_alive(h) || h->state != HIT_WAITING)
		return;
	h->total = total;
	h->pull = pull;
	h->pull_arg = arg;
	ready(h, status, type);
}

void
hit_feed(struct hit *h, const void *p, size_t n)
{
	h->pulling = false;
	if (!hit_alive(h))
		return;
	assert(h->fed + (int64_t)n <= h->total);
	shared_unref(h->send);
	h->send = shared_new(p, n);
	h->sent = 0;
	h->fed += (int64_t)n;
	(void)lws_callback_on_writable(h->peer->wsi);
}

void
hit_cut(struct hit *h)
{
	h->pulling = false;
	if (!hit_alive(h))
		return;
	h->cut = true;
	h->pull = NULL;
	(void)lws_callback_on_writable(h->peer->wsi);
}

static bool
add_extra(struct hit *h, struct lws *wsi, unsigned char **at,
	  unsigned char *end)
{
	const char *p = buf_str(&h->extra);
	const char *stop = p + h->extra.len;

	while (p < stop) {
		const char *value = p + strlen(p) + 1;
		char name[64];

		(void)snprintf(name, sizeof name, "%s:", p);
		if (lws_add_http_header_by_name(
			    wsi, (const unsigned char *)name,
			    (const unsigned char *)value, (int)strlen(value),
			    at, end) != 0)
			return false;
		p = value + strlen(value) + 1;
	}
	return true;
}

static int64_t
body_bytes(const struct hit *h)
{
	if (h->total >= 0)
		return h->total;
	return h->send != NULL ? (int64_t)shared_len(h->send) : 0;
}

static int
write_headers(struct hit *h, struct lws *wsi)
{
	unsigned char room[LWS_PRE + HIT_ANSWER_HEADERS_BYTES];
	unsigned char *start = room + LWS_PRE;
	unsigned char *at = start;
	unsigned char *end = room + sizeof room - 1;

	if (lws_add_http_header_status(
		    wsi, (unsigned)h->status | LWSAHH_FLAG_NO_SERVER_NAME, &at,
		    end) != 0)
		return -1;
	if (h->type != NULL &&
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_HTTP_CONTENT_TYPE,
					 (const unsigned char *)h->type,
					 (int)strlen(h->type), &at, end) != 0)
		return -1;
	if (h->status != 304 && h->status != 204 &&
	    lws_add_http_header_content_length(
		    wsi, (lws_filepos_t)body_bytes(h), &at, end) != 0)
		return -1;
	if (h->close &&
	    lws_add_http_header_by_token(wsi, WSI_TOKEN_CONNECTION,
					 (const unsigned char *)"close", 5, &at,
					 end) != 0)
		return -1;
	if (!add_extra(h, wsi, &at, end))
		return -1;
	return lws_finalize_write_http_header(wsi, start, &at, end);
}

/* The answer is out: make the connection ready for the next request. */
static int
finish(struct peer *p)
{
	struct hit *h = p->hit;
	bool end = h->close || h->length > HIT_DISCARD_BYTES;
	bool unread = h->length > 0 && !h->ended;

	p->hit = NULL;
	h->peer = NULL;
	h->state = HIT_DONE;
	tell_end(h);
	hit_unref(h);
	if (end && unread) {
		linger(p);
		return 0;
	}
	if (end)
		return -1;
	if (unread)
		lws_set_timeout(p->wsi, PENDING_TIMEOUT_HTTP_CONTENT,
				SENDING_SECONDS);
	return lws_http_transaction_completed(p->wsi) != 0 ? -1 : 0;
}

static int
write_body(struct peer *p, struct hit *h)
{
	size_t left = h->send != NULL ? shared_len(h->send) - h->sent : 0;
	size_t n = left < SEND_BYTES ? left : SEND_BYTES;

	if (n != 0) {
		unsigned char room[LWS_PRE + SEND_BYTES];

		memcpy(room + LWS_PRE, shared_data(h->send) + h->sent, n);
		if (lws_write(p->wsi, room + LWS_PRE, n, LWS_WRITE_HTTP) < 0)
			return -1;
		h->sent += n;
	}
	if (h->send != NULL && h->sent < shared_len(h->send)) {
		(void)lws_callback_on_writable(p->wsi);
		return 0;
	}
	if (h->total < 0 || h->fed >= h->total)
		return finish(p);
	if (!h->pulling) {
		h->pulling = true;
		h->pull(h->pull_arg, h);
	}
	return 0;
}

int
hit_writeable(struct peer *p)
{
	struct hit *h = p->hit;

	if (h == NULL || h->state == HIT_WAITING)
		return 0;
	if (h->cut)
		return -1;
	lws_set_timeout(p->wsi, PENDING_TIMEOUT_HTTP_CONTENT, SENDING_SECONDS);
	if (h->state == HIT_READY) {
		if (write_headers(h, p->wsi) != 0) {
			log_warn("server.headers",
				 "could not write answer headers");
			return -1;
		}
		h->state = HIT_SENDING;
		if (strcmp(h->method, "HEAD") == 0 || body_bytes(h) == 0 ||
		    h->status == 304)
			return finish(p);
		(void)lws_callback_on_writable(p->wsi);
		return 0;
	}
	return write_body(p, h);
}

/* --- upgrades ------------------------------------------------------------ */

static int
answer_upgrade(struct peer *p, struct hit *h)
{
	struct lws *wsi = p->wsi;
	unsigned char room[LWS_PRE + SEND_BYTES];
	size_t n = h->send != NULL ? shared_len(h->send) : 0;

	h->close = true;
	if (n > SEND_BYTES || write_headers(h, wsi) != 0)
		return -1;
	if (n != 0) {
		memcpy(room + LWS_PRE, shared_data(h->send), n);
		if (lws_write(wsi, room + LWS_PRE, n, LWS_WRITE_HTTP) < 0)
			return -1;
	}
	return -1;
}

int
hit_upgrade(struct peer *p, struct lws *wsi)
{
	struct hit *h = hit_new(p, wsi, NULL);
	char *path = copy_token(wsi, WSI_TOKEN_GET_URI);
	const char *wanted = hit_header(h, "sec-websocket-protocol");
	int r = 0;

	if (path != NULL) {
		mem_free(h->path);
		h->path = path;
	}
	if (wanted == NULL || strcmp(wanted, p->server->protocols[1].name) != 0)
		hit_send(h, 400, NULL, NULL, 0);
	else if (p->server->hooks.upgrade(p->server->hooks.arg, h))
		p->upgrade_tag = h->tag;
	if (h->state != HIT_WAITING)
		r = answer_upgrade(p, h);
	h->peer = NULL;
	hit_unref(h);
	return r;
}
