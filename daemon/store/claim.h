#ifndef POSTIGO_STORE_CLAIM_H
#define POSTIGO_STORE_CLAIM_H

/*
 * claim: the rows of claims that customers registered. What may be done with
 * them is daemon/claim.h's.
 *
 * Invariants: an incident has one claim at most; its code never changes, and
 * no two have the same. Source: schema/STORE.md, "claim".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define CLAIM_CODE_MAX 24 /* characters of a code, with its NUL */

struct claim_row {
	int64_t incident_id;
	char code[CLAIM_CODE_MAX];
	int64_t clock_id; /* 0: no policy promised one */
	int64_t registered_ms;
	int64_t agent_id;     /* 0: nobody */
	int64_t withdrawn_ms; /* 0: it stands */
};

enum outcome claim_find(struct store *s, int64_t incident_id,
			struct claim_row *out, bool *found_out,
			struct err *e) MUST_CHECK;

/* Is there a claim with that code? */
enum outcome claim_code_taken(struct store *s, const char *code,
			      bool *taken_out, struct err *e) MUST_CHECK;

/* Write a claim; one that the incident has keeps its code. */
enum outcome claim_put(struct store *s, const struct claim_row *c,
		       struct err *e) MUST_CHECK;

#endif
