#ifndef POSTIGO_ORDERFACT_H
#define POSTIGO_ORDERFACT_H

/*
 * orderfact: what rules, saved replies and the customer's page need to know of
 * an order, and what links orders to incidents.
 *
 * Not here: how an order comes in and what staff see of it.
 * Source: schema/STORE.md, "shop_order", "shipment", "order_link".
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* A row of shop_order with its newest shipment. Strings: never NULL; released
 * together. Instants: 0: none. Amounts: minor units. */
struct order_fact {
	int64_t id; /* 0: there is no such order */
	int64_t connection_id;
	int64_t customer_id; /* 0: nobody's */
	char *number;        /* as the customer quotes it */
	char *state;
	char *payment_state;
	char *fulfilment_state;
	char *raw_status;
	char *currency;
	bool has_total;
	int64_t total;
	int64_t placed_ms;
	int64_t told_ms;
	int64_t promised_s; /* until when it was to arrive */
	int64_t late_ms;    /* when we said that it is late */
	int64_t delivered_ms;
	int64_t lines;
	bool deleted;
	bool test;
	char *email;           /* of the buyer, folded */
	char *phone;           /* of the buyer, E.164 */
	char *name;            /* of the buyer */
	char *locale;          /* of the buyer: "es_ES", "en" */
	char *shipment_status; /* of its newest shipment; "": it has none */
	char *tracking_url;    /* the newest that is known */
};

void order_fact_release(struct order_fact *f);

/* out->id is 0 if there is none. Release it whatever comes out. */
enum outcome order_fact_load(struct store *s, int64_t order_id,
			     struct order_fact *out, struct err *e) MUST_CHECK;

#define ORDER_LINES_TOLD 20 /* of one order in a saved reply */

/* "2 x Mug", one a line; NULL if it has none (free with mem_free). */
enum outcome order_fact_lines(struct store *s, int64_t order_id, char **out,
			      struct err *e) MUST_CHECK;

/* --- links ---------------------------------------------------------------- */

/* The order that was linked last to an incident; 0: none. */
enum outcome order_linked(struct store *s, int64_t incident_id,
			  int64_t *order_out, struct err *e) MUST_CHECK;

/* Is it linked, and by a person? */
enum outcome order_link_find(struct store *s, int64_t incident_id,
			     int64_t order_id, bool *linked_out,
			     bool *by_hand_out, struct err *e) MUST_CHECK;

/* The newest active incident that an order is linked to; 0: none. */
enum outcome order_incident(struct store *s, int64_t order_id,
			    int64_t *incident_out, struct err *e) MUST_CHECK;

/*
 * Where the customer of an incident is written to who never wrote into it: the
 * buyer's address and name of the order that was linked last of those that are
 * that customer's. Somebody else's order, whoever linked it, names nobody.
 * email_out  NULL: none does; free with mem_free
 * name_out   NULL or what the order calls them; free with mem_free
 */
enum outcome order_address(struct store *s, int64_t incident_id,
			   int64_t customer_id, char **email_out,
			   char **name_out, struct err *e) MUST_CHECK;

/*
 * Orders with that number (letters and digits, upper case) that are neither
 * deleted nor a test, newest first.
 * customer_id  theirs alone; 0: of anybody
 */
enum outcome order_by_number(struct store *s, const char *number_key,
			     int64_t customer_id, int max, int64_t *ids_out,
			     int *n_out, struct err *e) MUST_CHECK;

/* The same of others than an incident's customer, without those that it is
 * linked to. */
enum outcome order_by_number_others(struct store *s, const char *number_key,
				    int64_t incident_id, int max,
				    int64_t *ids_out, int *n_out,
				    struct err *e) MUST_CHECK;

/*
 * What people wrote into an incident, the newest first: subjects and new text
 * of so many messages, the first octets of each.
 * out  free with mem_free
 */
#define ORDER_WORDS_MESSAGES 5
#define ORDER_WORDS_EACH 4096
enum outcome order_words(struct store *s, int64_t incident_id, char **out,
			 struct err *e) MUST_CHECK;

/* How many orders a customer has made, at most ORDERS_COUNTED; what is deleted
 * or a test is none. */
#define ORDERS_COUNTED 1000
enum outcome order_count(struct store *s, int64_t customer_id, int64_t *n_out,
			 struct err *e) MUST_CHECK;

/* --- promised dates ------------------------------------------------------- */

/* Orders whose promised instant passed before now_s and that nobody was told
 * of, the oldest promise first, at most max. */
enum outcome order_overdue(struct store *s, int64_t now_s, int max,
			   int64_t *ids_out, int *n_out,
			   struct err *e) MUST_CHECK;
/* The next promised instant, seconds; INT64_MAX: there is none. */
enum outcome order_promise_next(struct store *s, int64_t *at_s_out,
				struct err *e) MUST_CHECK;
/* It was said at that instant that the order is late. */
enum outcome order_late_put(struct store *s, int64_t order_id, int64_t at_ms,
			    struct err *e) MUST_CHECK;

#endif
