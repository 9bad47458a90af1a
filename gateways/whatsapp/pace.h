#ifndef POSTIGO_WHATSAPP_PACE_H
#define POSTIGO_WHATSAPP_PACE_H

/*
 * pace: how fast a number of ours sends, and when it, or one person, has to
 * rest. Pure: instants are given, of a clock that only goes on, in
 * milliseconds.
 *
 * Source: Meta, "Throughput", "Pair rate limits"; graph_error.h.
 */

#include <stdbool.h>
#include <stdint.h>

#include "gateways/whatsapp/graph_error.h"

#define PACE_PER_S 80 /* messages of a number */
#define PACE_BURST 8  /* of them, without a gap */

/* Somebody who rests: a person, a number, a connection. Zeroed at first. */
struct rest {
	int64_t until_ms;
	unsigned times; /* in a row */
};

/* It has to rest, by a rule. retry_after_s: what the answer asks for; 0: it
 * does not. One that was told so while it rests already rests no longer for
 * it: what was under way then is of the same time. */
void rest_begin(struct rest *r, const struct graph_rule *rule,
		int retry_after_s, unsigned chance, int64_t now_ms);
/* It went well. */
void rest_end(struct rest *r);
/* Milliseconds that it still rests; 0: it may go on. */
int64_t rest_left_ms(const struct rest *r, int64_t now_ms);

/* When a number may send its next. Zeroed at first. */
struct pace {
	int64_t due_us; /* of the next, if it sent evenly */
};

/* May one more go? Then it is counted: within any second at most PACE_PER_S,
 * of which PACE_BURST at once. */
bool pace_take(struct pace *p, int64_t now_ms);
/* Milliseconds until one more may go; 0: now. */
int64_t pace_left_ms(const struct pace *p, int64_t now_ms);

#endif
