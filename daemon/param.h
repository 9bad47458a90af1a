#ifndef POSTIGO_PARAM_H
#define POSTIGO_PARAM_H

/*
 * param: parameters of a request, for handlers. They were checked against the
 * table before, so a required one is there and has its type.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/request.h"

/* Was it given, and not as null? */
bool param_given(const struct request *rq, const char *name);

/* NULL, or the default, if it was not given. Borrowed. */
const char *param_str(const struct request *rq, const char *name);
int64_t param_int(const struct request *rq, const char *name, int64_t or_else);
bool param_bool(const struct request *rq, const char *name, bool or_else);

/* The member itself, NULL if it was not given. Borrowed. */
json_t *param_json(const struct request *rq, const char *name);

/* Set a member of rq->result (made if it is NULL); takes v. */
void result_set(struct request *rq, const char *name, json_t *v);

/*
 * Set a member of rq->result whose value is told as JSON text, which the
 * caller adds to what is returned: at most one of a response.
 */
struct buf *result_text(struct request *rq, const char *name);

#endif
