#include "daemon/customer.h"

#include <jansson.h>

#include "daemon/store/audit.h"
#include "daemon/store/event.h"
#include "daemon/store/incident.h"
#include "daemon/store/merged.h"

static enum outcome
stands_alone(struct store *s, int64_t customer_id, struct err *e)
{
	int64_t into = 0;
	enum outcome o = merged_into(s, customer_id, &into, e);

	if (o == OUT_OK && into != 0)
		return err_code(e, OUT_PERM, "conflict",
				"customer %lld is part of %lld",
				(long long)customer_id, (long long)into);
	return o;
}

static enum outcome
may_merge(struct store *s, int64_t kept_id, int64_t gone_id, struct err *e)
{
	int64_t rows = 0;
	enum outcome o;

	if (kept_id == gone_id)
		return err_code(e, OUT_PERM, "conflict",
				"a customer cannot be merged with themselves");
	o = stands_alone(s, kept_id, e);
	if (o == OUT_OK)
		o = stands_alone(s, gone_id, e);
	if (o == OUT_OK)
		o = merged_weight(s, gone_id, &rows, e);
	if (o == OUT_OK && rows > MERGED_ROWS_MAX)
		return err_code(e, OUT_PERM, "too_large",
				"customer %lld has over %d incidents and "
				"orders: let them be the survivor",
				(long long)gone_id, MERGED_ROWS_MAX);
	return o;
}

/* --- what is told --------------------------------------------------------------- */

/* Whose an incident is now, at an instant that none of its events is after. */
static enum outcome
tell_incident(struct store *s, int64_t incident_id, json_t *data,
	      const struct customer_by *by, struct err *e)
{
	int64_t at = 0;
	enum outcome o = incident_instant(s, incident_id, by->now_ms, &at, e);

	if (o != OUT_OK) {
		json_decref(data);
		return o;
	}
	return event_add(s, at, "incident.customer", incident_id, by->agent_id,
			 data, e);
}

static enum outcome
tell_incidents(struct store *s, const json_t *incidents, int64_t merge_id,
	       int64_t from, int64_t to, const struct customer_by *by,
	       struct err *e)
{
	const json_t *id;
	size_t i;
	enum outcome o = OUT_OK;

	json_array_foreach(incidents, i, id)
	{
		json_t *data = json_object();

		(void)json_object_set_new(data, "merge",
					  json_integer(merge_id));
		(void)json_object_set_new(data, "from", json_integer(from));
		(void)json_object_set_new(data, "to", json_integer(to));
		o = tell_incident(s, json_integer_value(id), data, by, e);
		if (o != OUT_OK)
			return o;
	}
	return OUT_OK;
}

static enum outcome
tell(struct store *s, const char *kind, const char *method,
     const struct merged *m, size_t incidents, const struct customer_by *by,
     struct err *e)
{
	struct audit_entry a = { .at_ms = by->now_ms,
				 .agent_id = by->agent_id,
				 .role = by->role,
				 .action = method,
				 .object_id = m->id,
				 .outcome = "ok" };
	json_t *data = json_object();
	enum outcome o;

	(void)json_object_set_new(data, "merge", json_integer(m->id));
	(void)json_object_set_new(data, "customer", json_integer(m->kept_id));
	(void)json_object_set_new(data, "gone", json_integer(m->gone_id));
	(void)json_object_set_new(data, "incidents",
				  json_integer((json_int_t)incidents));
	o = event_add(s, by->now_ms, kind, 0, by->agent_id, data, e);
	return o == OUT_OK ? audit_add(s, &a, e) : o;
}

/* --- one, and two again ---------------------------------------------------------- */

enum outcome
customer_merge(struct store *s, int64_t kept_id, int64_t gone_id,
	       const struct customer_by *by, int64_t *merge_out, struct err *e)
{
	struct merged m = { .id = 0 };
	const json_t *incidents = NULL;
	enum outcome o = may_merge(s, kept_id, gone_id, e);

	if (o == OUT_OK)
		o = merged_move(s, kept_id, gone_id, by->agent_id, by->now_ms,
				&m, e);
	incidents = json_object_get(m.journal, "incidents");
	if (o == OUT_OK)
		o = tell_incidents(s, incidents, m.id, gone_id, kept_id, by, e);
	if (o == OUT_OK)
		o = tell(s, "customer.merged", "customer.merge", &m,
			 json_array_size(incidents), by, e);
	*merge_out = m.id;
	merged_release(&m);
	return o;
}

static enum outcome
may_undo(struct store *s, const struct merged *m, struct err *e)
{
	if (m->undone_ms != 0)
		return err_code(e, OUT_PERM, "conflict",
				"the merge was undone before");
	return stands_alone(s, m->kept_id, e);
}

enum outcome
customer_unmerge(struct store *s, int64_t merge_id,
		 const struct customer_by *by, int64_t *kept_out,
		 int64_t *gone_out, struct err *e)
{
	struct merged m;
	json_t *incidents = NULL;
	enum outcome o = merged_load(s, merge_id, &m, e);

	if (o == OUT_OK)
		o = may_undo(s, &m, e);
	if (o == OUT_OK)
		o = merged_back(s, &m, by->agent_id, by->now_ms, &incidents, e);
	if (o == OUT_OK)
		o = tell_incidents(s, incidents, m.id, m.kept_id, m.gone_id, by,
				   e);
	if (o == OUT_OK)
		o = tell(s, "customer.unmerged", "customer.unmerge", &m,
			 json_array_size(incidents), by, e);
	*kept_out = m.kept_id;
	*gone_out = m.gone_id;
	json_decref(incidents);
	merged_release(&m);
	return o;
}
