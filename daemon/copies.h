#ifndef POSTIGO_COPIES_H
#define POSTIGO_COPIES_H

/*
 * copies: whom a mail was sent to beside: they take part in its incident from
 * then on, and may write into it by naming one of its mails.
 *
 * Invariants: a stranger brings nobody in, and neither does a program; our own
 * addresses and our agents' are nobody's customers.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct contact;
struct incident;
struct store;

#define COPIES_MAX 20 /* of one mail that come to take part */

/* Copies (Address) that an agent named in an answer. cc may be NULL. */
enum outcome copies_answer(struct store *s, const struct incident *inc,
			   const json_t *cc, int64_t now_ms,
			   struct err *e) MUST_CHECK;

/* Those of a contact that was written, if its sender takes part. */
enum outcome copies_contact(struct contact *c, struct err *e) MUST_CHECK;

#endif
