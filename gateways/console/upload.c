#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/console/console.h"
#include "gateways/console/file.h"
#include "gateways/console/person.h"

#define UPLOAD_ID 33
#define UPLOADS_WAITING 32

struct upload {
	struct console *console;
	struct hit *hit;
	struct person *person; /* NULL: not known yet */
	struct upload *next;   /* of those that wait for their turn */
	bool turn;             /* one of FILE_UPLOADS */
	bool opening;          /* the person is being opened */
	bool sending;
	bool ended; /* the body is whole, or the browser went */
	bool begun; /* the daemon knows of it */
	char id[UPLOAD_ID];
	struct buf data;
	int64_t offset;
	struct hash_state *hash;
};

struct uploads {
	size_t active;
	size_t waiting;
	struct upload *first;
	struct upload *last;
};

struct uploads *
uploads_new(void)
{
	return mem_new(1, sizeof(struct uploads));
}

void
uploads_free(struct uploads **u)
{
	MEM_CLEAR(u);
}

static void step(struct upload *u);

/* Give the turn to the next who waits. */
static void
turn_over(struct uploads *all)
{
	struct upload *u = all->first;

	all->active--;
	if (u == NULL)
		return;
	all->first = u->next;
	if (all->first == NULL)
		all->last = NULL;
	all->waiting--;
	all->active++;
	u->turn = true;
	hit_resume(u->hit);
	step(u);
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
	mem_free(u);
	if (turn)
		turn_over(all);
}

static void
fail(struct upload *u, enum outcome o, const struct err *e, int64_t retry_ms)
{
	if (hit_alive(u->hit)) {
		console_secure(u->console, u->hit, PAGE_DATA);
		console_fail(u->console, u->hit, o, e, retry_ms);
	}
	upload_free(u);
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
	bool gone = !hit_alive(u->hit);

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
		all->active++;
		u->turn = true;
		hit_resume(u->hit);
		step(u);
		return;
	}
	if (all->last != NULL)
		all->last->next = u;
	else
		all->first = u;
	all->last = u;
	all->waiting++;
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
