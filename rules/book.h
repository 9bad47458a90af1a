#ifndef POSTIGO_BOOK_H
#define POSTIGO_BOOK_H

/*
 * book: the desk book, parsed and checked: queues, calendars, policies,
 * rules and saved replies. A struct book never changes once made and may be
 * read from many threads; it is counted.
 *
 * Not here: running rules (rule.h), time arithmetic (deadline.h), storing
 * versions (daemon/store/book.h).
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct book;
struct buf;
struct calendar;
struct rule_action;

#define BOOK_BYTES_MAX (1024 * 1024) /* ceiling of a book's text */
#define BOOK_ERRORS_MAX 100          /* errors kept of one reading */

/* One complaint about the text. Strings belong to the book_errors. */
struct book_error {
	int line;   /* from 1 */
	int column; /* from 1, in characters */
	char *text; /* what is wrong */
	char *hint; /* what to do, or NULL */
};

struct book_errors {
	struct book_error *list;
	size_t n;
	size_t dropped; /* errors over BOOK_ERRORS_MAX */
};

void book_errors_release(struct book_errors *errs);

/*
 * Append "FILE:LINE:COLUMN: TEXT (HINT)" lines to b, one an error.
 */
void book_errors_print(const struct book_errors *errs, const char *file,
		       struct buf *b);

/*
 * Read and check a book: grammar, names, calendars, patterns (each timed on
 * adversarial texts, over 5 ms is refused), examples and counterexamples of
 * every rule.
 *
 * text, n   UTF-8, borrowed
 * book_out  set on OUT_OK; one reference, taken by the caller
 * errs      initialised to zero by the caller; filled on OUT_PERM
 *
 * OUT_OK    errs is empty: a book is right or it is refused
 * OUT_PERM  errs says why, all errors at once
 */
enum outcome book_read(const char *text, size_t n, struct book **book_out,
		       struct book_errors *errs) MUST_CHECK;

/*
 * As book_read, of a text that was checked when it was applied: patterns are
 * compiled, but not timed, and examples are not run. For the daemon's start.
 */
enum outcome book_read_trusted(const char *text, size_t n,
			       struct book **book_out,
			       struct book_errors *errs) MUST_CHECK;

/*
 * As book_read_trusted, of an old version whose promises still run: its
 * queues, teams, calendars and policies. Rules, lists, replies and shop
 * policies are left out, so that it takes little time.
 */
enum outcome book_promises_read(const char *text, size_t n,
				struct book **book_out,
				struct book_errors *errs) MUST_CHECK;

struct book *book_ref(struct book *b);
void book_unref(struct book **b);

/* --- what it holds; every string belongs to the book ------------------- */

struct book_queue {
	const char *name;  /* the id that tables and protocol carry */
	const char *title; /* as shown; the name if none was given */
	const char *team;  /* name of the team that works in it, or NULL */
};

size_t book_queue_count(const struct book *b);
const struct book_queue *book_queue_at(const struct book *b, size_t i);
/* NULL: no such queue. */
const struct book_queue *book_queue(const struct book *b, const char *name);
/* The first queue: where a contact lands that no rule sends elsewhere. */
const struct book_queue *book_queue_default(const struct book *b);

struct book_team {
	const char *name;           /* id */
	const char *title;          /* as shown; the name if none was given */
	const char *const *members; /* agents' e-mail addresses, as written */
	size_t member_count;
	const char *calendar_name;       /* when its members work, or NULL */
	const struct calendar *calendar; /* the same; NULL: not said */
};

size_t book_team_count(const struct book *b);
const struct book_team *book_team_at(const struct book *b, size_t i);
/* NULL: no such team. */
const struct book_team *book_team(const struct book *b, const char *name);

/* A named list of patterns and texts, for "matches list". */
struct book_list {
	const char *name;
	size_t entry_count;
};

size_t book_list_count(const struct book *b);
const struct book_list *book_list_at(const struct book *b, size_t i);

/* When to warn before a promise is due: one of the two is not 0. */
struct book_warning {
	int percent;    /* of the budget used, 1 to 99 */
	int64_t left_s; /* of the budget left, in seconds */
};

enum book_clock {
	BOOK_CLOCK_FIRST_RESPONSE,
	BOOK_CLOCK_NEXT_RESPONSE,
	BOOK_CLOCK_RESOLUTION,
	BOOK_CLOCK_PROACTIVE, /* first word about an order, before one asks */
	BOOK_CLOCK_CLAIM,     /* the reasoned answer to a registered claim */
	BOOK_CLOCK_COUNT
};

/* "first_response", ..., "claim". Static. */
const char *book_clock_name(enum book_clock clock);
/* false: no such clock. */
bool book_clock_find(const char *name, enum book_clock *out);

#define BOOK_DAYS_MAX 150 /* working days of a promise */

/* How long a promise is; seconds and days both 0: no such promise. */
struct book_budget {
	int64_t seconds; /* of open hours, unless wall */
	int days;        /* working days; seconds is 0 then */
	bool wall;       /* every second counts, with calendar NULL */
};

/* When which of the four is set. */
enum book_escalation_when {
	BOOK_AT_PERCENT, /* percent of the budget is used */
	BOOK_LEFT,       /* seconds of the budget are left, business time */
	BOOK_AT_BREACH,
	BOOK_AFTER_BREACH /* seconds after it, business time */
};

/* "escalate first response at 75% then ...": one step. */
struct book_escalation {
	enum book_clock clock;
	enum book_escalation_when when;
	int percent;
	int64_t seconds;
	const struct rule_action *actions; /* rule: the policy's name */
	size_t action_count;
};

#define BOOK_PRIORITIES 4 /* of field_priorities */

struct book_policy {
	const char *name;
	const char *calendar_name;
	const struct calendar *calendar;
	/* by clock and priority, as field_priorities has them; see
	 * book_policy_budget */
	struct book_budget budgets[BOOK_CLOCK_COUNT][BOOK_PRIORITIES];
	struct book_budget usual[BOOK_CLOCK_COUNT]; /* of no priority */
	unsigned pauses;    /* states that pause the resolution, as a mask of
			     * the places in field_states */
	bool reopen_begins; /* a reopened resolution starts anew */
	const struct book_warning *const *warnings; /* as written */
	size_t warning_count;
	const struct book_escalation *const *escalations; /* as written */
	size_t escalation_count;
};

size_t book_policy_count(const struct book *b);
const struct book_policy *book_policy_at(const struct book *b, size_t i);

const struct book_policy *book_policy(const struct book *b, const char *name);

/*
 * What a policy promises for a clock to an incident of a priority; NULL or
 * an unknown priority: what is usual.
 */
struct book_budget book_policy_budget(const struct book_policy *p,
				      enum book_clock clock,
				      const char *priority);

/* Does a state of the incident pause a clock of that policy? Only the
 * resolution is ever paused. */
bool book_policy_pauses(const struct book_policy *p, enum book_clock clock,
			const char *state);

/*
 * The policy for an incident that no rule gave one: the first whose "via"
 * names the channel (a policy without "via" takes every channel).
 * NULL: none, so no clock runs.
 */
const struct book_policy *book_policy_for(const struct book *b,
					  const char *channel);

const struct calendar *book_calendar(const struct book *b, const char *name);
/* The first calendar of the book, whose zone is the desk's; NULL: it has none. */
const struct calendar *book_calendar_first(const struct book *b);

/* A text in a language: two or three small letters, or "" for any. */
struct book_text {
	const char *language;
	const char *text;
};

/*
 * Of several texts the one in a language, else the one in the desk's, else
 * the first. Either language may be NULL.
 */
const struct book_text *book_text_in(const struct book_text *texts, size_t n,
				     const char *language, const char *desk);

/*
 * What a saved reply is where only an approved template may go (WhatsApp,
 * outside of the window): its name at Meta, and what is filled in.
 */
struct book_template {
	const char *language; /* as of book_text */
	const char *name;
	const char *const *values; /* with {variables} */
	size_t value_count;
	const char *header; /* the same; NULL: none */
	int line;           /* of its name */
	int column;
};

struct book_reply {
	const char *name; /* id */
	const char *title;
	const char *language;          /* of the first text */
	const char *text;              /* the first text, with {variables} */
	const struct book_text *texts; /* all of them, at least one */
	size_t text_count;
	const struct book_template *templates; /* one a language at most */
	size_t template_count;
};

/* Of several templates the one that book_text_in() would take; NULL: there is
 * none. */
const struct book_template *book_template_in(const struct book_reply *r,
					     const char *language,
					     const char *desk);

size_t book_reply_count(const struct book *b);
const struct book_reply *book_reply_at(const struct book *b, size_t i);
const struct book_reply *book_reply(const struct book *b, const char *name);

/* Variables of a saved reply; NULL members read as "". */
struct reply_facts {
	const char *customer_name;
	const char *customer_first_name;
	const char *agent_name;
	const char *incident_ref;
	const char *subject;
	const char *shop_name;
	const char *expected_answer; /* "within 30 minutes" */
	const char *claim_code;      /* of a claim that was registered */
	/* of the order that is linked, in the customer's language */
	const char *order_number;
	const char *order_total;        /* "61,80 €" */
	const char *order_placed;       /* "3 de noviembre de 2026" */
	const char *order_promised;     /* by when it was to arrive */
	const char *order_tracking_url; /* of its newest shipment */
	const char *order_lines;        /* "2 x Taza azul", one a line */
};

/*
 * Append a text, as book_text_in() gives one, with {customer.name},
 * {customer.first_name}, {agent.name}, {incident.ref}, {subject}, {shop.name},
 * {expected.answer}, {claim.code} and {order.number}, {order.total},
 * {order.placed}, {order.promised}, {order.tracking_url}, {order.lines}
 * replaced. A variable without a value reads as its fallback:
 * {order.number|"your order"}, else as nothing. Unknown variables are refused
 * when the book is read.
 */
void book_text_render(const char *text, const struct reply_facts *f,
		      struct buf *b);

/* Does a text say by when an answer will come? */
bool book_text_asks_expected(const char *text);
/* Does it say something of the order? */
bool book_text_asks_order(const char *text);

/* What the shop promises in public: "shop policy". */
struct book_shop_policy {
	const char *name; /* id */
	const char *title;
	const char *since; /* "2026-01-01", from when it holds; "" : always */
	const struct book_text *texts; /* at least one */
	size_t text_count;
};

size_t book_shop_policy_count(const struct book *b);
const struct book_shop_policy *book_shop_policy_at(const struct book *b,
						   size_t i);
/* NULL: no such policy. */
const struct book_shop_policy *book_shop_policy(const struct book *b,
						const char *name);

/* --- rules: running them is in rule.h ------------------------------------ */

struct book_rule {
	const char *name;
	int line;          /* of its name */
	const char *event; /* "contact", ..., "time" */
	const char *on;    /* what stands after "on", as written */
	bool stop;
	int64_t once_s; /* "once per customer in": seconds; 0: not said */
};

size_t book_rule_count(const struct book *b);
const struct book_rule *book_rule_at(const struct book *b, size_t i);
/* false: no such rule. */
bool book_rule_index(const struct book *b, const char *name, size_t *i_out);

/*
 * The states that an incident must have for the rule to hold, as a mask of
 * the places in field_states; every bit where its condition does not say.
 */
unsigned book_rule_states(const struct book *b, size_t rule_index);

/* --- rules of time -------------------------------------------------------- */

enum book_timer_kind {
	TIMER_DAILY,  /* every weekday at 09:00 */
	TIMER_HOURLY, /* every hour */
	TIMER_AFTER   /* 4h after solved */
};

enum book_timer_since {
	SINCE_CREATED, /* the incident was created */
	SINCE_SOLVED,  /* it was solved, and still is */
	SINCE_CONTACT, /* the customer's last message */
	SINCE_ANSWER   /* the desk's last answer */
};

/* A rule of event "time": when to gather facts and call rule_run. */
struct book_timer {
	const char *rule;
	size_t rule_index;
	enum book_timer_kind kind;
	/* of TIMER_DAILY and _HOURLY: its zone says what the time is */
	const struct calendar *calendar;
	unsigned days; /* daily: mask, bit 0 is Monday */
	int32_t at_s;  /* daily: second of the local day */
	enum book_timer_since since;
	int64_t after_s; /* TIMER_AFTER: seconds after since */
	bool open;       /* counted in open hours of the incident's policy */
};

/* The i-th rule of time in the book's order; NULL past the last. */
const struct book_timer *book_timed(const struct book *b, size_t i);

/*
 * The first instant after after_s (UTC seconds) at which a daily or hourly
 * rule runs. A time that the clocks skip runs right after the gap; one that
 * they repeat runs once, at the first. DEADLINE_NEVER for TIMER_AFTER, which
 * counts from an incident's own instant.
 */
int64_t book_timer_next(const struct book_timer *t, int64_t after_s);

/*
 * What differs between two books, as lines of "+ rule "x"", "- queue "y"",
 * "~ policy "z": first response 4h -> 2h", for a person.
 */
void book_diff(const struct book *before, const struct book *after,
	       struct buf *b);

/* Append what it holds: "1 queue, 3 policies, 20 rules", for a person. */
void book_count(const struct book *b, struct buf *out);

/* Is s the code of a contact reason (postigo-book(5))? */
bool book_is_reason(const char *s);

#endif
