/*
 * postigo webhook: what was told to other programs, and how it went.
 */

#include <stdint.h>

#include "daemon/ctl/ctl.h"

#define LIMIT_MAX 100

const struct ctl_option webhook_log_options[] = {
	{ "--connection", "NAME", "of one connection alone" },
	{ "--limit", "N", "1 to 100; 50 if it is not given" },
	{ "--before", "JOB", "what came before that one" },
	{ NULL, NULL, NULL },
};

/* "P-42", or what it is if it is not about an incident. */
static void
add_job(struct table *t, const json_t *x)
{
	const json_t *payload = json_object_get(x, "payload");
	const json_t *result = json_object_get(x, "result");
	const char *ended = ctl_str(x, "ended_at");

	table_add_number(t, ctl_int(x, "id"));
	table_add(t, ctl_str(x, "created_at"));
	table_add(t, ctl_str(x, "connection"));
	table_add(t, ctl_str(json_object_get(payload, "incident"), "ref"));
	table_add(t, ctl_str(payload, "rule"));
	table_add(t, ctl_str(x, "state"));
	table_add_number(t, ctl_int(x, "attempts"));
	table_add(t, *ended != '\0' ? ended : ctl_str(x, "due_at"));
	table_add(t, ctl_str(result, "detail"));
}

static int
log_params(const struct ctl_args *a, json_t **out)
{
	const char *limit = ctl_arg(a, "--limit");
	const char *before = ctl_arg(a, "--before");
	const char *connection = ctl_arg(a, "--connection");
	long long n;
	json_t *p = json_pack("{s:s}", "kind", "webhook.send");

	*out = p;
	if (connection != NULL)
		(void)json_object_set_new(p, "connection",
					  json_string(connection));
	if (limit != NULL) {
		if (!ctl_number(limit, "--limit", 1, LIMIT_MAX, &n))
			return EXIT_USAGE;
		(void)json_object_set_new(p, "limit", json_integer(n));
	}
	if (before != NULL) {
		if (!ctl_number(before, "--before", 1, INT64_MAX, &n))
			return EXIT_USAGE;
		(void)json_object_set_new(p, "before", json_integer(n));
	}
	return EXIT_FINE;
}

int
verb_webhook_log(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = {
		"JOB",   "MADE",  "CONNECTION", "INCIDENT", "RULE",
		"STATE", "TRIES", "UNTIL",      "DETAIL",   NULL
	};
	json_t *params = NULL;
	int code = log_params(a, &params);

	if (code != EXIT_FINE) {
		json_decref(params);
		return code;
	}
	return table_ask(c, headings, "job.list", params, "jobs", add_job);
}

int
verb_webhook_replay(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	long long id;
	int code;

	if (!ctl_number(a->word[0], "JOB", 1, INT64_MAX, &id))
		return EXIT_USAGE;
	code = ctl_ask_id(c, "job.again", id, &result);
	if (code != EXIT_FINE)
		return code;
	if (c->json)
		code = ctl_print_json(result);
	else
		ctl_say(c, "job %lld sends it again", ctl_int(result, "job"));
	json_decref(result);
	return code;
}
