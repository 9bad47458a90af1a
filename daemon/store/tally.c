#include "daemon/store/tally.h"

#include <assert.h>
#include <pthread.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/store/instants.h"
#include "daemon/store/row.h"
#include "daemon/store/sql.h"
#include "daemon/store/store_p.h"

#define FIRST 16

/* Incidents of one queue, or of one agent. Queues that are empty stay: names
 * are few, and notes point at them. */
struct named {
	char *name;
	int64_t n;
};

struct owned {
	int64_t id; /* 0: nobody's */
	int64_t n;
};

/* A row that begins or ceases to count. */
struct note {
	char *queue; /* belongs to the tally's names */
	int64_t assignee_id;
	int64_t due_ms;
	enum incident_state state;
	int sign;
};

struct notes {
	struct note *list;
	size_t n;
	size_t cap;
};

struct tally {
	pthread_mutex_t lock; /* over all but the notes */

	struct named *queues; /* by name */
	size_t queue_n;
	size_t queue_cap;
	struct owned *owners; /* by number */
	size_t owner_n;
	size_t owner_cap;
	struct instants due;
	int64_t state[INCIDENT_STATE_COUNT];
	int64_t active;

	int64_t number; /* last event that is counted in */
	enum {
		LOADING,
		LOADED,
		OFF
	} load;
	struct notes later; /* committed, but not yet counted in */

	struct notes notes; /* of the transaction; not under the lock */
};

struct tally *
tally_new(void)
{
	struct tally *t = mem_new(1, sizeof *t);

	(void)pthread_mutex_init(&t->lock, NULL);
	return t;
}

void
tally_free(struct tally **tp)
{
	struct tally *t = *tp;

	if (t == NULL)
		return;
	for (size_t i = 0; i < t->queue_n; i++)
		mem_free(t->queues[i].name);
	mem_free(t->queues);
	mem_free(t->owners);
	mem_free(t->later.list);
	mem_free(t->notes.list);
	instants_release(&t->due);
	(void)pthread_mutex_destroy(&t->lock);
	MEM_CLEAR(tp);
}

/* --- places in the two lists ----------------------------------------------- */

/* The first queue whose name is not before that one. */
static size_t
queue_place(const struct tally *t, const char *name)
{
	size_t low = 0;
	size_t high = t->queue_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(t->queues[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct named *
queue_find(const struct tally *t, const char *name)
{
	size_t at = queue_place(t, name);

	if (at < t->queue_n && strcmp(t->queues[at].name, name) == 0)
		return &t->queues[at];
	return NULL;
}

/* The queue of that name; made if there is none. Under the lock. */
static struct named *
queue_make(struct tally *t, const char *name)
{
	size_t at = queue_place(t, name);

	if (at < t->queue_n && strcmp(t->queues[at].name, name) == 0)
		return &t->queues[at];
	if (t->queue_n == t->queue_cap) {
		t->queue_cap = t->queue_cap > 0 ? 2 * t->queue_cap : FIRST;
		t->queues = mem_resize(t->queues, t->queue_cap,
				       sizeof t->queues[0]);
	}
	memmove(t->queues + at + 1, t->queues + at,
		(t->queue_n - at) * sizeof t->queues[0]);
	t->queues[at] = (struct named){ .name = mem_strdup(name) };
	t->queue_n++;
	return &t->queues[at];
}

static size_t
owner_place(const struct tally *t, int64_t id)
{
	size_t low = 0;
	size_t high = t->owner_n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (t->owners[mid].id < id)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int64_t
owner_sum(const struct tally *t, int64_t id)
{
	size_t at = owner_place(t, id);

	return at < t->owner_n && t->owners[at].id == id ? t->owners[at].n : 0;
}

/* Under the lock. */
static void
owner_add(struct tally *t, int64_t id, int64_t n)
{
	size_t at = owner_place(t, id);

	if (at == t->owner_n || t->owners[at].id != id) {
		if (t->owner_n == t->owner_cap) {
			t->owner_cap =
				t->owner_cap > 0 ? 2 * t->owner_cap : FIRST;
			t->owners = mem_resize(t->owners, t->owner_cap,
					       sizeof t->owners[0]);
		}
		memmove(t->owners + at + 1, t->owners + at,
			(t->owner_n - at) * sizeof t->owners[0]);
		t->owners[at] = (struct owned){ .id = id };
		t->owner_n++;
	}
	t->owners[at].n += n;
}

/* --- the writer ------------------------------------------------------------ */

/* The tally's own copy of a queue's name. */
static char *
queue_name(struct tally *t, const char *name)
{
	char *own;

	(void)pthread_mutex_lock(&t->lock);
	own = queue_make(t, name)->name;
	(void)pthread_mutex_unlock(&t->lock);
	return own;
}

static void
notes_add(struct notes *l, const struct note *n)
{
	if (l->n == l->cap) {
		l->cap = l->cap > 0 ? 2 * l->cap : FIRST;
		l->list = mem_resize(l->list, l->cap, sizeof l->list[0]);
	}
	l->list[l->n++] = *n;
}

static void
note_one(struct tally *t, const struct tally_row *r, int sign)
{
	struct note n = { .assignee_id = r->assignee_id,
			  .due_ms = r->due_ms,
			  .state = r->state,
			  .sign = sign };

	if (!incident_state_active(r->state))
		return;
	n.queue = queue_name(t, r->queue);
	notes_add(&t->notes, &n);
}

static bool
same(const struct tally_row *a, const struct tally_row *b)
{
	return a->state == b->state && a->assignee_id == b->assignee_id &&
	       a->due_ms == b->due_ms && strcmp(a->queue, b->queue) == 0;
}

void
tally_note(struct tally *t, const struct tally_row *was,
	   const struct tally_row *now)
{
	if (was != NULL && same(was, now))
		return;
	if (was != NULL)
		note_one(t, was, -1);
	note_one(t, now, 1);
}

size_t
tally_mark(const struct tally *t)
{
	return t->notes.n;
}

void
tally_undo(struct tally *t, size_t mark)
{
	assert(mark <= t->notes.n);
	t->notes.n = mark;
}

static void
apply(struct tally *t, const struct note *n)
{
	t->active += n->sign;
	t->state[n->state] += n->sign;
	queue_find(t, n->queue)->n += n->sign;
	owner_add(t, n->assignee_id, n->sign);
	if (n->due_ms == 0)
		return;
	if (n->sign > 0)
		instants_add(&t->due, n->due_ms);
	else
		(void)instants_remove(&t->due, n->due_ms);
}

static void
notes_drop(struct notes *l)
{
	mem_free(l->list);
	memset(l, 0, sizeof *l);
}

void
tally_commit(struct tally *t, int64_t number)
{
	(void)pthread_mutex_lock(&t->lock);
	t->number = number;
	if (t->load == LOADING && t->later.n + t->notes.n > TALLY_LATER_MAX) {
		t->load = OFF;
		notes_drop(&t->later);
	}
	for (size_t i = 0; t->load != OFF && i < t->notes.n; i++)
		if (t->load == LOADED)
			apply(t, &t->notes.list[i]);
		else
			notes_add(&t->later, &t->notes.list[i]);
	(void)pthread_mutex_unlock(&t->lock);
	t->notes.n = 0;
}

/* --- the readers ----------------------------------------------------------- */

static void
sum_queues(const struct tally *t, struct tally_sums *out)
{
	out->queues = mem_new(t->queue_n + 1, sizeof out->queues[0]);
	out->queue_n = 0;
	for (size_t i = 0; i < t->queue_n; i++)
		if (t->queues[i].n != 0)
			out->queues[out->queue_n++] = (struct tally_queue){
				.name = mem_strdup(t->queues[i].name),
				.n = t->queues[i].n,
			};
}

static void
sum_all(const struct tally *t, int64_t me, int64_t now_ms, int64_t risk_ms,
	struct tally_sums *out)
{
	int64_t risk;

	out->active = t->active;
	out->mine = me != 0 ? owner_sum(t, me) : 0;
	out->unassigned = owner_sum(t, 0);
	out->overdue = (int64_t)instants_below(&t->due, now_ms);
	risk = (int64_t)instants_below(&t->due, risk_ms);
	out->risk = risk - out->overdue;
	out->ontime = (int64_t)t->due.total - risk;
	memcpy(out->state, t->state, sizeof out->state);
	sum_queues(t, out);
}

bool
tally_sums(struct tally *t, int64_t number, int64_t me, int64_t now_ms,
	   int64_t risk_ms, struct tally_sums *out)
{
	bool good;

#ifndef PLANTED_COUNT_UNLOCKED
	(void)pthread_mutex_lock(&t->lock);
#endif
	good = t->load == LOADED && t->number >= number;
	if (good)
		sum_all(t, me, now_ms, risk_ms, out);
#ifndef PLANTED_COUNT_UNLOCKED
	(void)pthread_mutex_unlock(&t->lock);
#endif
	return good;
}

void
tally_sums_release(struct tally_sums *sums)
{
	for (size_t i = 0; i < sums->queue_n; i++)
		mem_free(sums->queues[i].name);
	MEM_CLEAR(&sums->queues);
	sums->queue_n = 0;
}

/* --- the first count ------------------------------------------------------- */

static const struct sql q_next_queue = {
	"name the next queue with incidents",
	"SELECT min(queue) FROM incident WHERE queue > $1"
};
static const struct sql q_queue = {
	"count a queue's active incidents",
	"SELECT count(*) FROM incident WHERE queue = $1 AND active = 1"
};
static const struct sql q_next_owner = {
	"find the next agent with incidents",
	"SELECT min(assignee_id) FROM incident WHERE assignee_id > $1"
};
static const struct sql q_owner = {
	"count an agent's active incidents",
	"SELECT count(*) FROM incident WHERE assignee_id IS $1 AND active = 1"
};
static const struct sql q_state = {
	"count incidents of an active state",
	"SELECT count(*) FROM incident WHERE state = $1"
};
#define DUE "ifnull(due_ms, 9223372036854775807)"
static const struct sql q_due = { "read deadlines of active incidents",
				  "SELECT " DUE
				  " FROM incident WHERE active = 1 AND " DUE
				  " < 9223372036854775807 ORDER BY " DUE };

static enum outcome
load_queues(struct tally *t, struct store *s, struct err *e)
{
	struct named *q = queue_make(t, "");
	enum outcome o = OUT_OK;

	while (o == OUT_OK && q != NULL) {
		sqlite3_stmt *st = sql_stmt(s, &q_queue);
		bool row = false;

		sql_set_str(st, 1, q->name);
		o = row_number(s, st, &q->n, e);
		if (o != OUT_OK)
			break;
		st = sql_stmt(s, &q_next_queue);
		sql_set_str(st, 1, q->name);
		o = sql_row(s, st, &row, e);
		q = o == OUT_OK && row && !sql_get_null(st, 0)
			    ? queue_make(t, sql_get_text(st, 0))
			    : NULL;
		sql_reset(st);
	}
	return o;
}

static enum outcome
load_owner(struct tally *t, struct store *s, int64_t id, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_owner);
	int64_t n = 0;
	enum outcome o;

	sql_set_id(st, 1, id);
	o = row_number(s, st, &n, e);
	if (o == OUT_OK)
		owner_add(t, id, n);
	return o;
}

static enum outcome
load_owners(struct tally *t, struct store *s, struct err *e)
{
	int64_t id = 0;
	enum outcome o = load_owner(t, s, 0, e);

	while (o == OUT_OK) {
		sqlite3_stmt *st = sql_stmt(s, &q_next_owner);

		sql_set_int(st, 1, id);
		o = row_number(s, st, &id, e);
		if (o != OUT_OK || id == 0)
			break;
		o = load_owner(t, s, id, e);
	}
	return o;
}

static enum outcome
load_states(struct tally *t, struct store *s, struct err *e)
{
	enum outcome o = OUT_OK;

	for (int i = 0; o == OUT_OK && i < INCIDENT_STATE_COUNT; i++) {
		sqlite3_stmt *st;

		if (!incident_state_active((enum incident_state)i))
			continue;
		st = sql_stmt(s, &q_state);
		sql_set_str(st, 1, incident_state_name((enum incident_state)i));
		o = row_number(s, st, &t->state[i], e);
		t->active += t->state[i];
	}
	return o;
}

static enum outcome
load_due(struct tally *t, struct store *s, struct err *e)
{
	sqlite3_stmt *st = sql_stmt(s, &q_due);
	bool row = false;
	enum outcome o;

	while ((o = sql_row(s, st, &row, e)) == OUT_OK && row)
		instants_add(&t->due, sql_get_int(st, 0));
	sql_reset(st);
	return o;
}

/* Take over what the other one counted, and count in what was committed
 * meanwhile. Names stay where they are: notes point at them. */
static void
load_end(struct tally *t, struct tally *from, int64_t number, bool good)
{
	(void)pthread_mutex_lock(&t->lock);
	if (t->load == LOADING)
		t->load = good ? LOADED : OFF;
	if (t->number < number)
		t->number = number;
	if (t->load == LOADED) {
		for (size_t i = 0; i < from->queue_n; i++)
			queue_make(t, from->queues[i].name)->n =
				from->queues[i].n;
		for (size_t i = 0; i < from->owner_n; i++)
			owner_add(t, from->owners[i].id, from->owners[i].n);
		memcpy(t->state, from->state, sizeof t->state);
		t->active = from->active;
		t->due = from->due;
		memset(&from->due, 0, sizeof from->due);
		for (size_t i = 0; i < t->later.n; i++)
			apply(t, &t->later.list[i]);
	}
	notes_drop(&t->later);
	(void)pthread_mutex_unlock(&t->lock);
}

enum outcome
tally_load(struct tally *t, struct store *s, struct err *e)
{
	struct tally *from = tally_new();
	enum outcome o = load_queues(from, s, e);

	if (o == OUT_OK)
		o = load_owners(from, s, e);
	if (o == OUT_OK)
		o = load_states(from, s, e);
	if (o == OUT_OK)
		o = load_due(from, s, e);
	load_end(t, from, s->number, o == OUT_OK);
	tally_free(&from);
	return o;
}

enum outcome
tally_ask(struct store *s, int64_t me, int64_t now_ms, int64_t risk_ms,
	  struct tally_sums *out, struct err *e)
{
	struct tally *t;
	enum outcome o;

	memset(out, 0, sizeof *out);
	if (s->tally != NULL &&
	    tally_sums(s->tally, s->number, me, now_ms, risk_ms, out))
		return OUT_OK;
	t = tally_new();
	o = tally_load(t, s, e);
	if (o == OUT_OK)
		(void)tally_sums(t, s->number, me, now_ms, risk_ms, out);
	tally_free(&t);
	return o;
}
