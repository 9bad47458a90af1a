/*
 * postigo: the command. Reads the options, finds the verb, runs it.
 */

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/ctl/ctl.h"
#include "daemon/wire/bus.h"

#ifndef POSTIGO_STATE_DIR
#define POSTIGO_STATE_DIR "/var/lib/postigo"
#endif

static const struct ctl_option global_options[] = {
	{ "--socket", "PATH", "the daemon's control socket" },
	{ "--dir", "DIR", "the desk's folder (" POSTIGO_STATE_DIR ")" },
	{ "--json", NULL, "data for programs: JSON, one object a line" },
	{ "--quiet", NULL, "no talk on standard error" },
	{ "--no-color", NULL, "no colour; NO_COLOR does the same" },
	{ "--help", NULL, "this text" },
	{ "--version", NULL, "the version" },
	{ NULL, NULL, NULL },
};

static void
print_options(const struct ctl_option *o)
{
	char left[80];

	for (; o != NULL && o->name != NULL; o++) {
		(void)snprintf(left, sizeof left, "%s%s%s", o->name,
			       o->value != NULL ? " " : "",
			       o->value != NULL ? o->value : "");
		(void)printf("  %-28s %s\n", left, o->help);
	}
}

/* Does the verb's name start with these words? */
static bool
in_group(const struct verb *v, const char *group)
{
	size_t n = strlen(group);

	return strncmp(v->name, group, n) == 0 &&
	       (v->name[n] == ' ' || v->name[n] == '\0');
}

static int
help_all(const char *group)
{
	size_t i;

	(void)printf("usage: postigo [OPTION...] %s [ARGUMENT...]\n\n",
		     group != NULL ? group : "VERB");
	for (i = 0; i < verb_count; i++)
		if (group == NULL || in_group(&verb_table[i], group))
			(void)printf("  %-20s %s\n", verb_table[i].name,
				     verb_table[i].about);
	(void)printf("\noptions:\n");
	print_options(global_options);
	for (i = 0; i < verb_count; i++)
		if (group == NULL || in_group(&verb_table[i], group))
			break;
	(void)printf("\nexample: %s\n"
		     "postigo VERB --help says more.\n",
		     group != NULL ? verb_table[i].example : "postigo status");
	return EXIT_FINE;
}

static int
help_verb(const struct verb *v)
{
	(void)printf("usage: postigo %s%s%s\n\n%s\n", v->name,
		     v->usage[0] != '\0' ? " " : "", v->usage, v->about);
	if (v->options != NULL) {
		(void)printf("\noptions:\n");
		print_options(v->options);
	}
	(void)printf("\nexample: %s\n", v->example);
	return EXIT_FINE;
}

#define NAME_MAX_BYTES 64 /* of a verb, and its end */

/* Reading of the command line. */
struct reading {
	struct ctl *c;
	struct ctl_args *a;
	char noun[NAME_MAX_BYTES]; /* the verb's name, as far as it was read */
	bool help;
	int code; /* not -1: stop with it */
};

static const struct verb *
verb_find(const char *name)
{
	size_t i;

	for (i = 0; i < verb_count; i++)
		if (strcmp(verb_table[i].name, name) == 0)
			return &verb_table[i];
	return NULL;
}

static bool
is_group(const char *noun)
{
	size_t i;

	for (i = 0; i < verb_count; i++)
		if (in_group(&verb_table[i], noun))
			return true;
	return false;
}

/* A global option? Takes its value from *next. */
static bool
read_global(struct reading *r, const char *name, const char *value)
{
	if (strcmp(name, "--socket") == 0) {
		mem_free(r->c->socket);
		r->c->socket = mem_strdup(value);
		r->c->socket_given = true;
	} else if (strcmp(name, "--dir") == 0) {
		mem_free(r->c->dir);
		r->c->dir = mem_strdup(value);
		r->c->dir_given = true;
	} else if (strcmp(name, "--json") == 0) {
		r->c->json = true;
	} else if (strcmp(name, "--quiet") == 0) {
		r->c->quiet = true;
	} else if (strcmp(name, "--no-color") == 0) {
		r->c->color = false;
	} else if (strcmp(name, "--help") == 0) {
		r->help = true;
	} else if (strcmp(name, "--version") == 0) {
		(void)printf("postigo %s\n", PACKAGE_VERSION);
		r->code = EXIT_FINE;
	} else {
		return false;
	}
	return true;
}

static const struct ctl_option *
option_find(const struct ctl_option *o, const char *name, size_t n)
{
	for (; o != NULL && o->name != NULL; o++)
		if (strlen(o->name) == n && strncmp(o->name, name, n) == 0)
			return o;
	return NULL;
}

/* An option at argv[i]; returns how many arguments it took, 0 after an
 * error. The verb's own options go before the global ones. */
static int
read_option(struct reading *r, int argc, char **argv, int i)
{
	const char *eq = strchr(argv[i], '=');
	size_t n = eq != NULL ? (size_t)(eq - argv[i]) : strlen(argv[i]);
	const struct verb *v = r->a->verb;
	const struct ctl_option *o =
		v != NULL ? option_find(v->options, argv[i], n) : NULL;
	const char *value = eq != NULL ? eq + 1 : NULL;
	bool own = o != NULL;
	int took = 1;

	if (o == NULL)
		o = option_find(global_options, argv[i], n);
	if (o == NULL) {
		r->code = ctl_fail(EXIT_USAGE,
				   "no such option '%s' (try --help)", argv[i]);
		return 0;
	}
	if (o->value == NULL && value != NULL) {
		r->code = ctl_fail(EXIT_USAGE, "'%s' takes no value", o->name);
		return 0;
	}
	if (o->value != NULL && value == NULL) {
		if (i + 1 >= argc) {
			r->code = ctl_fail(EXIT_USAGE, "'%s' needs a value: %s",
					   o->name, o->value);
			return 0;
		}
		value = argv[i + 1];
		took = 2;
	}
	if (!own) {
		(void)read_global(r, o->name, value);
		return took;
	}
	if (r->a->givens >= CTL_WORDS_MAX) {
		r->code = ctl_fail(EXIT_USAGE, "too many options");
		return 0;
	}
	value = value != NULL ? value : "";
	r->a->value[o - v->options] = value;
	r->a->given[r->a->givens++] = (struct ctl_given){ o->name, value };
	return took;
}

/*
 * One more word of the verb's name: report, then report plan, then report
 * plan add. A shorter name that is a verb of its own holds if the next word
 * belongs to no longer one. false: it is an argument, or the code is set.
 */
static bool
read_name(struct reading *r, const char *word)
{
	char longer[NAME_MAX_BYTES];
	const struct verb *v;

	if (r->a->words > 0 || r->a->givens > 0)
		return false;
	(void)snprintf(longer, sizeof longer, "%s%s%s", r->noun,
		       r->noun[0] != '\0' ? " " : "", word);
	v = verb_find(longer);
	if (v == NULL && !is_group(longer)) {
		if (r->a->verb == NULL)
			r->code = ctl_fail(EXIT_USAGE,
					   "no such verb '%s' (try %s)", longer,
					   "--help");
		return false;
	}
	r->a->verb = v;
	memcpy(r->noun, longer, sizeof longer);
	return true;
}

/* A word: part of the verb's name, or an argument of it. */
static void
read_word(struct reading *r, const char *word)
{
	if (read_name(r, word) || r->code >= 0)
		return;
	if (r->a->words >= CTL_WORDS_MAX) {
		r->code = ctl_fail(EXIT_USAGE, "too many arguments");
		return;
	}
	r->a->word[r->a->words++] = word;
}

static void
read_line(struct reading *r, int argc, char **argv)
{
	bool only_words = false;
	int i = 1;

	while (i < argc && r->code < 0) {
		if (r->a->verb != NULL && r->a->verb->raw) {
			r->c->argc = argc - i;
			r->c->argv = argv + i;
			return;
		}
		if (!only_words && strcmp(argv[i], "--") == 0) {
			only_words = true;
			i++;
		} else if (!only_words && argv[i][0] == '-' &&
			   argv[i][1] != '\0') {
			i += read_option(r, argc, argv, i);
		} else {
			read_word(r, argv[i]);
			i++;
		}
	}
}

static int
check_words(const struct ctl_args *a)
{
	if (a->words < a->verb->min)
		return ctl_fail(EXIT_USAGE, "usage: postigo %s %s",
				a->verb->name, a->verb->usage);
	if (a->words > a->verb->max)
		return ctl_fail(EXIT_USAGE, "unexpected argument '%s'",
				a->word[a->verb->max]);
	return EXIT_FINE;
}

/* Where the desk and its socket are, if nobody said. */
static void
fill_paths(struct ctl *c)
{
	const char *dir = getenv("POSTIGO_DIR");

	if (c->dir == NULL)
		c->dir = mem_strdup(dir != NULL && dir[0] != '\0'
					    ? dir
					    : POSTIGO_STATE_DIR);
	if (c->socket == NULL)
		c->socket = mem_printf("%s/run/control.sock", c->dir);
}

static int
run(struct reading *r, int argc, char **argv)
{
	int code;

	read_line(r, argc, argv);
	if (r->code >= 0)
		return r->code;
	if (r->help)
		return r->a->verb != NULL
			       ? help_verb(r->a->verb)
			       : help_all(r->noun[0] != '\0' ? r->noun : NULL);
	if (r->a->verb == NULL && r->noun[0] != '\0')
		return ctl_fail(EXIT_USAGE, "'%s' what? (try postigo %s %s)",
				r->noun, r->noun, "--help");
	if (r->a->verb == NULL)
		return ctl_fail(EXIT_USAGE, "say what to do (try --help)");
	code = check_words(r->a);
	if (code != EXIT_FINE)
		return code;
	fill_paths(r->c);
	return r->a->verb->run(r->c, r->a);
}

int
main(int argc, char **argv)
{
	const char *no_color = getenv("NO_COLOR");
	struct ctl_args a = { .verb = NULL };
	struct ctl c = { .color = isatty(STDOUT_FILENO) };
	struct reading r = { .c = &c, .a = &a, .code = -1 };
	int code;

	(void)setlocale(LC_CTYPE, "C.UTF-8");
	(void)signal(SIGPIPE, SIG_IGN);
	log_open("postigo", LOG_JSON, LOG_LVL_INFO);
	if (no_color != NULL && no_color[0] != '\0')
		c.color = false;
	code = run(&r, argc, argv);
	if (fflush(stdout) != 0 && code == EXIT_FINE)
		code = ctl_fail(EXIT_INPUT_OUTPUT,
				"could not write to standard output");
	if (c.bus != NULL)
		bus_free(&c.bus);
	mem_free(c.socket);
	mem_free(c.dir);
	return code;
}
