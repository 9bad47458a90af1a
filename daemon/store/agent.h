#ifndef POSTIGO_AGENT_H
#define POSTIGO_AGENT_H

/*
 * agent: rows of the people of the desk.
 *
 * Invariants: an e-mail is kept in lower case and is one agent's only; a
 * password is kept as libsodium's argon2id string, or "" (no log-in by
 * password). Who may change whom is decided by the callers.
 * Source: schema/STORE.md, "agent".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/wire/method.h"

struct store;

#define AGENT_EMAIL_MAX 1020 /* 254 characters of at most 4 bytes */
#define AGENT_HASH_MAX 128   /* crypto_pwhash_STRBYTES */
#define AGENT_LANGUAGE_MAX 8 /* "es", and NUL */

struct agent_row {
	int64_t id; /* 0: none */
	char email[AGENT_EMAIL_MAX];
	char hash[AGENT_HASH_MAX];
	enum staff role;
	bool active;
	int64_t failures; /* log-ins that failed since the last good one */
	int64_t retry_ms; /* no try before this instant */
};

/* An Agent object. OUT_PERM: code "not_found". */
enum outcome agent_view(struct store *s, int64_t id, json_t **out,
			struct err *e) MUST_CHECK;

/* All Agent objects, by name. */
enum outcome agent_list(struct store *s, json_t **out,
			struct err *e) MUST_CHECK;

/* OUT_PERM: code "not_found". */
enum outcome agent_get(struct store *s, int64_t id, struct agent_row *out,
		       struct err *e) MUST_CHECK;

/* Every agent to fn, by row. */
typedef void agent_fn(void *arg, const struct agent_row *a);
enum outcome agent_each(struct store *s, agent_fn *fn, void *arg,
			struct err *e) MUST_CHECK;

/*
 * language  "", "es" or "en"
 * OUT_PERM  code "exists": that e-mail has an agent
 */
enum outcome agent_insert(struct store *s, const char *email, const char *name,
			  enum staff role, const char *language,
			  const char *hash, int64_t now_ms, int64_t *id_out,
			  struct err *e) MUST_CHECK;

/* Change what is not NULL; role STAFF_COUNT and active -1, mail_notices -1
 * leave theirs. */
enum outcome agent_change(struct store *s, int64_t id, const char *name,
			  enum staff role, const char *language, int active,
			  int mail_notices, struct err *e) MUST_CHECK;

/* Does an active agent ask for notices by mail, and in which language ("":
 * the desk's)? false: also of one that is not there. */
enum outcome agent_asks_mail(struct store *s, int64_t id, bool *asks_out,
			     char language_out[AGENT_LANGUAGE_MAX],
			     struct err *e) MUST_CHECK;

/* {id, address, name} of an active agent, new; NULL: there is none. */
enum outcome agent_address(struct store *s, int64_t id, json_t **out,
			   struct err *e) MUST_CHECK;

/* What stands below an agent's answers by mail; "": nothing. */
enum outcome agent_set_signature(struct store *s, int64_t id,
				 const char *signature,
				 struct err *e) MUST_CHECK;

enum outcome agent_set_hash(struct store *s, int64_t id, const char *hash,
			    struct err *e) MUST_CHECK;
enum outcome agent_set_tries(struct store *s, int64_t id, int64_t failures,
			     int64_t retry_ms, struct err *e) MUST_CHECK;

/* Active admins other than that agent. */
enum outcome agent_other_admins(struct store *s, int64_t id, int64_t *n_out,
				struct err *e) MUST_CHECK;

#endif
