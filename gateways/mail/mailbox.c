#include "gateways/mail/mailbox.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/mail/fetch.h"
#include "gateways/mail/mailset.h"
#include "gateways/mail/sender.h"

void
mailboxes_init(struct mailboxes *m, struct bus *bus, struct port *port)
{
	memset(m, 0, sizeof(*m));
	m->bus = bus;
	m->port = port;
}

static void
mailbox_free(struct mailbox *x)
{
	fetch_free(&x->fetch);
	sender_free(&x->sender);
	mailset_free(&x->set);
	standing_release(&x->in);
	standing_release(&x->out);
	json_decref(x->origin);
	mem_free(x->name);
	mem_free(x);
}

static bool
has_ended(const struct mailbox *x)
{
	return !x->users && (!x->fetch || fetch_ended(x->fetch)) &&
	       (!x->sender || sender_ended(x->sender));
}

static void
stop(struct mailbox *x, bool cut)
{
	x->gone = true;
	if (x->fetch)
		fetch_stop(x->fetch);
	if (x->sender)
		sender_stop(x->sender, cut);
}

static void
sweep(struct mailboxes *m)
{
	size_t kept = 0;

	for (size_t i = 0; i < m->count; i++) {
		if (m->list[i]->gone && has_ended(m->list[i]))
			mailbox_free(m->list[i]);
		else
			m->list[kept++] = m->list[i];
	}
	m->count = kept;
}

/* --- what there is ----------------------------------------------------------------- */

static struct mailbox *
make(struct mailboxes *m, const char *name, const json_t *connection,
     json_t *origin)
{
	struct mailbox *x = mem_new(1, sizeof(*x));
	struct err e;

	x->name = mem_strdup(name);
	x->origin = origin;
	x->reported = -1;
	standing_init(&x->in, m->port);
	standing_init(&x->out, m->port);
	if (mailset_read(connection, &x->set, &e) != OUT_OK) {
		standing_set(&x->in, STANDING_FAILING, e.text);
		return x;
	}
	if (x->set->smtp.host)
		x->sender = sender_new(x->set, m->port, &x->out);
	x->fetch = fetch_new(x->set, m->port, &x->in);
	if (!x->fetch)
		standing_set(&x->in, STANDING_FAILING,
			     "could not start a thread");
	return x;
}

/* One connection of the list: keep the mailbox that it has, or make one. */
static void
take(struct mailboxes *m, const json_t *c, const bool *old, size_t old_count,
     bool *kept)
{
	const char *name = json_string_value(json_object_get(c, "name"));
	const char *kind = json_string_value(json_object_get(c, "kind"));
	json_t *origin;

	if (!name || !kind || strcmp(kind, "mailbox") != 0)
		return;
	origin = json_pack("{s:O?, s:O?}", "settings",
			   json_object_get(c, "settings"), "secrets",
			   json_object_get(c, "secrets"));
	for (size_t i = 0; i < old_count; i++) {
		struct mailbox *x = m->list[i];

		if (old[i] && strcmp(x->name, name) == 0 &&
		    json_equal(x->origin, origin)) {
			kept[i] = true;
			json_decref(origin);
			return;
		}
	}
	if (m->count < MAILBOX_MAX + MAILBOX_GONE_MAX)
		m->list[m->count++] = make(m, name, c, origin);
	else
		json_decref(origin);
}

void
mailboxes_update(struct mailboxes *m, const json_t *connections)
{
	bool old[MAILBOX_MAX + MAILBOX_GONE_MAX] = { false };
	bool kept[MAILBOX_MAX + MAILBOX_GONE_MAX] = { false };
	size_t n, i;
	json_t *c;

	sweep(m);
	n = m->count;
	for (i = 0; i < n; i++)
		old[i] = !m->list[i]->gone;
	json_array_foreach(connections, i, c) take(m, c, old, n, kept);
	for (i = 0; i < n; i++)
		if (old[i] && !kept[i])
			stop(m->list[i], false);
	sweep(m);
}

struct mailbox *
mailboxes_find(const struct mailboxes *m, const char *name)
{
	for (size_t i = 0; name && i < m->count; i++)
		if (!m->list[i]->gone && m->list[i]->set &&
		    strcmp(m->list[i]->name, name) == 0)
			return m->list[i];
	return NULL;
}

bool
mailboxes_send(const struct mailboxes *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!m->list[i]->gone && m->list[i]->sender)
			return true;
	return false;
}

/* --- what the daemon knows of them -------------------------------------------------- */

static void
reported(void *arg, const struct bus_reply *r)
{
	(void)arg;
	if (r->outcome != OUT_OK)
		log_warn("mail.report", "%s", r->err.text);
}

/* Both halves as one: state and words. -1: nothing to say yet. */
static int
judge(struct mailbox *x, char text[STANDING_TEXT_MAX])
{
	char in[STANDING_TEXT_MAX], out[STANDING_TEXT_MAX];
	enum standing_is i = standing_get(&x->in, in);
	enum standing_is o = standing_get(&x->out, out);

	text[0] = '\0';
	if (i == STANDING_FAILING)
		(void)snprintf(text, STANDING_TEXT_MAX, "%s%.280s",
			       x->set ? "reading: " : "", in);
	else if (o == STANDING_FAILING)
		(void)snprintf(text, STANDING_TEXT_MAX, "sending: %.280s", out);
	else
		(void)snprintf(text, STANDING_TEXT_MAX, "%s", in);
	text[standing_whole(text, STANDING_TEXT_MAX - 1)] = '\0';
	if (i == STANDING_FAILING || o == STANDING_FAILING)
		return 0;
	return i == STANDING_OK ? 1 : -1;
}

static void
report(struct mailboxes *m, struct mailbox *x)
{
	char text[STANDING_TEXT_MAX];
	int is = judge(x, text);
	struct err e;
	json_t *p;

	if (is < 0 || (x->reported == is && strcmp(x->detail, text) == 0))
		return;
	p = json_pack("{s:s, s:s, s:s}", "name", x->name, "state",
		      is ? "ok" : "failing", "detail", text);
	if (!p || bus_call(m->bus, "connection.report", p, NULL, NULL, reported,
			   NULL, &e) != OUT_OK)
		return;
	if (is)
		log_info("mail.box_ok", "'%s' works%s%s", x->name,
			 *text ? "; " : "", text);
	else
		log_warn("mail.box_failing", "'%s': %s", x->name, text);
	x->reported = is;
	(void)snprintf(x->detail, sizeof(x->detail), "%s", text);
}

void
mailboxes_step(struct mailboxes *m)
{
	bool up = bus_up(m->bus);

	for (size_t i = 0; i < m->count; i++) {
		struct mailbox *x = m->list[i];

		if (x->sender)
			sender_step(x->sender);
		if (!x->gone && up)
			report(m, x);
	}
	sweep(m);
}

void
mailboxes_up(struct mailboxes *m)
{
	for (size_t i = 0; i < m->count; i++) {
		m->list[i]->reported = -1;
		if (!m->list[i]->gone && m->list[i]->fetch)
			fetch_wake(m->list[i]->fetch);
	}
}

void
mailboxes_stop(struct mailboxes *m, bool cut)
{
	for (size_t i = 0; i < m->count; i++)
		stop(m->list[i], cut);
}

bool
mailboxes_ended(const struct mailboxes *m)
{
	for (size_t i = 0; i < m->count; i++)
		if (!has_ended(m->list[i]))
			return false;
	return true;
}

void
mailboxes_release(struct mailboxes *m)
{
	sweep(m);
	m->count = 0;
}
