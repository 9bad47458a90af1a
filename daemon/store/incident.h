#ifndef POSTIGO_INCIDENT_H
#define POSTIGO_INCIDENT_H

/*
 * incident: rows of incidents and their tags, and connections as far as
 * writing needs them.
 *
 * Invariants: active is 0 exactly in solved, closed, spam and merged;
 * updated_ms never goes back. Source: schema/STORE.md, "incident".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define INCIDENT_TAGS_MAX 50 /* on one incident */

enum incident_state {
	INCIDENT_NEW,
	INCIDENT_OPEN,
	INCIDENT_PENDING,
	INCIDENT_ON_HOLD,
	INCIDENT_SNOOZED,
	INCIDENT_SOLVED,
	INCIDENT_CLOSED,
	INCIDENT_SPAM,
	INCIDENT_MERGED,
	INCIDENT_STATE_COUNT
};

/* "new", "open", "pending_customer", ... and back; the count for none. */
const char *incident_state_name(enum incident_state st);
enum incident_state incident_state_parse(const char *s);
/* Does it still wait for something? Not solved, closed, spam or merged. */
bool incident_state_active(enum incident_state st);

/* A row. Strings belong to the struct; channel and priority are static. */
struct incident {
	int64_t id;
	int64_t customer_id;
	int64_t connection_id; /* 0: none */
	const char *channel;
	char *queue;
	enum incident_state state;
	const char *priority;
	char *reason;
	char *policy;
	char *saved_reply;
	char *team;          /* "": that of its queue */
	int64_t assignee_id; /* 0: nobody */
	int64_t created_ms;
	int64_t updated_ms;
	int64_t told_ms; /* of its last event when it was read */
	int64_t due_ms;  /* 0: no running clock has a deadline */
	int64_t messages;
	const char *last_direction; /* static: in, out, note */
	int64_t last_ms;
	int64_t follows_id;  /* 0: none */
	int64_t claims_id;   /* named by a stranger's first mail; 0: none */
	int64_t wake_ms;     /* when it wakes by itself; 0: it does not */
	int64_t merged_into; /* where it goes on; 0: it was not merged */
	bool undecided;      /* rules could not be decided; nobody looked */
};

/* The static spelling of a channel or priority; NULL: there is no such. */
const char *incident_channel(const char *s);
const char *incident_priority(const char *s);
/* Is it a contact reason? */
bool incident_reason(const char *s);

/* Replace one of the struct's own strings. */
void incident_set_str(char **field, const char *v);
void incident_release(struct incident *inc);

/*
 * Read a row.
 * OUT_PERM  code "not_found"
 */
enum outcome incident_load(struct store *s, int64_t id,
			   struct incident *inc_out, struct err *e) MUST_CHECK;

/* An instant that no event of the incident is after: at_ms, if none is. */
enum outcome incident_instant(struct store *s, int64_t id, int64_t at_ms,
			      int64_t *at_out, struct err *e) MUST_CHECK;

/* Write a new row; inc->id is set. */
enum outcome incident_add(struct store *s, struct incident *inc,
			  struct err *e) MUST_CHECK;

/* Write everything that may change. */
enum outcome incident_save(struct store *s, const struct incident *inc,
			   struct err *e) MUST_CHECK;

/* *changed_out: it was not there (add), it was there (remove). */
enum outcome incident_tag_add(struct store *s, int64_t id, const char *tag,
			      bool *changed_out, struct err *e) MUST_CHECK;
enum outcome incident_tag_remove(struct store *s, int64_t id, const char *tag,
				 bool *changed_out, struct err *e) MUST_CHECK;
/* New array of its tags, sorted. */
enum outcome incident_tags(struct store *s, int64_t id, json_t **out,
			   struct err *e) MUST_CHECK;

/* Is there an active agent of that number? OUT_PERM "not_found" if not. */
enum outcome incident_agent(struct store *s, int64_t agent_id,
			    struct err *e) MUST_CHECK;

/* A connection, for writing by it. Strings belong to the struct. */
struct link {
	int64_t id;
	char *name;
	char *kind;
	char *role;
	json_t *settings;
	bool active;
};

void link_release(struct link *l);

/* OUT_PERM  code "not_found" */
enum outcome link_load(struct store *s, int64_t id, struct link *out,
		       struct err *e) MUST_CHECK;
/* By name; role NULL: any. OUT_PERM code "not_found". */
enum outcome link_find(struct store *s, const char *name, const char *role,
		       struct link *out, struct err *e) MUST_CHECK;
/* Only its number: the cheap look-up of each contact. */
enum outcome link_id(struct store *s, const char *name, const char *role,
		     int64_t *id_out, struct err *e) MUST_CHECK;
/* The first active one of a role; out->id is 0 if there is none. */
enum outcome link_first(struct store *s, const char *role, struct link *out,
			struct err *e) MUST_CHECK;

/* The desk's name, "" if none was set (free with mem_free). */
enum outcome desk_name(struct store *s, char **out, struct err *e) MUST_CHECK;

#endif
