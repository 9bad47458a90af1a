#ifndef POSTIGO_TREE_H
#define POSTIGO_TREE_H

/*
 * tree: the desk book as it stands in memory. The parser makes it
 * (book_build.h), the checker completes it (book_check.h), and from then on
 * it does not change. Known inside rules/ alone.
 *
 * Every string and node lives in the book's arena.
 */

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "rules/arena.h"
#include "rules/book.h"
#include "rules/rule.h"

struct calendar;
struct pattern;
struct rule_index;
struct scratch;

#define TREE_KIND_MAX 5000          /* queues, calendars, ... of one kind */
#define TREE_CONDITIONS_MAX 200     /* in one rule */
#define TREE_ACTIONS_MAX 32         /* in one rule */
#define TREE_EXAMPLES_MAX 100       /* in one rule */
#define TREE_NAME_MAX 100           /* characters of a name */
#define TREE_TEXT_BYTES (16 * 1024) /* a string, a saved reply */
#define TREE_PATTERN_BYTES 2000     /* a pattern */
#define TREE_WARNINGS_MAX 8         /* of one policy */
#define TREE_ESCALATIONS_MAX 32     /* of one policy */
#define TREE_ENTRIES_MAX 1000       /* of one list */
#define TREE_MEMBERS_MAX 500        /* of one team */
#define TREE_LANGUAGES_MAX 20       /* texts of one reply, and templates */
#define TREE_PARAMETERS_MAX 50      /* of one template */
#define TREE_VALUES_MAX 100         /* after "is" */
#define TREE_FIELDS_MAX 16          /* joined by "or" before "matches" */
#define TREE_ONCE_S 86400           /* an automatic answer's usual period */

/* A place in the text. */
struct loc {
	int line;   /* from 1 */
	int column; /* from 1, in characters */
};

/* A word or string of the text; text is NULL if there was none. */
struct word {
	const char *text;
	size_t n;
	struct loc at;
};

/* From and to in seconds of the day; to <= from runs past midnight. */
struct span {
	int32_t from_s;
	int32_t to_s;
	struct loc at;
};

/* "4h", "7d" */
struct duration {
	int64_t s;
	bool days; /* counted in days: calendar time alone */
};

/* "4h", "3h open", "15 working days" */
struct promised {
	struct duration time;
	struct word days; /* the number; text NULL: time it is */
	bool bare;        /* the number has no unit */
	bool open;        /* in open hours, said so */
	bool negative;
};

/* "mon-fri 09:00-14:00, 16:00-19:00" */
struct hours_line {
	unsigned days; /* bit 0 is Monday */
	struct ptrs spans;
};

/* "closed 2026-12-25" or "on 2026-12-24 09:00-13:00" */
struct date_line {
	struct word text;
	int64_t day; /* days since 1970-01-01 */
	bool closed;
	struct ptrs spans;
};

struct calendar_node {
	struct word name;
	struct word zone;
	struct ptrs hours; /* hours_line */
	struct ptrs dates; /* date_line */
	struct calendar *calendar;
	bool broken; /* of no zone that could be read */
};

struct queue_node {
	struct word name;
	struct word title;
	struct word team;
	struct book_queue pub;
};

struct team_node {
	struct word name;
	struct word title;
	struct word calendar;
	struct ptrs members; /* word */
	struct book_team pub;
};

/* One of a list's patterns and texts. */
struct entry_node {
	struct word text;
	bool literal;
	bool exact;
	struct pattern *pattern; /* made by the checker */
};

struct list_node {
	struct word name;
	struct ptrs entries; /* entry_node */
	bool broken;         /* a pattern is not fit */
	struct book_list pub;
};

struct action_node {
	enum rule_action_kind kind;
	struct word value;
	struct word more;
	struct word text;
	int64_t seconds;
	struct loc at;
};

/* "then ..." */
struct actions {
	struct ptrs list;       /* action_node */
	struct rule_node *rule; /* NULL: of an escalation */
};

struct escalation_node {
	struct loc at;
	struct actions actions;
	struct book_escalation pub;
};

/* The states that may pause a resolution: pending_customer, on_hold and
 * snoozed, as a mask of the places in field_states. */
#define BOOK_PAUSES (1U << 2 | 1U << 3 | 1U << 4)

/* A promise of a policy, and what it is for some priorities. */
struct promise_node {
	bool given;
	struct book_budget usual;
	bool excepted[BOOK_PRIORITIES];
	struct book_budget exceptions[BOOK_PRIORITIES];
};

struct policy_node {
	struct word name;
	struct word calendar;
	struct promise_node promises[BOOK_CLOCK_COUNT];
	unsigned pauses; /* mask of states, if it was given */
	bool pauses_given;
	unsigned via;            /* mask of channels; 0: every channel */
	struct ptrs warnings;    /* book_warning */
	struct ptrs steps;       /* escalation_node */
	struct ptrs escalations; /* book_escalation, of steps */
	struct book_policy pub;
};

enum cond_kind {
	COND_AND,
	COND_OR,
	COND_NOT,
	COND_TEXT,    /* a pattern on one or more texts */
	COND_LIST,    /* a list's patterns on one or more texts */
	COND_WORD,    /* a word is one of several */
	COND_COMPARE, /* a number, duration or amount of money */
	COND_FLAG,
	COND_TIME,  /* the local time is in one of the spans */
	COND_DAY,   /* the local weekday is one of days */
	COND_OPEN,  /* the calendar is open */
	COND_BROKEN /* a syntax error: its rule is never run */
};

enum compare {
	COMPARE_LESS,
	COMPARE_AT_MOST,
	COMPARE_EQUAL,
	COMPARE_AT_LEAST,
	COMPARE_MORE
};

/* A field that a condition asks. */
struct asked {
	struct word name;            /* as written */
	const struct field_row *row; /* NULL: no such field */
	struct word header;          /* of RULE_FIELD_HEADER: which */
};

/* "4", "100.00 EUR", "-2h": what a field is compared with. */
struct quantity {
	struct word number; /* as written; text NULL: a duration */
	struct word currency;
	struct duration duration;
	bool negative;
	struct loc at;
};

struct cond {
	enum cond_kind kind;
	struct cond *a;
	struct cond *b;
	struct loc at;
	size_t from; /* bytes in the book's text */
	size_t to;
	int ordinal;        /* among those that are not and, or, not */
	struct ptrs fields; /* asked; TEXT, LIST: some, WORD to FLAG: one */
	struct word text;   /* TEXT: the pattern; LIST: the list's name */
	bool literal;       /* contains, not matches */
	bool exact;
	struct ptrs values; /* WORD: word */
	enum compare compare;
	int64_t number;
	struct word currency;
	struct ptrs spans;    /* TIME: span */
	unsigned days;        /* DAY: mask, bit 0 is Monday */
	struct word calendar; /* TIME, DAY, OPEN: text NULL is the first */
	/* set by the checker */
	struct pattern *pattern;
	const struct list_node *list;
	const struct calendar *opening;
};

struct example_node {
	bool counter;
	struct loc at;
	struct rule_facts facts;
	struct ptrs headers; /* rule_pair */
	struct ptrs files;   /* rule_pair */
	struct ptrs tags;    /* const char */
	struct word date;    /* "at 2026-12-25 09:00": text NULL is none */
	int64_t day;
	int64_t time_s;
};

struct rule_node {
	struct word name;
	struct word event;
	unsigned event_bit;
	unsigned via; /* mask of channels; 0: every channel */
	struct cond *cond;
	size_t cond_count; /* and, or and not too */
	int leaf_count;    /* without them */
	size_t pattern_count;
	struct actions actions;
	struct ptrs examples; /* example_node */
	bool stop;
	int64_t once_s;
	bool timed;
	struct book_timer timer;
	struct word timer_calendar; /* text NULL: the first */
	bool broken;                /* a syntax error was inside */
	size_t if_from;             /* the condition's bytes in the text */
	size_t if_to;
	const char *if_text;
	const char *on_text; /* after "on", blanks as one */
	struct book_rule pub;
};

/* A text and its language, which may be missing. */
struct text_node {
	struct word language;
	struct word text;
};

/* What a reply is where only a template may go. */
struct template_node {
	struct word language;
	struct word name;
	struct ptrs values; /* struct word */
	struct word header;
};

struct reply_node {
	struct word name;
	struct word title;
	struct word language;
	struct ptrs texts;     /* text_node */
	struct ptrs templates; /* template_node */
	struct book_reply pub;
};

struct shop_policy_node {
	struct word name;
	struct word title;
	struct word language;
	struct word since; /* a date */
	struct ptrs texts; /* text_node */
	struct book_shop_policy pub;
};

struct book {
	atomic_int refs;
	struct arena arena;
	struct ptrs queues;
	struct ptrs teams;
	struct ptrs lists;
	struct ptrs calendars;
	struct ptrs policies;
	struct ptrs rules;
	struct ptrs timers; /* rule_node, of event "time" */
	struct ptrs replies;
	struct ptrs shop_policies;
	struct rule_index *index; /* NULL while it is read */
	int64_t budget_us;        /* of a run */
	bool plain;               /* run as if there were no index: for tests */
	pthread_mutex_t lock;     /* guards idle */
	struct scratch *idle;     /* working memory of rule_run, for reuse */
	size_t idle_count;
};

/* Channels as bits. */
#define TREE_CHANNELS 7
/* "email", ...; NULL past the last. */
const char *channel_name(size_t i);
/* The bit of a channel, or 0. */
unsigned channel_bit(const char *name);

#endif
