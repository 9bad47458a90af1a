/*
 * list: walks over the indexes of table incident.
 *
 * A walk is an index and an order. Each has two statements: "tie", the rows
 * that share the key of the last one seen, and "rest", the rows beyond that
 * key. Both are one range of the index, however many share a key.
 */

#include "daemon/store/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/store/row.h"
#include "daemon/store/view.h"
#include "rules/book.h"

#define LIST_RISK_MS (30 * 60 * 1000)
#define LIST_QUEUES_MAX 1000 /* names of queues that are counted */

#define DUE "ifnull(due_ms, 9223372036854775807)"
#define NEVER INT64_MAX

/* What narrows a walk; each is off while its parameter is NULL. */
#define FILTERS                                                                \
	" FROM incident WHERE ($1 IS NULL OR queue = $1)"                      \
	" AND ($2 IS NULL OR state = $2)"                                      \
	" AND ($3 IS NULL OR channel = $3)"                                    \
	" AND ($4 IS NULL OR reason = $4)"                                     \
	" AND ($5 IS NULL OR EXISTS (SELECT 1 FROM incident_tag t"             \
	" WHERE t.incident_id = incident.id AND t.tag = $5))"                  \
	" AND ($6 IS NULL OR ifnull(assignee_id, 0) = $6)"                     \
	" AND ($7 IS NULL OR customer_id = $7)"                                \
	" AND ($8 IS NULL OR active = $8)"

#define WALK_DUE(what, driver)                                                 \
	{                                                                      \
		{ "list " what " by deadline, tie",                            \
		  "SELECT id, " DUE FILTERS " AND " driver " AND " DUE         \
		  " = $10 AND id > $11 ORDER BY id LIMIT $12" },               \
		{                                                              \
			"list " what " by deadline, rest",                     \
				"SELECT id, " DUE FILTERS " AND " driver       \
				" AND " DUE                                    \
				" > $10 AND $11 IS NOT NULL ORDER BY " DUE     \
				", id LIMIT $12"                               \
		}                                                              \
	}

#define WALK_NEW(what, driver)                                                 \
	{                                                                      \
		{ "list " what " by last message, tie",                        \
		  "SELECT id, last_ms" FILTERS " AND " driver                  \
		  " AND last_ms = $10 AND id < $11"                            \
		  " ORDER BY last_ms DESC, id DESC LIMIT $12" },               \
		{                                                              \
			"list " what " by last message, rest",                 \
				"SELECT id, last_ms" FILTERS " AND " driver    \
				" AND last_ms < $10 AND $11 IS NOT NULL"       \
				" ORDER BY last_ms DESC, id DESC LIMIT $12"    \
		}                                                              \
	}

enum walk {
	WALK_DUE_ALL,
	WALK_DUE_ASSIGNEE,
	WALK_DUE_QUEUE,
	WALK_DUE_CUSTOMER,
	WALK_NEW_ALL,
	WALK_NEW_STATE,
	WALK_NEW_CUSTOMER,
	WALKS
};

static const struct sql walks[WALKS][2] = {
	WALK_DUE("incidents", "active = $9"),
	WALK_DUE("an agent's incidents", "assignee_id IS $9 AND active = $8"),
	WALK_DUE("a queue's incidents", "queue = $9 AND active = $8"),
	WALK_DUE("a customer's incidents", "customer_id = $9"),
	WALK_NEW("incidents", "$9 IS NULL"),
	WALK_NEW("incidents of a state", "state = $9"),
	WALK_NEW("a customer's incidents", "customer_id = $9"),
};

static const char *const view_names[LIST_VIEWS] = {
	"active", "mine", "unassigned", "pending", "solved", "spam", "all"
};

static const char *const active_states[] = { "new", "open", "pending_customer",
					     "on_hold", "snoozed" };
#define ACTIVE_STATES (sizeof(active_states) / sizeof(active_states[0]))

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
	size_t want;
	size_t n;
	struct item items[LIST_LIMIT_MAX + 1];
};

const char *
list_statement(size_t i, const char **name_out)
{
	if (i >= 2 * (size_t)WALKS)
		return NULL;
	*name_out = walks[i / 2][i % 2].name;
	return walks[i / 2][i % 2].text;
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
	case WALK_DUE_CUSTOMER:
	case WALK_NEW_CUSTOMER:
		sql_set_int(st, 9, p->q->customer);
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

/* Add rows of one statement until there are "want" items. */
static enum outcome
walk_one(struct store *s, struct page *p, enum walk w, int part,
	 const char *state, size_t want, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &walks[w][part]);
	bool row = false;
	enum outcome o;

	bind_filters(st, p, p->segment);
	bind_driver(st, p, w, state);
	sql_set_int(st, 10, p->key);
	sql_set_int(st, 11, p->id);
	sql_set_int(st, 12, (int64_t)(want - p->n));
	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row) {
		struct item *it = &p->items[p->n++];

		it->id = sql_get_int(st, 0);
		it->key = sql_get_int(st, 1);
		it->segment = p->segment;
	}
	return o;
}

static enum outcome
walk_both(struct store *s, struct page *p, enum walk w, const char *state,
	  struct err *e)
{
	enum outcome o = walk_one(s, p, w, 0, state, p->want, e);

	if (o == OUT_OK && p->n < p->want)
		o = walk_one(s, p, w, 1, state, p->want, e);
	return o;
}

static enum outcome
page_due(struct store *s, struct page *p, struct err *e)
{
	enum walk w = WALK_DUE_ALL;
	enum outcome o = OUT_OK;

	if (p->q->customer != 0)
		w = WALK_DUE_CUSTOMER;
	else if (p->unassigned || p->assignee != 0)
		w = WALK_DUE_ASSIGNEE;
	else if (p->q->queue != NULL)
		w = WALK_DUE_QUEUE;
	for (; o == OUT_OK && p->n < p->want; p->segment--) {
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

/* Every active state's page, merged. */
static enum outcome
page_new_active(struct store *s, struct page *p, struct err *e)
{
	struct item all[ACTIVE_STATES * (LIST_LIMIT_MAX + 1)];
	size_t n = 0;

	for (size_t i = 0; i < ACTIVE_STATES; i++) {
		enum outcome o;

		p->n = 0;
		o = walk_both(s, p, WALK_NEW_STATE, active_states[i], e);
		if (o != OUT_OK)
			return o;
		memcpy(all + n, p->items, p->n * sizeof(all[0]));
		n += p->n;
	}
	qsort(all, n, sizeof(all[0]), item_newer);
	p->n = n < p->want ? n : p->want;
	memcpy(p->items, all, p->n * sizeof(all[0]));
	return OUT_OK;
}

static enum outcome
page_new(struct store *s, struct page *p, struct err *e)
{
	if (p->q->customer != 0)
		return walk_both(s, p, WALK_NEW_CUSTOMER, NULL, e);
	if (p->state != NULL)
		return walk_both(s, p, WALK_NEW_STATE, p->state, e);
	if (p->segment == 1)
		return page_new_active(s, p, e);
	return walk_both(s, p, WALK_NEW_ALL, NULL, e);
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
page_items(struct store *s, const struct book *b, struct page *p, json_t *out,
	   struct err *e)
{
	size_t n = p->n < p->want ? p->n : p->want - 1;

	for (size_t i = 0; i < n; i++) {
		json_t *one = NULL;
		enum outcome o = view_incident(s, b, p->items[i].id, &one, e);

		if (o != OUT_OK)
			return o;
		(void)json_array_append_new(out, one);
	}
	return OUT_OK;
}

enum outcome
list_page(struct store *s, const struct book *b, const struct list_query *q,
	  json_t **out, char next_out[LIST_CURSOR_MAX], struct err *e)
{
	struct page p;
	enum outcome o;

	memset(&p, 0, sizeof(p));
	p.q = q;
	/* one more than asked for tells whether there is another page */
	p.want = (size_t)q->limit + 1;
	next_out[0] = '\0';
	*out = json_array();
	if (!page_narrow(&p))
		return OUT_OK;
	o = page_begin(&p, e);
	if (o == OUT_OK)
		o = p.sort == LIST_DUE ? page_due(s, &p, e)
				       : page_new(s, &p, e);
	if (o == OUT_OK)
		o = page_items(s, b, &p, *out, e);
	if (o != OUT_OK) {
		json_decref(*out);
		*out = NULL;
	} else if (p.n == p.want) {
		cursor_write(&p, &p.items[p.n - 2], next_out);
	}
	return o;
}

/* --- counts -------------------------------------------------------------- */

static const struct sql q_count_between = {
	"count incidents by deadline",
	"SELECT count(*) FROM incident WHERE active = 1 AND " DUE
	" >= $1 AND " DUE " < $2"
};

static const struct sql q_count_active = {
	"count active incidents",
	"SELECT count(*) FROM incident WHERE active = 1"
};

static const struct sql q_count_assignee = {
	"count an agent's incidents",
	"SELECT count(*) FROM incident WHERE assignee_id IS $1 AND active = 1"
};

static const struct sql q_count_state = {
	"count incidents of a state",
	"SELECT count(*) FROM (SELECT 1 FROM incident WHERE state = $1"
	" LIMIT $2)"
};

static const struct sql q_count_all = {
	"count incidents",
	"SELECT count(*) FROM (SELECT 1 FROM incident LIMIT $1)"
};

static const struct sql q_count_queue = {
	"count a queue's incidents",
	"SELECT count(*) FROM incident WHERE queue = $1 AND active = 1"
};

static const struct sql q_next_queue = {
	"name the next queue",
	"SELECT min(queue) FROM incident WHERE queue > $1"
};

/* A bound statement's number as a member; null from "max" on. */
static enum outcome
count_into(struct store *s, sqlite3_stmt *st, json_t *o, const char *key,
	   int64_t max, struct err *e)
{
	int64_t n = 0;
	enum outcome out = row_number(s, st, &n, e);

	if (out == OUT_OK)
		row_set(o, key, n < max ? json_integer(n) : json_null());
	return out;
}

static enum outcome
count_state(struct store *s, const char *state, json_t *o, const char *key,
	    int64_t max, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count_state);

	sql_set_str(st, 1, state);
	sql_set_int(st, 2, max);
	return count_into(s, st, o, key, max, e);
}

static enum outcome
count_views(struct store *s, int64_t me, json_t *o, struct err *e)
{
	sqlite3_stmt *st;
	enum outcome r;

	r = count_into(s, sql_stmt(s, &q_count_active), o, "active", NEVER, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_count_assignee);
	/* nobody's own list is empty: no agent has the row -1 */
	sql_set_int(st, 1, me != 0 ? me : -1);
	r = count_into(s, st, o, "mine", NEVER, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_count_assignee);
	sql_set_null(st, 1);
	r = count_into(s, st, o, "unassigned", NEVER, e);
	if (r == OUT_OK)
		r = count_state(s, "pending_customer", o, "pending", NEVER, e);
	if (r == OUT_OK)
		r = count_state(s, "solved", o, "solved", LIST_COUNT_MAX, e);
	if (r == OUT_OK)
		r = count_state(s, "spam", o, "spam", LIST_COUNT_MAX, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_count_all);
	sql_set_int(st, 1, LIST_COUNT_MAX);
	return count_into(s, st, o, "all", LIST_COUNT_MAX, e);
}

static enum outcome
count_queue(struct store *s, const char *name, const char *title, bool always,
	    json_t *list, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count_queue);
	int64_t n = 0;
	enum outcome r;
	json_t *o;

	sql_set_str(st, 1, name);
	r = row_number(s, st, &n, e);
	if (r != OUT_OK || (n == 0 && !always))
		return r;
	o = json_object();
	row_set(o, "name", json_string(name));
	row_set(o, "title", json_string(title));
	row_set(o, "active", json_integer(n));
	(void)json_array_append_new(list, o);
	return OUT_OK;
}

/* Queues that incidents are still in although the book has them no more. */
static enum outcome
count_lost_queues(struct store *s, const struct book *b, json_t *list,
		  struct err *e)
{
	json_t *at = json_string("");
	enum outcome r = OUT_OK;
	bool row = false;

	for (int i = 0; r == OUT_OK && i < LIST_QUEUES_MAX; i++) {
		sqlite3_stmt *st = sql_stmt(s, &q_next_queue);
		const char *name;

		sql_set_str(st, 1, json_string_value(at));
		r = sql_row(s, st, &row, e);
		if (r != OUT_OK || !row || sql_get_null(st, 0)) {
			sql_reset(st);
			break;
		}
		name = sql_get_text(st, 0);
		json_t *next = json_string(name);
		sql_reset(st);
		json_decref(at);
		at = next;
		name = json_string_value(at);
		if (b == NULL || book_queue(b, name) == NULL)
			r = count_queue(s, name, name, false, list, e);
	}
	json_decref(at);
	return r;
}

static enum outcome
count_queues(struct store *s, const struct book *b, json_t *list, struct err *e)
{
	size_t n = b != NULL ? book_queue_count(b) : 0;
	enum outcome r = OUT_OK;

	for (size_t i = 0; r == OUT_OK && i < n; i++) {
		const struct book_queue *q = book_queue_at(b, i);

		r = count_queue(s, q->name, q->title, true, list, e);
	}
	if (r == OUT_OK)
		r = count_lost_queues(s, b, list, e);
	return r;
}

static enum outcome
count_between(struct store *s, int64_t from, int64_t to, json_t *o,
	      const char *key, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count_between);

	sql_set_int(st, 1, from);
	sql_set_int(st, 2, to);
	return count_into(s, st, o, key, NEVER, e);
}

enum outcome
list_counts(struct store *s, const struct book *b, int64_t me, int64_t now_ms,
	    json_t **out, struct err *e)
{
	int64_t risk_ms = now_ms + LIST_RISK_MS;
	json_t *views = json_object();
	json_t *queues = json_array();
	json_t *o = json_object();
	enum outcome r;

	row_set(o, "views", views);
	row_set(o, "queues", queues);
	r = count_views(s, me, views, e);
	if (r == OUT_OK)
		r = count_queues(s, b, queues, e);
	if (r == OUT_OK)
		r = count_between(s, INT64_MIN, now_ms, o, "overdue", e);
	if (r == OUT_OK)
		r = count_between(s, now_ms, risk_ms, o, "risk", e);
	if (r == OUT_OK)
		r = count_between(s, risk_ms, NEVER, o, "ontime", e);
	if (r != OUT_OK) {
		json_decref(o);
		o = NULL;
	}
	*out = o;
	return r;
}
