#ifndef POSTIGO_MEMBER_H
#define POSTIGO_MEMBER_H

/*
 * member: members of parameters and of their shapes, which were checked
 * against the table before.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* NULL if it was not given. Borrowed. */
const char *member_str(const json_t *params, const char *name);
int64_t member_int(const json_t *params, const char *name, int64_t otherwise);
bool member_bool(const json_t *params, const char *name, bool otherwise);

#endif
