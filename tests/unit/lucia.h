#ifndef POSTIGO_TEST_LUCIA_H
#define POSTIGO_TEST_LUCIA_H

/*
 * lucia: a fixture (fixture.h) whose incident 1 is what Lucía wrote by mail,
 * and what an agent does about it.
 */

#include <jansson.h>

#include "tests/unit/fixture.h"

extern const struct letter lucia_first;

/* She writes; what is not her first letter goes on from it. */
void lucia_mail(const char *id);

/* A request of fx.agent_id's. params: taken. To be released. */
struct call lucia_staff(method_fn *fn, json_t *params);

/*
 * An answer to incident 1. To be released.
 * seen  the number of the last message that the agent saw
 * to    the state that it leaves behind, or NULL
 */
struct call lucia_answer(int seen, const char *to);
/* The same, which must work. */
void lucia_answered(int seen, const char *to);

#endif
