#ifndef POSTIGO_FETCH_H
#define POSTIGO_FETCH_H

/*
 * fetch: the IMAP thread of a mailbox. It connects, looks at what is new,
 * does chores, and waits for news by IDLE, polling behind it; it sweeps all
 * UIDs at every connection and every FETCH_SWEEP_MS. It never gives up.
 *
 * While the daemon is away it keeps its session and takes nothing.
 *
 * All functions are the main loop's.
 */

#include <stdbool.h>
#include <stdint.h>

#define FETCH_SWEEP_MS (15 * 60 * 1000)
#define FETCH_CHORES_MAX 100 /* that wait */

struct chore;
struct fetch;
struct mailset;
struct port;
struct standing;

/* Start it. All borrowed until fetch_free(). NULL: no thread could be had. */
struct fetch *fetch_new(struct mailset *set, struct port *port,
			struct standing *standing);

/* Look at everything now; a back-off ends. */
void fetch_wake(struct fetch *f);

/* Do a chore (taken); its `done` tells. false: too many wait, not taken. */
bool fetch_chore(struct fetch *f, struct chore *c);

/* End: calls in progress are interrupted. */
void fetch_stop(struct fetch *f);
bool fetch_ended(struct fetch *f);

/* Only when it has ended. */
void fetch_free(struct fetch **f);

#endif
