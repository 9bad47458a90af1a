/*
 * fuzz_fmt: any text may be formatted as a desk book. What comes out says the
 * same, and is formatted to itself.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "rules/book.h"
#include "rules/book_fmt.h"

#define TEXT_MAX (16 * 1024)
#define FORM_MAX (4 * 1024 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct book_errors errs = { 0 };
	struct buf once;
	struct buf twice;

	if (n == 0 || n > TEXT_MAX)
		return 0;
	buf_init(&once, FORM_MAX);
	buf_init(&twice, FORM_MAX);
	if (book_fmt((const char *)data, n, &once, &errs) == OUT_OK) {
		if (book_fmt(buf_str(&once), once.len, &twice, &errs) !=
			    OUT_OK ||
		    once.len != twice.len ||
		    memcmp(buf_str(&once), buf_str(&twice), once.len) != 0)
			abort();
	} else if (errs.n == 0) {
		abort(); /* refused without a word */
	}
	for (size_t i = 0; i < errs.n; i++)
		if (strstr(errs.list[i].text, "without a change") != NULL)
			abort(); /* its own look found a loss */
	book_errors_release(&errs);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
