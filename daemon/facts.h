#ifndef POSTIGO_FACTS_H
#define POSTIGO_FACTS_H

/*
 * facts: what is known of an event and its incident, for the desk book's
 * rules (rules/rule.h): gathered from the store, or of a contact that is on
 * its way in.
 *
 * Invariant: what is not known is absent; nothing is guessed. What orders say
 * is ordersay.h's.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "rules/rule.h"

struct book;
struct incident;
struct store;

struct facts {
	struct rule_facts f; /* borrows from what is below */
	int64_t now_ms;
	int64_t assignee_id; /* 0: nobody, or not known */
	bool robot;          /* the newest contact is a program's */
	struct rule_pair headers[RULE_HEADERS_MAX];
	struct rule_pair files[RULE_FILES_MAX];
	const char *tags[RULE_TAGS_MAX];
	json_t *held; /* strings that live as long as this */
};

/* Nothing is known but the event (static) and the instant. */
void facts_begin(struct facts *x, const char *event, int64_t now_ms);
void facts_release(struct facts *x);

/* A text or word: kept as a copy. NULL and "" leave it absent. */
void facts_text(struct facts *x, enum rule_field field, const char *value);
/* A number, a duration in seconds, a flag. */
void facts_number(struct facts *x, enum rule_field field, int64_t value);

/* Of RULE_FIELD_ORDER_TOTAL. */
void facts_currency(struct facts *x, const char *currency);

/*
 * A message: the contact or answer itself.
 * body     the new text; borrowed until facts_release
 * headers  list of {name, value}, or NULL; borrowed
 * files    list of FileIn, or NULL; borrowed
 */
void facts_message(struct facts *x, const char *author, const char *body,
		   const json_t *headers, const json_t *files);

/*
 * A customer.
 * own  is the event's own incident among theirs: 0 of one that is not written
 *      yet, else 1
 */
enum outcome facts_customer(struct facts *x, struct store *s,
			    int64_t customer_id, int own,
			    struct err *e) MUST_CHECK;

/* What may be written to a customer of WhatsApp; absent by another kind of
 * connection. */
enum outcome facts_window(struct facts *x, struct store *s,
			  int64_t connection_id, int64_t customer_id,
			  struct err *e) MUST_CHECK;

/* An incident that is written, and its customer. */
enum outcome facts_incident(struct facts *x, struct store *s,
			    const struct book *b, const struct incident *inc,
			    struct err *e) MUST_CHECK;

/* What may be kept of them: words, numbers, flags; no texts, no addresses.
 * New object. */
json_t *facts_json(const struct facts *x);

#endif
