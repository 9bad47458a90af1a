#include "gateways/whatsapp/accounts.h"

#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/err.h"
#include "daemon/base/hash.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/wire/bus.h"
#include "gateways/whatsapp/signature.h"

#define REFRESH_MS 60000
#define RETRY_MS 2000
#define DEFAULT_BASE "https://graph.facebook.com"
#define DEFAULT_VERSION "v25.0"

struct accounts {
	struct bus *bus;
	struct account *list[2 * ACCOUNTS_MAX]; /* also those held yet gone */
	size_t count;
	bool asking;
	bool again; /* they changed while they were asked for */
	bool known;
	bool leaving;
	int64_t due_ms; /* monotonic: of the next question */
};

/* --- one of them ---------------------------------------------------------- */

static void
forget(char *secret)
{
	if (secret != NULL)
		hash_forget(secret, strlen(secret));
	mem_free(secret);
}

static void
account_free(struct account *k)
{
	size_t i;

	mem_free(k->name);
	mem_free(k->phone_number_id);
	mem_free(k->waba_id);
	mem_free(k->display_number);
	mem_free(k->portfolio);
	mem_free(k->graph_base);
	mem_free(k->graph_version);
	mem_free(k->ca_file);
	mem_free(k->media_hosts);
	forget(k->token);
	forget(k->verify_token);
	for (i = 0; i < ACCOUNT_SECRETS; i++)
		forget(k->secrets[i]);
	mem_free(k);
}

static char *
text(const json_t *o, const char *name, const char *otherwise)
{
	const char *v = json_string_value(json_object_get(o, name));

	return mem_strdup(v != NULL ? v : otherwise);
}

static bool
is_number(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= ACCOUNT_ID_MAX && strspn(s, "0123456789") == n;
}

/* NULL: it cannot be used. */
static struct account *
account_new(const json_t *connection)
{
	const json_t *set = json_object_get(connection, "settings");
	const json_t *secret = json_object_get(connection, "secrets");
	struct account *k = mem_new(1, sizeof *k);

	k->name = text(connection, "name", "");
	k->version = json_integer_value(json_object_get(connection, "version"));
	k->phone_number_id = text(set, "phone_number_id", "");
	k->waba_id = text(set, "waba_id", "");
	k->display_number = text(set, "display_number", "");
	k->portfolio = text(set, "portfolio", "");
	k->graph_base = text(set, "graph_base", DEFAULT_BASE);
	k->graph_version = text(set, "graph_version", DEFAULT_VERSION);
	k->ca_file = text(set, "ca_file", "");
	k->media_hosts = text(set, "media_hosts", "");
	k->token = text(secret, "access_token", "");
	k->verify_token = text(secret, "verify_token", "");
	k->secrets[0] = text(secret, "app_secret", "");
	k->secrets[1] = text(secret, "app_secret_next", "");
	if (k->name[0] != '\0' && is_number(k->phone_number_id))
		return k;
	account_free(k);
	return NULL;
}

bool
account_same_app(const struct account *a, const struct account *b)
{
	size_t i;
	size_t j;

	for (i = 0; i < ACCOUNT_SECRETS; i++)
		for (j = 0; j < ACCOUNT_SECRETS; j++)
			if (signature_word(a->secrets[i], b->secrets[j]))
				return true;
	return false;
}

struct account *
account_hold(struct account *k)
{
	k->holds++;
	return k;
}

void
account_release(struct account *k)
{
	k->holds--;
}

/* --- all of them ----------------------------------------------------------- */

struct accounts *
accounts_new(struct bus *bus)
{
	struct accounts *a = mem_new(1, sizeof *a);

	a->bus = bus;
	return a;
}

void
accounts_free(struct accounts **a)
{
	size_t i;

	if (*a == NULL)
		return;
	for (i = 0; i < (*a)->count; i++)
		account_free((*a)->list[i]);
	MEM_CLEAR(a);
}

static void
sweep(struct accounts *a)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < a->count; i++)
		if (a->list[i]->gone && a->list[i]->holds == 0)
			account_free(a->list[i]);
		else
			a->list[kept++] = a->list[i];
	a->count = kept;
}

static size_t
living(const struct accounts *a)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < a->count; i++)
		n += a->list[i]->gone ? 0 : 1;
	return n;
}

/* It is as it was: keep the object, with what was learnt. */
static bool
keep(struct accounts *a, size_t before, const json_t *connection)
{
	const char *name =
		json_string_value(json_object_get(connection, "name"));
	json_int_t version =
		json_integer_value(json_object_get(connection, "version"));
	size_t i;

	for (i = 0; name != NULL && i < before; i++) {
		struct account *k = a->list[i];

		if (k->version != version || strcmp(k->name, name) != 0)
			continue;
		k->gone = false;
		return true;
	}
	return false;
}

void
accounts_set(struct accounts *a, const json_t *connections)
{
	size_t before;
	const json_t *c;
	size_t i;

	sweep(a);
	before = a->count;
	for (i = 0; i < before; i++)
		a->list[i]->gone = true;
	json_array_foreach(connections, i, c)
	{
		struct account *k;

		if (keep(a, before, c))
			continue;
		k = a->count < 2 * ACCOUNTS_MAX && living(a) < ACCOUNTS_MAX
			    ? account_new(c)
			    : NULL;
		if (k != NULL)
			a->list[a->count++] = k;
		else
			log_warn("whatsapp.left",
				 "a connection cannot be used");
	}
	sweep(a);
	a->known = true;
}

bool
accounts_known(const struct accounts *a)
{
	return a->known;
}

struct account *
accounts_by_phone(const struct accounts *a, const char *phone_number_id)
{
	size_t i;

	for (i = 0; phone_number_id != NULL && i < a->count; i++)
		if (!a->list[i]->gone &&
		    strcmp(a->list[i]->phone_number_id, phone_number_id) == 0)
			return a->list[i];
	return NULL;
}

struct account *
accounts_by_name(const struct accounts *a, const char *name)
{
	size_t i;

	for (i = 0; name != NULL && i < a->count; i++)
		if (!a->list[i]->gone && strcmp(a->list[i]->name, name) == 0)
			return a->list[i];
	return NULL;
}

struct account *
accounts_at(const struct accounts *a, size_t i)
{
	size_t k;

	for (k = 0; k < a->count; k++)
		if (!a->list[k]->gone && i-- == 0)
			return a->list[k];
	return NULL;
}

/* --- the part --------------------------------------------------------------- */

static void
told(void *arg, const struct bus_reply *r)
{
	struct accounts *a = arg;

	a->asking = false;
	a->due_ms = clock_tick_ms() +
		    (r->outcome == OUT_OK ? REFRESH_MS : RETRY_MS);
	if (r->outcome == OUT_OK)
		accounts_set(a, json_object_get(r->result, "connections"));
	if (a->again)
		a->due_ms = 0;
	a->again = false;
}

static void
step(void *arg)
{
	struct accounts *a = arg;
	struct err e;

	sweep(a);
	if (a->asking || a->leaving || !bus_up(a->bus) ||
	    clock_tick_ms() < a->due_ms)
		return;
	a->asking = bus_call(a->bus, "connection.mine", NULL, NULL, NULL, told,
			     a, &e) == OUT_OK;
	if (!a->asking)
		a->due_ms = clock_tick_ms() + RETRY_MS;
}

static void
wake(void *arg, const char *what)
{
	struct accounts *a = arg;

	if (what != NULL && strcmp(what, "connections") != 0)
		return;
	a->again = a->asking;
	a->due_ms = 0;
}

static int
wait_ms(void *arg)
{
	const struct accounts *a = arg;
	int64_t ms = a->due_ms - clock_tick_ms();

	if (a->asking || !bus_up(a->bus))
		return -1;
	return ms > 0 ? (int)ms : 0;
}

static bool
drain(void *arg)
{
	struct accounts *a = arg;

	a->leaving = true;
	return !a->asking;
}

static void
lost(void *arg)
{
	struct accounts *a = arg;

	a->again = false;
	a->due_ms = 0;
}

struct part
accounts_part(struct accounts *a)
{
	struct part p = { .step = step,
			  .wake = wake,
			  .wait_ms = wait_ms,
			  .drain = drain,
			  .lost = lost,
			  .arg = a };

	return p;
}
