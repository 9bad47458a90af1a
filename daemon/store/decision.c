#include "daemon/store/decision.h"

#include "daemon/base/clock.h"
#include "daemon/store/event.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

#define STEP 2000 /* events between two looks at the time */

static const struct sql q_fired = {
	"count what rules did",
	"SELECT data FROM event WHERE number > $1 AND number <= $2"
	" AND kind = 'incident.classified' AND at_ms >= $3"
};
static const struct sql q_at = {
	"read an event's instant",
	"SELECT at_ms FROM event WHERE number >= $1 ORDER BY number LIMIT 1"
};

static void
count_rule(json_t *counts, const char *rule)
{
	json_int_t n;

	if (rule == NULL)
		return;
	n = json_integer_value(json_object_get(counts, rule));
	(void)json_object_set_new(counts, rule, json_integer(n + 1));
}

static void
count_event(json_t *counts, sqlite3_stmt *st)
{
	json_t *data = sql_json_doc(st, 0);
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(data, "rules"), i, x) count_rule(
		counts, json_string_value(json_object_get(x, "rule")));
	json_decref(data);
}

/* Count the events above one number, up to another. */
static enum outcome
count_step(struct store *s, int64_t above, int64_t up_to, int64_t since_ms,
	   json_t *counts, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_fired);
	enum outcome o;
	bool row;

	sql_set_int(st, 1, above);
	sql_set_int(st, 2, up_to);
	sql_set_int(st, 3, since_ms);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		count_event(counts, st);
	return o;
}

enum outcome
decision_count(struct store *s, int64_t since_ms, int64_t budget_ms,
	       json_t **out, int64_t *from_out, struct err *e)
{
	int64_t end_ms = clock_tick_ms() + budget_ms;
	int64_t up_to = store_number(s);
	json_t *counts = json_object();
	enum outcome o = OUT_OK;

	*from_out = since_ms;
	while (o == OUT_OK && up_to > 0) {
		int64_t above = up_to > STEP ? up_to - STEP : 0;
		int64_t at_ms = 0;
		sqlite3_stmt *st;

		o = count_step(s, above, up_to, since_ms, counts, e);
		if (o != OUT_OK)
			break;
		st = sql_stmt(s, &q_at);
		sql_set_int(st, 1, above + 1);
		o = row_number(s, st, &at_ms, e);
		if (o != OUT_OK || at_ms < since_ms)
			break;
		up_to = above;
		if (up_to > 0 && clock_tick_ms() >= end_ms) {
			*from_out = at_ms;
			break;
		}
	}
	if (o != OUT_OK) {
		json_decref(counts);
		counts = NULL;
	}
	*out = counts;
	return o;
}
