#include "daemon/upload.h"

#include <string.h>
#include <unistd.h>

#include "daemon/base/clock.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/engine.h"
#include "daemon/peer.h"
#include "daemon/store/blobfile.h"
#include "daemon/task.h"

static void
forget(struct uploads *us, size_t i)
{
	struct upload *u = us->list[i];

	us->list[i] = us->list[--us->n];
	(void)close(u->fd);
	(void)unlink(u->path);
	mem_free(u->path);
	mem_free(u->name);
	peer_unref(u->peer);
	mem_free(u);
}

/* Place of a peer's upload; us->n: none. */
static size_t
find(const struct uploads *us, const struct peer *p, const char *name)
{
	size_t i;

	for (i = 0; i < us->n; i++)
		if (us->list[i]->peer == p &&
		    strcmp(us->list[i]->name, name) == 0)
			break;
	return i;
}

/* The task ends here, its sender is told. */
static enum outcome
refuse(struct task *t, enum outcome o, const char *code, const char *text)
{
	task_fail(t, o, code, o == OUT_TEMP ? ENGINE_FULL_MS : 0, text);
	return OUT_OK;
}

/* A peer that was told "later" in the middle begins anew under another name:
 * what it left behind makes room. */
static bool
make_room(struct uploads *us, const struct peer *p)
{
	int64_t now = clock_tick_ms();
	size_t i;

	for (i = 0; i < us->n; i++) {
		if (us->list[i]->peer != p ||
		    now - us->list[i]->used_ms < UPLOAD_STALE_MS)
			continue;
		forget(us, i);
		return true;
	}
	return false;
}

/* A new upload for the task; NULL: the task is over. */
static struct upload *
begin(struct uploads *us, struct task *t, const char *name)
{
	struct upload *u;
	struct err e;
	size_t mine = 0;
	size_t i;

	for (i = 0; i < us->n; i++)
		mine += us->list[i]->peer == t->rq.peer;
	if (us->n == UPLOADS_MAX ||
	    (mine >= UPLOADS_PER_PEER && !make_room(us, t->rq.peer))) {
		(void)refuse(t, OUT_TEMP, "busy",
			     "too many uploads are under way");
		return NULL;
	}
	u = mem_new(1, sizeof *u);
	if (blobfile_temp(us->dir, &u->fd, &u->path, &e) != OUT_OK) {
		mem_free(u);
		(void)refuse(t, OUT_TEMP, e.code, e.text);
		return NULL;
	}
	u->peer = peer_ref(t->rq.peer);
	u->name = mem_strdup(name);
	(void)crypto_hash_sha256_init(&u->sha);
	us->list[us->n++] = u;
	return u;
}

static int64_t
bytes_of(const struct uploads *us, const struct peer *p)
{
	int64_t sum = 0;
	size_t i;

	for (i = 0; i < us->n; i++)
		if (us->list[i]->peer == p)
			sum += us->list[i]->bytes;
	return sum;
}

/* Read a small upload back; larger ones become a file. */
static enum outcome
keep(struct uploads *us, struct blobfile_batch *b, struct upload *u,
     struct request_blob *blob, struct err *e)
{
	enum outcome o;

	(void)us;
	blob->bytes = u->bytes;
	if (u->bytes > BLOB_ROW_BYTES) {
		/* before it has its name: from then on it could be collected */
		blobfile_pin(blob->sha256);
		blob->pinned = true;
		o = blobfile_name(b, u->fd, u->path, blob->sha256, e);
		blob->data = NULL;
		return o;
	}
	blob->data = mem_new((size_t)u->bytes + 1, 1);
	if (pread(u->fd, blob->data, (size_t)u->bytes, 0) != u->bytes)
		return err_set(e, OUT_TEMP, "could not read an upload back");
	return OUT_OK;
}

/* The last chunk was written: is it what was announced? */
static enum outcome
end(struct uploads *us, struct blobfile_batch *b, struct task *t, size_t i,
    struct err *e)
{
	struct upload *u = us->list[i];
	struct request *rq = &t->rq;
	unsigned char digest[HASH_BYTES];
	struct request_blob blob = { .bytes = 0 };
	const char *said =
		json_string_value(json_object_get(rq->params, "sha256"));
	enum outcome o;

	(void)crypto_hash_sha256_final(&u->sha, digest);
	hash_to_hex(digest, sizeof digest, blob.sha256);
	if (said == NULL || strcmp(said, blob.sha256) != 0) {
		forget(us, i);
		return refuse(t, OUT_PERM, "bad_params",
			      "'sha256' is not that of the upload");
	}
	o = keep(us, b, u, &blob, e);
	forget(us, i);
	if (o == OUT_UNSURE) {
		mem_free(blob.data);
		return o;
	}
	if (o != OUT_OK) {
		if (blob.pinned)
			blobfile_unpin(blob.sha256);
		mem_free(blob.data);
		return refuse(t, o, e->code, e->text);
	}
	if (rq->blobs == NULL)
		rq->blobs = mem_new(1, sizeof *rq->blobs);
	else
		mem_free(rq->blobs[0].data);
	rq->blobs[0] = blob;
	rq->blob_count = 1;
	return OUT_OK;
}

/* Why the chunk does not fit where the upload stands; NULL: it does. */
static const char *
misfit(const struct uploads *us, const struct upload *u, int64_t offset,
       int64_t n)
{
	if (offset != u->bytes)
		return "'offset' is not what was received so far";
	if (u->bytes + n > UPLOAD_BYTES)
		return "the blob is over 50 MiB";
	if (bytes_of(us, u->peer) + n > UPLOAD_PEER_BYTES)
		return "over 64 MiB are under way on this connection";
	return NULL;
}

enum outcome
upload_chunk(struct uploads *us, struct blobfile_batch *b, struct task *t,
	     struct err *e)
{
	struct request *rq = &t->rq;
	const char *name =
		json_string_value(json_object_get(rq->params, "upload"));
	int64_t offset =
		json_integer_value(json_object_get(rq->params, "offset"));
	int64_t n = rq->blob_count > 0 ? rq->blobs[0].bytes : 0;
	size_t i = find(us, rq->peer, name);
	struct upload *u;
	const char *why;

	if (i < us->n && offset == 0)
		forget(us, i); /* begun anew */
	i = find(us, rq->peer, name);
	if (i == us->n && offset != 0)
		return refuse(t, OUT_PERM, "bad_params",
			      "'upload' was not begun on this connection");
	u = i < us->n ? us->list[i] : begin(us, t, name);
	if (u == NULL)
		return OUT_OK;
	i = find(us, rq->peer, name);
	why = misfit(us, u, offset, n);
	if (why != NULL)
		return refuse(t, OUT_PERM, "bad_params", why);
	if (n > 0 &&
	    blobfile_write(u->fd, rq->blobs[0].data, (size_t)n, e) != OUT_OK) {
		forget(us, i);
		return refuse(t, OUT_TEMP, e->code, e->text);
	}
	if (n > 0)
		(void)crypto_hash_sha256_update(&u->sha, rq->blobs[0].data,
						(unsigned long long)n);
	u->bytes += n;
	u->used_ms = clock_tick_ms();
	if (json_is_true(json_object_get(rq->params, "end")))
		return end(us, b, t, i, e);
	rq->result = json_pack("{s:I}", "bytes", (json_int_t)u->bytes);
	t->over = true;
	return OUT_OK;
}

static bool
gone(struct peer *p)
{
	bool g;

	(void)pthread_mutex_lock(&p->lock);
	g = p->fd < 0;
	(void)pthread_mutex_unlock(&p->lock);
	return g;
}

void
uploads_prune(struct uploads *us, int64_t tick_ms)
{
	size_t i = us->n;

	while (i-- > 0) {
		struct upload *u = us->list[i];

		if (gone(u->peer) || tick_ms - u->used_ms > UPLOAD_IDLE_MS)
			forget(us, i);
	}
}

void
uploads_release(struct uploads *us)
{
	while (us->n > 0)
		forget(us, us->n - 1);
}
