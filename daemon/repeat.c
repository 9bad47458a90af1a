#include "daemon/repeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/store/command_key.h"
#include "daemon/task.h"

#define PRINCIPAL_MAX 64

/* Answers with secrets that are shown once, and what belongs to one
 * connection. */
static const char *const keyless[] = {
	"agent.add",        "agent.link",     "blob.put",
	"events.subscribe", "session.close",  "session.login",
	"session.open",     "session.redeem", "token.add",
};

static bool
has_key(const struct task *t)
{
	size_t i;

	if (t->rq.key == NULL)
		return false;
	for (i = 0; i < sizeof keyless / sizeof keyless[0]; i++)
		if (strcmp(t->rq.method->name, keyless[i]) == 0)
			return false;
	return true;
}

static void
principal_of(const struct request *rq, char out[PRINCIPAL_MAX])
{
	if (rq->agent_id != 0)
		(void)snprintf(out, PRINCIPAL_MAX, "agent:%lld",
			       (long long)rq->agent_id);
	else
		(void)snprintf(out, PRINCIPAL_MAX, "role:%s",
			       role_name(rq->role));
}

static void
hash_params(const struct request *rq, char out[HASH_HEX])
{
	char *text = json_dumps(rq->params, JSON_COMPACT | JSON_SORT_KEYS);

	hash_hex(text == NULL ? "" : text, text == NULL ? 0 : strlen(text),
		 out);
	free(text);
}

enum outcome
repeat_find(struct store *s, struct task *t, struct err *e)
{
	char principal[PRINCIPAL_MAX];
	enum outcome o;

	if (!has_key(t))
		return OUT_OK;
	principal_of(&t->rq, principal);
	hash_params(&t->rq, t->params_hash);
	o = command_key_find(s, principal, t->rq.key, t->rq.method->name,
			     t->params_hash, &t->rq.result, e);
	t->repeated = o == OUT_OK && t->rq.result != NULL;
	return o;
}

enum outcome
repeat_note(struct store *s, struct task *t, struct err *e)
{
	char principal[PRINCIPAL_MAX];

	if (!has_key(t))
		return OUT_OK;
	principal_of(&t->rq, principal);
	return command_key_add(s, principal, t->rq.key, t->rq.method->name,
			       t->params_hash, t->rq.result, t->rq.now_ms, e);
}
