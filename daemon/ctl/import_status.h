#ifndef POSTIGO_IMPORT_STATUS_H
#define POSTIGO_IMPORT_STATUS_H

/*
 * import_status: a shop's word for how an order is, as the three states of
 * schema/ORDERS.md. What is not known stays so: such an order has its own word
 * alone. Pure.
 */

#include <jansson.h>
#include <stdbool.h>

#include "daemon/ctl/import_map.h"

/* The texts of an order that say how it is; "" where there is none. */
struct import_words {
	const char *status;
	const char *payment;
	const char *fulfilment;
	const char *method; /* of payment */
	bool paid;          /* it says when */
	bool cancelled;     /* the same */
};

/* Set state, payment_state, fulfilment_state and raw_status, as far as they
 * are known. */
void import_status_set(json_t *order, enum preset p,
		       const struct import_words *w);

#endif
