#ifndef POSTIGO_HEARD_H
#define POSTIGO_HEARD_H

/*
 * heard: somebody wrote, and may be a buyer (buyer.h). A mail address is proved
 * by the first mail from it that the mailbox's own server found authentic
 * (setting auth_server); a number by WhatsApp.
 */

#include "daemon/base/err.h"

struct contact;

/* A mail: c->from is set, nothing is written yet. Nothing for others. */
enum outcome heard_mail(struct contact *c, struct err *e) MUST_CHECK;

/* A message by WhatsApp from an address that is new to the customer. */
enum outcome heard_whatsapp(struct contact *c, const char *wa_id,
			    struct err *e) MUST_CHECK;

#endif
