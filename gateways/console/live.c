#include "gateways/console/live.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/wire/frame.h"
#include "gateways/common/http.h"
#include "gateways/console/console.h"
#include "gateways/console/feed.h"
#include "gateways/console/person.h"

#define ID_MAX 64          /* characters of a request's id */
#define KEY_MAX 64         /* of a command key */
#define TICK_MS 1000       /* who could not be served is tried again */
#define POSITION_NONE (-1) /* no events are wanted yet */
#define REOPEN_RETRY_MS 500

struct live {
	size_t refs;
	struct console *console;
	struct sock *sock; /* NULL: closed */
	struct person *person;
	struct live *next;
	struct live **prev;
	bool greeted;
	bool down;        /* was told so */
	int64_t position; /* last event sent */
	bool fetching;
	unsigned resumes; /* how often: an older fetch counts no more */
	size_t calls;
};

struct lives {
	struct live *first;
	struct timer *tick;
};

/* A call or fetch under way. */
struct ask {
	struct live *live;
	json_t *id;
	unsigned resumes;
};

static void
live_unref(struct live *l)
{
	if (--l->refs > 0)
		return;
	person_unref(l->person);
	mem_free(l);
}

static void
tick(void *arg)
{
	struct console *c = arg;

	lives_pump(c);
	timer_set(c->lives->tick, TICK_MS);
}

struct lives *
lives_new(struct console *c)
{
	struct lives *all = mem_new(1, sizeof *all);

	all->tick = timer_new(c->server, tick, c);
	timer_set(all->tick, TICK_MS);
	return all;
}

void
lives_stop(struct console *c)
{
	timer_free(&c->lives->tick);
}

void
lives_free(struct lives **lp)
{
	MEM_CLEAR(lp);
}

/* --- sending ------------------------------------------------------------- */

/* o is taken. */
static void
send_json(struct live *l, json_t *o)
{
	char *text = l->sock != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (text == NULL)
		return;
	sock_send(l->sock, text, strlen(text));
	free(text);
}

static void
send_error(struct live *l, json_t *id, const char *outcome, const char *code,
	   const char *message, json_t *data, int64_t retry_after_ms)
{
	json_t *d = data != NULL ? json_copy(data) : json_object();

	(void)json_object_set_new(d, "outcome", json_string(outcome));
	if (retry_after_ms > 0)
		(void)json_object_set_new(d, "retry_after_ms",
					  json_integer(retry_after_ms));
	send_json(l, json_pack("{s:O?, s:{s:s, s:s, s:o}}", "id", id, "error",
			       "code", code, "message", message, "data", d));
}

static void
greet(struct live *l)
{
	struct console *c = l->console;
	char now[32];

	if (l->sock == NULL || l->person == NULL ||
	    person_handle(l->person) == NULL || !feed_ready(c->feed))
		return;
	clock_iso_ms(clock_now_ms(), now);
	if (!l->greeted) {
		l->greeted = true;
		send_json(l,
			  json_pack("{s:{s:O, s:{s:s, s:s}, s:I, s:s, s:s}}",
				    "hello", "agent", person_agent(l->person),
				    "desk", "name", c->desk_name, "language",
				    c->desk_language, "number",
				    (json_int_t)feed_number(c->feed), "version",
				    PACKAGE_VERSION, "now", now));
	} else if (l->down) {
		send_json(l, json_pack("{s:b, s:I, s:s}", "up", 1, "number",
				       (json_int_t)feed_number(c->feed), "now",
				       now));
	}
	l->down = false;
}

/* --- events ---------------------------------------------------------------- */

static void pump(struct live *l);

static void
give_up(struct live *l)
{
	l->position = POSITION_NONE;
	send_json(l, json_pack("{s:b, s:I}", "gone", 1, "number",
			       (json_int_t)feed_number(l->console->feed)));
}

static void
send_page(struct live *l, const json_t *events)
{
	size_t i;
	json_t *event;

	json_array_foreach(events, i, event)
	{
		int64_t n =
			json_integer_value(json_object_get(event, "number"));

		if (n <= l->position)
			continue;
		send_json(l, json_pack("{s:O}", "event", event));
		l->position = n;
	}
}

/* A snapshot had nothing more: all up to its number, and all that the feed
 * had dropped before it was asked, is sent. */
static void
all_seen(struct live *l, int64_t number)
{
	int64_t base = feed_base(l->console->feed);

	if (number > l->position)
		l->position = number;
	if (base > l->position)
		l->position = base;
}

static void
fetched(void *arg, const struct bus_reply *r)
{
	struct ask *a = arg;
	struct live *l = a->live;
	bool current = l->sock != NULL && a->resumes == l->resumes;

	if (a->resumes == l->resumes)
		l->fetching = false;
	if (current && r->outcome == OUT_OK) {
		send_page(l, json_object_get(r->result, "events"));
		if (!json_is_true(json_object_get(r->result, "more")))
			all_seen(l, r->number);
		pump(l);
	} else if (current && r->outcome == OUT_PERM) {
		give_up(l);
	}
	live_unref(l);
	mem_free(a);
}

static void
fetch(struct live *l)
{
	struct ask *a;
	struct err e;

	if (l->fetching || !bus_up(l->console->bus))
		return;
	a = mem_new(1, sizeof *a);
	a->live = l;
	a->resumes = l->resumes;
	if (bus_call(l->console->bus, "events.since",
		     json_pack("{s:I, s:i}", "from", (json_int_t)l->position,
			       "limit", LIVE_PAGE),
		     NULL, NULL, fetched, a, &e) != OUT_OK) {
		mem_free(a);
		return;
	}
	l->fetching = true;
	l->refs++;
}

static void
pump(struct live *l)
{
	struct feed *f = l->console->feed;

	if (l->sock == NULL || l->position == POSITION_NONE || !feed_ready(f) ||
	    l->down || l->fetching)
		return;
	if (feed_number(f) - l->position > LIVE_LAG_MAX) {
		give_up(l);
		return;
	}
	while (sock_queued(l->sock) < LIVE_QUEUE_BYTES && sock_alive(l->sock)) {
		struct shared *frame;

		if (l->position < feed_base(f)) {
			fetch(l);
			return;
		}
		frame = feed_next(f, l->position, &l->position);
		if (frame == NULL)
			return;
		sock_send_shared(l->sock, frame);
	}
}

void
lives_anew(struct console *c)
{
	struct live *l;

	for (l = c->lives->first; l != NULL; l = l->next)
		if (l->position > feed_number(c->feed))
			give_up(l);
}

void
lives_tell(struct console *c, const char *what, json_t *params)
{
	json_t *o = json_pack("{s:O}", what, params);
	char *text = json_dumps(o, JSON_COMPACT);
	struct shared *frame;
	struct live *l;

	json_decref(o);
	if (text == NULL)
		return;
	frame = shared_new(text, strlen(text));
	for (l = c->lives->first; l != NULL; l = l->next)
		if (l->sock != NULL && l->position != POSITION_NONE &&
		    sock_queued(l->sock) < LIVE_QUEUE_BYTES)
			sock_send_shared(l->sock, frame);
	shared_unref(frame);
	free(text);
}

void
lives_pump(struct console *c)
{
	struct live *l;

	for (l = c->lives->first; l != NULL; l = l->next)
		pump(l);
}

/* --- people ---------------------------------------------------------------- */

void
lives_greet(struct console *c)
{
	struct live *l;

	for (l = c->lives->first; l != NULL; l = l->next)
		greet(l);
}

void
lives_opened(struct console *c, struct person *p)
{
	struct live *l;

	for (l = c->lives->first; l != NULL; l = l->next)
		if (l->person == p) {
			greet(l);
			pump(l);
		}
}

void
lives_ended(struct console *c, struct person *p)
{
	struct live *l;

	for (l = c->lives->first; l != NULL; l = l->next)
		if (l->person == p && l->sock != NULL)
			sock_close(l->sock, LIVE_CLOSE_SESSION,
				   "session ended");
}

void
lives_down(struct console *c)
{
	struct live *l;

	for (l = c->lives->first; l != NULL; l = l->next) {
		if (l->down || !l->greeted)
			continue;
		l->down = true;
		send_json(l, json_pack("{s:b}", "down", 1));
	}
}

/* --- requests -------------------------------------------------------------- */

/* What the gateway itself calls, and what has a better way. */
static bool
is_ours(const char *method)
{
	static const char *const names[] = { "hello", "events.subscribe",
					     "blob.put", "blob.get" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (strcmp(method, names[i]) == 0)
			return true;
	return strncmp(method, "session.", 8) == 0;
}

/* The result goes on as it came. */
static void
send_result(struct live *l, const json_t *id, const struct bus_reply *r)
{
	char *name = json_dumps(id, JSON_ENCODE_ANY);
	struct buf b;

	if (l->sock == NULL || name == NULL) {
		free(name);
		return;
	}
	buf_init(&b, r->text_len + strlen(name) + 64);
	(void)buf_printf(&b, "{\"id\":%s,\"result\":", name);
	(void)buf_add(&b, r->text, r->text_len);
	(void)buf_printf(&b, ",\"number\":%lld}", (long long)r->number);
	sock_send(l->sock, buf_str(&b), b.len);
	buf_release(&b);
	free(name);
}

static void
answered(void *arg, const struct bus_reply *r)
{
	struct ask *a = arg;
	struct live *l = a->live;

	l->calls--;
	if (r->outcome == OUT_OK)
		send_result(l, a->id, r);
	else
		send_error(l, a->id, outcome_name(r->outcome),
			   r->err.code[0] != '\0' ? r->err.code
						  : outcome_name(r->outcome),
			   r->err.text, r->data, r->retry_after_ms);
	json_decref(a->id);
	live_unref(l);
	mem_free(a);
}

static void
call(struct live *l, json_t *o, json_t *id, const char *method)
{
	const char *key = json_string_value(json_object_get(o, "key"));
	struct ask *a = mem_new(1, sizeof *a);
	struct err e;
	enum outcome r;

	a->live = l;
	a->id = json_incref(id);
	r = bus_call_text(l->console->bus, method,
			  json_incref(json_object_get(o, "params")),
			  person_handle(l->person), key, answered, a, &e);
	if (r == OUT_OK) {
		l->calls++;
		l->refs++;
		return;
	}
	send_error(l, id, outcome_name(r), outcome_name(r), e.text, NULL,
		   r == OUT_TEMP ? REOPEN_RETRY_MS : 0);
	json_decref(a->id);
	mem_free(a);
}

static void
request(struct live *l, json_t *o)
{
	json_t *id = json_object_get(o, "id");
	const char *method = json_string_value(json_object_get(o, "method"));

	if (is_ours(method)) {
		send_error(l, id, "perm", "not_allowed",
			   "this method is not for pages", NULL, 0);
	} else if (person_handle(l->person) == NULL) {
		send_error(l, id, "temp", "temp",
			   "the desk is not reachable at the moment", NULL,
			   REOPEN_RETRY_MS);
	} else if (l->calls >= LIVE_CALLS_MAX) {
		send_error(l, id, "temp", "busy", "too many requests wait",
			   NULL, REOPEN_RETRY_MS);
	} else if (!person_may(l->person)) {
		send_error(l, id, "temp", "too_many", "too many requests", NULL,
			   1000 / PERSON_RATE * 10);
	} else {
		call(l, o, id, method);
	}
}

static bool
good_request(const json_t *o)
{
	const json_t *id = json_object_get(o, "id");
	const json_t *params = json_object_get(o, "params");
	const json_t *key = json_object_get(o, "key");

	if (!json_is_integer(id) &&
	    !(json_is_string(id) && json_string_length(id) <= ID_MAX))
		return false;
	if (key != NULL &&
	    !(json_is_string(key) && json_string_length(key) <= KEY_MAX))
		return false;
	return json_is_string(json_object_get(o, "method")) &&
	       (params == NULL || json_is_object(params));
}

static void
resume(struct live *l, int64_t from)
{
	l->position = from;
	l->resumes++;
	l->fetching = false;
	if (feed_ready(l->console->feed) &&
	    from > feed_number(l->console->feed))
		give_up(l);
	else
		pump(l);
}

void
live_message(void *arg, struct sock *s, const char *p, size_t n)
{
	struct live *l = sock_tag(s);
	json_t *from;
	json_t *o = NULL;
	struct err e;

	(void)arg;
	if (l == NULL || l->person == NULL || !l->greeted)
		return;
	if (frame_parse(p, n, &o, &e) != OUT_OK) {
		sock_close(s, LIVE_CLOSE_MALFORMED, "not one JSON object");
		return;
	}
	from = json_object_get(o, "resume");
	if (json_is_integer(from) && json_integer_value(from) >= 0)
		resume(l, json_integer_value(from));
	else if (good_request(o))
		request(l, o);
	else
		sock_close(s, LIVE_CLOSE_MALFORMED, "not a request");
	json_decref(o);
}

/* --- opening and closing ------------------------------------------------- */

bool
live_upgrade(void *arg, struct hit *h)
{
	struct console *c = arg;
	char cookie[HTTP_COOKIE_MAX];
	int status = 0;

	if (strcmp(hit_path(h), "/ws") != 0)
		status = 404;
	else if (!console_host_good(c, h))
		status = 421;
	else if (hit_header(h, "origin") == NULL || !console_same_origin(c, h))
		status = 403;
	else if (!http_cookie(hit_header(h, "cookie"), console_cookie(c),
			      cookie, sizeof cookie))
		status = 401;
	else if (!bus_up(c->bus))
		status = 503;
	if (status == 0) {
		hit_tag(h, mem_strdup(cookie));
		return true;
	}
	console_secure(c, h, PAGE_DATA);
	http_error(h, status, status == 401 ? "no_session" : "refused",
		   "this socket is not for you", status == 503 ? 2 : 0);
	return false;
}

static void
known(void *arg, struct person *p, enum outcome o, const struct err *e)
{
	struct live *l = arg;

	(void)e;
	if (l->sock != NULL && p != NULL) {
		l->person = person_ref(p);
		person_hold(p);
		greet(l);
	} else if (l->sock != NULL) {
		sock_close(l->sock, o == OUT_PERM ? LIVE_CLOSE_SESSION : 1013,
			   o == OUT_PERM ? "session ended" : "try again");
	}
	live_unref(l);
}

void
live_opened(void *arg, struct sock *s)
{
	struct console *c = arg;
	char *cookie = sock_tag(s);
	struct live *l = mem_new(1, sizeof *l);

	l->refs = 2; /* the sock's, and the opening's */
	l->console = c;
	l->sock = sock_ref(s);
	l->position = POSITION_NONE;
	l->next = c->lives->first;
	l->prev = &c->lives->first;
	if (l->next != NULL)
		l->next->prev = &l->next;
	c->lives->first = l;
	sock_set_tag(s, l);
	person_open(c, cookie, false, known, l);
	memset(cookie, 0, strlen(cookie));
	mem_free(cookie);
}

void
live_drained(void *arg, struct sock *s)
{
	struct live *l = sock_tag(s);

	(void)arg;
	if (l != NULL)
		pump(l);
}

void
live_closed(void *arg, struct sock *s)
{
	struct live *l = sock_tag(s);

	(void)arg;
	if (l == NULL)
		return;
	sock_set_tag(s, NULL);
	*l->prev = l->next;
	if (l->next != NULL)
		l->next->prev = l->prev;
	if (l->person != NULL)
		person_release(l->person);
	l->sock = NULL;
	sock_unref(s);
	live_unref(l);
}
