/*
 * postigo search: incidents by the words in their messages.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define PAGE 100
#define LIMIT_DEFAULT 20

const struct ctl_option search_options[] = {
	{ "--limit", "N", "at most so many incidents (20)" },
	{ NULL, NULL, NULL },
};

/* The words as one text (free it). What a shell was given in quotes, and has
 * a space in it, stays as it is: quotes of the search are typed inside. */
static char *
join(const struct ctl_args *a)
{
	char *text = mem_strdup(a->word[0]);
	size_t i;

	for (i = 1; i < a->words; i++) {
		char *more = mem_printf("%s %s", text, a->word[i]);

		mem_free(text);
		text = more;
	}
	return text;
}

static void
hit_row(struct table *t, const json_t *hit)
{
	const json_t *incident = json_object_get(hit, "incident");
	const json_t *customer = json_object_get(incident, "customer");
	const json_t *identities = json_object_get(customer, "identities");
	const char *who = ctl_str(customer, "name");
	char at[20];

	if (who[0] == '\0')
		who = ctl_str(json_array_get(identities, 0), "value");
	(void)snprintf(at, sizeof at, "%.10s", ctl_str(incident, "last_at"));
	table_add(t, ctl_str(incident, "ref"));
	table_add(t, at);
	table_add(t, ctl_str(incident, "state"));
	table_add(t, ctl_str(incident, "queue"));
	table_add(t, who);
	table_add(t, ctl_str(incident, "subject"));
	table_add(t, ctl_str(hit, "snippet"));
}

/* One page; *left counts down. *next is taken and set (free it), NULL after
 * the last page. *result is the page (free it). */
static int
search_page(struct ctl *c, const char *text, struct table *t, long long *left,
	    char **next, json_t **result)
{
	json_t *params = json_pack("{s:s, s:I}", "text", text, "limit",
				   (json_int_t)(*left < PAGE ? *left : PAGE));
	json_t *hit;
	size_t i;
	int code;

	if (params == NULL)
		return ctl_fail(EXIT_DATA, "the text is not UTF-8");
	if (*next != NULL)
		(void)json_object_set_new(params, "after", json_string(*next));
	MEM_CLEAR(next);
	code = ctl_ask(c, "incident.search", params, CTL_ASK_MS, result);
	json_array_foreach(json_object_get(*result, "hits"), i, hit)
	{
		if (code != EXIT_FINE || *left == 0)
			break;
		(*left)--;
		if (c->json)
			code = ctl_print_json(hit);
		else
			hit_row(t, hit);
	}
	/* what was cut goes on only if it got on */
	if (code == EXIT_FINE && ctl_str(*result, "next")[0] != '\0')
		*next = mem_strdup(ctl_str(*result, "next"));
	return code;
}

/* Whether there may be more than was printed, and why. */
static void
say_rest(const struct ctl *c, const json_t *result, bool more)
{
	long long indexed = ctl_int(result, "indexed");
	long long last = ctl_int(result, "last");

	if (indexed < last)
		ctl_say(c,
			"the index is being made: message %lld of %lld; there "
			"may be more",
			indexed, last);
	if (json_is_true(json_object_get(result, "cut")))
		ctl_say(c, "the search took too long and was ended: add a "
			   "word that is less common");
	else if (more)
		ctl_say(c, "there are more: --limit N");
}

int
verb_search(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "REF",   "LAST", "STATE",
						"QUEUE", "FROM", "SUBJECT",
						"FOUND", NULL };
	const char *limit = ctl_arg(a, "--limit");
	long long left = LIMIT_DEFAULT;
	char *next = NULL;
	json_t *result = NULL;
	struct table *t;
	char *text;
	bool cut = false;
	int code;

	if (limit != NULL && !ctl_number(limit, "--limit", 1, 100000, &left))
		return EXIT_USAGE;
	text = join(a);
	t = table_new(headings);
	do {
		json_decref(result);
		result = NULL;
		code = search_page(c, text, t, &left, &next, &result);
		cut = json_is_true(json_object_get(result, "cut"));
	} while (code == EXIT_FINE && next != NULL && left > 0 && !cut);
	mem_free(text);
	if (c->json || code != EXIT_FINE)
		table_drop(&t);
	else
		table_print(c, &t);
	if (code == EXIT_FINE)
		say_rest(c, result, next != NULL);
	mem_free(next);
	json_decref(result);
	return code;
}
