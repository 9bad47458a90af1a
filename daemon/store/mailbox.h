#ifndef POSTIGO_MAILBOX_H
#define POSTIGO_MAILBOX_H

/*
 * mailbox: where the folders of a mailbox on a server stand, and the ledger:
 * one row for each mail of them that was dealt with. Nothing that a mail
 * program does on the server (flags, moves) changes what the ledger says.
 *
 * Invariants: a folder's cursor (next_uid) never goes back while its
 * uid_validity stays; a ledger row is written in the savepoint of what it
 * tells. Source: schema/STORE.md, "folder, ledger".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define MAILBOX_UID_MAX INT64_C(4294967295) /* UIDs have 32 bits */

struct folder {
	int64_t id;           /* 0: there is none */
	int64_t uid_validity; /* 0: to be renewed at the next opening */
	int64_t first_uid;
	int64_t next_uid;
	int64_t from_ms;
	int64_t renewals;
	int64_t seen_ms; /* 0: never */
};

/* A folder of a connection; out->id is 0 if it was never opened. */
enum outcome folder_load(struct store *s, int64_t connection_id,
			 const char *name, struct folder *out,
			 struct err *e) MUST_CHECK;

/* Write a new one; f->id is set. */
enum outcome folder_add(struct store *s, int64_t connection_id,
			const char *name, struct folder *f, int64_t now_ms,
			struct err *e) MUST_CHECK;

/* Its UIDs mean nothing any more: begin again with f's numbers. */
enum outcome folder_renew(struct store *s, const struct folder *f,
			  int64_t now_ms, struct err *e) MUST_CHECK;

/* A good look: note its instant, and the cursor of f. */
enum outcome folder_seen(struct store *s, const struct folder *f,
			 int64_t now_ms, struct err *e) MUST_CHECK;

/* Its folders are those of another account from now on: UIDs of the old one
 * name nothing, and the next opening is a renewal. */
enum outcome folder_forget(struct store *s, int64_t connection_id,
			   struct err *e) MUST_CHECK;

/* One mail that was dealt with. */
struct ledger_row {
	int64_t folder_id;
	int64_t uid_validity;
	int64_t uid;
	int64_t message_id; /* 0: refused */
	const char *code;   /* why; "" if it is stored */
	int64_t bytes;      /* of a refused one */
};

/*
 * Write a row, if there is none of that mail. A refused one becomes stored.
 * fresh_out  something was written
 */
enum outcome ledger_add(struct store *s, const struct ledger_row *row,
			int64_t now_ms, bool *fresh_out,
			struct err *e) MUST_CHECK;

/* uids: a list of integers. *out: new list of those that have no row. */
enum outcome ledger_absent(struct store *s, const struct folder *f,
			   const json_t *uids, json_t **out,
			   struct err *e) MUST_CHECK;

/*
 * When the folder of a mailbox was last read.
 * seen_out   0: never
 * since_out  the latest of that and when the connection was made
 */
enum outcome mailbox_look(struct store *s, int64_t connection_id,
			  const char *folder, int64_t *seen_out,
			  int64_t *since_out, struct err *e) MUST_CHECK;

/* New list of Mailbox, every connection of kind mailbox. */
enum outcome mailbox_list(struct store *s, json_t **out,
			  struct err *e) MUST_CHECK;

#endif
