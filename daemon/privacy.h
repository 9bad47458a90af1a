#ifndef POSTIGO_PRIVACY_H
#define POSTIGO_PRIVACY_H

/*
 * privacy: what shops ask for on behalf of people. An erasure is done by the
 * tick, a slice at a time, as soon as it was asked; a request of what is known
 * waits for an administrator, who hands it over and says so. Each is audited
 * when it comes and when it is done.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* Erase a slice of what waits. *more is set if there is more. */
enum outcome privacy_tick(struct store *s, int64_t now_ms, bool *more,
			  struct err *e) MUST_CHECK;

#endif
