#include "rules/letter.h"

/* From first to last in steps: plus by is the letter that stands for it. */
struct letter_row {
	uint32_t first;
	uint32_t last;
	uint32_t step;
	int32_t by;
};

#include "rules/letter_table.h"

uint32_t
letter_plain(uint32_t cp)
{
	size_t lo = 0;
	size_t hi = sizeof letter_rows / sizeof *letter_rows;

	if (cp < 0x80)
		return cp - 'A' < 26 ? cp + 32 : cp;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const struct letter_row *r = &letter_rows[mid];

		if (cp > r->last)
			lo = mid + 1;
		else if (cp < r->first)
			hi = mid;
		else if ((cp - r->first) % r->step != 0)
			return cp;
		else
			return (uint32_t)((int32_t)cp + r->by);
	}
	return cp;
}
