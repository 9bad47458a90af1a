#ifndef POSTIGO_M_MAILBOX_H
#define POSTIGO_M_MAILBOX_H

/* m_mailbox: what a contact that came from a mailbox on a server leaves. */

#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct request;
struct store;

/*
 * Note the mail of the request's member "mailbox" in the ledger, in the
 * contact's savepoint, and queue the job that flags or moves it, if it was
 * not there. Nothing if the request has no such member, or if the folder has
 * another validity meanwhile: the contact stands, and its mail is found again.
 *
 * OUT_PERM  code "not_found": the folder was never opened
 */
enum outcome mailbox_stored(struct desk *d, struct store *s,
			    const struct request *rq, int64_t connection_id,
			    int64_t message_id, struct err *e) MUST_CHECK;

#endif
