#ifndef POSTIGO_SHOPPER_H
#define POSTIGO_SHOPPER_H

/*
 * shopper: rows that say who buys: accounts at shops (identities of the kind
 * shop_customer, whose scope is the connection's row) and what orders say of
 * their buyers. What they mean for who somebody is, is daemon/buyer.h's.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define SHOPPER_WHO_MAX 8      /* customers of one address that are looked at */
#define SHOPPER_NAMES_MAX 5    /* names under one address: more are a crowd */
#define SHOPPER_ORDERS_MAX 200 /* orders of it whose names are looked at */

/* By what an order is found. */
enum shopper_by {
	SHOPPER_EMAIL, /* in lower case */
	SHOPPER_PHONE  /* E.164 */
};

/* Whose mail address it is (0: nobody's), and is that proved? */
enum outcome shopper_email(struct store *s, const char *email, int64_t *out,
			   bool *verified_out, struct err *e) MUST_CHECK;

/* Is it proved that an address is its customer's? */
enum outcome shopper_is_proved(struct store *s, int64_t identity_id, bool *out,
			       struct err *e) MUST_CHECK;

/* A customer's newest mail address that is proved to be theirs.
 * out  NULL: there is none; free with mem_free */
enum outcome shopper_proved_email(struct store *s, int64_t customer_id,
				  char **out, struct err *e) MUST_CHECK;

/* It is. */
enum outcome shopper_prove(struct store *s, int64_t identity_id,
			   struct err *e) MUST_CHECK;

/* Has a customer an account at that shop? */
enum outcome shopper_has_account(struct store *s, int64_t customer_id,
				 int64_t connection_id, bool *out,
				 struct err *e) MUST_CHECK;

/* Have two customers accounts at the same shop? */
enum outcome shopper_rivals(struct store *s, int64_t one, int64_t other,
			    bool *out, struct err *e) MUST_CHECK;

/* Is a customer known by shops alone: nobody ever wrote as they? */
enum outcome shopper_is_bare(struct store *s, int64_t customer_id, bool *out,
			     struct err *e) MUST_CHECK;

/* The customer of earlier orders of a guest of that shop; 0: none. */
enum outcome shopper_guest(struct store *s, int64_t connection_id,
			   enum shopper_by by, const char *value, int64_t *out,
			   struct err *e) MUST_CHECK;

/* Customers, but one, whose orders have that address. out: room for
 * SHOPPER_WHO_MAX */
enum outcome shopper_who(struct store *s, enum shopper_by by, const char *value,
			 int64_t except, int64_t *out, int *n_out,
			 struct err *e) MUST_CHECK;

/* Do more than SHOPPER_NAMES_MAX names buy under it? */
enum outcome shopper_crowd(struct store *s, enum shopper_by by,
			   const char *value, bool *out,
			   struct err *e) MUST_CHECK;

/* Is it an address of a connection of this desk? */
enum outcome shopper_is_ours(struct store *s, enum shopper_by by,
			     const char *value, bool *out,
			     struct err *e) MUST_CHECK;

#endif
