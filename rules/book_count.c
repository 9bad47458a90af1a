/*
 * book_count: what a book holds, in one line for a person.
 */

#include "daemon/base/buf.h"
#include "rules/book.h"
#include "rules/tree.h"

void
book_count(const struct book *b, struct buf *out)
{
	const struct {
		const char *one;
		const char *many;
		size_t n;
	} kinds[] = {
		{ "queue", "queues", b->queues.n },
		{ "team", "teams", b->teams.n },
		{ "calendar", "calendars", b->calendars.n },
		{ "policy", "policies", b->policies.n },
		{ "saved reply", "saved replies", b->replies.n },
		{ "shop policy", "shop policies", b->shop_policies.n },
		{ "list", "lists", b->lists.n },
		{ "rule", "rules", b->rules.n },
	};
	const char *between = "";
	size_t i;

	for (i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		if (kinds[i].n == 0)
			continue;
		(void)buf_printf(out, "%s%zu %s", between, kinds[i].n,
				 kinds[i].n == 1 ? kinds[i].one
						 : kinds[i].many);
		between = ", ";
	}
}
