#ifndef POSTIGO_WHATSAPP_WORKER_H
#define POSTIGO_WHATSAPP_WORKER_H

/*
 * worker: the thread that does everything but take deliveries in: it has a
 * bus and accounts of its own, asks Graph, and runs the parts (part.h).
 */

struct worker;

/*
 * Start it. It does nothing more where the daemon refuses this program's
 * protocol: the server's thread is refused as well, and ends the program.
 * Signals have been blocked (gw_signals), http_start() was called.
 * socket  of the role, borrowed until its end
 * NULL: there is no thread to be had.
 */
struct worker *worker_start(const char *socket);

/* Begin nothing more; it ends by itself when nothing is under way, after ms at
 * the latest. */
void worker_leave(struct worker *w, int ms);

/* Wait for its end; one that was not told to leave ends at once. NULL: none. */
void worker_stop(struct worker **w);

#endif
