#ifndef POSTIGO_FRAME_H
#define POSTIGO_FRAME_H

/*
 * frame: JSON-RPC 2.0 objects, one a line. A frame is at most FRAME_BYTES
 * with its newline; jansson reads it, duplicates refused.
 *
 * Source: schema/PROTOCOL.md, "Frames".
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "daemon/base/buf.h"
#include "daemon/base/err.h"

struct json_part;

#define FRAME_BYTES (1024 * 1024)
#define FRAME_DEPTH 32                /* of nested arrays and objects */
#define RAW_INLINE_BYTES (256 * 1024) /* octets that may ride in a frame */

enum frame_next {
	FRAME_NONE, /* no whole line yet */
	FRAME_LINE, /* *line_out is one, without its newline */
	FRAME_OVER  /* the line is over FRAME_BYTES: drop the peer */
};

/*
 * The next whole line at the front of b, from byte *from (0 at first; moved
 * on past the line). The caller drops *from bytes when done with the lines.
 */
enum frame_next frame_next(const struct buf *b, size_t *from,
			   const char **line_out, size_t *len_out);

/*
 * Parse one line. OUT_PERM: not one JSON object (text says where), deeper
 * than FRAME_DEPTH, or with NUL or bad UTF-8. *out is a new reference.
 */
enum outcome frame_parse(const char *line, size_t n, json_t **out,
			 struct err *e) MUST_CHECK;

/* A response that went well, as octets; nothing of it is copied. */
struct frame_result {
	int64_t id;
	int64_t number; /* 0: none */
	const char *text;
	size_t len;
};

/*
 * Look at a line without parsing its result, for whoever hands that on as it
 * came. Only for lines of the daemon, whose JSON is believed.
 * false: it is no response with an integer id and a result; parse it.
 */
bool frame_result(const char *line, size_t n, struct frame_result *out);

/*
 * Append the object and a newline. OUT_PERM: over FRAME_BYTES or over b's
 * ceiling; b is then as before.
 */
enum outcome frame_put(struct buf *b, const json_t *o,
		       struct err *e) MUST_CHECK;

/* As frame_put, with JSON text in the place of one value (json_text.h). */
enum outcome frame_put_part(struct buf *b, const json_t *o,
			    const struct json_part *part,
			    struct err *e) MUST_CHECK;

#endif
