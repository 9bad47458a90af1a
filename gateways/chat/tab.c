#include "gateways/chat/tab.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "gateways/chat/ask.h"
#include "gateways/chat/chat.h"
#include "gateways/chat/site.h"
#include "gateways/chat/up.h"
#include "gateways/chat/visitor.h"
#include "gateways/common/http.h"

#define LINES_BYTES (TAB_DOWN_BYTES - 8192) /* of the lines of one frame */

struct tabs {
	struct tab *first;
	size_t count;
};

/* What an upgrade found out, until its socket is there. */
struct pass {
	struct site *site;
	char address[64];
};

struct tabs *
tabs_new(struct chat *c)
{
	(void)c;
	return mem_new(1, sizeof(struct tabs));
}

void
tabs_free(struct tabs **t)
{
	MEM_CLEAR(t);
}

void
tab_unref(struct tab *t)
{
	if (--t->refs == 0)
		mem_free(t);
}

/* --- sending ------------------------------------------------------------- */

/* o is taken. */
void
tab_send(struct tab *t, json_t *o)
{
	char *text = t->sock != NULL ? json_dumps(o, JSON_COMPACT) : NULL;

	json_decref(o);
	if (text == NULL)
		return;
	if (sock_queued(t->sock) > TAB_CLOSE_BYTES)
		sock_close(t->sock, TAB_CLOSE_SLOW, "too slow");
	else
		sock_send(t->sock, text, strlen(text));
	free(text);
}

void
tab_refuse(struct tab *t, enum up_kind re, const char *id, const char *code,
	   const char *text, int64_t retry_ms)
{
	json_t *o = json_pack("{s:s, s:s, s:s}", "t", "refused", "re",
			      up_name(re), "code", code);

	if (id != NULL)
		(void)json_object_set_new(o, "id", json_string(id));
	if (text != NULL && text[0] != '\0')
		(void)json_object_set_new(o, "text", json_string(text));
	if (retry_ms > 0)
		(void)json_object_set_new(o, "retry_ms",
					  json_integer(retry_ms));
	tab_send(t, o);
}

static uint64_t
mark_of(const json_t *chat)
{
	char *text = json_dumps(chat, JSON_COMPACT | JSON_SORT_KEYS);
	uint64_t h = 14695981039346656037ULL;
	const char *p;

	for (p = text; p != NULL && *p != '\0'; p++)
		h = (h ^ (unsigned char)*p) * 1099511628211ULL;
	free(text);
	return h;
}

static void
hello(struct tab *t, const json_t *chat, bool gone)
{
	json_t *o = json_pack("{s:s, s:O}", "t", "hello", "site",
			      site_json(t->site));

	if (chat != NULL) {
		(void)json_object_set(o, "chat", (json_t *)(uintptr_t)chat);
		(void)json_object_set_new(o, "expires_at",
					  json_string(t->visitor->expires_at));
		t->chat_mark = mark_of(chat);
	}
	if (gone)
		(void)json_object_set_new(o, "gone", json_true());
	t->greeted = true;
	tab_send(t, o);
}

static void
tell_daemon(struct tab *t, bool up)
{
	t->told_down = !up;
	tab_send(t, json_pack("{s:s, s:b}", "t", "daemon", "up", up ? 1 : 0));
}

/* --- one visitor's tabs -------------------------------------------------- */

static void
show_chat(struct tab *t, const json_t *chat)
{
	uint64_t mark = mark_of(chat);

	if (!t->greeted) {
		hello(t, chat, false);
	} else if (mark != t->chat_mark) {
		t->chat_mark = mark;
		tab_send(t, json_pack("{s:s, s:O}", "t", "chat", "chat", chat));
	}
}

void
tabs_chat(struct visitor *v, const json_t *chat)
{
	int64_t last = json_integer_value(json_object_get(chat, "last"));
	struct tab *t;

	/* Lines that are still to come bring the chat with them. */
	for (t = v->tabs; t != NULL; t = t->sibling)
		if (!t->greeted || t->number >= last)
			show_chat(t, chat);
}

static void
send_lines(struct tab *t, json_t *lines, const json_t *chat, bool more)
{
	t->chat_mark = mark_of(chat);
	tab_send(t, json_pack("{s:s, s:o, s:O, s:b}", "t", "lines", "lines",
			      lines, "chat", chat, "more", more ? 1 : 0));
}

/* What the tab lacks of these lines, in frames that are not too long. */
static void
show_lines(struct tab *t, const json_t *lines, const json_t *chat, bool more)
{
	json_t *page = json_array();
	size_t bytes = 0;
	size_t i;
	json_t *line;

	json_array_foreach(lines, i, line)
	{
		int64_t n = json_integer_value(json_object_get(line, "number"));
		size_t len;

		if (n <= t->number)
			continue;
		len = json_dumpb(line, NULL, 0, JSON_COMPACT);
		if (bytes != 0 && bytes + len > LINES_BYTES) {
			send_lines(t, page, chat, true);
			page = json_array();
			bytes = 0;
		}
		bytes += len;
		(void)json_array_append(page, line);
		t->number = n;
	}
	if (json_array_size(page) != 0) {
		send_lines(t, page, chat, more);
	} else {
		json_decref(page);
		show_chat(t, chat);
	}
}

/* It is left out until it has read. */
static bool
is_full(const struct tab *t)
{
	return sock_queued(t->sock) >= TAB_QUEUE_BYTES;
}

void
tabs_lines(struct visitor *v, int64_t from, const json_t *result)
{
	const json_t *lines = json_object_get(result, "lines");
	const json_t *chat = json_object_get(result, "chat");
	bool more = json_is_true(json_object_get(result, "more"));
	struct tab *t;

	for (t = v->tabs; t != NULL; t = t->sibling) {
		if (!t->greeted)
			hello(t, chat, false);
		if (t->number >= from && !is_full(t))
			show_lines(t, lines, chat, more);
	}
}

void
tabs_incident(struct visitor *v, int64_t incident, bool all)
{
	struct tab *t;

	for (t = v->tabs; t != NULL; t = t->sibling) {
		if (all || (t->incident != 0 && t->incident != incident))
			t->number = 0;
		t->incident = 0;
	}
}

int64_t
tabs_behind(const struct visitor *v, int64_t last)
{
	int64_t from = -1;
	const struct tab *t;

	for (t = v->tabs; t != NULL; t = t->sibling)
		if (t->number < last && !is_full(t) &&
		    (from < 0 || t->number < from))
			from = t->number;
	return from;
}

void
tabs_settled(struct visitor *v)
{
	struct tab *t;

	for (t = v->tabs; t != NULL; t = t->sibling)
		if (t->told_down && t->greeted)
			tell_daemon(t, true);
}

void
tabs_typing(struct visitor *v, const char *name, bool on)
{
	struct tab *t;

	for (t = v->tabs; t != NULL; t = t->sibling)
		if (t->greeted && sock_queued(t->sock) < TAB_VOLATILE_BYTES)
			tab_send(t, json_pack("{s:s, s:s, s:b}", "t", "typing",
					      "name", name, "on", on ? 1 : 0));
}

static void
attach(struct tab *t, struct visitor *v)
{
	t->visitor = v;
	t->sibling = v->tabs;
	t->sibling_prev = &v->tabs;
	if (t->sibling != NULL)
		t->sibling->sibling_prev = &t->sibling;
	v->tabs = t;
	if (v->network == NULL && t->network != NULL) {
		v->network = t->network;
		v->network->chats++;
	}
}

static void
detach(struct tab *t)
{
	struct visitor *v = t->visitor;

	if (v == NULL)
		return;
	*t->sibling_prev = t->sibling;
	if (t->sibling != NULL)
		t->sibling->sibling_prev = t->sibling_prev;
	t->visitor = NULL;
	if (v->tabs == NULL && v->network != NULL) {
		v->network->chats--;
		v->network = NULL;
	}
	visitor_left(v);
	visitor_unref(v);
}

void
tabs_gone(struct visitor *v)
{
	while (v->tabs != NULL) {
		struct tab *t = v->tabs;

		detach(t);
		if (t->greeted) {
			sock_close(t->sock, TAB_CLOSE_ENDED, "token ended");
			continue;
		}
		hello(t, NULL, true);
		if (t->told_down)
			tell_daemon(t, true);
	}
}

/* --- all tabs ------------------------------------------------------------ */

void
tabs_bye(struct chat *c)
{
	struct tab *t;

	for (t = c->tabs->first; t != NULL; t = t->next)
		sock_close(t->sock, TAB_CLOSE_BYE, "the server stops");
}

size_t
tabs_count(const struct chat *c)
{
	return c->tabs->count;
}

void
tabs_down(struct chat *c)
{
	struct tab *t;

	for (t = c->tabs->first; t != NULL; t = t->next)
		if (t->opened && !t->told_down)
			tell_daemon(t, false);
}

void
tabs_up(struct chat *c)
{
	struct tab *t;

	for (t = c->tabs->first; t != NULL; t = t->next)
		if (t->told_down && t->visitor == NULL)
			tell_daemon(t, true);
}

void
tabs_site(struct chat *c, const struct site *s, json_t *json)
{
	struct tab *t;

	for (t = c->tabs->first; t != NULL; t = t->next) {
		if (t->site != s)
			continue;
		if (json == NULL)
			sock_close(t->sock, TAB_CLOSE_ENDED,
				   "the site is no more");
		else if (t->greeted)
			tab_send(t, json_pack("{s:s, s:O}", "t", "site", "site",
					      json));
	}
}

/* --- frames -------------------------------------------------------------- */

static void
on_open(struct tab *t, const struct up_frame *f)
{
	struct visitor *v;

	t->opened = true;
	if (f->token == NULL) {
		hello(t, NULL, false);
		if (!bus_up(t->chat->bus))
			tell_daemon(t, false);
		return;
	}
	v = visitor_of(t->chat, t->site, f->token);
	if (v == NULL) {
		sock_close(t->sock, TAB_CLOSE_MANY, "too many");
		return;
	}
	t->number = f->from;
	t->incident = f->incident;
	if (t->incident != 0 && v->incident != 0 && t->incident != v->incident)
		t->number = 0;
	attach(t, v);
	if (!bus_up(t->chat->bus))
		tell_daemon(t, false);
	visitor_joined(v);
}

void
tab_started(struct tab *t, struct visitor *v, json_t *started)
{
	attach(t, v);
	t->chat_mark = mark_of(json_object_get(started, "chat"));
	tab_send(t, started);
	visitor_joined(v);
}

static void
on_typing(struct tab *t, bool on)
{
	int64_t now = clock_tick_ms();

	if (t->visitor == NULL || (on && now - t->typing_tick < TAB_TYPING_MS))
		return;
	t->typing_tick = now;
	ask_typing(t, on);
}

static void
on_frame(struct tab *t, const struct up_frame *f)
{
	switch (f->kind) {
	case UP_OPEN:
		on_open(t, f);
		break;
	case UP_START:
		ask_start(t, f);
		break;
	case UP_TYPING:
		on_typing(t, f->on);
		break;
	case UP_GOT:
		if (t->visitor != NULL)
			visitor_got(t->visitor, f->number < t->number
							? f->number
							: t->number);
		break;
	case UP_PING:
		tab_send(t, json_pack("{s:s}", "t", "pong"));
		break;
	default:
		ask_visitor(t, f);
	}
}

void
tab_message(void *arg, struct sock *s, const char *p, size_t n)
{
	struct tab *t = sock_tag(s);
	struct up_frame f;
	const char *code;
	enum up_read r;

	(void)arg;
	if (t == NULL)
		return;
	if (bucket_take(&t->frames, TAB_FRAME_MS, TAB_FRAMES,
			clock_tick_ms()) != 0) {
		sock_close(s, TAB_CLOSE_MANY, "too many frames");
		return;
	}
	r = up_parse(p, n, &f, &code);
	if (r == UP_NOT_JSON)
		sock_close(s, 1007, "not one JSON object");
	else if (r == UP_WRONG)
		sock_close(s, 1008, "not a frame of this protocol");
	else if (t->opened == (f.kind == UP_OPEN))
		sock_close(s, 1008,
			   t->opened ? "it is open" : "open comes first");
	else if (r == UP_REFUSE)
		tab_refuse(t, f.kind, f.id, code, NULL, 0);
	else
		on_frame(t, &f);
	if (r == UP_GOOD || r == UP_REFUSE)
		up_release(&f);
}

/* --- coming and going ---------------------------------------------------- */

static int
check_upgrade(const struct chat *c, const struct hit *h, struct site **site,
	      const char **text)
{
	*site = site_find(c, hit_arg(h, "site"));
	*text = "this socket is not for you";
	if (strcmp(hit_path(h), "/chat/ws") != 0)
		return 404;
	if (!chat_host_good(c, h))
		return 421;
	if (*site == NULL && !sites_known(c)) {
		*text = "the desk is not reachable at the moment";
		return 503;
	}
	if (*site == NULL) {
		*text = "there is no site of that name";
		return 404;
	}
	if (!chat_own_origin(c, h) &&
	    !site_has_origin(*site, hit_header(h, "origin"))) {
		*text = "this origin is not one of the site's";
		return 403;
	}
	return 0;
}

bool
tab_upgrade(void *arg, struct hit *h)
{
	struct chat *c = arg;
	struct site *site;
	struct pass *pass;
	const char *text;
	int status = check_upgrade(c, h, &site, &text);

	if (status == 0) {
		pass = mem_new(1, sizeof *pass);
		pass->site = site;
		(void)snprintf(pass->address, sizeof pass->address, "%s",
			       hit_address(h));
		hit_tag(h, pass);
		return true;
	}
	chat_refuse(c, h, status, status == 404 ? "not_found" : "refused", text,
		    status == 503 ? CHAT_DOWN_RETRY_MS : 0);
	return false;
}

void
tab_abandoned(void *arg, void *tag)
{
	(void)arg;
	mem_free(tag);
}

void
tab_opened(void *arg, struct sock *s)
{
	struct chat *c = arg;
	struct pass *pass = sock_tag(s);
	struct tab *t = mem_new(1, sizeof *t);
	struct network *w;

	t->refs = 1;
	t->chat = c;
	t->sock = sock_ref(s);
	t->site = pass->site;
	t->next = c->tabs->first;
	t->prev = &c->tabs->first;
	if (t->next != NULL)
		t->next->prev = &t->next;
	c->tabs->first = t;
	c->tabs->count++;
	sock_set_tag(s, t);
	w = networks_find(c->networks, pass->address, clock_tick_ms());
	mem_free(pass);
	if (c->tabs->count > c->sockets_max || w == NULL || !network_join(w))
		sock_close(s, TAB_CLOSE_MANY, "too many");
	else
		t->network = w;
}

void
tab_drained(void *arg, struct sock *s)
{
	struct tab *t = sock_tag(s);

	(void)arg;
	if (t != NULL && t->visitor != NULL)
		visitor_look(t->visitor);
}

void
tab_closed(void *arg, struct sock *s)
{
	struct chat *c = arg;
	struct tab *t = sock_tag(s);

	if (t == NULL)
		return;
	sock_set_tag(s, NULL);
	*t->prev = t->next;
	if (t->next != NULL)
		t->next->prev = t->prev;
	c->tabs->count--;
	detach(t);
	if (t->network != NULL)
		network_leave(t->network);
	t->sock = NULL;
	sock_unref(s);
	tab_unref(t);
	if (c->leaving && c->tabs->count == 0)
		server_stop(c->server);
}
