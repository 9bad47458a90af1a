#include "gateways/whatsapp/upload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/spool.h"

#define CHUNK 393216 /* of blob.get */

/* One of them. up is first: it is what others see. */
struct entry {
	struct upload up;
	struct entry *next; /* the newest first */
	struct uploads *all;
	struct account *account; /* held, while it runs */
	char number[ACCOUNT_ID_MAX + 1];
	char sha256[HASH_HEX];
	char *type; /* as declared */
	json_int_t message;
	int fd;
	size_t size;
	size_t got;
	bool flying; /* a call waits for its answer */
	bool told;   /* its end was seen */
	int64_t at_ms;
};

struct uploads {
	struct bus *bus;
	struct graph *graph;
	struct entry *list;
	size_t count;
	size_t running;
};

struct uploads *
uploads_new(struct bus *bus, struct graph *graph)
{
	struct uploads *u = mem_new(1, sizeof(*u));

	u->bus = bus;
	u->graph = graph;
	return u;
}

static void
entry_free(struct entry *x)
{
	struct entry **at = &x->all->list;

	while (*at != x)
		at = &(*at)->next;
	*at = x->next;
	x->all->count--;
	if (x->account)
		account_release(x->account);
	spool_close(&x->fd);
	mem_free(x->type);
	mem_free(x);
}

void
uploads_free(struct uploads **u)
{
	if (!*u)
		return;
	while ((*u)->list)
		entry_free((*u)->list);
	MEM_CLEAR(u);
}

/* --- one of them ------------------------------------------------------------- */

static void
end(struct entry *x, enum upload_state state)
{
	x->up.state = state;
	x->up.answer.body = NULL;
	x->at_ms = clock_tick_ms();
	spool_close(&x->fd);
	account_release(x->account);
	x->account = NULL;
	x->all->running--;
}

static void
fail(struct entry *x, enum upload_state state, const char *why)
{
	(void)err_set(&x->up.answer.err, OUT_TEMP, "%.400s", why);
	end(x, state);
}

static void
uploaded(void *arg, const struct graph_answer *a)
{
	struct entry *x = arg;
	const char *id = json_string_value(json_object_get(a->body, "id"));

	x->flying = false;
	x->up.answer = *a;
	if (a->outcome == OUT_OK && graph_is_id(id)) {
		(void)snprintf(x->up.media, sizeof(x->up.media), "%s", id);
		end(x, UPLOAD_READY);
	} else if (a->outcome == OUT_OK) {
		fail(x, UPLOAD_FAILED, "graph gave no id for the file");
	} else if (a->outcome == OUT_PERM) {
		end(x, a->status ? UPLOAD_REFUSED : UPLOAD_NEVER);
	} else {
		end(x, UPLOAD_FAILED);
	}
}

/* It is all here: what is it, and away. */
static void
send_it(struct entry *x)
{
	char head[KIND_HEAD];
	ssize_t n = pread(x->fd, head, sizeof(head), 0);
	struct err e;

	if (n < 0) {
		fail(x, UPLOAD_FAILED, "its octets cannot be read again");
		return;
	}
	x->up.kind = kind_sniff(head, (size_t)n, x->size, x->type);
	x->flying = graph_upload(x->all->graph, x->account, x->fd, x->size,
				 x->up.kind.type, uploaded, x, &e) == OUT_OK;
	if (!x->flying)
		fail(x, UPLOAD_FAILED, e.text);
}

static void fetch(struct entry *x);

/* Octets to its end. */
static bool
append(struct entry *x, const struct buf *b)
{
	size_t done = 0;

	while (done < b->len) {
		ssize_t k = write(x->fd, b->data + done, b->len - done);

		if (k < 0 && errno == EINTR)
			continue;
		if (k <= 0)
			return false;
		done += (size_t)k;
	}
	x->got += b->len;
	return true;
}

static void
fetched(void *arg, const struct bus_reply *r)
{
	struct entry *x = arg;
	const char *data =
		json_string_value(json_object_get(r->result, "data"));
	struct buf b;

	x->flying = false;
	if (r->outcome != OUT_OK) {
		fail(x, r->outcome == OUT_PERM ? UPLOAD_NEVER : UPLOAD_FAILED,
		     r->err.text);
		return;
	}
	buf_init(&b, CHUNK + 3); /* as hash_unb64 asks for it */
	if (!data || !hash_unb64(&b, data, strlen(data)) || b.len == 0 ||
	    x->got + b.len > x->size)
		fail(x, UPLOAD_FAILED, "the file came back broken");
	else if (!append(x, &b))
		fail(x, UPLOAD_FAILED, "there is no room for the file");
	else if (x->got < x->size)
		fetch(x);
	else
		send_it(x);
	buf_release(&b);
}

static void
fetch(struct entry *x)
{
	struct err e;
	json_t *p = json_pack("{s:s, s:I, s:I, s:i}", "sha256", x->sha256,
			      "message", x->message, "offset",
			      (json_int_t)x->got, "length", CHUNK);

	x->flying = bus_call(x->all->bus, "blob.get", p, NULL, NULL, fetched, x,
			     &e) == OUT_OK;
	if (!x->flying)
		fail(x, UPLOAD_FAILED, e.text);
}

/* --- all of them --------------------------------------------------------------- */

static struct entry *
find(const struct uploads *u, const struct account *k, const char *sha256,
     const char *type)
{
	for (struct entry *x = u->list; x; x = x->next)
		if (strcmp(x->number, k->phone_number_id) == 0 &&
		    strcmp(x->sha256, sha256) == 0 &&
		    strcmp(x->type, type) == 0)
			return x;
	return NULL;
}

/* The oldest that has ended makes room. */
static bool
make_room(struct uploads *u)
{
	struct entry *oldest = NULL;

	if (u->running >= UPLOADS_FLYING)
		return false;
	if (u->count < UPLOADS_MAX)
		return true;
	for (struct entry *x = u->list; x; x = x->next)
		if (x->up.state != UPLOAD_RUNS)
			oldest = x;
	if (oldest)
		entry_free(oldest);
	return oldest != NULL;
}

static struct entry *
begin(struct uploads *u, struct account *k, json_int_t message,
      const json_t *file, const char *sha256, const char *type)
{
	json_int_t size = json_integer_value(json_object_get(file, "size"));
	struct entry *x = mem_new(1, sizeof(*x));
	struct err e;

	x->all = u;
	x->account = account_hold(k);
	(void)snprintf(x->number, sizeof(x->number), "%s", k->phone_number_id);
	(void)snprintf(x->sha256, sizeof(x->sha256), "%s", sha256);
	x->type = mem_strdup(type);
	x->message = message;
	x->size = size > 0 ? (size_t)size : 0;
	x->fd = -1;
	x->next = u->list;
	u->list = x;
	u->count++;
	u->running++;
	if (size <= 0 || x->size > GRAPH_FILE_MAX)
		fail(x, UPLOAD_NEVER,
		     size > 0 ? "the file is over 100 MB"
			      : "the file is empty");
	else if (spool_open(&x->fd, &e) != OUT_OK)
		fail(x, UPLOAD_FAILED, e.text);
	else
		fetch(x);
	return x;
}

/* Is what is known of it of no more use? */
static bool
is_stale(const struct entry *x, int64_t now)
{
	if (x->up.state == UPLOAD_RUNS)
		return false;
	return x->up.state != UPLOAD_READY || now - x->at_ms > UPLOAD_KEEP_MS;
}

const struct upload *
uploads_get(struct uploads *u, struct account *k, json_int_t message,
	    const json_t *file)
{
	const char *sha256 = json_string_value(json_object_get(file, "sha256"));
	const char *type =
		json_string_value(json_object_get(file, "content_type"));
	struct entry *x;

	sha256 = sha256 ? sha256 : "";
	type = type ? type : "";
	x = find(u, k, sha256, type);
	if (x && x->told && is_stale(x, clock_tick_ms())) {
		entry_free(x);
		x = NULL;
	}
	if (!x && !make_room(u))
		return NULL;
	if (!x)
		x = begin(u, k, message, file, sha256, type);
	x->told = x->up.state != UPLOAD_RUNS;
	return &x->up;
}

void
uploads_forget(struct uploads *u, const char *media)
{
	for (struct entry *x = u->list; x; x = x->next)
		if (x->up.state == UPLOAD_READY &&
		    strcmp(x->up.media, media) == 0) {
			entry_free(x);
			return;
		}
}
