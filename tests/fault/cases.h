#ifndef POSTIGO_TEST_CASES_H
#define POSTIGO_TEST_CASES_H

/*
 * cases: at least one request for each method of the table, and the desk that
 * they are put to.
 *
 * Parameters are JSON with ' for "; $NAME stands for a value: of a blob
 * ($NAME_sha, $NAME_bytes, $NAME_b64), of a step that kept a member of its
 * result, $book, or $dir, the desk's folder.
 */

#include <stdbool.h>
#include <stddef.h>

#include "tests/fault/rig.h"

struct fault_case {
	const char *method; /* NULL at the end; "tick" is none of the table */
	struct rig_who who;
	const char *params;
	const char *key;
	const char *refused; /* the code of the error that is right, or NULL */
	long at_s;           /* seconds after the steps */
	const char *keep;    /* of a step: member of its result, */
	const char *as;      /* and the name of its value */
	bool reports;        /* what fails may be what it tells */
	bool counts;         /* that it was tried counts, so not tried twice */
	/* asked for before; its handle is $before */
	const struct fault_case *before;
};

/* What makes the desk, in order; then what is asked of it. */
extern const struct fault_case fault_steps[];
extern const struct fault_case fault_cases[];

/*
 * Make the desk in a folder that is not there yet: the steps, a second apart,
 * the index of what they wrote. words_start() comes before. Fails the program
 * if a step is refused.
 */
void desk_make(const char *dir, int64_t from_ms);
/* What a case wants asked before it, on the same connection. false: it was
 * refused. */
bool desk_before(struct rig *r, const struct fault_case *c);

/* Values that no step gives; dir is kept. */
void words_start(const char *dir);
void words_keep(const char *name, const json_t *value);
/* Parameters as JSON; free with mem_free. */
char *words_expand(const char *params);
void words_end(void);

#endif
