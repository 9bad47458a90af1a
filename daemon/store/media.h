#ifndef POSTIGO_MEDIA_H
#define POSTIGO_MEDIA_H

/*
 * media: files of messages that a gateway fetches after the message was
 * written, so that text and order do not wait for them.
 *
 * Invariant: one that is here is the attachment at its position, and no other
 * is. Source: schema/STORE.md, "media".
 */

#include <jansson.h>
#include <stdint.h>

#include "daemon/base/err.h"

struct store;

/* One to be fetched; borrowed. */
struct media_new {
	int64_t message_id;
	int64_t position;
	int64_t connection_id;
	const char *external_id;
	const char *content_type;
	const char *filename;
	const char *sha256; /* as announced; NULL: it was not */
	const char *url;    /* or NULL */
	int64_t url_ms;
	const char *gone; /* why it will not come; NULL: it is pending */
};

enum outcome media_add(struct store *s, const struct media_new *m,
		       struct err *e) MUST_CHECK;

struct media {
	int64_t incident_id;
	char state[8]; /* pending, here, gone */
	char *content_type;
	char *filename;
};

void media_release(struct media *m);

/* Of a connection of that role. OUT_PERM code "not_found". */
enum outcome media_load(struct store *s, int64_t message_id, int64_t position,
			const char *role, struct media *out,
			struct err *e) MUST_CHECK;

/* state: here or gone. why: of a gone one; of one that is here what is odd
 * about it, or "". */
enum outcome media_end(struct store *s, int64_t message_id, int64_t position,
		       const char *state, const char *why,
		       struct err *e) MUST_CHECK;

/* MessageMedia objects (methods.tbl) of a message, in order; new. */
enum outcome media_list(struct store *s, int64_t message_id, json_t **out,
			struct err *e) MUST_CHECK;

#endif
