#ifndef POSTIGO_UPLOAD_H
#define POSTIGO_UPLOAD_H

/*
 * upload: blobs that come in chunks by blob.put, staged in temporary files.
 * The file worker's thread alone.
 *
 * Source: schema/PROTOCOL.md, "Octets".
 */

#include <sodium.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct blobfile_batch;
struct peer;
struct task;

#define UPLOAD_BYTES (50 * 1024 * 1024)      /* one blob */
#define UPLOAD_PEER_BYTES (64 * 1024 * 1024) /* under way on a connection */
#define UPLOADS_PER_PEER 4
#define UPLOADS_MAX 256                 /* under way in the daemon */
#define UPLOAD_IDLE_MS (10 * 60 * 1000) /* without a chunk it is dropped */
#define UPLOAD_STALE_MS (60 * 1000)     /* the same, if its place is needed */

struct upload {
	struct peer *peer; /* one reference */
	char *name;
	char *path;
	int fd;
	int64_t bytes;
	int64_t used_ms; /* tick of the last chunk */
	crypto_hash_sha256_state sha;
};

struct uploads {
	const char *dir; /* the data folder */
	struct upload *list[UPLOADS_MAX];
	size_t n;
};

/*
 * One chunk. Not the last: rq->result is set and the task is over. The last:
 * rq->blobs holds the whole, in memory or as a file of the batch (durable
 * after blobfile_sync).
 *
 * OUT_OK      done, or the task is over with an error for its sender
 * OUT_UNSURE  a sync failed: the program must end
 */
enum outcome upload_chunk(struct uploads *us, struct blobfile_batch *b,
			  struct task *t, struct err *e) MUST_CHECK;

/* Forget uploads whose peer is gone or that nobody goes on with. */
void uploads_prune(struct uploads *us, int64_t tick_ms);
void uploads_release(struct uploads *us);

#endif
