#ifndef POSTIGO_MAILJOB_H
#define POSTIGO_MAILJOB_H

/*
 * mailjob: a mail to people of the desk: job "mail.notice" of a mail
 * connection. Its row keeps agents' rows; their addresses are looked up when a
 * gateway asks for the mail (notice.get), so one who is no longer active is not
 * written to.
 *
 * Invariants: written in the caller's transaction, so a mail goes exactly if
 * what it tells of was committed; its Message-ID is made from the job's row by
 * notice.get, so a repeat is the same mail; it holds no text of a customer.
 *
 * Source: schema/PROTOCOL.md, "notice.get".
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
	const json_t *attachments; /* list of OutPart: {filename,
				      content_type, text}, or NULL */
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
 * What a gateway is given of a "mail.notice": an empty payload. It asks for the
 * mail with notice.get, one at a time, so that addresses are as they are then
 * and twenty large mails need not fit one frame. Other kinds are left as they
 * are.
 * jobs  list that job_take() made
 */
void mailjob_hide(json_t *jobs);

#endif
