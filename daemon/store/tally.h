#ifndef POSTIGO_TALLY_H
#define POSTIGO_TALLY_H

/*
 * tally: how many incidents are active, of each kind, kept in memory. One
 * belongs to the writing handle; readers ask it instead of counting rows.
 *
 * incident.c, the one place that writes rows of incidents, notes what each was
 * and is. Notes of a transaction stay apart until it is committed, and those
 * of what is undone are dropped, as events are. So what readers are told is
 * true of the last commit, and of that before its responses leave.
 *
 * Thread safe: notes, marks, undo and commit are the writer's; one thread
 * loads; any thread may ask.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/incident.h"

struct store;
struct tally;

#define TALLY_LATER_MAX 500000 /* notes that wait for the first count */

/* What of a row counts. */
struct tally_row {
	enum incident_state state;
	const char *queue;
	int64_t assignee_id; /* 0: nobody */
	int64_t due_ms;      /* 0: none */
};

struct tally *tally_new(void);
void tally_free(struct tally **t);

/*
 * Count the rows in the view of s, once: what is active is read by its
 * indexes, what is ended is not looked at. Notes that are committed after that
 * view and before the count's end are counted in then: a desk with much that
 * is active need not wait for it.
 *
 * s  in a transaction that has its view, and that no note was committed before
 *
 * Outcomes: those of store_fail(); then nothing is ever counted in t.
 */
enum outcome tally_load(struct tally *t, struct store *s,
			struct err *e) MUST_CHECK;

/* A row is now another one. was NULL: it is new. Both are read at once. */
void tally_note(struct tally *t, const struct tally_row *was,
		const struct tally_row *now);

/* How many notes wait; and to drop those since. */
size_t tally_mark(const struct tally *t);
void tally_undo(struct tally *t, size_t mark);

/* What waits is committed; number is the last event now. Beyond TALLY_LATER_MAX of them before the count's
 * end, counting is given up. */
void tally_commit(struct tally *t, int64_t number);

/* Active incidents of a queue. */
struct tally_queue {
	char *name;
	int64_t n;
};

/* Active incidents at one instant. */
struct tally_sums {
	int64_t active;
	int64_t mine;       /* of the agent that was asked for */
	int64_t unassigned; /* nobody has it */
	int64_t overdue;    /* due before now */
	int64_t risk;       /* due from now on, before the risk's end */
	int64_t ontime;     /* due after it */
	int64_t state[INCIDENT_STATE_COUNT];
	struct tally_queue *queues; /* that have any, by name */
	size_t queue_n;
};

/*
 * me      an agent; 0: nobody, whose sum is 0
 * number  of an event whose commit must be counted in
 * out     to be released on true
 * false: it is not loaded, or that event is not counted in yet
 */
bool tally_sums(struct tally *t, int64_t number, int64_t me, int64_t now_ms,
		int64_t risk_ms, struct tally_sums *out);

/*
 * The same, of the tally that the handle's writer keeps, with all that the
 * handle's view has. If none is kept, or it cannot say so (a commit is seen
 * before it is counted in), all is counted in the view.
 * out  to be released, whatever the outcome; those are of store_fail()
 */
enum outcome tally_ask(struct store *s, int64_t me, int64_t now_ms,
		       int64_t risk_ms, struct tally_sums *out,
		       struct err *e) MUST_CHECK;
void tally_sums_release(struct tally_sums *sums);

#endif
