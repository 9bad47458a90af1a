/*
 * m_customer: who is who: customer.merge, customer.unmerge,
 * customer.suggestions, suggestion.refuse, customer.timeline; and what the desk
 * wrote down of them: customer.note.
 */

#include "daemon/base/clock.h"
#include "daemon/customer.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/customer.h"
#include "daemon/store/customer_note.h"
#include "daemon/store/event.h"
#include "daemon/store/merged.h"
#include "daemon/store/suggestion.h"
#include "daemon/store/timeline.h"
#include "daemon/store/view.h"
#include "daemon/trail.h"

#define SUGGESTIONS_MAX 100

/* named by the table of handlers */
method_fn m_customer_merge;
method_fn m_customer_unmerge;
method_fn m_customer_suggestions;
method_fn m_customer_timeline;
method_fn m_customer_note;
method_fn m_suggestion_refuse;

static struct customer_by
by_of(const struct request *rq)
{
	return (struct customer_by){ .agent_id = rq->agent_id,
				     .role = role_name(rq->role),
				     .now_ms = rq->now_ms };
}

static enum outcome
answer(struct store *s, struct request *rq, const char *name, int64_t id,
       struct err *e)
{
	json_t *customer = NULL;
	enum outcome o = view_customer(s, id, &customer, e);

	if (o == OUT_OK)
		result_set(rq, name, customer);
	return o;
}

enum outcome
m_customer_merge(struct desk *d, struct store *s, struct request *rq,
		 struct err *e)
{
	struct customer_by by = by_of(rq);
	int64_t kept = param_int(rq, "customer", 0);
	int64_t merge = 0;
	enum outcome o = customer_merge(s, kept, param_int(rq, "gone", 0), &by,
					&merge, e);

	(void)d;
	if (o == OUT_OK)
		result_set(rq, "merge", json_integer(merge));
	return o == OUT_OK ? answer(s, rq, "customer", kept, e) : o;
}

enum outcome
m_customer_unmerge(struct desk *d, struct store *s, struct request *rq,
		   struct err *e)
{
	struct customer_by by = by_of(rq);
	int64_t kept = 0;
	int64_t gone = 0;
	enum outcome o = customer_unmerge(s, param_int(rq, "merge", 0), &by,
					  &kept, &gone, e);

	(void)d;
	if (o == OUT_OK)
		o = answer(s, rq, "customer", kept, e);
	return o == OUT_OK ? answer(s, rq, "other", gone, e) : o;
}

enum outcome
m_customer_suggestions(struct desk *d, struct store *s, struct request *rq,
		       struct err *e)
{
	int64_t customer = param_int(rq, "customer", 0);
	int64_t limit = param_int(rq, "limit", 20);
	json_t *list = NULL;
	json_t *merges = NULL;
	enum outcome o = OUT_OK;

	(void)d;
	if (limit < 1 || limit > SUGGESTIONS_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d", SUGGESTIONS_MAX);
	if (customer != 0)
		o = merged_list(s, customer, &merges, e);
	if (o == OUT_OK)
		o = suggestion_list(s, customer, (int)limit, &list, e);
	if (o != OUT_OK) {
		json_decref(merges);
		return o;
	}
	result_set(rq, "suggestions", list);
	result_set(rq, "merges", merges != NULL ? merges : json_array());
	return OUT_OK;
}

enum outcome
m_suggestion_refuse(struct desk *d, struct store *s, struct request *rq,
		    struct err *e)
{
	int64_t id = param_int(rq, "id", 0);
	enum outcome o = suggestion_refuse(s, id, rq->agent_id, e);

	(void)d;
	if (o == OUT_OK)
		o = trail_add(s, rq, id, "ok", e);
	if (o == OUT_OK)
		result_set(rq, "id", json_integer(id));
	return o;
}

enum outcome
m_customer_timeline(struct desk *d, struct store *s, struct request *rq,
		    struct err *e)
{
	int64_t customer = param_int(rq, "customer", 0);
	int64_t limit = param_int(rq, "limit", 50);
	json_t *items = NULL;
	json_t *more = NULL;
	enum outcome o = OUT_OK;

	(void)d;
	if (limit < 1 || limit > TIMELINE_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d", TIMELINE_MAX);
	o = customer_check(s, customer, e);
	if (o == OUT_OK)
		o = timeline_list(s, customer, param_str(rq, "before"),
				  (int)limit, &items, &more, e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "items", items);
	if (more != NULL)
		result_set(rq, "more", more);
	return OUT_OK;
}

/* --- notes ---------------------------------------------------------------------- */

/* Is their note still the one that was read? */
static enum outcome
still_seen(struct store *s, const struct request *rq, int64_t customer,
	   struct err *e)
{
	const char *seen = param_str(rq, "seen");
	int64_t seen_ms = 0;
	int64_t at_ms = 0;
	enum outcome o;

	if (seen != NULL && !clock_parse(seen, &seen_ms))
		return err_code(e, OUT_PERM, "bad_params",
				"'seen' is not an instant");
	o = customer_note_at(s, customer, &at_ms, e);
	if (o == OUT_OK && at_ms != seen_ms)
		return err_code(e, OUT_PERM, "conflict",
				"the note of customer %lld is another one now",
				(long long)customer);
	return o;
}

static enum outcome
note_tell(struct store *s, const struct request *rq, int64_t customer,
	  struct err *e)
{
	json_t *data = json_object();
	enum outcome o;

	(void)json_object_set_new(data, "customer", json_integer(customer));
	o = event_add(s, rq->now_ms, "customer.noted", 0, rq->agent_id, data,
		      e);
	return o == OUT_OK ? trail_add(s, rq, customer, "ok", e) : o;
}

enum outcome
m_customer_note(struct desk *d, struct store *s, struct request *rq,
		struct err *e)
{
	int64_t customer = param_int(rq, "customer", 0);
	json_t *notes = NULL;
	enum outcome o = customer_check(s, customer, e);

	(void)d;
	if (o == OUT_OK)
		o = still_seen(s, rq, customer, e);
	if (o == OUT_OK)
		o = customer_note_put(s, customer, param_str(rq, "text"),
				      rq->agent_id, rq->now_ms, e);
	if (o == OUT_OK)
		o = note_tell(s, rq, customer, e);
	if (o == OUT_OK)
		o = customer_note_list(s, customer, &notes, e);
	if (o == OUT_OK)
		result_set(rq, "notes", notes);
	return o;
}
