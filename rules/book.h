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

struct book *book_ref(struct book *b);
void book_unref(struct book **b);

/* --- what it holds; every string belongs to the book ------------------- */

struct book_queue {
	const char *name;  /* the id that tables and protocol carry */
	const char *title; /* as shown; the name if none was given */
};

size_t book_queue_count(const struct book *b);
const struct book_queue *book_queue_at(const struct book *b, size_t i);
/* NULL: no such queue. */
const struct book_queue *book_queue(const struct book *b, const char *name);
/* The first queue: where a contact lands that no rule sends elsewhere. */
const struct book_queue *book_queue_default(const struct book *b);

/* When to warn before a promise is due: one of the two is not 0. */
struct book_warning {
	int percent;    /* of the budget used, 1 to 99 */
	int64_t left_s; /* of the budget left, in seconds */
};

struct book_policy {
	const char *name;
	const char *calendar_name;
	const struct calendar *calendar;
	int64_t first_response_s; /* budget in seconds; 0: no such clock */
	int64_t next_response_s;
	int64_t resolution_s;
	const struct book_warning *const *warnings; /* as written */
	size_t warning_count;
};

const struct book_policy *book_policy(const struct book *b, const char *name);
/*
 * The policy for an incident that no rule gave one: the first whose "via"
 * names the channel (a policy without "via" takes every channel).
 * NULL: none, so no clock runs.
 */
const struct book_policy *book_policy_for(const struct book *b,
					  const char *channel);

const struct calendar *book_calendar(const struct book *b, const char *name);

struct book_reply {
	const char *name; /* id */
	const char *title;
	const char *language; /* "es", "en" or "" for any */
	const char *text;     /* with {variables} */
};

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
};

/*
 * Append the reply's text with {customer.name}, {customer.first_name},
 * {agent.name}, {incident.ref}, {subject}, {shop.name} replaced. Unknown
 * variables are refused when the book is read.
 */
void book_reply_render(const struct book_reply *r, const struct reply_facts *f,
		       struct buf *b);

size_t book_rule_count(const struct book *b);

/*
 * What differs between two books, as lines of "+ rule "x"", "- queue "y"",
 * "~ policy "z": first response 4h -> 2h", for a person.
 */
void book_diff(const struct book *before, const struct book *after,
	       struct buf *b);

/* Is s the code of a contact reason (postigo-book(5))? */
bool book_is_reason(const char *s);

#endif
