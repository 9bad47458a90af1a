#ifndef POSTIGO_WAMID_H
#define POSTIGO_WAMID_H

/*
 * wamid: which message an id of WhatsApp names, at one of our numbers: one
 * that came, one that was sent from the phone, or one of ours, whose id is
 * known since the channel accepted it. The same id at two numbers names two
 * messages.
 */

#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/store/message.h"

struct store;

/* out->id is 0 if there is none. */
enum outcome wamid_find(struct store *s, int64_t connection_id,
			const char *external_id, struct message_place *out,
			struct err *e) MUST_CHECK;

/*
 * The newest incident of a customer by a connection that is not over: neither
 * closed nor spam. One that was merged counts, for it goes on elsewhere.
 * group_id  of a group, NULL: the person's own conversation
 * *id_out   0: there is none
 */
enum outcome wamid_conversation(struct store *s, int64_t customer_id,
				int64_t connection_id, const char *group_id,
				int64_t *id_out, struct err *e) MUST_CHECK;

/* The same of those that are closed: what a new one follows. */
enum outcome wamid_closed(struct store *s, int64_t customer_id,
			  int64_t connection_id, const char *group_id,
			  int64_t *id_out, struct err *e) MUST_CHECK;

#endif
