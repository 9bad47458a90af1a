#include "tests/unit/engine_seen.h"

#include <string.h>

#include "daemon/desk.h"
#include "daemon/engine.h"
#include "daemon/request.h"
#include "rules/book.h"

struct engine_seen engine_seen;

struct book *
desk_book(struct desk *d, int64_t *version_out)
{
	if (version_out != NULL)
		*version_out = d->book_version;
	return book_ref(d->book);
}

void
desk_blob_gone(struct desk *d, const char *sha256)
{
	(void)d;
	(void)sha256;
	engine_seen.gone++;
}

const char *
engine_visitor_open(struct request *rq, int64_t visitor_id, int64_t incident_id,
		    const char *name, int64_t idle_ms)
{
	(void)rq;
	(void)name;
	engine_seen.opened_visitor = visitor_id;
	engine_seen.opened_incident = incident_id;
	engine_seen.opened_idle_ms = idle_ms;
	return engine_seen.full ? NULL : "h1.1";
}

bool
engine_handle_close(struct request *rq, const char *handle,
		    char session_hash_out[65])
{
	(void)rq;
	(void)session_hash_out;
	return strcmp(handle, "h1.1") == 0;
}

void
engine_measure(struct desk *d)
{
	(void)d;
	engine_seen.measures++;
}

void
engine_visitor_moved(struct desk *d, int64_t visitor_id, int64_t incident_id)
{
	(void)d;
	engine_seen.moved_visitor = visitor_id;
	engine_seen.moved_incident = incident_id;
}

void
engine_visitor_state(struct desk *d, int64_t visitor_id)
{
	(void)d;
	(void)visitor_id;
	engine_seen.states++;
}

void
engine_visitor_gone(struct desk *d, int64_t visitor_id)
{
	(void)d;
	(void)visitor_id;
	engine_seen.visitors_gone++;
}

const struct request_blob *
request_blob(const struct request *rq, const char *sha256)
{
	size_t i;

	for (i = 0; i < rq->blob_count; i++)
		if (strcmp(rq->blobs[i].sha256, sha256) == 0)
			return &rq->blobs[i];
	return NULL;
}
