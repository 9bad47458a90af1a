#include "gateways/mail/verbs.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/common/gw.h"
#include "gateways/mail/look.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/net/oauth.h"
#include "gateways/mail/port.h"
#include "gateways/mail/probe.h"

#define ANSWER_MS 30000
#define FAILED 1

/* What is done with each mailbox; false: it does not work. */
struct deed {
	bool (*fn)(const struct deed *d, struct mailset *set);
	struct port *port;
};

static void
print_step(void *ctx, bool ok, const char *text)
{
	const char *name = ctx;

	(void)printf("%-5s  %s: %s\n", ok ? "ok" : "FAILS", name, text);
	(void)fflush(stdout);
}

static bool
test_one(const struct deed *d, struct mailset *set)
{
	(void)d;
	return probe_run(set, NULL, print_step, set->name);
}

/* --- one look ----------------------------------------------------------------- */

static enum outcome
look_through(struct look *l, struct err *e)
{
	bool more = true;
	enum outcome o = look_open(l, e);
	uint32_t from = o == OUT_OK ? l->first_uid : 0;

	while (o == OUT_OK && more)
		o = look_window(l, from, &from, &more, e);
	return o == OUT_OK ? look_done(l, e) : o;
}

static bool
fetch_one(const struct deed *d, struct mailset *set)
{
	struct look l = { .port = d->port, .set = set };
	struct net_server server = mailset_server(set, &set->imap, NULL);
	struct net_login login;
	struct err e = { .text = "" };
	char *token = NULL;
	enum outcome o =
		mailset_login(set, &set->imap, NULL, &login, &token, &e);

	if (o == OUT_OK)
		o = imap_open(&server, &login, &l.imap, &e);
	mem_free(token);
	if (o == OUT_OK)
		o = look_through(&l, &e);
	imap_close(&l.imap);
	(void)printf("%s: %u taken, %u known, %u refused", set->name, l.taken,
		     l.known, l.refused);
	if (l.skipped)
		(void)printf(", %u older than the desk", l.skipped);
	if (l.unread)
		(void)printf(", %u not given by the server", l.unread);
	(void)putchar('\n');
	if (*l.why)
		(void)printf("%s: %s\n", set->name, l.why);
	if (o != OUT_OK)
		(void)fprintf(stderr, "postigo-mail: '%s': %s\n", set->name,
			      e.text);
	return o == OUT_OK;
}

/* --- each of them --------------------------------------------------------------- */

static bool
do_one(const struct deed *d, const json_t *connection)
{
	const char *name =
		json_string_value(json_object_get(connection, "name"));
	struct mailset *set = NULL;
	struct err e;
	bool ok = false;

	if (mailset_read(connection, &set, &e) == OUT_OK)
		ok = d->fn(d, set);
	else
		(void)printf("FAILS  %s: settings: %s\n", name ? name : "",
			     e.text);
	mailset_free(&set);
	return ok;
}

static int
do_all(const struct deed *d, const json_t *list, const char *name)
{
	int rc = GW_OK, found = 0;
	const json_t *c;
	size_t i;

	json_array_foreach(list, i, c)
	{
		const char *kind =
			json_string_value(json_object_get(c, "kind"));
		const char *this =
			json_string_value(json_object_get(c, "name"));

		if (!kind || strcmp(kind, "mailbox") != 0 || !this ||
		    (name && strcmp(this, name) != 0))
			continue;
		found++;
		if (!do_one(d, c))
			rc = FAILED;
	}
	if (found)
		return rc;
	(void)fprintf(stderr, "postigo-mail: no mailbox%s%s%s is in use\n",
		      name ? " '" : "", name ? name : "", name ? "'" : "");
	return GW_DATA;
}

static int
run(const char *socket, const char *name, struct child *parser, struct deed *d)
{
	struct bus_hooks hooks = { 0 };
	struct bus *bus = bus_new(socket, "postigo-mail", &hooks);
	json_t *r = NULL;
	struct err e;
	int rc = GW_TEMP;

	oauth_start();
	d->port = port_direct(bus, parser);
	if (bus_ask(bus, "connection.mine", NULL, NULL, NULL, ANSWER_MS, &r,
		    NULL, &e) == OUT_OK)
		rc = do_all(d, json_object_get(r, "connections"), name);
	else
		(void)fprintf(stderr, "postigo-mail: %s\n", e.text);
	json_decref(r);
	port_free(&d->port);
	bus_free(&bus);
	return rc;
}

int
verb_mailbox_test(const char *socket, const char *name)
{
	struct deed d = { .fn = test_one };

	return run(socket, name, NULL, &d);
}

int
verb_mailbox_fetch(const char *socket, const char *name, struct child *parser)
{
	struct deed d = { .fn = fetch_one };

	return run(socket, name, parser, &d);
}
