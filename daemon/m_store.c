/* m_store: backup and checks of the store. */

#include <stdlib.h>

#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/param.h"
#include "daemon/settings.h"
#include "daemon/store/backup.h"
#include "daemon/store/backup_file.h"
#include "daemon/store/check.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"
#include "daemon/trail.h"

/* Named by the generated table of handlers. */
prepare_fn p_store_backup;
method_fn m_store_backup;
prepare_fn p_store_check;
method_fn m_store_check;

static bool
work_ends(void *arg)
{
	return engine_stopping(arg);
}

/* All of the work: on the worker, with a reading handle of its own. */
enum outcome
p_store_backup(struct desk *d, struct request *rq, struct err *e)
{
	struct backup_result *r = mem_new(1, sizeof(*r));
	struct backup_watch w = { .stop = work_ends, .arg = d };

	rq->prepared = r;
	return backup_run(&w, d->settings->data_dir, param_str(rq, "dir"), r,
			  e);
}

enum outcome
m_store_backup(struct desk *d, struct store *s, struct request *rq,
	       struct err *e)
{
	const struct backup_result *r = rq->prepared;
	enum outcome o = trail_add(s, rq, 0, "ok", e);

	(void)d;
	if (o != OUT_OK)
		return o;
	result_set(rq, "bytes", json_integer(r->bytes));
	result_set(rq, "blobs", json_integer(r->blobs));
	result_set(rq, "linked", json_integer(r->linked));
	result_set(rq, "number", json_integer(r->number));
	return OUT_OK;
}

/* What was found, as the result that the handler gives: it crosses threads
 * as text. */
static char *
check_result(const struct check_report *r)
{
	json_t *o = json_object();
	char *text;
	char *copy;

	row_set(o, "problems", json_incref(r->problems));
	row_set(o, "found", json_integer(r->found));
	row_set(o, "notices", json_incref(r->notices));
	row_set(o, "counts", json_incref(r->counts));
	row_set(o, "checks", json_integer((json_int_t)r->checks));
	text = json_dumps(o, JSON_COMPACT);
	copy = mem_strdup(text != NULL ? text : "{}");
	mem_free(text);
	json_decref(o);
	return copy;
}

/* Minutes of reading: on the worker, with a reading handle of its own. */
enum outcome
p_store_check(struct desk *d, struct request *rq, struct err *e)
{
	struct check_report r;
	struct store *s = NULL;
	enum outcome o = store_open(d->settings->data_dir, STORE_READ, &s, e);

	if (o != OUT_OK)
		return o;
	check_begin(&r);
	r.stop = work_ends;
	r.arg = d;
	o = check_all(s, &r, e);
	if (o == OUT_OK)
		rq->prepared = check_result(&r);
	check_release(&r);
	store_close(&s);
	return o;
}

enum outcome
m_store_check(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	(void)d;
	(void)s;
	rq->result = json_loads(rq->prepared, 0, NULL);
	if (rq->result == NULL)
		return err_code(e, OUT_TEMP, "busy",
				"could not tell what the check found");
	return OUT_OK;
}
