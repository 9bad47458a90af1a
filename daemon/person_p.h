#ifndef POSTIGO_PERSON_P_H
#define POSTIGO_PERSON_P_H

/*
 * person_p: the inside of person.h: a sender who is looked for, by the addresses
 * that were told, and who has which.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"
#include "daemon/match_key.h"
#include "daemon/person.h"
#include "daemon/store/wa_identity.h"

enum slot_of {
	WHO_NUMBER,
	WHO_KEY,
	WHO_ID,
	WHO_PARENT,
	WHO_SLOTS
};

/* One address, and who has it. */
struct slot {
	const char *kind;
	const char *scope;
	const char *value; /* "": not told */
	struct wa_row row;
};

/* A sender who is looked for. */
struct who {
	struct store *s;
	const char *scope;
	int64_t now_ms;
	json_t *warnings;
	char key[MATCH_KEY_MAX];
	struct slot slots[WHO_SLOTS];
	int64_t customer_id; /* 0: nobody known */
	bool made;
	bool linked;
};

/* What was told, "" for nothing; what is longer than any address is none. */
const char *person_told(const char *value);

/* Add a code to the warnings, once. */
void person_warn(struct who *w, const char *code);

/* Name the addresses of *w, and find who has them. */
enum outcome person_load(struct who *w, const char *wa_id, const char *user_id,
			 const char *parent, struct err *e) MUST_CHECK;

/* Who it is: w->customer_id, 0 for nobody known. A number may be taken from
 * whoever had it. */
enum outcome person_owner(struct who *w, struct err *e) MUST_CHECK;

/* The customer's addresses of a kind are theirs no more, but for one value;
 * scope NULL: in every one. */
enum outcome person_retire_ids(struct who *w, int64_t customer_id,
			       const char *kind, const char *scope,
			       const char *except, struct err *e) MUST_CHECK;

/* A number, in all its forms, is the customer's no more. */
enum outcome person_retire_number(struct who *w, int64_t customer_id,
				  const char *key, const char *wa_id,
				  struct err *e) MUST_CHECK;

/* Does it tell of another number or id? */
bool person_is_change(const struct wa_person *p);

/* Then *w names the addresses as they are now, and who has them. */
enum outcome person_changed(struct who *w, const struct wa_person *p,
			    struct err *e) MUST_CHECK;

#endif
