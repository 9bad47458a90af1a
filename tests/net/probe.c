/*
 * probe: the mail gateway's transport from a command line, for tests.
 *
 *   probe imap|smtp HOST PORT tls|starttls|none
 *
 * From the environment: PROBE_CA (file), PROBE_USER, PROBE_PASSWORD or
 * PROBE_TOKEN (none: no login), PROBE_WAIT_MS. Opens, then obeys the lines of
 * standard input; arguments are parted by tabs. Prints a JSON object a line:
 * {"did", "outcome", "class", "text", ...}. SIGUSR1 sets the cancel flag.
 */
#include <jansson.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "gateways/mail/net/imap.h"
#include "gateways/mail/net/smtp.h"

#define ARGS_MAX 110
#define FILE_MAX ((size_t)64 << 20)

static struct net_cancel *cancel;

static void *
on_signal(void *signals)
{
	int n;

	while (sigwait(signals, &n) == 0)
		net_cancel_set(cancel);
	return NULL;
}

/* Takes more, the command's own members; NULL: none. */
static void
say(const char *did, enum outcome o, const struct err *e, json_t *more)
{
	json_t *line = json_object();
	char *text;

	json_object_set_new(line, "did", json_string(did));
	json_object_set_new(line, "outcome", json_string(outcome_name(o)));
	if (o != OUT_OK) {
		json_object_set_new(line, "class", json_string(e->code));
		json_object_set_new(line, "text", json_string(e->text));
	}
	if (more != NULL)
		json_object_update_new(line, more);
	text = json_dumps(line, JSON_COMPACT);
	puts(text);
	fflush(stdout);
	free(text);
	json_decref(line);
}

static bool
read_file(const char *path, struct buf *b)
{
	FILE *f = fopen(path, "rb");
	char chunk[65536];
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		buf_add(b, chunk, n);
	fclose(f);
	return !b->full;
}

static bool
to_file(void *ctx, const void *p, size_t n)
{
	return fwrite(p, 1, n, ctx) == n;
}

/* --- imap ---------------------------------------------------------------- */

static void
do_select(struct imap *i, char **arg)
{
	struct imap_folder f;
	struct err e;
	enum outcome o = imap_select(i, arg[1], &f, &e);

	say(arg[0], o, &e,
	    json_pack("{s:I,s:I,s:I,s:b}", "uidvalidity",
		      (json_int_t)f.uidvalidity, "uidnext",
		      (json_int_t)f.uidnext, "exists", (json_int_t)f.exists,
		      "read_only", f.read_only));
}

static void
do_list(struct imap *i, char **arg)
{
	struct imap_mail *m = mem_new(IMAP_LIST_MAX, sizeof(*m));
	json_t *all = json_array();
	bool more;
	size_t n;
	struct err e;
	enum outcome o = imap_list(i, (uint32_t)strtoul(arg[1], NULL, 10), m,
				   strtoul(arg[2], NULL, 10), &n, &more, &e);

	for (size_t k = 0; k < n; k++)
		json_array_append_new(
			all, json_pack("{s:I,s:I,s:I,s:i}", "uid",
				       (json_int_t)m[k].uid, "size",
				       (json_int_t)m[k].size_bytes, "received",
				       (json_int_t)m[k].received_ms, "flags",
				       (int)m[k].flags));
	say(arg[0], o, &e, json_pack("{s:o,s:b}", "mails", all, "more", more));
	mem_free(m);
}

static void
do_fetch(struct imap *i, char **arg)
{
	FILE *f = fopen(arg[3], "wb");
	size_t n = 0;
	struct err e;
	enum outcome o;

	if (f == NULL)
		exit(66);
	o = imap_fetch(i, (uint32_t)strtoul(arg[1], NULL, 10),
		       strtoul(arg[2], NULL, 10), to_file, f, &n, &e);
	fclose(f);
	say(arg[0], o, &e, json_pack("{s:I}", "octets", (json_int_t)n));
}

static void
do_idle(struct imap *i, char **arg)
{
	struct err e;
	bool news;
	enum outcome o = imap_idle(i, (int)strtol(arg[1], NULL, 10), &news, &e);

	say(arg[0], o, &e, json_pack("{s:b}", "news", news));
}

static void
do_seen(struct imap *i, char **arg)
{
	struct err e;

	say(arg[0], imap_mark_seen(i, (uint32_t)strtoul(arg[1], NULL, 10), &e),
	    &e, NULL);
}

static void
do_move(struct imap *i, char **arg)
{
	struct err e;
	bool left;
	enum outcome o = imap_move(i, (uint32_t)strtoul(arg[1], NULL, 10),
				   arg[2], &left, &e);

	say(arg[0], o, &e, json_pack("{s:b}", "left", left));
}

static void
do_append(struct imap *i, char **arg)
{
	struct buf b;
	struct err e;
	uint32_t uid;
	enum outcome o;

	buf_init(&b, FILE_MAX);
	if (!read_file(arg[2], &b))
		exit(66);
	o = imap_append(i, arg[1], b.data, b.len, &uid, &e);
	say(arg[0], o, &e, json_pack("{s:I}", "uid", (json_int_t)uid));
	buf_release(&b);
}

static void
do_find(struct imap *i, char **arg)
{
	struct err e;
	uint32_t uid;
	enum outcome o = imap_find(i, arg[1], arg[2], &uid, &e);

	say(arg[0], o, &e, json_pack("{s:I}", "uid", (json_int_t)uid));
}

static void
do_create(struct imap *i, char **arg)
{
	struct err e;

	say(arg[0], imap_create(i, arg[1], &e), &e, NULL);
}

static void
folder_seen(void *ctx, const char *folder, const char *attributes,
	    char separator)
{
	json_array_append_new(ctx, json_pack("{s:s,s:s,s:s#}", "name", folder,
					     "attributes", attributes,
					     "separator", &separator,
					     (size_t)(separator != '\0')));
}

static void
do_folders(struct imap *i, char **arg)
{
	json_t *all = json_array();
	struct err e;
	enum outcome o = imap_folders(i, folder_seen, all, &e);

	say(arg[0], o, &e, json_pack("{s:o}", "folders", all));
}

static void
do_noop(struct imap *i, char **arg)
{
	struct err e;

	say(arg[0], imap_noop(i, &e), &e, NULL);
}

static const struct {
	const char *name;
	int args;
	void (*run)(struct imap *, char **);
} verbs[] = {
	{ "select", 1, do_select }, { "list", 2, do_list },
	{ "fetch", 3, do_fetch },   { "idle", 1, do_idle },
	{ "seen", 1, do_seen },     { "move", 2, do_move },
	{ "append", 2, do_append }, { "find", 2, do_find },
	{ "create", 1, do_create }, { "folders", 0, do_folders },
	{ "noop", 0, do_noop },
};

static bool
run_imap(struct imap *i, int n, char **arg)
{
	for (size_t k = 0; k < sizeof(verbs) / sizeof(verbs[0]); k++)
		if (strcmp(arg[0], verbs[k].name) == 0 &&
		    n == verbs[k].args + 1) {
			verbs[k].run(i, arg);
			return true;
		}
	return false;
}

/* --- smtp ---------------------------------------------------------------- */

/* send FROM FILE TO... */
static bool
run_smtp(struct smtp *s, int n, char **arg)
{
	struct smtp_result *r;
	struct smtp_mail mail;
	json_t *refused;
	struct buf b;
	struct err e;
	enum outcome o;

	if (n < 4 || strcmp(arg[0], "send") != 0)
		return false;
	r = mem_new(1, sizeof(*r));
	refused = json_array();
	buf_init(&b, FILE_MAX);
	if (!read_file(arg[2], &b))
		exit(66);
	mail = (struct smtp_mail){ .from = arg[1],
				   .to = (const char *const *)(arg + 3),
				   .to_count = (size_t)(n - 3),
				   .octets = b.data,
				   .n = b.len };
	o = smtp_send(s, &mail, r, &e);
	for (size_t k = 0; k < r->refused_count; k++)
		json_array_append_new(
			refused, json_pack("{s:s,s:i,s:s}", "to",
					   mail.to[r->refused[k].recipient],
					   "code", r->refused[k].code, "text",
					   r->refused[k].text));
	say(arg[0], o, &e,
	    json_pack("{s:i,s:s,s:I,s:o,s:b}", "code", r->code, "said", r->text,
		      "taken", (json_int_t)r->taken, "refused", refused,
		      "alive", smtp_alive(s)));
	buf_release(&b);
	mem_free(r);
	return true;
}

/* --- main ---------------------------------------------------------------- */

static int
split(char *line, char **arg)
{
	int n = 0;

	line[strcspn(line, "\n")] = '\0';
	while (line != NULL && n < ARGS_MAX)
		arg[n++] = strsep(&line, "\t");
	return n;
}

int
main(int argc, char **argv)
{
	struct net_server server = { .ca_file = getenv("PROBE_CA") };
	struct net_login login = { .user = getenv("PROBE_USER"),
				   .password = getenv("PROBE_PASSWORD"),
				   .token = getenv("PROBE_TOKEN") };
	const char *wait = getenv("PROBE_WAIT_MS");
	struct imap *imap = NULL;
	struct smtp *smtp = NULL;
	char *line = NULL, *arg[ARGS_MAX + 1];
	size_t room = 0;
	static sigset_t signals;
	pthread_t thread;
	struct err e;
	enum outcome o;

	if (argc != 5 ||
	    net_security_parse(argv[4], &server.security, &e) != OUT_OK)
		return 64;
	cancel = net_cancel_new();
	sigemptyset(&signals);
	sigaddset(&signals, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	if (pthread_create(&thread, NULL, on_signal, &signals) != 0)
		return 71;
	server.host = argv[2];
	server.port = (uint16_t)strtoul(argv[3], NULL, 10);
	server.cancel = cancel;
	server.wait_ms = wait == NULL ? 0 : strtoll(wait, NULL, 10);
	if (strcmp(argv[1], "imap") == 0)
		o = imap_open(&server, &login, &imap, &e);
	else
		o = smtp_open(&server, login.user != NULL ? &login : NULL,
			      &smtp, &e);
	say("open", o, &e, NULL);
	while (o == OUT_OK && getline(&line, &room, stdin) > 0) {
		int n = split(line, arg);

		if (!(imap != NULL ? run_imap(imap, n, arg)
				   : run_smtp(smtp, n, arg))) {
			fprintf(stderr, "probe: no such line: %s\n", arg[0]);
			o = OUT_PERM;
		}
	}
	free(line);
	imap_close(&imap);
	smtp_close(&smtp);
	return 0;
}
