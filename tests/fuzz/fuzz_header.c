/*
 * Any octets as the value of a header field, in each of its readings: encoded
 * words, addresses, parameters, ids, charsets. What comes out is clean UTF-8
 * on one line, names of files hold no path, ids have their brackets.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/addr.h"
#include "gateways/mail/charset.h"
#include "gateways/mail/head.h"
#include "gateways/mail/param.h"
#include "gateways/mail/parse.h"
#include "gateways/mail/word.h"

#define INPUT_MAX ((size_t)64 * 1024)
#define OUTPUT_MAX ((size_t)1024 * 1024)

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
check_text(const char *s, size_t n, int one_line)
{
	if (!utf8_valid(s, n))
		abort();
	for (size_t i = 0; one_line && i < n; i++)
		if ((unsigned char)s[i] < ' ' || s[i] == 127)
			abort();
}

static void
read_words(const char *s, size_t n)
{
	struct buf b;
	char charset[64];

	buf_init(&b, OUTPUT_MAX);
	word_decode(&b, "koi8-r", s, n);
	check_text(buf_str(&b), b.len, 1);
	word_charset(s, charset, sizeof(charset));
	if (strlen(charset) >= sizeof(charset))
		abort();
	buf_clear(&b);
	charset_guess(&b, charset, s, n);
	check_text(buf_str(&b), b.len, 0);
	buf_release(&b);
}

static void
read_addresses(const char *s, size_t n)
{
	struct addrs a = { .count = 0 };

	addr_read(&a, NULL, s, n);
	for (size_t i = 0; i < a.count; i++) {
		check_text(a.list[i].name, strlen(a.list[i].name), 1);
		check_text(a.list[i].address, strlen(a.list[i].address), 1);
		if (!*a.list[i].address)
			abort();
	}
	addr_release(&a);
}

static void
read_parameters(const char *s)
{
	static const char *const names[] = { "name", "filename", "charset",
					     "boundary" };
	struct buf v, name;
	char kind[32];

	buf_init(&v, OUTPUT_MAX);
	buf_init(&name, OUTPUT_MAX);
	param_kind(s, kind, sizeof(kind));
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		buf_clear(&v);
		if (!param_get(&v, s, names[i]))
			continue;
		check_text(buf_str(&v), v.len, 0);
		param_filename(&name, buf_str(&v), v.len);
		check_text(buf_str(&name), name.len, 1);
		if (strpbrk(buf_str(&name), "/\\"))
			abort();
		buf_clear(&name);
	}
	buf_release(&v);
	buf_release(&name);
}

static void
read_ids(const char *s)
{
	struct buf id;
	size_t at = 0, before = 0;

	buf_init(&id, HEAD_VALUE_MAX);
	while (head_id(s, &at, &id)) {
		if (id.len < 3 || id.len > HEAD_ID_MAX || id.data[0] != '<' ||
		    id.data[id.len - 1] != '>' || at <= before)
			abort();
		before = at;
	}
	buf_release(&id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf value;
	struct head h;
	const char *s;

	if (n < 1 || n > INPUT_MAX)
		return 0;
	head_read(&h, (const char *)p, n);
	if (h.body > n)
		abort();
	head_release(&h);
	buf_init(&value, INPUT_MAX + 1);
	(void)buf_add(&value, p, n);
	s = buf_str(&value);
	read_words(s, n);
	read_addresses(s, n);
	read_parameters(s);
	read_ids(s);
	buf_release(&value);
	return 0;
}
