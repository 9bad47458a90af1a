#include "daemon/store/fold.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/check.h"
#include "daemon/store/deskrow.h"
#include "daemon/store/fold_p.h"
#include "daemon/store/row.h"
#include "daemon/store/store.h"

static const struct sql q_ids = {
	"list incidents",
	"SELECT id FROM incident WHERE id > $1 ORDER BY id LIMIT $2"
};
static const struct sql q_last = {
	"find the last incident", "SELECT coalesce(max(id), 0) FROM incident"
};

/* An incident whose first events are no longer kept cannot be folded: only
 * what its rows say of one another is compared, by checks.sql. */
static bool
is_cut(const struct fold *f)
{
	return !f->inc.created && f->floor > 0;
}

static enum outcome
fold_one(struct fold *f, int64_t id, struct err *e)
{
	enum outcome o;

	fold_clear(&f->inc);
	f->inc.id = id;
	o = fold_load(f, e);
	if (o == OUT_OK)
		o = fold_each_event(f, fold_event, e);
	if (o != OUT_OK)
		return o;
	f->incidents++;
	if (is_cut(f)) {
		f->partly++;
		return fold_promises(f, e);
	}
	if (!f->inc.created)
		fold_problem(f, "fold_events",
			     json_pack("[I,I,s,s]", (json_int_t)id,
				       (json_int_t)f->inc.seq,
				       "incident.created", "is not there"));
	if (f->inc.old)
		f->partly++;
	fold_settle(f);
	o = fold_compare(f, e);
	return o == OUT_OK ? fold_promises(f, e) : o;
}

static enum outcome
list_ids(struct fold *f, int64_t after, int64_t *ids, size_t *n_out,
	 struct err *e)
{
	sqlite3_stmt *st = sql_stmt(f->s, &q_ids);
	bool row = false;
	size_t n = 0;
	enum outcome o;

	sql_set_int(st, 1, after);
	sql_set_int(st, 2, FOLD_SLICE);
	while ((o = sql_row(f->s, st, &row, e)) == OUT_OK && row)
		ids[n++] = sql_get_int(st, 0);
	*n_out = n;
	/* out of order: the walk would not come to an end */
	if (o == OUT_OK && n > 0 && ids[n - 1] <= after)
		return err_code(e, OUT_PERM, "damaged",
				"cannot list incidents: they are out of order");
	return o;
}

static enum outcome
fold_slice(struct fold *f, int64_t *after, bool *more, struct err *e)
{
	int64_t *ids = mem_new(FOLD_SLICE, sizeof *ids);
	size_t n = 0;
	size_t i;
	bool own = sqlite3_get_autocommit(sql_db(f->s)) != 0;
	enum outcome o = own ? store_read_begin(f->s, e) : OUT_OK;

	if (o == OUT_OK)
		o = list_ids(f, *after, ids, &n, e);
	if (o == OUT_OK && n > 0)
		o = fold_open(f, ids[0], ids[n - 1], e);
	for (i = 0; o == OUT_OK && i < n; i++)
		o = fold_one(f, ids[i], e);
	fold_close(f);
	if (own)
		store_read_end(f->s);
	if (n > 0)
		*after = ids[n - 1];
	*more = n == FOLD_SLICE;
	mem_free(ids);
	return o;
}

static const struct sql q_books = {
	"find the newest desk book",
	"SELECT coalesce(max(version), 0) FROM book"
};

static enum outcome
fold_all(struct fold *f, struct err *e)
{
	int64_t after = INT64_MIN;
	bool more = true;
	enum outcome o = deskrow_floor(f->s, &f->floor, e);

	if (o == OUT_OK)
		o = row_number(f->s, sql_stmt(f->s, &q_last), &f->all, e);
	if (o == OUT_OK)
		o = row_number(f->s, sql_stmt(f->s, &q_books), &f->newest_book,
			       e);
	while (o == OUT_OK && more) {
		o = fold_slice(f, &after, &more, e);
		if (o == OUT_OK && f->l != NULL && f->l->slice != NULL)
			o = f->l->slice(f->l->arg, e);
		if (o == OUT_OK)
			o = check_pulse(f->r, "incidents", after, f->all, e);
	}
	return o;
}

enum outcome
fold_run(struct store *s, struct check_report *r, const struct fold_listener *l,
	 struct err *e)
{
	struct fold f = { .s = s, .r = r, .l = l, .zone_number = -1 };
	enum outcome o = fold_all(&f, e);

	r->checks += FOLD_KINDS + 3;
	row_set(r->counts, "incidents", json_integer(f.incidents));
	row_set(r->counts, "messages", json_integer(f.message_total));
	row_set(r->counts, "events", json_integer(f.events));
	if (f.partly > 0)
		row_set(r->counts, "partly_told", json_integer(f.partly));
	fold_drop(&f.inc);
	fold_books_drop(&f);
	if (o == OUT_OK || strcmp(e->code, "stopped") == 0)
		return o;
	if (strcmp(e->code, "damaged") != 0 &&
	    strcmp(e->code, "too_large") != 0)
		return o;
	/* a page that cannot be read is what the check was to find */
	check_problem(r, "fold_unreadable", json_pack("[s]", e->text));
	return OUT_OK;
}
