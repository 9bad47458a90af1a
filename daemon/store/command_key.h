#ifndef POSTIGO_COMMAND_KEY_H
#define POSTIGO_COMMAND_KEY_H

/*
 * command_key: the first responses of commands that carried a key, so that a
 * repeat is harmless. Kept 7 days.
 * Source: schema/PROTOCOL.md, "Repeats"; schema/STORE.md, "command_key".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define COMMAND_KEY_DAYS 7

/*
 * The first response to a command.
 *
 * principal    "agent:ID" or "role:NAME"
 * params_hash  of the parameters as sent
 * first_out    new reference, or NULL: the key was not used before
 *
 * OUT_PERM     code "key_reused": it was used for something else
 */
enum outcome command_key_find(struct store *s, const char *principal,
			      const char *key, const char *method,
			      const char *params_hash, json_t **first_out,
			      struct err *e) MUST_CHECK;

/* Keep a response. result: borrowed. In the request's own savepoint. */
enum outcome command_key_add(struct store *s, const char *principal,
			     const char *key, const char *method,
			     const char *params_hash, const json_t *result,
			     int64_t now_ms, struct err *e) MUST_CHECK;

/* Delete up to max keys that are past their time. */
enum outcome command_key_expire(struct store *s, int64_t now_ms, int max,
				int *n_out, struct err *e) MUST_CHECK;

/* When the next one is; INT64_MAX: never. */
enum outcome command_key_next(struct store *s, int64_t *ms_out,
			      struct err *e) MUST_CHECK;

#endif
