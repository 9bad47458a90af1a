#ifndef POSTIGO_FACTLINE_H
#define POSTIGO_FACTLINE_H

/*
 * factline: a line of JSON as the facts of a run of rules. Members are named
 * as the fields are (rules/field.h); lists are "headers", "files", "tags".
 */

#include <jansson.h>
#include <stdbool.h>

#include "rules/rule.h"

struct factline {
	struct rule_facts facts;
	struct rule_pair headers[RULE_HEADERS_MAX];
	struct rule_pair files[RULE_FILES_MAX];
	const char *tags[RULE_TAGS_MAX];
	char currency[4];
	char bad[128]; /* which member is wrong and what it should be */
};

/*
 * Fill *f from an object, whose strings it borrows. Members that are no
 * field's, and those that are null, are passed over.
 * false: f->bad says why
 */
bool factline_read(struct factline *f, const json_t *o);

#endif
