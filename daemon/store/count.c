/*
 * count: how many incidents there are of each kind. Of the active ones the
 * tally knows; ended ones are counted along an index, up to LIST_COUNT_MAX.
 */

#include <stdlib.h>
#include <string.h>

#include "daemon/store/list.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/tally.h"
#include "rules/book.h"

#define COUNT_RISK_MS (30 * 60 * 1000)
#define COUNT_LOST_MAX 1000 /* queues that the book has no more */
static const struct sql q_count_state = {
	"count incidents of a state",
	"SELECT count(*) FROM (SELECT 1 FROM incident WHERE state = $1"
	" LIMIT $2)"
};

static const struct sql q_count_all = {
	"count incidents",
	"SELECT count(*) FROM (SELECT 1 FROM incident LIMIT $1)"
};

/* A bound statement's number as a member; null from LIST_COUNT_MAX on. */
static enum outcome
count_into(struct store *s, sqlite3_stmt *st, json_t *o, const char *key,
	   struct err *e)
{
	int64_t n = 0;
	enum outcome out = row_number(s, st, &n, e);

	if (out == OUT_OK)
		row_set(o, key,
			n < LIST_COUNT_MAX ? json_integer(n) : json_null());
	return out;
}

static enum outcome
count_state(struct store *s, const char *state, json_t *o, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_count_state);

	sql_set_str(st, 1, state);
	sql_set_int(st, 2, LIST_COUNT_MAX);
	return count_into(s, st, o, state, e);
}

static enum outcome
count_views(struct store *s, const struct tally_sums *sums, json_t *o,
	    struct err *e)
{
	sqlite3_stmt *st;
	enum outcome r;

	row_set(o, "active", json_integer(sums->active));
	row_set(o, "mine", json_integer(sums->mine));
	row_set(o, "unassigned", json_integer(sums->unassigned));
	row_set(o, "pending", json_integer(sums->state[INCIDENT_PENDING]));
	r = count_state(s, "solved", o, e);
	if (r == OUT_OK)
		r = count_state(s, "spam", o, e);
	if (r != OUT_OK)
		return r;
	st = sql_stmt(s, &q_count_all);
	sql_set_int(st, 1, LIST_COUNT_MAX);
	return count_into(s, st, o, "all", e);
}

static void
queue_add(json_t *list, const char *name, const char *title, int64_t n)
{
	json_t *o = json_object();

	row_set(o, "name", json_string(name));
	row_set(o, "title", json_string(title));
	row_set(o, "active", json_integer(n));
	(void)json_array_append_new(list, o);
}

static int
queue_by_name(const void *name, const void *queue)
{
	return strcmp(name, ((const struct tally_queue *)queue)->name);
}

/* Queues of the book, and then those that incidents are still in although the
 * book has them no more. */
static void
count_queues(const struct tally_sums *sums, const struct book *b, json_t *list)
{
	size_t n = b != NULL ? book_queue_count(b) : 0;
	size_t lost = 0;

	for (size_t i = 0; i < n; i++) {
		const struct book_queue *q = book_queue_at(b, i);
		const struct tally_queue *has =
			bsearch(q->name, sums->queues, sums->queue_n,
				sizeof sums->queues[0], queue_by_name);

		queue_add(list, q->name, q->title, has != NULL ? has->n : 0);
	}
	for (size_t i = 0; i < sums->queue_n && lost < COUNT_LOST_MAX; i++) {
		const struct tally_queue *q = &sums->queues[i];

		if (b != NULL && book_queue(b, q->name) != NULL)
			continue;
		queue_add(list, q->name, q->name, q->n);
		lost++;
	}
}

enum outcome
list_counts(struct store *s, const struct book *b, int64_t me, int64_t now_ms,
	    json_t **out, struct err *e)
{
	json_t *views = json_object();
	json_t *queues = json_array();
	json_t *o = json_object();
	struct tally_sums sums;
	enum outcome r;

	row_set(o, "views", views);
	row_set(o, "queues", queues);
	r = tally_ask(s, me, now_ms, now_ms + COUNT_RISK_MS, &sums, e);
	if (r == OUT_OK)
		r = count_views(s, &sums, views, e);
	if (r == OUT_OK) {
		count_queues(&sums, b, queues);
		row_set(o, "overdue", json_integer(sums.overdue));
		row_set(o, "risk", json_integer(sums.risk));
		row_set(o, "ontime", json_integer(sums.ontime));
	} else {
		json_decref(o);
		o = NULL;
	}
	tally_sums_release(&sums);
	*out = o;
	return r;
}
