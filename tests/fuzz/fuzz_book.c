/*
 * fuzz_book: any text may be handed in as a desk book. What is accepted is
 * used: rules run, deadlines computed, compared with itself.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "rules/book.h"
#include "rules/deadline.h"
#include "rules/rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
use(const struct book *b)
{
	static const struct rule_facts facts = {
		.event = "contact",
		.text[RULE_FIELD_CHANNEL] = "email",
		.text[RULE_FIELD_MAILBOX] = "shop",
		.text[RULE_FIELD_SENDER] = "ana@mail.example",
		.text[RULE_FIELD_SUBJECT] = "Devolución",
		.text[RULE_FIELD_BODY] =
			"Quiero devolver el pedido; \xFF it is broken"
	};
	const struct book_policy *p = book_policy_for(b, "email");
	struct rule_result *out = mem_new(1, sizeof *out);
	struct buf diff;

	rule_run(b, &facts, out);
	mem_free(out);
	if (p != NULL)
		(void)deadline_due(p->calendar, 1790000000, 3600, NULL, 0);
	buf_init(&diff, BOOK_BYTES_MAX);
	book_diff(b, b, &diff);
	if (diff.len != 0)
		abort(); /* a book does not differ from itself */
	buf_release(&diff);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct book_errors errs = { 0 };
	struct book *b = NULL;

	if (book_read_trusted((const char *)data, n, &b, &errs) == OUT_OK) {
		use(b);
		book_unref(&b);
	} else if (errs.n == 0) {
		abort(); /* refused without a word */
	}
	book_errors_release(&errs);
	return 0;
}
