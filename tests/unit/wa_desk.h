#ifndef POSTIGO_TEST_WA_DESK_H
#define POSTIGO_TEST_WA_DESK_H

/*
 * wa_desk: a fixture (fixture.h) with a number of WhatsApp, by which Lucia
 * wrote at fx.now_ms: incident 1, which a policy promises an answer.
 */

#include <jansson.h>
#include <stdint.h>

#include "tests/unit/fixture.h"

#define WA_CONNECTION 3
#define WA_LUCIA "34600111222"
#define WA_ID "wamid.uno" /* of her first message */

int wa_setup(void **state);

/* Lucia writes, now. */
void wa_contact(const char *external_id, const char *text);

/* A text message as the gateway tells it: from a number, at Meta's instant. */
void wa_card_at(const char *external_id, const char *wa_id, const char *text,
		int64_t at_ms);

/* A message of any type: card is its WaContact, taken. */
void wa_bring(json_t *card, const char *text, int64_t at_ms);

/* Whatever is refused fails the test. */
void wa_does(struct call c);

/* An agent answers incident 1. params: more of incident.answer, taken, or
 * NULL. */
struct call wa_answer(const char *text, json_t *params);

/* A delivery of an answer, leased to the gateway. */
struct wa_sent {
	int64_t id;
	int64_t attempt;
	char key[80];
};

/* Answer and have it taken. */
struct wa_sent wa_taken(const char *text);

/* outbox.take; the list of deliveries, new. */
json_t *wa_take(void);

/* The gateway says that it may go from now on, for 150 s. */
void wa_begin(const struct wa_sent *d);

/* What the gateway reports: its state then (static), "conflict" if refused.
 * external_id NULL: none; code 0: none. */
const char *wa_report(const struct wa_sent *d, const char *result,
		      const char *external_id, int64_t code);

/* What Meta says: the delivery's state then (static), "parked". tracker and
 * code: NULL and 0 for none. */
const char *wa_status(const char *external_id, const char *tracker,
		      const char *status, int64_t code);

#endif
