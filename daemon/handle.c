#include "daemon/handle.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "daemon/engine.h"

#define NOWHERE (-1)

/* --- chains ------------------------------------------------------------------ */

static int32_t *
head_of(const struct handles *hs, enum handle_key by, int64_t id)
{
	uint64_t spread = (uint64_t)id * UINT64_C(0x9E3779B97F4A7C15);

	return &hs->heads[by][(spread >> 32) % hs->cap];
}

static void
chain(struct handles *hs, struct handle *h, enum handle_key by, int64_t id)
{
	int32_t *head;

	h->key[by] = id;
	h->next[by] = NOWHERE;
	if (id == 0)
		return;
	head = head_of(hs, by, id);
	h->next[by] = *head;
	*head = (int32_t)(h - hs->list);
}

static void
unchain(struct handles *hs, struct handle *h, enum handle_key by)
{
	int32_t *at;

	if (h->key[by] == 0)
		return;
	at = head_of(hs, by, h->key[by]);
	while (*at != NOWHERE && &hs->list[*at] != h)
		at = &hs->list[*at].next[by];
	if (*at != NOWHERE)
		*at = h->next[by];
	h->key[by] = 0;
}

/* All chains anew, for another number of places. */
static void
chain_all(struct handles *hs)
{
	size_t i;
	int by;

	for (by = 0; by < HANDLE_KEYS; by++) {
		hs->heads[by] =
			mem_resize(hs->heads[by], hs->cap, sizeof(int32_t));
		for (i = 0; i < hs->cap; i++)
			hs->heads[by][i] = NOWHERE;
		for (i = 0; i < hs->cap; i++) {
			struct handle *h = &hs->list[i];

			chain(hs, h, (enum handle_key)by, h->key[by]);
		}
	}
}

static struct handle *
next_of(const struct handles *hs, int32_t at, enum handle_key by, int64_t id)
{
	while (at != NOWHERE && hs->list[at].key[by] != id)
		at = hs->list[at].next[by];
	return at == NOWHERE ? NULL : &hs->list[at];
}

struct handle *
handle_first(struct handles *hs, enum handle_key by, int64_t id)
{
	if (hs->visitors == 0)
		return NULL;
	return next_of(hs, *head_of(hs, by, id), by, id);
}

struct handle *
handle_next(struct handles *hs, const struct handle *h, enum handle_key by)
{
	return next_of(hs, h->next[by], by, h->key[by]);
}

void
handle_bind(struct handles *hs, struct handle *h, int64_t visitor_id,
	    int64_t incident_id)
{
	if (h->actor != ACTOR_VISITOR)
		hs->visitors++;
	h->actor = ACTOR_VISITOR;
	unchain(hs, h, HANDLE_BY_VISITOR);
	unchain(hs, h, HANDLE_BY_INCIDENT);
	chain(hs, h, HANDLE_BY_VISITOR, visitor_id);
	chain(hs, h, HANDLE_BY_INCIDENT, incident_id);
}

/* --- places ------------------------------------------------------------------ */

static bool
grow(struct handles *hs)
{
	size_t max = hs->max == 0 ? HANDLES_MAX : hs->max;
	size_t cap = hs->cap == 0 ? 8 : hs->cap * 2;

	if (hs->cap >= max)
		return false;
	if (cap > max)
		cap = max;
	hs->list = mem_resize(hs->list, cap, sizeof *hs->list);
	for (; hs->cap < cap; hs->cap++)
		hs->list[hs->cap] = (struct handle){ 0 };
	chain_all(hs);
	return true;
}

struct handle *
handle_new(struct handles *hs, char name_out[HANDLE_NAME])
{
	size_t i = hs->hint;
	unsigned turns;

	while (i < hs->cap && hs->list[i].used)
		i++;
	if (i == hs->cap && !grow(hs))
		return NULL;
	turns = hs->list[i].turns + 1;
	hs->list[i] = (struct handle){ .used = true,
				       .turns = turns,
				       .actor = ACTOR_STAFF };
	hs->hint = i + 1;
	hs->n++;
	handle_name(hs, &hs->list[i], name_out);
	return &hs->list[i];
}

void
handle_name(const struct handles *hs, const struct handle *h,
	    char out[HANDLE_NAME])
{
	(void)snprintf(out, HANDLE_NAME, "h%zu.%u", (size_t)(h - hs->list),
		       h->turns);
}

struct handle *
handle_find(struct handles *hs, const char *name)
{
	unsigned long i;
	unsigned long turns;
	char *end;

	if (name[0] != 'h' || name[1] < '0' || name[1] > '9')
		return NULL;
	i = strtoul(name + 1, &end, 10);
	if (*end != '.' || end[1] < '0' || end[1] > '9')
		return NULL;
	turns = strtoul(end + 1, &end, 10);
	if (*end != '\0' || i >= hs->cap || !hs->list[i].used ||
	    hs->list[i].turns != turns)
		return NULL;
	return &hs->list[i];
}

void
handle_drop(struct handles *hs, struct handle *h)
{
	size_t i = (size_t)(h - hs->list);
	unsigned turns = h->turns;

	if (h->actor == ACTOR_VISITOR) {
		unchain(hs, h, HANDLE_BY_VISITOR);
		unchain(hs, h, HANDLE_BY_INCIDENT);
		hs->visitors--;
	}
	mem_free(h->name);
	*h = (struct handle){ .turns = turns };
	hs->n--;
	if (i < hs->hint)
		hs->hint = i;
}

/* --- time -------------------------------------------------------------------- */

bool
handle_over(const struct handle *h, int64_t now_ms)
{
	if (h->expires_ms != 0 && now_ms >= h->expires_ms)
		return true;
	if (h->idle_ms != 0 && now_ms - h->used_ms >= h->idle_ms)
		return true;
	return h->fades && now_ms - h->used_ms >= ENGINE_IDLE_MS;
}

bool
handle_types(struct handle *h, int64_t incident_id, bool on, int64_t now_ms)
{
	if (!on) {
		if (!h->typing || h->typing_incident != incident_id)
			return false;
		h->typing = false;
		return true;
	}
	/* a clock that was put back does not silence anybody */
	if (now_ms >= h->typed_ms && now_ms - h->typed_ms < TYPING_MS)
		return false;
	h->typing = true;
	h->typed_ms = now_ms;
	h->typing_incident = incident_id;
	return true;
}

void
handles_release(struct handles *hs)
{
	size_t i;
	int by;

	for (i = 0; i < hs->cap; i++)
		mem_free(hs->list[i].name);
	mem_free(hs->list);
	for (by = 0; by < HANDLE_KEYS; by++)
		mem_free(hs->heads[by]);
	*hs = (struct handles){ 0 };
}
