#include "gateways/whatsapp/pairs.h"

#include <stddef.h>
#include <string.h>

#include "daemon/base/mem.h"

struct pair {
	struct pair *next;
	char *number;
	char *person;
	struct rest rest;
};

struct pairs {
	struct pair *list;
	size_t count;
};

struct pairs *
pairs_new(void)
{
	return mem_new(1, sizeof(struct pairs));
}

static void
unlink_pair(struct pairs *p, struct pair **at)
{
	struct pair *x = *at;

	*at = x->next;
	p->count--;
	mem_free(x->number);
	mem_free(x->person);
	mem_free(x);
}

void
pairs_free(struct pairs **p)
{
	if (!*p)
		return;
	while ((*p)->list)
		unlink_pair(*p, &(*p)->list);
	MEM_CLEAR(p);
}

static struct pair **
place(struct pairs *p, const char *number, const char *person)
{
	struct pair **at = &p->list;

	while (*at && (strcmp((*at)->number, number) != 0 ||
		       strcmp((*at)->person, person) != 0))
		at = &(*at)->next;
	return at;
}

struct rest *
pairs_find(struct pairs *p, const char *number, const char *person)
{
	struct pair *x = *place(p, number, person);

	return x ? &x->rest : NULL;
}

/* Those whose rest is long over; and one more, where there is no room. */
static void
sweep(struct pairs *p, int64_t now_ms)
{
	struct pair **least = &p->list;

	for (struct pair **at = &p->list; *at;)
		if ((*at)->rest.until_ms + PAIR_FORGET_MS < now_ms)
			unlink_pair(p, at);
		else
			at = &(*at)->next;
	if (p->count < PAIRS_MAX)
		return;
	for (struct pair **at = &p->list; *at; at = &(*at)->next)
		if ((*at)->rest.until_ms < (*least)->rest.until_ms)
			least = at;
	if (*least)
		unlink_pair(p, least);
}

struct rest *
pairs_make(struct pairs *p, const char *number, const char *person,
	   int64_t now_ms)
{
	struct pair *x = *place(p, number, person);

	if (x)
		return &x->rest;
	sweep(p, now_ms);
	x = mem_new(1, sizeof(*x));
	x->number = mem_strdup(number);
	x->person = mem_strdup(person);
	x->rest.until_ms = now_ms;
	x->next = p->list;
	p->list = x;
	p->count++;
	return &x->rest;
}

void
pairs_drop(struct pairs *p, const char *number, const char *person)
{
	struct pair **at = place(p, number, person);

	if (*at)
		unlink_pair(p, at);
}
