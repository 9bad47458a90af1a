#include "daemon/report_tally.h"

#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"

void
tally_init(struct tally *t, size_t max)
{
	*t = (struct tally){ .max = max };
	t->slot_count = 16;
	while (t->slot_count < 2 * max)
		t->slot_count *= 2;
	t->slots = mem_new(t->slot_count, sizeof *t->slots);
	t->cells = mem_new(max, sizeof *t->cells);
}

void
tally_release(struct tally *t)
{
	for (size_t i = 0; i < t->n; i++) {
		mem_free(t->cells[i].key);
		samples_release(&t->cells[i].business);
		samples_release(&t->cells[i].calendar);
	}
	mem_free(t->cells);
	mem_free(t->slots);
	*t = (struct tally){ .n = 0 };
}

/* FNV-1a. */
static uint32_t
hash(const char *key)
{
	uint32_t h = 2166136261U;

	for (; *key != '\0'; key++)
		h = (h ^ (unsigned char)*key) * 16777619U;
	return h;
}

struct cell *
tally_cell(struct tally *t, const char *key)
{
	size_t mask = t->slot_count - 1;
	size_t i = hash(key) & mask;

	for (; t->slots[i] != 0; i = (i + 1) & mask)
		if (strcmp(t->cells[t->slots[i] - 1].key, key) == 0)
			return &t->cells[t->slots[i] - 1];
	if (t->n == t->max) {
		t->cut = true;
		return NULL;
	}
	t->cells[t->n].key = mem_strdup(key);
	t->slots[i] = (uint32_t)++t->n;
	return &t->cells[t->n - 1];
}

static bool
number(const char *key, long long *out)
{
	char *end;

	*out = strtoll(key, &end, 10);
	return *key != '\0' && *end == '\0';
}

static int
by_key(const void *a, const void *b)
{
	const struct cell *x = a;
	const struct cell *y = b;
	long long m;
	long long n;
	bool x_number = number(x->key, &m);
	bool y_number = number(y->key, &n);

	if (x_number && y_number && m != n)
		return m < n ? -1 : 1;
	if (x_number != y_number)
		return x_number ? -1 : 1;
	return strcmp(x->key, y->key);
}

void
tally_sort(struct tally *t)
{
	qsort(t->cells, t->n, sizeof *t->cells, by_key);
}
