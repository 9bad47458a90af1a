#ifndef POSTIGO_M_CONTACT_H
#define POSTIGO_M_CONTACT_H

/*
 * m_contact: what contact.add and contact.explain are asked.
 */

#include "daemon/base/err.h"

struct contact;

/*
 * Read the parameters of c->rq into *c; contact_release() it.
 * OUT_PERM  code "bad_params"
 */
enum outcome contact_read(struct contact *c, struct err *e) MUST_CHECK;

#endif
