/*
 * postigo whatsapp dead, replay and shop dead, replay: deliveries of others'
 * servers that could not be understood, and taking them again.
 */

#include <stdint.h>

#include "daemon/ctl/ctl.h"
#include "daemon/kinds.h"

#define LIMIT_MAX 100
#define REPLAY_MAX 100000 /* of one command */

const struct ctl_option dead_options[] = {
	{ "--connection", "NAME", "of one connection alone" },
	{ "--limit", "N", "1 to 100; 50 if it is not given" },
	{ "--before", "ID", "what came before that one" },
	{ NULL, NULL, NULL },
};
const struct ctl_option replay_options[] = {
	{ "--all", NULL, "every dead one" },
	{ "--connection", "NAME", "with --all: of one connection alone" },
	{ NULL, NULL, NULL },
};

static json_t *
dead_params(const char *connection, long long limit, long long before)
{
	json_t *p = json_pack("{s:s, s:I}", "state", "dead", "limit",
			      (json_int_t)limit);

	if (connection != NULL)
		(void)json_object_set_new(p, "connection",
					  json_string(connection));
	if (before != 0)
		(void)json_object_set_new(p, "before", json_integer(before));
	return p;
}

static void
dead_show(struct table *t, const json_t *x)
{
	table_add_number(t, ctl_int(x, "id"));
	table_add(t, ctl_str(x, "received_at"));
	table_add(t, ctl_str(x, "connection"));
	table_add_number(t, ctl_int(x, "bytes"));
	table_add_number(t, ctl_int(x, "attempts"));
	table_add(t, ctl_str(x, "why"));
}

/* {name: true} of the connections of a role, which have their hooks. */
static int
own_connections(struct ctl *c, enum role role, json_t **own)
{
	json_t *result = NULL;
	json_t *x;
	size_t i;
	int code = ctl_ask(c, "connection.list", json_object(), CTL_ASK_MS,
			   &result);

	*own = json_object();
	json_array_foreach(json_object_get(result, "connections"), i, x)
	{
		const struct kind *k = kind_find(ctl_str(x, "kind"));

		if (k != NULL && kind_role(k) == role)
			(void)json_object_set_new(*own, ctl_str(x, "name"),
						  json_true());
	}
	json_decref(result);
	return code;
}

/* Which dead ones are meant. */
struct dead {
	struct ctl *c;
	const char *connection; /* NULL: of all */
	json_t *own;            /* connections of the role */
	long long before;       /* below this one; 0: from the newest down */
};

/* One of them; not EXIT_FINE: no more. */
typedef int dead_fn(void *arg, const json_t *row);

/* At most max of them, from the newest down: one that dies once more
 * meanwhile is not met twice. */
static int
dead_each(struct dead *d, long long max, dead_fn *fn, void *arg)
{
	int code = EXIT_FINE;
	size_t n = LIMIT_MAX;

	while (code == EXIT_FINE && n == LIMIT_MAX && max > 0) {
		json_t *result = NULL;
		json_t *x;
		size_t i;

		code = ctl_ask(d->c, "hook.list",
			       dead_params(d->connection, LIMIT_MAX, d->before),
			       CTL_ASK_MS, &result);
		n = json_array_size(json_object_get(result, "hooks"));
		json_array_foreach(json_object_get(result, "hooks"), i, x)
		{
			d->before = ctl_int(x, "id");
			if (code != EXIT_FINE || max == 0 ||
			    !json_object_get(d->own, ctl_str(x, "connection")))
				continue;
			max--;
			code = fn(arg, x);
		}
		json_decref(result);
	}
	return code;
}

/* --- dead ------------------------------------------------------------------------- */

struct listing {
	struct ctl *c;
	struct table *t;
};

static int
list_one(void *arg, const json_t *row)
{
	struct listing *l = arg;

	if (l->c->json)
		return ctl_print_json(row);
	dead_show(l->t, row);
	return EXIT_FINE;
}

static int
dead_list(struct ctl *c, const struct ctl_args *a, enum role role)
{
	static const char *const headings[] = {
		"ID", "RECEIVED", "CONNECTION", "BYTES", "TRIES", "WHY", NULL
	};
	const char *limit = ctl_arg(a, "--limit");
	const char *before = ctl_arg(a, "--before");
	struct listing l = { .c = c };
	struct dead d = { .c = c, .connection = ctl_arg(a, "--connection") };
	long long n = LIMIT_MAX / 2;
	int code;

	if ((limit != NULL &&
	     !ctl_number(limit, "--limit", 1, LIMIT_MAX, &n)) ||
	    (before != NULL &&
	     !ctl_number(before, "--before", 1, INT64_MAX, &d.before)))
		return EXIT_USAGE;
	code = own_connections(c, role, &d.own);
	if (code == EXIT_FINE) {
		l.t = table_new(headings);
		code = dead_each(&d, n, list_one, &l);
		if (c->json || code != EXIT_FINE)
			table_drop(&l.t);
		else
			table_print(c, &l.t);
	}
	json_decref(d.own);
	return code;
}

int
verb_whatsapp_dead(struct ctl *c, const struct ctl_args *a)
{
	return dead_list(c, a, ROLE_WHATSAPP);
}

int
verb_shop_dead(struct ctl *c, const struct ctl_args *a)
{
	return dead_list(c, a, ROLE_SHOP);
}

/* --- replay ----------------------------------------------------------------------- */

static int
replay_one(struct ctl *c, long long id)
{
	json_t *result = NULL;
	int code = ctl_ask_id(c, "hook.again", id, &result);

	json_decref(result);
	return code;
}

struct replaying {
	struct ctl *c;
	long long count;
};

static int
replay_row(void *arg, const json_t *row)
{
	struct replaying *r = arg;
	int code = replay_one(r->c, ctl_int(row, "id"));

	r->count += code == EXIT_FINE;
	return code;
}

static int
replay_all(struct replaying *r, const struct ctl_args *a, enum role role)
{
	struct dead d = { .c = r->c, .connection = ctl_arg(a, "--connection") };
	int code = own_connections(r->c, role, &d.own);

	if (code == EXIT_FINE)
		code = dead_each(&d, REPLAY_MAX, replay_row, r);
	json_decref(d.own);
	return code;
}

static int
replay(struct ctl *c, const struct ctl_args *a, enum role role)
{
	bool all = ctl_arg(a, "--all") != NULL;
	struct replaying r = { .c = c };
	long long id = 0;
	json_t *told;
	int code;

	if (all == (a->words == 1))
		return ctl_fail(EXIT_USAGE, "give an ID or '--all'");
	if (!all && !ctl_number(a->word[0], "ID", 1, INT64_MAX, &id))
		return EXIT_USAGE;
	if (all) {
		code = replay_all(&r, a, role);
	} else {
		code = replay_one(c, id);
		r.count = 1;
	}
	if (code != EXIT_FINE)
		return code;
	if (!c->json) {
		ctl_say(c, "%lld taken again", r.count);
		return EXIT_FINE;
	}
	told = json_pack("{s:I}", "again", (json_int_t)r.count);
	code = ctl_print_json(told);
	json_decref(told);
	return code;
}

int
verb_whatsapp_replay(struct ctl *c, const struct ctl_args *a)
{
	return replay(c, a, ROLE_WHATSAPP);
}

int
verb_shop_replay(struct ctl *c, const struct ctl_args *a)
{
	return replay(c, a, ROLE_SHOP);
}
