/*
 * postigo check: is the desk set up well? Its settings file, its store, its
 * connections; with --online what the DNS says of the domains that it sends
 * from.
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "daemon/base/mem.h"
#include "daemon/ctl/check_domain.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/finding.h"
#include "daemon/kinds.h"
#include "daemon/settings.h"

#define CHECK_DOMAINS_MAX 50
#define CHECK_HEADER_MAX ((size_t)256 * 1024) /* octets of a mail: its header */

const struct ctl_option check_options[] = {
	{ "--config", "FILE", "the settings file" },
	{ "--online", NULL,
	  "ask the DNS for SPF, DKIM and DMARC of the domains that are sent "
	  "from" },
	{ "--mail", "FILE", "a mail of the desk as somebody got it: its DKIM" },
	{ "--selector", "NAME", "a selector of DKIM; may be given again" },
	{ "--relay", "ADDRESS", "by which your mail server sends" },
	{ "--resolver", "ADDRESS[:PORT]",
	  "whom to ask instead of the system's" },
	{ NULL, NULL, NULL },
};

/* All errors of a settings file, one a line. */
static int
check_settings(const struct ctl *c, const char *file)
{
	struct settings_errors errs = { .n = 0 };
	struct settings *s = NULL;
	int code = EXIT_FINE;
	size_t i;

	if (settings_read(file, c->dir_given ? c->dir : NULL, &s, &errs) !=
	    OUT_OK) {
		for (i = 0; i < errs.n; i++)
			(void)fprintf(stderr, "%s\n", errs.list[i]);
		code = ctl_fail(EXIT_SETTINGS, "%zu error%s in '%s'", errs.n,
				errs.n == 1 ? "" : "s", file);
	} else {
		settings_free(&s);
		ctl_say(c, "%s: no errors", file);
	}
	settings_errors_release(&errs);
	return code;
}

/* --- connections -------------------------------------------------------------------- */

/* Is that among the members `name` of a list? */
static bool
listed(const json_t *list, const char *name)
{
	const json_t *x;
	size_t i;

	json_array_foreach(list, i, x)
	{
		if (strcmp(ctl_str(x, "name"), name) == 0)
			return true;
	}
	return false;
}

/* What a connection has of secrets: their names, with values of no worth. */
static json_t *
secrets_of(const json_t *connection)
{
	json_t *o = json_object();
	const json_t *name;
	size_t i;

	json_array_foreach(json_object_get(connection, "secret_names"), i, name)
	{
		(void)json_object_set_new(o, json_string_value(name),
					  json_string("x"));
	}
	return o;
}

/* What one of its settings names is there. */
static void
check_named(const json_t *settings, const char *setting, const json_t *list,
	    const char *kind, const char *about, struct findings *f)
{
	const char *name =
		json_string_value(json_object_get(settings, setting));

	if (name == NULL || listed(list, name))
		return;
	finding_add(f, about, "settings", FINDING_PROBLEM,
		    "'settings.%s' names the %s '%.100s', which is not there",
		    setting, kind, name);
	finding_change(f, "postigo connection set %s %s=NAME", about, setting);
}

/* The settings that were right when they were given may be so no more. */
static void
check_kind(const json_t *x, const json_t *all, const json_t *replies,
	   struct findings *f)
{
	const char *name = ctl_str(x, "name");
	const struct kind *k = kind_find(ctl_str(x, "kind"));
	const json_t *settings = json_object_get(x, "settings");
	json_t *secrets = secrets_of(x);
	struct err e = { .text = "" };

	if (k == NULL)
		finding_add(f, name, "settings", FINDING_PROBLEM,
			    "no such kind of connection: '%.40s'",
			    ctl_str(x, "kind"));
	else if (kind_settings(k, settings, &e) != OUT_OK ||
		 kind_needs(k, secrets, &e) != OUT_OK)
		finding_add(f, name, "settings", FINDING_PROBLEM, "%s", e.text);
	json_decref(secrets);
	check_named(settings, "acknowledge_reply", replies, "saved reply", name,
		    f);
	if (k != NULL && kind_role(k) == ROLE_CHAT)
		check_named(settings, "mail", all, "mailbox", name, f);
}

static void
check_state(const json_t *x, struct findings *f)
{
	const char *name = ctl_str(x, "name");

	if (strcmp(ctl_str(x, "state"), "failing") == 0) {
		finding_add(f, name, "state", FINDING_PROBLEM,
			    "fails since %s: %.600s", ctl_str(x, "state_at"),
			    ctl_str(x, "state_detail"));
		finding_change(f, "postigo connection test %s", name);
	} else {
		finding_add(f, name, "state", FINDING_OK, "%s",
			    strcmp(ctl_str(x, "state"), "ok") == 0
				    ? "works"
				    : "nothing is known to be wrong");
	}
}

/* --- the DNS ------------------------------------------------------------------------ */

/* A connection by which mail is sent. */
static bool
sends(const json_t *x)
{
	const char *kind = ctl_str(x, "kind");
	const json_t *settings = json_object_get(x, "settings");

	if (!json_is_true(json_object_get(x, "active")))
		return false;
	return strcmp(kind, "maildir") == 0 || strcmp(kind, "pipe") == 0 ||
	       (strcmp(kind, "mailbox") == 0 &&
		json_is_string(json_object_get(settings, "smtp_host")));
}

/* The same domain and relay as a connection before it? */
static bool
asked_before(const json_t *all, size_t before, const json_t *settings,
	     const char *domain)
{
	const json_t *x;
	size_t i;

	json_array_foreach(all, i, x)
	{
		const json_t *s = json_object_get(x, "settings");
		const char *at = strrchr(ctl_str(s, "address"), '@');

		if (i == before)
			break;
		if (sends(x) && at != NULL && strcasecmp(at + 1, domain) == 0 &&
		    strcmp(ctl_str(s, "smtp_host"),
			   ctl_str(settings, "smtp_host")) == 0)
			return true;
	}
	return false;
}

static void
check_online(struct domain_ask *q, const json_t *all, struct findings *f)
{
	const json_t *x;
	size_t n = 0;
	size_t i;

	json_array_foreach(all, i, x)
	{
		const json_t *s = json_object_get(x, "settings");
		const char *at = strrchr(ctl_str(s, "address"), '@');

		if (!sends(x) || at == NULL ||
		    asked_before(all, i, s, at + 1) || n == CHECK_DOMAINS_MAX)
			continue;
		n++;
		q->domain = at + 1;
		q->address = ctl_str(s, "address");
		q->host = json_string_value(json_object_get(s, "smtp_host"));
		check_domain(q, f);
	}
}

/* The DKIM signatures of a mail in a file. 0, or an exit code after a line. */
static int
read_mail(const char *path, struct domain_ask *q)
{
	FILE *file = fopen(path, "re");
	char *text;
	size_t n;
	bool failed;

	if (file == NULL)
		return ctl_fail(EXIT_DATA, "cannot open '%s': %s", path,
				strerror(errno));
	text = mem_new(CHECK_HEADER_MAX + 1, 1);
	n = fread(text, 1, CHECK_HEADER_MAX, file);
	failed = ferror(file) != 0;
	(void)fclose(file);
	text[n] = '\0';
	dkim_signatures(text, q->signature, &q->signatures);
	q->have_mail = true;
	mem_free(text);
	return failed ? ctl_fail(EXIT_INPUT_OUTPUT, "cannot read '%s'", path)
		      : EXIT_FINE;
}

/* What was given on the command line. 0, or an exit code after a line. */
static int
read_asked(const struct ctl_args *a, struct domain_ask *q)
{
	const char *file = ctl_arg(a, "--mail");
	struct spf_ip ip;

	q->relay = ctl_arg(a, "--relay");
	if (q->relay != NULL && !spf_ip_read(q->relay, &ip))
		return ctl_fail(EXIT_USAGE,
				"--relay: '%s' is not an address "
				"of the network",
				q->relay);
	for (size_t i = 0; i < a->givens; i++) {
		if (strcmp(a->given[i].name, "--selector") != 0)
			continue;
		if (q->selectors == CHECK_SELECTORS_MAX ||
		    !dkim_is_selector(a->given[i].value))
			return ctl_fail(EXIT_USAGE,
					"--selector: '%s' is none, or the "
					"%dth",
					a->given[i].value,
					CHECK_SELECTORS_MAX + 1);
		q->selector[q->selectors++] = a->given[i].value;
	}
	return file != NULL ? read_mail(file, q) : EXIT_FINE;
}

static int
ask_online(const struct ctl_args *a, const json_t *all, struct findings *f)
{
	struct domain_ask *q = mem_new(1, sizeof *q);
	struct dns *d = NULL;
	struct err e = { .text = "" };
	int code = read_asked(a, q);

	if (code == EXIT_FINE) {
		enum outcome o = dns_open(ctl_arg(a, "--resolver"), &d, &e);

		if (o != OUT_OK)
			code = ctl_fail(o == OUT_PERM ? EXIT_USAGE : EXIT_LATER,
					"--resolver: %s", e.text);
	}
	if (code == EXIT_FINE) {
		q->ask = dns_ask;
		q->arg = d;
		check_online(q, all, f);
	}
	dns_close(&d);
	mem_free(q);
	return code;
}

/* --- the whole ---------------------------------------------------------------------- */

static int
check_connections(struct ctl *c, const struct ctl_args *a, struct findings *f)
{
	json_t *list = NULL;
	json_t *replies = NULL;
	const json_t *all;
	const json_t *x;
	size_t i;
	int code =
		ctl_ask(c, "connection.list", json_object(), CTL_ASK_MS, &list);

	if (code == EXIT_FINE)
		code = ctl_ask(c, "reply.list", json_object(), CTL_ASK_MS,
			       &replies);
	all = json_object_get(list, "connections");
	json_array_foreach(all, i, x)
	{
		if (code != EXIT_FINE ||
		    !json_is_true(json_object_get(x, "active")))
			continue;
		check_kind(x, all, json_object_get(replies, "replies"), f);
		check_state(x, f);
	}
	if (code == EXIT_FINE && ctl_arg(a, "--online") != NULL)
		code = ask_online(a, all, f);
	json_decref(list);
	json_decref(replies);
	return code;
}

/* A daemon answers there: its store, then its connections. The first thing
 * that is not well is the exit code. */
static int
check_desk(struct ctl *c, const struct ctl_args *a)
{
	struct findings f;
	int store = ctl_check_store(c, stderr);
	int code;

	if (store != EXIT_FINE && store != EXIT_FOUND)
		return store;
	findings_init(&f);
	code = check_connections(c, a, &f);
	if (code == EXIT_FINE)
		code = findings_print(c, &f);
	findings_release(&f);
	return store != EXIT_FINE ? store : code;
}

int
verb_check(struct ctl *c, const struct ctl_args *a)
{
	const char *config = ctl_arg(a, "--config");
	int code = EXIT_FINE;

	if (config != NULL) {
		code = check_settings(c, config);
		if (code != EXIT_FINE)
			return code;
	}
	if (access(c->socket, F_OK) == 0 || config == NULL ||
	    ctl_arg(a, "--online") != NULL)
		return check_desk(c, a);
	ctl_say(c, "no daemon at '%s': its store was not looked at", c->socket);
	return code;
}
