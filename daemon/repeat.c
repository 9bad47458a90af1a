#include "daemon/repeat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/desk.h"
#include "daemon/store/command_key.h"
#include "daemon/store/view.h"
#include "daemon/task.h"
#include "rules/book.h"

#define PRINCIPAL_MAX 64

/* Answers with secrets that are shown once, what belongs to one connection,
 * what changes nothing, and what visitors do: a line has an id of its own,
 * the rest may be done again. */
static const char *const keyless[] = {
	"agent.add",        "agent.link",    "blob.put",      "book.test",
	"chat.end",         "chat.got",      "chat.rate",     "chat.write",
	"events.subscribe", "session.close", "session.login", "session.open",
	"session.redeem",   "token.add",     "visitor.close", "visitor.open",
	"visitor.start",
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
	mem_free(text);
}

/* Texts, names and addresses live in their own rows alone: of an incident or a
 * message only the number is kept, and a repeat reads it again. */
static json_t *
kept_of(const json_t *result)
{
	static const char *const names[] = { "incident", "message" };
	json_t *kept = json_copy((json_t *)result);
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		json_t *v = json_object_get(kept, names[i]);

		if (json_is_object(v))
			(void)json_object_set_new(
				kept, names[i],
				json_pack("{s:O}", "id",
					  json_object_get(v, "id")));
	}
	return kept;
}

static int64_t
kept_id(const json_t *result, const char *name)
{
	return json_integer_value(
		json_object_get(json_object_get(result, name), "id"));
}

static enum outcome
read_again(struct desk *d, struct store *s, json_t *result, struct err *e)
{
	int64_t incident = kept_id(result, "incident");
	int64_t message = kept_id(result, "message");
	struct book *b = desk_book(d, NULL);
	json_t *view = NULL;
	enum outcome o = OUT_OK;

	if (incident != 0)
		o = view_incident(s, b, incident, &view, e);
	if (o == OUT_OK && incident != 0)
		(void)json_object_set_new(result, "incident", view);
	if (o == OUT_OK && message != 0) {
		o = view_message(s, message, false, &view, e);
		if (o == OUT_OK)
			(void)json_object_set_new(result, "message", view);
	}
	book_unref(&b);
	return o;
}

enum outcome
repeat_find(struct desk *d, struct store *s, struct task *t, struct err *e)
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
	if (t->repeated)
		o = read_again(d, s, t->rq.result, e);
	return o;
}

enum outcome
repeat_note(struct store *s, struct task *t, struct err *e)
{
	char principal[PRINCIPAL_MAX];
	json_t *kept;
	enum outcome o;

	if (!has_key(t))
		return OUT_OK;
	principal_of(&t->rq, principal);
	kept = kept_of(t->rq.result);
	o = command_key_add(s, principal, t->rq.key, t->rq.method->name,
			    t->params_hash, kept, t->rq.now_ms, e);
	json_decref(kept);
	return o;
}
