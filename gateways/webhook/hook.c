#include "gateways/webhook/hook.h"

#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/wire/bus.h"

#define DETAIL_MAX 500

static void
hook_free(struct hook *k)
{
	if (k->secret != NULL)
		hash_forget(k->secret, strlen(k->secret));
	mem_free(k->name);
	mem_free(k->url);
	mem_free(k->ca_file);
	mem_free(k->secret);
	mem_free(k);
}

static char *
copy(const json_t *o, const char *name)
{
	return mem_strdup(json_string_value(json_object_get(o, name)));
}

static struct hook *
hook_new(const json_t *connection)
{
	const json_t *settings = json_object_get(connection, "settings");
	struct hook *k = mem_new(1, sizeof *k);

	k->name = copy(connection, "name");
	k->url = copy(settings, "url");
	k->ca_file = copy(settings, "ca_file");
	k->secret = copy(json_object_get(connection, "secrets"), "secret");
	if (k->name == NULL || k->url == NULL || k->secret == NULL) {
		hook_free(k);
		return NULL;
	}
	return k;
}

void
hooks_sweep(struct hooks *h)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < h->count; i++)
		if (h->list[i]->gone && h->list[i]->busy == 0)
			hook_free(h->list[i]);
		else
			h->list[kept++] = h->list[i];
	h->count = kept;
}

void
hooks_set(struct hooks *h, const json_t *connections)
{
	const json_t *c;
	size_t i;

	for (i = 0; i < h->count; i++)
		h->list[i]->gone = true;
	hooks_sweep(h);
	json_array_foreach(connections, i, c)
	{
		struct hook *k = h->count < HOOKS_MAX ? hook_new(c) : NULL;

		if (k != NULL)
			h->list[h->count++] = k;
		else
			log_warn("webhook.left", "a connection cannot be used");
	}
}

struct hook *
hooks_find(const struct hooks *h, const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < h->count; i++)
		if (!h->list[i]->gone && strcmp(h->list[i]->name, name) == 0)
			return h->list[i];
	return NULL;
}

static void
told(void *arg, const struct bus_reply *r)
{
	(void)arg;
	if (r->outcome != OUT_OK)
		log_warn("webhook.report_lost", "%s", r->err.text);
}

void
hook_told(struct hook *k, struct bus *bus, bool ok, const char *detail)
{
	struct err e;
	json_t *p;

	if (k->gone || (k->said && k->said_ok == ok))
		return;
	p = json_pack("{s:s, s:s, s:s%}", "name", k->name, "state",
		      ok ? "ok" : "failing", "detail", detail,
		      utf8_cut(detail, strlen(detail), DETAIL_MAX));
	if (p == NULL)
		return;
	k->said = bus_call(bus, "connection.report", p, NULL, NULL, told, NULL,
			   &e) == OUT_OK;
	k->said_ok = ok;
}

void
hooks_release(struct hooks *h)
{
	size_t i;

	for (i = 0; i < h->count; i++)
		hook_free(h->list[i]);
	h->count = 0;
}
