/* Any octets as HTML: what comes out has no element, handler or address that
 * is not on the list, and stays so when it is read again. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/html.h"
#include "gateways/mail/parse.h"

#define INPUT_MAX ((size_t)64 * 1024)
#define OUTPUT_MAX ((size_t)8 * 1024 * 1024)

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	parse_start();
	return 0;
}

static void
check(const char *s)
{
	static const char *const never[] = {
		"<script", "<style", "<svg",  "<math",     "<iframe",
		"<object", "<embed", "<form", "<base",     "<meta",
		"<link",   "<!",     "<?",    "<template",
	};

	for (size_t i = 0; i < sizeof(never) / sizeof(*never); i++)
		if (strcasestr(s, never[i]))
			abort();
	/* text has no < of its own, so every one starts an element of ours */
	for (; (s = strchr(s, '<')) != NULL; s++) {
		const char *end = strchr(s, '>');

		if (!end)
			abort();
		for (const char *c = s; c < end; c++)
			if (strncasecmp(c, " on", 3) == 0 &&
			    memchr(s, '"', (size_t)(c - s)) == NULL)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf text, once, twice;
	bool remote, cut;

	if (n > INPUT_MAX)
		return 0;
	buf_init(&text, OUTPUT_MAX);
	buf_init(&once, OUTPUT_MAX);
	buf_init(&twice, OUTPUT_MAX);
	(void)utf8_clean(&text, (const char *)p, n);
	for (int i = 0; i < 2; i++) {
		struct buf *in = i ? &once : &text, *out = i ? &twice : &once;
		struct html *h = html_read(buf_str(in), in->len);

		if (h)
			html_clean(h, out, &remote, &cut);
		if (out->full)
			abort();
		html_free(&h);
		check(buf_str(out));
	}
	buf_clear(&text);
	parse_strip((const char *)p, n, true, &text);
	buf_release(&text);
	buf_release(&once);
	buf_release(&twice);
	return 0;
}
