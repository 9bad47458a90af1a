#ifndef POSTIGO_FUZZ_ASK_H
#define POSTIGO_FUZZ_ASK_H

/*
 * ask: requests made of a fuzzer's octets by the table of methods. Most
 * parameters are of the right type, so that handlers are reached; some are
 * not, some are missing. The same octets give the same request.
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/wire/method.h"

/* Octets that are used up from the front; at the end all are 0. */
struct ask {
	const uint8_t *p;
	size_t n;
};

uint8_t ask_octet(struct ask *a);
/* 0 to max - 1. */
size_t ask_below(struct ask *a, size_t max);

/* Parameters for a method; a new object. */
json_t *ask_params(struct ask *a, const struct method *m);

#endif
