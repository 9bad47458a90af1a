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

struct book;
struct book_reply;
struct decision;
struct desk;
struct incident;
struct promised;
struct rule_action;
struct store;

#define AUTOMATIC_PERIOD_S ((int64_t)24 * 3600) /* where a rule names none */
#define AUTOMATIC_BYTES_MAX (64 * 1024)         /* of one answer */

/* Whom and what a text is about. Texts may be NULL: nothing is said there. */
struct automatic_ask {
	struct desk *d;
	struct store *s;
	const struct book *book;
	const struct incident *inc;
	const char *name;      /* the customer's */
	const char *subject;   /* of what they wrote */
	const char *language;  /* theirs */
	const char *otherwise; /* if it is not known; NULL: the desk's */
	int64_t now_ms;
};

/*
 * A saved reply as text, in that language if there is one in it.
 * out       free with mem_free; NULL unless OUT_OK
 * told_out  what it says about the answer to come; not known: nothing
 */
enum outcome automatic_text(const struct automatic_ask *q,
			    const struct book_reply *r, char **out,
			    struct promised *told_out,
			    struct err *e) MUST_CHECK;

/*
 * Send the saved reply of a "send" or "ask for order".
 * message_out  its row
 * why_out      NULL: it goes; else why it does not, static: second, robot,
 *              spam, unknown, no_way, period, desk,
 *              linked (it asks for the order, which is known),
 *              forbidden (the mail's headers), consent (they want none),
 *              window (it is closed, and the reply has no template), template
 *              (it cannot go)
 */
enum outcome automatic_answer(struct decision *dc, struct incident *inc,
			      const struct rule_action *a, int64_t *message_out,
			      const char **why_out, struct err *e) MUST_CHECK;

/* Why nothing was written, of what outgoing_add() refused, static; NULL: it was
 * no refusal, and fails whatever it is part of. */
const char *automatic_refused(const struct err *e);

#endif
