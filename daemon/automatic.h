#ifndef POSTIGO_AUTOMATIC_H
#define POSTIGO_AUTOMATIC_H

/*
 * automatic: an answer that a rule sends by itself.
 *
 * Invariants: it is Postigo's, not a human's, and fulfils no clock; it goes to
 * nobody who is a program, and into nothing that is spam or merged; a rule
 * answers a customer once in its period, and an event has one such answer at
 * most.
 */

#include <stdint.h>

#include "daemon/base/err.h"

struct decision;
struct incident;
struct rule_action;

#define AUTOMATIC_PERIOD_S ((int64_t)24 * 3600) /* where a rule names none */
#define AUTOMATIC_BYTES_MAX (64 * 1024)         /* of one answer */

/*
 * Send the saved reply of a "send" or "ask for order".
 * message_out  its row
 * why_out      NULL: it goes; else why it does not, static: second, robot,
 *              spam, unknown, no_way, period, desk
 */
enum outcome automatic_answer(struct decision *dc, struct incident *inc,
			      const struct rule_action *a, int64_t *message_out,
			      const char **why_out, struct err *e) MUST_CHECK;

#endif
