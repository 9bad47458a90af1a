#ifndef POSTIGO_CTL_H
#define POSTIGO_CTL_H

/*
 * ctl: what the verbs of the `postigo` command share: options, the bus,
 * exit codes, and what is printed where. Data goes to standard output, talk
 * to standard error; nothing ever asks a question.
 *
 * Not here: any rule of the desk. A verb calls methods of the bus and prints
 * what they answer.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "daemon/base/err.h"

/* Exit codes, after sysexits(3). */
enum ctl_exit {
	EXIT_FINE = 0,
	EXIT_FOUND = 1,        /* a check found problems */
	EXIT_USAGE = 64,       /* wrong command line */
	EXIT_DATA = 65,        /* what was given is wrong, or is not there */
	EXIT_UNREACHABLE = 69, /* no daemon answers */
	EXIT_INTERNAL = 70,
	EXIT_CREATE = 73, /* cannot create a file */
	EXIT_INPUT_OUTPUT = 74,
	EXIT_LATER = 75, /* try again */
	EXIT_DENIED = 77,
	EXIT_SETTINGS = 78
};

#define CTL_ASK_MS 30000       /* longest wait for one answer */
#define CTL_SLOW_MS 600000     /* of a check of the store */
#define CTL_BACKUP_MS 86400000 /* of a backup: as fast as two disks are */
#define CTL_HELLO_MS 5000      /* of the first answer */
#define CTL_FILE_MAX 1048576   /* bytes of a file that is read */
#define CTL_OPTIONS_MAX 16     /* of one verb */
#define CTL_WORDS_MAX 64       /* arguments of one command */
#define CTL_PAGES_MAX 1000000  /* of one list */

struct bus;

/* One run of the command. */
struct ctl {
	char *socket; /* of the control role */
	char *dir;    /* the desk's folder */
	bool json;
	bool quiet;
	bool color;
	struct bus *bus; /* NULL until ctl_connect() */
	int argc;        /* what was not read, for verbs that hand it on */
	char **argv;
	bool socket_given;
	bool dir_given;
};

/* An option of a verb. value is the word for its value in the help, NULL for
 * a flag; name ends the table when NULL. */
struct ctl_option {
	const char *name;
	const char *value;
	const char *help;
};

struct verb;

/* An option of the verb's own, as often as it was given. */
struct ctl_given {
	const char *name;
	const char *value;
};

/* The arguments of a verb, as read. All borrowed. */
struct ctl_args {
	const struct verb *verb;
	const char *value[CTL_OPTIONS_MAX];    /* NULL: not given; "": a flag */
	struct ctl_given given[CTL_WORDS_MAX]; /* in order */
	size_t givens;
	const char *word[CTL_WORDS_MAX];
	size_t words;
};

typedef int verb_fn(struct ctl *c, const struct ctl_args *a);

struct verb {
	const char *name; /* one or two words */
	const char *usage;
	const char *about;
	const char *example;
	const struct ctl_option *options; /* may be NULL */
	size_t min;                       /* words after the name */
	size_t max;
	bool raw; /* everything after the name is handed on unread */
	verb_fn *run;
};

/* The (last) value of an option: NULL if it was not given, "" for a flag. */
const char *ctl_arg(const struct ctl_args *a, const char *name);

/*
 * A whole number of an option or word.
 * what  its name in the message
 * false: it is none, or outside min to max; a line is on standard error
 */
bool ctl_number(const char *s, const char *what, long long min, long long max,
		long long *out);

/* An incident's number: 42, P-42 or p42. false: as for ctl_number. */
bool ctl_incident_id(const char *s, long long *out);

/*
 * An instant of an option, as ISO text: 30d, 12h (before now), a date, or an
 * instant of UTC with a Z at the end.
 * false: it is none; a line is on standard error
 */
bool ctl_instant(const char *s, const char *what, char out[32]);

/* One line to standard error, unless --quiet. */
void ctl_say(const struct ctl *c, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "postigo: ..." to standard error, always; returns code. */
int ctl_fail(int code, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Connect and say hello, at most CTL_HELLO_MS. 0, or an exit code after a
 * line on standard error. */
int ctl_connect(struct ctl *c);

/*
 * Ask the daemon; connects first if need be.
 *
 * params  taken; NULL: none
 * as      a handle, or NULL
 * out     new reference when 0 is returned
 *
 * 0, or an exit code after a line on standard error.
 */
int ctl_ask(struct ctl *c, const char *method, json_t *params, int timeout_ms,
	    json_t **out);

/* As ctl_ask of one thing, by its id, within CTL_ASK_MS. */
int ctl_ask_id(struct ctl *c, const char *method, long long id, json_t **out);

/* As ctl_ask for a person, and without the line: the caller reads *e and
 * *data (a new reference or NULL). */
enum outcome ctl_try(struct ctl *c, const char *method, json_t *params,
		     const char *as, int timeout_ms, json_t **out,
		     json_t **data, struct err *e);

/* The exit code for a refusal of the daemon. */
int ctl_exit_of(enum outcome o, const struct err *e);

/*
 * Wait until a job has ended: {state, result}. 0 and *out (new), or an exit
 * code after a line: nobody did it in time.
 */
int ctl_wait_job(struct ctl *c, long long job, json_t **out);

/*
 * Read a file, or standard input for "-", at most CTL_FILE_MAX bytes of good
 * UTF-8. 0 and *out (free with mem_free), or an exit code after a line.
 */
int ctl_read(const char *path, char **out);

/* The same as JSON. */
int ctl_read_json(const char *path, json_t **out);

/* One line of JSON on standard output. EXIT_FINE or EXIT_INPUT_OUTPUT. */
int ctl_print_json(const json_t *o);

/* --- text for people ----------------------------------------------------- */

#define CTL_COLUMNS_MAX 12

struct table;

/* A table with its headings, NULL at the end. */
struct table *table_new(const char *const *headings);

/* A cell, from left to right; NULL is empty. Control characters are shown as
 * question marks. */
void table_add(struct table *t, const char *text);

/* The same of a whole number. */
void table_add_number(struct table *t, long long n);

/* Print it, columns aligned by characters, headings dim where there is
 * colour; free it. */
void table_print(struct ctl *c, struct table **t);

/* Free it unprinted. */
void table_drop(struct table **t);

/* Adds the row of one thing. */
typedef void table_row_fn(struct table *t, const json_t *x);

/* Print a list of things: a table of their rows, or with --json a line each.
 * EXIT_FINE or EXIT_INPUT_OUTPUT. */
int table_list(struct ctl *c, const char *const *headings, const json_t *list,
	       table_row_fn *row);

/* The same of what a method answers, which takes no parameters but those
 * given.
 * params  taken; NULL: none
 * name    the list in its result
 * An exit code, as ctl_ask(). */
int table_ask(struct ctl *c, const char *const *headings, const char *method,
	      json_t *params, const char *name, table_row_fn *row);

/* Text from outside on one line without control characters (free it). */
char *ctl_clean(const char *s);

/* A member that is a string, or "". */
const char *ctl_str(const json_t *o, const char *name);
long long ctl_int(const json_t *o, const char *name);

/* --- the verbs ----------------------------------------------------------- */

extern const struct verb verb_table[];
extern const size_t verb_count;

/* Ask the daemon whether its store is sound, and print what it found: on out,
 * or as JSON on standard output. An exit code. */
int ctl_check_store(struct ctl *c, FILE *out);

/* Run `postigo-mail NOUN VERB WORD...` on the mail role's socket. Returns only
 * if it could not, with an exit code after a line. */
int mail_program(struct ctl *c, const char *noun, const char *verb,
		 size_t words, const char *const *word);

verb_fn verb_status, verb_check, verb_fsck, verb_serve, verb_mail;
verb_fn verb_mailbox_list, verb_mailbox_test, verb_mailbox_fetch;
verb_fn verb_webhook_log, verb_webhook_replay;
verb_fn verb_whatsapp_check, verb_whatsapp_templates, verb_whatsapp_dead,
	verb_whatsapp_replay;
verb_fn verb_shop_dead, verb_shop_replay;
verb_fn verb_import_orders, verb_import_list;
verb_fn verb_book_check, verb_book_apply, verb_book_export, verb_book_diff;
verb_fn verb_book_fmt, verb_book_log, verb_book_rollback, verb_book_test,
	verb_explain;
verb_fn verb_rules_match;
verb_fn verb_sla_due, verb_sla_explain;
verb_fn verb_connection_list, verb_connection_add, verb_connection_remove,
	verb_connection_test, verb_connection_enable, verb_connection_disable,
	verb_connection_set;
verb_fn verb_incident_list, verb_incident_show, verb_search;
verb_fn verb_clock_list, verb_clock_explain, verb_breach_list;
verb_fn verb_user_add, verb_user_list, verb_user_away, verb_user_back,
	verb_user_disable, verb_user_link, verb_user_passwd;
verb_fn verb_token_create, verb_token_revoke;
verb_fn verb_report, verb_staffing;
verb_fn verb_plan_list, verb_plan_add, verb_plan_edit, verb_plan_remove,
	verb_plan_try;
verb_fn verb_backup, verb_restore, verb_events, verb_call, verb_desk;

extern const struct ctl_option serve_options[], book_apply_options[],
	book_fmt_options[], book_log_options[], book_rollback_options[],
	book_test_options[], explain_options[], connection_add_options[],
	incident_list_options[], breach_list_options[], user_add_options[],
	user_away_options[], user_link_options[], user_passwd_options[],
	events_options[], call_options[], check_options[], fsck_options[],
	token_options[], desk_options[], backup_options[], restore_options[],
	search_options[], report_options[], staffing_options[],
	rules_match_options[], plan_add_options[], plan_edit_options[],
	plan_try_options[], webhook_log_options[], whatsapp_templates_options[],
	dead_options[], replay_options[], import_orders_options[];

#endif
