#include "gateways/chat/file.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/site.h"
#include "gateways/chat/up.h"
#include "gateways/chat/visitor.h"
#include "gateways/common/http.h"

/* A file on its way out. */
struct fetch {
	struct chat *chat;
	struct hit *hit;
	struct visitor *visitor;
	int64_t message;
	char sha[HASH_HEX];
	int64_t offset;
	int64_t total;
	bool started;
};

static const char *
file_token(const struct hit *h)
{
	const char *auth = hit_header(h, "authorization");
	size_t n;

	if (auth == NULL || strncasecmp(auth, "Bearer ", 7) != 0)
		return NULL;
	auth += 7;
	n = strlen(auth);
	return n != 0 && n <= UP_TOKEN_MAX ? auth : NULL;
}

static void
fetch_free(struct fetch *f)
{
	hit_unref(f->hit);
	visitor_unuse(f->visitor);
	visitor_unref(f->visitor);
	mem_free(f);
}

static void
fail(struct fetch *f, enum outcome o, const struct err *e, int64_t retry_ms)
{
	if (f->started)
		hit_cut(f->hit);
	else if (hit_alive(f->hit))
		chat_fail(f->chat, f->hit, o, e, retry_ms);
	fetch_free(f);
}

static void next_range(struct fetch *f);

static void
pull(void *arg, struct hit *h)
{
	struct fetch *f = arg;

	if (hit_alive(h))
		next_range(f);
	else
		fetch_free(f);
}

/* The name is the page's to give: it knows the line. */
static void
start(struct fetch *f)
{
	chat_secure(f->chat, f->hit, PAGE_FILE, NULL);
	hit_set(f->hit, "content-disposition", "attachment");
	hit_start(f->hit, 200, "application/octet-stream", f->total, pull, f);
	f->started = true;
}

static void
hand_on(struct fetch *f, const void *p, size_t n)
{
	if (!f->started)
		start(f);
	f->offset += (int64_t)n;
	if (f->offset >= f->total) {
		/* The last one: nobody pulls again. */
		hit_feed(f->hit, p, n);
		fetch_free(f);
	} else {
		hit_feed(f->hit, p, n);
	}
}

static void
range_came(void *arg, const struct bus_reply *r)
{
	struct fetch *f = arg;
	json_t *data = json_object_get(r->result, "data");
	struct buf b;
	struct err e;

	f->visitor->calls--;
	if (r->outcome != OUT_OK || !hit_alive(f->hit)) {
		fail(f, r->outcome, &r->err, r->retry_after_ms);
		return;
	}
	/* Decoding wants room for whole groups of octets. */
	buf_init(&b, FILE_CHUNK_BYTES + 8);
	f->total = json_integer_value(json_object_get(r->result, "bytes"));
	if (!json_is_string(data) ||
	    !hash_unb64(&b, json_string_value(data),
			json_string_length(data)) ||
	    f->offset + (int64_t)b.len > f->total ||
	    (b.len == 0 && f->offset < f->total)) {
		(void)err_set(&e, OUT_TEMP, "the file could not be read");
		fail(f, OUT_TEMP, &e, 0);
	} else {
		hand_on(f, buf_str(&b), b.len);
	}
	buf_release(&b);
}

static void
next_range(struct fetch *f)
{
	struct err e;

	if (visitor_call(f->visitor, "blob.get",
			 json_pack("{s:s, s:I, s:I, s:i}", "sha256", f->sha,
				   "message", (json_int_t)f->message, "offset",
				   (json_int_t)f->offset, "length",
				   FILE_CHUNK_BYTES),
			 range_came, f, &e) != OUT_OK)
		fail(f, OUT_TEMP, &e, 0);
}

static void
opened(void *arg)
{
	struct fetch *f = arg;
	struct err e;

	if (f->visitor->gone) {
		(void)err_code(&e, OUT_PERM, "no_session",
			       "this token is not good any more");
		fail(f, OUT_PERM, &e, 0);
		return;
	}
	next_range(f);
}

static bool
read_row(const char *text, int64_t *out)
{
	size_t n = text != NULL ? strlen(text) : 0;

	if (n == 0 || n > 18 || strspn(text, "0123456789") != n)
		return false;
	*out = strtoll(text, NULL, 10);
	return *out > 0;
}

struct visitor *
file_visitor(struct chat *c, struct hit *h)
{
	struct site *site = site_find(c, hit_arg(h, "site"));
	const char *token = file_token(h);
	struct visitor *v = NULL;

	if (hit_header(h, "origin") != NULL && !chat_own_origin(c, h)) {
		chat_refuse(c, h, 403, "refused", "this origin is not ours", 0);
		return NULL;
	}
	/* Nobody can tell now whether a token is good: none is taken in. */
	if (token != NULL)
		v = visitor_of(c, bus_up(c->bus) ? site : NULL, token);
	if (token != NULL && !bus_up(c->bus) &&
	    (v == NULL || v->handle == NULL))
		chat_refuse(c, h, 503, "away",
			    "the desk is not reachable at the moment",
			    CHAT_DOWN_RETRY_MS);
	else if (v == NULL)
		chat_refuse(c, h, 401, "no_session",
			    "show the token of an open chat", 0);
	else
		return v;
	visitor_unref(v);
	return NULL;
}

void
file_get(struct chat *c, struct hit *h)
{
	const char *sha = hit_path(h) + strlen("/chat/file/");
	struct visitor *v;
	struct fetch *f;
	int64_t message;

	if (!hash_is_hex(sha) || !read_row(hit_arg(h, "message"), &message)) {
		chat_refuse(c, h, 404, "not_found", "no such file", 0);
		return;
	}
	v = file_visitor(c, h);
	if (v == NULL)
		return;
	f = mem_new(1, sizeof *f);
	f->chat = c;
	f->hit = hit_ref(h);
	f->message = message;
	memcpy(f->sha, sha, sizeof f->sha);
	f->visitor = v;
	visitor_use(v, opened, f);
}
