#ifndef POSTIGO_SHARED_H
#define POSTIGO_SHARED_H

/*
 * shared: addresses that are no one person's, and so say nothing about who
 * somebody is: those of a role in a house (info@), of a marketplace that stands
 * between, numbers that nobody has, the desk's own, and those under which more
 * than SHOPPER_NAMES_MAX names buy.
 */

#include <stdbool.h>

#include "daemon/base/err.h"
#include "daemon/store/shopper.h"

struct store;

/* By its text alone. email: in lower case */
bool shared_email(const char *email);

/* By all of the above. value: a mail address in lower case, or E.164 */
enum outcome shared_is(struct store *s, enum shopper_by by, const char *value,
		       bool *out, struct err *e) MUST_CHECK;

#endif
