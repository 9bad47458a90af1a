#include "daemon/ctl/import_seen.h"

#include <stdint.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"

#define SLOTS_FIRST 1024
#define APART UINT64_C(1) /* the mark; the others are of the digest */

/* Open addressing; 0 is free, at most half are taken. */
struct import_seen {
	uint64_t *slot;
	size_t slots; /* a power of two */
	size_t count;
};

struct import_seen *
import_seen_new(void)
{
	struct import_seen *s = mem_new(1, sizeof *s);

	s->slots = SLOTS_FIRST;
	s->slot = mem_new(s->slots, sizeof *s->slot);
	return s;
}

void
import_seen_free(struct import_seen **s)
{
	if (*s == NULL)
		return;
	mem_free((*s)->slot);
	MEM_CLEAR(s);
}

/* 63 bits of its SHA-256; never 0. */
static uint64_t
digest(const char *key)
{
	unsigned char raw[HASH_BYTES];
	uint64_t v;

	hash_raw(key, strlen(key), raw);
	memcpy(&v, raw, sizeof v);
	v &= ~APART;
	return v != 0 ? v : APART << 1;
}

/* Where it is, or would be. */
static size_t
place(const uint64_t *slot, size_t slots, uint64_t v)
{
	size_t i = (size_t)(v >> 1) & (slots - 1);

	while (slot[i] != 0 && (slot[i] & ~APART) != v)
		i = (i + 1) & (slots - 1);
	return i;
}

static void
grow(struct import_seen *s)
{
	size_t slots = s->slots * 2;
	uint64_t *slot = mem_new(slots, sizeof *slot);

	for (size_t i = 0; i < s->slots; i++)
		if (s->slot[i] != 0)
			slot[place(slot, slots, s->slot[i] & ~APART)] =
				s->slot[i];
	mem_free(s->slot);
	s->slot = slot;
	s->slots = slots;
}

bool
import_seen_add(struct import_seen *s, const char *key)
{
	uint64_t v = digest(key);
	size_t i = place(s->slot, s->slots, v);

	if (s->slot[i] != 0) {
		s->slot[i] |= APART;
		return true;
	}
	if (s->count == SEEN_MAX)
		return false;
	s->slot[i] = v;
	s->count++;
	if (s->count * 2 > s->slots)
		grow(s);
	return true;
}

bool
import_seen_apart(const struct import_seen *s, const char *key)
{
	return (s->slot[place(s->slot, s->slots, digest(key))] & APART) != 0;
}

size_t
import_seen_count(const struct import_seen *s)
{
	return s->count;
}
