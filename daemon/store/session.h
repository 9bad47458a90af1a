#ifndef POSTIGO_SESSION_H
#define POSTIGO_SESSION_H

/*
 * session: rows of log-ins, API tokens and one-time links. Only SHA-256
 * hashes of secrets are here.
 *
 * Invariants: a session ends SESSION_IDLE_MS after its last use and
 * SESSION_MS after it began; a link works once.
 * Source: schema/STORE.md, "session", "api_token", "login_link".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"

struct store;

#define SESSION_IDLE_MS ((int64_t)60 * 60 * 1000)
#define SESSION_MS ((int64_t)12 * 60 * 60 * 1000)
#define SESSION_TOUCH_MS ((int64_t)60 * 1000) /* used_ms is this exact */
#define LINK_MS ((int64_t)48 * 60 * 60 * 1000)

enum outcome session_add(struct store *s, const char *hash, int64_t agent_id,
			 int64_t now_ms, struct err *e) MUST_CHECK;

/*
 * Whose session is it, if it stands at now_ms? Notes the use, at most once
 * in SESSION_TOUCH_MS.
 * agent_out  0: no such session, or it has ended
 */
enum outcome session_use(struct store *s, const char *hash, int64_t now_ms,
			 int64_t *agent_out, int64_t *expires_ms_out,
			 struct err *e) MUST_CHECK;

/* Note a use, at most once in SESSION_TOUCH_MS. A hash that is no session's
 * changes nothing. */
enum outcome session_touch(struct store *s, const char *hash, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/* Delete one. ended_out: there was one; may be NULL. */
enum outcome session_end(struct store *s, const char *hash, bool *ended_out,
			 struct err *e) MUST_CHECK;

/* Delete an agent's. except: a hash to leave alone, or NULL. */
enum outcome session_end_agent(struct store *s, int64_t agent_id,
			       const char *except, struct err *e) MUST_CHECK;

/* Delete sessions and links whose time is over. */
enum outcome session_sweep(struct store *s, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/* A new API token without end. */
enum outcome apitoken_insert(struct store *s, const char *hash,
			     int64_t agent_id, const char *label,
			     int64_t now_ms, int64_t *id_out,
			     struct err *e) MUST_CHECK;

/* agent_out 0: no such token. expires_ms_out 0: never. */
enum outcome apitoken_find(struct store *s, const char *hash, int64_t now_ms,
			   int64_t *agent_out, int64_t *expires_ms_out,
			   struct err *e) MUST_CHECK;

/* Whose token is row id? OUT_PERM: code "not_found". */
enum outcome apitoken_owner(struct store *s, int64_t id, int64_t *agent_out,
			    char hash_out[HASH_HEX], struct err *e) MUST_CHECK;

enum outcome apitoken_delete(struct store *s, int64_t id,
			     struct err *e) MUST_CHECK;

enum outcome link_add(struct store *s, const char *hash, int64_t agent_id,
		      int64_t expires_ms, struct err *e) MUST_CHECK;

/* Use a link up. agent_out 0: no such link, used, or too old. */
enum outcome link_take(struct store *s, const char *hash, int64_t now_ms,
		       int64_t *agent_out, struct err *e) MUST_CHECK;

/* Delete every link of an agent. */
enum outcome link_end_agent(struct store *s, int64_t agent_id,
			    struct err *e) MUST_CHECK;

#endif
