/* match_token: signed tokens, and what they name. */

#include <string.h>

#include "daemon/desk.h"
#include "daemon/match_p.h"
#include "daemon/merge.h"
#include "daemon/token.h"

#define FOLLOWS_MAX 20 /* incidents that continue one another */

static void
tokens_add(struct search *x, const char *text, size_t n)
{
	int64_t incident;
	int64_t number;
	size_t i;

	if (!token_find(x->d->key, text, n, &incident, &number))
		return;
	for (i = 0; i < x->token_count; i++)
		if (x->tokens[i] == incident)
			return;
	if (x->token_count < TOKENS_MAX)
		x->tokens[x->token_count++] = incident;
}

static void
tokens_in(struct search *x, const json_t *list)
{
	const json_t *j;
	size_t i;

	json_array_foreach(list, i, j)
	{
		if (json_is_string(j))
			tokens_add(x, json_string_value(j),
				   json_string_length(j));
	}
}

/* Where an incident goes on; *p is the survivor. */
static enum outcome
token_survivor(struct search *x, int64_t id, struct named_place *p,
	       struct err *e)
{
	enum outcome o = named_incident(x->s, id, p, e);
	int i;

	for (i = 0; o == OUT_OK && p->merged_into != 0 && i < MERGE_STEPS_MAX;
	     i++)
		o = named_incident(x->s, p->merged_into, p, e);
	return o;
}

/* Is an incident one that `newest` continues, or that was merged into one? */
static enum outcome
token_before(struct search *x, int64_t id, struct named_place newest, bool *out,
	     struct err *e)
{
	struct named_place p = { 0 };
	enum outcome o = token_survivor(x, id, &p, e);
	int i;

	*out = p.incident_id == newest.incident_id;
	for (i = 0; o == OUT_OK && !*out && p.incident_id != 0 &&
		    newest.follows_id != 0 && i < FOLLOWS_MAX;
	     i++) {
		o = token_survivor(x, newest.follows_id, &newest, e);
		*out = p.incident_id == newest.incident_id;
	}
	return o;
}

/* Tokens of one case, which was merged or continued, are as good as one: the
 * newest of it. *out is 0: they differ. */
static enum outcome
tokens_one(struct search *x, int64_t *out, struct err *e)
{
	struct named_place newest = { 0 };
	struct named_place p;
	enum outcome o = OUT_OK;
	bool same = true;
	size_t i;

	for (i = 0; o == OUT_OK && i < x->token_count; i++) {
		o = token_survivor(x, x->tokens[i], &p, e);
		if (o == OUT_OK && p.incident_id > newest.incident_id)
			newest = p;
	}
	for (i = 0; o == OUT_OK && same && i < x->token_count; i++)
		o = token_before(x, x->tokens[i], newest, &same, e);
	*out = same && x->token_count < TOKENS_MAX ? newest.incident_id : 0;
	return o;
}

enum outcome
search_token(struct search *x, struct err *e)
{
	struct named_place p;
	bool elsewhere = false;
	int64_t id;
	enum outcome o = OUT_OK;

	tokens_in(x, json_object_get(x->a->mail, "recipients"));
	tokens_in(x, json_object_get(x->a->mail, "in_reply_to"));
	tokens_in(x, json_object_get(x->a->mail, "references"));
	/* our own mail, which came back */
	if (x->a->external_id != NULL)
		tokens_add(x, x->a->external_id, strlen(x->a->external_id));
	if (x->token_count == 0)
		return OUT_OK;
	id = x->tokens[0];
	if (x->token_count > 1)
		o = tokens_one(x, &id, e);
	if (o != OUT_OK)
		return o;
	if (id == 0) {
		x->out->why = "tokens_differ";
		return OUT_OK;
	}
	o = named_incident(x->s, id, &p, e);
	if (o == OUT_OK && p.incident_id == 0) /* a store older than it */
		x->out->why = "gone";
	else if (o == OUT_OK)
		o = search_elsewhere(x, id, p.connection_id, &elsewhere, e);
	if (o == OUT_OK && p.incident_id != 0 && !elsewhere)
		search_found(x, id, "token");
	return o;
}

enum outcome
search_bounce(struct search *x, const json_t *bounce, struct err *e)
{
	struct named_place p = { 0 };
	int64_t id = 0;
	enum outcome o;

	tokens_in(x, json_object_get(x->a->mail, "recipients"));
	if (x->token_count == 0)
		tokens_in(x, json_object_get(bounce, "message_ids"));
	if (x->token_count == 0) {
		tokens_in(x, json_object_get(x->a->mail, "in_reply_to"));
		tokens_in(x, json_object_get(x->a->mail, "references"));
	}
	o = tokens_one(x, &id, e);
	x->token_count = 0;
	if (o == OUT_OK && id != 0)
		o = named_incident(x->s, id, &p, e);
	if (o == OUT_OK && p.incident_id != 0)
		search_found(x, p.incident_id, "bounce");
	return o;
}
