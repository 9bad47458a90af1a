/*
 * One program under the supervisor.
 */

#include "daemon/ctl/child.h"

#include <assert.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/log.h"
#include "daemon/base/mem.h"

void
child_arg(struct child *c, const char *arg)
{
	int n = 0;

	while (c->argv[n] != NULL)
		n++;
	assert(n + 1 < CHILD_ARGS_MAX);
	c->argv[n] = mem_strdup(arg);
}

void
child_release(struct child *c)
{
	for (int i = 0; i < CHILD_ARGS_MAX; i++)
		MEM_CLEAR(&c->argv[i]);
}

/* In the child: never returns. */
static void
become(char *const *argv, pid_t parent)
{
	sigset_t none;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(70); /* the supervisor was gone before the line above */
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execv(argv[0], argv);
	_exit(70);
}

bool
child_start(struct child *c, int64_t tick)
{
	pid_t parent = getpid();
	pid_t pid;

	assert(c->pid == 0 && c->argv[0] != NULL);
	pid = fork();
	if (pid == 0)
		become(c->argv, parent);
	if (pid < 0) {
		log_error("serve.fork", "could not start '%s': %s", c->name,
			  strerror(errno));
		c->next_tick = tick + CHILD_DELAY_MS_MAX;
		return false;
	}
	(void)setpgid(pid, pid);
	c->pid = pid;
	if (c->since_ms != 0)
		c->restarts++;
	c->since_ms = clock_now_ms();
	c->started_tick = tick;
	c->kill_tick = 0;
	log_info("serve.started", "%s is process %d", c->name, (int)pid);
	return true;
}

void
child_ended(struct child *c, int status, int64_t tick)
{
	bool well = tick - c->started_tick >= CHILD_WELL_MS;

	(void)kill(-c->pid, SIGKILL);
	if (WIFSIGNALED(status))
		log_warn("serve.ended", "%s (process %d) ended by signal %d",
			 c->name, (int)c->pid, WTERMSIG(status));
	else
		log_info("serve.ended", "%s (process %d) ended with %d",
			 c->name, (int)c->pid, WEXITSTATUS(status));
	c->pid = 0;
	c->status = status;
	if (well || c->delay_ms == 0)
		c->delay_ms = CHILD_DELAY_MS_MIN;
	else if (c->delay_ms < CHILD_DELAY_MS_MAX / 2)
		c->delay_ms *= 2;
	else
		c->delay_ms = CHILD_DELAY_MS_MAX;
	c->next_tick = tick + c->delay_ms;
}

void
child_stop(struct child *c, int64_t tick)
{
	if (c->pid == 0 || c->kill_tick != 0)
		return;
	(void)kill(c->pid, SIGTERM);
	c->kill_tick = tick + CHILD_STOP_MS;
}

void
child_step(struct child *c, int64_t tick)
{
	if (c->pid == 0 || c->kill_tick == 0 || tick < c->kill_tick)
		return;
	log_warn("serve.killed", "%s did not end within %d s", c->name,
		 CHILD_STOP_MS / 1000);
	(void)kill(-c->pid, SIGKILL);
	c->kill_tick = tick + CHILD_STOP_MS;
}
