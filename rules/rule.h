#ifndef POSTIGO_RULE_H
#define POSTIGO_RULE_H

/*
 * rule: run the book's rules on one event. Pure: facts in, proposed actions
 * out. The daemon applies them.
 *
 * Invariants: a contact costs at most RULE_BUDGET_US; past it the remaining
 * rules are "undecided", and so is a pattern that met a match limit; an
 * explanation keeps field and span, never the text.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct book;

#define RULE_SUBJECT_BYTES (16 * 1024) /* of each field that is matched */
#define RULE_BUDGET_US 20000
#define RULE_ACTIONS_MAX 64
#define RULE_HITS_MAX 64
#define RULE_UNDECIDED_MAX 64

enum rule_field {
	RULE_FIELD_CHANNEL,
	RULE_FIELD_MAILBOX,
	RULE_FIELD_SENDER,
	RULE_FIELD_SUBJECT,
	RULE_FIELD_BODY
};

/* UTF-8, borrowed; NULL is an absent field, which matches nothing. */
struct rule_facts {
	const char *event;   /* "contact" */
	const char *channel; /* "email", ... */
	const char *mailbox; /* name of the connection it came by */
	const char *sender;  /* address */
	const char *subject;
	const char *body; /* the customer's new text, without quotes */
};

enum rule_action_kind {
	ACTION_QUEUE,
	ACTION_PRIORITY,
	ACTION_TAG,
	ACTION_REASON,
	ACTION_POLICY,
	ACTION_REPLY /* suggest a saved reply to the agent */
};

struct rule_action {
	enum rule_action_kind kind;
	const char *value; /* belongs to the book */
	const char *rule;  /* name of the rule that proposed it */
};

/* Why a rule fired: one matched condition. */
struct rule_hit {
	const char *rule; /* name; belongs to the book */
	int line;         /* of the rule in the book's text */
	enum rule_field field;
	size_t from; /* byte span in the field as given */
	size_t to;
	bool cut; /* the field was longer than RULE_SUBJECT_BYTES */
};

struct rule_undecided {
	const char *rule;
	const char *why; /* "budget" or "match_limit"; static */
};

struct rule_result {
	struct rule_action actions[RULE_ACTIONS_MAX];
	size_t action_count;
	struct rule_hit hits[RULE_HITS_MAX];
	size_t hit_count;
	struct rule_undecided undecided[RULE_UNDECIDED_MAX];
	size_t undecided_count;
	int64_t spent_us;
};

/*
 * Run every rule "on" facts->event in the book's order. Of queue, priority,
 * reason, policy and reply the first proposal stands; tags add up. A rule
 * with "stop" ends the run when it fired.
 *
 * Thread safe on one book. The result's strings live as long as the book.
 */
void rule_run(const struct book *b, const struct rule_facts *facts,
	      struct rule_result *out);

/* "channel", "mailbox", ... Static. */
const char *rule_field_name(enum rule_field f);
/* "queue", "priority", ... Static. */
const char *rule_action_name(enum rule_action_kind k);

#endif
