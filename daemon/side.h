#ifndef POSTIGO_SIDE_H
#define POSTIGO_SIDE_H

/*
 * side: what rules decided about one message, as far as it can be compared:
 * where the incident would go, and what else would be done. Of some actions
 * (a note, a notice, an assignment, ...) events keep no value: of those only
 * is compared whether they were done.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/store/past.h"
#include "rules/rule.h"

struct book;

enum side_base {
	SIDE_QUEUE,
	SIDE_PRIORITY,
	SIDE_REASON,
	SIDE_POLICY,
	SIDE_REPLY,
	SIDE_BASES
};

#define SIDE_ACTS_MAX RULE_ACTIONS_MAX
#define SIDE_SHOWN 64
#define SIDE_LEFT_MAX 32

struct side_act {
	const char *kind;
	const char *value; /* that is compared; "": whether it was done */
	char shown[SIDE_SHOWN];
};

/* Strings are borrowed from the book, the result or the event. */
struct side {
	const char *base[SIDE_BASES]; /* never NULL */
	struct side_act acts[SIDE_ACTS_MAX];
	size_t act_count;
	/* kinds that rules proposed and that could not be done then (an answer
	 * to a robot, ...): they are not compared */
	const char *left[SIDE_LEFT_MAX];
	size_t left_count;
};

/* What a run of a book decides: with its defaults for a first message. */
void side_of_run(const struct book *b, const struct past *p,
		 const struct rule_result *res, struct side *out);

/*
 * What was decided then.
 * created     data of incident.created, or NULL
 * classified  data of incident.classified, or NULL: no rule fired
 */
void side_of_events(const json_t *created, const json_t *classified,
		    struct side *out);

/*
 * Call fn for each difference: from or to is "" where there is nothing.
 * Returns how many there are. fn may be NULL.
 */
size_t side_compare(const struct side *was, const struct side *would,
		    void (*fn)(void *arg, const char *kind, const char *from,
			       const char *to),
		    void *arg);

/* A TestSide (methods.tbl), new. */
json_t *side_json(const struct side *x);

#endif
