#include "gateways/common/hookput.h"

#include <jansson.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"

#define UPLOAD_ID 33   /* hex digits and NUL */
#define BASE64_ROOM 16 /* for its last digits and what the buffer keeps */

struct put {
	struct puts *all;
	struct put *next; /* of those that wait for their turn */
	char *connection;
	const unsigned char *body;
	size_t n;
	int64_t received_ms;
	put_done_fn *fn;
	void *arg;
	bool large;
	char upload[UPLOAD_ID];
	size_t offset; /* octets that were sent */
	char sha256[HASH_HEX];
};

struct puts {
	struct bus *bus;
	size_t large; /* under way */
	struct put *first;
	struct put *last;
};

struct puts *
puts_new(struct bus *bus)
{
	struct puts *p = mem_new(1, sizeof *p);

	p->bus = bus;
	return p;
}

static void
put_free(struct put *u)
{
	mem_free(u->connection);
	mem_free(u);
}

void
puts_free(struct puts **p)
{
	struct put *u;

	if (*p == NULL)
		return;
	while ((u = (*p)->first) != NULL) {
		(*p)->first = u->next;
		put_free(u);
	}
	MEM_CLEAR(p);
}

static enum outcome begin_large(struct put *u, struct err *e);

/* The next large one has its turn; one that cannot begin has ended. */
static void
turn_over(struct puts *all)
{
	struct err e;

	all->large--;
	while (all->first != NULL) {
		struct put *u = all->first;
		enum outcome o;

		all->first = u->next;
		if (all->first == NULL)
			all->last = NULL;
		o = begin_large(u, &e);
		if (o == OUT_OK)
			return;
		u->fn(u->arg, o, &e, 0);
		put_free(u);
	}
}

static void
end(struct put *u, enum outcome o, const struct err *e, int64_t retry_after_ms)
{
	struct puts *all = u->all;
	bool large = u->large;

	u->fn(u->arg, o, e, retry_after_ms);
	put_free(u);
	if (large)
		turn_over(all);
}

static void
stored(void *arg, const struct bus_reply *r)
{
	end(arg, r->outcome, &r->err, r->retry_after_ms);
}

static json_t *
base64(const unsigned char *p, size_t n)
{
	struct buf b;
	json_t *o;

	buf_init(&b, n / 3 * 4 + BASE64_ROOM);
	(void)hash_b64(&b, p, n); /* it has room */
	o = json_stringn(buf_str(&b), b.len);
	buf_release(&b);
	return o;
}

/* The row itself, with the octets or about those that were put before. */
static enum outcome
put_row(struct put *u, struct err *e)
{
	char at[32];
	json_t *body = json_pack("{s:s, s:I}", "sha256", u->sha256, "bytes",
				 (json_int_t)u->n);

	if (!u->large)
		(void)json_object_set_new(body, "data", base64(u->body, u->n));
	clock_iso_ms(u->received_ms, at);
	return bus_call(u->all->bus, "hook.put",
			json_pack("{s:s, s:o, s:s}", "connection",
				  u->connection, "body", body, "received_at",
				  at),
			NULL, NULL, stored, u, e);
}

static enum outcome send_chunk(struct put *u, struct err *e);

static void
chunk_put(void *arg, const struct bus_reply *r)
{
	struct put *u = arg;
	struct err e;
	enum outcome o;

	if (r->outcome != OUT_OK) {
		end(u, r->outcome, &r->err, r->retry_after_ms);
		return;
	}
	o = u->offset < u->n ? send_chunk(u, &e) : put_row(u, &e);
	if (o != OUT_OK)
		end(u, o, &e, 0);
}

static enum outcome
send_chunk(struct put *u, struct err *e)
{
	size_t left = u->n - u->offset;
	size_t n = left < PUT_CHUNK_BYTES ? left : PUT_CHUNK_BYTES;
	json_t *p = json_pack("{s:s, s:I, s:o}", "upload", u->upload, "offset",
			      (json_int_t)u->offset, "data",
			      base64(u->body + u->offset, n));

	if (n == left) {
		(void)json_object_set_new(p, "end", json_true());
		(void)json_object_set_new(p, "sha256", json_string(u->sha256));
	}
	u->offset += n;
	return bus_call(u->all->bus, "blob.put", p, NULL, NULL, chunk_put, u,
			e);
}

static enum outcome
begin_large(struct put *u, struct err *e)
{
	unsigned char id[(UPLOAD_ID - 1) / 2];
	enum outcome o;

	hash_random(id, sizeof id);
	hash_to_hex(id, sizeof id, u->upload);
	o = send_chunk(u, e);
	if (o == OUT_OK)
		u->all->large++;
	return o;
}

/* A large one: now, or when one of those under way has ended. */
static enum outcome
put_large(struct put *u, struct err *e)
{
	struct puts *all = u->all;

	if (all->large < PUT_LARGE_MAX)
		return begin_large(u, e);
	if (all->last != NULL)
		all->last->next = u;
	else
		all->first = u;
	all->last = u;
	return OUT_OK;
}

enum outcome
puts_put(struct puts *p, const char *connection, const void *body, size_t n,
	 int64_t received_ms, put_done_fn *fn, void *arg, struct err *e)
{
	struct put *u = mem_new(1, sizeof *u);
	enum outcome o;

	u->all = p;
	u->connection = mem_strdup(connection);
	u->body = body;
	u->n = n;
	u->received_ms = received_ms;
	u->fn = fn;
	u->arg = arg;
	u->large = n > PUT_WHOLE_BYTES;
	hash_hex(body, n, u->sha256);
	o = u->large ? put_large(u, e) : put_row(u, e);
	if (o != OUT_OK)
		put_free(u);
	return o;
}
