#ifndef POSTIGO_AUDIT_H
#define POSTIGO_AUDIT_H

/*
 * audit: who did what to whom, in a chain of hashes: log-ins and failures,
 * denials, changes of people, connections, secrets and the desk book.
 *
 * Invariants: rows are only added; each row's hash covers its members and
 * the hash of the row before, so that a row cannot be changed or taken away
 * unseen; ids, codes and numbers only, never a text, a name or an address.
 * Source: schema/STORE.md, "audit".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* One entry; strings are static or borrowed. */
struct audit_entry {
	int64_t at_ms;
	int64_t agent_id;    /* who; 0: nobody known */
	const char *role;    /* of the socket */
	const char *action;  /* a method, or "denied METHOD" */
	int64_t object_id;   /* row it was done to; 0: none */
	const char *outcome; /* "ok", or the code of the error */
};

/* Add one, in the transaction now open. */
enum outcome audit_add(struct store *s, const struct audit_entry *a,
		       struct err *e) MUST_CHECK;

/*
 * Walk the chain.
 * problems  a list; an object {check, row} is appended for each break, at
 *           most 100
 */
enum outcome audit_verify(struct store *s, json_t *problems,
			  struct err *e) MUST_CHECK;

#endif
