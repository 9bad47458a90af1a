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
struct scratch;

#define TREE_KIND_MAX 5000          /* queues, calendars, ... of one kind */
#define TREE_CONDITIONS_MAX 200     /* in one rule */
#define TREE_ACTIONS_MAX 32         /* in one rule */
#define TREE_EXAMPLES_MAX 100       /* in one rule */
#define TREE_NAME_MAX 100           /* characters of a name */
#define TREE_TEXT_BYTES (16 * 1024) /* a string, a saved reply */
#define TREE_PATTERN_BYTES 2000     /* a pattern */
#define TREE_WARNINGS_MAX 8         /* of one policy */

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
};

struct queue_node {
	struct word name;
	struct word title;
	struct book_queue pub;
};

struct policy_node {
	struct word name;
	struct word calendar;
	unsigned via;         /* mask of channels; 0: every channel */
	struct ptrs warnings; /* book_warning */
	struct book_policy pub;
};

enum cond_kind {
	COND_AND,
	COND_OR,
	COND_NOT,
	COND_CHANNEL,
	COND_MAILBOX,
	COND_TEXT /* a pattern on sender, subject or body */
};

struct cond {
	enum cond_kind kind;
	struct cond *a;
	struct cond *b;
	unsigned channels; /* COND_CHANNEL: mask */
	struct word mailbox;
	unsigned fields; /* COND_TEXT: mask of 1 << rule_field */
	struct word text;
	bool literal; /* contains, not matches */
	bool exact;
	struct loc at;
	struct pattern *pattern; /* made by the checker */
};

struct action_node {
	enum rule_action_kind kind;
	struct word value;
};

struct example_node {
	bool counter;
	struct loc at;
	struct rule_facts facts;
};

struct rule_node {
	struct word name;
	struct word event;
	unsigned via; /* mask of channels; 0: every channel */
	struct cond *cond;
	size_t cond_count;
	size_t pattern_count;
	struct ptrs actions;  /* action_node */
	struct ptrs examples; /* example_node */
	bool stop;
	bool broken;    /* a syntax error was inside */
	size_t if_from; /* the condition's bytes in the text */
	size_t if_to;
	const char *if_text;
};

struct reply_node {
	struct word name;
	struct word title;
	struct word language;
	struct word text;
	struct book_reply pub;
};

struct book {
	atomic_int refs;
	struct arena arena;
	struct ptrs queues;
	struct ptrs calendars;
	struct ptrs policies;
	struct ptrs rules;
	struct ptrs replies;
	pthread_mutex_t lock; /* guards idle */
	struct scratch *idle; /* working memory of rule_run, for reuse */
	size_t idle_count;
};

/* Channels as bits. */
#define TREE_CHANNELS 7
/* "email", ...; NULL past the last. */
const char *channel_name(size_t i);
/* The bit of a channel, or 0. */
unsigned channel_bit(const char *name);

#endif
