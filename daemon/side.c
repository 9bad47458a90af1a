#include "daemon/side.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/store/row.h"
#include "rules/book.h"

static const char *const bases[SIDE_BASES] = { "queue", "priority", "reason",
					       "policy", "reply" };

/* Actions of which events keep the value as it stands in the book. */
static const char *const valued[] = { "team",      "state", "send",
				      "ask_order", "tag",   "untag" };

static bool
is_valued(const char *kind)
{
	for (size_t i = 0; i < sizeof valued / sizeof valued[0]; i++)
		if (strcmp(valued[i], kind) == 0)
			return true;
	return false;
}

static int
base_of(const char *kind)
{
	for (int i = 0; i < SIDE_BASES; i++)
		if (strcmp(bases[i], kind) == 0)
			return i;
	return -1;
}

/* --- making one -------------------------------------------------------------- */

static int
by_kind(const void *a, const void *b)
{
	const struct side_act *x = a;
	const struct side_act *y = b;
	int d = strcmp(x->kind, y->kind);

	return d != 0 ? d : strcmp(x->value, y->value);
}

static void
begin(struct side *x)
{
	x->act_count = 0;
	x->left_count = 0;
	for (int i = 0; i < SIDE_BASES; i++)
		x->base[i] = "";
}

/* Order, and each but once. */
static void
settle(struct side *x)
{
	size_t n = 0;

	qsort(x->acts, x->act_count, sizeof x->acts[0], by_kind);
	for (size_t i = 0; i < x->act_count; i++)
		if (n == 0 || by_kind(&x->acts[n - 1], &x->acts[i]) != 0)
			x->acts[n++] = x->acts[i];
	x->act_count = n;
}

static void
add(struct side *x, const char *kind, const char *value)
{
	struct side_act *a;
	size_t n = utf8_cut(value, strlen(value), SIDE_SHOWN - 1);
	int base = base_of(kind);

	if (base >= 0) {
		x->base[base] = value;
		return;
	}
	if (x->act_count == SIDE_ACTS_MAX)
		return;
	a = &x->acts[x->act_count++];
	a->kind = kind;
	a->value = is_valued(kind) ? value : "";
	memcpy(a->shown, value, n);
	a->shown[n] = '\0';
}

/* A tag that is taken away again was never there. */
static void
forget_tag(struct side *x, const char *tag)
{
	size_t n = 0;

	for (size_t i = 0; i < x->act_count; i++)
		if (strcmp(x->acts[i].kind, "tag") != 0 ||
		    strcmp(x->acts[i].value, tag) != 0)
			x->acts[n++] = x->acts[i];
	x->act_count = n;
}

/* A first message is never without a queue, ... */
static void
defaults(const struct book *b, const struct past *p, struct side *x)
{
	const struct book_queue *q = book_queue_default(b);
	const struct book_policy *policy = book_policy_for(b, p->channel);

	x->base[SIDE_QUEUE] = q != NULL ? q->name : "general";
	x->base[SIDE_PRIORITY] = "normal";
	x->base[SIDE_REASON] = "other";
	if (policy != NULL)
		x->base[SIDE_POLICY] = policy->name;
}

void
side_of_run(const struct book *b, const struct past *p,
	    const struct rule_result *res, struct side *out)
{
	begin(out);
	if (p->number == 1)
		defaults(b, p, out);
	for (size_t i = 0; i < res->action_count; i++) {
		const struct rule_action *a = &res->actions[i];
		const char *value = a->value;

		if (a->kind == ACTION_ASSIGN && value[0] == '\0')
			value = "nobody";
		if (a->kind == ACTION_UNTAG)
			forget_tag(out, value);
		add(out, rule_action_name(a->kind), value);
	}
	settle(out);
}

static void
add_json(struct side *x, const char *kind, const json_t *v)
{
	char number[32];

	if (json_is_string(v)) {
		add(x, kind, json_string_value(v));
	} else if (json_is_integer(v)) {
		(void)snprintf(number, sizeof number, "%lld",
			       (long long)json_integer_value(v));
		if (base_of(kind) < 0 && !is_valued(kind))
			add(x, kind, number);
	} else if (json_is_null(v) && strcmp(kind, "assign") == 0) {
		add(x, kind, "nobody");
	} else if (!json_is_null(v) && !json_is_false(v)) {
		add(x, kind, "");
	}
}

static void
add_left(struct side *x, const json_t *left)
{
	const json_t *item;
	size_t i;

	json_array_foreach(left, i, item)
	{
		const char *kind =
			json_string_value(json_object_get(item, "action"));

		if (kind != NULL && x->left_count < SIDE_LEFT_MAX)
			x->left[x->left_count++] = kind;
	}
}

void
side_of_events(const json_t *created, const json_t *classified,
	       struct side *out)
{
	const char *kind;
	json_t *v;

	begin(out);
	json_object_foreach(json_object_get(classified, "set"), kind, v)
	{
		const char *name = strcmp(kind, "tags") == 0 ? "tag" : kind;
		const json_t *item;
		size_t i;

		if (!json_is_array(v))
			add_json(out, name, v);
		else
			json_array_foreach(v, i, item)
				add_json(out, name, item);
	}
	add_left(out, json_object_get(classified, "left"));
	for (int i = 0; i < SIDE_BASES; i++) {
		const char *s =
			json_string_value(json_object_get(created, bases[i]));

		if (s != NULL)
			out->base[i] = s;
	}
	settle(out);
}

/* --- comparing ----------------------------------------------------------------- */

static bool
was_left(const struct side *was, const char *kind)
{
	for (size_t i = 0; i < was->left_count; i++)
		if (strcmp(was->left[i], kind) == 0)
			return true;
	return false;
}

size_t
side_compare(const struct side *was, const struct side *would,
	     void (*fn)(void *arg, const char *kind, const char *from,
			const char *to),
	     void *arg)
{
	size_t n = 0;
	size_t i = 0;
	size_t k = 0;

	for (int b = 0; b < SIDE_BASES; b++) {
		if (strcmp(was->base[b], would->base[b]) == 0 ||
		    was_left(was, bases[b]))
			continue;
		n++;
		if (fn != NULL)
			fn(arg, bases[b], was->base[b], would->base[b]);
	}
	while (i < was->act_count || k < would->act_count) {
		const struct side_act *x = &was->acts[i];
		const struct side_act *y = &would->acts[k];
		int d = i == was->act_count     ? 1
			: k == would->act_count ? -1
						: by_kind(x, y);

		i += d <= 0;
		k += d >= 0;
		if (d == 0 || (d > 0 && was_left(was, y->kind)))
			continue;
		n++;
		if (fn != NULL && d < 0)
			fn(arg, x->kind, x->shown, "");
		else if (fn != NULL)
			fn(arg, y->kind, "", y->shown);
	}
	return n;
}

json_t *
side_json(const struct side *x)
{
	json_t *o = json_object();
	json_t *tags = json_array();
	json_t *other = json_array();

	for (int b = 0; b < SIDE_BASES; b++)
		row_set(o, bases[b], json_string(x->base[b]));
	for (size_t i = 0; i < x->act_count; i++) {
		const struct side_act *a = &x->acts[i];
		char *text;

		if (strcmp(a->kind, "tag") == 0) {
			(void)json_array_append_new(tags,
						    json_string(a->shown));
			continue;
		}
		text = mem_printf("%s %s", a->kind, a->shown);
		(void)json_array_append_new(other, json_string(text));
		mem_free(text);
	}
	row_set(o, "tags", tags);
	row_set(o, "other", other);
	return o;
}
