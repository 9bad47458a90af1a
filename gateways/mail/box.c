#include "gateways/mail/box.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"

void
boxes_init(struct boxes *b, struct bus *bus)
{
	memset(b, 0, sizeof(*b));
	b->bus = bus;
	b->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

static void
box_free(struct boxes *b, struct box *x)
{
	if (x->watch >= 0)
		(void)inotify_rm_watch(b->inotify, x->watch);
	for (size_t i = 0; i < x->held_count; i++)
		mem_free(x->held[i].name);
	maildir_names_release(&x->names);
	mem_free(x->name);
	mem_free(x->in);
	mem_free(x->out);
	mem_free(x);
}

void
boxes_release(struct boxes *b)
{
	for (size_t i = 0; i < b->count; i++)
		box_free(b, b->list[i]);
	b->count = 0;
	if (b->inotify >= 0)
		(void)close(b->inotify);
	b->inotify = -1;
}

void
boxes_sweep(struct boxes *b)
{
	size_t kept = 0;

	for (size_t i = 0; i < b->count; i++) {
		if (b->list[i]->gone && !b->list[i]->flying)
			box_free(b, b->list[i]);
		else
			b->list[kept++] = b->list[i];
	}
	b->count = kept;
}

struct box *
boxes_find(const struct boxes *b, const char *name)
{
	for (size_t i = 0; name && i < b->count; i++)
		if (!b->list[i]->gone && strcmp(b->list[i]->name, name) == 0)
			return b->list[i];
	return NULL;
}

static bool
same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static void
watch(struct boxes *b, struct box *x)
{
	char *path;

	if (b->inotify < 0 || !x->in || x->watch >= 0)
		return;
	path = mem_printf("%s/new", x->in);
	x->watch = inotify_add_watch(b->inotify, path,
				     IN_MOVED_TO | IN_CREATE | IN_CLOSE_WRITE |
					     IN_ATTRIB | IN_ONLYDIR);
	mem_free(path);
}

/* One connection of the list: keep the box that it has, or make one. */
static void
take(struct boxes *b, const json_t *c)
{
	const json_t *s = json_object_get(c, "settings");
	const char *name = json_string_value(json_object_get(c, "name"));
	const char *kind = json_string_value(json_object_get(c, "kind"));
	const char *in = json_string_value(json_object_get(s, "in"));
	const char *out = json_string_value(json_object_get(s, "out"));
	struct box *x;

	if (!name || !kind || b->count == BOX_MAX)
		return;
	if (strcmp(kind, "maildir") != 0 && strcmp(kind, "pipe") != 0)
		return;
	if (strcmp(kind, "pipe") == 0)
		in = NULL;
	for (size_t i = 0; i < b->count; i++) {
		x = b->list[i];
		if (strcmp(x->name, name) == 0 && same(x->in, in) &&
		    same(x->out, out)) {
			x->gone = false;
			return;
		}
	}
	x = mem_new(1, sizeof(*x));
	x->name = mem_strdup(name);
	x->in = mem_strdup(in);
	x->out = mem_strdup(out);
	x->watch = -1;
	x->reported = -1;
	x->stale = true;
	watch(b, x);
	b->list[b->count++] = x;
}

void
boxes_update(struct boxes *b, const json_t *connections)
{
	size_t i;
	json_t *c;

	for (i = 0; i < b->count; i++)
		b->list[i]->gone = true;
	json_array_foreach(connections, i, c) take(b, c);
	boxes_sweep(b);
}

void
boxes_notice(struct boxes *b)
{
	char buf[4096] __attribute__((aligned(8)));
	ssize_t n;

	while ((n = read(b->inotify, buf, sizeof(buf))) > 0) {
		for (ssize_t at = 0; at < n;) {
			const struct inotify_event *ev =
				(const void *)(buf + at);

			for (size_t i = 0; i < b->count; i++) {
				if (b->list[i]->watch != ev->wd)
					continue;
				b->list[i]->stale = true;
				if (ev->mask & IN_IGNORED)
					b->list[i]->watch = -1;
			}
			at += (ssize_t)(sizeof(*ev) + ev->len);
		}
	}
	for (size_t i = 0; i < b->count; i++)
		watch(b, b->list[i]);
}

static void
reported(void *arg, const struct bus_reply *r)
{
	(void)arg;
	if (r->outcome != OUT_OK)
		log_warn("mail.report", "%s", r->err.text);
}

void
box_report(struct boxes *b, struct box *x, bool ok, const char *detail)
{
	struct err e;
	json_t *p;

	if (x->gone || (x->reported == ok && strcmp(x->detail, detail) == 0))
		return;
	if (!bus_up(b->bus))
		return;
	p = json_pack("{s:s, s:s, s:s%}", "name", x->name, "state",
		      ok ? "ok" : "failing", "detail", detail,
		      strnlen(detail, sizeof(x->detail) - 1));
	if (!p)
		p = json_pack("{s:s, s:s, s:s}", "name", x->name, "state",
			      ok ? "ok" : "failing", "detail", "");
	if (ok)
		log_info("mail.box_ok", "'%s' works", x->name);
	else
		log_warn("mail.box_failing", "'%s': %s", x->name, detail);
	if (bus_call(b->bus, "connection.report", p, NULL, NULL, reported, NULL,
		     &e) != OUT_OK)
		return;
	x->reported = ok;
	(void)snprintf(x->detail, sizeof(x->detail), "%s", detail);
}

void
box_hold(struct box *x, const char *name, int64_t ms)
{
	struct held *h;

	if (x->held_count == BOX_HELD_MAX) {
		mem_free(x->held[0].name);
		memmove(x->held, x->held + 1,
			(BOX_HELD_MAX - 1) * sizeof(*x->held));
		x->held_count--;
	}
	h = &x->held[x->held_count++];
	h->name = mem_strdup(name);
	h->until_ms = clock_tick_ms() + ms;
}

bool
box_is_held(struct box *x, const char *name)
{
	int64_t now = clock_tick_ms();

	for (size_t i = 0; i < x->held_count; i++) {
		if (strcmp(x->held[i].name, name) != 0)
			continue;
		if (now < x->held[i].until_ms)
			return true;
		mem_free(x->held[i].name);
		x->held[i] = x->held[--x->held_count];
		return false;
	}
	return false;
}
