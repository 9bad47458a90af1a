#ifndef POSTIGO_WHATSAPP_UPLOAD_H
#define POSTIGO_WHATSAPP_UPLOAD_H

/*
 * upload: files of answers as Graph's media: fetched from the daemon into a
 * nameless file, looked at, uploaded for the number that sends them. What was
 * uploaded is remembered, so a file that goes to several people, or once
 * more, is uploaded once.
 *
 * Invariants: at most UPLOADS_MAX are remembered and UPLOADS_FLYING under
 * way; an upload is no message: doing it twice is harmless.
 */

#include <jansson.h>
#include <stddef.h>

#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/kind.h"

#define UPLOADS_MAX 64
#define UPLOADS_FLYING 6
#define UPLOAD_KEEP_MS ((int64_t)20 * 24 * 60 * 60 * 1000) /* Graph: 30 days */
#define UPLOAD_ID_MAX (GRAPH_ID_MAX + 1)

struct account;
struct bus;
struct uploads;

enum upload_state {
	UPLOAD_RUNS,
	UPLOAD_READY,
	UPLOAD_REFUSED, /* by Graph: answer says how */
	UPLOAD_FAILED,  /* for the moment: answer.err says why */
	UPLOAD_NEVER    /* it is too large, or the daemon does not give it */
};

struct upload {
	enum upload_state state;
	struct kind kind;           /* from UPLOAD_READY on */
	char media[UPLOAD_ID_MAX];  /* UPLOAD_READY */
	struct graph_answer answer; /* of what went wrong; without a body */
};

struct uploads *uploads_new(struct bus *bus, struct graph *graph);
/* After graph. */
void uploads_free(struct uploads **u);

/*
 * How far a file is; the first question begins it. One that did not work is
 * told once; the next question begins it anew.
 * message  its row, for blob.get
 * file     OutFile
 * NULL: there is no room to begin it now
 */
const struct upload *uploads_get(struct uploads *u, struct account *k,
				 json_int_t message, const json_t *file);

/* Graph does not know its id any more. */
void uploads_forget(struct uploads *u, const char *media);

#endif
