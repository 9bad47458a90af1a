#include "gateways/common/gw.h"

#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"

void
gw_options_init(struct gw_options *o, const char *role)
{
	const char *dir = getenv("POSTIGO_DIR");

	memset(o, 0, sizeof(*o));
	if (!dir || !*dir)
		dir = "/var/lib/postigo";
	o->socket = mem_printf("%s/run/%s.sock", dir, role);
	o->log = LOG_JSON;
	o->level = LOG_LVL_INFO;
}

void
gw_options_release(struct gw_options *o)
{
	MEM_CLEAR(&o->socket);
}

static enum outcome
set_log(struct gw_options *o, const char *v, struct err *e)
{
	if (strcmp(v, "json") == 0)
		o->log = LOG_JSON;
	else if (strcmp(v, "journald") == 0)
		o->log = LOG_JOURNAL;
	else
		return err_set(e, OUT_PERM,
			       "'--log' is 'json' or 'journald', not '%s'", v);
	return OUT_OK;
}

enum outcome
gw_option(struct gw_options *o, int argc, char **argv, int *i, struct err *e)
{
	const char *word = argv[*i];
	const char *value = *i + 1 < argc ? argv[*i + 1] : NULL;

	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		o->help = true;
		return OUT_OK;
	}
	if (strcmp(word, "--version") == 0) {
		o->version = true;
		return OUT_OK;
	}
	if (strcmp(word, "--socket") != 0 && strcmp(word, "--log") != 0 &&
	    strcmp(word, "--log-level") != 0)
		return OUT_TEMP;
	if (!value)
		return err_set(e, OUT_PERM, "'%s' needs a value", word);
	(*i)++;
	if (strcmp(word, "--log") == 0)
		return set_log(o, value, e);
	if (strcmp(word, "--log-level") == 0)
		return log_level_parse(value, &o->level, e);
	mem_free(o->socket);
	o->socket = mem_strdup(value);
	return OUT_OK;
}

void
gw_start(const struct gw_options *o, const char *program)
{
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGIO, SIG_IGN);
	log_open(program, o->log, o->level);
	hash_start();
}

int
gw_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGHUP);
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

void
gw_files(unsigned long wanted)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) != 0 || r.rlim_cur >= wanted)
		return;
	r.rlim_cur = r.rlim_max < wanted ? r.rlim_max : wanted;
	(void)setrlimit(RLIMIT_NOFILE, &r);
}

int
gw_signal(int fd)
{
	struct signalfd_siginfo s;

	if (read(fd, &s, sizeof(s)) != (ssize_t)sizeof(s))
		return 0;
	return (int)s.ssi_signo;
}
