#include "daemon/store/status.h"

#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/tally.h"

/* A contact that was on its way for days may bring a deadline that has passed
 * already; the tick after it says so. */
#define STATUS_SETTLE_MS 60000

/* Clocks run in active incidents alone. Those of whom the tick knows, and the
 * ones that it is about to find: an index for each. */
static const struct sql q_overdue = {
	"count overdue clocks",
	"SELECT (SELECT count(*) FROM clock WHERE state = 'running'"
	" AND breached = 1) + (SELECT count(*) FROM clock"
	" WHERE state = 'running' AND breached = 0 AND paused = 0"
	" AND due_s <= $1)"
};

static const struct sql q_delivery_queued = {
	"count queued deliveries",
	"SELECT count(*) FROM delivery WHERE state = 'queued'"
};

static const struct sql q_delivery_taken = {
	"count taken deliveries",
	"SELECT count(*) FROM delivery WHERE state = 'taken'"
};

static const struct sql q_delivery_failed = {
	"count failed deliveries",
	"SELECT count(*) FROM delivery WHERE state = 'failed'"
};

static const struct sql q_delivery_unknown = {
	"count deliveries that may have arrived",
	"SELECT count(*) FROM delivery WHERE state = 'unknown'"
};

static const struct sql q_job_queued = {
	"count queued jobs", "SELECT count(*) FROM job WHERE state = 'queued'"
};

static const struct sql q_job_taken = {
	"count taken jobs", "SELECT count(*) FROM job WHERE state = 'taken'"
};

static const struct sql q_late_clock = {
	"look for a missed deadline",
	"SELECT min(c.due_s) FROM clock c JOIN incident i"
	" ON i.id = c.incident_id WHERE c.state = 'running'"
	" AND c.breached = 0 AND c.paused = 0 AND c.due_s < $1"
	" AND i.updated_ms < $2 AND NOT EXISTS (SELECT 1 FROM clock_walk)"
};

static const struct sql q_late_queued = {
	"look for a late delivery",
	"SELECT min(d.due_ms) FROM delivery d"
	" JOIN connection c ON c.id = d.connection_id"
	" WHERE d.state = 'queued' AND d.due_ms < $1 AND c.active = 1"
};

static enum outcome
number_into(struct store *s, sqlite3_stmt *st, json_t *o, const char *key,
	    struct err *e)
{
	int64_t n = 0;
	enum outcome r = row_number(s, st, &n, e);

	if (r == OUT_OK)
		row_set(o, key, json_integer(n));
	return r;
}

/* Active ones, by state. */
static enum outcome
incidents(struct store *s, json_t *o, struct err *e)
{
	struct tally_sums sums;
	enum outcome r = tally_ask(s, 0, 0, 0, &sums, e);

	for (int i = 0; r == OUT_OK && i < INCIDENT_STATE_COUNT; i++) {
		enum incident_state st = (enum incident_state)i;

		if (incident_state_active(st))
			row_set(o, incident_state_name(st),
				json_integer(sums.state[i]));
	}
	tally_sums_release(&sums);
	return r;
}

static enum outcome
outbox(struct store *s, json_t *o, struct err *e)
{
	enum outcome r;

	r = number_into(s, sql_stmt(s, &q_delivery_queued), o, "queued", e);
	if (r == OUT_OK)
		r = number_into(s, sql_stmt(s, &q_delivery_taken), o, "taken",
				e);
	if (r == OUT_OK)
		r = number_into(s, sql_stmt(s, &q_delivery_failed), o, "failed",
				e);
	if (r == OUT_OK)
		r = number_into(s, sql_stmt(s, &q_delivery_unknown), o,
				"unknown", e);
	return r;
}

static enum outcome
jobs(struct store *s, json_t *o, struct err *e)
{
	enum outcome r;

	r = number_into(s, sql_stmt(s, &q_job_queued), o, "queued", e);
	if (r == OUT_OK)
		r = number_into(s, sql_stmt(s, &q_job_taken), o, "taken", e);
	return r;
}

static json_t *
part(json_t *o, const char *key)
{
	json_t *v = json_object();

	row_set(o, key, v);
	return v;
}

enum outcome
status_numbers(struct store *s, int64_t now_ms, json_t **out, struct err *e)
{
	json_t *o = json_object();
	sqlite3_stmt *st;
	enum outcome r = incidents(s, part(o, "incidents"), e);

	if (r == OUT_OK) {
		st = sql_stmt(s, &q_overdue);
		sql_set_int(st, 1, now_ms / 1000);
		r = number_into(s, st, o, "overdue", e);
	}
	if (r == OUT_OK)
		r = outbox(s, part(o, "outbox"), e);
	if (r == OUT_OK)
		r = jobs(s, part(o, "jobs"), e);
	if (r != OUT_OK) {
		json_decref(o);
		o = NULL;
	}
	*out = o;
	return r;
}

enum outcome
status_health(struct store *s, int64_t now_ms, struct status_health *out,
	      struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_late_clock);
	enum outcome r;

	memset(out, 0, sizeof(*out));
	sql_set_int(st, 1, now_ms / 1000);
	sql_set_int(st, 2, now_ms - STATUS_SETTLE_MS);
	r = row_number(s, st, &out->late_clock_s, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_late_queued);
	sql_set_int(st, 1, now_ms);
	r = row_number(s, st, &out->late_queued_ms, e);
	if (r != OUT_OK)
		return r;
	return row_number(s, sql_stmt(s, &q_delivery_failed), &out->failed, e);
}
