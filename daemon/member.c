#include "daemon/member.h"

const char *
member_str(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

int64_t
member_int(const json_t *params, const char *name, int64_t otherwise)
{
	const json_t *j = json_object_get(params, name);

	return json_is_integer(j) ? json_integer_value(j) : otherwise;
}

bool
member_bool(const json_t *params, const char *name, bool otherwise)
{
	const json_t *j = json_object_get(params, name);

	return json_is_boolean(j) ? json_is_true(j) : otherwise;
}
