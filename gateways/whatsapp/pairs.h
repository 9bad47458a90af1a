#ifndef POSTIGO_WHATSAPP_PAIRS_H
#define POSTIGO_WHATSAPP_PAIRS_H

/*
 * pairs: whom of the people a number may not write to just now, because it
 * wrote to them too often. Pure.
 *
 * Source: Meta, "Pair rate limits".
 */

#include <stdint.h>

#include "gateways/whatsapp/pace.h"

#define PAIRS_MAX 1000 /* beyond it the one that rests least is forgotten */
#define PAIR_FORGET_MS ((int64_t)10 * 60 * 1000) /* after its rest */

struct pairs;

struct pairs *pairs_new(void);
void pairs_free(struct pairs **p);

/* NULL: nothing is known of it. number and person: as they are sent to. */
struct rest *pairs_find(struct pairs *p, const char *number,
			const char *person);
/* The same; made if there is none. Borrowed until the next call. */
struct rest *pairs_make(struct pairs *p, const char *number, const char *person,
			int64_t now_ms);
/* It went well: nothing is known of it any more. */
void pairs_drop(struct pairs *p, const char *number, const char *person);

#endif
