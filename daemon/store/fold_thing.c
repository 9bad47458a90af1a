/* fold_thing: rows of one incident, as they are and as events tell them. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/store/check.h"
#include "daemon/store/fold_p.h"
#include "daemon/store/row.h"

static const char *const incident_columns[] = {
	"customer_id", "connection_id", "channel",     "queue",
	"state",       "priority",      "reason",      "policy",
	"saved_reply", "assignee_id",   "created_ms",  "updated_ms",
	"due_ms",      "active",        "messages",    "last_direction",
	"last_ms",     "event_seq",     "follows_id",  "team",
	"wake_ms",     "undecided",     "merged_into", "claims_id"
};
static const char *const tag_columns[] = { "tags" };
static const char *const clock_columns[] = {
	"name",     "policy",     "calendar", "book_version", "state",
	"start_s",  "budget_s",   "due_s",    "ended_s",      "cause",
	"breached", "message_id", "used_s",   "rule",         "late",
	"paused",   "priority",   "days",     "spans",        "pauses"
};
static const char *const breach_columns[] = {
	"incident_id", "at_s",    "found_ms", "late",
	"agent_id",    "queue",   "team",     "channel",
	"reason",      "cause",   "cause_s",  "cause_agent_id",
	"said_cause",  "said_by", "said_ms",  "said_message_id"
};
static const char *const delivery_columns[] = { "message_id", "state",
						"attempts",   "created_ms",
						"ended_ms",   "lost",
						"bounced_ms", "receipt" };
static const char *const rating_columns[] = { "score", "message_id", "agent_id",
					      "at_ms" };
static const char *const visitor_columns[] = { "ended_ms" };
static const char *const claim_columns[] = { "code", "clock_id",
					     "registered_ms", "agent_id",
					     "withdrawn_ms" };

#define COLUMNS(list) sizeof(list) / sizeof(list)[0], list
const struct fold_kind_info fold_kinds[FOLD_KINDS] = {
	[FOLD_INCIDENT] = { "incident", COLUMNS(incident_columns) },
	[FOLD_TAGS] = { "incident", COLUMNS(tag_columns) },
	[FOLD_CLOCK] = { "clock", COLUMNS(clock_columns) },
	[FOLD_BREACH] = { "breach", COLUMNS(breach_columns) },
	[FOLD_DELIVERY] = { "delivery", COLUMNS(delivery_columns) },
	[FOLD_RATING] = { "rating", COLUMNS(rating_columns) },
	[FOLD_VISITOR] = { "visitor", COLUMNS(visitor_columns) },
	[FOLD_CLAIM] = { "claim", COLUMNS(claim_columns) },
};

const char *
fold_table(enum fold_kind k)
{
	return fold_kinds[k].table;
}

void
fold_clear(struct incident_fold *f)
{
	size_t i;
	size_t c;

	for (i = 0; i < f->thing_count; i++)
		for (c = 0; c < fold_kinds[f->things[i].kind].count; c++) {
			json_decref(f->things[i].have[c]);
			json_decref(f->things[i].want[c]);
		}
	f->thing_count = 0;
	f->sorted = 0;
	f->message_count = 0;
	f->message_told = 0;
	f->whole = true;
	f->old = false;
	f->created = false;
	f->seq = 0;
	f->updated_ms = INT64_MIN;
	json_decref(f->ended_ms);
	f->ended_ms = NULL;
}

void
fold_drop(struct incident_fold *f)
{
	fold_clear(f);
	MEM_CLEAR(&f->things);
	MEM_CLEAR(&f->messages);
}

struct thing *
fold_thing_add(struct incident_fold *f, enum fold_kind k, int64_t id)
{
	struct thing *t;

	if (f->thing_count >= FOLD_THINGS_MAX)
		return NULL;
	if (f->thing_count == f->thing_cap) {
		f->thing_cap = f->thing_cap != 0 ? f->thing_cap * 2 : 16;
		f->things =
			mem_resize(f->things, f->thing_cap, sizeof *f->things);
	}
	t = &f->things[f->thing_count++];
	memset(t, 0, sizeof *t);
	t->kind = k;
	t->id = id;
	return t;
}

struct fold_message *
fold_message_add(struct incident_fold *f)
{
	if (f->message_count >= FOLD_THINGS_MAX)
		return NULL;
	if (f->message_count == f->message_cap) {
		f->message_cap = f->message_cap != 0 ? f->message_cap * 2 : 16;
		f->messages = mem_resize(f->messages, f->message_cap,
					 sizeof *f->messages);
	}
	return &f->messages[f->message_count++];
}

static int
by_kind_and_id(const void *a, const void *b)
{
	const struct thing *x = a;
	const struct thing *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

void
fold_things_sort(struct incident_fold *f)
{
	qsort(f->things, f->thing_count, sizeof *f->things, by_kind_and_id);
	f->sorted = f->thing_count;
}

struct thing *
fold_thing_find(struct incident_fold *f, enum fold_kind k, int64_t id)
{
	struct thing key = { .kind = k, .id = id };
	struct thing *t = NULL;
	size_t i;

	if (f->sorted > 0)
		t = bsearch(&key, f->things, f->sorted, sizeof key,
			    by_kind_and_id);
	for (i = f->sorted; t == NULL && i < f->thing_count; i++)
		if (by_kind_and_id(&f->things[i], &key) == 0)
			t = &f->things[i];
	return t;
}

void
fold_have(struct thing *t, sqlite3_stmt *st, int from)
{
	size_t c;

	t->row = true;
	for (c = 0; c < fold_kinds[t->kind].count; c++)
		t->have[c] = fold_column(st, from + (int)c);
}

void
fold_want(struct thing *t, int column, json_t *v)
{
	json_decref(t->want[column]);
	t->want[column] = v;
}

void
fold_problem(struct fold *f, const char *check, json_t *row)
{
	f->inc.whole = false;
	check_problem(f->r, check, row);
}

/* --- comparing -------------------------------------------------------------- */

static json_t *
value_or_null(const json_t *v)
{
	return v != NULL ? json_incref((json_t *)v) : json_null();
}

static enum outcome
differ(struct fold *f, const struct fold_difference *d, struct err *e)
{
	char check[80];

	(void)snprintf(check, sizeof check, "fold_%s_%s", fold_table(d->kind),
		       d->column != NULL ? d->column : "row");
	check_problem(f->r, check,
		      json_pack("[I,o,o]", (json_int_t)d->id,
				value_or_null(d->have),
				value_or_null(d->want)));
	if (f->l == NULL || f->l->difference == NULL)
		return OUT_OK;
	return f->l->difference(f->l->arg, d, e);
}

/* A row that only one side knows. */
static enum outcome
compare_row(struct fold *f, const struct thing *t, struct err *e)
{
	struct fold_difference d = { .kind = t->kind,
				     .id = t->id,
				     .incident_id = f->inc.id,
				     .whole = f->inc.whole };
	json_t *there = json_string("there");
	enum outcome o;

	if (t->row)
		d.have = there;
	else
		d.want = there;
	d.row = (const json_t *const *)t->want;
	o = differ(f, &d, e);
	json_decref(there);
	return o;
}

static enum outcome
compare_columns(struct fold *f, const struct thing *t, struct err *e)
{
	const struct fold_kind_info *k = &fold_kinds[t->kind];
	enum outcome o = OUT_OK;
	size_t c;

	for (c = 0; o == OUT_OK && c < k->count; c++) {
		struct fold_difference d = { .kind = t->kind,
					     .id = t->id,
					     .incident_id = f->inc.id,
					     .column = k->columns[c],
					     .have = t->have[c],
					     .want = t->want[c],
					     .whole = f->inc.whole };

		if (t->want[c] != NULL && !json_equal(t->have[c], t->want[c]))
			o = differ(f, &d, e);
	}
	return o;
}

/* Is everything as the events tell, but how many they are? */
static bool
all_agree(const struct incident_fold *f)
{
	size_t i;
	size_t c;

	for (i = 0; i < f->thing_count; i++) {
		const struct thing *t = &f->things[i];

		if (!t->row || !t->told)
			return false;
		for (c = 0; c < fold_kinds[t->kind].count; c++)
			if (t->want[c] != NULL &&
			    !json_equal(t->have[c], t->want[c]) &&
			    !(t->kind == FOLD_INCIDENT && c == I_SEQ))
				return false;
	}
	return true;
}

/* The incident counts more events than there are, and its rows are not as
 * these tell: the last ones are lost, and the rows are newer than the rest. */
static void
find_lost_end(struct fold *f)
{
	const struct thing *t =
		fold_thing_find(&f->inc, FOLD_INCIDENT, f->inc.id);
	int64_t counted = t != NULL ? json_integer_value(t->have[I_SEQ]) : 0;

	if (counted > f->inc.seq && !all_agree(&f->inc))
		fold_problem(f, "fold_events",
			     json_pack("[I,I,s,s]", (json_int_t)f->inc.id,
				       (json_int_t)f->inc.seq,
				       "incident.event_seq",
				       "events after it are not there"));
}

enum outcome
fold_compare(struct fold *f, struct err *e)
{
	enum outcome o = OUT_OK;
	size_t i;

	find_lost_end(f);
	for (i = 0; o == OUT_OK && i < f->inc.thing_count; i++) {
		const struct thing *t = &f->inc.things[i];

		o = t->row && t->told ? compare_columns(f, t, e)
				      : compare_row(f, t, e);
	}
	return o;
}
