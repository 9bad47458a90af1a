#include "gateways/mail/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"

struct child {
	char *path;
	pid_t pid; /* 0: not running */
	int fd;
	int requests;
};

struct child *
child_new(const char *path)
{
	struct child *c = mem_new(1, sizeof(*c));

	c->path = mem_strdup(path);
	c->fd = -1;
	return c;
}

/* It ends at the end of its input; a slow one is killed. */
static void
stop(struct child *c, bool kill_it)
{
	if (c->fd >= 0)
		(void)close(c->fd);
	c->fd = -1;
	if (c->pid > 0) {
		if (kill_it)
			(void)kill(c->pid, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	c->pid = 0;
	c->requests = 0;
}

void
child_free(struct child **c)
{
	if (!*c)
		return;
	stop(*c, true);
	mem_free((*c)->path);
	MEM_CLEAR(c);
}

static void
become(const char *path, int fd)
{
	char *const argv[] = { (char *)path, NULL };
	char *const env[] = { (char *)"LC_ALL=C", NULL };
	sigset_t none;

	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (dup2(fd, 0) < 0 || dup2(fd, 1) < 0)
		_exit(127);
	execve(path, argv, env);
	_exit(127);
}

static enum outcome
start(struct child *c, struct err *e)
{
	int pair[2];

	if (c->pid > 0 && c->requests < CHILD_REQUESTS_MAX)
		return OUT_OK;
	stop(c, false);
	if (access(c->path, X_OK) < 0)
		return err_sys(e, OUT_TEMP, errno, "could not run '%s'",
			       c->path);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
		return err_sys(e, OUT_TEMP, errno, "could not make a socket");
	c->pid = fork();
	if (c->pid == 0)
		become(c->path, pair[1]);
	(void)close(pair[1]);
	if (c->pid < 0) {
		c->pid = 0;
		(void)close(pair[0]);
		return err_sys(e, OUT_TEMP, errno, "could not start '%s'",
			       c->path);
	}
	c->fd = pair[0];
	(void)fcntl(c->fd, F_SETFL, O_NONBLOCK);
	return OUT_OK;
}

/* Wait until the child's socket is ready; false: the time is up. */
static bool
ready(const struct child *c, short what, int64_t until)
{
	struct pollfd p = { .fd = c->fd, .events = what };
	int64_t left = until - clock_tick_ms();

	if (left <= 0)
		return false;
	return poll(&p, 1, (int)left) > 0 || errno == EINTR;
}

static bool
move(struct child *c, void *p, size_t n, bool out, int64_t until)
{
	char *at = p;

	while (n) {
		ssize_t k = out ? send(c->fd, at, n, MSG_NOSIGNAL)
				: recv(c->fd, at, n, 0);

		if (k > 0) {
			at += k;
			n -= (size_t)k;
		} else if (k == 0 || (errno != EAGAIN && errno != EINTR) ||
			   !ready(c, out ? POLLOUT : POLLIN, until)) {
			return false;
		}
	}
	return true;
}

static bool
ask(struct child *c, enum child_op op, const char *json, const void *octets,
    size_t n, struct child_frame *f, int64_t until)
{
	f->op = op;
	f->json_len = (uint32_t)strlen(json);
	f->octets_len = n;
	return move(c, f, sizeof(*f), true, until) &&
	       move(c, (void *)json, strlen(json), true, until) &&
	       move(c, (void *)octets, n, true, until) &&
	       move(c, f, sizeof(*f), false, until) &&
	       f->json_len <= CHILD_JSON_MAX &&
	       f->octets_len <= CHILD_OCTETS_MAX;
}

/* Read the answer's two parts. NULL: it broke off. */
static json_t *
answer(struct child *c, const struct child_frame *f, struct buf *out,
       int64_t until)
{
	char *text = mem_new(f->json_len + 1, 1);
	json_t *o = NULL;
	struct buf drop;
	char *room;

	buf_init(&drop, CHILD_OCTETS_MAX);
	if (!out)
		out = &drop;
	if (move(c, text, f->json_len, false, until))
		o = json_loadb(text, f->json_len, 0, NULL);
	mem_free(text);
	room = o && f->octets_len ? buf_room(out, f->octets_len) : NULL;
	if (o && f->octets_len &&
	    (!room || !move(c, room, f->octets_len, false, until))) {
		json_decref(o);
		o = NULL;
	} else if (room) {
		out->len += f->octets_len;
		out->data[out->len] = '\0';
	}
	buf_release(&drop);
	return o;
}

enum outcome
child_ask(struct child *c, enum child_op op, const json_t *request,
	  const void *octets, size_t n, json_t **json_out, struct buf *out,
	  struct err *e)
{
	int64_t until = clock_tick_ms() + CHILD_WAIT_MS;
	char *json = request ? json_dumps(request, JSON_COMPACT) : NULL;
	struct child_frame f = { 0 };
	json_t *o = NULL;
	enum outcome rc = start(c, e);

	if (json_out)
		*json_out = NULL;
	if (rc != OUT_OK)
		goto out;
	c->requests++;
	if (!ask(c, op, json ? json : "{}", octets, n, &f, until) ||
	    (o = answer(c, &f, out, until)) == NULL) {
		stop(c, true);
		rc = err_code(e, OUT_PERM, "died",
			      "the parser died or was too slow");
	} else if (f.op != CHILD_DONE) {
		const char *s = json_string_value(json_object_get(o, "text"));

		rc = err_code(e, OUT_PERM, "refused", "%s",
			      s ? s : "the parser refused");
	} else if (json_out) {
		*json_out = o;
		o = NULL;
	}
out:
	json_decref(o);
	free(json);
	return rc;
}
