#include "daemon/handle.h"

#include <stdio.h>
#include <stdlib.h>

#include "daemon/base/mem.h"
#include "daemon/engine.h"

struct handle *
handle_new(struct handles *hs, char name_out[HANDLE_NAME])
{
	size_t i = hs->hint;
	unsigned turns;

	while (i < hs->cap && hs->list[i].used)
		i++;
	if (i == hs->cap) {
		size_t cap = hs->cap == 0 ? 8 : hs->cap * 2;

		if (hs->cap >= HANDLES_MAX)
			return NULL;
		hs->list = mem_resize(hs->list, cap, sizeof *hs->list);
		for (; hs->cap < cap; hs->cap++)
			hs->list[hs->cap] = (struct handle){ 0 };
	}
	turns = hs->list[i].turns + 1;
	hs->list[i] = (struct handle){ .used = true, .turns = turns };
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

	*h = (struct handle){ .turns = turns };
	hs->n--;
	if (i < hs->hint)
		hs->hint = i;
}

bool
handle_over(const struct handle *h, int64_t now_ms)
{
	if (h->expires_ms != 0 && now_ms >= h->expires_ms)
		return true;
	return h->fades && now_ms - h->used_ms >= ENGINE_IDLE_MS;
}

void
handles_release(struct handles *hs)
{
	mem_free(hs->list);
	*hs = (struct handles){ 0 };
}
