#ifndef POSTIGO_FOLD_P_H
#define POSTIGO_FOLD_P_H

/* fold_p: the inside of the fold, shared by fold*.c alone. */

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/fold.h"

#define FOLD_COLUMNS_MAX 24
#define FOLD_BOOKS 8 /* versions of the desk book kept parsed */

/* Columns of incident, in the order of its query and of fold_columns[]. */
enum {
	I_CUSTOMER,
	I_CONNECTION,
	I_CHANNEL,
	I_QUEUE,
	I_STATE,
	I_PRIORITY,
	I_REASON,
	I_POLICY,
	I_REPLY,
	I_ASSIGNEE,
	I_CREATED,
	I_UPDATED,
	I_DUE,
	I_ACTIVE,
	I_MESSAGES,
	I_LAST_DIRECTION,
	I_LAST,
	I_SEQ,
	I_FOLLOWS,
	I_TEAM,
	I_WAKE,
	I_UNDECIDED,
	I_MERGED,
	I_CLAIMS
};

enum {
	C_NAME,
	C_POLICY,
	C_CALENDAR,
	C_BOOK,
	C_STATE,
	C_START,
	C_BUDGET,
	C_DUE,
	C_ENDED,
	C_CAUSE,
	C_BREACHED,
	C_MESSAGE,
	C_USED,
	C_RULE,
	C_LATE,
	C_PAUSED,
	C_PRIORITY,
	C_DAYS,
	C_SPANS, /* lists of the rows of clock_span and clock_pause */
	C_PAUSES
};

enum {
	B_INCIDENT,
	B_AT,
	B_FOUND,
	B_LATE,
	B_AGENT,
	B_QUEUE,
	B_TEAM,
	B_CHANNEL,
	B_REASON,
	B_CAUSE,
	B_CAUSE_S,
	B_CAUSE_AGENT,
	B_SAID,
	B_SAID_BY,
	B_SAID_AT,
	B_SAID_MESSAGE
};
enum {
	D_MESSAGE,
	D_STATE,
	D_ATTEMPTS,
	D_CREATED,
	D_ENDED,
	D_LOST,
	D_BOUNCED,
	D_RECEIPT
};
enum {
	R_SCORE,
	R_MESSAGE,
	R_AGENT,
	R_AT
};
enum {
	V_ENDED
};
enum {
	M_CODE,
	M_CLOCK,
	M_REGISTERED,
	M_AGENT,
	M_WITHDRAWN
};

/* A row as it is and as the events tell it. NULL in want: they do not say. */
struct thing {
	enum fold_kind kind;
	int64_t id;
	bool row;       /* it is in the store */
	bool told;      /* events tell of it */
	int64_t number; /* of the event that told of it first */
	bool elsewhere; /* a clock whose start another incident had */
	bool anew;      /* one that began when its incident was opened again */
	json_t *have[FOLD_COLUMNS_MAX];
	json_t *want[FOLD_COLUMNS_MAX];
};

/* What the fold needs of a message; never changed, so there is no want. */
struct fold_message {
	int64_t id;
	int64_t number;
	int64_t agent_id;
	int64_t received_ms;
	int64_t committed_ms;
	char direction[8];
	char author[12];
};

/* An event of the incident. */
struct fold_event {
	int64_t number;
	int64_t at_ms;
	const char *kind;
	int64_t seq;
	int64_t agent_id;
	const json_t *data;
};

/* One incident. */
struct incident_fold {
	int64_t id;
	bool whole;   /* nothing speaks against its events so far */
	bool old;     /* its first event does not tell everything */
	bool created; /* incident.created came */
	int64_t seq;  /* of the last event */
	int64_t updated_ms;
	json_t *ended_ms; /* of the chat, or null */
	struct fold_message *messages;
	size_t message_count;
	size_t message_cap;
	size_t message_told; /* events told of so many */
	struct thing *things;
	size_t thing_count;
	size_t thing_cap;
	size_t sorted; /* the first so many are by kind and id */
};

struct fold_book {
	int64_t version; /* 0: free */
	struct book *book;
};

struct fold {
	struct store *s;
	struct check_report *r;
	const struct fold_listener *l;
	int64_t floor; /* events up to it are no longer kept */
	struct incident_fold inc;
	struct fold_book books[FOLD_BOOKS];
	size_t next_book;
	int64_t zone_number; /* last zone.changed; -1: not looked for */
	bool zone_other;     /* the system's zone data is another one now */
	/* cursors, ordered by incident; row: it stands on one */
	sqlite3_stmt *message;
	sqlite3_stmt *clock;
	sqlite3_stmt *tag;
	sqlite3_stmt *event;
	bool message_row;
	bool clock_row;
	bool tag_row;
	bool event_row;
	int64_t incidents;
	int64_t all;         /* the highest incident */
	int64_t newest_book; /* the newest version of it */
	int64_t events;
	int64_t message_total;
	int64_t partly; /* incidents of which events do not tell everything */
};

struct fold_kind_info {
	const char *table;
	size_t count;
	const char *const *columns;
};
extern const struct fold_kind_info fold_kinds[FOLD_KINDS];

/* --- things (fold_thing.c) ------------------------------------------------- */

/* Forget the incident before. */
void fold_clear(struct incident_fold *f);
void fold_drop(struct incident_fold *f);

/* A new thing; valid until the next one is made. NULL: over the ceiling. */
struct thing *fold_thing_add(struct incident_fold *f, enum fold_kind k,
			     int64_t id);
struct thing *fold_thing_find(struct incident_fold *f, enum fold_kind k,
			      int64_t id);
/* All rows of the incident are loaded: they can be found fast. */
void fold_things_sort(struct incident_fold *f);
struct fold_message *fold_message_add(struct incident_fold *f);

/* Columns of the row that st stands on, from column `from` on. */
void fold_have(struct thing *t, sqlite3_stmt *st, int from);

/* What the events tell of a column; v is taken. */
void fold_want(struct thing *t, int column, json_t *v);

/* Compare all of them, and report. */
enum outcome fold_compare(struct fold *f, struct err *e) MUST_CHECK;

/* Something speaks against the events of the incident: check, and a row that
 * is taken. */
void fold_problem(struct fold *f, const char *check, json_t *row);

/* --- rows (fold_rows.c) ------------------------------------------------------ */

/* Open the cursors for incidents from..to. */
enum outcome fold_open(struct fold *f, int64_t from, int64_t to,
		       struct err *e) MUST_CHECK;
void fold_close(struct fold *f);
/* Load what belongs to the incident f->inc.id. */
enum outcome fold_load(struct fold *f, struct err *e) MUST_CHECK;
/* Call fn with each of its events. */
enum outcome fold_each_event(struct fold *f,
			     void (*fn)(struct fold *f,
					const struct fold_event *ev),
			     struct err *e) MUST_CHECK;
/* A column as JSON, by its own type. */
json_t *fold_column(sqlite3_stmt *st, int i);

/* --- events (fold_event.c) ---------------------------------------------------- */

void fold_event(struct fold *f, const struct fold_event *ev);
/* After the last event: what follows from all of them. */
void fold_settle(struct fold *f);

/* What is known of the incident itself. */
struct thing *fold_incident(struct fold *f);

json_t *fold_member(const struct fold_event *ev, const char *name);
int64_t fold_number(const struct fold_event *ev, const char *name);

/* The events do not fit together: the event, and in what. */
void fold_gap(struct fold *f, const struct fold_event *ev, const char *what);

/* A member that must be there, as what the events tell of a column. */
void fold_tell(struct fold *f, struct thing *t, int column,
	       const struct fold_event *ev, const char *name);
/* As before, but events that were written before they told it have none. */
void fold_tell_if(struct thing *t, int column, const struct fold_event *ev,
		  const char *name);

/* The event is of the incident's last instant. */
void fold_note(struct fold *f, const struct fold_event *ev);

/* The thing that an event names, which must have been told of before. */
struct thing *fold_named(struct fold *f, const struct fold_event *ev,
			 enum fold_kind k, const char *name);
/* The thing that an event tells of first. */
struct thing *fold_first(struct fold *f, const struct fold_event *ev,
			 enum fold_kind k, int64_t id);

/* A message that was told of before; the newest are looked at first. */
const struct fold_message *fold_told_message(const struct incident_fold *f,
					     int64_t id);

/* --- clocks, claims (fold_clock.c) ---------------------------------------------- */

typedef void fold_event_fn(struct fold *f, const struct fold_event *ev);
fold_event_fn fold_clock_started;
fold_event_fn fold_clock_fulfilled;
fold_event_fn fold_clock_cancelled;
fold_event_fn fold_clock_reopened;
fold_event_fn fold_clock_paused;
fold_event_fn fold_clock_resumed;
fold_event_fn fold_clock_moved;
fold_event_fn fold_claim_registered;
fold_event_fn fold_claim_withdrawn;

/* The clock that an event is of, which must be in that state. */
struct thing *fold_clock(struct fold *f, const struct fold_event *ev,
			 const char *from);

/* --- promises (fold_promise.c) ------------------------------------------------- */

/* Are the clocks what the desk book promised? */
enum outcome fold_promises(struct fold *f, struct err *e) MUST_CHECK;
void fold_books_drop(struct fold *f);

#endif
