#ifndef POSTIGO_MAILJOB_H
#define POSTIGO_MAILJOB_H

/*
 * mailjob: a mail to people of the desk: job "mail.notice" of a mail
 * connection. Its row keeps agents' rows; their addresses are looked up when a
 * gateway takes it, so one who is no longer active is not written to.
 *
 * Invariants: written in the caller's transaction, so a mail goes exactly if
 * what it tells of was committed; its Message-ID is made from the job's row by
 * the gateway, so a repeat is the same mail; it holds no text of a customer.
 *
 * Source: schema/PROTOCOL.md, "job.take".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct store;

#define MAILJOB_AGENTS_MAX 200
#define MAILJOB_SUBJECT_MAX 200        /* octets */
#define MAILJOB_BYTES_MAX (256 * 1024) /* of one job's payload */

struct mailjob {
	int64_t connection_id; /* 0: the first active one of role mail */
	const json_t *agents;  /* list of rows; borrowed, as all of it */
	const char *subject;   /* one line */
	const char *text;
	const char *html;          /* or NULL */
	const json_t *attachments; /* list of {filename, content_type, data:
				      base64}, or NULL */
};

/*
 * Queue one mail to all of them. Nothing if there are no agents, or no mail
 * connection.
 * job_out   its row; 0: nothing was queued. May be NULL
 * OUT_PERM  code "too_large": over MAILJOB_BYTES_MAX
 */
enum outcome mailjob_add(struct desk *d, struct store *s,
			 const struct mailjob *m, int64_t now_ms,
			 int64_t *job_out, struct err *e) MUST_CHECK;

/*
 * What a gateway is given: in place of rows, "to" of a "mail.notice" lists
 * {id, address, name} of those who are active. Other kinds are left as they
 * are.
 * jobs  list that job_take() made
 */
enum outcome mailjob_fill(struct store *s, json_t *jobs,
			  struct err *e) MUST_CHECK;

#endif
