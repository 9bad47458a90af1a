/*
 * Any octets as winmail.dat, and as what is inside of it. Sums of attributes
 * are made right first, or hardly anything would get past them. Files lie
 * within the octets, texts are clean.
 */
#include <jansson.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/mem.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/lzfu.h"
#include "gateways/mail/mapi.h"
#include "gateways/mail/parse.h"
#include "gateways/mail/parts.h"
#include "gateways/mail/rtf.h"
#include "gateways/mail/tnef.h"

#define INPUT_MAX ((size_t)256 * 1024)
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
mend(unsigned char *p, size_t n)
{
	size_t at = 6;

	while (at + 11 <= n) {
		size_t len = mapi_read(p + at + 5, 4);
		unsigned sum = 0;

		if (len > n - at - 11)
			return;
		for (size_t i = 0; i < len; i++)
			sum += p[at + 9 + i];
		p[at + 9 + len] = (unsigned char)sum;
		p[at + 10 + len] = (unsigned char)(sum >> 8);
		at += 11 + len;
	}
}

static void
unpack(const unsigned char *p, size_t n)
{
	json_t *warnings = json_array(), *a;
	struct buf octets;
	struct parts parts;
	size_t i;

	buf_init(&octets, OUTPUT_MAX);
	parts_init(&parts, &octets, NULL, warnings);
	(void)tnef_unpack(&parts, p, n);
	json_array_foreach(parts.attachments, i, a)
	{
		size_t at = (size_t)json_integer_value(
			json_object_get(a, "offset"));
		size_t len =
			(size_t)json_integer_value(json_object_get(a, "size"));

		if (at > octets.len || len > octets.len - at)
			abort();
	}
	if (!utf8_valid(buf_str(&parts.spare), parts.spare.len) ||
	    !utf8_valid(buf_str(&parts.spare_html), parts.spare_html.len))
		abort();
	parts_release(&parts);
	json_decref(warnings);
	buf_release(&octets);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	unsigned char *copy;
	struct buf rtf, text;
	bool html;

	if (n < 1 || n > INPUT_MAX)
		return 0;
	copy = mem_new(n, 1);
	memcpy(copy, p, n);
	mend(copy, n);
	unpack(copy, n);
	mem_free(copy);
	buf_init(&rtf, OUTPUT_MAX);
	buf_init(&text, OUTPUT_MAX);
	if (!lzfu_unpack(&rtf, p, n))
		(void)buf_add(&rtf, p, n);
	(void)rtf_read(&text, buf_str(&rtf), rtf.len, &html);
	if (!utf8_valid(buf_str(&text), text.len))
		abort();
	buf_release(&rtf);
	buf_release(&text);
	return 0;
}
