/* m_store: backup and checks of the store. */

#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/param.h"
#include "daemon/settings.h"
#include "daemon/store/backup.h"
#include "daemon/store/check.h"
#include "daemon/trail.h"

/* Named by the generated table of handlers. */
prepare_fn p_store_backup;
method_fn m_store_backup;
method_fn m_store_check;

/* All of the work: on the worker, with a reading handle of its own. */
enum outcome
p_store_backup(struct desk *d, struct request *rq, struct err *e)
{
	struct backup_result *r = mem_new(1, sizeof(*r));

	rq->prepared = r;
	return backup_run(d->settings->data_dir, param_str(rq, "dir"), r, e);
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
	result_set(rq, "number", json_integer(r->number));
	return OUT_OK;
}

enum outcome
m_store_check(struct desk *d, struct store *s, struct request *rq,
	      struct err *e)
{
	json_t *problems = NULL;
	size_t checks = 0;
	enum outcome o = store_check(s, &problems, &checks, e);

	(void)d;
	if (o != OUT_OK)
		return o;
	result_set(rq, "problems", problems);
	result_set(rq, "checks", json_integer((json_int_t)checks));
	return OUT_OK;
}
