/*
 * postigo book: apply, export and diff the desk book. Checking is in
 * book_check.c.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/ctl/book_file.h"
#include "daemon/ctl/ctl.h"
#include "rules/include.h"

const struct ctl_option book_apply_options[] = {
	{ "--base", "N", "the version that the file was made from" },
	{ "--note", "TEXT", "why, for those who look back" },
	{ "--clocks", "WORD",
	  "what is open: keep (default), change from now on, or anew" },
	{ NULL, NULL, NULL },
};

/* The parameters of book.apply; NULL after a line about a wrong option. */
static json_t *
apply_params(const struct ctl_args *a, const char *text)
{
	const char *base = ctl_arg(a, "--base");
	const char *note = ctl_arg(a, "--note");
	const char *clocks = ctl_arg(a, "--clocks");
	json_t *p = json_pack("{s:s}", "text", text);
	long long n;

	if (clocks != NULL)
		(void)json_object_set_new(p, "clocks", json_string(clocks));
	if (note != NULL)
		(void)json_object_set_new(p, "note", json_string(note));
	if (base == NULL)
		return p;
	if (!ctl_number(base, "--base", 0, 1LL << 50, &n)) {
		json_decref(p);
		return NULL;
	}
	(void)json_object_set_new(p, "base", json_integer(n));
	return p;
}

int
verb_book_apply(struct ctl *c, const struct ctl_args *a)
{
	struct include *f = NULL;
	json_t *params;
	json_t *result = NULL;
	size_t n;
	int code = book_file_read(a->word[0], &f);

	if (code != EXIT_FINE)
		return code;
	params = apply_params(a, include_text(f, &n));
	code = EXIT_USAGE;
	if (params != NULL)
		code = book_file_ask(c, f, a->word[0], "book.apply", params,
				     CTL_ASK_MS, &result);
	if (code == EXIT_FINE) {
		if (c->json)
			code = ctl_print_json(result);
		book_file_refused(f, json_object_get(result, "warnings"));
		ctl_say(c, "%s: applied as version %lld", a->word[0],
			ctl_int(result, "version"));
	}
	json_decref(result);
	include_free(&f);
	return code;
}

int
verb_book_export(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	const char *text;
	FILE *f = stdout;
	int code = ctl_ask(c, "book.get", json_object(), CTL_ASK_MS, &result);

	if (code != EXIT_FINE)
		return code;
	if (c->json) {
		code = ctl_print_json(result);
		json_decref(result);
		return code;
	}
	text = ctl_str(result, "text");
	if (a->words > 0 && strcmp(a->word[0], "-") != 0)
		f = fopen(a->word[0], "we");
	if (f == NULL) {
		code = ctl_fail(EXIT_CREATE, "cannot write '%s'", a->word[0]);
	} else if (fputs(text, f) == EOF || fflush(f) != 0) {
		code = ctl_fail(EXIT_INPUT_OUTPUT, "could not write the book");
	} else {
		ctl_say(c, "version %lld", ctl_int(result, "version"));
	}
	if (f != NULL && f != stdout)
		(void)fclose(f);
	json_decref(result);
	return code;
}

/* Is it a version's number? A file of such a name is written ./3. */
static bool
is_version(const char *s)
{
	return s[0] != '\0' && strspn(s, "0123456789") == strlen(s);
}

/* What the newest version changed. */
static int
last_change(struct ctl *c, json_t *params)
{
	json_t *result = NULL;
	const json_t *list;
	int code = ctl_ask(c, "book.list", json_pack("{s:i}", "limit", 2),
			   CTL_ASK_MS, &result);

	list = json_object_get(result, "versions");
	if (code == EXIT_FINE && json_array_size(list) < 2)
		code = ctl_fail(EXIT_DATA, "there is one version alone");
	if (code == EXIT_FINE)
		(void)json_object_set(
			params, "from",
			json_object_get(json_array_get(list, 1), "version"));
	json_decref(result);
	return code;
}

/* The parameters of book.diff: a file's text, or versions.
 * f  set if it is a file */
static int
diff_params(struct ctl *c, const struct ctl_args *a, json_t **out,
	    struct include **f)
{
	static const char *const names[] = { "from", "to" };
	size_t n;
	int code;

	*out = json_object();
	if (a->words == 0)
		return last_change(c, *out);
	if (!is_version(a->word[0]) && a->words == 1) {
		code = book_file_read(a->word[0], f);
		if (code == EXIT_FINE)
			(void)json_object_set_new(
				*out, "text",
				json_string(include_text(*f, &n)));
		return code;
	}
	for (size_t i = 0; i < 2 && i < a->words; i++) {
		long long version;

		if (!ctl_number(a->word[i], "a version", 1, 1LL << 50,
				&version))
			return EXIT_USAGE;
		(void)json_object_set_new(*out, names[i],
					  json_integer(version));
	}
	return EXIT_FINE;
}

int
verb_book_diff(struct ctl *c, const struct ctl_args *a)
{
	struct include *f = NULL;
	json_t *params = NULL;
	json_t *result = NULL;
	json_t *line;
	size_t i;
	int code = diff_params(c, a, &params, &f);

	if (code != EXIT_FINE)
		json_decref(params);
	else
		code = book_file_ask(c, f, NULL, "book.diff", params,
				     CTL_ASK_MS, &result);
	if (code == EXIT_FINE && c->json) {
		code = ctl_print_json(result);
	} else if (code == EXIT_FINE) {
		json_array_foreach(json_object_get(result, "lines"), i, line)(
			void) printf("%s\n", json_string_value(line));
	}
	json_decref(result);
	include_free(&f);
	return code;
}
