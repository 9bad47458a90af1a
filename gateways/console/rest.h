#ifndef POSTIGO_REST_H
#define POSTIGO_REST_H

/*
 * rest: /api/v1. Each `rest` line of schema/wire/methods.tbl is a path; its
 * parameters come from the path, the query of a GET, or a JSON body, and
 * what the method answers is the answer.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/err.h"
#include "daemon/wire/method.h"

struct console;
struct hit;

/* A line of the table. */
struct rest_route {
	const char *verb;
	const char *path; /* "/incidents/{id}/answer" */
	const char *method;
};

/* Made from methods.tbl by schema/gen_rest.awk. */
extern const struct rest_route rest_routes[];
extern const size_t rest_count;
extern const char rest_openapi[];
extern const unsigned long rest_openapi_len;

/*
 * Find the route of a verb and a path (after /api/v1). Path parameters are
 * set in params as text.
 * NULL: none; *known_out says if the path exists with another verb.
 */
const struct rest_route *rest_find(const char *verb, const char *path,
				   json_t *params, bool *known_out);

/*
 * Turn the texts of a path or query into what the method's table says.
 * OUT_PERM: code "bad_params".
 */
enum outcome rest_convert(const struct method *m, json_t *params,
			  struct err *e) MUST_CHECK;

/* Is it usable as a command key? */
bool rest_key_good(const char *key);

/* Serve a hit below /api/v1/. */
void rest_hit(struct console *c, struct hit *h);

#endif
