#include "daemon/wire/method.h"

#include <stdio.h>
#include <string.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"

#define PATH_MAX_BYTES 160

static const char *const role_names[] = { "mail",   "chat",    "whatsapp",
					  "shop",   "webhook", "console",
					  "control" };
static const char *const staff_names[] = { "agent", "lead", "manager",
					   "admin" };

/* Where in the parameters a complaint belongs. */
struct place {
	char text[PATH_MAX_BYTES];
};

static enum outcome check_members(const struct param *params, const json_t *o,
				  const struct place *at, struct err *e);

const struct method *
method_find(const char *name)
{
	size_t lo = 0;
	size_t hi = method_count;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(name, method_table[mid].name);

		if (c == 0)
			return &method_table[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

/* Staff speak by the desk's own sockets, visitors by the chat's. */
static bool
actor_on(enum actor actor, enum role role)
{
	if (actor == ACTOR_VISITOR)
		return role == ROLE_CHAT;
	return role == ROLE_CONSOLE || role == ROLE_CONTROL;
}

bool
method_may(const struct method *m, enum role role, enum actor actor,
	   enum staff staff)
{
	if (actor == ACTOR_NONE)
		return (m->bare & 1U << role) != 0;
	if (!actor_on(actor, role))
		return false;
	if (actor == ACTOR_VISITOR)
		return m->visitor;
	return m->self || (m->as & 1U << staff) != 0;
}

bool
method_may_ever(const struct method *m, enum role role)
{
	return (m->bare & 1U << role) != 0 ||
	       (actor_on(ACTOR_STAFF, role) && (m->as != 0 || m->self)) ||
	       (actor_on(ACTOR_VISITOR, role) && m->visitor);
}

static enum outcome
wrong(const struct place *at, const char *what, struct err *e)
{
	return err_code(e, OUT_PERM, "bad_params", "'%s' %s", at->text, what);
}

static size_t
characters(const char *s)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += ((unsigned char)*s & 0xC0) != 0x80;
	return n;
}

static enum outcome
check_string(const struct param *p, const json_t *v, const struct place *at,
	     struct err *e)
{
	int64_t t;
	const char *s;

	if (!json_is_string(v))
		return wrong(at, "is not a string", e);
	s = json_string_value(v);
	if (p->type == PARAM_INSTANT)
		return clock_parse(s, &t) ? OUT_OK
					  : wrong(at,
						  "is not an instant like "
						  "2026-01-05T09:00:00.123Z",
						  e);
	if (p->type == PARAM_SHA256)
		return hash_is_hex(s)
			       ? OUT_OK
			       : wrong(at,
				       "is not 64 lower-case hexadecimal "
				       "digits",
				       e);
	if (p->type == PARAM_BASE64)
		return OUT_OK; /* the frame is its ceiling */
	if (json_string_length(v) > p->max && characters(s) > p->max)
		return err_code(e, OUT_PERM, "bad_params",
				"'%s' is longer than %zu characters", at->text,
				p->max);
	return OUT_OK;
}

static enum outcome
check_value(const struct param *p, const json_t *v, const struct place *at,
	    struct err *e)
{
	switch (p->type) {
	case PARAM_INT:
		return json_is_integer(v) ? OUT_OK
					  : wrong(at, "is not an integer", e);
	case PARAM_BOOL:
		return json_is_boolean(v)
			       ? OUT_OK
			       : wrong(at, "is not true or false", e);
	case PARAM_JSON:
		return json_is_object(v) || json_is_array(v)
			       ? OUT_OK
			       : wrong(at, "is not an object or array", e);
	case PARAM_SHAPE:
		return json_is_object(v)
			       ? check_members(p->shape->params, v, at, e)
			       : wrong(at, "is not an object", e);
	default:
		return check_string(p, v, at, e);
	}
}

static enum outcome
check_list(const struct param *p, const json_t *v, const struct place *at,
	   struct err *e)
{
	struct place item;
	size_t i;
	enum outcome o;

	if (!json_is_array(v))
		return wrong(at, "is not an array", e);
	if (json_array_size(v) > p->max)
		return err_code(e, OUT_PERM, "bad_params",
				"'%s' has more than %zu items", at->text,
				p->max);
	for (i = 0; i < json_array_size(v); i++) {
		struct param one = *p;

		one.max = 1000;
		(void)snprintf(item.text, sizeof item.text, "%.120s[%zu]",
			       at->text, i);
		o = check_value(&one, json_array_get(v, i), &item, e);
		if (o != OUT_OK)
			return o;
	}
	return OUT_OK;
}

static enum outcome
check_members(const struct param *params, const json_t *o,
	      const struct place *at, struct err *e)
{
	const struct param *p;
	enum outcome out = OUT_OK;

	for (p = params; p->name != NULL && out == OUT_OK; p++) {
		const json_t *v = json_object_get(o, p->name);
		struct place here;

		(void)snprintf(here.text, sizeof here.text, "%.110s%s%.40s",
			       at->text, at->text[0] != '\0' ? "." : "",
			       p->name);
		if (v == NULL || json_is_null(v)) {
			if (!p->optional)
				out = wrong(&here, "is missing", e);
			continue;
		}
		out = p->list ? check_list(p, v, &here, e)
			      : check_value(p, v, &here, e);
	}
	return out;
}

enum outcome
method_check(const struct method *m, const json_t *params, struct err *e)
{
	static const struct place top = { "" };

	if (!json_is_object(params))
		return err_code(e, OUT_PERM, "bad_params",
				"'params' is not an object");
	return check_members(m->params, params, &top, e);
}

const char *
role_name(enum role r)
{
	return r < ROLE_COUNT ? role_names[r] : "none";
}

enum role
role_parse(const char *s)
{
	int i;

	for (i = 0; i < ROLE_COUNT; i++)
		if (strcmp(s, role_names[i]) == 0)
			break;
	return (enum role)i;
}

const char *
staff_name(enum staff s)
{
	return s < STAFF_COUNT ? staff_names[s] : "none";
}

enum staff
staff_parse(const char *s)
{
	int i;

	for (i = 0; i < STAFF_COUNT; i++)
		if (strcmp(s, staff_names[i]) == 0)
			break;
	return (enum staff)i;
}
