#ifndef POSTIGO_WORKER_H
#define POSTIGO_WORKER_H

/*
 * worker: the slow parts of requests, off the network and turn threads. One
 * thread writes and syncs files of large octets, one hashes passwords (so at
 * most one hash uses its 19 MiB at a time). Neither touches the store.
 *
 * Each ends when its queue is closed and empty.
 */

void *worker_files_main(void *engine);
void *worker_calm_main(void *engine);

#endif
