#ifndef POSTIGO_SHOP_WORKER_H
#define POSTIGO_SHOP_WORKER_H

/*
 * worker: what the worker's thread (common/worker.h) does in this gateway: it
 * reads what shops delivered and asks them for the rest. It has connections of
 * its own.
 */

#include "gateways/common/worker.h"

/* own is an int64_t: milliseconds between two readings of a shop. */
extern const struct worker_kind shop_worker;

#endif
