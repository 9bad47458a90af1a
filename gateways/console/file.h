#ifndef POSTIGO_FILE_H
#define POSTIGO_FILE_H

/*
 * file: octets in and out: cleaned HTML of a mail for a sandboxed frame, the
 * pictures inside it, attachments, uploads.
 *
 * Invariants: of each file that goes out one range of FILE_CHUNK_BYTES is in
 * memory, of those that come in what hitput.h says; nothing a customer sent is
 * shown as anything but a raster picture, nor played as anything but a sound or
 * a film.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILE_CHUNK_BYTES (256 * 1024)
#define FILE_LINK_MS (5 * 60 * 1000) /* a picture's link is good for */
#define FILE_UPLOADS 2               /* at once; others wait their turn */

struct console;
struct hit;
struct hitputs;

void file_html(struct console *c, struct hit *h);       /* GET /html/ID */
void file_image(struct console *c, struct hit *h);      /* GET /i/... */
void file_attachment(struct console *c, struct hit *h); /* GET /attachment/ */
void file_upload(struct console *c, struct hit *h);     /* POST /upload */

/* The type of a raster picture by its first octets, or NULL. Static. */
const char *file_raster(const void *p, size_t n);

/* The same of a sound or a film that browsers play. */
const char *file_played(const void *p, size_t n);

/*
 * The one range of octets that a header asks for, "bytes=FIRST-" or
 * "bytes=FIRST-LAST". False: none, or another form, for which the whole is an
 * answer too.
 * until_out  after the last octet; INT64_MAX: to the end
 */
bool file_range(const char *header, int64_t *from_out, int64_t *until_out);

/* The files that come in (hitput.h), once there are a server and a bus. The
 * caller stops and frees them. */
struct hitputs *file_puts(const struct console *c);

#endif
