#ifndef POSTIGO_CLASSIFY_H
#define POSTIGO_CLASSIFY_H

/*
 * classify: what the desk book's rules say of a contact, put in a form that
 * an incident can take, and the events that tell why.
 *
 * Not here: running rules (rules/rule.h); writing the incident.
 */

#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "rules/rule.h"

struct book;
struct incident;
struct store;

struct classified {
	struct rule_result result;
	/* the first proposal of each, NULL if there is none; of the book */
	const char *queue;
	const char *priority;
	const char *reason;
	const char *policy;
	const char *reply;
};

/* Run the rules. */
void classify_run(const struct book *b, const struct rule_facts *facts,
		  struct classified *out);

/* Set a new incident's members: proposals, else the book's defaults. */
void classify_apply(const struct book *b, const struct classified *c,
		    struct incident *inc);

/*
 * Write the tags, and the events incident.classified (if a rule fired) and
 * incident.undecided (if one could not be decided).
 */
enum outcome classify_write(struct store *s, const struct classified *c,
			    int64_t version, int64_t incident_id,
			    int64_t message_id, int64_t now_ms,
			    struct err *e) MUST_CHECK;

#endif
