#include "gateways/whatsapp/accounts.h"

#include <string.h>

#include "daemon/base/mem.h"
#include "gateways/common/jobs.h"
#include "gateways/common/signature.h"

#define DEFAULT_BASE "https://graph.facebook.com"
#define DEFAULT_VERSION "v25.0"

struct accounts {
	struct mine *mine;
};

/* --- one of them ---------------------------------------------------------- */

static void
account_free(struct mine_one *one)
{
	struct account *k = (struct account *)one;
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
	mine_forget(k->token);
	mine_forget(k->verify_token);
	for (i = 0; i < ACCOUNT_SECRETS; i++)
		mine_forget(k->secrets[i]);
	mem_free(k);
}

static bool
is_number(const char *s)
{
	size_t n = strlen(s);

	return n > 0 && n <= ACCOUNT_ID_MAX && strspn(s, "0123456789") == n;
}

static struct mine_one *
account_new(const json_t *connection)
{
	const json_t *set = json_object_get(connection, "settings");
	const json_t *secret = json_object_get(connection, "secrets");
	struct account *k = mem_new(1, sizeof *k);

	k->name = mine_text(connection, "name", "");
	k->phone_number_id = mine_text(set, "phone_number_id", "");
	k->waba_id = mine_text(set, "waba_id", "");
	k->display_number = mine_text(set, "display_number", "");
	k->portfolio = mine_text(set, "portfolio", "");
	k->graph_base = mine_text(set, "graph_base", DEFAULT_BASE);
	k->graph_version = mine_text(set, "graph_version", DEFAULT_VERSION);
	k->ca_file = mine_text(set, "ca_file", "");
	k->media_hosts = mine_text(set, "media_hosts", "");
	k->token = mine_text(secret, "access_token", "");
	k->verify_token = mine_text(secret, "verify_token", "");
	k->secrets[0] = mine_text(secret, "app_secret", "");
	k->secrets[1] = mine_text(secret, "app_secret_next", "");
	if (is_number(k->phone_number_id))
		return &k->mine;
	account_free(&k->mine);
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
	mine_hold(&k->mine);
	return k;
}

void
account_release(struct account *k)
{
	mine_release(&k->mine);
}

/* --- all of them ----------------------------------------------------------- */

struct accounts *
accounts_new(struct bus *bus)
{
	static const struct mine_kind kind = { .max = ACCOUNTS_MAX,
					       .left = "whatsapp.left",
					       .make = account_new,
					       .free = account_free };
	struct accounts *a = mem_new(1, sizeof *a);

	a->mine = mine_new(bus, &kind);
	return a;
}

void
accounts_free(struct accounts **a)
{
	if (*a == NULL)
		return;
	mine_free(&(*a)->mine);
	MEM_CLEAR(a);
}

struct part
accounts_part(struct accounts *a)
{
	struct part p = mine_part(a->mine);

	return p;
}

const struct mine *
accounts_mine(const struct accounts *a)
{
	return a->mine;
}

bool
accounts_known(const struct accounts *a)
{
	return mine_known(a->mine);
}

void
accounts_set(struct accounts *a, const json_t *connections)
{
	mine_set(a->mine, connections);
}

struct account *
accounts_at(const struct accounts *a, size_t i)
{
	return (struct account *)mine_at(a->mine, i);
}

struct account *
accounts_by_name(const struct accounts *a, const char *name)
{
	return (struct account *)mine_by_name(a->mine, name);
}

struct account *
accounts_by_phone(const struct accounts *a, const char *phone_number_id)
{
	struct account *k;
	size_t i;

	for (i = 0; phone_number_id != NULL && (k = accounts_at(a, i)) != NULL;
	     i++)
		if (strcmp(k->phone_number_id, phone_number_id) == 0)
			return k;
	return NULL;
}

struct account *
job_account(const struct job *j)
{
	return (struct account *)job_mine(j);
}
