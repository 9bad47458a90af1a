#ifndef POSTIGO_HTTP_H
#define POSTIGO_HTTP_H

/*
 * http: reading and writing the small texts of HTTP: cookies, forms,
 * percent-encoding, languages, origins, JSON answers.
 *
 * Everything that comes from outside is bytes with a length; what is handed
 * out as text is well-formed UTF-8 without NUL.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"

struct hit;

#define HTTP_COOKIE_MAX 256 /* characters of a value that is ours */

/*
 * The value of a cookie in a Cookie header (may be NULL), into out. The
 * first of several counts.
 * false: absent, or over cap - 1 characters. Source: RFC 6265 section 4.2.
 */
bool http_cookie(const char *header, const char *name, char *out, size_t cap);

/*
 * Append with %XX decoded, and '+' as a space if plus is set.
 * false: a malformed escape, NUL or bad UTF-8, or over b's ceiling; b is
 * then as before. Source: RFC 3986 section 2.1; WHATWG URL, 5.1.
 */
bool http_unescape(struct buf *b, const char *p, size_t n, bool plus);

/*
 * A field of an application/x-www-form-urlencoded body; the first of
 * several. NULL: absent or malformed. Free with mem_free.
 */
char *http_form(const char *body, size_t n, const char *name);

/* Append with everything but unreserved characters as %XX. */
void http_escape(struct buf *b, const char *s);

/*
 * "es" or "en": the one that an Accept-Language header (may be NULL)
 * prefers, else fallback. Source: RFC 9110 section 12.5.4.
 */
const char *http_language(const char *header, const char *fallback);

/* Does an If-None-Match header (may be NULL) name the tag, quotes
 * included, or "*"? Weak comparison. Source: RFC 9110 section 13.1.2. */
bool http_etag_in(const char *header, const char *tag);

/* Does an Accept-Encoding header (may be NULL) allow gzip? */
bool http_gzip(const char *header);

/* Is Origin (may be NULL: false) exactly scheme://host? */
bool http_same_origin(const char *origin, const char *scheme, const char *host);

/* Is it "localhost", "127.0.0.1" or "[::1]", with or without a port? */
bool http_host_loopback(const char *host);

/* A value for Content-Disposition that saves under the name; text only. */
void http_disposition(struct buf *b, const char *name);

/* Is the media type this one, whatever its parameters? */
bool http_is_type(const char *header, const char *type);

/* Answer with a JSON value; o is borrowed. */
void http_json(struct hit *h, int status, const json_t *o);

/* Answer {"error":{"code","message"}}; retry_s > 0 adds Retry-After. */
void http_error(struct hit *h, int status, const char *code,
		const char *message, int retry_s);

#endif
