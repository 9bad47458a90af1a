#ifndef POSTIGO_CONNECTION_H
#define POSTIGO_CONNECTION_H

/*
 * connection: rows of mailboxes, numbers, sites and shops. Secrets are octets
 * that somebody else has sealed; this module does not look into them.
 * Source: schema/STORE.md, "connection".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

struct connection_row {
	int64_t id;
	char *name;
	char *kind;
	char *role;
	json_t *settings;
	unsigned char *secrets; /* sealed, or NULL */
	size_t secrets_bytes;
	bool active;
	int64_t version;
	char *state;
	char *state_detail;
	int64_t state_ms; /* 0: never reported */
};

void connection_release(struct connection_row *c);

/* OUT_PERM: code "not_found". */
enum outcome connection_load(struct store *s, const char *name,
			     struct connection_row *out,
			     struct err *e) MUST_CHECK;

/*
 * Every connection, by name, to fn; the row is borrowed.
 * role    NULL: any
 * active  only those in use
 */
typedef enum outcome connection_fn(void *arg, const struct connection_row *c,
				   struct err *e);
enum outcome connection_each(struct store *s, const char *role, bool active,
			     connection_fn *fn, void *arg,
			     struct err *e) MUST_CHECK;

/* Adds c's name, kind, role, settings and secrets. OUT_PERM: code "exists". */
enum outcome connection_insert(struct store *s, const struct connection_row *c,
			       int64_t now_ms, struct err *e) MUST_CHECK;

/* Stores c's settings, secrets and active; the version grows by one. */
enum outcome connection_store(struct store *s, const struct connection_row *c,
			      struct err *e) MUST_CHECK;

/* Delete it, its jobs and what was noted of its folders. OUT_PERM: code "conflict": something refers to it. */
enum outcome connection_delete(struct store *s, int64_t id,
			       struct err *e) MUST_CHECK;

/* at_ms: since when it is in that state. */
enum outcome connection_set_state(struct store *s, int64_t id,
				  const char *state, const char *detail,
				  int64_t at_ms, struct err *e) MUST_CHECK;

#endif
