#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/file.h"
#include "gateways/chat/kind.h"
#include "gateways/chat/visitor.h"
#include "gateways/common/http.h"
#include "gateways/common/server.h"
#include "gateways/common/upload_turn.h"

#define UPLOAD_ID 33
#define UPLOAD_RETRY_MS 2000 /* of one that was too slow */

struct upload {
	struct chat *chat;
	struct hit *hit;
	struct visitor *visitor;
	struct upload *next; /* of those that wait for their turn */
	bool open;           /* the visitor is */
	bool turn;           /* one of FILE_UPLOADS */
	int64_t turn_tick;   /* when it began */
	int64_t sent_tick;   /* when the daemon was given some */
	int64_t came;        /* octets since */
	bool sending;
	bool ended; /* the body is whole, or the browser went */
	bool begun; /* the daemon knows of it */
	bool refused;
	char id[UPLOAD_ID];
	const char *type; /* NULL: not known yet */
	struct kind_text text;
	struct buf data;
	int64_t offset;
	struct hash_state *hash;
};

struct uploads {
	struct upload *turns[FILE_UPLOADS];
	size_t active; /* of them */
	struct timer *timer;
	bool ticking;
	size_t count;
	struct upload *first;
	struct upload *last;
};

static void tick(void *arg);

struct uploads *
uploads_new(struct chat *c)
{
	struct uploads *all = mem_new(1, sizeof *all);

	all->timer = timer_new(c->server, tick, all);
	return all;
}

void
uploads_stop(struct chat *c)
{
	if (c->uploads != NULL && c->uploads->timer != NULL)
		timer_free(&c->uploads->timer);
}

void
uploads_free(struct uploads **u)
{
	MEM_CLEAR(u);
}

static void step(struct upload *u);

/* Look at those that have a turn, as long as somebody waits for one. */
static void
ticks(struct uploads *all)
{
	if (all->ticking || all->timer == NULL || all->first == NULL)
		return;
	all->ticking = true;
	timer_set(all->timer, UPLOAD_TURN_LOOK_MS);
}

static void
turn_begin(struct uploads *all, struct upload *u)
{
	size_t i = 0;

	while (all->turns[i] != NULL)
		i++;
	all->turns[i] = u;
	all->active++;
	u->turn = true;
	u->turn_tick = clock_tick_ms();
	hit_resume(u->hit);
	step(u);
}

/* Give the turn of one that is freed to the next who waits. */
static void
turn_over(struct uploads *all, const struct upload *done)
{
	struct upload *u = all->first;
	size_t i;

	for (i = 0; i < FILE_UPLOADS; i++)
		if (all->turns[i] == done)
			all->turns[i] = NULL;
	all->active--;
	if (u == NULL)
		return;
	all->first = u->next;
	if (all->first == NULL)
		all->last = NULL;
	turn_begin(all, u);
}

static void
leave_queue(struct uploads *all, struct upload *u)
{
	struct upload **at = &all->first;
	struct upload *before = NULL;

	while (*at != NULL && *at != u) {
		before = *at;
		at = &(*at)->next;
	}
	if (*at == NULL)
		return;
	*at = u->next;
	if (all->last == u)
		all->last = before;
}

static void
upload_free(struct upload *u)
{
	struct uploads *all = u->chat->uploads;
	bool turn = u->turn;

	leave_queue(all, u);
	all->count--;
	hit_stream(u->hit, NULL, NULL);
	hit_unref(u->hit);
	visitor_unuse(u->visitor);
	visitor_unref(u->visitor);
	buf_release(&u->data);
	hash_drop(&u->hash);
	if (turn)
		turn_over(all, u);
	mem_free(u);
}

static void
fail(struct upload *u, enum outcome o, const struct err *e, int64_t retry_ms)
{
	if (!u->refused && hit_alive(u->hit))
		chat_fail(u->chat, u->hit, o, e, retry_ms);
	upload_free(u);
}

static void
refuse(struct upload *u, int status, const char *code, const char *text,
       int64_t retry_ms)
{
	chat_refuse(u->chat, u->hit, status, code, text, retry_ms);
	hit_stream(u->hit, NULL, NULL);
	u->refused = true;
	u->ended = true;
	buf_clear(&u->data);
	step(u);
}

/* Whoever comes slowly gives a turn to one who waits. What the daemon has
 * of it is forgotten first, by step(). */
static void
tick(void *arg)
{
	struct uploads *all = arg;
	int64_t now = clock_tick_ms();
	size_t waiting = 0;
	struct upload *u;
	size_t i;

	all->ticking = false;
	for (u = all->first; u != NULL; u = u->next)
		waiting++;
	for (i = 0; i < FILE_UPLOADS && waiting > 0; i++) {
		u = all->turns[i];
		if (u == NULL || u->sending || u->ended ||
		    !upload_turn_slow(now - u->turn_tick, u->came))
			continue;
		waiting--;
		refuse(u, 503, "busy", "others wait, and this comes slowly",
		       UPLOAD_RETRY_MS);
	}
	ticks(all);
}

static void
stored(struct upload *u, const char *sha)
{
	json_t *o = json_pack("{s:s, s:I, s:s}", "sha256", sha, "size",
			      (json_int_t)u->offset, "content_type", u->type);

	visitor_put(u->visitor, sha, u->type, u->offset);
	chat_secure(u->chat, u->hit, PAGE_DATA, NULL);
	http_json(u->hit, 201, o);
	json_decref(o);
}

static void
put(void *arg, const struct bus_reply *r)
{
	struct upload *u = arg;
	const char *sha =
		json_string_value(json_object_get(r->result, "sha256"));

	u->sending = false;
	/* what the daemon takes is not what the browser takes */
	u->turn_tick += clock_tick_ms() - u->sent_tick;
	if (r->outcome != OUT_OK) {
		fail(u, r->outcome, &r->err, r->retry_after_ms);
	} else if (sha != NULL && hash_is_hex(sha)) {
		stored(u, sha);
		upload_free(u);
	} else {
		hit_resume(u->hit);
		step(u);
	}
}

/* Send what is there, up to a chunk; whole: its end is the file's. */
static void
send_chunk(struct upload *u, bool whole)
{
	size_t n =
		u->data.len < FILE_CHUNK_BYTES ? u->data.len : FILE_CHUNK_BYTES;
	bool last = u->ended && n == u->data.len;
	json_t *params = json_pack("{s:s, s:I}", "upload", u->id, "offset",
				   (json_int_t)u->offset);
	char sha[HASH_HEX];
	struct buf b;
	struct err e;

	/* An upload that nobody will finish ends with a hash that is not its
	 * own, so that the daemon forgets it. */
	memset(sha, '0', sizeof sha - 1);
	sha[HASH_HEX - 1] = '\0';
	buf_init(&b, FILE_CHUNK_BYTES / 3 * 4 + 16);
	(void)hash_b64(&b, u->data.data, n);
	hash_more(u->hash, u->data.data, n);
	(void)json_object_set_new(params, "data", json_string(buf_str(&b)));
	buf_release(&b);
	if (last) {
		if (whole)
			hash_end(u->hash, sha);
		(void)json_object_set_new(params, "end", json_true());
		(void)json_object_set_new(params, "sha256", json_string(sha));
	}
	buf_drop(&u->data, n);
	u->offset += (int64_t)n;
	u->begun = true;
	u->sent_tick = clock_tick_ms();
	if (bus_call(u->chat->bus, "blob.put", params, NULL, NULL, put, u,
		     &e) != OUT_OK)
		fail(u, OUT_TEMP, &e, 0);
	else
		u->sending = true;
}

/* What it is, as soon as that can be said. false: it was refused. */
static bool
judge(struct upload *u)
{
	const char *declared = hit_header(u->hit, "content-type");

	if (u->type == NULL && (u->ended || u->data.len >= KIND_HEAD)) {
		u->type = kind_of(declared, buf_str(&u->data), u->data.len);
		if (u->type == NULL) {
			refuse(u, 415, "bad_file",
			       "only pictures, PDF and plain text", 0);
			return false;
		}
		if (strcmp(u->type, "text/plain") != 0)
			memset(&u->text, 0, sizeof u->text);
	}
	if (u->type != NULL && strcmp(u->type, "text/plain") == 0 &&
	    (u->text.bad || (u->ended && !kind_text_good(&u->text)))) {
		refuse(u, 415, "bad_file", "this is no plain text", 0);
		return false;
	}
	return true;
}

static void
step(struct upload *u)
{
	bool gone = u->refused || !hit_alive(u->hit);

	if (u->sending || !u->open)
		return;
	if (gone && !u->begun) {
		upload_free(u);
		return;
	}
	if (!u->turn || (!gone && !judge(u)))
		return;
	if (u->ended || u->data.len >= FILE_CHUNK_BYTES)
		send_chunk(u, !gone);
}

static void
part(void *arg, struct hit *h, const char *p, size_t n)
{
	struct upload *u = arg;

	if (p == NULL) {
		u->ended = true;
		if (!hit_alive(h))
			buf_clear(&u->data);
		step(u);
		return;
	}
	(void)buf_add(&u->data, p, n);
	u->came += (int64_t)n;
	if (u->type == NULL || strcmp(u->type, "text/plain") == 0)
		kind_text_more(&u->text, p, n);
	if (u->data.len >= FILE_CHUNK_BYTES || !u->turn || !u->open)
		hit_pause(h);
	step(u);
}

static void
opened(void *arg)
{
	struct upload *u = arg;
	struct uploads *all = u->chat->uploads;
	struct err e;

	u->open = true;
	if (u->visitor->gone || u->visitor->handle == NULL) {
		(void)err_code(&e, u->visitor->gone ? OUT_PERM : OUT_TEMP,
			       u->visitor->gone ? "no_session" : "away",
			       "this chat is not open");
		fail(u, OUT_TEMP, &e, 0);
		return;
	}
	if (all->active < FILE_UPLOADS) {
		turn_begin(all, u);
		return;
	}
	if (all->last != NULL)
		all->last->next = u;
	else
		all->first = u;
	all->last = u;
	ticks(all);
}

static void
begin(struct chat *c, struct hit *h, struct visitor *v)
{
	struct upload *u = mem_new(1, sizeof *u);
	unsigned char id[(UPLOAD_ID - 1) / 2];

	u->chat = c;
	u->hit = hit_ref(h);
	u->visitor = v;
	hash_random(id, sizeof id);
	hash_to_hex(id, sizeof id, u->id);
	u->hash = hash_begin();
	buf_init(&u->data, 2 * FILE_CHUNK_BYTES);
	c->uploads->count++;
	hit_stream(h, part, u);
	hit_pause(h);
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
	if (c->uploads->count >= FILE_AT_ONCE) {
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
