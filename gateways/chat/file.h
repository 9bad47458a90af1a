#ifndef POSTIGO_CHAT_FILE_H
#define POSTIGO_CHAT_FILE_H

/*
 * file: octets in and out of a visitor's chat. The token is in the header
 * Authorization, never in a path.
 *
 * Invariants: of each file that goes out one range of FILE_CHUNK_BYTES is in
 * memory; of those that come in (hitput.h) at most FILE_UPLOADS are sent to the
 * daemon at once, FILE_AT_ONCE are under way; nothing is served but as an
 * attachment.
 */

#define FILE_CHUNK_BYTES (256 * 1024)
#define FILE_UPLOADS 3 /* at once; others wait their turn */
#define FILE_AT_ONCE 64

struct chat;
struct hit;
struct hitputs;
struct visitor;

void file_get(struct chat *c, struct hit *h); /* GET /chat/file/SHA256 */
void file_put(struct chat *c, struct hit *h); /* POST /chat/file */

/* The files that come in (hitput.h), once there are a server and a bus. The
 * caller stops and frees them. */
struct hitputs *file_puts(const struct chat *c);

/* --- for upload.c -------------------------------------------------------- */

/*
 * The visitor who asks, by the token of the header Authorization: one with
 * a socket, or of the site that the argument `site` names. A new reference;
 * NULL: the request was answered.
 */
struct visitor *file_visitor(struct chat *c, struct hit *h);

#endif
