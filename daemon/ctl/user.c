/*
 * postigo user and postigo token: the people of staff. A password or token
 * that was made is printed once, on standard output.
 */

#include <stdio.h>
#include <string.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/desk_files.h"

const struct ctl_option user_add_options[] = {
	{ "--name", "NAME", "shown to colleagues and customers" },
	{ "--role", "ROLE", "agent (default), lead, manager, admin" },
	{ "--language", "CODE", "es or en" },
	{ "--password-stdin", NULL, "the first line of standard input" },
	{ "--link", NULL, "also print a one-time log-in link" },
	{ "--url", "URL", "of the console, for the link" },
	{ NULL, NULL, NULL },
};

const struct ctl_option user_link_options[] = {
	{ "--url", "URL", "of the console" },
	{ NULL, NULL, NULL },
};

const struct ctl_option user_passwd_options[] = {
	{ "--password-stdin", NULL, "the first line of standard input" },
	{ NULL, NULL, NULL },
};

const struct ctl_option user_away_options[] = {
	{ "--reason", "REASON",
	  "absence (default), holiday, training, meeting, break, other" },
	{ "--until", "TIME", "2026-12-24, 2026-12-24T08:00:00Z; else: back" },
	{ NULL, NULL, NULL },
};

const struct ctl_option token_options[] = {
	{ "--label", "TEXT", "what it is for" },
	{ NULL, NULL, NULL },
};

static int
read_password(char **out)
{
	int code = ctl_read("-", out);

	if (code != EXIT_FINE)
		return code;
	(*out)[strcspn(*out, "\r\n")] = '\0';
	return EXIT_FINE;
}

/* The row of a person, by log-in name. */
static int
find_agent(struct ctl *c, const char *email, long long *id_out)
{
	json_t *result = NULL;
	json_t *x;
	size_t i;
	int code = ctl_ask(c, "agent.list", json_object(), CTL_ASK_MS, &result);

	if (code != EXIT_FINE)
		return code;
	*id_out = 0;
	json_array_foreach(json_object_get(result, "agents"), i,
			   x) if (strcasecmp(ctl_str(x, "email"), email) ==
				  0) *id_out = ctl_int(x, "id");
	json_decref(result);
	if (*id_out == 0)
		return ctl_fail(EXIT_DATA, "no such person: '%s'", email);
	return EXIT_FINE;
}

/* A one-time link, as {"url", "token", "expires_at"}. */
static int
make_link(struct ctl *c, const struct ctl_args *a, long long id, json_t **out)
{
	const char *given = ctl_arg(a, "--url");
	char *base = given != NULL ? mem_strdup(given) : console_url(c);
	size_t n = strlen(base);
	char *url;
	int code = ctl_ask_id(c, "agent.link", id, out);

	if (code == EXIT_FINE) {
		url = mem_printf("%.*s/login/link?token=%s",
				 (int)(n > 0 && base[n - 1] == '/' ? n - 1 : n),
				 base, ctl_str(*out, "token"));
		(void)json_object_set_new(*out, "url", json_string(url));
		mem_free(url);
	}
	mem_free(base);
	return code;
}

static int
add_params(const struct ctl_args *a, json_t **out)
{
	static const char *const names[] = { "--name", "--role", "--language" };
	char *password = NULL;
	size_t i;
	int code = EXIT_FINE;

	if (ctl_arg(a, "--name") == NULL)
		return ctl_fail(EXIT_USAGE, "--name is missing");
	if (ctl_arg(a, "--password-stdin") != NULL)
		code = read_password(&password);
	if (code != EXIT_FINE)
		return code;
	*out = json_pack("{s:s, s:s}", "email", a->word[0], "role", "agent");
	for (i = 0; i < 3; i++)
		if (ctl_arg(a, names[i]) != NULL)
			(void)json_object_set_new(
				*out, names[i] + 2,
				json_string(ctl_arg(a, names[i])));
	if (password != NULL)
		(void)json_object_set_new(*out, "password",
					  json_string(password));
	mem_free(password);
	return EXIT_FINE;
}

int
verb_user_add(struct ctl *c, const struct ctl_args *a)
{
	json_t *params = NULL;
	json_t *result = NULL;
	json_t *link = NULL;
	int code = add_params(a, &params);

	if (code != EXIT_FINE)
		return code;
	code = ctl_ask(c, "agent.add", params, CTL_ASK_MS, &result);
	if (code == EXIT_FINE && ctl_arg(a, "--link") != NULL)
		code = make_link(
			c, a, ctl_int(json_object_get(result, "agent"), "id"),
			&link);
	if (code == EXIT_FINE && c->json) {
		if (link != NULL)
			(void)json_object_set(result, "link", link);
		code = ctl_print_json(result);
	} else if (code == EXIT_FINE) {
		ctl_say(c, "added '%s'", a->word[0]);
		if (ctl_str(result, "password")[0] != '\0')
			(void)printf("password: %s\n",
				     ctl_str(result, "password"));
		if (link != NULL)
			(void)printf("log-in, once: %s\n",
				     ctl_str(link, "url"));
	}
	json_decref(result);
	json_decref(link);
	return code;
}

static void
add_agent(struct table *t, const json_t *x)
{
	bool active = json_is_true(json_object_get(x, "active"));

	table_add(t, ctl_str(x, "email"));
	table_add(t, ctl_str(x, "name"));
	table_add(t, ctl_str(x, "role"));
	table_add(t, active ? "yes" : "no");
}

int
verb_user_list(struct ctl *c, const struct ctl_args *a)
{
	static const char *const headings[] = { "EMAIL", "NAME", "ROLE",
						"ACTIVE", NULL };

	(void)a;
	return table_ask(c, headings, "agent.list", json_object(), "agents",
			 add_agent);
}

int
verb_user_disable(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	long long id;
	int code = find_agent(c, a->word[0], &id);

	if (code != EXIT_FINE)
		return code;
	code = ctl_ask(
		c, "agent.update",
		json_pack("{s:I, s:b}", "id", (json_int_t)id, "active", 0),
		CTL_ASK_MS, &result);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(json_object_get(result, "agent"));
	else if (code == EXIT_FINE)
		ctl_say(c, "'%s' cannot log in any more", a->word[0]);
	json_decref(result);
	return code;
}

/* Ask agent.away or agent.back about a person. params: taken, may have more. */
static int
presence(struct ctl *c, const char *method, const char *email, json_t *params,
	 const char *done)
{
	json_t *result = NULL;
	long long id;
	int code = find_agent(c, email, &id);

	if (code != EXIT_FINE) {
		json_decref(params);
		return code;
	}
	(void)json_object_set_new(params, "agent",
				  json_integer((json_int_t)id));
	code = ctl_ask(c, method, params, CTL_ASK_MS, &result);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(json_object_get(result, "agent"));
	else if (code == EXIT_FINE)
		ctl_say(c, "'%s' is %s", email, done);
	json_decref(result);
	return code;
}

int
verb_user_away(struct ctl *c, const struct ctl_args *a)
{
	const char *reason = ctl_arg(a, "--reason");
	const char *until = ctl_arg(a, "--until");
	char iso[32];
	json_t *params;

	if (until != NULL && !ctl_instant(until, "--until", iso))
		return EXIT_USAGE;
	params = json_object();
	(void)json_object_set_new(
		params, "reason",
		json_string(reason != NULL ? reason : "absence"));
	if (until != NULL)
		(void)json_object_set_new(params, "until", json_string(iso));
	return presence(c, "agent.away", a->word[0], params, "away");
}

int
verb_user_back(struct ctl *c, const struct ctl_args *a)
{
	return presence(c, "agent.back", a->word[0], json_object(), "here");
}

int
verb_user_link(struct ctl *c, const struct ctl_args *a)
{
	json_t *link = NULL;
	long long id;
	int code = find_agent(c, a->word[0], &id);

	if (code == EXIT_FINE)
		code = make_link(c, a, id, &link);
	if (code == EXIT_FINE && c->json)
		code = ctl_print_json(link);
	else if (code == EXIT_FINE)
		(void)printf("%s\n", ctl_str(link, "url"));
	json_decref(link);
	return code;
}

int
verb_user_passwd(struct ctl *c, const struct ctl_args *a)
{
	bool given = ctl_arg(a, "--password-stdin") != NULL;
	char made[48];
	char *password = NULL;
	json_t *result = NULL;
	long long id;
	int code = EXIT_FINE;

	if (given) {
		code = read_password(&password);
	} else {
		hash_start();
		hash_token(made);
		made[20] = '\0';
		password = mem_strdup(made);
	}
	if (code == EXIT_FINE)
		code = find_agent(c, a->word[0], &id);
	if (code == EXIT_FINE)
		code = ctl_ask(c, "agent.password",
			       json_pack("{s:I, s:s}", "id", (json_int_t)id,
					 "password", password),
			       CTL_ASK_MS, &result);
	if (code == EXIT_FINE && c->json) {
		if (!given)
			(void)json_object_set_new(result, "password",
						  json_string(password));
		code = ctl_print_json(result);
	} else if (code == EXIT_FINE && !given) {
		(void)printf("password: %s\n", password);
	} else if (code == EXIT_FINE) {
		ctl_say(c, "'%s' has a new password", a->word[0]);
	}
	mem_free(password);
	json_decref(result);
	return code;
}

int
verb_token_create(struct ctl *c, const struct ctl_args *a)
{
	const char *label = ctl_arg(a, "--label");
	json_t *result = NULL;
	long long id;
	int code;

	if (label == NULL)
		return ctl_fail(EXIT_USAGE, "--label is missing");
	code = find_agent(c, a->word[0], &id);
	if (code == EXIT_FINE)
		code = ctl_ask(c, "token.add",
			       json_pack("{s:I, s:s}", "agent", (json_int_t)id,
					 "label", label),
			       CTL_ASK_MS, &result);
	if (code == EXIT_FINE && c->json) {
		code = ctl_print_json(result);
	} else if (code == EXIT_FINE) {
		ctl_say(c, "token %lld, shown once:", ctl_int(result, "id"));
		(void)printf("%s\n", ctl_str(result, "token"));
	}
	json_decref(result);
	return code;
}

int
verb_token_revoke(struct ctl *c, const struct ctl_args *a)
{
	json_t *result = NULL;
	long long id;
	int code;

	if (!ctl_number(a->word[0], "ID", 1, 1LL << 50, &id))
		return EXIT_USAGE;
	code = ctl_ask_id(c, "token.remove", id, &result);
	if (code == EXIT_FINE)
		ctl_say(c, "token %lld does not work any more", id);
	json_decref(result);
	return code;
}
