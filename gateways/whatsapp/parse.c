#include "gateways/whatsapp/parse.h"

#include <jansson.h>

#include "gateways/common/bodies.h"
#include "gateways/whatsapp/read.h"

/* What a body holds need not be printed again. */
static void
drop_raw(const json_t *list)
{
	json_t *o;
	size_t i;

	json_array_foreach(list, i, o)(void) json_object_del(o, "raw");
}

static enum outcome
read_body(void *arg, const char *body, size_t n, json_t **facts_out,
	  struct err *e)
{
	enum outcome o = wa_read(body, n, facts_out, e);

	(void)arg;
	if (o != OUT_OK)
		return o;
	drop_raw(json_object_get(*facts_out, "messages"));
	drop_raw(json_object_get(*facts_out, "own"));
	drop_raw(json_object_get(*facts_out, "echoes"));
	return OUT_OK;
}

int
parse_main(int argc, char **argv)
{
	static const struct bodies_reader r = { .program = "postigo-whatsapp",
						.read = read_body };

	return bodies_print(&r, argv + 1, argc - 1);
}
