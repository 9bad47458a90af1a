#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/file.h"
#include "gateways/chat/kind.h"
#include "gateways/chat/visitor.h"
#include "gateways/common/hitput.h"
#include "gateways/common/http.h"

/* A visitor's file on its way in. */
struct upload {
	struct chat *chat;
	struct visitor *visitor;
	struct hitput *put;
	const char *type; /* NULL: not known yet */
	struct kind_text text;
};

static bool
is_text(const struct upload *u)
{
	return strcmp(u->type, "text/plain") == 0;
}

static void
came(void *arg, const char *p, size_t n)
{
	struct upload *u = arg;

	if (u->type == NULL || is_text(u))
		kind_text_more(&u->text, p, n);
}

/* What it is, as soon as that can be said. */
static enum outcome
judge(void *arg, struct hit *h, const char *p, size_t n, bool ended,
      struct err *e)
{
	struct upload *u = arg;

	if (u->type == NULL && (ended || n >= KIND_HEAD)) {
		u->type = kind_of(hit_header(h, "content-type"), p, n);
		if (u->type == NULL)
			return err_code(e, OUT_PERM, "bad_file",
					"only pictures, PDF and plain text");
		if (!is_text(u))
			memset(&u->text, 0, sizeof u->text);
	}
	if (u->type != NULL && is_text(u) &&
	    (u->text.bad || (ended && !kind_text_good(&u->text))))
		return err_code(e, OUT_PERM, "bad_file",
				"this is no plain text");
	return OUT_OK;
}

static void
fail(void *arg, struct hit *h, enum outcome o, const struct err *e,
     int64_t retry_ms)
{
	const struct upload *u = arg;

	chat_fail(u->chat, h, o, e, retry_ms);
}

static void
stored(void *arg, struct hit *h, const char *sha256, int64_t bytes)
{
	struct upload *u = arg;
	json_t *o = json_pack("{s:s, s:I, s:s}", "sha256", sha256, "size",
			      (json_int_t)bytes, "content_type", u->type);

	visitor_put(u->visitor, sha256, u->type, bytes);
	chat_secure(u->chat, h, PAGE_DATA, NULL);
	http_json(h, 201, o);
	json_decref(o);
}

static void
gone(void *arg)
{
	struct upload *u = arg;

	visitor_unuse(u->visitor);
	visitor_unref(u->visitor);
	mem_free(u);
}

struct hitputs *
file_puts(const struct chat *c)
{
	static const struct hitput_hooks hooks = {
		.came = came,
		.judge = judge,
		.fail = fail,
		.stored = stored,
		.gone = gone,
	};

	return hitputs_new(c->server, c->bus, FILE_UPLOADS, &hooks);
}

static void
opened(void *arg)
{
	struct upload *u = arg;
	struct err e;

	if (!u->visitor->gone && u->visitor->handle != NULL) {
		hitput_ready(u->put);
		return;
	}
	(void)err_code(&e, u->visitor->gone ? OUT_PERM : OUT_TEMP,
		       u->visitor->gone ? "no_session" : "away",
		       "this chat is not open");
	hitput_fail(u->put, OUT_TEMP, &e);
}

static void
begin(struct chat *c, struct hit *h, struct visitor *v)
{
	struct upload *u = mem_new(1, sizeof *u);

	u->chat = c;
	u->visitor = v;
	u->put = hitput_new(c->puts, h, u);
	visitor_use(v, opened, u);
}

void
file_put(struct chat *c, struct hit *h)
{
	struct visitor *v;
	int64_t wait;

	if (hit_length(h) == 0) {
		chat_refuse(c, h, 400, "empty", "there is nothing in it", 0);
		return;
	}
	if (hitputs_count(c->puts) >= FILE_AT_ONCE) {
		chat_refuse(c, h, 503, "busy", "too many files",
			    CHAT_DOWN_RETRY_MS);
		return;
	}
	v = file_visitor(c, h);
	if (v == NULL)
		return;
	wait = bucket_take(&v->files, VISITOR_FILE_MS, VISITOR_FILES,
			   clock_tick_ms());
	if (wait == 0) {
		begin(c, h, v);
		return;
	}
	chat_refuse(c, h, 429, "too_many", "too many files", wait);
	visitor_unref(v);
}
