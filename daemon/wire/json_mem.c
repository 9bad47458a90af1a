#include "daemon/wire/json_mem.h"

#include <jansson.h>
#include <stdlib.h>

#include "daemon/base/mem.h"

static void *
json_mem_get(size_t n)
{
	void *p = malloc(n != 0 ? n : 1);

	if (p == NULL)
		mem_short_note();
	return p;
}

void
json_mem_start(void)
{
	json_set_alloc_funcs(json_mem_get, free);
}
