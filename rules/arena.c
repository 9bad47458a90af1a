#include "rules/arena.h"

#include <stdalign.h>
#include <string.h>

#include "daemon/base/mem.h"

#define ARENA_CHUNK (16 * 1024)

struct arena_chunk {
	struct arena_chunk *next;
	size_t used;
	size_t size;
	max_align_t data[];
};

void *
arena_new(struct arena *a, size_t bytes)
{
	size_t need = (bytes + alignof(max_align_t) - 1) /
		      alignof(max_align_t) * alignof(max_align_t);
	struct arena_chunk *c = a->chunks;
	char *at;

	if (c == NULL || c->size - c->used < need) {
		size_t size = need > ARENA_CHUNK ? need : ARENA_CHUNK;

		c = mem_new(1, sizeof *c + size);
		c->size = size;
		c->next = a->chunks;
		a->chunks = c;
	}
	at = (char *)c->data + c->used;
	c->used += need;
	return at;
}

char *
arena_strndup(struct arena *a, const char *s, size_t n)
{
	char *p = arena_new(a, n + 1);

	if (n != 0)
		memcpy(p, s, n);
	return p;
}

void
arena_release(struct arena *a)
{
	while (a->chunks != NULL) {
		struct arena_chunk *next = a->chunks->next;

		mem_free(a->chunks);
		a->chunks = next;
	}
}

void
ptrs_add(struct arena *a, struct ptrs *list, void *p)
{
	if (list->n == list->cap) {
		size_t cap = list->cap != 0 ? list->cap * 2 : 4;
		void **at = arena_new(a, cap * sizeof *at);

		if (list->n != 0)
			memcpy(at, list->at, list->n * sizeof *at);
		list->at = at;
		list->cap = cap;
	}
	list->at[list->n++] = p;
}
