/*
 * postigo explain: why the rules decided about an incident as they did.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "daemon/ctl/ctl.h"

const struct ctl_option explain_options[] = {
	{ "--all", NULL, "every rule that was looked at" },
	{ "--rule", "NAME", "this rule alone" },
	{ "--event", "N", "the decision of this event alone" },
	{ NULL, NULL, NULL },
};

/* Text from outside, on one line. */
static void
print_clean(const char *s)
{
	char *clean = ctl_clean(s);

	(void)fputs(clean, stdout);
	mem_free(clean);
}

static void
print_value(const char *name, const json_t *v)
{
	char *text;

	(void)printf("  %s ", name);
	if (json_is_string(v)) {
		print_clean(json_string_value(v));
		return;
	}
	text = json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY);
	print_clean(text != NULL ? text : "");
	mem_free(text);
}

static void
print_by(const char *rule)
{
	if (rule[0] != '\0') {
		(void)printf(" (rule \"");
		print_clean(rule);
		(void)printf("\")");
	}
	(void)putchar('\n');
}

/* "queue devoluciones (rule "devolver")", a line each */
static void
print_set(const json_t *set, const json_t *by)
{
	const char *name;
	json_t *v;

	json_object_foreach((json_t *)set, name, v)
	{
		bool tags = strcmp(name, "tags") == 0;
		const json_t *item;
		size_t i;

		if (!json_is_array(v)) {
			print_value(name, v);
			print_by(ctl_str(by, name));
			continue;
		}
		json_array_foreach(v, i, item)
		{
			print_value(tags ? "tag" : name, item);
			print_by(tags ? "" : ctl_str(by, name));
		}
	}
}

/* What could not be done, and why. */
static void
print_left(const json_t *left)
{
	const json_t *x;
	size_t i;

	json_array_foreach(left, i, x)
	{
		(void)printf("  not done: %s, %s", ctl_str(x, "action"),
			     ctl_str(x, "why"));
		print_by(ctl_str(x, "rule"));
	}
}

static bool
some_fired(const json_t *rules)
{
	const json_t *x;
	size_t i;

	json_array_foreach(rules, i, x) if (strcmp(ctl_str(x, "verdict"),
						   "fired") == 0) return true;
	return false;
}

/* The octet at which a number of UTF-16 units is over. */
static size_t
octet_of(const char *s, long long units)
{
	size_t n = strlen(s);
	size_t i = 0;

	while (i < n && units > 0) {
		uint32_t cp = 0;
		size_t len = utf8_next(s + i, n - i, &cp);

		units -= cp > 0xFFFF ? 2 : 1;
		i += len > 0 ? len : 1;
	}
	return i;
}

static void
print_part(const char *s, size_t from, size_t to)
{
	char *part = mem_strndup(s + from, to - from);

	print_clean(part);
	mem_free(part);
}

/* The sentence with what matched marked. */
static void
print_excerpt(const struct ctl *c, const json_t *x)
{
	const char *text = ctl_str(x, "excerpt");
	const json_t *mark = json_array_get(json_object_get(x, "marks"), 0);
	size_t from =
		octet_of(text, json_integer_value(json_array_get(mark, 0)));
	size_t to = octet_of(text, json_integer_value(json_array_get(mark, 1)));

	(void)printf("          %s", ctl_str(x, "field"));
	if (ctl_str(x, "name")[0] != '\0') {
		(void)putchar(' ');
		print_clean(ctl_str(x, "name"));
	}
	(void)printf(": ");
	print_part(text, 0, from);
	(void)fputs(c->color ? "\033[7m" : "[", stdout);
	print_part(text, from, to > from ? to : from);
	(void)fputs(c->color ? "\033[0m" : "]", stdout);
	print_part(text, to > from ? to : from, strlen(text));
	(void)putchar('\n');
}

static void
print_condition(const struct ctl *c, const json_t *x)
{
	const char *verdict = ctl_str(x, "verdict");
	const char *source = ctl_str(x, "source");

	(void)printf("    %lld:%lld %s  ", ctl_int(x, "line"),
		     ctl_int(x, "column"),
		     strcmp(verdict, "not_asked") == 0 ? "not asked" : verdict);
	if (json_is_true(json_object_get(x, "negated")))
		(void)printf("not: ");
	print_clean(source[0] != '\0' ? source : "(not known any more)");
	(void)putchar('\n');
	if (ctl_str(x, "excerpt")[0] != '\0')
		print_excerpt(c, x);
}

/* Did the condition speak against the rule? */
static bool
against(const json_t *x)
{
	bool negated = json_is_true(json_object_get(x, "negated"));

	return strcmp(ctl_str(x, "verdict"), negated ? "yes" : "no") == 0;
}

static void
print_rule(const struct ctl *c, const json_t *r)
{
	const char *verdict = ctl_str(r, "verdict");
	const char *why = ctl_str(r, "why");
	bool no = strcmp(verdict, "no") == 0;
	const json_t *x;
	size_t i;

	(void)printf("  rule \"");
	print_clean(ctl_str(r, "rule"));
	(void)printf("\", line %lld: %s", ctl_int(r, "line"),
		     strcmp(verdict, "not_tried") == 0
			     ? "not tried, an earlier rule says stop"
			     : verdict);
	if (strcmp(why, "via") == 0)
		(void)printf(", it is not of this channel");
	else if (why[0] != '\0')
		(void)printf(", %s", why);
	(void)putchar('\n');
	json_array_foreach(json_object_get(r, "conditions"), i, x)
	{
		if (no && !against(x))
			continue;
		print_condition(c, x);
		if (no)
			break;
	}
}

static void
print_decision(const struct ctl *c, const json_t *d, bool whole)
{
	const json_t *rules = json_object_get(d, "rules");
	const json_t *x;
	size_t i;

	(void)printf("%s%.19sZ  %s, by version %lld of the desk book%s\n",
		     c->color ? "\033[1m" : "", ctl_str(d, "at"),
		     ctl_str(d, "on"), ctl_int(d, "book"),
		     c->color ? "\033[0m" : "");
	print_set(json_object_get(d, "set"), json_object_get(d, "by"));
	print_left(json_object_get(d, "left"));
	if (whole && !some_fired(rules))
		(void)printf("  no rule fired\n");
	if (json_is_integer(json_object_get(d, "tried")))
		(void)printf("  %lld rules were looked at\n",
			     ctl_int(d, "tried"));
	if (ctl_str(d, "stopped_by")[0] != '\0') {
		(void)printf("  the rule \"");
		print_clean(ctl_str(d, "stopped_by"));
		(void)printf("\" ended the run\n");
	}
	json_array_foreach(rules, i, x) print_rule(c, x);
	if (json_is_null(json_object_get(d, "facts")))
		(void)printf("  (what was known then was not noted: words and "
			     "numbers are those of now)\n");
	if (json_is_false(json_object_get(d, "known")))
		(void)printf("  (asked once more, the rules do not say the "
			     "same: only what was noted is shown)\n");
}

int
verb_explain(struct ctl *c, const struct ctl_args *a)
{
	const char *event = ctl_arg(a, "--event");
	const char *rule = ctl_arg(a, "--rule");
	json_t *result = NULL;
	json_t *params;
	long long id;
	long long n = 0;
	const json_t *x;
	size_t i;
	int code;

	if (!ctl_incident_id(a->word[0], &id) ||
	    (event != NULL && !ctl_number(event, "--event", 1, 1LL << 50, &n)))
		return EXIT_USAGE;
	params = json_pack("{s:I, s:b}", "id", (json_int_t)id, "all",
			   ctl_arg(a, "--all") != NULL);
	if (rule != NULL)
		(void)json_object_set_new(params, "rule", json_string(rule));
	if (event != NULL)
		(void)json_object_set_new(params, "event", json_integer(n));
	code = ctl_ask(c, "incident.explain", params, CTL_ASK_MS, &result);
	if (code != EXIT_FINE)
		return code;
	if (c->json)
		code = ctl_print_json(result);
	else
		json_array_foreach(json_object_get(result, "decisions"), i, x)
			print_decision(c, x, rule == NULL);
	if (json_is_true(json_object_get(result, "cut")))
		ctl_say(c, "there is more: --event N or --rule NAME");
	json_decref(result);
	return code;
}
