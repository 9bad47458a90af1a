#include "gateways/common/asset.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/base/buf.h"
#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "gateways/common/http.h"
#include "gateways/common/server.h"

#define MANIFEST "assets.json"
#define HASH_PART 8 /* characters of the hash in a built name, at least */

struct asset {
	char *name;
	struct shared *bytes;
	char etag[HASH_HEX + 2];
};

struct assets {
	struct asset all[ASSETS_MAX];
	size_t count;
	json_t *manifest;
};

static const struct asset *
find(const struct assets *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (strcmp(a->all[i].name, name) == 0)
			return &a->all[i];
	return NULL;
}

void
assets_add(struct assets *a, const char *name, const void *p, size_t n)
{
	struct asset *one = &a->all[a->count];
	char hex[HASH_HEX];

	if (a->count == ASSETS_MAX)
		return;
	one->name = mem_strdup(name);
	one->bytes = shared_new(p, n);
	hash_hex(p, n, hex);
	(void)snprintf(one->etag, sizeof one->etag, "\"%.32s\"", hex);
	a->count++;
}

static enum outcome
read_file(int dir, const char *name, struct buf *b, struct err *e)
{
	int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	enum outcome o = OUT_OK;
	struct stat st;
	ssize_t n = 0;

	if (fd < 0 || fstat(fd, &st) != 0) {
		o = err_sys(e, OUT_TEMP, errno, "could not read '%s'", name);
		goto out;
	}
	if (st.st_size > ASSET_BYTES) {
		o = err_set(e, OUT_PERM, "'%s' is too large for a page", name);
		goto out;
	}
	for (;;) {
		char *at = buf_room(b, 65536);

		n = at != NULL ? read(fd, at, 65536) : -1;
		if (n <= 0)
			break;
		b->len += (size_t)n;
	}
	if (n < 0)
		o = err_sys(e, OUT_TEMP, errno, "could not read '%s'", name);
out:
	if (fd >= 0)
		(void)close(fd);
	return o;
}

static bool
good_name(const char *name)
{
	return name[0] != '.' &&
	       strspn(name, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") ==
		       strlen(name);
}

static enum outcome
take_file(struct assets *a, int dir, const char *name, struct err *e)
{
	struct buf b;
	enum outcome o;

	buf_init(&b, ASSET_BYTES + 65536 + 1);
	o = read_file(dir, name, &b, e);
	if (o == OUT_OK && strcmp(name, MANIFEST) == 0) {
		a->manifest = json_loadb(buf_str(&b), b.len,
					 JSON_REJECT_DUPLICATES, NULL);
		if (a->manifest == NULL)
			o = err_set(e, OUT_PERM, "'%s' is not JSON", MANIFEST);
	} else if (o == OUT_OK && a->count == ASSETS_MAX) {
		o = err_set(e, OUT_PERM, "more than %d files of pages",
			    ASSETS_MAX);
	} else if (o == OUT_OK) {
		assets_add(a, name, buf_str(&b), b.len);
	}
	buf_release(&b);
	return o;
}

enum outcome
assets_open(const char *dir, struct assets **out, struct err *e)
{
	struct assets *a = mem_new(1, sizeof *a);
	DIR *d = opendir(dir);
	enum outcome o = OUT_OK;
	struct dirent *entry;

	while (d != NULL && o == OUT_OK && (entry = readdir(d)) != NULL) {
		struct stat st;

		if (!good_name(entry->d_name) ||
		    fstatat(dirfd(d), entry->d_name, &st, 0) != 0 ||
		    !S_ISREG(st.st_mode))
			continue;
		o = take_file(a, dirfd(d), entry->d_name, e);
	}
	if (d != NULL)
		(void)closedir(d);
	if (o != OUT_OK)
		assets_close(&a);
	*out = a;
	return o;
}

void
assets_close(struct assets **ap)
{
	struct assets *a = *ap;
	size_t i;

	if (a == NULL)
		return;
	for (i = 0; i < a->count; i++) {
		mem_free(a->all[i].name);
		shared_unref(a->all[i].bytes);
	}
	json_decref(a->manifest);
	MEM_CLEAR(ap);
}

const char *
assets_name(const struct assets *a, const char *plain)
{
	return json_string_value(json_object_get(a->manifest, plain));
}

static const char *
type_of(const char *name)
{
	static const char *const types[][2] = {
		{ ".js", "text/javascript; charset=utf-8" },
		{ ".mjs", "text/javascript; charset=utf-8" },
		{ ".css", "text/css; charset=utf-8" },
		{ ".svg", "image/svg+xml" },
		{ ".png", "image/png" },
		{ ".ico", "image/x-icon" },
		{ ".html", "text/html; charset=utf-8" },
		{ ".json", "application/json" },
		{ ".webmanifest", "application/manifest+json" },
		{ ".woff2", "font/woff2" },
		{ ".txt", "text/plain; charset=utf-8" },
		{ ".map", "application/json" },
	};
	const char *dot = strrchr(name, '.');
	size_t i;

	for (i = 0; dot != NULL && i < sizeof types / sizeof types[0]; i++)
		if (strcmp(dot, types[i][0]) == 0)
			return types[i][1];
	return "application/octet-stream";
}

/* "console-4F3A9C21.js": the name changes with the bytes. */
static bool
has_hash(const char *name)
{
	const char *dash = strrchr(name, '-');
	const char *dot = strrchr(name, '.');

	return dash != NULL && dot != NULL && dot - dash > HASH_PART &&
	       strspn(dash + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				"abcdef") >= (size_t)(dot - dash - 1);
}

void
assets_send(const struct assets *a, const char *name, struct hit *h)
{
	assets_send_as(a, name,
		       has_hash(name) ? "public, max-age=31536000, immutable"
				      : "no-cache",
		       h);
}

void
assets_send_as(const struct assets *a, const char *name,
	       const char *cache_control, struct hit *h)
{
	const struct asset *one = find(a, name);
	char gz_name[256];
	const struct asset *gz = NULL;
	const char *type = type_of(name);

	if (one == NULL) {
		hit_send(h, 404, "text/plain; charset=utf-8", "not found\n",
			 10);
		return;
	}
	(void)snprintf(gz_name, sizeof gz_name, "%s.gz", name);
	if (http_gzip(hit_header(h, "accept-encoding")))
		gz = find(a, gz_name);
	hit_set(h, "cache-control", cache_control);
	hit_set(h, "vary", "accept-encoding");
	if (gz != NULL) {
		hit_set(h, "content-encoding", "gzip");
		one = gz;
	}
	hit_set(h, "etag", one->etag);
	if (http_etag_in(hit_header(h, "if-none-match"), one->etag))
		hit_send(h, 304, NULL, NULL, 0);
	else
		hit_send_shared(h, 200, type, one->bytes);
}
