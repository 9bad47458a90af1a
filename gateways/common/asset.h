#ifndef POSTIGO_ASSET_H
#define POSTIGO_ASSET_H

/*
 * asset: files of a web page, read once when the gateway starts.
 *
 * A folder holds them flat, with a manifest assets.json that maps a plain
 * name to the built one ({"console.js": "console-4F3A9C21.js"}); NAME.gz
 * beside NAME is sent to whoever takes gzip. Built names with a hash are
 * cached for ever, the others by their ETag.
 *
 * Invariants: at most ASSETS_MAX files of ASSET_BYTES each; nothing is read
 * from the disk for a request, so no path from outside reaches it.
 */

#include <stddef.h>

#include "daemon/base/err.h"

#define ASSETS_MAX 256
#define ASSET_BYTES (8 * 1024 * 1024)

struct assets;
struct hit;

/*
 * Read a folder. A folder that is absent gives an empty set.
 * OUT_TEMP: a file cannot be read; OUT_PERM: too many or too large.
 */
enum outcome assets_open(const char *dir, struct assets **out,
			 struct err *e) MUST_CHECK;
void assets_close(struct assets **a);

/* Add one from memory; the bytes are static. */
void assets_add(struct assets *a, const char *name, const void *p, size_t n);

/* The built name of a plain one, by the manifest; NULL: none. Borrowed. */
const char *assets_name(const struct assets *a, const char *plain);

/* Answer a GET of a file by its name: 200, 304 or 404. */
void assets_send(const struct assets *a, const char *name, struct hit *h);

/* The same with a Cache-Control of the caller's. */
void assets_send_as(const struct assets *a, const char *name,
		    const char *cache_control, struct hit *h);

#endif
