#include "daemon/plan_query.h"

#include <stdbool.h>
#include <string.h>

#include "daemon/change.h"
#include "daemon/report.h"
#include "daemon/store/fact.h"
#include "daemon/store/plan.h"

#define TEXT_MAX 200 /* octets of a member */

static const char *const texts[] = { "group",   "compare", "clock", "policy",
				     "channel", "queue",   "team",  "reason",
				     "csv",     NULL };

static bool
is_among(const char *const *list, const char *name)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, name) == 0)
			return true;
	return false;
}

static bool
member_ok(const char *name, const json_t *v)
{
	if (strcmp(name, "agent") == 0)
		return json_is_integer(v) && json_integer_value(v) >= 0;
	return is_among(texts, name) && json_is_string(v) &&
	       json_string_length(v) <= TEXT_MAX;
}

/* Does the catalogue have the group? */
static bool
has_group(const char *report, const char *group)
{
	json_t *all = report_catalogue();
	json_t *one;
	json_t *g;
	size_t i;
	size_t k;
	bool found = false;

	json_array_foreach(all, i, one)
	{
		if (strcmp(member_str(one, "report"), report) != 0)
			continue;
		json_array_foreach(json_object_get(one, "groups"), k, g)
		{
			if (strcmp(json_string_value(g), group) == 0)
				found = true;
		}
	}
	json_decref(all);
	return found;
}

enum outcome
plan_query_check(const struct plan_row *p, struct err *e)
{
	const char *group = member_str(p->params, "group");
	const char *compare = member_str(p->params, "compare");
	const char *csv = member_str(p->params, "csv");
	const char *name;
	json_t *v;

	if (!report_known(p->report))
		return err_code(e, OUT_PERM, "bad_params",
				"there is no report '%.60s'", p->report);
	if (!json_is_object(p->params))
		return err_code(e, OUT_PERM, "bad_params",
				"'params' is not an object");
	json_object_foreach(p->params, name, v)
	{
		if (!member_ok(name, v))
			return err_code(e, OUT_PERM, "bad_params",
					"'params' cannot have '%.60s', or not "
					"of that type",
					name);
	}
	if (group != NULL && !has_group(p->report, group))
		return err_code(e, OUT_PERM, "bad_params",
				"the report '%.60s' has no group '%.60s'",
				p->report, group);
	if (compare != NULL && report_compare_parse(compare) == REPORT_COMPARES)
		return err_code(e, OUT_PERM, "bad_params",
				"'compare' is none of none, previous, year");
	if (csv != NULL && strcmp(csv, "comma") != 0 &&
	    strcmp(csv, "semicolon") != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'csv' is neither comma nor semicolon");
	return OUT_OK;
}

void
plan_query(const struct plan_row *p, struct report_query *q)
{
	const json_t *params = p->params;
	const char *compare = member_str(params, "compare");
	int64_t agent = member_int(params, "agent", -1);

	*q = (struct report_query){ .report = p->report,
				    .zone = p->zone,
				    .group = member_str(params, "group"),
				    .clock = member_str(params, "clock"),
				    .policy = member_str(params, "policy"),
				    .channel = member_str(params, "channel"),
				    .queue = member_str(params, "queue"),
				    .team = member_str(params, "team"),
				    .reason = member_str(params, "reason") };
	if (agent >= 0)
		q->agent_id = agent == 0 ? FACT_NOBODY : agent;
	if (compare != NULL)
		q->compare = report_compare_parse(compare);
}

bool
plan_semicolon(const struct plan_row *p)
{
	const char *csv = member_str(p->params, "csv");

	return csv != NULL && strcmp(csv, "semicolon") == 0;
}

bool
plan_is_live(const struct plan_row *p)
{
	return strcmp(p->report, "today") == 0;
}
