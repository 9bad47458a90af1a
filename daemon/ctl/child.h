#ifndef POSTIGO_CHILD_H
#define POSTIGO_CHILD_H

/*
 * child: one program under the supervisor: when it runs, when it is started
 * again, and how it ends.
 *
 * Invariants: a child never outlives its supervisor (PR_SET_PDEATHSIG, then
 * the parent is looked at); it leads a process group of its own, so a
 * terminal's Ctrl-C reaches the supervisor alone, which ends all in order;
 * what is left of the group is killed when its leader has ended.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define CHILD_DELAY_MS_MIN 100
#define CHILD_DELAY_MS_MAX 10000
#define CHILD_WELL_MS 30000 /* after so long it is started at once again */
#define CHILD_STOP_MS 10000 /* from SIGTERM to SIGKILL */
#define CHILD_ARGS_MAX 16

struct child {
	const char *name;           /* static */
	char *argv[CHILD_ARGS_MAX]; /* owned; argv[0] is the path */
	bool used;                  /* there is such a program */
	bool gateway;               /* waits for the daemon, ends before it */
	pid_t pid;                  /* 0: does not run */
	int64_t since_ms;           /* started; 0: never */
	int64_t started_tick;
	int64_t next_tick; /* may start again */
	int64_t kill_tick; /* 0: was not told to end */
	int delay_ms;      /* of the next restart */
	int restarts;
	int status; /* of the last end, as of waitpid(2) */
};

/* Add an argument (copied). */
void child_arg(struct child *c, const char *arg);

/* Start it now. false: could not fork; next_tick is moved on. */
bool child_start(struct child *c, int64_t tick);

/* It has ended with this status: plan its restart. */
void child_ended(struct child *c, int status, int64_t tick);

/* Tell it to end; SIGKILL when CHILD_STOP_MS are over (child_step). */
void child_stop(struct child *c, int64_t tick);

/* Kill it if its time to end is over. */
void child_step(struct child *c, int64_t tick);

/* Free its arguments. */
void child_release(struct child *c);

#endif
