/*
 * postigo connection: mailboxes and other channels.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/kinds.h"

#define TEST_MS 60000 /* longest wait for a channel's test */
#define TEST_STEP_MS 200

const struct ctl_option connection_add_options[] = {
	{ "--secret", "NAME=FILE",
	  "a secret: the first line of a file, '-': of standard input" },
	{ "--secrets", "FILE", "JSON object of secrets, by name" },
	{ NULL, NULL, NULL },
};

static void
add_connection(struct table *t, const json_t *x)
{
	bool on = json_is_true(json_object_get(x, "active"));

	table_add(t, ctl_str(x, "name"));
	table_add(t, ctl_str(x, "kind"));
	table_add(t, on ? "yes" : "no");
	table_add(t, ctl_str(x, "state"));
	table_add(t, ctl_str(json_object_get(x, "settings"), "address"));
	table_add(t, ctl_str(x, "state_detail"));
}

int
verb_connection_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "NAME",  "KIND",    "USED",
						"STATE", "ADDRESS", "DETAIL",
						NULL };

	(void)a;
	return table_ask(c, headings, "connection.list", json_object(),
			 "connections", add_connection);
}

/* A value as its kind wants it: what is no number or no flag where one is
 * wanted stays a text, and the daemon says so. */
static json_t *
setting_of(const struct kind *k, const char *name, const char *text)
{
	char *end = NULL;
	long long n;

	if (k != NULL && kind_is_flag(k, name) &&
	    (strcmp(text, "true") == 0 || strcmp(text, "false") == 0))
		return json_boolean(text[0] == 't');
	if (k == NULL || !kind_is_number(k, name))
		return json_string(text);
	errno = 0;
	n = strtoll(text, &end, 10);
	if (errno != 0 || end == text || *end != '\0')
		return json_string(text);
	return json_integer(n);
}

/* The value of key, "": none. "signature.es" is a text of one language. */
static void
put_setting(const struct kind *k, json_t *settings, char *key, const char *text)
{
	char *dot = strchr(key, '.');
	json_t *texts = NULL;

	if (dot != NULL)
		*dot = '\0';
	if (dot == NULL || k == NULL || !kind_is_texts(k, key)) {
		if (dot != NULL)
			*dot = '.';
		if (*text == '\0')
			(void)json_object_del(settings, key);
		else
			(void)json_object_set_new(settings, key,
						  setting_of(k, key, text));
		return;
	}
	texts = json_object_get(settings, key);
	if (!json_is_object(texts)) {
		texts = json_object();
		(void)json_object_set_new(settings, key, texts);
	}
	if (*text == '\0')
		(void)json_object_del(texts, dot + 1);
	else
		(void)json_object_set_new(texts, dot + 1, json_string(text));
	if (json_object_size(texts) == 0)
		(void)json_object_del(settings, key);
}

/* KEY=VALUE from word number first on into settings; KEY= takes one away. */
static int
read_settings(const struct ctl_args *a, size_t first, const char *kind,
	      json_t *settings)
{
	const struct kind *k = kind_find(kind);
	size_t i;

	for (i = first; i < a->words; i++) {
		const char *eq = strchr(a->word[i], '=');
		char *key;

		if (eq == NULL || eq == a->word[i])
			return ctl_fail(EXIT_USAGE, "'%s' is not KEY=VALUE",
					a->word[i]);
		key = mem_strndup(a->word[i], (size_t)(eq - a->word[i]));
		put_setting(k, settings, key, eq + 1);
		mem_free(key);
	}
	return EXIT_FINE;
}

/* NAME KIND KEY=VALUE... */
static int
from_words(const struct ctl_args *a, json_t **out)
{
	json_t *settings;
	int code;

	if (a->words < 2)
		return ctl_fail(EXIT_USAGE, "usage: postigo %s %s",
				a->verb->name, a->verb->usage);
	settings = json_object();
	code = read_settings(a, 2, a->word[1], settings);
	if (code != EXIT_FINE) {
		json_decref(settings);
		return code;
	}
	*out = json_pack("{s:s, s:s, s:o}", "name", a->word[0], "kind",
			 a->word[1], "settings", settings);
	return EXIT_FINE;
}

/* NAME=FILE: the first line of the file, or of standard input for "-". */
static int
read_secret(const char *given, json_t *secrets, bool *stdin_used)
{
	const char *eq = strchr(given, '=');
	char *text = NULL;
	char *name;
	int code;

	if (eq == NULL || eq == given || eq[1] == '\0')
		return ctl_fail(EXIT_USAGE, "'--secret' wants NAME=FILE, or "
					    "NAME=- for standard input");
	if (strcmp(eq + 1, "-") == 0 && *stdin_used)
		return ctl_fail(EXIT_USAGE,
				"standard input has one secret: use files, or "
				"--secrets");
	*stdin_used = *stdin_used || strcmp(eq + 1, "-") == 0;
	code = ctl_read(eq + 1, &text);
	if (code != EXIT_FINE)
		return code;
	text[strcspn(text, "\r\n")] = '\0';
	name = mem_strndup(given, (size_t)(eq - given));
	if (text[0] == '\0')
		code = ctl_fail(EXIT_DATA,
				"'%s' has no secret: its first line "
				"is empty",
				eq + 1);
	else
		(void)json_object_set_new(secrets, name, json_string(text));
	mem_free(text);
	mem_free(name);
	return code;
}

/* Secrets come from files and standard input, never from the command line,
 * which every user of the machine can read. *out: NULL if none is given. */
static int
read_secrets(const struct ctl_args *a, json_t **out)
{
	const char *file = ctl_arg(a, "--secrets");
	bool stdin_used = file != NULL && strcmp(file, "-") == 0;
	int code = EXIT_FINE;
	size_t i;

	*out = NULL;
	if (file != NULL)
		code = ctl_read_json(file, out);
	if (code == EXIT_FINE && *out != NULL && !json_is_object(*out))
		code = ctl_fail(EXIT_DATA, "'%s' is not a JSON object", file);
	for (i = 0; code == EXIT_FINE && i < a->givens; i++) {
		if (strcmp(a->given[i].name, "--secret") != 0)
			continue;
		if (*out == NULL)
			*out = json_object();
		code = read_secret(a->given[i].value, *out, &stdin_used);
	}
	if (code != EXIT_FINE) {
		json_decref(*out);
		*out = NULL;
	}
	return code;
}

/* --json: an object in a file, on standard input, or as the word itself. */
static int
from_json(const struct ctl_args *a, json_t **out)
{
	const char *path = a->words > 0 ? a->word[0] : "-";
	json_error_t e;
	int code = EXIT_FINE;

	if (a->words > 1)
		return ctl_fail(EXIT_USAGE, "unexpected argument '%s'",
				a->word[1]);
	if (path[0] == '{') {
		*out = json_loads(path, JSON_REJECT_DUPLICATES, &e);
		if (*out == NULL)
			return ctl_fail(EXIT_DATA, "column %d: %s", e.column,
					e.text);
	} else {
		code = ctl_read_json(path, out);
	}
	if (code == EXIT_FINE && !json_is_object(*out)) {
		json_decref(*out);
		*out = NULL;
		code = ctl_fail(EXIT_DATA, "'%s' is not a JSON object", path);
	}
	return code;
}

static int
add_one(struct ctl *c, json_t *params)
{
	json_t *result = NULL;
	int code = ctl_ask(c, "connection.add", params, CTL_ASK_MS, &result);

	if (code != EXIT_FINE)
		return code;
	if (c->json)
		code = ctl_print_json(json_object_get(result, "connection"));
	else
		ctl_say(c, "added '%s'",
			ctl_str(json_object_get(result, "connection"), "name"));
	json_decref(result);
	return code;
}

/* All of {"connections": [...]}, up to the first that is refused. */
static int
add_all(struct ctl *c, const json_t *list)
{
	json_t *x;
	size_t i;
	int code = EXIT_FINE;

	json_array_foreach(list, i, x)
	{
		code = add_one(c, json_incref(x));
		if (code != EXIT_FINE)
			break;
	}
	return code;
}

int
verb_connection_add(struct ctl *c, const struct ctl_args *a)
{
	json_t *params = NULL;
	json_t *secrets = NULL;
	json_t *list;
	int code = c->json ? from_json(a, &params) : from_words(a, &params);

	if (code == EXIT_FINE)
		code = read_secrets(a, &secrets);
	if (secrets != NULL)
		(void)json_object_set_new(params, "secrets", secrets);
	list = json_object_get(params, "connections");
	if (code == EXIT_FINE && list == NULL)
		return add_one(c, params);
	if (code == EXIT_FINE)
		code = add_all(c, list);
	json_decref(params);
	return code;
}

static int
change(struct ctl *c, const char *method, json_t *params, const char *done)
{
	json_t *result = NULL;
	char *name = mem_strdup(ctl_str(params, "name"));
	int code = ctl_ask(c, method, params, CTL_ASK_MS, &result);

	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(result);
	else if (code == EXIT_FINE)
		ctl_say(c, "%s '%s'", done, name);
	mem_free(name);
	json_decref(result);
	return code;
}

/* The connection of that name, as the daemon lists it. */
static int
find_one(struct ctl *c, const char *name, json_t **out)
{
	json_t *result = NULL;
	json_t *x;
	size_t i;
	int code = ctl_ask(c, "connection.list", json_object(), CTL_ASK_MS,
			   &result);

	*out = NULL;
	if (code != EXIT_FINE)
		return code;
	json_array_foreach(json_object_get(result, "connections"), i, x)
	{
		if (strcmp(ctl_str(x, "name"), name) == 0)
			*out = json_incref(x);
	}
	json_decref(result);
	return *out != NULL
		       ? EXIT_FINE
		       : ctl_fail(EXIT_DATA, "no such connection: '%s'", name);
}

int
verb_connection_set(struct ctl *c, const struct ctl_args *a)
{
	json_t *secrets = NULL;
	json_t *params;
	json_t *one;
	int code = read_secrets(a, &secrets);

	if (code == EXIT_FINE && secrets == NULL && a->words < 2)
		return ctl_fail(EXIT_USAGE, "usage: postigo %s %s",
				a->verb->name, a->verb->usage);
	if (code == EXIT_FINE)
		code = find_one(c, a->word[0], &one);
	if (code != EXIT_FINE) {
		json_decref(secrets);
		return code;
	}
	params = json_pack("{s:s, s:O}", "name", a->word[0], "settings",
			   json_object_get(one, "settings"));
	if (secrets != NULL)
		(void)json_object_set_new(params, "secrets", secrets);
	code = read_settings(a, 1, ctl_str(one, "kind"),
			     json_object_get(params, "settings"));
	json_decref(one);
	if (code == EXIT_FINE)
		return change(c, "connection.update", params, "changed");
	json_decref(params);
	return code;
}

int
verb_connection_remove(struct ctl *c, const struct ctl_args *a)
{
	return change(c, "connection.remove",
		      json_pack("{s:s}", "name", a->word[0]), "removed");
}

int
verb_connection_enable(struct ctl *c, const struct ctl_args *a)
{
	return change(c, "connection.update",
		      json_pack("{s:s, s:b}", "name", a->word[0], "active", 1),
		      "in use:");
}

int
verb_connection_disable(struct ctl *c, const struct ctl_args *a)
{
	return change(c, "connection.update",
		      json_pack("{s:s, s:b}", "name", a->word[0], "active", 0),
		      "not used any more:");
}

int
ctl_wait_job(struct ctl *c, long long job, json_t **out)
{
	struct timespec step = { .tv_nsec = TEST_STEP_MS * 1000000L };
	int64_t until = clock_tick_ms() + TEST_MS;

	while (clock_tick_ms() < until) {
		const char *state;
		int code = ctl_ask(c, "job.get",
				   json_pack("{s:I}", "id", (json_int_t)job),
				   CTL_ASK_MS, out);

		if (code != EXIT_FINE)
			return code;
		state = ctl_str(*out, "state");
		if (strcmp(state, "done") == 0 || strcmp(state, "failed") == 0)
			return EXIT_FINE;
		json_decref(*out);
		*out = NULL;
		(void)nanosleep(&step, NULL);
	}
	return ctl_fail(EXIT_LATER,
			"no result within %d s: does the gateway run?",
			TEST_MS / 1000);
}

/* Let its gateway try a connection. *out: how the job ended, {state, result}
 * (new reference), or NULL if nobody said. */
static int
connection_try(struct ctl *c, const char *name, json_t **out)
{
	json_t *result = NULL;
	json_t *end = NULL;
	int code =
		ctl_ask(c, "connection.test", json_pack("{s:s}", "name", name),
			CTL_ASK_MS, &result);

	*out = NULL;
	if (code != EXIT_FINE)
		return code;
	code = ctl_wait_job(c, ctl_int(result, "job"), &end);
	json_decref(result);
	if (code != EXIT_FINE)
		return code;
	*out = end;
	if (strcmp(ctl_str(end, "state"), "done") == 0)
		return EXIT_FINE;
	return ctl_fail(EXIT_FOUND, "'%s' does not work: %s", name,
			ctl_str(json_object_get(end, "result"), "detail"));
}

int
verb_connection_test(struct ctl *c, const struct ctl_args *a)
{
	json_t *end = NULL;
	int code = connection_try(c, a->word[0], &end);

	if (c->json && end != NULL) {
		int printed = ctl_print_json(end);

		code = code == EXIT_FINE ? printed : code;
	}
	if (code == EXIT_FINE)
		ctl_say(c, "'%s' works", a->word[0]);
	json_decref(end);
	return code;
}
