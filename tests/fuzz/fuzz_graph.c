/*
 * fuzz_graph: octets as Graph's answers, as texts that get marks, as files,
 * as addresses of media. Says: no crash; an answer that cannot be read is
 * never taken for one that was accepted or refused; texts of errors are one
 * line of UTF-8; marked text is UTF-8 within its ceiling and keeps every
 * letter; the token goes to listed hosts alone.
 */
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/whatsapp/accounts.h"
#include "gateways/whatsapp/graph.h"
#include "gateways/whatsapp/kind.h"
#include "gateways/whatsapp/marks.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
must(int so)
{
	if (!so)
		abort();
}

static void
check_line(const char *s, size_t size)
{
	size_t n = strlen(s);

	must(n < size && utf8_valid(s, n) && strpbrk(s, "\r\n\t") == NULL);
}

static void
try_answer(long status, const char *text, size_t n)
{
	struct graph_answer a;
	const struct graph_rule *r;

	graph_answer_read(status, text, n, &a);
	must(a.status == status);
	check_line(a.error.title, sizeof(a.error.title));
	check_line(a.error.details, sizeof(a.error.details));
	check_line(a.error.trace, sizeof(a.error.trace));
	if (a.outcome == OUT_OK)
		must(status / 100 == 2 && json_is_object(a.body));
	if (a.outcome == OUT_PERM)
		must(a.error.code != GRAPH_NO_CODE || status / 100 == 3 ||
		     status / 100 == 4);
	if (a.outcome == OUT_TEMP)
		abort();
	r = graph_error_rule(&a.error);
	must(r != NULL && graph_error_wait_s(r, 30, (unsigned)n) >= 0 &&
	     graph_error_wait_s(r, 30, (unsigned)n) <=
		     GRAPH_WAIT_S_MAX + GRAPH_WAIT_S_MAX / 4);
	json_decref(a.body);
}

/* Each letter and digit comes out, in its order; marks may stand between. */
static void
check_letters(const char *in, size_t n, const struct buf *out)
{
	size_t at = 0;

	for (size_t i = 0; i < n; i++) {
		if (!isalpha((unsigned char)in[i]))
			continue;
		while (at < out->len && out->data[at] != in[i])
			at++;
		must(at < out->len);
		at++;
	}
}

static void
try_marks(const char *text, size_t n)
{
	struct buf b;
	struct err e;

	if (!utf8_valid(text, n) || memchr(text, '\0', n) != NULL)
		return;
	buf_init(&b, 16 * n + 1000);
	if (marks_write(text, n, MARKS_TEXT_MAX, &b, &e) == OUT_OK) {
		must(!b.full && utf8_valid(buf_str(&b), b.len));
		must(marks_count(buf_str(&b), b.len) <= MARKS_TEXT_MAX);
		/* entities and escapes are read */
		if (memchr(text, '&', n) == NULL &&
		    memchr(text, '\\', n) == NULL &&
		    memchr(text, '[', n) == NULL &&
		    memchr(text, '`', n) == NULL &&
		    memchr(text, '~', n) == NULL)
			check_letters(text, n, &b);
	} else {
		must(marks_count(text, n) > MARKS_TEXT_MAX);
	}
	buf_release(&b);
}

static void
try_kind(const char *head, size_t n)
{
	struct kind k = kind_sniff(head, n < KIND_HEAD ? n : KIND_HEAD,
				   (size_t)1 << (n % 40), "text/plain");

	must(k.name != NULL && strpbrk(k.type, "\r\n") == NULL);
}

static void
try_url(const char *text, size_t n)
{
	struct account k = { .graph_base = "https://graph.facebook.com",
			     .media_hosts = "" };
	char *url = mem_strndup(text, n);

	if (graph_may_fetch(&k, url))
		must(strncmp(url, "https://", 8) == 0 &&
		     (strcasestr(url, "graph.facebook.com") != NULL ||
		      strcasestr(url, ".fbsbx.com") != NULL ||
		      strcasestr(url, ".fbcdn.net") != NULL));
	(void)graph_is_id(url);
	mem_free(url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 2;

	if (size < 2)
		return 0;
	size -= 2;
	switch (data[0] % 4) {
	case 0:
		try_answer(100 + data[1] % 5 * 100 + data[1] % 32, text, size);
		break;
	case 1:
		try_marks(text, size);
		break;
	case 2:
		try_kind(text, size);
		break;
	default:
		try_url(text, size);
	}
	return 0;
}
