#ifndef POSTIGO_SURVEY_H
#define POSTIGO_SURVEY_H

/*
 * survey: what did you think of us? Asked once by WhatsApp when an incident is
 * solved, as a list of five that the customer taps, if the number's connection
 * has `survey`, the window is open and they want what comes by itself. What
 * they tap is a rating as those of chats are.
 *
 * Invariants: an incident is asked about once, however often it is solved; the
 * first tap counts; a tap is no message that waits for an answer: it reopens
 * nothing and starts no clock.
 * Source: schema/STORE.md, "survey".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct desk;
struct incident;
struct store;

/*
 * An incident was solved: ask, where that may be.
 * inc  changed if something was sent, not saved
 */
enum outcome survey_solved(struct desk *d, struct store *s,
			   struct incident *inc, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/*
 * Is a message of WhatsApp the tap on one of the five? Pure.
 * card          as message.whatsapp has it
 * incident_out  the incident that it names
 */
bool survey_tap(const json_t *card, int64_t *incident_out, int *score_out);

/*
 * The incident that a tap is about; *incident_out 0: it is none, or one about
 * which that customer was not asked: then it is a message as any other.
 */
enum outcome survey_asked(struct store *s, const json_t *card,
			  int64_t customer_id, int64_t *incident_out,
			  struct err *e) MUST_CHECK;

/*
 * A tap was kept as a note in an incident: rate it, unless it was rated
 * before.
 * inc  the one that was asked about, or what it was merged into
 */
enum outcome survey_answered(struct store *s, const json_t *card,
			     const struct incident *inc, int64_t now_ms,
			     struct err *e) MUST_CHECK;

#endif
