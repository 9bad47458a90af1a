#include "gateways/mail/net/token.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"

#define BLINK_MS 50 /* between two looks at the cancel flag */
#define COMMAND_MAX 2000

/* --- a file --------------------------------------------------------------- */

/* All of it. false: errno, or 0 if it is too long. */
static bool
read_all(int fd, struct buf *out)
{
	char part[4096];
	ssize_t n;

	while ((n = read(fd, part, sizeof(part))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (!buf_add(out, part, (size_t)n)) {
			errno = 0;
			return false;
		}
	}
	return true;
}

enum outcome
token_file(const char *path, struct buf *out, int64_t *written_ms_out,
	   struct err *e)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	enum outcome o = OUT_OK;

	*written_ms_out = 0;
	if (fd < 0)
		return err_code(e, OUT_TEMP, NET_NETWORK,
				"the token file '%.200s' cannot be opened: %s",
				path, strerror(errno));
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		o = err_code(e, OUT_TEMP, NET_NETWORK,
			     "the token file '%.200s' is no file", path);
	else if (!read_all(fd, out))
		o = err_code(e, OUT_TEMP, NET_NETWORK,
			     "the token file '%.200s' cannot be read: %s", path,
			     errno ? strerror(errno) : "it is too long");
	else
		*written_ms_out = (int64_t)st.st_mtim.tv_sec * 1000 +
				  st.st_mtim.tv_nsec / 1000000;
	(void)close(fd);
	return o;
}

/* --- a command ------------------------------------------------------------ */

struct run {
	const char *path; /* of the program, for texts */
	const struct net_cancel *cancel;
	int64_t end_ms; /* monotonic */
	pid_t pid;
	int fd; /* of what it prints */
};

/* Words of command, cut apart in place. false: none, or too many. */
static bool
split(char *command, char *argv[TOKEN_ARGS_MAX + 1])
{
	size_t n = 0;

	for (char *p = command; *p != '\0';) {
		p += strspn(p, " ");
		if (*p == '\0')
			break;
		if (n == TOKEN_ARGS_MAX)
			return false;
		argv[n++] = p;
		p += strcspn(p, " ");
		if (*p != '\0')
			*p++ = '\0';
	}
	argv[n] = NULL;
	return n > 0;
}

/* Start it in a group of its own, with nothing of ours but the pipe. */
static int
spawn(struct run *r, char *const argv[], char *const env[], int out)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int rc;

	(void)posix_spawn_file_actions_init(&files);
	(void)posix_spawnattr_init(&attr);
	(void)sigemptyset(&none);
	(void)sigfillset(&all);
	(void)posix_spawnattr_setsigmask(&attr, &none);
	(void)posix_spawnattr_setsigdefault(&attr, &all);
	(void)posix_spawnattr_setpgroup(&attr, 0);
	(void)posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
						      POSIX_SPAWN_SETSIGMASK |
						      POSIX_SPAWN_SETSIGDEF);
	rc = posix_spawn_file_actions_adddup2(&files, out, 1);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 0, "/dev/null",
						      O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addopen(&files, 2, "/dev/null",
						      O_WRONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_addclosefrom_np(&files, 3);
	if (rc == 0)
		rc = posix_spawn(&r->pid, argv[0], &files, &attr, argv, env);
	(void)posix_spawn_file_actions_destroy(&files);
	(void)posix_spawnattr_destroy(&attr);
	return rc;
}

/* Cancelled, or out of time? */
static enum outcome
in_time(const struct run *r, struct err *e)
{
	if (r->cancel != NULL && net_cancel_is_set(r->cancel))
		return err_code(e, OUT_TEMP, NET_CANCELLED, "cancelled");
	if (clock_tick_ms() >= r->end_ms)
		return err_code(e, OUT_TEMP, NET_NETWORK,
				"the token command '%.200s' has not ended "
				"after %d s",
				r->path, TOKEN_WAIT_MS / 1000);
	return OUT_OK;
}

/* What it prints, to the end. */
static enum outcome
collect(const struct run *r, struct buf *out, struct err *e)
{
	enum outcome o = OUT_OK;
	char part[4096];

	while ((o = in_time(r, e)) == OUT_OK) {
		struct pollfd p = { .fd = r->fd, .events = POLLIN };
		ssize_t n;

		if (poll(&p, 1, BLINK_MS) <= 0)
			continue;
		n = read(r->fd, part, sizeof(part));
		if (n == 0)
			return OUT_OK;
		if (n < 0 && errno != EINTR)
			return err_code(e, OUT_TEMP, NET_NETWORK,
					"the token command '%.200s': %s",
					r->path, strerror(errno));
		if (n > 0 && !buf_add(out, part, (size_t)n))
			return err_code(e, OUT_TEMP, NET_NETWORK,
					"the token command '%.200s' prints "
					"too much",
					r->path);
	}
	return o;
}

static void
nap(void)
{
	(void)poll(NULL, 0, BLINK_MS);
}

/* How it ended; whatever is left of its group is ended too. */
static enum outcome
reap(const struct run *r, enum outcome o, struct err *e)
{
	int status = 0;
	pid_t done = 0;

	while (o == OUT_OK && (done = waitpid(r->pid, &status, WNOHANG)) == 0) {
		o = in_time(r, e);
		if (o == OUT_OK)
			nap();
	}
	(void)kill(-r->pid, SIGKILL);
	while (done == 0 && waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
		;
	if (o != OUT_OK)
		return o;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return OUT_OK;
	return err_code(e, OUT_TEMP, NET_NETWORK,
			"the token command '%.200s' failed (%s %d)", r->path,
			WIFEXITED(status) ? "exit" : "signal",
			WIFEXITED(status) ? WEXITSTATUS(status)
					  : WTERMSIG(status));
}

static enum outcome
run(struct run *r, char *const argv[], struct buf *out, struct err *e)
{
	const char *home = getenv("HOME");
	char *at_home = mem_printf("HOME=%s", home ? home : "/");
	char *const env[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin",
			      (char *)"LC_ALL=C.UTF-8", at_home, NULL };
	int ends[2], rc;
	enum outcome o;

	if (pipe2(ends, O_CLOEXEC) != 0) {
		mem_free(at_home);
		return err_code(e, OUT_TEMP, NET_NETWORK, "no pipe: %s",
				strerror(errno));
	}
	r->fd = ends[0];
	r->end_ms = clock_tick_ms() + TOKEN_WAIT_MS;
	rc = spawn(r, argv, env, ends[1]);
	(void)close(ends[1]);
	mem_free(at_home);
	if (rc != 0)
		o = err_code(e, OUT_TEMP, NET_NETWORK,
			     "the token command '%.200s' cannot be run: %s",
			     r->path, strerror(rc));
	else
		o = reap(r, collect(r, out, e), e);
	(void)close(ends[0]);
	return o;
}

enum outcome
token_command(const char *command, const struct net_cancel *cancel,
	      struct buf *out, struct err *e)
{
	char *words = mem_strdup(command);
	char *argv[TOKEN_ARGS_MAX + 1];
	struct run r = { .cancel = cancel };
	enum outcome o;

	if (strlen(command) > COMMAND_MAX || !split(words, argv)) {
		o = err_code(e, OUT_PERM, NET_AUTH,
			     "the token command has too many words, or none");
	} else {
		r.path = argv[0];
		o = run(&r, argv, out, e);
	}
	mem_free(words);
	return o;
}
