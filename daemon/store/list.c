/*
 * list: walks over the indexes of table incident.
 *
 * A walk is an index and an order. Each has two statements: "tie", the rows
 * that share the key of the last one seen, and "rest", the rows beyond that
 * key. Both are one range of the index, however many share a key.
 *
 * What a walk's index does not say is asked of each row that it passes. So
 * that nothing rare is sought among a million rows, a filter that only few
 * rows pass is looked up first: these few are read and sorted. If every filter
 * lets many through, they are found on the way; and where no row fits all of
 * them, the walk ends after LIST_SCAN_MAX rows, with a cursor to go on from.
 */

#include "daemon/store/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/view_incident.h"
#include "daemon/wire/json_out.h"

#define DUE "ifnull(due_ms, 9223372036854775807)"
#define NEVER INT64_MAX

/* Does the row pass what narrows the page? A filter is off while its parameter
 * is NULL. */
#define FITS                                                                   \
	"CASE WHEN ($1 IS NULL OR queue = $1)"                                 \
	" AND ($2 IS NULL OR state = $2)"                                      \
	" AND ($3 IS NULL OR channel = $3)"                                    \
	" AND ($4 IS NULL OR reason = $4)"                                     \
	" AND ($6 IS NULL OR ifnull(assignee_id, 0) = $6)"                     \
	" AND ($7 IS NULL OR customer_id = $7)"                                \
	" AND ($8 IS NULL OR active = $8)"                                     \
	" AND ($13 IS NULL OR undecided = $13)"                                \
	" THEN $5 IS NULL OR t.tag IS NOT NULL ELSE 0 END"

/* Its tag is joined: a subquery would open its cursor for each row anew. */
#define ROWS                                                                   \
	" FROM incident LEFT JOIN incident_tag t"                              \
	" ON t.incident_id = incident.id AND t.tag = $5"

#define WALK_DUE(what, driver)                                                 \
	{                                                                      \
		{ "list " what " by deadline, tie",                            \
		  "SELECT id, " DUE ", " FITS ROWS " WHERE " driver            \
		  " AND " DUE " = $10 AND id > $11 ORDER BY id LIMIT $12" },   \
		{                                                              \
			"list " what " by deadline, rest",                     \
				"SELECT id, " DUE ", " FITS ROWS               \
				" WHERE " driver " AND " DUE                   \
				" > $10 AND $11 IS NOT NULL ORDER BY " DUE     \
				", id LIMIT $12"                               \
		}                                                              \
	}

#define WALK_NEW(what, driver)                                                 \
	{                                                                      \
		{ "list " what " by last message, tie",                        \
		  "SELECT id, last_ms, " FITS ROWS " WHERE " driver            \
		  " AND last_ms = $10 AND id < $11"                            \
		  " ORDER BY last_ms DESC, id DESC LIMIT $12" },               \
		{                                                              \
			"list " what " by last message, rest",                 \
				"SELECT id, last_ms, " FITS ROWS               \
				" WHERE " driver                               \
				" AND last_ms < $10 AND $11 IS NOT NULL"       \
				" ORDER BY last_ms DESC, id DESC LIMIT $12"    \
		}                                                              \
	}

enum walk {
	WALK_DUE_ALL,
	WALK_DUE_ASSIGNEE,
	WALK_DUE_QUEUE,
	WALK_DUE_STATE, /* an active one */
	WALK_NEW_ALL,
	WALK_NEW_STATE,
	WALKS
};

static const struct sql walks[WALKS][2] = {
	WALK_DUE("incidents", "active = $9"),
	WALK_DUE("an agent's incidents", "assignee_id IS $9 AND active = $8"),
	WALK_DUE("a queue's incidents", "queue = $9 AND active = $8"),
	WALK_DUE("active incidents of a state", "state = $9 AND active = 1"),
	WALK_NEW("incidents", "$9 IS NULL"),
	WALK_NEW("incidents of a state", "state = $9"),
};

/* Filters, the ones that let fewest through first. */
enum filter {
	FILTER_CUSTOMER,
	FILTER_TAG,
	FILTER_UNDECIDED,
	FILTER_STATE,
	FILTER_ASSIGNEE,
	FILTER_QUEUE,
	FILTER_REASON,
	FILTER_CHANNEL,
	FILTERS
};

/* How many rows pass one, up to a ceiling; and those that pass all, of them.
 * The second needs no order: they are few. */
#define FEW(what, driver)                                                      \
	{                                                                      \
		{ "count " what,                                               \
		  "SELECT count(*) FROM (SELECT 1 FROM incident WHERE " driver \
		  " LIMIT $12)" },                                             \
		{                                                              \
			"list " what, "SELECT id, " DUE ", " FITS              \
				      ", last_ms, active" ROWS                 \
				      " WHERE " driver " LIMIT $12"            \
		}                                                              \
	}
#define SEGMENT " AND active BETWEEN $10 AND $11"

static const struct sql few[FILTERS][2] = {
	FEW("a customer's incidents", "customer_id = $9"),
	{ { "count incidents with a tag",
	    "SELECT count(*) FROM (SELECT 1 FROM incident_tag"
	    " WHERE tag = $9 LIMIT $12)" },
	  { "list incidents with a tag",
	    "SELECT id, " DUE ", " FITS ", last_ms, active" ROWS
	    " WHERE id IN (SELECT incident_id FROM incident_tag"
	    " WHERE tag = $9 LIMIT $12)" } },
	FEW("undecided incidents", "undecided = 1 AND $9 IS NULL"),
	FEW("incidents of a state", "state = $9"),
	FEW("an agent's incidents", "assignee_id IS $9" SEGMENT),
	FEW("a queue's incidents", "queue = $9" SEGMENT),
	FEW("incidents of a reason", "reason = $9" SEGMENT),
	FEW("incidents of a channel", "channel = $9" SEGMENT),
};

static const char *const view_names[LIST_VIEWS] = {
	"active", "mine", "unassigned", "pending", "solved", "spam", "all"
};

static const char *const active_states[] = { "new", "open", "pending_customer",
					     "on_hold", "snoozed" };
#define ACTIVE_STATES (sizeof(active_states) / sizeof(active_states[0]))
static const char *const ended_states[] = { "solved", "closed", "spam",
					    "merged" };
#define ENDED_STATES (sizeof(ended_states) / sizeof(ended_states[0]))

struct item {
	int64_t id;
	int64_t key;
	int segment;
};

/* A page being made, and where the one before ended. */
struct page {
	const struct list_query *q;
	enum list_sort sort;
	const char *state; /* of the view or the filter; NULL: any */
	bool unassigned;   /* nobody has it */
	int64_t assignee;  /* 0: any */
	int segment;       /* active: 1 or 0; -1: any */
	int last_segment;  /* by deadline, active ones come before ended */
	int64_t key;
	int64_t id;
	int64_t floor; /* by last message: what is before it is not wanted */
	size_t left;   /* rows that may be looked at yet */
	bool cut;      /* none were left: the walk got as far as cut_at */
	struct item cut_at;
	size_t want;
	size_t n;
	struct item items[LIST_LIMIT_MAX + 1];
};

const char *
list_statement(size_t i, const char **name_out)
{
	const struct sql *q;

	if (i < 2 * (size_t)WALKS)
		q = &walks[i / 2][i % 2];
	else if ((i -= 2 * (size_t)WALKS) < 2 * (size_t)FILTERS)
		q = &few[i / 2][i % 2];
	else
		return NULL;
	*name_out = q->name;
	return q->text;
}

enum list_view
list_view_parse(const char *s)
{
	int v = 0;

	while (v < LIST_VIEWS && strcmp(view_names[v], s) != 0)
		v++;
	return (enum list_view)v;
}

const char *
list_view_name(enum list_view v)
{
	return view_names[v];
}

bool
list_state_active(const char *state)
{
	for (size_t i = 0; i < ACTIVE_STATES; i++)
		if (strcmp(active_states[i], state) == 0)
			return true;
	return false;
}

static void
bind_filters(sqlite3_stmt *st, const struct page *p, int active)
{
	const struct list_query *q = p->q;

	sql_set_str(st, 1, q->queue);
	sql_set_str(st, 2, p->state);
	sql_set_str(st, 3, q->channel);
	sql_set_str(st, 4, q->reason);
	sql_set_str(st, 5, q->tag);
	if (p->unassigned)
		sql_set_int(st, 6, 0);
	else
		sql_set_id(st, 6, p->assignee);
	sql_set_id(st, 7, q->customer);
	if (active >= 0)
		sql_set_int(st, 8, active);
	else
		sql_set_null(st, 8);
	if (q->undecided)
		sql_set_int(st, 13, 1);
	else
		sql_set_null(st, 13);
}

static void
bind_driver(sqlite3_stmt *st, const struct page *p, enum walk w,
	    const char *state)
{
	switch (w) {
	case WALK_DUE_ALL:
		sql_set_int(st, 9, p->segment);
		break;
	case WALK_DUE_ASSIGNEE:
		sql_set_id(st, 9, p->unassigned ? 0 : p->assignee);
		break;
	case WALK_DUE_QUEUE:
		sql_set_str(st, 9, p->q->queue);
		break;
	case WALK_DUE_STATE:
		sql_set_str(st, 9, p->state);
		break;
	case WALK_NEW_STATE:
		sql_set_str(st, 9, state);
		break;
	case WALK_NEW_ALL:
	case WALKS:
		sql_set_null(st, 9);
		break;
	}
}

/* Add rows of one statement until there are enough items, or no more rows may
 * be looked at. */
static enum outcome
walk_one(struct store *s, struct page *p, enum walk w, int part,
	 const char *state, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &walks[w][part]);
	struct item it = { .segment = p->segment };
	bool row = false;
	enum outcome o = OUT_OK;

	bind_filters(st, p, p->segment);
	bind_driver(st, p, w, state);
	sql_set_int(st, 10, p->key);
	sql_set_int(st, 11, p->id);
	sql_set_int(st, 12, (int64_t)p->left);
	while (p->n < p->want && p->left > 0 &&
	       (o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		it.id = sql_get_int(st, 0);
		it.key = sql_get_int(st, 1);
		if (p->sort == LIST_NEWEST && it.key < p->floor)
			break;
		if (sql_get_int(st, 2) != 0)
			p->items[p->n++] = it;
		p->left--;
	}
	sql_reset(st);
	if (o == OUT_OK && p->left == 0 && p->n < p->want) {
		p->cut = true;
		p->cut_at = it;
	}
	return o;
}

static enum outcome
walk_both(struct store *s, struct page *p, enum walk w, const char *state,
	  struct err *e)
{
	enum outcome o = walk_one(s, p, w, 0, state, e);

	if (o == OUT_OK && p->n < p->want && !p->cut)
		o = walk_one(s, p, w, 1, state, e);
	return o;
}

static enum walk
walk_due(const struct page *p)
{
	if (p->unassigned || p->assignee != 0)
		return WALK_DUE_ASSIGNEE;
	if (p->q->queue != NULL)
		return WALK_DUE_QUEUE;
	return p->state != NULL ? WALK_DUE_STATE : WALK_DUE_ALL;
}

static enum outcome
page_due(struct store *s, struct page *p, struct err *e)
{
	enum walk w = walk_due(p);
	enum outcome o = OUT_OK;

	for (; o == OUT_OK && p->n < p->want && !p->cut; p->segment--) {
		o = walk_both(s, p, w, NULL, e);
		if (p->segment <= p->last_segment)
			break;
		p->key = -1;
		p->id = 0;
	}
	return o;
}

static int
item_newer(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->key != y->key)
		return x->key < y->key ? 1 : -1;
	return (x->id < y->id) - (x->id > y->id);
}

static int
item_sooner(const void *a, const void *b)
{
	const struct item *x = a;
	const struct item *y = b;

	if (x->segment != y->segment)
		return y->segment - x->segment;
	if (x->key != y->key)
		return x->key > y->key ? 1 : -1;
	return (x->id > y->id) - (x->id < y->id);
}

/* The page of each of these states, merged with the items that are there. Where
 * the walk of one was cut, older ones of the others are not told yet. Once there
 * are enough, what is older than the last of them need not be walked. */
static enum outcome
page_new_states(struct store *s, struct page *p, const char *const *states,
		size_t count, struct err *e)
{
	struct item all[(ACTIVE_STATES + 1) * (LIST_LIMIT_MAX + 1)];
	struct item end = { .key = -1 };
	size_t n = p->n;
	size_t k = 0;

	memcpy(all, p->items, n * sizeof(all[0]));
	for (size_t i = 0; i < count; i++) {
		enum outcome o;

		p->floor = n > 0 && n >= p->want ? all[p->want - 1].key : 0;
		p->n = 0;
		p->left = LIST_SCAN_MAX / count;
		p->cut = false;
		o = walk_both(s, p, WALK_NEW_STATE, states[i], e);
		if (o != OUT_OK)
			return o;
		if (p->cut && item_newer(&end, &p->cut_at) > 0)
			end = p->cut_at;
		memcpy(all + n, p->items, p->n * sizeof(all[0]));
		n += p->n;
		qsort(all, n, sizeof(all[0]), item_newer);
	}
	while (k < n && k < p->want && item_newer(&all[k], &end) <= 0)
		k++;
	memcpy(p->items, all, k * sizeof(all[0]));
	p->n = k;
	p->cut = end.key >= 0;
	p->cut_at = end;
	return OUT_OK;
}

/* --- the few that pass one filter ------------------------------------------ */

static bool
few_asked(const struct page *p, enum filter f)
{
	const struct list_query *q = p->q;

	switch (f) {
	case FILTER_CUSTOMER:
		return q->customer != 0;
	case FILTER_TAG:
		return q->tag != NULL;
	case FILTER_UNDECIDED:
		return q->undecided;
	case FILTER_STATE:
		return p->state != NULL;
	case FILTER_ASSIGNEE:
		return p->unassigned || p->assignee != 0;
	case FILTER_QUEUE:
		return q->queue != NULL;
	case FILTER_REASON:
		return q->reason != NULL;
	case FILTER_CHANNEL:
		return q->channel != NULL;
	case FILTERS:
		break;
	}
	return false;
}

/* Is it the one filter that the index of the page's walk knows? */
static bool
few_walked(const struct page *p, enum filter f)
{
	if (p->sort == LIST_NEWEST)
		return f == FILTER_STATE;
	switch (walk_due(p)) {
	case WALK_DUE_ASSIGNEE:
		return f == FILTER_ASSIGNEE;
	case WALK_DUE_QUEUE:
		return f == FILTER_QUEUE;
	case WALK_DUE_STATE:
		return f == FILTER_STATE;
	default:
		return false;
	}
}

static sqlite3_stmt *
few_bind(struct store *s, const struct page *p, enum filter f, int part,
	 int segment)
{
	sqlite3_stmt *st = sql_stmt(s, &few[f][part]);
	const struct list_query *q = p->q;

	if (f == FILTER_CUSTOMER)
		sql_set_int(st, 9, q->customer);
	else if (f == FILTER_UNDECIDED)
		sql_set_null(st, 9);
	else if (f == FILTER_ASSIGNEE)
		sql_set_id(st, 9, p->unassigned ? 0 : p->assignee);
	else
		sql_set_str(st, 9,
			    f == FILTER_TAG      ? q->tag
			    : f == FILTER_STATE  ? p->state
			    : f == FILTER_QUEUE  ? q->queue
			    : f == FILTER_REASON ? q->reason
						 : q->channel);
	if (f >= FILTER_ASSIGNEE) {
		sql_set_int(st, 10, segment == 1);
		sql_set_int(st, 11, segment != 0);
	}
	sql_set_int(st, 12, LIST_FEW);
	return st;
}

/* The filter, that one or after it, that lets few through; FILTERS: none, or
 * the walk's index knows all that is asked for. */
static enum outcome
few_find(struct store *s, const struct page *p, enum filter first, int segment,
	 enum filter *found, struct err *e)
{
	enum outcome o = OUT_OK;
	bool exact = true;

	*found = FILTERS;
	for (int f = 0; f < FILTERS; f++)
		if (few_asked(p, (enum filter)f) &&
		    !few_walked(p, (enum filter)f))
			exact = false;
	for (int f = (int)first; !exact && o == OUT_OK && f < FILTERS; f++) {
		int64_t n = 0;

		if (!few_asked(p, (enum filter)f))
			continue;
		o = row_number(s, few_bind(s, p, (enum filter)f, 0, segment),
			       &n, e);
		if (o == OUT_OK && n < LIST_FEW) {
			*found = (enum filter)f;
			break;
		}
	}
	return o;
}

/* Where the page before ended. */
static bool
few_seen(const struct page *p, int segment, const struct item *it)
{
	struct item last = { .segment = segment, .key = p->key, .id = p->id };

	if (p->q->after == NULL)
		return false;
	return p->sort == LIST_DUE ? item_sooner(it, &last) <= 0
				   : item_newer(it, &last) <= 0;
}

static enum outcome
page_few(struct store *s, struct page *p, enum filter f, int segment,
	 struct err *e)
{
	sqlite3_stmt *st = few_bind(s, p, f, 1, segment);
	struct item all[LIST_FEW];
	bool row = false;
	size_t n = 0;
	enum outcome o;

	bind_filters(st, p, segment);
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		bool due = p->sort == LIST_DUE;
		struct item it = { .id = sql_get_int(st, 0),
				   .key = sql_get_int(st, due ? 1 : 3),
				   .segment = due ? (int)sql_get_int(st, 4)
						  : segment };

		if (n < LIST_FEW && sql_get_int(st, 2) != 0 &&
		    !few_seen(p, p->segment, &it))
			all[n++] = it;
	}
	if (o != OUT_OK)
		return o;
	qsort(all, n, sizeof(all[0]),
	      p->sort == LIST_DUE ? item_sooner : item_newer);
	p->n = n < p->want ? n : p->want;
	memcpy(p->items, all, p->n * sizeof(all[0]));
	return OUT_OK;
}

/* Of all incidents by their last message. Active ones are the newest; if only
 * few of them pass one of the filters, these are looked up, and the walk begins
 * behind the others: among the ended ones. */
static enum outcome
page_new_all(struct store *s, struct page *p, struct err *e)
{
	enum filter f = FILTERS;
	enum outcome o = few_find(s, p, FILTER_ASSIGNEE, 1, &f, e);

	if (o != OUT_OK)
		return o;
	if (f == FILTERS)
		return walk_both(s, p, WALK_NEW_ALL, NULL, e);
	o = page_few(s, p, f, 1, e);
	if (o != OUT_OK)
		return o;
	p->segment = 0;
	return page_new_states(s, p, ended_states, ENDED_STATES, e);
}

static enum outcome
page_new(struct store *s, struct page *p, struct err *e)
{
	if (p->state != NULL)
		return walk_both(s, p, WALK_NEW_STATE, p->state, e);
	if (p->segment == 1)
		return page_new_states(s, p, active_states, ACTIVE_STATES, e);
	return page_new_all(s, p, e);
}

/* What view and filters come to. false: nothing can be in it. */
static bool
page_narrow(struct page *p)
{
	const struct list_query *q = p->q;
	const char *of_view = NULL;

	p->segment = q->view == LIST_ALL ? -1 : 1;
	p->assignee = q->assignee;
	if (q->view == LIST_PENDING)
		of_view = "pending_customer";
	if (q->view == LIST_SOLVED)
		of_view = "solved";
	if (q->view == LIST_SPAM)
		of_view = "spam";
	if (q->view == LIST_MINE) {
		if (q->me == 0 || (q->assignee != 0 && q->assignee != q->me))
			return false;
		p->assignee = q->me;
	}
	p->unassigned = q->view == LIST_UNASSIGNED;
	if (p->unassigned && q->assignee != 0)
		return false;
	if (of_view != NULL && q->state != NULL &&
	    strcmp(of_view, q->state) != 0)
		return false;
	p->state = of_view != NULL ? of_view : q->state;
	if (p->state != NULL) {
		int active = list_state_active(p->state) ? 1 : 0;

		if (of_view == NULL && p->segment == 1 && active == 0)
			return false;
		p->segment = active;
	}
	p->sort = p->segment == 0 ? LIST_NEWEST : q->sort;
	return true;
}

/* A cursor: order, segment, key, id. */
static void
cursor_write(const struct page *p, const struct item *it,
	     char out[LIST_CURSOR_MAX])
{
	snprintf(out, LIST_CURSOR_MAX, "%c%d.%" PRId64 ".%" PRId64,
		 p->sort == LIST_DUE ? 'd' : 'n', it->segment + 1, it->key,
		 it->id);
}

static enum outcome
cursor_read(struct page *p, const char *after, struct err *e)
{
	char order = '\0';
	int segment = 0;
	int end = 0;

	if (sscanf(after, "%c%1d.%19" SCNd64 ".%19" SCNd64 "%n", &order,
		   &segment, &p->key, &p->id, &end) != 4 ||
	    after[end] != '\0' || order != (p->sort == LIST_DUE ? 'd' : 'n') ||
	    segment > 2 || p->key < 0 || p->id < 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'after' is not from this list");
	if (p->sort == LIST_DUE)
		p->segment = segment - 1;
	return OUT_OK;
}

/* Where the first, or the next, page begins. */
static enum outcome
page_begin(struct page *p, struct err *e)
{
	p->last_segment = p->segment;
	if (p->sort == LIST_DUE && p->segment < 0) {
		p->segment = 1;
		p->last_segment = 0;
	}
	p->key = p->sort == LIST_DUE ? -1 : NEVER;
	p->id = p->sort == LIST_DUE ? 0 : NEVER;
	if (p->q->after == NULL)
		return OUT_OK;
	return cursor_read(p, p->q->after, e);
}

static enum outcome
page_items(struct store *s, const struct book *b, const struct page *p,
	   struct buf *out, struct err *e)
{
	size_t n = p->n < p->want ? p->n : p->want - 1;
	size_t before = out->len;
	struct json_out list;
	enum outcome o = OUT_OK;

	json_out_text(&list, out);
	json_out_array(&list, NULL);
	for (size_t i = 0; o == OUT_OK && i < n; i++)
		o = view_incident_out(s, b, p->items[i].id, &list, NULL, NULL,
				      e);
	json_out_end(&list);
	if (o == OUT_OK && out->full)
		o = err_code(e, OUT_PERM, "too_large", "the page is too large");
	if (o != OUT_OK) {
		out->len = before;
		if (out->data != NULL)
			out->data[before] = '\0';
	}
	return o;
}

/* The ids of a page. */
static enum outcome
page_fill(struct store *s, struct page *p, struct err *e)
{
	enum filter f = FILTERS;
	int segment = p->segment;
	enum outcome o = page_begin(p, e);

	if (o == OUT_OK)
		o = few_find(s, p, FILTER_CUSTOMER, segment, &f, e);
	if (o != OUT_OK)
		return o;
	if (f != FILTERS)
		return page_few(s, p, f, segment, e);
	return p->sort == LIST_DUE ? page_due(s, p, e) : page_new(s, p, e);
}

enum outcome
list_page(struct store *s, const struct book *b, const struct list_query *q,
	  struct buf *out, char next_out[LIST_CURSOR_MAX], struct err *e)
{
	struct page p;
	enum outcome o = OUT_OK;

	memset(&p, 0, sizeof(p));
	p.q = q;
	/* one more than asked for tells whether there is another page */
	p.want = (size_t)q->limit + 1;
	p.left = LIST_SCAN_MAX;
	next_out[0] = '\0';
	if (page_narrow(&p))
		o = page_fill(s, &p, e);
	if (o == OUT_OK)
		o = page_items(s, b, &p, out, e);
	if (o != OUT_OK)
		return o;
	if (p.n == p.want)
		cursor_write(&p, &p.items[p.n - 2], next_out);
	else if (p.cut)
		cursor_write(&p, &p.cut_at, next_out);
	return OUT_OK;
}
