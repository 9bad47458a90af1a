/*
 * postigo events: what happened, from a number, and then live.
 */

#include <poll.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/wire/bus.h"

#define EVENTS_PAGE 1000

const struct ctl_option events_options[] = {
	{ "--from", "N", "events after this number (default: the last 20)" },
	{ "--follow", NULL, "then go on until interrupted" },
	{ NULL, NULL, NULL },
};

struct following {
	struct ctl *c;
	bool ended;
};

static int
print_event(struct ctl *c, const json_t *x)
{
	char *data;

	if (c->json)
		return ctl_print_json(x);
	data = json_dumps(json_object_get(x, "data"), JSON_COMPACT);
	(void)printf("%lld  %s  %s", ctl_int(x, "number"), ctl_str(x, "at"),
		     ctl_str(x, "kind"));
	if (ctl_int(x, "incident") > 0)
		(void)printf("  P-%lld", ctl_int(x, "incident"));
	(void)printf("  %s\n", data != NULL ? data : "");
	mem_free(data);
	return EXIT_FINE;
}

static void
noted(void *arg, const char *method, json_t *params)
{
	struct following *f = arg;

	if (strcmp(method, "event") == 0) {
		(void)print_event(f->c, params);
		f->ended |= fflush(stdout) != 0;
	} else if (strcmp(method, "events.dropped") == 0 ||
		   strcmp(method, "bye") == 0) {
		f->ended = true;
	}
}

/* Print what there is after *from; *from moves on. */
static int
past(struct ctl *c, long long *from)
{
	bool more = true;
	int code = EXIT_FINE;

	while (more && code == EXIT_FINE) {
		json_t *result = NULL;
		json_t *x;
		size_t i;

		code = ctl_ask(c, "events.since",
			       json_pack("{s:I, s:i}", "from",
					 (json_int_t)*from, "limit",
					 EVENTS_PAGE),
			       CTL_ASK_MS, &result);
		json_array_foreach(json_object_get(result, "events"), i, x)
		{
			code = print_event(c, x);
			*from = ctl_int(x, "number");
		}
		more = json_is_true(json_object_get(result, "more"));
		json_decref(result);
	}
	return code;
}

static int
follow(struct ctl *c, long long from)
{
	struct following f = { .c = c };
	struct bus_hooks hooks = { .note = noted, .arg = &f };
	json_t *result = NULL;
	struct err e = { .text = "" };
	enum outcome o;

	(void)fflush(stdout);
	bus_free(&c->bus);
	c->bus = bus_new(c->socket, "postigo", &hooks);
	o = bus_ask(c->bus, "events.subscribe",
		    json_pack("{s:I}", "from", (json_int_t)from), NULL, NULL,
		    CTL_ASK_MS, &result, NULL, &e);
	json_decref(result);
	if (o != OUT_OK)
		return ctl_fail(ctl_exit_of(o, &e), "events.subscribe: %s",
				e.text);
	while (!f.ended) {
		struct pollfd p = { .fd = bus_fd(c->bus), .events = POLLIN };

		(void)poll(&p, 1, 1000);
		if (bus_step(c->bus, &e) != OUT_OK || !bus_up(c->bus))
			return ctl_fail(EXIT_UNREACHABLE,
					"the daemon went away");
	}
	return ctl_fail(EXIT_LATER, "the daemon ended the events");
}

int
verb_events(struct ctl *c, const struct ctl_args *a)
{
	const char *given = ctl_arg(a, "--from");
	json_t *status = NULL;
	long long from = 0;
	int code = EXIT_FINE;

	if (given != NULL && !ctl_number(given, "--from", 0, 1LL << 50, &from))
		return EXIT_USAGE;
	if (given == NULL) {
		code = ctl_ask(c, "status.get", json_object(), CTL_ASK_MS,
			       &status);
		from = ctl_int(status, "number") - 20;
		from = from < 0 ? 0 : from;
		json_decref(status);
	}
	if (code == EXIT_FINE)
		code = past(c, &from);
	if (code == EXIT_FINE && ctl_arg(a, "--follow") != NULL)
		code = follow(c, from);
	return code;
}
