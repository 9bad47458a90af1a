#ifndef POSTIGO_ORDERFIND_H
#define POSTIGO_ORDERFIND_H

/*
 * orderfind: which of a customer's orders a contact is about: those whose
 * number stands in its text, or in the address of the page that a chat began
 * on.
 *
 * Invariant: the number of somebody else's order links nothing: whoever writes
 * a number that is not theirs is told nothing by it. It is proposed to the
 * desk's people, who may know better.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct decision;
struct incident;
struct rule_action;
struct store;

#define ORDERFIND_KEYS 32              /* that are looked up for one contact */
#define ORDERFIND_KEY_MAX 48           /* with NUL */
#define ORDERFIND_TEXT_MAX (16 * 1024) /* octets of a text that are looked at */
#define ORDERFIND_MAX 5                /* orders of one contact */

/* What may be the number of an order, as of order_key(). */
struct order_keys {
	char key[ORDERFIND_KEYS][ORDERFIND_KEY_MAX];
	size_t n;
};

/*
 * Add what may be a number of an order: words of letters and digits, also
 * joined by hyphens, with at least a digit and four characters (two after '#'),
 * or of nine capital letters. Pure.
 */
void orderfind_keys(const char *text, struct order_keys *keys);

struct orders_found {
	int64_t ids[ORDERFIND_MAX];
	const char *how[ORDERFIND_MAX]; /* text, page; static */
	size_t n;
};

/* The orders of a customer that a contact names. Texts may be NULL. */
enum outcome orderfind_contact(struct store *s, int64_t customer_id,
			       const char *subject, const char *text,
			       const char *page, struct orders_found *out,
			       struct err *e) MUST_CHECK;

/* Which of them is told of: order_linked() of an incident that they are linked
 * to at once. 0: none was found. */
int64_t orderfind_told(const struct orders_found *found);

/* Link them to an incident, in the order in which they were found. */
enum outcome orderfind_link(struct store *s, int64_t incident_id,
			    const struct orders_found *found, int64_t now_ms,
			    struct err *e) MUST_CHECK;

#define ORDERFIND_NAMED 3     /* orders of others that are proposed */
#define ORDERFIND_NAMED_KEY 5 /* letters and digits that a number has then */

/*
 * Orders of others whose number stands in what was written into an incident
 * last, and that it is not linked to: a person may link them.
 * ids_out  room for ORDERFIND_NAMED
 */
enum outcome orderfind_named(struct store *s, int64_t incident_id,
			     int64_t ids_out[ORDERFIND_NAMED], int *n_out,
			     struct err *e) MUST_CHECK;

/*
 * Link the order of a rule's "link order".
 * why_out  NULL: it is linked; else why not, static: unknown, several, too_many
 */
enum outcome orderfind_rule(struct decision *dc, const struct incident *inc,
			    const struct rule_action *a, const char **why_out,
			    struct err *e) MUST_CHECK;

#endif
