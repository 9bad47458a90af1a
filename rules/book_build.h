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
	struct team_node *team;
	struct list_node *list;
	struct calendar_node *calendar;
	struct ptrs *spans; /* where the next opening hours go */
	struct policy_node *policy;
	enum book_clock clock; /* whose budgets are read now */
	struct escalation_node *step;
	struct actions *actions; /* where the next action goes */
	struct rule_node *rule;  /* NULL: not in a rule */
	struct example_node *example;
	struct reply_node *reply;
	struct template_node *template; /* whose values come next */
	struct shop_policy_node *shop;
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

/* The hint of an unknown word: the nearest of a list that ends with NULL. */
const char *build_nearest(const char *got, const char *const *names,
			  const char *otherwise, char hint[160]);

void build_include(struct build *p, const struct word *name);

void build_queue(struct build *p, const struct word *name);
void build_queue_title(struct build *p, const struct word *title);
void build_queue_team(struct build *p, const struct word *team);

void build_team(struct build *p, const struct word *name);
void build_team_title(struct build *p, const struct word *title);
void build_team_calendar(struct build *p, const struct word *name);
void build_team_member(struct build *p, const struct word *address);

void build_list(struct build *p, const struct word *name);
void build_list_broken(struct build *p);
void build_entry(struct build *p, const struct word *text, bool literal,
		 bool exact);

void build_calendar(struct build *p, const struct word *name);
void build_zone(struct build *p, const struct word *zone);
void build_hours(struct build *p, unsigned days);
void build_date(struct build *p, const struct word *date, bool closed);
unsigned build_days(unsigned from, unsigned to);
struct span build_time_span(struct build *p, int64_t from_s, int64_t to_s,
			    const struct text_span *at);
void build_hours_span(struct build *p, const struct span *s);

/* --- policies, in policy_build.c ----------------------------------------- */

void build_policy(struct build *p, const struct word *name);
void build_policy_via(struct build *p, unsigned channels);
void build_policy_calendar(struct build *p, const struct word *name);
/* The promise whose budgets follow. */
void build_promise(struct build *p, enum book_clock which);
/* priority  NULL: of every priority that has none of its own */
void build_budget(struct build *p, const struct word *priority,
		  const struct promised *w, const struct text_span *at);
/* The bit of a state that may pause a resolution, or 0. */
unsigned build_pause(struct build *p, const struct word *state);
void build_pauses(struct build *p, unsigned states, const struct text_span *at);
/* "continues" or "begins" */
void build_reopen(struct build *p, const struct word *how);
void build_warning_percent(struct build *p, int percent,
			   const struct text_span *at);
void build_warning_left(struct build *p, const struct duration *d,
			const struct text_span *at);
void build_step(struct build *p, enum book_clock which,
		const struct text_span *at);
void build_step_when(struct build *p, enum book_escalation_when when,
		     int64_t percent, const struct duration *d,
		     const struct text_span *at);

/* --- in book_build.c ------------------------------------------------------ */

unsigned build_channel(struct build *p, const struct word *name);

/* --- rules, in rule_build.c --------------------------------------------- */

void build_rule(struct build *p, const struct word *name);
void build_on(struct build *p, const struct text_span *at);
void build_event(struct build *p, const struct word *event);
void build_hourly(struct build *p, const struct word *hour,
		  const struct word *calendar);
void build_daily(struct build *p, unsigned days, int64_t time_s,
		 const struct text_span *at, const struct word *calendar);
/* "weekday" or "day" */
void build_daily_word(struct build *p, const struct word *days, int64_t time_s,
		      const struct text_span *at, const struct word *calendar);
void build_after(struct build *p, const struct duration *d, bool open,
		 const struct word *since, const struct text_span *at);
void build_rule_via(struct build *p, unsigned channels);
void build_if(struct build *p, struct cond *c, const struct text_span *at);
void build_then(struct build *p);
void build_once(struct build *p, const struct duration *d,
		const struct text_span *at);

void build_action(struct build *p, enum rule_action_kind kind,
		  const struct word *value);
void build_assign_nobody(struct build *p, const struct word *nobody);
void build_fallback(struct build *p, const struct word *word);
void build_notify(struct build *p, const struct word *whom,
		  const struct word *name, const struct word *text);
/* "link order {name}" */
void build_link_order(struct build *p, const struct word *capture);
void build_snooze(struct build *p, const struct duration *d,
		  const struct text_span *at);
void build_stop(struct build *p, const struct text_span *at);

/* --- conditions, in cond_build.c ---------------------------------------- */

struct asked *build_asked(struct build *p, const struct word *name,
			  const struct word *header);
/* Put one before the others, which may be NULL: none yet. */
struct ptrs *build_fields(struct build *p, struct ptrs *rest,
			  struct asked *one);
/* Append one to the others, which may be NULL: none yet. */
struct ptrs *build_values(struct build *p, struct ptrs *list,
			  const struct word *one, bool quoted);
/* Complain unless got is one of the words of a field that lists them. */
bool build_word_of(struct build *p, const struct field_row *row,
		   const struct word *got);
struct quantity build_number(const struct word *number,
			     const struct word *currency, bool negative);
struct quantity build_length(const struct duration *d, bool negative,
			     const struct text_span *at);

struct cond *build_cond(struct build *p, enum cond_kind kind, struct cond *a,
			struct cond *b, const struct text_span *at);
struct cond *build_cond_text(struct build *p, struct ptrs *fields,
			     const struct word *text, bool literal, bool exact,
			     const struct text_span *at);
struct cond *build_cond_list(struct build *p, struct ptrs *fields,
			     const struct word *name,
			     const struct text_span *at);
struct cond *build_cond_word(struct build *p, struct ptrs *fields,
			     struct ptrs *values, const struct text_span *at);
struct cond *build_cond_compare(struct build *p, struct ptrs *fields,
				enum compare how, const struct quantity *q,
				const struct text_span *at);
struct cond *build_cond_flag(struct build *p, const struct word *name,
			     const struct text_span *at);
struct cond *build_cond_time(struct build *p, const struct text_span *at);
/* The calendar of a condition whose spans are read now. */
struct cond *build_cond_in(struct build *p, struct cond *c,
			   const struct word *calendar,
			   const struct text_span *at);
struct cond *build_cond_day(struct build *p, unsigned days,
			    const struct word *calendar,
			    const struct text_span *at);
struct cond *build_cond_open(struct build *p, const struct word *calendar,
			     const struct text_span *at);
struct cond *build_cond_error(struct build *p, const struct text_span *at);
/*
 * The number of a quantity in the unit of a field of that kind; complains.
 * false: it has none
 */
bool build_quantity(struct build *p, const struct field_row *row,
		    const struct quantity *q, int64_t *out);

/* --- examples, in example_build.c --------------------------------------- */

void build_example(struct build *p, bool counter, const struct text_span *at);
void build_example_body(struct build *p, const struct word *text);
void build_example_field(struct build *p, const struct word *field,
			 const struct word *value);
void build_example_number(struct build *p, const struct word *field,
			  const struct quantity *q);
void build_example_header(struct build *p, const struct word *name,
			  const struct word *value);
void build_example_flag(struct build *p, const struct word *flag, bool on);
void build_example_at(struct build *p, const struct word *date, int64_t time_s);

/* --- texts, in text_build.c ---------------------------------------------- */

void build_reply(struct build *p, const struct word *name);
void build_reply_title(struct build *p, const struct word *title);
void build_reply_language(struct build *p, const struct word *language);
/* language  NULL: none was said */
void build_reply_text(struct build *p, const struct word *language,
		      const struct word *text);

/* A template of the reply; its values and its header follow. */
void build_template(struct build *p, const struct word *language,
		    const struct word *name);
void build_template_value(struct build *p, const struct word *text);
void build_template_header(struct build *p, const struct word *text);

void build_shop_policy(struct build *p, const struct word *name);
void build_shop_title(struct build *p, const struct word *title);
void build_shop_language(struct build *p, const struct word *language);
void build_shop_since(struct build *p, const struct word *date);
void build_shop_text(struct build *p, const struct word *language,
		     const struct word *text);

/* --- for the files that build --------------------------------------------- */

#define BUILD_NEW(p, type) ((type *)arena_new(&(p)->book->arena, sizeof(type)))

/* Put node, whose name is at *name, into its list; given NULL: its name was
 * lost, and nothing of it is checked. */
void build_add(struct build *p, struct ptrs *list, void *node,
	       struct word *name, const struct word *given, const char *kind);
/* Set a thing that may be given once. */
bool build_once_only(struct build *p, struct word *to, const struct word *value,
		     const char *what);
/* Days since 1970-01-01 of "2026-12-25"; false: no such date. */
bool build_date_days(const char *s, int64_t *out);
/* Complain unless got is one of names, which end with NULL. */
bool build_choose(struct build *p, const struct word *got,
		  const char *const *names, const char *what,
		  const char *otherwise);

#endif
