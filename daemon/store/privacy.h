#ifndef POSTIGO_STORE_PRIVACY_H
#define POSTIGO_STORE_PRIVACY_H

/*
 * privacy: what shops ask for on behalf of a person, or when they leave: rows,
 * and taking the copies of orders away. Incidents stay: they are the desk's.
 * Source: schema/STORE.md, "privacy_request".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

#define PRIVACY_DAYS 30   /* in which it is to be done */
#define PRIVACY_ERASE 200 /* orders that are taken away at once */
#define PRIVACY_ORDERS 20 /* orders in one page of what is known */
#define PRIVACY_LIST_MAX 100

struct privacy {
	int64_t id; /* 0: there is none */
	int64_t connection_id;
	char kind[24];     /* customer_redact, data_request, shop_redact */
	char *external_id; /* of the account; "": none. Owned */
	int64_t done_ms;   /* 0: it is to be done */
};

void privacy_release(struct privacy *p);

/*
 * Queue a request, unless the same one waits already.
 *
 * kind   static
 * asked  {"orders": [external ids]}: of whom it is about, beside the account
 */
enum outcome privacy_add(struct store *s, int64_t connection_id,
			 const char *kind, const char *external_id,
			 const json_t *asked, int64_t now_ms, int64_t *id_out,
			 struct err *e) MUST_CHECK;

/* OUT_PERM code "not_found". privacy_release() whatever the outcome. */
enum outcome privacy_load(struct store *s, int64_t id, struct privacy *out,
			  struct err *e) MUST_CHECK;

/* The oldest erasure that waits; out->id 0: none does. */
enum outcome privacy_waiting(struct store *s, struct privacy *out,
			     struct err *e) MUST_CHECK;

/* When it was asked, for the tick; INT64_MAX: none waits. */
enum outcome privacy_next(struct store *s, int64_t *out,
			  struct err *e) MUST_CHECK;

/*
 * Take up to PRIVACY_ERASE of its orders away, with all that belongs to them,
 * and with the last ones its accounts, the names of customers of whom nothing
 * else is known, those that a shop alone gave, and the shop's deliveries
 * (privacy_bodies). The request counts the orders.
 * more_out  there may be more
 */
enum outcome privacy_erase(struct store *s, const struct privacy *p,
			   int64_t now_ms, bool *more_out,
			   struct err *e) MUST_CHECK;

/*
 * Delete deliveries of a shop that have ended and came before the newest
 * erasure was asked, with the request's own: PRIVACY_ERASE at most.
 * more_out  there may be more
 */
enum outcome privacy_bodies(struct store *s, int64_t connection_id,
			    int64_t now_ms, bool *more_out,
			    struct err *e) MUST_CHECK;

/* It is done; whom it was about is forgotten. */
enum outcome privacy_done(struct store *s, int64_t id, int64_t now_ms,
			  struct err *e) MUST_CHECK;

/* PrivacyRequest objects of methods.tbl, the newest first.
 * waiting  those alone that are not done */
enum outcome privacy_list(struct store *s, bool waiting, json_t **out,
			  struct err *e) MUST_CHECK;

/*
 * What is known of whom a request is about: orders as objects with their buyer,
 * addresses, note and lines, by row, PRIVACY_ORDERS at most.
 * after  row of the last order of the page before, or 0
 */
enum outcome privacy_known(struct store *s, const struct privacy *p,
			   int64_t after, json_t **out,
			   struct err *e) MUST_CHECK;

#endif
