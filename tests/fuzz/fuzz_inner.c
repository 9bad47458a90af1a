/*
 * Any octets as what stands inside of a part: an invitation, S/MIME, PGP's
 * armour, uuencoded files, Japanese. Nothing comes out that did not go in.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/utf8.h"
#include "gateways/mail/calendar.h"
#include "gateways/mail/crypt.h"
#include "gateways/mail/jis.h"
#include "gateways/mail/uu.h"

#define INPUT_MAX ((size_t)256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
read_files(const char *s, size_t n, struct buf *out)
{
	struct uu u;
	size_t at = 0;

	while (uu_find(s, n, at, &u)) {
		if (u.from < at || u.to <= u.from || u.to > n ||
		    u.name + u.name_len > s + n)
			abort();
		buf_clear(out);
		uu_decode(s, &u, out);
		if (out->len > u.to - u.from)
			abort();
		at = u.to;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct buf text, out;
	const char *s;

	if (n > INPUT_MAX)
		return 0;
	buf_init(&text, INPUT_MAX * 3 + 1);
	buf_init(&out, INPUT_MAX * 4);
	read_files((const char *)p, n, &out);
	buf_clear(&out);
	if (crypt_pkcs7(p, n, &out) == CRYPT_NONE && out.len)
		abort();
	if (out.len > n)
		abort();
	buf_clear(&out);
	(void)jis_is_one((const char *)p, n);
	if (!jis_to_sjis(&out, (const char *)p, n) && out.len)
		abort();
	buf_clear(&out);
	(void)utf8_clean(&text, (const char *)p, n);
	s = buf_str(&text);
	if (crypt_armour(s, text.len, &out) != CRYPT_SIGNED && out.len)
		abort();
	if (out.len > text.len)
		abort();
	buf_clear(&out);
	calendar_text(&out, s, text.len);
	if (!utf8_valid(buf_str(&out), out.len))
		abort();
	buf_release(&text);
	buf_release(&out);
	return 0;
}
