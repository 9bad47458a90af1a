#ifndef POSTIGO_BOOK_BUILD_H
#define POSTIGO_BOOK_BUILD_H

/*
 * book_build: what the grammar calls. Each function puts one piece into the
 * tree, and complains about what the piece alone shows to be wrong; names of
 * other things are the checker's.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/tree.h"

/* From and to a place, as lines, columns and bytes. */
struct text_span {
	struct loc first;
	struct loc last;
	size_t from;
	size_t to;
};

/* A reading in progress. The last of each kind is the one being filled. */
struct build {
	struct book *book;
	struct book_errors *errs;
	const char *text;
	size_t n;
	struct text_span here; /* the scanner's token */
	struct loc loc;        /* the scanner's place */
	size_t at;
	struct queue_node *queue;
	struct calendar_node *calendar;
	struct ptrs *spans; /* where the next opening hours go */
	struct policy_node *policy;
	struct rule_node *rule;
	struct example_node *example;
	struct reply_node *reply;
	bool lost; /* a syntax error may have hidden a name */
};

/*
 * Read the text into p->book, complaining to p->errs. Names are not looked
 * up yet. Text is well-formed UTF-8.
 */
void build_read(struct build *p);

struct text_span build_span(struct text_span a, struct text_span b,
			    bool filled);
void build_error(struct build *p, const struct text_span *at, const char *text);
void build_syntax_error(struct build *p, const struct text_span *at,
			const char *got, const char *const *expected, size_t n);
void build_lost(struct build *p);
void build_broken(struct build *p);

void build_queue(struct build *p, const struct word *name);
void build_queue_title(struct build *p, const struct word *title);

void build_calendar(struct build *p, const struct word *name);
void build_zone(struct build *p, const struct word *zone);
void build_hours(struct build *p, unsigned days);
void build_date(struct build *p, const struct word *date, bool closed);
unsigned build_days(unsigned from, unsigned to);
struct span build_time_span(struct build *p, int64_t from_s, int64_t to_s,
			    const struct text_span *at);
void build_hours_span(struct build *p, const struct span *s);

enum budget {
	BUDGET_FIRST,
	BUDGET_NEXT,
	BUDGET_RESOLUTION
};
void build_policy(struct build *p, const struct word *name);
void build_policy_via(struct build *p, unsigned channels);
void build_policy_calendar(struct build *p, const struct word *name);
void build_budget(struct build *p, enum budget which, int64_t s,
		  const struct text_span *at);
void build_warning(struct build *p, bool percent, int64_t value,
		   const struct text_span *at);

unsigned build_channel(struct build *p, const struct word *name);

void build_rule(struct build *p, const struct word *name);
void build_event(struct build *p, const struct word *event);
void build_rule_via(struct build *p, unsigned channels);
void build_if(struct build *p, struct cond *c, const struct text_span *at);
struct cond *build_cond(struct build *p, enum cond_kind kind, struct cond *a,
			struct cond *b, const struct text_span *at);
struct cond *build_cond_channel(struct build *p, unsigned channels,
				const struct text_span *at);
struct cond *build_cond_mailbox(struct build *p, const struct word *name,
				const struct text_span *at);
struct cond *build_cond_text(struct build *p, unsigned fields,
			     const struct word *text, bool literal, bool exact);
void build_action(struct build *p, enum rule_action_kind kind,
		  const struct word *value);
void build_stop(struct build *p);

enum example_field {
	EXAMPLE_SUBJECT,
	EXAMPLE_BODY,
	EXAMPLE_FROM,
	EXAMPLE_MAILBOX,
	EXAMPLE_CHANNEL
};
void build_example(struct build *p, bool counter, const struct text_span *at);
void build_example_field(struct build *p, enum example_field f,
			 const struct word *value);

enum reply_field {
	REPLY_TITLE,
	REPLY_LANGUAGE,
	REPLY_TEXT
};
void build_reply(struct build *p, const struct word *name);
void build_reply_field(struct build *p, enum reply_field f,
		       const struct word *value);

#endif
