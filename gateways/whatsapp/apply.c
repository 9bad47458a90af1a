#include "gateways/whatsapp/apply.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/err.h"
#include "daemon/base/mem.h"
#include "gateways/common/hooktake.h"
#include "gateways/common/taken.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/calls.h"
#include "gateways/whatsapp/read.h"

struct apply {
	const struct accounts *accounts;
	struct hooktake *hooks;
	apply_status_fn *status; /* NULL: nobody asks */
	void *status_arg;
};

/* A hook that is read. */
struct reading {
	const struct apply *a;
	struct taken *t;
};

static void
call(void *arg, const struct call_new *c)
{
	const struct reading *r = arg;
	const struct taken_call q = { .method = c->method,
				      .params = c->params,
				      .instead = "contact.add",
				      .otherwise = c->otherwise,
				      .word = c->person,
				      .id = c->id };

	if (r->a->status != NULL && strcmp(c->method, "status.add") == 0)
		r->a->status(r->a->status_arg, c->params);
	taken_ask(r->t, &q);
}

/* What could not be read makes it dead, after all the rest. */
static void
blame_refused(struct taken *t, const json_t *refused)
{
	const json_t *first = json_array_get(refused, 0);
	size_t n = json_array_size(refused);
	char why[TAKEN_WHY_MAX];

	if (n == 0)
		return;
	(void)snprintf(why, sizeof why, n > 1 ? "%s (and %zu more)" : "%s",
		       json_string_value(json_object_get(first, "why")), n - 1);
	taken_blame(t, false,
		    json_string_value(json_object_get(first, "where")), NULL,
		    why);
}

static void
read_it(void *arg, struct taken *t)
{
	const struct apply *a = arg;
	struct reading r = { .a = a, .t = t };
	struct delivery d = { .accounts = a->accounts,
			      .by = accounts_by_name(a->accounts,
						     t->connection),
			      .received_ms = t->received_ms };
	struct err e = { .text = "" };
	json_t *facts;

	if (d.by == NULL) {
		/* it was told to the server's thread before it was to us */
		taken_blame(t, true, "the connection", t->connection,
			    "is not known yet");
	} else if (wa_read(buf_str(&t->body), t->body.len, &facts, &e) !=
		   OUT_OK) {
		taken_blame(t, false, "the body", NULL, e.text);
	} else {
		blame_refused(t, json_object_get(facts, "refused"));
		calls_make(&d, facts, call, &r);
		json_decref(facts);
	}
}

struct apply *
apply_new(struct bus *bus, const struct accounts *accounts)
{
	struct apply *a = mem_new(1, sizeof *a);

	a->accounts = accounts;
	a->hooks = hooktake_new(bus, accounts_mine(accounts), read_it, a);
	return a;
}

void
apply_free(struct apply **a)
{
	if (*a == NULL)
		return;
	hooktake_free(&(*a)->hooks);
	MEM_CLEAR(a);
}

void
apply_on_status(struct apply *a, apply_status_fn *fn, void *arg)
{
	a->status = fn;
	a->status_arg = arg;
}

struct part
apply_part(struct apply *a)
{
	struct part p = hooktake_part(a->hooks);

	return p;
}
