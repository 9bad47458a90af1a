#ifndef POSTIGO_JOBS_H
#define POSTIGO_JOBS_H

/*
 * jobs: work for this gateway that is no delivery: connection.test,
 * mail.handled, mail.copy, mail.notice. They may be done twice, so what is
 * lost with a connection, or with us, is simply taken again; that a notice is
 * not sent twice by that: see notice.h.
 */

#include <stdbool.h>

struct boxes;
struct bus;
struct child;
struct jobs;
struct mailboxes;
struct port;

struct jobs *jobs_new(struct boxes *boxes, struct mailboxes *mailboxes,
		      struct bus *bus, struct child *parser, struct port *port);
void jobs_free(struct jobs **j);

/* There may be some. */
void jobs_wake(struct jobs *j);

void jobs_step(struct jobs *j);

/* Milliseconds until jobs_step() has something to do. */
int jobs_wait_ms(const struct jobs *j);

/* The connection was lost: answers that were awaited do not come. */
void jobs_lost(struct jobs *j);

/* The bus is freed: jobs that end from now on are told to nobody. */
void jobs_close(struct jobs *j);

/* Take nothing new, interrupt tests; is nothing under way any more? */
bool jobs_drain(struct jobs *j);

#endif
