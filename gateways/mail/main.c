/*
 * postigo-mail: the mail gateway, and the verbs by which mails get in by
 * pipe or are looked at without a desk.
 */

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/config.h"
#include "daemon/wire/bus.h"
#include "gateways/common/gw.h"
#include "gateways/mail/box.h"
#include "gateways/mail/child.h"
#include "gateways/mail/contact.h"
#include "gateways/mail/explain.h"
#include "gateways/mail/intake.h"
#include "gateways/mail/jobs.h"
#include "gateways/mail/mailbox.h"
#include "gateways/mail/net/net.h"
#include "gateways/mail/net/oauth.h"
#include "gateways/mail/pace.h"
#include "gateways/mail/port.h"
#include "gateways/mail/send.h"
#include "gateways/mail/submit.h"
#include "gateways/mail/verbs.h"

#define DRAIN_MS 2800 /* what is under way may take */
#define CUT_MS 1800   /* of it, until SMTP transactions are cut */
#define LAST_MS 200   /* for threads, after that */
#define BLINK_MS 2000

static const char usage[] =
	"usage: postigo-mail run [--socket PATH]\n"
	"       postigo-mail submit --connection NAME [--received INSTANT]\n"
	"                    [--socket PATH] < MAIL\n"
	"       postigo-mail parse FILE...\n"
	"       postigo-mail strip [--html] < BODY\n"
	"       postigo-mail explain [--connection NAME] [--json] FILE...\n"
	"                    [--socket PATH]\n"
	"       postigo-mail mailbox test|fetch [NAME] [--socket PATH]\n"
	"options: --log json|journald, --log-level error|warn|info|debug,\n"
	"         --mime PATH (of postigo-mime), --help, --version\n";

struct program {
	struct gw_options gw;
	const char *verb;
	const char *connection;
	const char *received;
	char *mime;
	bool html;
	bool json;
	char **files;
	int file_count;
};

/* The gateway at work. */
struct gateway {
	struct bus *bus;
	struct boxes boxes;
	struct mailboxes mailboxes;
	struct port *port;
	struct intake *intake;
	struct send *send;
	struct jobs *jobs;
	bool ask;   /* connection.mine */
	bool known; /* it was answered once */
	int signals;
};

/* postigo-mime lies beside this program, or where it was installed. */
static char *
find_mime(void)
{
	char self[4096];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *path = NULL, *slash;

	self[n > 0 ? n : 0] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		path = mem_printf("%.*s/postigo-mime", (int)(slash - self),
				  self);
		if (access(path, X_OK) == 0)
			return path;
		mem_free(path);
	}
	return mem_strdup(LIBEXECDIR "/postigo-mime");
}

static void
connections(void *arg, const struct bus_reply *r)
{
	struct gateway *g = arg;

	if (r->outcome == OUT_OK) {
		const json_t *list = json_object_get(r->result, "connections");

		boxes_update(&g->boxes, list);
		mailboxes_update(&g->mailboxes, list);
		log_info("mail.connections", "%zu connections",
			 json_array_size(list));
		g->known = true;
		send_wake(g->send);
		return;
	}
	log_warn("mail.connections", "%s", r->err.text);
	g->ask = r->outcome != OUT_PERM;
}

static void
note(void *arg, const char *method, json_t *params)
{
	struct gateway *g = arg;
	const char *what = json_string_value(json_object_get(params, "what"));

	if (strcmp(method, "wake") != 0 || !what)
		return;
	if (strcmp(what, "outbox") == 0)
		send_wake(g->send);
	else if (strcmp(what, "jobs") == 0)
		jobs_wake(g->jobs);
	else if (strcmp(what, "connections") == 0)
		g->ask = true;
}

static void
state(void *arg, bool up)
{
	struct gateway *g = arg;

	log_info(up ? "mail.up" : "mail.down",
		 up ? "the daemon answers" : "the daemon is away");
	port_up(g->port, up);
	if (up) {
		g->ask = true;
		jobs_wake(g->jobs);
		mailboxes_up(&g->mailboxes);
		for (size_t i = 0; i < g->boxes.count; i++) {
			g->boxes.list[i]->reported = -1;
			g->boxes.list[i]->backoff_ms = 0;
			g->boxes.list[i]->wait_ms = 0;
		}
	} else {
		send_lost(g->send);
		jobs_lost(g->jobs);
	}
}

static void
step(struct gateway *g)
{
	struct err e;

	if (g->ask && bus_up(g->bus) &&
	    bus_call(g->bus, "connection.mine", NULL, NULL, NULL, connections,
		     g, &e) == OUT_OK)
		g->ask = false;
	port_step(g->port);
	mailboxes_step(&g->mailboxes);
	intake_step(g->intake);
	if (!g->known)
		return;
	send_step(g->send);
	jobs_step(g->jobs);
}

static int
soonest(const struct gateway *g)
{
	int wait = BLINK_MS;
	int list[] = { bus_wait_ms(g->bus), intake_wait_ms(g->intake),
		       port_wait_ms(g->port),
		       g->known ? send_wait_ms(g->send) : -1,
		       g->known ? jobs_wait_ms(g->jobs) : -1 };

	for (size_t i = 0; i < sizeof(list) / sizeof(*list); i++)
		if (list[i] >= 0 && list[i] < wait)
			wait = list[i];
	return wait;
}

/* One round. OUT_PERM: the daemon refuses us; OUT_TEMP: asked to end. */
static enum outcome
round_once(struct gateway *g)
{
	struct pollfd fds[] = {
		{ .fd = g->signals, .events = POLLIN },
		{ .fd = g->boxes.inotify, .events = POLLIN },
		{ .fd = bus_fd(g->bus), .events = POLLIN },
		{ .fd = port_fd(g->port), .events = POLLIN },
	};
	struct err e;
	enum outcome o;
	int sig;

	if (bus_wants_write(g->bus))
		fds[2].events |= POLLOUT;
	if (poll(fds, 4, soonest(g)) < 0 && errno != EINTR)
		return OUT_TEMP;
	sig = fds[0].revents ? gw_signal(g->signals) : 0;
	if (sig == SIGTERM || sig == SIGINT)
		return OUT_TEMP;
	if (sig == SIGHUP)
		g->ask = true;
	if (fds[1].revents)
		boxes_notice(&g->boxes);
	o = bus_step(g->bus, &e);
	if (o == OUT_PERM) {
		log_error("mail.protocol", "%s", e.text);
		return OUT_PERM;
	}
	step(g);
	return OUT_OK;
}

/* What is under way ends; nothing new begins. */
static void
drain(struct gateway *g)
{
	int64_t now = clock_tick_ms(), until = now + DRAIN_MS;
	int64_t cut = now + CUT_MS;
	struct err e;

	mailboxes_stop(&g->mailboxes, false);
	for (; now < until; now = clock_tick_ms()) {
		bool idle = intake_drain(g->intake);
		struct pollfd fds[] = {
			{ .fd = bus_fd(g->bus), .events = POLLIN },
			{ .fd = port_fd(g->port), .events = POLLIN },
		};

		idle = send_drain(g->send) && idle;
		idle = jobs_drain(g->jobs) && idle;
		idle = (idle || !bus_up(g->bus)) && port_idle(g->port) &&
		       mailboxes_ended(&g->mailboxes);
		if (idle)
			break;
		if (now >= cut)
			mailboxes_stop(&g->mailboxes, true);
		if (bus_wants_write(g->bus))
			fds[0].events |= POLLOUT;
		(void)poll(fds, 2, 50);
		if (bus_step(g->bus, &e) == OUT_PERM)
			break;
		step(g);
	}
	intake_step(g->intake);
}

/* The threads that still wait for us get their answers and end. */
static void
release(struct gateway *g)
{
	int64_t until = clock_tick_ms() + LAST_MS;

	mailboxes_stop(&g->mailboxes, true);
	port_close(g->port);
	bus_free(&g->bus);
	jobs_close(g->jobs);
	while (!mailboxes_ended(&g->mailboxes) && clock_tick_ms() < until) {
		struct pollfd fd = { .fd = port_fd(g->port), .events = POLLIN };

		(void)poll(&fd, 1, 20);
		port_step(g->port);
	}
	intake_free(&g->intake);
	send_free(&g->send);
	jobs_free(&g->jobs);
	if (mailboxes_ended(&g->mailboxes)) {
		mailboxes_release(&g->mailboxes);
		port_free(&g->port);
	}
	boxes_release(&g->boxes);
}

static int
run(struct program *p)
{
	struct gateway g = { .signals = gw_signals() };
	struct bus_hooks hooks = { .note = note, .state = state, .arg = &g };
	struct child *parser = child_new(p->mime);
	enum outcome o = OUT_OK;

	g.bus = bus_new(p->gw.socket, "postigo-mail", &hooks);
	boxes_init(&g.boxes, g.bus);
	g.port = port_new(g.bus, parser);
	mailboxes_init(&g.mailboxes, g.bus, g.port);
	g.intake = intake_new(&g.boxes, g.bus, parser);
	g.send = send_new(&g.boxes, &g.mailboxes, g.bus, parser);
	g.jobs = jobs_new(&g.boxes, &g.mailboxes, g.bus, parser, g.port);
	net_ignore_sigpipe();
	oauth_start();
	pace_start();
	log_info("mail.start", "postigo-mail %s", PACKAGE_VERSION);
	while (o == OUT_OK)
		o = round_once(&g);
	if (o == OUT_TEMP)
		drain(&g);
	release(&g);
	child_free(&parser);
	(void)close(g.signals);
	log_info("mail.stop", "postigo-mail ends");
	return o == OUT_PERM ? GW_UNAVAILABLE : GW_OK;
}

static int
submit(struct program *p)
{
	int64_t received = clock_now_ms();
	struct child *parser;
	int rc;

	if (!p->connection ||
	    (p->received && !clock_parse(p->received, &received))) {
		(void)fputs(usage, stderr);
		return GW_USAGE;
	}
	parser = child_new(p->mime);
	rc = submit_mail(0, p->gw.socket, p->connection, received, parser);
	child_free(&parser);
	return rc;
}

/* false: it could not be read, or is over the ceiling. */
static bool
read_file(FILE *f, struct buf *b)
{
	char piece[65536];
	size_t n;

	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		if (!buf_add(b, piece, n))
			return false;
	return !ferror(f);
}

/* One line of JSON about a file; its parts' octets are not printed. */
static int
print_mail(struct child *parser, const char *file, const struct buf *raw)
{
	json_t *mail = NULL, *line = json_object(), *a;
	struct buf octets;
	struct err e;
	size_t i;

	buf_init(&octets, CHILD_OCTETS_MAX);
	if (child_ask(parser, CHILD_PARSE, NULL, buf_str(raw), raw->len, &mail,
		      &octets, &e) != OUT_OK) {
		(void)fprintf(stderr, "postigo-mail: %s: %s\n", file, e.text);
		json_decref(line);
		buf_release(&octets);
		return GW_DATA;
	}
	json_array_foreach(json_object_get(mail, "attachments"), i, a)
		json_object_del(a, "offset");
	json_object_set_new(line, "file", json_string(file));
	json_object_update(line, mail);
	if (json_dumpf(line, stdout, JSON_COMPACT) < 0)
		(void)fputs("{}", stdout);
	(void)putchar('\n');
	(void)fflush(stdout);
	json_decref(line);
	json_decref(mail);
	buf_release(&octets);
	return GW_OK;
}

static int
parse(struct program *p)
{
	struct child *parser = child_new(p->mime);
	int rc = p->file_count ? GW_OK : GW_USAGE;

	for (int i = 0; i < p->file_count; i++) {
		FILE *f = fopen(p->files[i], "re");
		struct buf raw;
		int one = GW_DATA;

		buf_init(&raw, CONTACT_RAW_MAX);
		if (!f || !read_file(f, &raw))
			(void)fprintf(
				stderr, "postigo-mail: %s: %s\n", p->files[i],
				raw.full ? "over 50 MiB" : strerror(errno));
		else
			one = print_mail(parser, p->files[i], &raw);
		if (f)
			(void)fclose(f);
		buf_release(&raw);
		rc = one == GW_OK ? rc : one;
	}
	if (!p->file_count)
		(void)fputs(usage, stderr);
	child_free(&parser);
	return rc;
}

static int
strip(struct program *p)
{
	struct child *parser = child_new(p->mime);
	json_t *how = json_pack("{s:b}", "html", p->html);
	struct buf in, out;
	struct err e;
	int rc = GW_DATA;

	buf_init(&in, CONTACT_RAW_MAX);
	buf_init(&out, CHILD_OCTETS_MAX);
	if (!read_file(stdin, &in))
		(void)fputs("postigo-mail: no body to read\n", stderr);
	else if (child_ask(parser, CHILD_STRIP, how, buf_str(&in), in.len, NULL,
			   &out, &e) != OUT_OK)
		(void)fprintf(stderr, "postigo-mail: %s\n", e.text);
	else if (fwrite(buf_str(&out), 1, out.len, stdout) == out.len)
		rc = GW_OK;
	json_decref(how);
	buf_release(&in);
	buf_release(&out);
	child_free(&parser);
	return rc;
}

static int
explain(struct program *p)
{
	struct child *parser;
	int rc;

	if (!p->file_count) {
		(void)fputs(usage, stderr);
		return GW_USAGE;
	}
	parser = child_new(p->mime);
	rc = explain_files(p->gw.socket, p->connection, p->json, parser,
			   p->files, p->file_count);
	child_free(&parser);
	return rc;
}

static int
mailbox(struct program *p)
{
	const char *what = p->file_count > 0 ? p->files[0] : "";
	const char *name = p->file_count > 1 ? p->files[1] : NULL;
	struct child *parser;
	int rc = GW_USAGE;

	if (p->file_count <= 2 && strcmp(what, "test") == 0)
		return verb_mailbox_test(p->gw.socket, name);
	if (p->file_count <= 2 && strcmp(what, "fetch") == 0) {
		parser = child_new(p->mime);
		rc = verb_mailbox_fetch(p->gw.socket, name, parser);
		child_free(&parser);
		return rc;
	}
	(void)fputs(usage, stderr);
	return rc;
}

static const struct verb {
	const char *name;
	int (*run)(struct program *p);
} verbs[] = {
	{ "run", run },     { "submit", submit },   { "parse", parse },
	{ "strip", strip }, { "mailbox", mailbox }, { "explain", explain },
};

/* An option of this program's own. false: it is none. */
static bool
own_option(struct program *p, int argc, char **argv, int *i)
{
	const char *value = *i + 1 < argc ? argv[*i + 1] : NULL;

	if (strcmp(argv[*i], "--html") == 0) {
		p->html = true;
		return true;
	}
	if (strcmp(argv[*i], "--json") == 0) {
		p->json = true;
		return true;
	}
	if (!value)
		return false;
	if (strcmp(argv[*i], "--connection") == 0)
		p->connection = value;
	else if (strcmp(argv[*i], "--received") == 0)
		p->received = value;
	else if (strcmp(argv[*i], "--mime") == 0)
		p->mime = mem_strdup(value);
	else
		return false;
	(*i)++;
	return true;
}

static bool
read_line(struct program *p, int argc, char **argv, struct err *e)
{
	bool words = false;

	for (int i = 1; i < argc; i++) {
		enum outcome o = OUT_TEMP;

		if (!words && strcmp(argv[i], "--") == 0) {
			words = true;
			continue;
		}
		if (!words && argv[i][0] == '-' && argv[i][1]) {
			o = gw_option(&p->gw, argc, argv, &i, e);
			if (o == OUT_PERM)
				return false;
			if (o == OUT_OK || own_option(p, argc, argv, &i))
				continue;
			(void)err_set(e, OUT_PERM,
				      "no such option, or it has no value: "
				      "'%s'",
				      argv[i]);
			return false;
		}
		if (!p->verb)
			p->verb = argv[i];
		else
			p->files[p->file_count++] = argv[i];
	}
	return true;
}

static int
dispatch(struct program *p)
{
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (p->verb && strcmp(p->verb, verbs[i].name) == 0)
			return verbs[i].run(p);
	(void)fputs(usage, stderr);
	return GW_USAGE;
}

int
main(int argc, char **argv)
{
	struct program p = { 0 };
	struct err e = { .text = "" };
	int rc;

	p.files = mem_new((size_t)argc + 1, sizeof(char *));
	gw_options_init(&p.gw, "mail");
	if (!read_line(&p, argc, argv, &e)) {
		(void)fprintf(stderr, "postigo-mail: %s\n%s", e.text, usage);
		rc = GW_USAGE;
	} else if (p.gw.help) {
		(void)fputs(usage, stdout);
		rc = GW_OK;
	} else if (p.gw.version) {
		(void)puts("postigo-mail " PACKAGE_VERSION);
		rc = GW_OK;
	} else {
		if (!p.mime)
			p.mime = find_mime();
		gw_start(&p.gw, "postigo-mail");
		rc = dispatch(&p);
	}
	mem_free(p.mime);
	mem_free(p.files);
	gw_options_release(&p.gw);
	return rc;
}
