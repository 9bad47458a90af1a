#include "daemon/param.h"

#include "daemon/wire/frame.h"

json_t *
param_json(const struct request *rq, const char *name)
{
	json_t *v = json_object_get(rq->params, name);

	return json_is_null(v) ? NULL : v;
}

bool
param_given(const struct request *rq, const char *name)
{
	return param_json(rq, name) != NULL;
}

const char *
param_str(const struct request *rq, const char *name)
{
	return json_string_value(param_json(rq, name));
}

int64_t
param_int(const struct request *rq, const char *name, int64_t or_else)
{
	const json_t *v = param_json(rq, name);

	return json_is_integer(v) ? json_integer_value(v) : or_else;
}

bool
param_bool(const struct request *rq, const char *name, bool or_else)
{
	const json_t *v = param_json(rq, name);

	return json_is_boolean(v) ? json_is_true(v) : or_else;
}

void
result_set(struct request *rq, const char *name, json_t *v)
{
	if (rq->result == NULL)
		rq->result = json_object();
	(void)json_object_set_new(rq->result, name, v);
}

struct buf *
result_text(struct request *rq, const char *name)
{
	rq->text_place = json_array();
	result_set(rq, name, rq->text_place);
	buf_init(&rq->text, FRAME_BYTES);
	return &rq->text;
}
