#include "daemon/wire/json_mem.h"

#include <jansson.h>

#include "daemon/base/spare.h"

void
json_mem_start(void)
{
	json_set_alloc_funcs(spare_get, spare_put);
}
