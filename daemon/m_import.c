/*
 * m_import: import.*: files of orders that are read in, so that one that was
 * cut short goes on where it was. The orders themselves are order.put's.
 *
 * Invariant: whoever reads a file says how far it is after those orders were
 * committed, so a run's line never names what is not in.
 */

#include <string.h>

#include "daemon/change.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/request.h"
#include "daemon/store/import_run.h"
#include "daemon/trail.h"

#define IMPORT_LIST_MAX 100
#define IMPORT_LIST 20

/* named by the table of handlers */
method_fn m_import_begin;
method_fn m_import_mark;
method_fn m_import_list;

enum outcome
m_import_begin(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	struct import_run run;
	int64_t connection = 0;
	enum outcome o = link_id(s, param_str(rq, "connection"),
				 role_name(ROLE_SHOP), &connection, e);

	(void)d;
	if (o == OUT_OK)
		o = import_run_begin(s, connection, param_str(rq, "name"),
				     param_str(rq, "sha256"), rq->now_ms, &run,
				     e);
	if (o == OUT_OK)
		o = trail_add(s, rq, run.id, "ok", e);
	if (o != OUT_OK)
		return o;
	result_set(rq, "run", json_integer(run.id));
	result_set(rq, "line", json_integer(run.line));
	result_set(rq, "accepted", json_integer(run.accepted));
	result_set(rq, "changed", json_integer(run.changed));
	result_set(rq, "refused", json_integer(run.refused));
	return OUT_OK;
}

static bool
is_state(const char *s)
{
	return strcmp(s, "running") == 0 || strcmp(s, "done") == 0 ||
	       strcmp(s, "failed") == 0;
}

enum outcome
m_import_mark(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	const char *state = param_str(rq, "state");
	struct import_run run = {
		.id = param_int(rq, "run", 0),
		.line = param_int(rq, "line", 0),
		.accepted = param_int(rq, "accepted", 0),
		.changed = param_int(rq, "changed", 0),
		.refused = param_int(rq, "refused", 0),
	};
	enum outcome o;

	(void)d;
	if (!is_state(state))
		return err_code(e, OUT_PERM, "bad_params",
				"'state' is none of running, done, failed");
	o = import_run_mark(s, &run, state, rq->now_ms, e);
	if (o == OUT_OK && strcmp(state, "running") != 0)
		o = trail_add(s, rq, run.id, "ok", e);
	if (o == OUT_OK)
		result_set(rq, "state", json_string(state));
	return o;
}

enum outcome
m_import_list(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	int64_t limit = param_int(rq, "limit", IMPORT_LIST);
	json_t *runs = NULL;
	enum outcome o;

	(void)d;
	if (limit < 1 || limit > IMPORT_LIST_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"'limit' is not from 1 to %d", IMPORT_LIST_MAX);
	o = import_run_list(s, (int)limit, &runs, e);
	if (o == OUT_OK)
		result_set(rq, "runs", runs);
	return o;
}
