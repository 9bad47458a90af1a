#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/common/server.h"
#include "gateways/common/upload_turn.h"
#include "gateways/console/console.h"
#include "gateways/console/file.h"
#include "gateways/console/person.h"

#define UPLOAD_ID 33
#define UPLOAD_RETRY_MS 2000 /* of one that was too slow */
#define UPLOADS_WAITING 32

struct upload {
	struct console *console;
	struct hit *hit;
	struct person *person; /* NULL: not known yet */
	struct upload *next;   /* of those that wait for their turn */
	bool turn;             /* one of FILE_UPLOADS */
	bool opening;          /* the person is being opened */
	int64_t turn_tick;     /* when it began */
	int64_t sent_tick;     /* when the daemon was given some */
	int64_t came;          /* octets since */
	bool sending;
	bool ended; /* the body is whole, or the browser went */
	bool begun; /* the daemon knows of it */
	bool refused;
	char id[UPLOAD_ID];
	struct buf data;
	int64_t offset;
	struct hash_state *hash;
};

struct uploads {
	struct upload *turns[FILE_UPLOADS];
	size_t active; /* of them */
	struct timer *timer;
	bool ticking;
	size_t waiting;
	struct upload *first;
	struct upload *last;
};

static void tick(void *arg);

struct uploads *
uploads_new(struct console *c)
{
	struct uploads *all = mem_new(1, sizeof *all);

	all->timer = timer_new(c->server, tick, all);
	return all;
}

void
uploads_stop(struct console *c)
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
	all->waiting--;
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
	all->waiting--;
}

static void
upload_free(struct upload *u)
{
	struct uploads *all = u->console->uploads;
	bool turn = u->turn;

	leave_queue(all, u);
	hit_stream(u->hit, NULL, NULL);
	hit_unref(u->hit);
	person_unref(u->person);
	buf_release(&u->data);
	hash_drop(&u->hash);
	if (turn)
		turn_over(all, u);
	mem_free(u);
}

static void
fail(struct upload *u, enum outcome o, const struct err *e, int64_t retry_ms)
{
	if (!u->refused && hit_alive(u->hit)) {
		console_secure(u->console, u->hit, PAGE_DATA);
		console_fail(u->console, u->hit, o, e, retry_ms);
	}
	upload_free(u);
}

/* Whoever comes slowly gives a turn to one who waits. What the daemon has
 * of it is forgotten first, by step(). */
static void
refuse_slow(struct upload *u)
{
	struct err e;

	(void)err_code(&e, OUT_TEMP, "busy",
		       "others wait, and this comes slowly");
	console_secure(u->console, u->hit, PAGE_DATA);
	console_fail(u->console, u->hit, OUT_TEMP, &e, UPLOAD_RETRY_MS);
	hit_stream(u->hit, NULL, NULL);
	u->refused = true;
	u->ended = true;
	buf_clear(&u->data);
	step(u);
}

static void
tick(void *arg)
{
	struct uploads *all = arg;
	int64_t now = clock_tick_ms();
	size_t waiting = all->waiting;
	size_t i;

	all->ticking = false;
	for (i = 0; i < FILE_UPLOADS && waiting > 0; i++) {
		struct upload *u = all->turns[i];

		if (u == NULL || u->sending || u->ended ||
		    !upload_turn_slow(now - u->turn_tick, u->came))
			continue;
		waiting--;
		refuse_slow(u);
	}
	ticks(all);
}

static void
stored(struct upload *u, const char *sha)
{
	json_t *o = json_pack("{s:s, s:I}", "sha256", sha, "size",
			      (json_int_t)u->offset);

	console_secure(u->console, u->hit, PAGE_DATA);
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
	} else if (sha != NULL) {
		stored(u, sha);
		upload_free(u);
	} else {
		hit_resume(u->hit);
		step(u);
	}
}

/* Send what is there, up to a chunk. */
static void
send_chunk(struct upload *u, bool gone)
{
	size_t n =
		u->data.len < FILE_CHUNK_BYTES ? u->data.len : FILE_CHUNK_BYTES;
	bool last = u->ended && n == u->data.len;
	json_t *params = json_pack("{s:s, s:I}", "upload", u->id, "offset",
				   (json_int_t)u->offset);
	const char *handle = person_handle(u->person);
	char sha[HASH_HEX];
	struct buf b;
	struct err e;
	enum outcome o;

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
		if (!gone)
			hash_end(u->hash, sha);
		(void)json_object_set_new(params, "end", json_true());
		(void)json_object_set_new(params, "sha256", json_string(sha));
	}
	buf_drop(&u->data, n);
	u->offset += (int64_t)n;
	u->begun = true;
	u->sent_tick = clock_tick_ms();
	o = bus_call(u->console->bus, "blob.put", params, handle, NULL, put, u,
		     &e);
	if (o != OUT_OK)
		fail(u, OUT_TEMP, &e, 0);
	else
		u->sending = true;
}

static void
step(struct upload *u)
{
	bool gone = u->refused || !hit_alive(u->hit);

	if (u->opening || u->sending)
		return;
	if (gone && (!u->begun || person_handle(u->person) == NULL)) {
		upload_free(u);
		return;
	}
	if (u->person == NULL || !u->turn)
		return;
	if (person_handle(u->person) == NULL) {
		struct err e;

		(void)err_set(&e, OUT_TEMP, "the session is not open");
		fail(u, OUT_TEMP, &e, 0);
		return;
	}
	if (u->ended || u->data.len >= FILE_CHUNK_BYTES)
		send_chunk(u, gone);
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
	if (u->data.len >= FILE_CHUNK_BYTES || !u->turn || u->person == NULL)
		hit_pause(h);
	step(u);
}

static void
known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct upload *u = arg;
	struct uploads *all = u->console->uploads;

	u->opening = false;
	if (p == NULL) {
		fail(u, o, e, 0);
		return;
	}
	u->person = person_ref(p);
	if (!person_may(p) || all->waiting >= UPLOADS_WAITING) {
		struct err late;

		(void)err_code(&late, OUT_TEMP, "too_many",
			       "too many uploads at once");
		fail(u, OUT_TEMP, &late, 0);
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
	all->waiting++;
	ticks(all);
}

static void
begin(struct console *c, struct hit *h, const char *secret, bool token)
{
	struct upload *u = mem_new(1, sizeof *u);
	unsigned char id[(UPLOAD_ID - 1) / 2];

	u->console = c;
	u->hit = hit_ref(h);
	hash_random(id, sizeof id);
	hash_to_hex(id, sizeof id, u->id);
	u->hash = hash_begin();
	buf_init(&u->data, 2 * FILE_CHUNK_BYTES);
	hit_stream(h, part, u);
	hit_pause(h);
	u->opening = true;
	person_open(c, secret, token, known, u);
}

void
file_upload(struct console *c, struct hit *h)
{
	const char *auth = hit_header(h, "authorization");
	char cookie[HTTP_COOKIE_MAX];
	int status = 401;

	if (hit_length(h) == 0) {
		status = 400;
	} else if (auth != NULL && strncmp(auth, "Bearer ", 7) == 0 &&
		   auth[7] != '\0' && strlen(auth + 7) < HTTP_COOKIE_MAX) {
		begin(c, h, auth + 7, true);
		return;
	} else if (http_cookie(hit_header(h, "cookie"), console_cookie(c),
			       cookie, sizeof cookie)) {
		if (console_same_origin(c, h)) {
			begin(c, h, cookie, false);
			return;
		}
		status = 403;
	}
	console_secure(c, h, PAGE_DATA);
	http_error(h, status,
		   status == 400   ? "bad_params"
		   : status == 401 ? "no_session"
				   : "not_allowed",
		   status == 400   ? "there is nothing in it"
		   : status == 401 ? "log in first"
				   : "not from a page of ours",
		   0);
}
