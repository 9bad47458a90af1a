/*
 * postigo serve: the supervisor. It starts the daemon, waits until hello is
 * answered, starts the gateways, restarts what ends, and ends them all with
 * itself. It opens no store and reads nothing of what they say; its log goes
 * to standard error as JSON lines, beside theirs.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"
#include "daemon/ctl/child.h"
#include "daemon/ctl/ctl.h"
#include "daemon/ctl/desk_files.h"
#include "daemon/settings.h"
#include "daemon/wire/bus.h"

#define SERVE_STEP_MS 1000 /* longest sleep of the loop */

const struct ctl_option serve_options[] = {
	{ "--config", "FILE", "the settings file" },
	{ "--console-listen", "ADDRESS",
	  "of the console, instead of the settings'" },
	{ "--chat-listen", "ADDRESS", "of the chat, instead of the settings'" },
	{ "--whatsapp-listen", "ADDRESS",
	  "of WhatsApp's deliveries, instead of the settings'" },
	{ "--shop-listen", "ADDRESS",
	  "of shops' webhooks, instead of the settings'" },
	{ "--assets", "DIR", "the console's pages" },
	{ NULL, NULL, NULL },
};

enum {
	CHILD_DAEMON,
	CHILD_MAIL,
	CHILD_CONSOLE,
	CHILD_CHAT,
	CHILD_WEBHOOK,
	CHILD_WHATSAPP,
	CHILD_SHOP,
	CHILD_COUNT
};

/* Those that run while there is an active connection of their kind. */
static const struct {
	int child;
	const char *kind;
} by_kind[] = {
	{ CHILD_WEBHOOK, "webhook" },  { CHILD_WHATSAPP, "whatsapp" },
	{ CHILD_SHOP, "woocommerce" }, { CHILD_SHOP, "shopify" },
	{ CHILD_SHOP, "prestashop" },  { CHILD_SHOP, "magento" },
	{ CHILD_SHOP, "orders" },      { CHILD_SHOP, "aftership" },
};
#define BY_KIND (sizeof by_kind / sizeof by_kind[0])

/* A program that listens: what the settings say. */
struct faced {
	char *listen; /* ADDRESS:PORT */
	char *url;    /* its public one, or "" */
	char *certificate;
	char *key;
	char *where; /* where a browser finds it, or NULL */
};

/* Where the supervisor is in its life. */
enum phase {
	PHASE_RUN,
	PHASE_STOP_GATEWAYS,
	PHASE_STOP_DAEMON,
	PHASE_DONE
};

struct serve {
	struct ctl *ctl;
	struct child child[CHILD_COUNT];
	enum phase phase;
	bool ready;      /* the daemon answered hello since it started */
	bool ever_ready; /* ... at any time */
	int64_t started_ms;
	struct faced console;
	struct faced chat;
	struct faced whatsapp;
	struct faced shop;
	int code;
	bool installed[CHILD_COUNT]; /* those that run for their kind are */
	bool ask;                    /* connections are to be looked at */
	bool changed;                /* serve.json is old */
};

/* --- serve.json ---------------------------------------------------------- */

static json_t *
describe(const struct serve *s)
{
	json_t *list = json_array();
	char since[32];
	int i;

	for (i = 0; i < CHILD_COUNT; i++) {
		const struct child *c = &s->child[i];

		if (!c->used)
			continue;
		clock_iso_ms(c->since_ms, since);
		(void)json_array_append_new(
			list, json_pack("{s:s, s:i, s:s, s:i}", "name", c->name,
					"pid", (int)c->pid, "since", since,
					"restarts", c->restarts));
	}
	clock_iso_ms(s->started_ms, since);
	return json_pack("{s:i, s:s, s:s?, s:s?, s:s?, s:s?, s:o}", "pid",
			 (int)getpid(), "since", since, "console",
			 s->console.where, "chat", s->chat.where, "whatsapp",
			 s->whatsapp.where, "shop", s->shop.where, "processes",
			 list);
}

static void
write_down(struct serve *s)
{
	char *path = beside_socket(s->ctl, "serve.json");
	char *fresh = mem_printf("%s.new", path);
	json_t *o = describe(s);

	if (json_dump_file(o, fresh, JSON_COMPACT) == 0 &&
	    rename(fresh, path) == 0)
		s->changed = false;
	json_decref(o);
	mem_free(fresh);
	mem_free(path);
}

/* --- what runs ----------------------------------------------------------- */

static int
child_program(struct serve *s, int which, const char *name, bool needed)
{
	struct child *c = &s->child[which];
	char *path = program_find(name);

	c->name = name;
	c->gateway = which != CHILD_DAEMON;
	c->used = path != NULL;
	if (path == NULL && needed)
		return ctl_fail(EXIT_UNREACHABLE, "'%s' is not installed",
				name);
	if (path == NULL) {
		log_warn("serve.absent", "'%s' is not installed", name);
		return EXIT_FINE;
	}
	child_arg(c, path);
	mem_free(path);
	return EXIT_FINE;
}

static void
child_socket(struct serve *s, int which, const char *name)
{
	char *path = beside_socket(s->ctl, name);

	child_arg(&s->child[which], "--socket");
	child_arg(&s->child[which], path);
	mem_free(path);
}

/* A gateway's pages: as given, in the build tree, or installed. */
static char *
find_assets(const char *given, const char *name)
{
	static const char *const places[] = { "ui", "../share/postigo" };
	char *self = program_find("postigo");
	char *found = given != NULL ? mem_strdup(given) : NULL;
	size_t i;

	for (i = 0; self != NULL && found == NULL && i < 2; i++) {
		found = mem_printf("%.*s/%s/%s",
				   (int)(strrchr(self, '/') - self), self,
				   places[i], name);
		if (access(found, R_OK | X_OK) != 0)
			MEM_CLEAR(&found);
	}
	mem_free(self);
	return found;
}

/* An option with a value, unless that is empty. */
static void
child_option(struct child *c, const char *name, const char *value)
{
	if (value == NULL || value[0] == '\0')
		return;
	child_arg(c, name);
	child_arg(c, value);
}

/* Where it listens; given: the address of the command line, or NULL. */
static void
plan_listen(struct serve *s, int which, struct faced *f, const char *role,
	    const char *given)
{
	struct child *c = &s->child[which];
	bool tls = f->certificate[0] != '\0';
	const char *listen = given != NULL ? given : f->listen;
	char *name = mem_printf("%s.sock", role);

	f->where = f->url[0] != '\0'
			   ? mem_strdup(f->url)
			   : mem_printf("http%s://%s", tls ? "s" : "", listen);
	child_socket(s, which, name);
	child_option(c, "--listen", listen);
	child_option(c, "--tls-cert", f->certificate);
	child_option(c, "--tls-key", f->key);
	mem_free(name);
}

/* One with pages; assets: their folder as given, or NULL. */
static void
plan_faced(struct serve *s, int which, struct faced *f, const char *given,
	   const char *assets)
{
	const char *role = which == CHILD_CHAT ? "chat" : "console";
	char *pages = find_assets(assets, role);

	plan_listen(s, which, f, role, given);
	child_option(&s->child[which], "--public-url", f->url);
	child_option(&s->child[which], "--assets", pages);
	mem_free(pages);
}

/* Those that run while there is a connection for them. */
static void
plan_by_kind(struct serve *s, const struct ctl_args *a)
{
	size_t i;

	(void)child_program(s, CHILD_WEBHOOK, "postigo-webhook", false);
	if (s->child[CHILD_WEBHOOK].used)
		child_socket(s, CHILD_WEBHOOK, "webhook.sock");
	(void)child_program(s, CHILD_WHATSAPP, "postigo-whatsapp", false);
	if (s->child[CHILD_WHATSAPP].used)
		plan_listen(s, CHILD_WHATSAPP, &s->whatsapp, "whatsapp",
			    ctl_arg(a, "--whatsapp-listen"));
	(void)child_program(s, CHILD_SHOP, "postigo-shop", false);
	if (s->child[CHILD_SHOP].used)
		plan_listen(s, CHILD_SHOP, &s->shop, "shop",
			    ctl_arg(a, "--shop-listen"));
	for (i = CHILD_WEBHOOK; i < CHILD_COUNT; i++) {
		s->installed[i] = s->child[i].used;
		s->child[i].used = false;
	}
}

static int
plan(struct serve *s, const struct ctl_args *a)
{
	const char *config = ctl_arg(a, "--config");
	struct child *c = s->child;
	int code = child_program(s, CHILD_DAEMON, "postigod", true);

	if (code != EXIT_FINE)
		return code;
	child_arg(&c[CHILD_DAEMON], "--dir");
	child_arg(&c[CHILD_DAEMON], s->ctl->dir);
	if (config != NULL) {
		child_arg(&c[CHILD_DAEMON], "--config");
		child_arg(&c[CHILD_DAEMON], config);
	}
	(void)child_program(s, CHILD_MAIL, "postigo-mail", false);
	if (c[CHILD_MAIL].used) {
		child_arg(&c[CHILD_MAIL], "run");
		child_socket(s, CHILD_MAIL, "mail.sock");
	}
	(void)child_program(s, CHILD_CONSOLE, "postigo-console", false);
	if (c[CHILD_CONSOLE].used)
		plan_faced(s, CHILD_CONSOLE, &s->console,
			   ctl_arg(a, "--console-listen"),
			   ctl_arg(a, "--assets"));
	(void)child_program(s, CHILD_CHAT, "postigo-chat", false);
	if (c[CHILD_CHAT].used)
		plan_faced(s, CHILD_CHAT, &s->chat, ctl_arg(a, "--chat-listen"),
			   NULL);
	plan_by_kind(s, a);
	return EXIT_FINE;
}

/* --- the loop ------------------------------------------------------------ */

static bool
runs(const struct serve *s, bool gateways)
{
	for (int i = 0; i < CHILD_COUNT; i++)
		if (s->child[i].gateway == gateways && s->child[i].pid != 0)
			return true;
	return false;
}

/* A settings file that is wrong does not get better by trying again: when
 * the daemon says so before it ever ran, nothing starts. */
static void
give_up(struct serve *s, int status)
{
	int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;

	if (s->ever_ready || s->phase != PHASE_RUN)
		return;
	if (code != EXIT_USAGE && code != EXIT_CREATE && code != EXIT_DENIED &&
	    code != EXIT_SETTINGS)
		return;
	log_error("serve.refused", "the daemon will not start (exit %d)", code);
	s->code = code;
	s->phase = PHASE_STOP_GATEWAYS;
}

static void
reap(struct serve *s, int64_t tick)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		for (int i = 0; i < CHILD_COUNT; i++) {
			if (s->child[i].pid != pid)
				continue;
			child_ended(&s->child[i], status, tick);
			s->changed = true;
			if (i != CHILD_DAEMON)
				continue;
			s->ready = false;
			give_up(s, status);
		}
	}
}

static void
start_due(struct serve *s, int64_t tick)
{
	for (int i = 0; i < CHILD_COUNT; i++) {
		struct child *c = &s->child[i];

		if (s->phase != PHASE_RUN || !c->used || c->pid != 0 ||
		    tick < c->next_tick || (c->gateway && !s->ever_ready))
			continue;
		(void)child_start(c, tick);
		s->changed = true;
	}
}

static void
stop_step(struct serve *s, int64_t tick)
{
	if (s->phase == PHASE_STOP_GATEWAYS) {
		for (int i = 0; i < CHILD_COUNT; i++)
			if (s->child[i].gateway)
				child_stop(&s->child[i], tick);
		if (!runs(s, true))
			s->phase = PHASE_STOP_DAEMON;
	}
	if (s->phase == PHASE_STOP_DAEMON) {
		child_stop(&s->child[CHILD_DAEMON], tick);
		if (!runs(s, false))
			s->phase = PHASE_DONE;
	}
}

static void
signalled(struct serve *s, int fd, int64_t tick)
{
	struct signalfd_siginfo info;

	while (read(fd, &info, sizeof info) == (ssize_t)sizeof info) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			break;
		case SIGHUP:
			for (int i = 0; i < CHILD_COUNT; i++)
				if (s->child[i].pid != 0)
					(void)kill(s->child[i].pid, SIGHUP);
			break;
		default:
			if (s->phase == PHASE_RUN) {
				log_info("serve.stopping", "signal %u",
					 info.ssi_signo);
				s->phase = PHASE_STOP_GATEWAYS;
				if (info.ssi_signo == SIGQUIT)
					s->code = EXIT_FOUND;
				break;
			}
			/* asked twice: at once */
			for (int i = 0; i < CHILD_COUNT; i++)
				if (s->child[i].kill_tick != 0)
					s->child[i].kill_tick = tick;
		}
	}
	reap(s, tick);
}

/* Milliseconds until something is due. */
static int
sleep_ms(const struct serve *s, struct bus *b, int64_t tick)
{
	int64_t ms = SERVE_STEP_MS;
	int own = bus_wait_ms(b);

	if (s->phase != PHASE_RUN)
		return 100;
	if (own >= 0 && own < ms)
		ms = own;
	for (int i = 0; i < CHILD_COUNT; i++) {
		const struct child *c = &s->child[i];
		int64_t due = c->next_tick - tick;

		if (!c->used || c->pid != 0 || (c->gateway && !s->ever_ready))
			continue;
		if (due < ms)
			ms = due > 0 ? due : 0;
	}
	return (int)ms;
}

/* --- what is needed ------------------------------------------------------- */

/* Is there an active connection of the kind? */
static bool
has_kind(const json_t *connections, const char *kind)
{
	const json_t *c;
	size_t i;

	json_array_foreach(
		connections, i,
		c) if (strcmp(ctl_str(c, "kind"), kind) == 0 &&
		       json_is_true(json_object_get(c, "active"))) return true;
	return false;
}

/* Is there one of a kind that the program is for? */
static bool
is_needed(const json_t *connections, size_t child)
{
	for (size_t i = 0; i < BY_KIND; i++)
		if (by_kind[i].child == (int)child &&
		    has_kind(connections, by_kind[i].kind))
			return true;
	return false;
}

/* The connections of the desk, or why they are not known now. */
static void
connections_told(void *arg, const struct bus_reply *r)
{
	struct serve *s = arg;
	const json_t *list = json_object_get(r->result, "connections");
	size_t i;

	if (r->outcome != OUT_OK) {
		s->ask = true;
		return;
	}
	for (i = CHILD_WEBHOOK; i < CHILD_COUNT; i++) {
		struct child *c = &s->child[i];
		bool needed = s->installed[i] && is_needed(list, i);

		s->changed = s->changed || c->used != needed;
		c->used = needed;
		if (!needed)
			child_stop(c, clock_tick_ms());
	}
}

static void
connections_ask(struct serve *s, struct bus *b)
{
	struct err e;

	if (!s->ask || !bus_up(b))
		return;
	s->ask = bus_call(b, "connection.list", NULL, NULL, NULL,
			  connections_told, s, &e) != OUT_OK;
}

static void
connections_changed(void *arg, const char *method, json_t *params)
{
	struct serve *s = arg;

	if (strcmp(method, "wake") == 0 &&
	    strcmp(ctl_str(params, "what"), "connections") == 0)
		s->ask = true;
}

static void
daemon_came(void *arg, bool up)
{
	struct serve *s = arg;

	s->ask = s->ask || up;
}

/* Is the daemon there? Hello's answer says so. */
static void
watch_daemon(struct serve *s, struct bus *b)
{
	struct err e = { .text = "" };
	enum outcome o = bus_step(b, &e);

	if (o == OUT_PERM) {
		log_error("serve.protocol", "%s", e.text);
		s->code = EXIT_INTERNAL;
		s->phase = PHASE_STOP_GATEWAYS;
		return;
	}
	if (bus_up(b) && !s->ready)
		log_info("serve.ready", "the daemon answers");
	s->ready = bus_up(b);
	s->ever_ready |= s->ready;
}

static void
loop(struct serve *s, struct bus *b, int signals)
{
	while (s->phase != PHASE_DONE) {
		struct pollfd p[2] = { { .fd = signals, .events = POLLIN },
				       { .fd = bus_fd(b), .events = POLLIN } };
		int64_t tick = clock_tick_ms();

		if (bus_wants_write(b))
			p[1].events |= POLLOUT;
		(void)poll(p, p[1].fd >= 0 ? 2 : 1, sleep_ms(s, b, tick));
		tick = clock_tick_ms();
		signalled(s, signals, tick);
		if (s->phase == PHASE_RUN)
			watch_daemon(s, b);
		if (s->phase == PHASE_RUN)
			connections_ask(s, b);
		start_due(s, tick);
		stop_step(s, tick);
		for (int i = 0; i < CHILD_COUNT; i++)
			child_step(&s->child[i], tick);
		if (s->changed)
			write_down(s);
	}
}

static int
open_signals(void)
{
	static const int all[] = { SIGCHLD, SIGHUP, SIGTERM, SIGINT, SIGQUIT };
	sigset_t set;

	(void)sigemptyset(&set);
	for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
		(void)sigaddset(&set, all[i]);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

static void
faced_init(struct faced *f, const struct face_settings *face)
{
	bool six = strchr(face->address, ':') != NULL;

	f->listen = mem_printf("%s%s%s:%d", six ? "[" : "", face->address,
			       six ? "]" : "", face->port);
	f->url = mem_strdup(face->url);
	f->certificate = mem_strdup(face->certificate);
	f->key = mem_strdup(face->key);
}

static void
faced_release(struct faced *f)
{
	mem_free(f->listen);
	mem_free(f->url);
	mem_free(f->certificate);
	mem_free(f->key);
	mem_free(f->where);
}

/* Where the desk is: the settings say, unless --dir does. */
static int
read_settings(struct serve *s, const char *file)
{
	struct ctl *c = s->ctl;
	struct settings_errors errs = { .n = 0 };
	struct settings *settings = NULL;

	if (settings_read(file, c->dir_given || file == NULL ? c->dir : NULL,
			  &settings, &errs) != OUT_OK) {
		for (size_t i = 0; i < errs.n; i++)
			(void)fprintf(stderr, "%s\n", errs.list[i]);
		settings_errors_release(&errs);
		return ctl_fail(EXIT_SETTINGS, "nothing was started");
	}
	mem_free(c->dir);
	mem_free(c->socket);
	c->dir = mem_strdup(settings->data_dir);
	c->socket = mem_printf("%s/control.sock", settings->run_dir);
	faced_init(&s->console, &settings->face[FACE_CONSOLE]);
	faced_init(&s->chat, &settings->face[FACE_CHAT]);
	faced_init(&s->whatsapp, &settings->face[FACE_WHATSAPP]);
	faced_init(&s->shop, &settings->face[FACE_SHOP]);
	settings_free(&settings);
	settings_errors_release(&errs);
	return EXIT_FINE;
}

/* The data folder and the one of sockets, for serve.json; the daemon makes
 * the rest. */
static int
make_folders(const struct ctl *c)
{
	char *run = beside_socket(c, "");
	int code = EXIT_FINE;

	if ((mkdir(c->dir, 0700) != 0 && errno != EEXIST) ||
	    (mkdir(run, 0750) != 0 && errno != EEXIST))
		code = ctl_fail(EXIT_CREATE, "cannot make '%s': %s", run,
				strerror(errno));
	mem_free(run);
	return code;
}

/* Another supervisor on the same folder? */
static int
refuse_second(const struct ctl *c)
{
	json_t *o = serve_read(c);
	long long pid = ctl_int(o, "pid");

	if (o == NULL)
		return EXIT_FINE;
	json_decref(o);
	return ctl_fail(EXIT_LATER, "'%s' is served by process %lld already",
			c->dir, pid);
}

int
verb_serve(struct ctl *c, const struct ctl_args *a)
{
	struct serve s = { .ctl = c, .started_ms = clock_now_ms() };
	struct bus_hooks hooks = { .note = connections_changed,
				   .state = daemon_came,
				   .arg = &s };
	struct bus *b;
	char *path;
	int signals;
	int code;

	if (c->socket_given)
		return ctl_fail(EXIT_USAGE, "serve takes --dir, not --socket");
	code = read_settings(&s, ctl_arg(a, "--config"));
	if (code == EXIT_FINE)
		code = make_folders(c);
	if (code == EXIT_FINE)
		code = refuse_second(c);
	if (code == EXIT_FINE)
		code = plan(&s, a);
	if (code != EXIT_FINE)
		goto out;
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	signals = open_signals();
	b = bus_new(c->socket, "postigo serve", &hooks);
	loop(&s, b, signals);
	bus_free(&b);
	(void)close(signals);
	path = beside_socket(c, "serve.json");
	(void)unlink(path);
	mem_free(path);
	code = s.code;
	log_info("serve.stopped", "all programs have ended");
out:
	for (int i = 0; i < CHILD_COUNT; i++)
		child_release(&s.child[i]);
	faced_release(&s.console);
	faced_release(&s.chat);
	faced_release(&s.whatsapp);
	faced_release(&s.shop);
	return code;
}
