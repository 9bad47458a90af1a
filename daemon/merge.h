#ifndef POSTIGO_MERGE_H
#define POSTIGO_MERGE_H

/*
 * merge: one incident goes on in another one. The merged one ends; its
 * messages stay where they are, its later contacts join the survivor, and what
 * it was owed the survivor owes, from the same instant on.
 *
 * Invariants: what was merged is merged once; an incident that is merged into
 * has ended for nobody: it is neither merged, nor spam, nor closed.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/incident.h"

struct desk;
struct store;

#define MERGE_STEPS_MAX 64 /* from one survivor to the next */

/*
 * Merge *from into *into; both are changed, and the caller saves them.
 * agent_id  who does it
 *
 * OUT_PERM  code "conflict": one of them may not be, a chat goes on, or a
 *           claim is not answered
 */
enum outcome merge_into(struct desk *d, struct store *s, struct incident *from,
			struct incident *into, int64_t agent_id, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* Where an incident goes on: itself, unless it was merged. *inc is loaded, and
 * loaded anew. */
enum outcome merge_survivor(struct store *s, struct incident *inc,
			    struct err *e) MUST_CHECK;

#endif
