#ifndef POSTIGO_SHOP_RAW_H
#define POSTIGO_SHOP_RAW_H

/*
 * raw: a shop's own JSON of an order, as it is kept beside what was read of
 * it, without what nobody needs to help a customer: keys that open pages,
 * tokens and answers of payments, what a browser told of itself.
 */

#include <jansson.h>
#include <stddef.h>

#define RAW_MAX ((size_t)256 * 1024)

/* The text, or NULL if it is longer than RAW_MAX: a new string. */
json_t *raw_text(const json_t *order);

#endif
