#ifndef POSTIGO_AUTOMATIC_P_H
#define POSTIGO_AUTOMATIC_P_H

/* automatic_p: what the files of automatic share. */

#include <jansson.h>

#include "daemon/automatic.h"
#include "daemon/change.h"
#include "daemon/ordersay.h"
#include "daemon/promised.h"
#include "daemon/store/claim.h"
#include "rules/book.h"

#define FIRST_NAME_MAX 200

struct template_made;

/* What the variables of a saved reply say. */
struct automatic_say {
	struct reply_facts facts;
	char first[FIRST_NAME_MAX];
	char ref[REF_MAX];
	char words[EXPECT_TEXT_MAX];
	struct claim_row claim;
	struct order_say order;
	const struct calendar *zone; /* whose days dates are; NULL: UTC */
	json_t *desk;
	struct promised told;
};

/* Before automatic_say_in(). Release it whatever comes out. */
enum outcome automatic_say(const struct automatic_ask *q,
			   struct automatic_say *out, struct err *e) MUST_CHECK;
void automatic_say_release(struct automatic_say *say);

/* The language of who is written to; NULL: not known. */
const char *automatic_language(const struct automatic_ask *q);

/* Words that depend on a language. */
void automatic_say_in(struct automatic_say *say, const struct automatic_ask *q,
		      const char *language);

/*
 * A saved reply as its template, filled in.
 * connection_id  by which it goes
 * why_out        NULL: it is made; else why not, static: window (the reply
 *                has no template), template (it is not approved, or does not
 *                take what it is given)
 */
enum outcome automatic_template(const struct automatic_ask *q,
				const struct book_reply *r,
				int64_t connection_id,
				struct template_made *out,
				struct promised *told_out, const char **why_out,
				struct err *e) MUST_CHECK;

#endif
