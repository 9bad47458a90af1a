#ifndef POSTIGO_STORE_ACKED_H
#define POSTIGO_STORE_ACKED_H

/*
 * acked: what the store knows about whether an address may get an
 * acknowledgement. What follows from it is decided by daemon/acknowledge.h.
 *
 * Source: schema/STORE.md, "identity".
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define ACKED_FORMS_MAX 200
#define ACKED_INCIDENTS_MAX                                                    \
	64 /* of a customer, and messages of each, that
				  acked_contacts() looks at: the newest */

/*
 * When an address last got one, whatever stood after a '+' in its local part:
 * those are one mailbox.
 *
 * local, domain  in lower case, without the part after '+' and the '@'
 * ms_out         0: never
 * n_out          how many forms with a '+' there are; at most ACKED_FORMS_MAX,
 *                more were not looked at
 */
enum outcome acked_at(struct store *s, const char *local, const char *domain,
		      int64_t *ms_out, int64_t *n_out,
		      struct err *e) MUST_CHECK;

/*
 * When the person behind an address of WhatsApp last got one there, whichever
 * of their numbers and ids it went to.
 * ms_out  0: never
 */
enum outcome acked_whatsapp(struct store *s, int64_t identity_id,
			    int64_t *ms_out, struct err *e) MUST_CHECK;

/* Is the address of WhatsApp a number of ours? */
enum outcome acked_own_number(struct store *s, int64_t identity_id, bool *out,
			      struct err *e) MUST_CHECK;

/* It gets one now. */
enum outcome acked_put(struct store *s, int64_t identity_id, int64_t now_ms,
		       struct err *e) MUST_CHECK;

/*
 * How many contacts of that address were committed after an instant.
 * max  more are not counted
 */
enum outcome acked_contacts(struct store *s, int64_t identity_id,
			    int64_t after_ms, int max, int64_t *n_out,
			    struct err *e) MUST_CHECK;

/* Is it the address of a connection of role mail? As for acked_at(). */
enum outcome acked_own(struct store *s, const char *local, const char *domain,
		       bool *out, struct err *e) MUST_CHECK;

#endif
