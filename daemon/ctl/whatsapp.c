/*
 * postigo whatsapp check, templates: does a number work, and what Meta lets
 * it send first.
 */

#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define PAGES_MAX 100 /* of templates */

const struct ctl_option whatsapp_templates_options[] = {
	{ "--connection", "NAME", "of one connection alone" },
	{ "--sync", NULL, "have them read anew from Meta first" },
	{ NULL, NULL, NULL },
};

/* --- check --------------------------------------------------------------------- */

/* {connection, works, checks: [{check, ok, detail}]} of how a test ended. */
static json_t *
check_row(const char *name, const json_t *end)
{
	const json_t *result = json_object_get(end, "result");
	const json_t *checks = json_object_get(result, "checks");
	bool works = strcmp(ctl_str(end, "state"), "done") == 0;
	json_t *list = json_array();
	json_t *row;

	if (json_is_array(checks))
		(void)json_array_extend(list, (json_t *)checks);
	else
		(void)json_array_append_new(
			list,
			json_pack("{s:s, s:b, s:s}", "check", "test", "ok",
				  works, "detail", ctl_str(result, "detail")));
	row = json_object();
	(void)json_object_set_new(row, "connection", json_string(name));
	(void)json_object_set_new(row, "works", json_boolean(works));
	(void)json_object_set_new(row, "checks", list);
	return row;
}

static int
check_one(struct ctl *c, const char *name, json_t **out)
{
	json_t *result = NULL;
	json_t *end = NULL;
	int code =
		ctl_ask(c, "connection.test", json_pack("{s:s}", "name", name),
			CTL_ASK_MS, &result);

	*out = NULL;
	if (code == EXIT_FINE)
		code = ctl_wait_job(c, ctl_int(result, "job"), &end);
	json_decref(result);
	if (code == EXIT_FINE)
		*out = check_row(name, end);
	json_decref(end);
	return code;
}

static void
check_show(struct table *t, const json_t *row)
{
	const json_t *x;
	size_t i;

	json_array_foreach(json_object_get(row, "checks"), i, x)
	{
		table_add(t, ctl_str(row, "connection"));
		table_add(t, ctl_str(x, "check"));
		table_add(t, json_is_true(json_object_get(x, "ok")) ? "ok"
								    : "WRONG");
		table_add(t, ctl_str(x, "detail"));
	}
}

/* The names of the active numbers, or the one that was asked for. */
static int
check_names(struct ctl *c, const struct ctl_args *a, json_t **out)
{
	json_t *result = NULL;
	json_t *x;
	size_t i;
	int code = ctl_ask(c, "connection.list", json_object(), CTL_ASK_MS,
			   &result);

	*out = json_array();
	if (code != EXIT_FINE)
		return code;
	json_array_foreach(json_object_get(result, "connections"), i, x)
	{
		if (strcmp(ctl_str(x, "kind"), "whatsapp") != 0 ||
		    (a->words == 0 &&
		     !json_is_true(json_object_get(x, "active"))) ||
		    (a->words > 0 && strcmp(ctl_str(x, "name"), a->word[0])))
			continue;
		(void)json_array_append(*out, json_object_get(x, "name"));
	}
	json_decref(result);
	if (json_array_size(*out) == 0 && a->words > 0)
		return ctl_fail(EXIT_DATA, "no connection of WhatsApp: '%s'",
				a->word[0]);
	return EXIT_FINE;
}

int
verb_whatsapp_check(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "CONNECTION", "CHECK", "STATE",
						"DETAIL", NULL };
	struct table *t = table_new(headings);
	bool works = true;
	json_t *names;
	json_t *name;
	size_t i;
	int code = check_names(c, a, &names);

	json_array_foreach(names, i, name)
	{
		json_t *row = NULL;

		if (code == EXIT_FINE)
			code = check_one(c, json_string_value(name), &row);
		if (code != EXIT_FINE)
			break;
		works = works && json_is_true(json_object_get(row, "works"));
		if (c->json)
			code = ctl_print_json(row);
		else
			check_show(t, row);
		json_decref(row);
	}
	if (code == EXIT_FINE && json_array_size(names) == 0)
		ctl_say(c, "no number of WhatsApp is in use");
	if (c->json || code != EXIT_FINE || json_array_size(names) == 0)
		table_drop(&t);
	else
		table_print(c, &t);
	json_decref(names);
	return code == EXIT_FINE && !works ? EXIT_FOUND : code;
}

/* --- templates -------------------------------------------------------------------- */

static void
template_show(struct table *t, const json_t *x)
{
	char *n = mem_printf("%lld", ctl_int(x, "parameters"));

	table_add(t, ctl_str(x, "connection"));
	table_add(t, ctl_str(x, "name"));
	table_add(t, ctl_str(x, "language"));
	table_add(t, ctl_str(x, "category"));
	table_add(t, ctl_str(x, "status"));
	table_add(t, n);
	table_add(t, json_is_true(json_object_get(x, "usable")) ? "yes" : "no");
	table_add(t, ctl_str(x, "synced_at"));
	mem_free(n);
}

/* The place after the last row of a page. */
static json_t *
template_after(const json_t *list)
{
	const json_t *x = json_array_get(list, json_array_size(list) - 1);

	return json_sprintf("%s/%s/%s", ctl_str(x, "connection"),
			    ctl_str(x, "name"), ctl_str(x, "language"));
}

/* One page; *after is taken, and set to where the next one begins. */
static int
template_page(struct ctl *c, const char *connection, json_t **after,
	      struct table *t)
{
	json_t *p = json_object();
	json_t *result = NULL;
	const json_t *list;
	const json_t *x;
	size_t i;
	int code;

	if (connection != NULL)
		(void)json_object_set_new(p, "connection",
					  json_string(connection));
	if (*after != NULL)
		(void)json_object_set_new(p, "after", *after);
	*after = NULL;
	code = ctl_ask(c, "template.list", p, CTL_ASK_MS, &result);
	if (code != EXIT_FINE)
		return code;
	list = json_object_get(result, "templates");
	json_array_foreach(list, i, x)
	{
		if (!c->json)
			template_show(t, x);
		else if (code == EXIT_FINE)
			code = ctl_print_json(x);
	}
	if (json_is_true(json_object_get(result, "more")))
		*after = template_after(list);
	json_decref(result);
	return code;
}

/* Have them read anew, and wait for it. A reading that was queued before is
 * as good, but nobody says how it ends. */
static int
templates_sync(struct ctl *c, const char *connection)
{
	json_t *result = NULL;
	json_t *end = NULL;
	int code = ctl_ask(c, "template.sync",
			   json_pack("{s:s}", "connection", connection),
			   CTL_ASK_MS, &result);

	if (code == EXIT_FINE && ctl_int(result, "job") == 0)
		ctl_say(c, "they are being read already");
	else if (code == EXIT_FINE)
		code = ctl_wait_job(c, ctl_int(result, "job"), &end);
	json_decref(result);
	if (end != NULL && strcmp(ctl_str(end, "state"), "done") != 0)
		code = ctl_fail(
			EXIT_FOUND, "cannot read them: %s",
			ctl_str(json_object_get(end, "result"), "detail"));
	json_decref(end);
	return code;
}

int
verb_whatsapp_templates(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = {
		"CONNECTION", "NAME",   "LANGUAGE", "CATEGORY", "STATUS",
		"PARAMETERS", "USABLE", "SEEN",     NULL
	};
	const char *connection = ctl_arg(a, "--connection");
	struct table *t;
	json_t *after = NULL;
	int pages = 0;
	int code = EXIT_FINE;

	if (ctl_arg(a, "--sync") != NULL && connection == NULL)
		return ctl_fail(EXIT_USAGE, "'--sync' needs '--connection'");
	if (ctl_arg(a, "--sync") != NULL)
		code = templates_sync(c, connection);
	if (code != EXIT_FINE)
		return code;
	t = table_new(headings);
	do
		code = template_page(c, connection, &after, t);
	while (code == EXIT_FINE && after != NULL && ++pages < PAGES_MAX);
	json_decref(after);
	if (c->json || code != EXIT_FINE)
		table_drop(&t);
	else
		table_print(c, &t);
	return code;
}
