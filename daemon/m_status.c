/* m_status: how the desk is. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/statvfs.h>

#include "daemon/config.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/m_connection.h"
#include "daemon/param.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/row.h"
#include "daemon/store/status.h"
#include "daemon/store/store.h"
#include "rules/book.h"

#define SPACE_LOW ((uint64_t)256 * 1024 * 1024)
#define CLOCK_LATE_S 60
#define CONNECTION_NAME 500
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

static void
health_space(struct store *s, json_t *list)
{
	struct statvfs v;
	uint64_t space;
	char text[100];

	if (statvfs(store_dir(s), &v) != 0) {
		health_add(list, "store", false, "free space is not known");
		return;
	}
	space = (uint64_t)v.f_bavail * v.f_frsize;
	snprintf(text, sizeof(text), "%" PRIu64 " MiB free",
		 space / (1024 * 1024));
	health_add(list, "store", space >= SPACE_LOW, text);
}

static void
health_connections(const json_t *connections, json_t *list)
{
	const json_t *c;
	size_t i;

	json_array_foreach(connections, i, c)
	{
		const char *state =
			json_string_value(json_object_get(c, "state"));
		char name[CONNECTION_NAME];

		if (!json_is_true(json_object_get(c, "active")))
			continue;
		snprintf(name, sizeof(name), "connection %s",
			 json_string_value(json_object_get(c, "name")));
		health_add(list, name, strcmp(state, "failing") != 0,
			   strcmp(state, "failing") == 0
				   ? json_string_value(
					     json_object_get(c, "state_detail"))
				   : state);
	}
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
	health_space(s, list);
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
	health_connections(connections, list);
	return OUT_OK;
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
		result_set(rq, "tzdata",
			   json_incref(json_object_get(desk, "tzdata")));
		result_set(rq, "processes", json_null());
	}
	json_decref(desk);
	return o;
}
