#ifndef POSTIGO_SHOP_MAGENTO_H
#define POSTIGO_SHOP_MAGENTO_H

/*
 * magento: what Magento's REST says of an order, its shipments, its credit memos
 * and its returns, as one neutral order. Pure; shared by its reader and its pull.
 *
 * Records have text where JSON has numbers (scan_json_text). Its times are UTC
 * and have no zone.
 *
 * Source: Adobe Commerce REST, schemas of sales-data-order, -shipment and
 * -creditmemo, and of rma-data-rma, which Open Source has not.
 */

#include <jansson.h>
#include <stdbool.h>

/* What an order is joined with: records of any orders, of which those of this
 * one count; NULL: none was asked for. */
struct magento_about {
	const json_t *shipments;
	const json_t *memos;
	const json_t *returns;
	const char *country; /* of telephones, where the address has none */
};

/* The neutral order: a new object; NULL: it has no id. */
json_t *magento_order(const json_t *order, const struct magento_about *about);

/* The parcels of one shipment record, one for each track: a new array. */
json_t *magento_parcels(const json_t *shipment);

/* The refund of one credit memo: a new object; NULL: no money went back, or
 * it has no id. */
json_t *magento_refund(const json_t *memo);

/* One return: a new object; NULL: it has no id. */
json_t *magento_return(const json_t *rma);

/* Is the member of the record this text? */
bool magento_is(const json_t *record, const char *name, const char *text);

/* The currency the order was placed in; NULL: not known. Borrowed. */
const char *magento_currency(const json_t *record);

#endif
