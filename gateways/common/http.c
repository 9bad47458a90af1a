#include "gateways/common/http.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/hash.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/common/server.h"

#define LANGUAGES_MAX 32    /* of an Accept-Language that are looked at */
#define DISPOSITION_MAX 150 /* characters of a file name */

bool
http_cookie(const char *header, const char *name, char *out, size_t cap)
{
	size_t len = strlen(name);
	const char *p = header;

	while (p != NULL && *p != '\0') {
		size_t n;

		p += strspn(p, " ;,");
		n = strcspn(p, ";");
		if (n > len && p[len] == '=' && strncmp(p, name, len) == 0) {
			n -= len + 1;
			while (n > 0 && p[len + n] == ' ')
				n--;
			if (n >= cap)
				return false;
			memcpy(out, p + len + 1, n);
			out[n] = '\0';
			return true;
		}
		p += n;
	}
	return false;
}

bool
http_unescape(struct buf *b, const char *p, size_t n, bool plus)
{
	size_t before = b->len;
	size_t i;

	for (i = 0; i < n; i++) {
		char c = p[i];

		if (c == '%') {
			int hi = i + 2 < n ? hash_hex_digit(p[i + 1]) : -1;
			int lo = i + 2 < n ? hash_hex_digit(p[i + 2]) : -1;

			if (hi < 0 || lo < 0)
				goto bad;
			c = (char)(hi * 16 + lo);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (!buf_putc(b, c))
			goto bad;
	}
	if (b->len == before || utf8_valid(b->data + before, b->len - before))
		return true;
bad:
	if (b->data != NULL) {
		b->len = before;
		b->data[before] = '\0';
	}
	return false;
}

char *
http_form(const char *body, size_t n, const char *name)
{
	size_t len = strlen(name);
	size_t at = 0;

	while (at < n) {
		const char *p = body + at;
		const char *amp = memchr(p, '&', n - at);
		size_t part = amp != NULL ? (size_t)(amp - p) : n - at;

		if (part > len && p[len] == '=' && memcmp(p, name, len) == 0) {
			struct buf b;

			buf_init(&b, part);
			if (!http_unescape(&b, p + len + 1, part - len - 1,
					   true)) {
				buf_release(&b);
				return NULL;
			}
			return b.len != 0 ? buf_take(&b) : mem_strdup("");
		}
		at += part + 1;
	}
	return NULL;
}

void
http_escape(struct buf *b, const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789-._~";

	for (; *s != '\0'; s++) {
		if (strchr(plain, *s) != NULL)
			(void)buf_putc(b, *s);
		else
			(void)buf_printf(b, "%%%02X", (unsigned char)*s);
	}
}

/* The weight of "es-ES;q=0.8", in thousandths. */
static long
weight(const char *p, size_t n)
{
	const char *semi = memchr(p, ';', n);
	const char *end = p + n;
	double q;

	if (semi == NULL)
		return 1000;
	semi++;
	while (semi < end && *semi == ' ')
		semi++;
	if (end - semi < 3 || semi[0] != 'q' || semi[1] != '=')
		return 1000;
	q = strtod(semi + 2, NULL);
	if (!(q >= 0 && q <= 1))
		return 0;
	return (long)(q * 1000);
}

const char *
http_language(const char *header, const char *fallback)
{
	const char *best = fallback;
	long best_weight = 0;
	const char *p = header;
	int left = LANGUAGES_MAX;

	while (p != NULL && *p != '\0' && left-- > 0) {
		size_t n;
		const char *tag = NULL;

		p += strspn(p, " ,");
		n = strcspn(p, ",");
		if (strncasecmp(p, "es", 2) == 0)
			tag = "es";
		else if (strncasecmp(p, "en", 2) == 0)
			tag = "en";
		if (n >= 2 && tag != NULL && !isalpha((unsigned char)p[2]) &&
		    weight(p, n) > best_weight) {
			best = tag;
			best_weight = weight(p, n);
		}
		p += n;
	}
	return best;
}

/* Does a comma-separated list have the word, up to a ';' or space? */
static bool
list_has(const char *p, const char *word, size_t *weight_at)
{
	size_t len = strlen(word);
	const char *from = p;

	while (*p != '\0') {
		size_t n;

		p += strspn(p, " ,\t");
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		n = strcspn(p, ",; ");
		if (n == len && strncasecmp(p, word, n) == 0) {
			if (weight_at != NULL)
				*weight_at = (size_t)(p - from);
			return true;
		}
		p += strcspn(p, ",");
	}
	return false;
}

bool
http_etag_in(const char *header, const char *tag)
{
	return header != NULL &&
	       (strcmp(header, "*") == 0 || list_has(header, tag, NULL));
}

bool
http_gzip(const char *header)
{
	size_t at;

	if (header == NULL || !list_has(header, "gzip", &at))
		return false;
	return weight(header + at, strcspn(header + at, ",")) > 0;
}

bool
http_same_origin(const char *origin, const char *scheme, const char *host)
{
	size_t n = strlen(scheme);

	if (origin == NULL || host == NULL || host[0] == '\0')
		return false;
	return strncmp(origin, scheme, n) == 0 &&
	       strncmp(origin + n, "://", 3) == 0 &&
	       strcasecmp(origin + n + 3, host) == 0;
}

bool
http_host_loopback(const char *host)
{
	static const char *const names[] = { "localhost", "127.0.0.1",
					     "[::1]" };
	size_t i;

	for (i = 0; i < sizeof names / sizeof names[0]; i++) {
		size_t n = strlen(names[i]);
		const char *rest = host + n;

		if (strncasecmp(host, names[i], n) != 0)
			continue;
		if (*rest == '\0')
			return true;
		if (*rest == ':' && rest[1] != '\0' && strlen(rest) <= 6 &&
		    strspn(rest + 1, "0123456789") == strlen(rest + 1))
			return true;
	}
	return false;
}

void
http_disposition(struct buf *b, const char *name)
{
	struct buf cut;
	size_t n = strlen(name);

	buf_init(&cut, DISPOSITION_MAX * 4 + 1);
	(void)buf_add(&cut, name, utf8_cut(name, n, DISPOSITION_MAX * 4));
	(void)buf_puts(b, "attachment");
	if (cut.len != 0) {
		(void)buf_puts(b, "; filename*=UTF-8''");
		http_escape(b, buf_str(&cut));
	}
	buf_release(&cut);
}

bool
http_is_type(const char *header, const char *type)
{
	size_t n = strlen(type);

	return header != NULL && strncasecmp(header, type, n) == 0 &&
	       (header[n] == '\0' || header[n] == ';' || header[n] == ' ');
}

void
http_json(struct hit *h, int status, const json_t *o)
{
	char *text = json_dumps(o, JSON_COMPACT | JSON_ENCODE_ANY);

	if (text == NULL) {
		hit_send(h, 500, NULL, NULL, 0);
		return;
	}
	hit_send(h, status, "application/json", text, strlen(text));
	free(text);
}

void
http_error(struct hit *h, int status, const char *code, const char *message,
	   int retry_s)
{
	json_t *o = json_pack("{s:{s:s, s:s}}", "error", "code", code,
			      "message", message);

	if (retry_s > 0)
		hit_setf(h, "retry-after", "%d", retry_s);
	http_json(h, status, o);
	json_decref(o);
}
