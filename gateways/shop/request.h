#ifndef POSTIGO_SHOP_REQUEST_H
#define POSTIGO_SHOP_REQUEST_H

/*
 * request: what a pull wants asked (pull.h), over the network, and what came
 * back as the pull has it.
 */

#include <jansson.h>

#include "daemon/base/err.h"
#include "gateways/common/http_client.h"
#include "gateways/shop/pull.h"

struct shop;

/*
 * Begin one; ask's texts are freed. fn runs later, exactly once, if it began.
 * OUT_TEMP  too many are under way
 * OUT_PERM  the shop's address cannot be used
 */
enum outcome request_begin(struct http_client *client, const struct shop *k,
			   struct pull_ask *ask, http_done_fn *fn, void *arg,
			   struct err *e) MUST_CHECK;

/*
 * What came back says this; told->facts is NULL, or the caller's.
 * state  of the pull, as in pull.h; so is the outcome, and OUT_TEMP where
 *        nothing came back
 */
enum outcome request_answer(const struct shop *k, json_t *state,
			    const struct http_result *h, struct pull_told *told,
			    struct err *e) MUST_CHECK;

#endif
