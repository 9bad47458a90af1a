#include "tests/unit/dns_table.h"

#include <strings.h>

#include "daemon/base/mem.h"

enum outcome
dns_table(void *arg, const char *name, enum dns_kind kind, struct dns_list *out,
	  struct err *e)
{
	const struct dns_row *r;

	out->n = 0;
	if (!dns_is_name(name))
		return err_set(e, OUT_PERM, "'%.100s' is no name", name);
	for (r = arg; r->name != NULL; r++) {
		if (strcasecmp(r->name, name) != 0 || r->kind != kind)
			continue;
		if (r->text == NULL)
			return err_set(e, OUT_TEMP,
				       "nobody answers for "
				       "'%.100s'",
				       name);
		if (out->n < DNS_ITEMS_MAX)
			out->item[out->n++] = mem_strdup(r->text);
	}
	return OUT_OK;
}
