#ifndef POSTIGO_WHATSAPP_RECEIVE_H
#define POSTIGO_WHATSAPP_RECEIVE_H

/*
 * receive: what Meta's server asks of ours. The handshake, and deliveries:
 * signed, stored, then answered with 200 (hookin.h); nothing of them is looked
 * at here.
 *
 *   GET  /whatsapp/PHONE_NUMBER_ID   the handshake
 *   POST /whatsapp/PHONE_NUMBER_ID   a delivery
 *   GET  /healthz, /readyz
 *
 * Invariants: those of hookin.h; the signature is made over the octets as they
 * came; a delivery without one is refused before it is read.
 *
 * Source: Meta, "Webhooks"; gateways/whatsapp/README.md, "Answers".
 */

#include "gateways/common/hookgw.h"

/* With connections of its own. Both are borrowed. */
struct hookgw_receive receive_new(struct server *s, struct bus *bus);

#endif
