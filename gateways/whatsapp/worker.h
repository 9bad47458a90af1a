#ifndef POSTIGO_WHATSAPP_WORKER_H
#define POSTIGO_WHATSAPP_WORKER_H

/*
 * worker: what the worker's thread (common/worker.h) does in this gateway:
 * everything but take deliveries in. It has accounts of its own, and asks
 * Graph.
 */

#include "gateways/common/worker.h"

/* own is not looked at. */
extern const struct worker_kind whatsapp_worker;

#endif
