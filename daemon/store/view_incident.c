#include "daemon/store/view_incident.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/store/row.h"
#include "daemon/store/view.h"
#include "daemon/store/window.h"
#include "daemon/wire/json_out.h"
#include "rules/book.h"

/* Columns of q_incident that are looked at far from the others. */
enum {
	CUSTOMER = 6,
	FOLLOWS = 19,
	CLAIMS = 23
};

static const struct sql q_incident = {
	"view.incident",
	"SELECT i.id, i.channel, i.queue, i.state, i.priority, i.reason,"
	" i.customer_id, c.name, i.assignee_id, a.name, i.created_ms,"
	" i.updated_ms, i.due_ms, i.messages, i.last_direction, i.last_ms,"
	" i.saved_reply, n.name, m.subject, i.follows_id, i.team, i.wake_ms,"
	" i.undecided, i.claims_id FROM incident i JOIN customer c ON c.id = i.customer_id"
	" LEFT JOIN agent a ON a.id = i.assignee_id"
	" LEFT JOIN connection n ON n.id = i.connection_id"
	" LEFT JOIN message m ON m.incident_id = i.id AND m.number = 1"
	" WHERE i.id = $1"
};

static const struct sql q_tags = {
	"view.tags",
	"SELECT tag FROM incident_tag WHERE incident_id = $1 ORDER BY tag"
};

/* what finds people is no address of theirs */
const struct sql view_identities = {
	"view.identities",
	"SELECT " VIEW_IDENTITY_COLUMNS " FROM identity"
	" WHERE customer_id = $1 AND kind NOT IN ('phone_match',"
	" 'parent_bsuid') AND scope <> 'erased' ORDER BY id"
};

/* Without a limit: to sort the few that run costs less than the b-tree that
 * SQLite makes for the first of an order. */
static const struct sql q_clock_next = {
	"view.clock_next",
	"SELECT " VIEW_CLOCK_COLUMNS " FROM clock WHERE incident_id = $1"
	" AND state = 'running' AND due_s IS NOT NULL"
	" ORDER BY paused, due_s, id"
};

enum outcome
view_no_such(struct err *e, const char *what, int64_t id)
{
	return err_code(e, OUT_PERM, "not_found", "no such %s: %lld", what,
			(long long)id);
}

void
view_clock_out(sqlite3_stmt *st, struct json_out *out, const char *key)
{
	json_out_object(out, key);
	row_out_int(out, "id", st, 0);
	row_out_str(out, "name", st, 1);
	row_out_str(out, "state", st, 2);
	row_out_str(out, "policy", st, 3);
	row_out_str(out, "calendar", st, 4);
	row_out_int(out, "book_version", st, 5);
	row_out_s(out, "start_at", st, 6);
	row_out_int(out, "budget_s", st, 7);
	row_out_s(out, "due_at", st, 8);
	row_out_s(out, "ended_at", st, 9);
	row_out_str(out, "cause", st, 10);
	row_out_bool(out, "breached", st, 11);
	if (sql_get_int(st, 12) > 0)
		row_out_int(out, "days", st, 12);
	if (sql_get_int(st, 13) != 0)
		json_out_bool(out, "paused", true);
	if (!sql_get_null(st, 14))
		row_out_int(out, "used_s", st, 14);
	if (sql_get_int(st, 15) != 0)
		json_out_bool(out, "late", true);
	if (*sql_get_text(st, 16) != '\0')
		row_out_str(out, "rule", st, 16);
	json_out_end(out);
}

void
view_identity_out(sqlite3_stmt *st, struct json_out *out, const char *key)
{
	json_out_object(out, key);
	row_out_int(out, "id", st, 0);
	row_out_str(out, "kind", st, 1);
	row_out_str(out, "value", st, 2);
	row_out_bool(out, "verified", st, 3);
	if (!sql_get_null(st, 4)) {
		row_out_ms(out, "failed_at", st, 4);
		row_out_str(out, "failed_detail", st, 5);
	}
	if (strncmp(sql_get_text(st, 6), "gone:", 5) == 0)
		json_out_bool(out, "gone", true);
	if (*sql_get_text(st, 7) != '\0')
		row_out_str(out, "username", st, 7);
	if (*sql_get_text(st, 8) != '\0') {
		row_out_str(out, "consent", st, 8);
		row_out_ms(out, "consent_at", st, 9);
		row_out_str(out, "consent_how", st, 10);
	}
	if (!sql_get_null(st, 11))
		row_out_str(out, "shop", st, 11);
	json_out_end(out);
}

static void
tag_out(sqlite3_stmt *st, struct json_out *out, const char *key)
{
	row_out_str(out, key, st, 0);
}

/* {id, name}, or null. */
static void
ref_out(struct json_out *out, const char *key, sqlite3_stmt *st, int at)
{
	if (sql_get_null(st, at)) {
		json_out_null(out, key);
		return;
	}
	json_out_object(out, key);
	row_out_int(out, "id", st, at);
	row_out_str(out, "name", st, at + 1);
	json_out_end(out);
}

/* What it is, up to its tags. */
static void
head_out(sqlite3_stmt *st, const struct book *b, struct json_out *out)
{
	const struct book_queue *q =
		b ? book_queue(b, sql_get_text(st, 2)) : NULL;
	char ref[32];
	int n = snprintf(ref, sizeof(ref), "P-%lld",
			 (long long)sql_get_int(st, 0));

	row_out_int(out, "id", st, 0);
	json_out_string(out, "ref", ref, (size_t)n);
	row_out_str(out, "channel", st, 1);
	row_out_str(out, "queue", st, 2);
	if (q != NULL)
		json_out_string(out, "queue_title", q->title, strlen(q->title));
	else
		row_out_str(out, "queue_title", st, 2);
	row_out_str(out, "state", st, 3);
	row_out_str(out, "priority", st, 4);
	row_out_str(out, "reason", st, 5);
}

static enum outcome
customer_out(struct store *s, sqlite3_stmt *st, struct json_out *out,
	     struct err *e)
{
	enum outcome o;

	json_out_object(out, "customer");
	row_out_int(out, "id", st, CUSTOMER);
	row_out_str(out, "name", st, CUSTOMER + 1);
	o = row_out_list_of(s, &view_identities, sql_get_int(st, CUSTOMER),
			    view_identity_out, out, "identities", e);
	json_out_end(out);
	return o;
}

/* What follows its clock. */
static void
tail_out(sqlite3_stmt *st, struct json_out *out)
{
	row_out_int(out, "messages", st, 13);
	row_out_str(out, "last_direction", st, 14);
	row_out_ms(out, "last_at", st, 15);
	row_out_str(out, "saved_reply", st, 16);
	row_out_str(out, "connection", st, 17);
	if (sql_get_text(st, 20)[0] != '\0')
		row_out_str(out, "team", st, 20);
	if (!sql_get_null(st, 21))
		row_out_ms(out, "wake_at", st, 21);
	if (sql_get_int(st, 22) != 0)
		json_out_bool(out, "undecided", true);
}

/* What may be answered now, where that is not always anything. */
static enum outcome
window_out(struct store *s, sqlite3_stmt *st, struct json_out *out,
	   struct err *e)
{
	struct window w;
	const char *can;
	enum outcome o;

	if (strcmp(sql_get_text(st, 1), "whatsapp") != 0)
		return OUT_OK;
	o = window_get(s, sql_get_int(st, 0), clock_now_ms(), &w, e);
	if (o != OUT_OK || w.can == CAN_REPLY_NONE)
		return o;
	can = can_reply(w.can);
	json_out_string(out, "can_reply", can, strlen(can));
	if (w.until_ms != 0)
		json_out_ms(out, "can_reply_until", w.until_ms);
	return OUT_OK;
}

static enum outcome
incident_out(struct store *s, const struct book *b, sqlite3_stmt *st,
	     struct json_out *out, struct err *e)
{
	enum outcome o;

	head_out(st, b, out);
	o = row_out_list_of(s, &q_tags, sql_get_int(st, 0), tag_out, out,
			    "tags", e);
	row_out_str(out, "subject", st, 18);
	if (o == OUT_OK)
		o = customer_out(s, st, out, e);
	ref_out(out, "assignee", st, 8);
	row_out_ms(out, "created_at", st, 10);
	row_out_ms(out, "updated_at", st, 11);
	row_out_ms(out, "due_at", st, 12);
	if (o == OUT_OK)
		o = row_out_one_of(s, &q_clock_next, sql_get_int(st, 0),
				   view_clock_out, out, "clock", e);
	tail_out(st, out);
	return o == OUT_OK ? window_out(s, st, out, e) : o;
}

enum outcome
view_incident_out(struct store *s, const struct book *b, int64_t id,
		  struct json_out *out, const char *key,
		  struct view_kin *kin_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_incident);
	bool row = false;
	enum outcome o;

	sql_set_int(st, 1, id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK)
		return o;
	if (!row)
		return view_no_such(e, "incident", id);
	if (kin_out != NULL)
		*kin_out = (struct view_kin){
			.customer = sql_get_int(st, CUSTOMER),
			.follows = sql_get_int(st, FOLLOWS),
			.claims = sql_get_int(st, CLAIMS),
		};
	json_out_object(out, key);
	o = incident_out(s, b, st, out, e);
	json_out_end(out);
	sql_reset(st);
	return o;
}

enum outcome
view_incident_tree(struct store *s, const struct book *b, int64_t id,
		   json_t **out, struct view_kin *kin_out, struct err *e)
{
	struct json_out tree;
	enum outcome o;

	json_out_tree(&tree);
	o = view_incident_out(s, b, id, &tree, NULL, kin_out, e);
	*out = json_out_take(&tree);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	}
	return o;
}

enum outcome
view_incident(struct store *s, const struct book *b, int64_t id, json_t **out,
	      struct err *e)
{
	return view_incident_tree(s, b, id, out, NULL, e);
}
