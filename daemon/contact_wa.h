#ifndef POSTIGO_CONTACT_WA_H
#define POSTIGO_CONTACT_WA_H

/*
 * contact_wa: what is particular to contacts by WhatsApp: the same message is
 * known by number and id, whatever else a redelivery has; it belongs to the
 * incident of the message that it quotes, else to the customer's newest one;
 * it opens the window; its file is fetched afterwards.
 *
 * Invariant: a change, a withdrawal, a tap on what a survey asks and what the
 * channel itself says of a person are notes beside what was there; nothing that was stored is changed.
 * Why so: contrib/decisions/0029. Source: schema/PROTOCOL.md, "WhatsApp".
 */

#include <stdbool.h>

#include "daemon/base/err.h"

struct contact;

/*
 * Fill in what c->whatsapp says: connection, ids, digest, card, title.
 * c->connection is its connection's name.
 * echo      it was sent from the phone
 * OUT_PERM  code "not_found" (no such connection), "bad_params"
 */
enum outcome contact_wa_read(struct contact *c, bool echo,
			     struct err *e) MUST_CHECK;

/* Who it is from, or of an echo to whom: c->from, and warnings. */
enum outcome contact_wa_person(struct contact *c, bool echo,
			       struct err *e) MUST_CHECK;

/* Which incident it belongs to: c->at. */
enum outcome contact_wa_match(struct contact *c, struct err *e) MUST_CHECK;

/* Is it no message of the person, but something about one, or about them? */
bool contact_wa_is_note(const struct contact *c);

/*
 * Write such a one: a note in the incident that it is about. Of an edit of
 * what is not known *written_out is false: it is a message after all. Nothing
 * at all is written (c->place.id stays 0) where there is no incident that it
 * could be about.
 * author  static: customer, bot
 */
enum outcome contact_wa_note(struct contact *c, const char *author,
			     bool *written_out, struct err *e) MUST_CHECK;

#endif
