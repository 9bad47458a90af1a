#include "daemon/wire/bus.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/wire/frame.h"

#define BUS_OUT_BYTES (8 * 1024 * 1024) /* waiting to be written */
#define BUS_IN_BYTES (2 * FRAME_BYTES)
#define BUS_RETRY_MS_MIN 50
#define BUS_HELLO_MS 10000 /* longest wait for hello's response */
#define BUS_READS_MAX 16   /* reads of one step, so that others get a turn */
#define BUS_READ_BYTES 65536

#ifndef PACKAGE_VERSION
#define PACKAGE_VERSION "0.2.0"
#endif

enum bus_state {
	BUS_DOWN,
	BUS_CONNECTING,
	BUS_HELLO,
	BUS_UP
};

/* A request that waits for its response. */
struct call {
	int64_t id;
	bus_reply_fn *fn;
	void *arg;
	bool text; /* its result is not to be parsed */
	struct call *next;
};

struct bus {
	char *path;
	const char *program;
	struct bus_hooks hooks;
	enum bus_state state;
	int fd;
	struct buf in;
	struct buf out;
	struct call *first; /* oldest first */
	struct call *last;
	size_t waiting;
	size_t texts; /* of them, those by bus_call_text() */
	int64_t next_id;
	int64_t hello_id;
	int64_t due_tick; /* next connect, or end of the wait for hello */
	int retry_ms;
	bool refused;   /* hello was answered with perm */
	struct err why; /* why it is down */
};

static void
watch(struct bus *b)
{
	if (b->hooks.watch != NULL)
		b->hooks.watch(b->hooks.arg);
}

struct bus *
bus_new(const char *path, const char *program, const struct bus_hooks *hooks)
{
	struct bus *b = mem_new(1, sizeof *b);

	b->path = mem_strdup(path);
	b->program = program;
	if (hooks != NULL)
		b->hooks = *hooks;
	b->fd = -1;
	b->retry_ms = BUS_RETRY_MS_MIN;
	b->next_id = 1;
	buf_init(&b->in, BUS_IN_BYTES);
	buf_init(&b->out, BUS_OUT_BYTES);
	(void)err_set(&b->why, OUT_TEMP, "not connected yet");
	return b;
}

static struct call *
call_pop(struct bus *b, int64_t id)
{
	struct call **at = &b->first;
	struct call *before = NULL;
	struct call *c;

	while (*at != NULL && (*at)->id != id) {
		before = *at;
		at = &(*at)->next;
	}
	c = *at;
	if (c == NULL)
		return NULL;
	*at = c->next;
	if (b->last == c)
		b->last = before;
	b->waiting--;
	b->texts -= c->text ? 1 : 0;
	return c;
}

static bool
call_wants_text(const struct bus *b, int64_t id)
{
	const struct call *c = b->first;

	while (c != NULL && c->id != id)
		c = c->next;
	return c != NULL && c->text;
}

static void
call_push(struct bus *b, int64_t id, bool text, bus_reply_fn *fn, void *arg)
{
	struct call *c = mem_new(1, sizeof *c);

	c->id = id;
	c->text = text;
	c->fn = fn;
	c->arg = arg;
	if (b->last != NULL)
		b->last->next = c;
	else
		b->first = c;
	b->last = c;
	b->waiting++;
	b->texts += text ? 1 : 0;
}

/* The connection is gone: whatever waits may have happened. */
static void
lost(struct bus *b, const struct err *why)
{
	struct call *c = b->first;
	bool was_up = b->state == BUS_UP;

	b->why = *why;
	if (b->fd >= 0)
		(void)close(b->fd);
	b->fd = -1;
	b->state = BUS_DOWN;
	b->due_tick = clock_tick_ms() + b->retry_ms;
	b->retry_ms = b->retry_ms * 2 > BUS_RETRY_MS_MAX ? BUS_RETRY_MS_MAX
							 : b->retry_ms * 2;
	buf_clear(&b->in);
	buf_clear(&b->out);
	b->first = NULL;
	b->last = NULL;
	b->waiting = 0;
	b->texts = 0;
	watch(b);
	while (c != NULL) {
		struct call *next = c->next;
		struct bus_reply r = { .outcome = OUT_UNSURE };

		r.err = *why;
		c->fn(c->arg, &r);
		mem_free(c);
		c = next;
	}
	if (was_up && b->hooks.state != NULL)
		b->hooks.state(b->hooks.arg, false);
}

static void
lost_sys(struct bus *b, const char *what, int errnum)
{
	struct err e;

	(void)err_sys(&e, OUT_TEMP, errnum, "could not %s '%s'", what, b->path);
	lost(b, &e);
}

void
bus_free(struct bus **bp)
{
	struct bus *b = *bp;
	struct err e;

	if (b == NULL)
		return;
	memset(&b->hooks, 0, sizeof b->hooks);
	(void)err_set(&e, OUT_UNSURE, "the program ends");
	lost(b, &e);
	buf_release(&b->in);
	buf_release(&b->out);
	mem_free(b->path);
	mem_free(b);
	*bp = NULL;
}

int
bus_fd(const struct bus *b)
{
	return b->fd;
}

bool
bus_wants_write(const struct bus *b)
{
	return b->state == BUS_CONNECTING || b->out.len != 0;
}

bool
bus_up(const struct bus *b)
{
	return b->state == BUS_UP;
}

int
bus_wait_ms(const struct bus *b)
{
	int64_t left;

	if (b->state == BUS_UP)
		return -1;
	left = b->due_tick - clock_tick_ms();
	return left < 0 ? 0 : (int)left;
}

static enum outcome
send_request(struct bus *b, const char *method, json_t *params, const char *as,
	     const char *key, int64_t *id_out, struct err *e)
{
	json_t *o =
		json_pack("{s:s, s:I, s:s, s:o}", "jsonrpc", "2.0", "id",
			  (json_int_t)b->next_id, "method", method, "params",
			  params != NULL ? params : json_object());
	enum outcome out;

	if (o == NULL)
		return err_set(e, OUT_PERM, "cannot write request '%s'",
			       method);
	if (as != NULL)
		(void)json_object_set_new(o, "as", json_string(as));
	if (key != NULL)
		(void)json_object_set_new(o, "key", json_string(key));
	if (b->out.len > BUS_OUT_BYTES - FRAME_BYTES)
		out = err_set(e, OUT_TEMP, "the bus is full");
	else
		out = frame_put(&b->out, o, e);
	json_decref(o);
	if (out == OUT_OK)
		*id_out = b->next_id++;
	return out;
}

static void
hello(struct bus *b)
{
	json_t *params = json_pack("{s:i, s:s, s:s}", "protocol", 1, "program",
				   b->program, "version", PACKAGE_VERSION);
	struct err e;

	b->state = BUS_HELLO;
	b->due_tick = clock_tick_ms() + BUS_HELLO_MS;
	if (send_request(b, "hello", params, NULL, NULL, &b->hello_id, &e) !=
	    OUT_OK)
		lost(b, &e);
}

static void
connect_now(struct bus *b)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct err e;

	if (strlen(b->path) >= sizeof a.sun_path) {
		(void)err_set(&e, OUT_TEMP, "socket path '%s' is too long",
			      b->path);
		lost(b, &e);
		return;
	}
	memcpy(a.sun_path, b->path, strlen(b->path));
	b->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (b->fd < 0) {
		lost_sys(b, "make a socket for", errno);
		return;
	}
	if (connect(b->fd, (struct sockaddr *)&a, sizeof a) == 0) {
		hello(b);
	} else if (errno == EAGAIN || errno == EINPROGRESS) {
		b->state = BUS_CONNECTING;
		b->due_tick = clock_tick_ms() + BUS_HELLO_MS;
	} else {
		lost_sys(b, "connect to", errno);
		return;
	}
	watch(b);
}

static void
fill_error(struct bus_reply *r, const json_t *error)
{
	json_t *data = json_object_get(error, "data");
	const char *text = json_string_value(json_object_get(error, "message"));
	const char *word = json_string_value(json_object_get(data, "outcome"));
	const char *code = json_string_value(json_object_get(data, "code"));

	r->outcome = OUT_PERM;
	if (word != NULL && strcmp(word, "temp") == 0)
		r->outcome = OUT_TEMP;
	else if (word != NULL && strcmp(word, "unsure") == 0)
		r->outcome = OUT_UNSURE;
	(void)err_code(&r->err, r->outcome, code != NULL ? code : "", "%s",
		       text != NULL ? text : "refused");
	r->data = data;
	r->retry_after_ms =
		json_integer_value(json_object_get(data, "retry_after_ms"));
}

static void
hello_answered(struct bus *b, const struct bus_reply *r)
{
	if (r->outcome == OUT_OK) {
		b->state = BUS_UP;
		b->retry_ms = BUS_RETRY_MS_MIN;
		if (b->hooks.state != NULL)
			b->hooks.state(b->hooks.arg, true);
		return;
	}
	b->refused = r->outcome == OUT_PERM;
	lost(b, &r->err);
}

static void
on_frame(struct bus *b, json_t *o)
{
	json_t *id = json_object_get(o, "id");
	const char *method = json_string_value(json_object_get(o, "method"));
	json_t *error = json_object_get(o, "error");
	struct bus_reply r = { .outcome = OUT_OK };
	struct call *c;

	if (method != NULL) {
		if (b->hooks.note != NULL)
			b->hooks.note(b->hooks.arg, method,
				      json_object_get(o, "params"));
		return;
	}
	r.result = json_object_get(o, "result");
	r.number = json_integer_value(json_object_get(o, "number"));
	if (error != NULL)
		fill_error(&r, error);
	if (b->state == BUS_HELLO && json_integer_value(id) == b->hello_id) {
		hello_answered(b, &r);
		return;
	}
	c = json_is_integer(id) ? call_pop(b, json_integer_value(id)) : NULL;
	if (c == NULL)
		return;
	c->fn(c->arg, &r);
	mem_free(c);
}

/* A result that is handed on as it came. false: the line is to be parsed. */
static bool
on_text(struct bus *b, const char *line, size_t len)
{
	struct frame_result f;
	struct bus_reply r = { .outcome = OUT_OK };
	struct call *c;

	if (b->state != BUS_UP || b->texts == 0 ||
	    !frame_result(line, len, &f) || !call_wants_text(b, f.id))
		return false;
	c = call_pop(b, f.id);
	r.text = f.text;
	r.text_len = f.len;
	r.number = f.number;
	c->fn(c->arg, &r);
	mem_free(c);
	return true;
}

/* Run the frames that are there. The buffer may be emptied meanwhile by a
 * callback that loses the connection, so each line is taken out first. */
static void
run_frames(struct bus *b)
{
	struct err e;
	const char *line;
	size_t len;
	size_t from = 0;
	enum frame_next next;
	json_t *o = NULL;

	while ((next = frame_next(&b->in, &from, &line, &len)) == FRAME_LINE) {
		if (on_text(b, line, len))
			continue;
		if (frame_parse(line, len, &o, &e) != OUT_OK) {
			lost(b, &e);
			return;
		}
		on_frame(b, o);
		json_decref(o);
		if (b->fd < 0)
			return;
	}
	if (next == FRAME_OVER) {
		(void)err_set(&e, OUT_TEMP, "the daemon sent too long a frame");
		lost(b, &e);
		return;
	}
	buf_drop(&b->in, from);
}

static void
read_some(struct bus *b)
{
	int i;

	for (i = 0; i < BUS_READS_MAX && b->fd >= 0; i++) {
		char *at = buf_room(&b->in, BUS_READ_BYTES);
		ssize_t n;

		if (at == NULL)
			break;
		n = recv(b->fd, at, BUS_READ_BYTES, MSG_DONTWAIT);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				lost_sys(b, "read from", errno);
			return;
		}
		if (n == 0) {
			lost_sys(b, "read from", ECONNRESET);
			return;
		}
		b->in.len += (size_t)n;
		run_frames(b);
	}
}

static void
write_some(struct bus *b)
{
	bool had = b->out.len != 0;
	ssize_t n;

	while (b->fd >= 0 && b->out.len != 0) {
		n = send(b->fd, b->out.data, b->out.len,
			 MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0) {
			if (errno != EAGAIN && errno != EINTR)
				lost_sys(b, "write to", errno);
			break;
		}
		buf_drop(&b->out, (size_t)n);
	}
	if (had && b->fd >= 0 && b->out.len == 0)
		watch(b);
}

static void
finish_connect(struct bus *b)
{
	struct pollfd p = { .fd = b->fd, .events = POLLOUT };
	int bad = 0;
	socklen_t len = sizeof bad;

	if (poll(&p, 1, 0) <= 0)
		return;
	if (getsockopt(b->fd, SOL_SOCKET, SO_ERROR, &bad, &len) != 0)
		bad = errno;
	if (bad != 0)
		lost_sys(b, "connect to", bad);
	else
		hello(b);
}

enum outcome
bus_step(struct bus *b, struct err *e)
{
	struct err late;

	if (b->state == BUS_DOWN && !b->refused &&
	    clock_tick_ms() >= b->due_tick)
		connect_now(b);
	if (b->state == BUS_CONNECTING)
		finish_connect(b);
	if (b->state >= BUS_HELLO) {
		write_some(b);
		read_some(b);
	}
	if ((b->state == BUS_HELLO || b->state == BUS_CONNECTING) &&
	    clock_tick_ms() >= b->due_tick) {
		(void)err_set(&late, OUT_TEMP,
			      "the daemon at '%s' does not answer", b->path);
		lost(b, &late);
	}
	if (b->state != BUS_DOWN && b->out.len != 0)
		write_some(b);
	if (b->state == BUS_UP)
		return OUT_OK;
	*e = b->why;
	return b->refused ? OUT_PERM : OUT_TEMP;
}

static enum outcome
call_send(struct bus *b, const char *method, json_t *params, const char *as,
	  const char *key, bool text, bus_reply_fn *fn, void *arg,
	  struct err *e)
{
	int64_t id = 0;
	bool was_empty = b->out.len == 0;
	enum outcome o;

	if (b->state != BUS_UP) {
		json_decref(params);
		return err_set(e, OUT_TEMP, "not connected to the daemon");
	}
	if (b->waiting >= BUS_CALLS_MAX) {
		json_decref(params);
		return err_set(e, OUT_TEMP, "too many requests wait");
	}
	o = send_request(b, method, params, as, key, &id, e);
	if (o != OUT_OK)
		return o;
	call_push(b, id, text, fn, arg);
	if (was_empty)
		watch(b);
	return OUT_OK;
}

enum outcome
bus_call(struct bus *b, const char *method, json_t *params, const char *as,
	 const char *key, bus_reply_fn *fn, void *arg, struct err *e)
{
	return call_send(b, method, params, as, key, false, fn, arg, e);
}

enum outcome
bus_call_text(struct bus *b, const char *method, json_t *params, const char *as,
	      const char *key, bus_reply_fn *fn, void *arg, struct err *e)
{
	return call_send(b, method, params, as, key, true, fn, arg, e);
}

/* --- bus_ask: a call that waits ------------------------------------------ */

struct ask {
	bool done;
	bool abandoned; /* the asker gave up: the last one frees it */
	enum outcome outcome;
	struct err err;
	json_t *result;
	json_t *data;
};

static void
ask_answered(void *arg, const struct bus_reply *r)
{
	struct ask *a = arg;

	if (a->abandoned) {
		mem_free(a);
		return;
	}
	a->done = true;
	a->outcome = r->outcome;
	a->err = r->err;
	a->result = json_incref(r->result);
	a->data = json_incref(r->data);
}

static void
wait_some(struct bus *b, int64_t until)
{
	struct pollfd p = { .fd = bus_fd(b), .events = POLLIN };
	int64_t ms = until - clock_tick_ms();
	int own = bus_wait_ms(b);

	if (bus_wants_write(b))
		p.events |= POLLOUT;
	if (own >= 0 && own < ms)
		ms = own;
	if (ms > 0)
		(void)poll(&p, p.fd >= 0 ? 1 : 0, (int)ms);
}

static enum outcome
ask_end(struct ask *a, json_t **result_out, json_t **data_out, struct err *e)
{
	enum outcome o = a->outcome;

	*e = a->err;
	if (result_out != NULL && o == OUT_OK)
		*result_out = json_incref(a->result);
	if (data_out != NULL)
		*data_out = json_incref(a->data);
	json_decref(a->result);
	json_decref(a->data);
	mem_free(a);
	return o;
}

enum outcome
bus_ask(struct bus *b, const char *method, json_t *params, const char *as,
	const char *key, int timeout_ms, json_t **result_out, json_t **data_out,
	struct err *e)
{
	int64_t until = clock_tick_ms() + timeout_ms;
	struct ask *a;
	enum outcome o;

	if (data_out != NULL)
		*data_out = NULL;
	while ((o = bus_step(b, e)) == OUT_TEMP && clock_tick_ms() < until)
		wait_some(b, until);
	if (o != OUT_OK) {
		json_decref(params);
		return o;
	}
	a = mem_new(1, sizeof *a);
	o = bus_call(b, method, params, as, key, ask_answered, a, e);
	if (o != OUT_OK) {
		mem_free(a);
		return o;
	}
	while (!a->done && clock_tick_ms() < until) {
		if (bus_step(b, e) == OUT_PERM || a->done)
			break;
		wait_some(b, until);
	}
	if (a->done)
		return ask_end(a, result_out, data_out, e);
	a->abandoned = true;
	return err_set(e, OUT_UNSURE, "no answer to '%s' within %d ms", method,
		       timeout_ms);
}
