#ifndef POSTIGO_FIND_H
#define POSTIGO_FIND_H

/* find: customers by the start of a name or of an address. */

#include <jansson.h>

#include "daemon/base/err.h"

struct store;

#define FIND_MAX 20

/*
 * text  not empty; letters A to Z match either case
 * out   new list of at most FIND_MAX Customer objects, by row
 */
enum outcome find_customers(struct store *s, const char *text, json_t **out,
			    struct err *e) MUST_CHECK;

#endif
