#include "daemon/store/window.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"

/* our end, in terms of the column */
#define END_BEFORE_MS (WINDOW_MARGIN_MS + WINDOW_WARN_MS)

/* Of a customer by a connection of WhatsApp, whose columns these are: the end
 * of the window, what they said last, and by how many addresses they can be
 * reached. What somebody gave up is not theirs any more; who wrote since an
 * address failed can be reached. */
#define OWN "d.scope NOT GLOB 'gone:*'"
#define UNTIL(connection, customer)                                            \
	"(SELECT w.until_ms FROM contact_window w "                            \
	"WHERE w.connection_id = " connection " AND w.customer_id = " customer \
	")"
#define FACTS(connection, customer)                                                          \
	"SELECT " UNTIL(                                                                     \
		connection,                                                                  \
		customer) ", "                                                               \
			  "coalesce((SELECT d.consent FROM identity d "                      \
			  "WHERE d.customer_id = " customer                                  \
			  " AND d.consent <> '' "                                            \
			  "AND d.kind IN ('whatsapp', 'bsuid', 'parent_bsuid') AND " OWN     \
			  " ORDER BY d.consent_ms DESC, d.id DESC LIMIT 1), ''), "           \
			  "(SELECT count(*) FROM identity d WHERE d.customer_id = " customer \
			  " AND d.kind IN ('whatsapp', 'bsuid') AND " OWN                    \
			  " AND (d.failed_ms IS NULL OR d.failed_ms + 86400000 <= " UNTIL(   \
				  connection, customer) ")) "

_Static_assert(WINDOW_MS == 86400000, "the statement above says it too");

static const struct sql q_get = {
	"read what may be answered",
	FACTS("n.id",
	      "i.customer_id") "FROM incident i "
			       "JOIN connection n ON n.id = i.connection_id "
			       "WHERE i.id = $1 AND n.kind = 'whatsapp'"
};
static const struct sql q_between = {
	"read what may be sent",
	FACTS("n.id", "$2") "FROM connection n "
			    "WHERE n.id = $1 AND n.kind = 'whatsapp'"
};
static const struct sql q_put = {
	"open a window",
	"INSERT INTO contact_window (connection_id, customer_id, until_ms, "
	"last_external_id) VALUES ($1, $2, $3, $4) "
	"ON CONFLICT (connection_id, customer_id) DO UPDATE SET "
	"until_ms = excluded.until_ms, warned_ms = NULL, "
	"last_external_id = CASE excluded.last_external_id WHEN '' "
	"THEN last_external_id ELSE excluded.last_external_id END "
	"WHERE excluded.until_ms >= until_ms"
};
static const struct sql q_end = {
	"close a window",
	"UPDATE contact_window SET until_ms = $3 WHERE connection_id = $1 "
	"AND customer_id = $2 AND until_ms > $3"
};
/* +: among the customer's, not among all of the connection */
static const struct sql q_due = {
	"find a window that closes",
	"SELECT w.connection_id, w.customer_id, w.until_ms, "
	"coalesce((SELECT max(i.id) FROM incident i "
	"WHERE i.customer_id = w.customer_id AND i.active = 1 "
	"AND +i.connection_id = w.connection_id), 0) FROM contact_window w "
	"WHERE w.warned_ms IS NULL AND w.until_ms <= $1 "
	"ORDER BY w.until_ms LIMIT 1"
};
static const struct sql q_warned = {
	"note that a window was looked at",
	"UPDATE contact_window SET warned_ms = $3 WHERE connection_id = $1 "
	"AND customer_id = $2"
};
static const struct sql q_next = {
	"find the next window that closes",
	"SELECT min(until_ms) FROM contact_window WHERE warned_ms IS NULL"
};
static const struct sql q_unmarked = {
	"find the contact to mark as read",
	"SELECT w.connection_id, w.customer_id, w.last_external_id "
	"FROM incident i JOIN contact_window w "
	"ON w.connection_id = i.connection_id "
	"AND w.customer_id = i.customer_id "
	"JOIN message m ON +m.connection_id = w.connection_id "
	"AND m.external_id = w.last_external_id "
	"WHERE i.id = $1 AND w.last_external_id <> '' "
	"AND m.incident_id = i.id LIMIT 1"
};
static const struct sql q_newest = {
	"find the customer's newest message",
	"SELECT external_id FROM message WHERE incident_id = $1 "
	"AND connection_id = $2 AND direction = 'in' "
	"AND external_id IS NOT NULL ORDER BY number DESC LIMIT 1"
};
static const struct sql q_mark = {
	"note that a contact was marked as read",
	"UPDATE contact_window SET last_external_id = '' "
	"WHERE connection_id = $1 AND customer_id = $2"
};

const char *
can_reply(enum can_reply can)
{
	static const char *const words[] = { [CAN_REPLY_NONE] = NULL,
					     [CAN_REPLY_FREE] = "free",
					     [CAN_REPLY_TEMPLATE] = "template",
					     [CAN_REPLY_NO] = "no" };

	return words[can];
}

void
window_judge(int64_t until_ms, bool opted_out, bool unreachable, int64_t now_ms,
	     struct window *out)
{
	memset(out, 0, sizeof *out);
	out->opted_out = opted_out;
	out->unreachable = unreachable;
	if (until_ms > WINDOW_MARGIN_MS)
		out->until_ms = until_ms - WINDOW_MARGIN_MS;
	if (unreachable)
		out->can = CAN_REPLY_NO;
	else if (now_ms < out->until_ms)
		out->can = CAN_REPLY_FREE;
	else
		out->can = opted_out ? CAN_REPLY_NO : CAN_REPLY_TEMPLATE;
}

static enum outcome
window_read(struct store *s, sqlite3_stmt *st, int64_t now_ms,
	    struct window *out, struct err *e)
{
	bool row;
	enum outcome o = sql_row(s, st, &row, e);

	memset(out, 0, sizeof *out);
	if (o == OUT_OK && row)
		window_judge(sql_get_int(st, 0),
			     strcmp(sql_get_text(st, 1), "out") == 0,
			     sql_get_int(st, 2) == 0, now_ms, out);
	sql_reset(st);
	return o;
}

enum outcome
window_get(struct store *s, int64_t incident_id, int64_t now_ms,
	   struct window *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_get);

	sql_set_int(st, 1, incident_id);
	return window_read(s, st, now_ms, out, e);
}

enum outcome
window_between(struct store *s, int64_t connection_id, int64_t customer_id,
	       int64_t now_ms, struct window *out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_between);

	sql_set_int(st, 1, connection_id);
	sql_set_int(st, 2, customer_id);
	return window_read(s, st, now_ms, out, e);
}

enum outcome
window_put(struct store *s, int64_t connection_id, int64_t customer_id,
	   int64_t at_ms, const char *external_id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_put);

	sql_set_int(st, 1, connection_id);
	sql_set_int(st, 2, customer_id);
	sql_set_int(st, 3, at_ms + WINDOW_MS);
	sql_set_str(st, 4, external_id != NULL ? external_id : "");
	return sql_done(s, st, e);
}

enum outcome
window_end(struct store *s, int64_t connection_id, int64_t customer_id,
	   int64_t now_ms, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_end);

	sql_set_int(st, 1, connection_id);
	sql_set_int(st, 2, customer_id);
	sql_set_int(st, 3, now_ms);
	return sql_done(s, st, e);
}

enum outcome
window_due(struct store *s, int64_t now_ms, struct window_due *out,
	   bool *found_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_due);
	enum outcome o;

	memset(out, 0, sizeof *out);
	sql_set_int(st, 1, now_ms + END_BEFORE_MS);
	o = sql_row(s, st, found_out, e);
	if (o == OUT_OK && *found_out) {
		out->connection_id = sql_get_int(st, 0);
		out->customer_id = sql_get_int(st, 1);
		out->until_ms = sql_get_int(st, 2) - WINDOW_MARGIN_MS;
		out->incident_id = sql_get_int(st, 3);
	}
	sql_reset(st);
	return o;
}

enum outcome
window_warned(struct store *s, const struct window_due *w, int64_t now_ms,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_warned);

	sql_set_int(st, 1, w->connection_id);
	sql_set_int(st, 2, w->customer_id);
	sql_set_int(st, 3, now_ms);
	return sql_done(s, st, e);
}

enum outcome
window_next(struct store *s, int64_t *ms_out, struct err *e)
{
	enum outcome o;

	*ms_out = INT64_MAX;
	o = row_lower(s, sql_stmt(s, &q_next), ms_out, e);
	if (o == OUT_OK && *ms_out != INT64_MAX)
		*ms_out -= END_BEFORE_MS;
	return o;
}

enum outcome
window_mark(struct store *s, int64_t incident_id, int64_t *connection_out,
	    char **external_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_unmarked);
	int64_t customer = 0;
	bool row;
	enum outcome o;

	*connection_out = 0;
	*external_out = NULL;
	sql_set_int(st, 1, incident_id);
	o = sql_row(s, st, &row, e);
	if (o != OUT_OK || !row)
		return o;
	*connection_out = sql_get_int(st, 0);
	customer = sql_get_int(st, 1);
	*external_out = mem_strdup(sql_get_text(st, 2));
	sql_reset(st);
	return row_change(s, &q_mark, *connection_out, customer, e);
}

enum outcome
window_newest(struct store *s, int64_t incident_id, int64_t connection_id,
	      char **external_out, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_newest);

	sql_set_int(st, 1, incident_id);
	sql_set_int(st, 2, connection_id);
	return row_text(s, st, external_out, e);
}
