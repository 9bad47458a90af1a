/*
 * fuzz_http: cookies, forms, escapes and header lists from outside. What is
 * handed out must be text, and escaping it must give it back.
 */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/common/http.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
round_trip(const char *text)
{
	struct buf once;
	struct buf back;

	buf_init(&once, 1 << 22);
	buf_init(&back, 1 << 22);
	http_escape(&once, text);
	assert(http_unescape(&back, buf_str(&once), once.len, false));
	assert(strcmp(buf_str(&back), text) == 0);
	buf_release(&once);
	buf_release(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	char *text = mem_strndup((const char *)data, n);
	char cookie[64];
	char *field = http_form((const char *)data, n, "a");
	struct buf b;

	buf_init(&b, 1 << 16);
	if (http_unescape(&b, (const char *)data, n, true)) {
		assert(utf8_valid(buf_str(&b), b.len));
		round_trip(buf_str(&b));
	} else {
		assert(b.len == 0);
	}
	if (field != NULL)
		assert(utf8_valid(field, strlen(field)));
	if (http_cookie(text, "a", cookie, sizeof cookie))
		assert(strlen(cookie) < sizeof cookie &&
		       strchr(cookie, ';') == NULL);
	(void)http_language(text, "es");
	(void)http_gzip(text);
	(void)http_etag_in(text, "\"x\"");
	(void)http_host_loopback(text);
	(void)http_same_origin(text, "http", "a");
	(void)http_is_type(text, "application/json");
	buf_release(&b);
	mem_free(field);
	mem_free(text);
	return 0;
}
