#ifndef POSTIGO_WORKER_H
#define POSTIGO_WORKER_H

/*
 * worker: the slow parts of requests, off the network and turn threads. One
 * thread writes and syncs files of large octets, one hashes passwords (so at
 * most one hash uses its 19 MiB at a time), one does what may take minutes
 * (a backup), so that nobody's log-in waits for it, and one runs back-tests,
 * so that no backup waits for them. None touches the store's
 * writing handle.
 *
 * Each ends when its queue is closed and empty.
 */

void *worker_files_main(void *engine);
void *worker_calm_main(void *engine);
void *worker_slow_main(void *engine);
void *worker_test_main(void *engine);

#endif
