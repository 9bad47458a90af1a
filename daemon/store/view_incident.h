#ifndef POSTIGO_VIEW_INCIDENT_H
#define POSTIGO_VIEW_INCIDENT_H

/*
 * view_incident: an Incident as schema/wire/methods.tbl has it, with its tags,
 * its customer's identities and its next clock: four look-ups by key,
 * so that a list of 50 stays cheap. For the views of daemon/store alone.
 */

#include <jansson.h>
#include <sqlite3.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct book;
struct json_out;
struct sql;
struct store;

#define VIEW_IDENTITY_COLUMNS                                                  \
	"id, kind, value, verified, failed_ms, failed_detail,"                 \
	" scope, username, consent, consent_ms, consent_how,"                  \
	" CASE WHEN kind = 'shop_customer' THEN (SELECT n.name FROM"           \
	" connection n WHERE n.id = CAST(identity.scope AS INTEGER)) END"

#define VIEW_CLOCK_COLUMNS                                                     \
	"id, name, state, policy, calendar, book_version, start_s, budget_s,"  \
	" due_s, ended_s, cause, breached, days, paused, used_s, late, rule"

/* Whose an incident is, what it continues and what it is said to belong to. */
struct view_kin {
	int64_t customer;
	int64_t follows; /* 0: none */
	int64_t claims;  /* 0: none */
};

/* What may be seen of a customer's identities, bound to the customer. */
extern const struct sql view_identities;

/*
 * Write an Incident.
 * b        for the queue's title; may be NULL (then the title is the name)
 * kin_out  may be NULL
 *
 * OUT_PERM  code "not_found". After any failure a part may have been written
 */
enum outcome view_incident_out(struct store *s, const struct book *b,
			       int64_t id, struct json_out *out,
			       const char *key, struct view_kin *kin_out,
			       struct err *e) MUST_CHECK;

/* The same as a tree: *out is a new reference, NULL unless OUT_OK. */
enum outcome view_incident_tree(struct store *s, const struct book *b,
				int64_t id, json_t **out,
				struct view_kin *kin_out,
				struct err *e) MUST_CHECK;

/* Write a Clock: a row of VIEW_CLOCK_COLUMNS. */
void view_clock_out(sqlite3_stmt *st, struct json_out *out, const char *key);

/* Write an Identity: a row of VIEW_IDENTITY_COLUMNS. */
void view_identity_out(sqlite3_stmt *st, struct json_out *out, const char *key);

/* OUT_PERM, code "not_found": there is none of that id. */
enum outcome view_no_such(struct err *e, const char *what, int64_t id);

#endif
