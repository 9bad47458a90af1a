#ifndef POSTIGO_REPLAY_H
#define POSTIGO_REPLAY_H

/*
 * replay: a message of the past as facts that rules may be run on once more,
 * without effect on anything: for explanations and back-tests.
 *
 * What the event of the decision noted stands: all words, numbers and flags that
 * were known. Where there is no event, or an older one that noted nothing, they
 * are made of the rows, as far as these still say them. The state and tags at that time
 * are known from the event alone; of a later message queue, priority, reason
 * and policy are those of now.
 */

#include <jansson.h>
#include <stdbool.h>

#include "daemon/store/past.h"
#include "rules/rule.h"

/* Facts and what they point to. Strings are borrowed from the message and
 * from what was noted. */
struct replay {
	struct rule_facts facts;
	struct rule_pair files[RULE_FILES_MAX];
	const char *tags[RULE_TAGS_MAX];
	struct rule_pair headers[RULE_HEADERS_MAX];
};

/*
 * The facts on which the rules ran for a message.
 *
 * on     "contact", ...; NULL: contact for the first message and for what a
 *        customer wrote, else answer
 * noted  member "facts" of the event; NULL: nothing was noted
 */
void replay_facts(const struct past *p, const char *on, const json_t *noted,
		  struct replay *out);

/* The agent whose address "assignee" asks, as the event noted it: 0: none. */
int64_t replay_assignee(const json_t *noted);

/* Headers of a mail beside: [{name, value}], borrowed; NULL: there are none. */
void replay_headers(struct replay *r, const json_t *headers);

/* The text that a span of a hit is in; NULL: it is not known. name: of a
 * header or file. */
const char *replay_text(const struct rule_facts *f, enum rule_field field,
			const char *name);

#endif
