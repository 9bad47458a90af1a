/* Any text as the body of a mail. What is left is the input's own lines, in
 * order, and never nothing; what was sent on begins at a line; and a text that
 * is quoted whole below an answer never touches the answer. */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/parse.h"
#include "gateways/mail/quote.h"
#include "gateways/mail/reply.h"

#define INPUT_MAX ((size_t)64 * 1024)
#define OUTPUT_MAX ((size_t)1024 * 1024)
#define OWN "Talla M, por favor.\nUn saludo"
#define ABOVE "\n\nEl lun, 5 ene 2026 a las 9:00, X <x@y.es> escribió:\n\n"

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

/* The line from *at on; *at is then at the next one. */
static size_t
line(const char *s, size_t n, size_t *at)
{
	const char *nl = memchr(s + *at, '\n', n - *at);
	size_t len = nl != NULL ? (size_t)(nl - s) - *at : n - *at;

	*at += nl != NULL ? len + 1 : len;
	return len;
}

/* Each line of what is left is the begin of a later line of the whole. */
static void
check_lines(const struct buf *whole, const struct buf *left)
{
	const char *w = buf_str(whole);
	const char *l = buf_str(left);
	size_t at = 0;
	size_t in = 0;

	while (at < left->len) {
		size_t from = at;
		size_t n = line(l, left->len, &at);
		bool found = false;

		while (!found && in < whole->len) {
			size_t begin = in;
			size_t m = line(w, whole->len, &in);

			found = m >= n && memcmp(w + begin, l + from, n) == 0;
		}
		if (!found && n > 0)
			abort();
	}
}

static void
check_cut(const struct buf *text, struct buf *left)
{
	buf_clear(left);
	(void)quote_cut(left, buf_str(text), text->len);
	if (left->len > text->len || (left->len == 0 && text->len > 0) ||
	    !utf8_valid(buf_str(left), left->len))
		abort();
	check_lines(text, left);
}

static void
check_forward(const struct buf *text, struct buf *left, const char *subject)
{
	struct reply_of r = {
		.subject = subject,
		.text = buf_str(text),
		.text_len = text->len,
		.source = buf_str(text),
		.source_len = text->len,
	};
	json_t *f;
	size_t at;

	buf_clear(left);
	f = reply_find(&r, left);
	at = (size_t)json_integer_value(json_object_get(f, "at"));
	if ((left->len == 0 && text->len > 0) || at > text->len ||
	    (at > 0 && buf_str(text)[at - 1] != '\n'))
		abort();
	if (json_is_object(f)) {
		char *json = json_dumps(f, JSON_COMPACT);

		if (json == NULL)
			abort();
		free(json);
	}
	json_decref(f);
}

static void
check_quoted(const struct buf *text, struct buf *mail, struct buf *left)
{
	size_t at = 0;

	buf_clear(mail);
	buf_clear(left);
	(void)buf_puts(mail, OWN ABOVE);
	do {
		size_t from = at;
		size_t n = line(buf_str(text), text->len, &at);

		(void)buf_puts(mail, "> ");
		(void)buf_add(mail, buf_str(text) + from, n);
		(void)buf_putc(mail, '\n');
	} while (at < text->len);
	(void)quote_cut(left, buf_str(mail), mail->len);
	if (strcmp(buf_str(left), OWN) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf text, mail, left;

	if (n > INPUT_MAX)
		return 0;
	buf_init(&text, OUTPUT_MAX);
	buf_init(&mail, OUTPUT_MAX);
	buf_init(&left, OUTPUT_MAX);
	(void)utf8_clean(&text, (const char *)p, n);
	check_cut(&text, &left);
	check_forward(&text, &left, "Fwd: x");
	check_forward(&text, &left, "Re: x");
	check_quoted(&text, &mail, &left);
	buf_release(&text);
	buf_release(&mail);
	buf_release(&left);
	return 0;
}
