#ifndef POSTIGO_PERSON_H
#define POSTIGO_PERSON_H

/*
 * person: who writes by WhatsApp. A person has a number, an id in the
 * portfolio of the shop (BSUID), or both, and either may change.
 *
 * Invariants: an id says more than a number; two customers who are both known
 * are never made one; whoever comes with a number of somebody known and
 * another id is somebody else, and the number is theirs from then on, unless
 * WhatsApp said before that number or id changed. So who buys a used number
 * reads nothing of who had it, and is answered none of it.
 * Why so: contrib/decisions/0034. Source: schema/PROTOCOL.md, "Who writes by
 * WhatsApp".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/match_key.h"
#include "daemon/store/customer.h"
#include "daemon/store/wa_identity.h"

struct store;

/* Codes that wa_person_take() adds to the warnings of a contact. */
#define PERSON_NEW_SAME_NUMBER "new_person_same_number"
#define PERSON_OF_ANOTHER "address_of_another"
#define PERSON_PHONE_KNOWN "number_known_by_phone"
#define PERSON_KEYS_CHANGED "identity_keys_changed"

/* A sender as WhatsApp tells of them; texts are borrowed, NULL or "": not
 * told. */
struct wa_person {
	const char *scope; /* of ids: see wa_person_scope(); never NULL */
	const char *wa_id; /* digits; absent where the number is hidden */
	const char *user_id;
	const char *parent_user_id;
	const char *username; /* a '@' before it is left out */
	const char *name;     /* of the profile */
	/* the number that they shared, which is in no other member; "": none */
	char shared[MATCH_KEY_MAX];
	bool to; /* they were written to: nothing came from them */
	/* card.system of a message that tells of a change; NULL: none does.
	 * The members above then are those of before. */
	const json_t *system;
};

struct wa_identity {
	/* the address that it came from; id 0: it named none */
	struct identity from;
	bool linked; /* an address was added to a customer who was there */
};

/* Within what an id is somebody's: the setting portfolio of a connection, else
 * its waba_id. Borrowed from settings. */
const char *wa_person_scope(const json_t *settings);

/*
 * Fill *p from a WaContact and the settings of its connection; both live as
 * long as *p is used.
 */
void wa_person_read(const json_t *card, const json_t *settings,
		    struct wa_person *p);

/*
 * The customer that a sender is, made if nobody known is, and the address they
 * wrote from. A change that WhatsApp tells of (user_changed_number,
 * customer_changed_number, user_changed_user_id) gives the customer the new
 * address and takes the old one, unless somebody else has the new one.
 *
 * warnings  a list; codes (above) are added
 */
enum outcome wa_person_take(struct store *s, const struct wa_person *p,
			    int64_t now_ms, struct wa_identity *out,
			    json_t *warnings, struct err *e) MUST_CHECK;

/* Where a customer is reached; "": not by that. */
struct wa_reach {
	int64_t identity_id; /* of the number, else of the id; 0: nowhere */
	char wa_id[WA_VALUE_MAX];
	char user_id[WA_VALUE_MAX];
};

/*
 * The number that a customer last wrote from, and their id, as they are now:
 * not what was theirs before.
 * scope  of the connection that writes
 */
enum outcome wa_person_reach(struct store *s, int64_t customer_id,
			     const char *scope, struct wa_reach *out,
			     struct err *e) MUST_CHECK;

/*
 * Who has an id or a number, where nobody is made; out->id 0: nobody.
 * wa_id, user_id  NULL or "": not told
 */
enum outcome wa_person_find(struct store *s, const char *scope,
			    const char *wa_id, const char *user_id,
			    struct wa_row *out, struct err *e) MUST_CHECK;

/*
 * Who has a number, under whatever form; out->id 0: nobody.
 * wa_id  digits
 */
enum outcome wa_person_number(struct store *s, const char *wa_id,
			      struct wa_row *out, struct err *e) MUST_CHECK;

/* Give a number that nobody has to a customer, as staff wrote it down. */
enum outcome wa_person_add_number(struct store *s, int64_t customer_id,
				  const char *wa_id, int64_t now_ms,
				  struct wa_row *out, struct err *e) MUST_CHECK;

/*
 * An answer of Graph named addresses of somebody whom we wrote to: they are
 * kept as the customer's, unless somebody else has them.
 * wa_id, user_id  NULL or "": it named none
 */
enum outcome wa_person_learn(struct store *s, int64_t customer_id,
			     const char *scope, const char *wa_id,
			     const char *user_id, int64_t now_ms,
			     struct err *e) MUST_CHECK;

#endif
