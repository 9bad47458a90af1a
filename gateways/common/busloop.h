#ifndef POSTIGO_BUSLOOP_H
#define POSTIGO_BUSLOOP_H

/*
 * busloop: a bus (daemon/wire/bus.h) that runs in a server's loop. It
 * survives the daemon: the bus reconnects, and its new descriptor is watched
 * in the place of the old one.
 */

#include "daemon/wire/bus.h"
#include "gateways/common/server.h"

struct busloop;

/*
 * slot   of server_watch()
 * hooks  note, state and arg; watch is set by busloop
 */
struct busloop *busloop_new(struct server *s, int slot, const char *path,
			    const char *program, const struct bus_hooks *hooks);

/*
 * To end: stop first (no more timers or watches), then close the server,
 * then free, which ends every call that waits.
 */
void busloop_stop(struct busloop *l);
void busloop_free(struct busloop **l);

/* Borrowed; lives as long as the busloop. */
struct bus *busloop_bus(struct busloop *l);

/* The daemon refused this program's protocol; the server was stopped. */
bool busloop_refused(const struct busloop *l);

#endif
