#ifndef POSTIGO_SHOP_WORKER_H
#define POSTIGO_SHOP_WORKER_H

/*
 * worker: the thread that reads what shops delivered and asks them for the
 * rest, so that neither delays an answer that a shop waits for. It has a bus
 * and connections of its own.
 */

#include <stdint.h>

struct shop_worker;

/*
 * Start it. It does nothing more where the daemon refuses this program's
 * protocol: the server's thread is refused as well, and ends the program.
 * Signals have been blocked (gw_signals), http_start() was called.
 * socket    of the role, borrowed until its end
 * every_ms  between two readings of a shop
 * NULL: there is no thread to be had.
 */
struct shop_worker *shop_worker_start(const char *socket, int64_t every_ms);

/* Begin nothing more; it ends by itself when nothing is under way, after ms at
 * the latest. */
void shop_worker_leave(struct shop_worker *w, int ms);

/* Wait for its end; one that was not told to leave ends at once. NULL: none. */
void shop_worker_stop(struct shop_worker **w);

#endif
