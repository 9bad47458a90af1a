/* m_status: how the desk is. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/m_connection.h"
#include "daemon/param.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/hits.h"
#include "daemon/store/hook.h"
#include "daemon/store/mailbox.h"
#include "daemon/store/row.h"
#include "daemon/store/ruled.h"
#include "daemon/store/status.h"
#include "daemon/store/store.h"
#include "rules/book.h"

#define MIB ((int64_t)1024 * 1024)
#define CLOCK_LATE_S 60
#define CONNECTION_NAME 500
#define DETAIL_MAX 2000
#define LOOKS_MISSED 3    /* of a mailbox, until it is not well */
#define MAILBOX_POLL_S 60 /* the defaults of the kind mailbox */
#define MAILBOX_FOLDER "INBOX"
#define QUEUED_LATE_MS ((int64_t)10 * 60 * 1000)

/* Named by the generated table of handlers. */
method_fn m_status_get;

static void
health_add(json_t *list, const char *name, bool ok, const char *detail)
{
	json_t *o = json_object();

	row_set(o, "name", json_string(name));
	row_set(o, "ok", json_boolean(ok));
	row_set(o, "detail", json_string(detail));
	(void)json_array_append_new(list, o);
}

/* The disk is well while everything is taken. */
static void
health_disk(struct desk *d, json_t *list)
{
	struct engine_space sp = { .left = -1 };
	char text[150];

	if (d->engine != NULL)
		engine_space(d, &sp);
	if (sp.left < 0) {
		health_add(list, "disk", false, "free space is not known");
		return;
	}
	(void)snprintf(text, sizeof(text),
		       "%" PRId64 " MiB free, reserve %" PRId64 " MiB%s",
		       sp.left / MIB, sp.reserve / MIB,
		       sp.low ? ": contacts, chats and uploads are refused"
			      : "");
	health_add(list, "disk", !sp.low, text);
}

static const char *
text_of(const json_t *o, const char *name)
{
	const char *v = json_string_value(json_object_get(o, name));

	return v != NULL ? v : "";
}

/* A mailbox on a server that nobody has read for a while is not well: how
 * that is said is added to why. */
static enum outcome
mailbox_late(struct desk *d, struct store *s, const json_t *c, int64_t now_ms,
	     struct buf *why, struct err *e)
{
	const json_t *settings = json_object_get(c, "settings");
	const json_t *poll = json_object_get(settings, "poll_s");
	const char *folder = text_of(settings, "folder");
	int64_t poll_s = json_is_integer(poll) ? json_integer_value(poll)
					       : MAILBOX_POLL_S;
	int64_t seen_ms;
	int64_t since_ms;
	char iso[32];
	enum outcome o;

	if (strcmp(text_of(c, "kind"), "mailbox") != 0)
		return OUT_OK;
	o = mailbox_look(s, json_integer_value(json_object_get(c, "id")),
			 folder[0] != '\0' ? folder : MAILBOX_FOLDER, &seen_ms,
			 &since_ms, e);
	if (since_ms < d->started_ms)
		since_ms = d->started_ms;
	if (o != OUT_OK || now_ms - since_ms <= LOOKS_MISSED * poll_s * 1000)
		return o;
	clock_iso_ms(seen_ms, iso);
	(void)buf_printf(why, "%sthe mailbox was %s%s",
			 why->len > 0 ? "; " : "",
			 seen_ms != 0 ? "last read at " : "never read",
			 seen_ms != 0 ? iso : "");
	return OUT_OK;
}

/* One connection: what its gateway said and since when, or as it is. */
static enum outcome
health_connection(struct desk *d, struct store *s, const json_t *c,
		  int64_t now_ms, json_t *list, struct err *e)
{
	const char *state = text_of(c, "state");
	struct buf why;
	char name[CONNECTION_NAME];
	enum outcome o;

	buf_init(&why, DETAIL_MAX);
	if (strcmp(state, "failing") == 0)
		(void)buf_printf(&why, "failing since %s: %s",
				 text_of(c, "state_at"),
				 text_of(c, "state_detail"));
	o = mailbox_late(d, s, c, now_ms, &why, e);
	(void)snprintf(name, sizeof(name), "connection %s", text_of(c, "name"));
	if (o == OUT_OK)
		health_add(list, name, why.len == 0,
			   why.len > 0 ? buf_str(&why) : state);
	buf_release(&why);
	return o;
}

static enum outcome
health_connections(struct desk *d, struct store *s, const json_t *connections,
		   int64_t now_ms, json_t *list, struct err *e)
{
	enum outcome o = OUT_OK;
	const json_t *c;
	size_t i;

	json_array_foreach(connections, i, c)
	{
		if (!json_is_true(json_object_get(c, "active")))
			continue;
		o = health_connection(d, s, c, now_ms, list, e);
		if (o != OUT_OK)
			break;
	}
	return o;
}

/* A desk that decides by nothing but the empty book is not well. */
static void
health_book(struct desk *d, json_t *list)
{
	int64_t version = 0;
	struct book *b = desk_book(d, &version);
	char text[100];

	snprintf(text, sizeof(text),
		 "version %" PRId64 ", rules: %zu, queues: %zu", version,
		 book_rule_count(b), book_queue_count(b));
	book_unref(&b);
	health_add(list, "book", version > 0, text);
}

/* Incidents of which rules could not be decided wait for a person. */
static enum outcome
health_rules(struct store *s, json_t *list, struct err *e)
{
	char text[100];
	int64_t n = 0;
	enum outcome o = ruled_undecided(s, &n, e);

	if (o != OUT_OK)
		return o;
	(void)snprintf(text, sizeof(text),
		       n == 0 ? "every rule was decided"
			      : "not decided for %" PRId64 " incident%s",
		       n, n == 1 ? "" : "s");
	health_add(list, "rules", n == 0, text);
	return OUT_OK;
}

/* An index that is behind is well as long as it goes on. */
static enum outcome
health_search(struct desk *d, struct store *s, json_t *list, struct err *e)
{
	char why[256] = "";
	char text[400];
	int64_t indexed;
	int64_t last;
	enum outcome o = hits_progress(s, &indexed, &last, e);

	if (o != OUT_OK)
		return o;
	if (d->engine != NULL)
		engine_index_why(d, why, sizeof why);
	if (indexed == last)
		snprintf(text, sizeof(text), "complete%s%s",
			 why[0] != '\0' ? "; " : "", why);
	else
		snprintf(text, sizeof(text),
			 "message %" PRId64 " of %" PRId64 "%s%s", indexed,
			 last, why[0] != '\0' ? "; " : "", why);
	health_add(list, "search", why[0] == '\0', text);
	return OUT_OK;
}

/* What other servers delivered waits for its reader for moments only. What is
 * dead was looked at, and is for somebody to look at. */
static enum outcome
health_hooks(struct store *s, struct request *rq, json_t *list, struct err *e)
{
	json_t *hooks = NULL;
	int64_t due_ms;
	int64_t late;
	char text[100];
	enum outcome o = hook_counts(s, &hooks, &due_ms, e);

	if (o != OUT_OK)
		return o;
	result_set(rq, "hooks", hooks);
	late = due_ms != 0 && due_ms < rq->now_ms ? rq->now_ms - due_ms : 0;
	(void)snprintf(
		text, sizeof(text),
		"oldest waits %" PRId64 " s, %" PRId64 " dead", late / 1000,
		(int64_t)json_integer_value(json_object_get(hooks, "dead")));
	health_add(list, "hooks", late < QUEUED_LATE_MS, text);
	return OUT_OK;
}

static enum outcome
health(struct desk *d, struct store *s, struct request *rq,
       const json_t *connections, struct err *e)
{
	json_t *list = json_array();
	struct status_health h;
	char text[100];
	int64_t late;
	enum outcome o = status_health(s, rq->now_ms, &h, e);

	result_set(rq, "health", list);
	if (o != OUT_OK)
		return o;
	health_disk(d, list);
	health_add(list, "store", !store_damaged(),
		   store_damaged() ? "damaged: stop Postigo, run 'postigo "
				     "fsck', restore a backup"
				   : "ok");
	health_book(d, list);
	late = h.late_clock_s != 0 ? rq->now_ms / 1000 - h.late_clock_s : 0;
	snprintf(text, sizeof(text), late > 0 ? "%" PRId64 " s behind" : "ok",
		 late);
	health_add(list, "clocks", late < CLOCK_LATE_S, text);
	late = h.late_queued_ms != 0 ? rq->now_ms - h.late_queued_ms : 0;
	snprintf(text, sizeof(text),
		 "oldest waits %" PRId64 " s, %" PRId64 " failed", late / 1000,
		 h.failed);
	health_add(list, "outbox", late < QUEUED_LATE_MS, text);
	o = health_hooks(s, rq, list, e);
	if (o == OUT_OK)
		o = health_rules(s, list, e);
	if (o == OUT_OK)
		o = health_search(d, s, list, e);
	if (o != OUT_OK)
		return o;
	return health_connections(d, s, connections, rq->now_ms, list, e);
}

/* What waits and what was refused, beside the other results. */
static void
load_set(struct desk *d, struct request *rq)
{
	json_t *load = d->engine != NULL ? engine_load(d) : NULL;

	if (load != NULL)
		(void)json_object_update(rq->result, load);
	json_decref(load);
}

static json_t *
peers_json(struct desk *d)
{
	size_t counts[ROLE_COUNT] = { 0 };
	json_t *o = json_object();

	if (d->engine != NULL)
		engine_peer_counts(d, counts);
	for (int r = 0; r < ROLE_COUNT; r++)
		row_set(o, role_name((enum role)r),
			json_integer((json_int_t)counts[r]));
	return o;
}

enum outcome
m_status_get(struct desk *d, struct store *s, struct request *rq, struct err *e)
{
	json_t *desk = NULL;
	json_t *list = NULL;
	enum outcome o = status_numbers(s, rq->now_ms, &rq->result, e);

	if (o == OUT_OK)
		o = connections_json(d, s, &list, e);
	if (o == OUT_OK)
		result_set(rq, "connections", list);
	if (o == OUT_OK)
		o = deskrow_get(s, &desk, e);
	if (o == OUT_OK)
		o = health(d, s, rq, list, e);
	if (o == OUT_OK) {
		result_set(rq, "version", json_string(PACKAGE_VERSION));
		result_set(rq, "since", row_iso(d->started_ms));
		result_set(rq, "number", json_integer(store_number(s)));
		result_set(rq, "peers", peers_json(d));
		load_set(d, rq);
		result_set(rq, "tzdata",
			   json_incref(json_object_get(desk, "tzdata")));
		result_set(rq, "processes", json_null());
	}
	json_decref(desk);
	return o;
}
