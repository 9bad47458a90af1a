/*
 * postigo status, desk, call: the desk as a whole.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/desk_files.h"

const struct ctl_option desk_options[] = {
	{ "--name", "NAME", "the shop's name, as customers see it" },
	{ "--language", "CODE", "es or en" },
	{ NULL, NULL, NULL },
};

const struct ctl_option call_options[] = {
	{ "--token-file", "FILE", "act for the person of this API token" },
	{ NULL, NULL, NULL },
};

/* "open 3, new 1" from an object of numbers. */
static void
print_counts(const char *label, const json_t *o)
{
	const char *name;
	json_t *n;
	bool first = true;

	(void)printf("%-12s", label);
	json_object_foreach((json_t *)o, name, n)
	{
		(void)printf("%s%s %" JSON_INTEGER_FORMAT, first ? "" : ", ",
			     name, json_integer_value(n));
		first = false;
	}
	(void)printf("%s\n", first ? "none" : "");
}

static void
print_processes(struct ctl *c, const json_t *list)
{
	static const char *const headings[] = { "PROCESS", "PID", "SINCE",
						"RESTARTS", NULL };
	struct table *t;
	const json_t *x;
	size_t i;

	if (json_array_size(list) == 0)
		return;
	t = table_new(headings);
	json_array_foreach(list, i, x)
	{
		char *pid = mem_printf("%lld", ctl_int(x, "pid"));
		char *restarts = mem_printf("%lld", ctl_int(x, "restarts"));

		table_add(t, ctl_str(x, "name"));
		table_add(t, ctl_int(x, "pid") > 0 ? pid : "down");
		table_add(t, ctl_str(x, "since"));
		table_add(t, restarts);
		mem_free(pid);
		mem_free(restarts);
	}
	(void)putchar('\n');
	table_print(c, &t);
}

/* What waits for each thread of the daemon. */
static void
print_backlog(struct ctl *c, const json_t *list)
{
	static const char *const headings[] = { "WAITING FOR", "NOW",
						"MOST",        "CEILING",
						"REFUSED",     NULL };
	static const char *const members[] = { "waiting", "high", "max",
					       "refused" };
	struct table *t;
	const json_t *x;
	size_t i;
	size_t k;

	if (json_array_size(list) == 0)
		return;
	t = table_new(headings);
	json_array_foreach(list, i, x)
	{
		table_add(t, ctl_str(x, "name"));
		for (k = 0; k < sizeof members / sizeof members[0]; k++) {
			char *n = mem_printf("%lld", ctl_int(x, members[k]));

			table_add(t, n);
			mem_free(n);
		}
	}
	(void)putchar('\n');
	table_print(c, &t);
}

static void
print_status(struct ctl *c, const json_t *s)
{
	const json_t *x;
	size_t i;

	(void)printf("postigo %s since %s\n", ctl_str(s, "version"),
		     ctl_str(s, "since"));
	print_counts("incidents", json_object_get(s, "incidents"));
	(void)printf("%-12s%lld\n", "overdue", ctl_int(s, "overdue"));
	print_counts("outbox", json_object_get(s, "outbox"));
	print_counts("jobs", json_object_get(s, "jobs"));
	print_counts("refused", json_object_get(s, "refused"));
	json_array_foreach(json_object_get(s, "health"), i, x)
	{
		bool ok = json_is_true(json_object_get(x, "ok"));
		char *name = ctl_clean(ctl_str(x, "name"));
		char *detail = ctl_clean(ctl_str(x, "detail"));

		(void)printf("%s%s  %s: %s%s\n",
			     !ok && c->color ? "\033[31m" : "",
			     ok ? "well" : "FAILS", name, detail,
			     !ok && c->color ? "\033[0m" : "");
		mem_free(name);
		mem_free(detail);
	}
	print_backlog(c, json_object_get(s, "backlog"));
	print_processes(c, json_object_get(s, "processes"));
}

int
verb_status(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	json_t *serve;
	json_t *list;
	int code = ctl_ask(c, "status.get", json_object(), CTL_ASK_MS, &result);

	(void)a;
	if (code != EXIT_FINE)
		return code;
	serve = serve_read(c);
	list = json_object_get(serve, "processes");
	if (list != NULL)
		(void)json_object_set(result, "processes", list);
	else
		(void)json_object_set_new(result, "processes", json_array());
	json_decref(serve);
	if (c->json)
		code = ctl_print_json(result);
	else
		print_status(c, result);
	json_decref(result);
	return code;
}

int
verb_desk(struct ctl *c, const struct ctl_args *a)
{
	const char *name = ctl_arg(a, "--name");
	const char *language = ctl_arg(a, "--language");
	bool set = name != NULL || language != NULL;
	json_t *params = json_object();
	json_t *result = NULL;
	int code;

	if (name != NULL)
		(void)json_object_set_new(params, "name", json_string(name));
	if (language != NULL)
		(void)json_object_set_new(params, "language",
					  json_string(language));
	code = ctl_ask(c, set ? "desk.set" : "desk.get", params, CTL_ASK_MS,
		       &result);
	if (code == EXIT_FINE && c->json) {
		code = ctl_print_json(result);
	} else if (code == EXIT_FINE) {
		char *clean = ctl_clean(ctl_str(result, "name"));

		(void)printf("%s (%s)\n", clean, ctl_str(result, "language"));
		mem_free(clean);
	}
	json_decref(result);
	return code;
}

/* A handle for the person of the token in a file. */
static int
open_session(struct ctl *c, const char *path, json_t **out)
{
	char *token;
	int code = ctl_read(path, &token);

	if (code != EXIT_FINE)
		return code;
	token[strcspn(token, "\r\n")] = '\0';
	code = ctl_ask(c, "session.open", json_pack("{s:s}", "token", token),
		       CTL_ASK_MS, out);
	mem_free(token);
	return code;
}

/* The parameters: the word itself, "-" or nothing. */
static int
call_params(const struct ctl_args *a, json_t **out)
{
	json_error_t e;

	*out = json_object();
	if (a->words < 2)
		return EXIT_FINE;
	json_decref(*out);
	if (strcmp(a->word[1], "-") == 0)
		return ctl_read_json("-", out);
	*out = json_loads(a->word[1], JSON_REJECT_DUPLICATES, &e);
	if (*out == NULL)
		return ctl_fail(EXIT_DATA, "column %d: %s", e.column, e.text);
	return EXIT_FINE;
}

int
verb_call(struct ctl *c, const struct ctl_args *a)
{
	const char *token = ctl_arg(a, "--token-file");
	json_t *params = NULL;
	json_t *session = NULL;
	json_t *result = NULL;
	json_t *data = NULL;
	struct err e = { .text = "" };
	enum outcome o;
	int code = call_params(a, &params);

	if (code == EXIT_FINE)
		code = ctl_connect(c);
	if (code == EXIT_FINE && token != NULL)
		code = open_session(c, token, &session);
	if (code != EXIT_FINE) {
		json_decref(params);
		return code;
	}
	o = ctl_try(c, a->word[0], params,
		    json_string_value(json_object_get(session, "handle")),
		    CTL_SLOW_MS, &result, &data, &e);
	if (o == OUT_OK)
		code = ctl_print_json(result);
	else
		code = ctl_fail(ctl_exit_of(o, &e), "%s: %s%s%s%s", a->word[0],
				e.text, e.code[0] != '\0' ? " (" : "", e.code,
				e.code[0] != '\0' ? ")" : "");
	json_decref(session);
	json_decref(result);
	json_decref(data);
	return code;
}
