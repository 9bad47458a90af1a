#ifndef POSTIGO_M_CONTACT_H
#define POSTIGO_M_CONTACT_H

/*
 * m_contact: what contact.add and contact.explain are asked.
 */

#include <jansson.h>

#include "daemon/base/err.h"

struct contact;
struct message_place;

/*
 * Read the parameters of c->rq into *c; contact_release() it.
 * OUT_PERM  code "bad_params"
 */
enum outcome contact_read(struct contact *c, struct err *e) MUST_CHECK;

/* The result of contact.add and echo.add; empty of what was nothing to store.
 * New. */
json_t *contact_result(const struct message_place *p);

#endif
