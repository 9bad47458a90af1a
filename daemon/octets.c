#include "daemon/octets.h"

#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/store/blobfile.h"
#include "daemon/task.h"
#include "daemon/wire/frame.h"

#define OCTETS_STEP 8 /* places are made for so many more */

static enum outcome take_members(struct task *t, const struct param *params,
				 json_t *o, struct err *e);

static enum outcome
add(struct task *t, const char *text, size_t n, struct request_blob *b,
    struct err *e)
{
	struct request *rq = &t->rq;
	struct buf octets;

	if (rq->blob_count == OCTETS_MAX)
		return err_code(e, OUT_PERM, "bad_params",
				"more than %d members carry octets",
				OCTETS_MAX);
	buf_init(&octets, FRAME_BYTES);
	if (!hash_unb64(&octets, text, n)) {
		buf_release(&octets);
		return err_code(e, OUT_PERM, "bad_params",
				"'data' is not padded base64");
	}
	b->bytes = (int64_t)octets.len;
	hash_hex(octets.data != NULL ? octets.data : "", octets.len, b->sha256);
	b->data = octets.data != NULL ? (unsigned char *)buf_take(&octets)
				      : mem_new(1, 1);
	if (rq->blob_count % OCTETS_STEP == 0)
		rq->blobs = mem_resize(rq->blobs, rq->blob_count + OCTETS_STEP,
				       sizeof *rq->blobs);
	rq->blobs[rq->blob_count++] = *b;
	return OUT_OK;
}

/* The digest and size named beside "data" must be those of the octets. */
static enum outcome
check_beside(const json_t *o, const struct request_blob *b, struct err *e)
{
	const char *sha = json_string_value(json_object_get(o, "sha256"));
	const json_t *size = json_object_get(o, "size");

	if (size == NULL)
		size = json_object_get(o, "bytes");
	if (sha == NULL || strcmp(sha, b->sha256) != 0)
		return err_code(e, OUT_PERM, "bad_params",
				"'sha256' is not that of 'data'");
	if (json_integer_value(size) != b->bytes)
		return err_code(e, OUT_PERM, "bad_params",
				"size of 'data' is %lld, not as said",
				(long long)b->bytes);
	return OUT_OK;
}

static enum outcome
take_data(struct task *t, const char *name, json_t *o, bool chunk,
	  struct err *e)
{
	json_t *data = json_object_get(o, name);
	struct request_blob b = { .bytes = 0 };
	enum outcome out;

	if (!json_is_string(data))
		return OUT_OK;
	out = add(t, json_string_value(data), json_string_length(data), &b, e);
	if (out == OUT_OK && !chunk) {
		out = check_beside(o, &b, e);
		if (b.bytes > BLOB_ROW_BYTES)
			t->prep = PREP_FILES;
	}
	(void)json_object_del(o, name);
	return out;
}

static enum outcome
take_shape(struct task *t, const struct param *p, json_t *v, struct err *e)
{
	size_t i;
	json_t *item;

	if (!p->list)
		return json_is_object(v)
			       ? take_members(t, p->shape->params, v, e)
			       : OUT_OK;
	json_array_foreach(v, i, item)
	{
		if (take_members(t, p->shape->params, item, e) != OUT_OK)
			return OUT_PERM;
	}
	return OUT_OK;
}

static enum outcome
take_members(struct task *t, const struct param *params, json_t *o,
	     struct err *e)
{
	bool chunk = o == t->rq.params;
	const struct param *p;
	enum outcome out = OUT_OK;

	for (p = params; p->name != NULL && out == OUT_OK; p++) {
		if (p->type == PARAM_BASE64)
			out = take_data(t, p->name, o, chunk, e);
		else if (p->type == PARAM_SHAPE)
			out = take_shape(t, p, json_object_get(o, p->name), e);
	}
	return out;
}

enum outcome
octets_take(struct task *t, struct err *e)
{
	if (strcmp(t->rq.method->name, "blob.put") == 0)
		t->prep = PREP_FILES;
	return take_members(t, t->rq.method->params, t->rq.params, e);
}
