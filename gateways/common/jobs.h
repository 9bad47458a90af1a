#ifndef POSTIGO_JOBS_H
#define POSTIGO_JOBS_H

/*
 * jobs: what the daemon wants done for a connection that is no answer: a
 * file to fetch, a read mark, a connection to try. They are taken here, given to
 * whoever said that it does their kind, and reported until the daemon has
 * heard it.
 *
 * Invariants: at most JOBS_MAX are under way; each is ended once; one whose
 * report is lost, or that was under way when the program ended, is taken
 * again: doing it twice has to be harmless.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "gateways/common/part.h"

#define JOBS_MAX 16
#define JOBS_KINDS_MAX 8
#define JOBS_LEASE_MS 300000 /* a file may be large, its server slow */

struct bus;
struct job;
struct jobs;
struct mine;
struct mine_one;

/* Begin one. It is the function's until it calls job_end(), maybe at once. */
typedef void job_fn(void *arg, struct job *j);

/* Everything is borrowed. name: of the gateway, for the log; static. */
struct jobs *jobs_new(struct bus *bus, const struct mine *mine,
		      const char *name);
/* After whoever does jobs. Those under way are forgotten. */
void jobs_free(struct jobs **j);

struct part jobs_part(struct jobs *j);

/* Jobs of this kind ("media.fetch", static) are fn's. Before the first step. */
void jobs_on(struct jobs *j, const char *kind, job_fn *fn, void *arg);

/* Of one that was begun: its connection, its payload. Borrowed, until its
 * end. */
struct mine_one *job_mine(const struct job *j);
const json_t *job_payload(const struct job *j);
int64_t job_attempt(const struct job *j); /* 1: the first */

/*
 * It is over.
 * ok      done
 * retry   not ok: again, when the daemon says
 * result  for whoever asked; taken; NULL: nothing to say
 */
void job_end(struct job *j, bool ok, bool retry, json_t *result);

/* job_end() with what went wrong in words. */
void job_failed(struct job *j, bool retry, const char *detail);

#endif
