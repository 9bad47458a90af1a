/*
 * postigo incident: lists and whole incidents. Lists have no limit of their
 * own: pages are asked for until there are no more.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"

#define PAGE 200

const struct ctl_option incident_list_options[] = {
	{ "--all", NULL, "ended ones too" },
	{ "--view", "VIEW",
	  "active, mine, unassigned, pending, solved, spam, all" },
	{ "--queue", "NAME", "of this queue" },
	{ "--state", "STATE", "in this state" },
	{ "--channel", "CHANNEL", "of this channel" },
	{ "--reason", "REASON", "with this contact reason" },
	{ "--tag", "TAG", "with this tag" },
	{ "--customer", "ID", "of this customer" },
	{ "--undecided", NULL, "whose rules could not be decided" },
	{ "--sort", "ORDER", "due (default), newest" },
	{ "--limit", "N", "at most so many" },
	{ NULL, NULL, NULL },
};

/* Members that may be absent on the bus stand as null, so that every object
 * has the same ones. */
static void
fill_nulls(json_t *o, const char *const *names)
{
	for (; *names != NULL; names++)
		if (json_object_get(o, *names) == NULL)
			(void)json_object_set_new(o, *names, json_null());
}

static void
fill_incident(json_t *o)
{
	static const char *const names[] = { "assignee", "due_at",  "clock",
					     "team",     "wake_at", "undecided",
					     NULL };

	fill_nulls(o, names);
}

static int
list_params(const struct ctl_args *a, json_t **out)
{
	static const char *const names[] = { "--view",    "--queue",  "--state",
					     "--channel", "--reason", "--tag",
					     "--sort" };
	const char *customer = ctl_arg(a, "--customer");
	long long id;
	size_t i;

	if (customer != NULL &&
	    !ctl_number(customer, "--customer", 1, 1LL << 50, &id))
		return EXIT_USAGE;
	*out = json_object();
	if (ctl_arg(a, "--all") != NULL)
		(void)json_object_set_new(*out, "view", json_string("all"));
	for (i = 0; i < sizeof names / sizeof names[0]; i++)
		if (ctl_arg(a, names[i]) != NULL)
			(void)json_object_set_new(
				*out, names[i] + 2,
				json_string(ctl_arg(a, names[i])));
	if (ctl_arg(a, "--undecided") != NULL)
		(void)json_object_set_new(*out, "undecided", json_true());
	if (customer != NULL)
		(void)json_object_set_new(*out, "customer", json_integer(id));
	return EXIT_FINE;
}

static void
list_row(struct table *t, const json_t *x)
{
	const json_t *customer = json_object_get(x, "customer");
	const json_t *identities = json_object_get(customer, "identities");
	const char *who = ctl_str(customer, "name");
	char due[20] = "-";

	if (who[0] == '\0')
		who = ctl_str(json_array_get(identities, 0), "value");
	if (ctl_str(x, "due_at")[0] != '\0') {
		(void)snprintf(due, sizeof due, "%.16sZ", ctl_str(x, "due_at"));
		due[10] = ' ';
	}
	table_add(t, ctl_str(x, "ref"));
	table_add(t, due);
	table_add(t, ctl_str(x, "priority"));
	table_add(t, ctl_str(x, "state"));
	table_add(t, ctl_str(x, "queue"));
	table_add(t, ctl_str(json_object_get(x, "assignee"), "name"));
	table_add(t, who);
	table_add(t, ctl_str(x, "subject"));
}

/* One page; *left (negative: no limit) counts down. *next is taken and set
 * (free it), NULL after the last page. */
static int
list_page(struct ctl *c, const json_t *filter, struct table *t, long long *left,
	  char **next)
{
	json_t *params = json_deep_copy(filter);
	json_t *result = NULL;
	json_t *x;
	size_t i;
	int code;

	(void)json_object_set_new(
		params, "limit",
		json_integer(*left >= 0 && *left < PAGE ? *left : PAGE));
	if (*next != NULL)
		(void)json_object_set_new(params, "after", json_string(*next));
	MEM_CLEAR(next);
	code = ctl_ask(c, "incident.list", params, CTL_ASK_MS, &result);
	json_array_foreach(json_object_get(result, "incidents"), i, x)
	{
		if (*left == 0 || code != EXIT_FINE)
			break;
		if (*left > 0)
			(*left)--;
		fill_incident(x);
		if (c->json)
			code = ctl_print_json(x);
		else
			list_row(t, x);
	}
	if (code == EXIT_FINE && *left != 0 &&
	    ctl_str(result, "next")[0] != '\0')
		*next = mem_strdup(ctl_str(result, "next"));
	json_decref(result);
	return code;
}

int
verb_incident_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "REF",   "DUE",     "PRIORITY",
						"STATE", "QUEUE",   "AGENT",
						"FROM",  "SUBJECT", NULL };
	const char *limit = ctl_arg(a, "--limit");
	json_t *filter = NULL;
	char *next = NULL;
	long long left = -1;
	struct table *t;
	int code;
	int pages = 0;

	if (limit != NULL &&
	    !ctl_number(limit, "--limit", 1, 1000000000, &left))
		return EXIT_USAGE;
	code = list_params(a, &filter);
	if (code != EXIT_FINE)
		return code;
	t = table_new(headings);
	do {
		code = list_page(c, filter, t, &left, &next);
	} while (code == EXIT_FINE && next != NULL && ++pages < CTL_PAGES_MAX);
	mem_free(next);
	json_decref(filter);
	if (c->json || code != EXIT_FINE)
		table_drop(&t);
	else
		table_print(c, &t);
	return code;
}

bool
ctl_incident_id(const char *s, long long *out)
{
	if (s[0] == 'P' || s[0] == 'p')
		s += s[1] == '-' ? 2 : 1;
	return ctl_number(s, "an incident is ID or P-ID", 1, 1LL << 50, out);
}

/* The messages before those that came with the incident, put in front. */
static int
older_messages(struct ctl *c, long long incident, json_t *messages,
	       json_t *more)
{
	long long before = json_integer_value(more);
	int code = EXIT_FINE;

	while (before > 0 && code == EXIT_FINE) {
		json_t *page = NULL;
		size_t i;
		json_t *x;

		code = ctl_ask(c, "message.list",
			       json_pack("{s:I, s:I}", "incident",
					 (json_int_t)incident, "before",
					 (json_int_t)before),
			       CTL_ASK_MS, &page);
		json_array_foreach(json_object_get(page, "messages"), i,
				   x)(void) json_array_insert(messages, i, x);
		if (ctl_int(page, "more_before") >= before)
			before = 0;
		else
			before = ctl_int(page, "more_before");
		json_decref(page);
	}
	return code;
}

/* HTML comes with a single message only. */
static int
fetch_html(struct ctl *c, json_t *m)
{
	json_t *one = NULL;
	int code;

	if (!json_is_true(json_object_get(m, "html_present")))
		return EXIT_FINE;
	code = ctl_ask_id(c, "message.get", ctl_int(m, "id"), &one);
	if (code == EXIT_FINE)
		(void)json_object_set(
			m, "html",
			json_object_get(json_object_get(one, "message"),
					"html"));
	json_decref(one);
	return code;
}

/* One object from an IncidentDetail: the incident's members, and messages,
 * events, clocks, earlier, follows, claims, visitor, rating. */
static int
whole(struct ctl *c, json_t *detail, json_t **out)
{
	static const char *const message_nulls[] = { "subject",     "html",
						     "external_id", "raw",
						     "delivery",    NULL };
	static const char *const may_lack[] = { "follows", "claims", "visitor",
						"rating", NULL };
	json_t *o = json_copy(json_object_get(detail, "incident"));
	json_t *messages = json_object_get(detail, "messages");
	json_t *x;
	size_t i;
	int code = older_messages(c, ctl_int(o, "id"), messages,
				  json_object_get(detail, "more_before"));

	json_array_foreach(messages, i, x)
	{
		if (code == EXIT_FINE)
			code = fetch_html(c, x);
		fill_nulls(x, message_nulls);
	}
	fill_incident(o);
	(void)json_object_set(o, "messages", messages);
	(void)json_object_set(o, "events", json_object_get(detail, "events"));
	(void)json_object_set(o, "clocks", json_object_get(detail, "clocks"));
	(void)json_object_set(o, "earlier", json_object_get(detail, "earlier"));
	for (i = 0; may_lack[i] != NULL; i++) {
		x = json_object_get(detail, may_lack[i]);
		(void)json_object_set(o, may_lack[i], x);
	}
	fill_nulls(o, may_lack);
	*out = o;
	return code;
}

/* Text as it came, without control characters other than line ends. */
static void
print_text(const char *text)
{
	char *copy = mem_strdup(text);
	char *rest = copy;
	char *line;

	while ((line = strsep(&rest, "\n")) != NULL) {
		char *clean = ctl_clean(line);

		(void)printf("    %s\n", clean);
		mem_free(clean);
	}
	mem_free(copy);
}

static void
show_message(struct ctl *c, const json_t *m)
{
	const json_t *author = json_object_get(m, "author");
	char *who = ctl_clean(ctl_str(author, "name")[0] != '\0'
				      ? ctl_str(author, "name")
				      : ctl_str(author, "address"));
	const json_t *x;
	size_t i;

	(void)printf("\n%s%lld  %s  %s  %s%s\n", c->color ? "\033[1m" : "",
		     ctl_int(m, "number"), ctl_str(m, "direction"),
		     ctl_str(m, "at"), who, c->color ? "\033[0m" : "");
	print_text(ctl_str(m, "text"));
	json_array_foreach(json_object_get(m, "attachments"), i, x)
	{
		char *name = ctl_clean(ctl_str(x, "filename"));

		(void)printf("    [%s, %lld bytes]\n", name,
			     ctl_int(x, "size"));
		mem_free(name);
	}
	mem_free(who);
}

static void
show(struct ctl *c, const json_t *o)
{
	const json_t *customer = json_object_get(o, "customer");
	char *subject = ctl_clean(ctl_str(o, "subject"));
	char *name = ctl_clean(ctl_str(customer, "name"));
	const json_t *x;
	size_t i;

	(void)printf("%s  %s\n", ctl_str(o, "ref"), subject);
	(void)printf("state %s, priority %s, queue %s, reason %s\n",
		     ctl_str(o, "state"), ctl_str(o, "priority"),
		     ctl_str(o, "queue"), ctl_str(o, "reason"));
	if (ctl_str(o, "due_at")[0] != '\0')
		(void)printf("due %s\n", ctl_str(o, "due_at"));
	(void)printf("from %s", name);
	json_array_foreach(json_object_get(customer, "identities"), i, x)
	{
		char *value = ctl_clean(ctl_str(x, "value"));

		(void)printf(" <%s>", value);
		mem_free(value);
	}
	(void)putchar('\n');
	if (ctl_int(o, "claims") != 0)
		(void)printf("claims to belong to P-%lld, where its sender "
			     "takes no part\n",
			     ctl_int(o, "claims"));
	x = json_object_get(o, "rating");
	if (json_is_object(x))
		(void)printf("rated %lld of 5\n", ctl_int(x, "score"));
	json_array_foreach(json_object_get(o, "messages"), i, x)
		show_message(c, x);
	mem_free(subject);
	mem_free(name);
}

int
verb_incident_show(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	json_t *o = NULL;
	long long id;
	int code;

	if (!ctl_incident_id(a->word[0], &id))
		return EXIT_USAGE;
	code = ctl_ask_id(c, "incident.get", id, &result);
	if (code != EXIT_FINE)
		return code;
	code = whole(c, json_object_get(result, "detail"), &o);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(o);
	else if (code == EXIT_FINE)
		show(c, o);
	json_decref(o);
	json_decref(result);
	return code;
}
