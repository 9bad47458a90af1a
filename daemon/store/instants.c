#include "daemon/store/instants.h"

#include <string.h>

#include "daemon/base/mem.h"

/* Two neighbours that fill no more than this are made one. */
#define MERGE_AT (INSTANTS_BLOCK / 2)
#define LIST_FIRST 8

struct instants_block {
	size_t n;
	int64_t v[INSTANTS_BLOCK];
};

void
instants_release(struct instants *b)
{
	for (size_t i = 0; i < b->n; i++)
		mem_free(b->list[i]);
	mem_free(b->list);
	memset(b, 0, sizeof *b);
}

/* The first block whose last number is not less than v, or more than it;
 * b->n if none is. */
static size_t
block_of(const struct instants *b, int64_t v, bool more)
{
	size_t low = 0;
	size_t high = b->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		const struct instants_block *k = b->list[mid];
		int64_t last = k->v[k->n - 1];

		if (last < v || (more && last == v))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* The place of the first number in the block that is not less than v. */
static size_t
place_of(const struct instants_block *k, int64_t v)
{
	size_t low = 0;
	size_t high = k->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (k->v[mid] < v)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* A new block, empty, at that place of the list. */
static struct instants_block *
block_insert(struct instants *b, size_t at)
{
	if (b->n == b->cap) {
		b->cap = b->cap > 0 ? 2 * b->cap : LIST_FIRST;
		b->list = mem_resize(b->list, b->cap, sizeof(void *));
	}
	memmove(b->list + at + 1, b->list + at, (b->n - at) * sizeof(void *));
	b->list[at] = mem_new(1, sizeof *b->list[at]);
	b->n++;
	return b->list[at];
}

static void
block_remove(struct instants *b, size_t at)
{
	mem_free(b->list[at]);
	b->n--;
	memmove(b->list + at, b->list + at + 1, (b->n - at) * sizeof(void *));
}

/* The upper half of a full block becomes a block of its own. At the end of the
 * bag, where numbers that come in order are added, only its last number does:
 * so they leave full blocks behind. */
static void
block_split(struct instants *b, size_t at)
{
	struct instants_block *up = block_insert(b, at + 1);
	struct instants_block *k = b->list[at];
	size_t keep = at + 2 == b->n ? k->n - 1 : k->n / 2;

	up->n = k->n - keep;
	memcpy(up->v, k->v + keep, up->n * sizeof up->v[0]);
	k->n = keep;
}

/* Make one block of two that are next to each other, if they fit. */
static void
block_merge(struct instants *b, size_t at)
{
	struct instants_block *k;
	struct instants_block *up;

	if (at + 1 >= b->n)
		return;
	k = b->list[at];
	up = b->list[at + 1];
	if (k->n + up->n > MERGE_AT)
		return;
	memcpy(k->v + k->n, up->v, up->n * sizeof up->v[0]);
	k->n += up->n;
	block_remove(b, at + 1);
}

/* Of equal numbers the new one comes last: a block that is full of them is not
 * split once more for each. */
void
instants_add(struct instants *b, int64_t v)
{
	size_t at = block_of(b, v, true);
	struct instants_block *k;
	size_t place;

	if (b->n == 0)
		(void)block_insert(b, 0);
	else if (at == b->n)
		at--;
	if (b->list[at]->n == INSTANTS_BLOCK) {
		block_split(b, at);
		if (v >= b->list[at + 1]->v[0])
			at++;
	}
	k = b->list[at];
	place = k->n > 0 && v >= k->v[k->n - 1] ? k->n : place_of(k, v);
	memmove(k->v + place + 1, k->v + place,
		(k->n - place) * sizeof k->v[0]);
	k->v[place] = v;
	k->n++;
	b->total++;
}

bool
instants_remove(struct instants *b, int64_t v)
{
	size_t at = block_of(b, v, false);
	struct instants_block *k;
	size_t place;

	if (at == b->n)
		return false;
	k = b->list[at];
	place = place_of(k, v);
	if (k->v[place] != v)
		return false;
	k->n--;
	memmove(k->v + place, k->v + place + 1,
		(k->n - place) * sizeof k->v[0]);
	b->total--;
	if (k->n == 0) {
		block_remove(b, at);
		return true;
	}
	block_merge(b, at);
	if (at > 0)
		block_merge(b, at - 1);
	return true;
}

size_t
instants_below(const struct instants *b, int64_t v)
{
	size_t at = block_of(b, v, false);
	size_t n = 0;

	for (size_t i = 0; i < at; i++)
		n += b->list[i]->n;
	return at < b->n ? n + place_of(b->list[at], v) : n;
}
