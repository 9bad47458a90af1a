#include "gateways/chat/kind.h"

#include <string.h>
#include <strings.h>

#include "daemon/base/utf8.h"
#include "gateways/common/http.h"

static const char *
by_octets(const char *b, size_t n)
{
	if (n >= 8 && memcmp(b, "\x89PNG\r\n\x1a\n", 8) == 0)
		return "image/png";
	if (n >= 3 && memcmp(b, "\xff\xd8\xff", 3) == 0)
		return "image/jpeg";
	if (n >= 6 &&
	    (memcmp(b, "GIF87a", 6) == 0 || memcmp(b, "GIF89a", 6) == 0))
		return "image/gif";
	if (n >= 12 && memcmp(b, "RIFF", 4) == 0 &&
	    memcmp(b + 8, "WEBP", 4) == 0)
		return "image/webp";
	if (n >= 5 && memcmp(b, "%PDF-", 5) == 0)
		return "application/pdf";
	return NULL;
}

const char *
kind_of(const char *declared, const void *p, size_t n)
{
	const char *found = by_octets(p, n);

	if (declared == NULL)
		return NULL;
	if (http_is_type(declared, "text/plain"))
		return found == NULL ? "text/plain" : NULL;
	if (found == NULL)
		return NULL;
	/* A picture that is called another kind of picture is what it is. */
	if (strncmp(found, "image/", 6) == 0)
		return strncasecmp(declared, "image/", 6) == 0 ? found : NULL;
	return http_is_type(declared, found) ? found : NULL;
}

static bool
is_control(char c)
{
	return ((unsigned char)c < ' ' && c != '\t' && c != '\n' && c != '\r' &&
		c != '\f') ||
	       c == 127;
}

/* How long the character is that begins with this octet; 0: none does. */
static size_t
length_of(char c)
{
	unsigned char u = (unsigned char)c;

	return u < 0x80   ? 1
	       : u < 0xC2 ? 0
	       : u < 0xE0 ? 2
	       : u < 0xF0 ? 3
	       : u < 0xF5 ? 4
			  : 0;
}

void
kind_text_more(struct kind_text *t, const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n && !t->bad; i++) {
		t->rest[t->len++] = p[i];
		if (t->len < length_of(t->rest[0]))
			continue;
		t->bad = utf8_next(t->rest, t->len, NULL) != t->len ||
			 is_control(t->rest[0]);
		t->len = 0;
	}
}

bool
kind_text_good(const struct kind_text *t)
{
	return !t->bad && t->len == 0;
}
