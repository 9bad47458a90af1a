#ifndef POSTIGO_RULE_H
#define POSTIGO_RULE_H

/*
 * rule: run the book's rules on one event. Pure: facts in, proposed actions
 * out. The daemon gathers the facts and applies the actions.
 *
 * Invariants: a run costs at most RULE_BUDGET_US of its thread's time; past
 * it the remaining rules are "undecided", and so is a pattern that met a match
 * limit; an explanation keeps field and span, never the text.
 *
 * What a field is, its unit and the events on which it is known: field.h.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rules/field.h"

struct book;

#define RULE_SUBJECT_BYTES (16 * 1024) /* of each field that is matched */
#define RULE_BUDGET_US 20000           /* of the time of its thread */
#define RULE_ACTIONS_MAX 64
#define RULE_HITS_MAX 64
#define RULE_UNDECIDED_MAX 64
#define RULE_HEADERS_MAX 200   /* later ones are not looked at */
#define RULE_FILES_MAX 100     /* later ones are not looked at */
#define RULE_TAGS_MAX 50       /* later ones are not looked at */
#define RULE_TEXT_BYTES 8192   /* of all action texts made of captures */
#define RULE_CAPTURES_MAX 16   /* names in one rule */
#define RULE_CAPTURE_BYTES 256 /* a longer capture is not used */
#define RULE_TRACE_MAX 200     /* conditions of one rule */

/* A mail's header: name without the colon, value unfolded and decoded.
 * Or an attached file: its name and its media type ("image/png"). */
struct rule_pair {
	const char *name;
	const char *value;
};

/*
 * What is known when a rule runs. Zero is a good start: everything absent.
 * Strings are UTF-8 and borrowed. An absent fact matches nothing, so "not"
 * of it is yes.
 */
struct rule_facts {
	const char *event; /* "contact", ..., as in field.h; "time" */
	/* RULE_FIELD_* of the kinds text and word; NULL: absent. Not used for
	 * RULE_FIELD_HEADER, _FILE_NAME, _FILE_TYPE and _TAG: lists below. */
	const char *text[RULE_FIELD_COUNT];
	/* of numbers (a count), durations (seconds), money (minor units of
	 * currency) and flags (0 or 1) */
	int64_t number[RULE_FIELD_COUNT];
	bool has[RULE_FIELD_COUNT]; /* number[] is known */
	const char *currency;       /* of RULE_FIELD_ORDER_TOTAL: "EUR" */
	const struct rule_pair *headers;
	size_t header_count;
	const struct rule_pair *files;
	size_t file_count;
	const char *const *tags;
	size_t tag_count;
	int64_t now_s;    /* UTC, for time, day and open; 0: not known */
	const char *rule; /* event "time": the one rule to run; else NULL */
};

enum rule_action_kind {
	/* the first proposal stands */
	ACTION_QUEUE,     /* value: name of a queue */
	ACTION_TEAM,      /* value: name of a team */
	ACTION_ASSIGN,    /* value: an agent's e-mail address; "": nobody */
	ACTION_PRIORITY,  /* value: low, normal, high, urgent */
	ACTION_REASON,    /* value: code of a contact reason */
	ACTION_POLICY,    /* value: name of a policy */
	ACTION_STATE,     /* value: an incident's state */
	ACTION_REPLY,     /* value: a saved reply, proposed to the agent */
	ACTION_SEND,      /* value: a saved reply that goes out by itself;
			    seconds: once per customer in so long */
	ACTION_ASK_ORDER, /* value: a saved reply that asks for the order;
			     seconds: as for send */
	ACTION_SNOOZE,    /* seconds: for how long, calendar time */
	ACTION_FALLBACK,  /* what did not arrive goes by the other channel */
	/* these add up */
	ACTION_TAG,        /* value: a tag */
	ACTION_UNTAG,      /* value: a tag */
	ACTION_NOTE,       /* value: text of an internal note */
	ACTION_NOTIFY,     /* value: "team" or "agent"; more: its name or
			      address; text: what to say */
	ACTION_WEBHOOK,    /* value: name of a connection */
	ACTION_LINK_ORDER, /* value: an order's number, as found */
	ACTION_KIND_COUNT
};

/* Strings belong to the book or to the result, and live as long as both. */
struct rule_action {
	enum rule_action_kind kind;
	const char *value; /* never NULL; "" for snooze, fallback */
	const char *more;  /* NULL unless said above */
	const char *text;  /* NULL unless said above */
	int64_t seconds;   /* 0 unless said above */
	const char *rule;  /* name of the rule that proposed it */
};

/* Why a rule fired: one matched condition. */
struct rule_hit {
	const char *rule;      /* name; belongs to the book */
	int line;              /* of the rule in the book's text */
	int condition;         /* which of the rule's conditions, from 0, as in
			     rule_explain */
	enum rule_field field; /* RULE_FIELD_COUNT: time, day, open */
	/* header's name, file's name (a field of header or attachment), or the
	 * tag; belongs to the facts or the book; NULL for the others */
	const char *name;
	size_t from; /* byte span in the field as given; 0, 0: no text */
	size_t to;
	bool cut; /* the field was longer than RULE_SUBJECT_BYTES */
};

struct rule_undecided {
	const char *rule;
	const char *why; /* "budget", "match_limit", "text" (what an action
			    would say does not fit); static */
};

struct rule_result {
	struct rule_action actions[RULE_ACTIONS_MAX];
	size_t action_count;
	struct rule_hit hits[RULE_HITS_MAX];
	size_t hit_count;
	struct rule_undecided undecided[RULE_UNDECIDED_MAX];
	size_t undecided_count;
	/* indices (book_rule_at) of the rules that fired, in order */
	uint16_t fired[RULE_HITS_MAX];
	size_t fired_count;
	size_t tried;           /* rules of this event that were looked at */
	const char *stopped_by; /* rule with "stop" that fired; or NULL */
	int64_t spent_us;       /* on the clock of the wall */
	char text[RULE_TEXT_BYTES]; /* of actions with captures */
	size_t text_n;
};

/*
 * Run every rule "on" facts->event in the book's order; of event "time" the
 * rule facts->rule alone; of a contact that is not its incident's first
 * (RULE_FIELD_MESSAGES above 1) those that ask "messages". A rule with "stop"
 * ends the run when it fired.
 *
 * Captures ("(?<order>\d{4,})" of a pattern that held) replace "{order}" in
 * the texts of tag, untag, note, notify and link order; an action whose
 * capture was not found is left out.
 *
 * Thread safe on one book. The result's strings live as long as the book and
 * the result.
 */
void rule_run(const struct book *b, const struct rule_facts *facts,
	      struct rule_result *out);

/* Does a rule's condition ask that field? rule_index: below book_rule_count. */
bool book_rule_asks(const struct book *b, size_t rule_index,
		    enum rule_field field);

/* --- explaining one rule ------------------------------------------------ */

enum rule_verdict {
	RULE_NO,
	RULE_YES,
	RULE_UNDECIDED,
	RULE_NOT_ASKED /* another condition had settled it */
};

/* One condition: what stands between "and", "or", "not" and parentheses. */
struct rule_trace_row {
	int line;           /* of its first letter in the book */
	int column;         /* from 1, in characters */
	const char *source; /* as written; not terminated; of the book */
	size_t source_n;
	bool negated;              /* an odd number of "not" is before it */
	enum rule_verdict verdict; /* its own, before "not" */
	bool hit;                  /* the members below are set */
	enum rule_field field;     /* as in struct rule_hit */
	const char *name;
	size_t from;
	size_t to;
	bool cut;
};

struct rule_trace {
	const char *rule;
	int line;
	enum rule_verdict verdict; /* of the rule; RULE_NOT_ASKED: not on this
				      event, or not via this channel */
	const char *why; /* "event", "via" for RULE_NOT_ASKED; "match_limit",
			    "budget"; else NULL; static */
	struct rule_trace_row rows[RULE_TRACE_MAX];
	size_t n;
};

/*
 * What each condition of one rule says of the facts. Every condition is
 * asked in the order of a run; one that a run would not ask is
 * RULE_NOT_ASKED. Pure; at most RULE_BUDGET_US.
 *
 * rule_index  below book_rule_count
 */
void rule_explain(const struct book *b, const struct rule_facts *facts,
		  size_t rule_index, struct rule_trace *out);

/* "no", "yes", "undecided", "not_asked". Static. */
const char *rule_verdict_name(enum rule_verdict v);
/* "queue", "link_order", ... Static. */
const char *rule_action_name(enum rule_action_kind k);
/* Do several proposals of this kind add up? */
bool rule_action_adds(enum rule_action_kind k);

#endif
