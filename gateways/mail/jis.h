#ifndef POSTIGO_JIS_H
#define POSTIGO_JIS_H

/*
 * jis: ISO-2022-JP as mail programs write it, with the characters of vendors
 * that the standard does not have (also called iso-2022-jp-ms, CP50221),
 * rewritten as Shift_JIS, whose table at hand has them (CP932).
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

/* Are there escapes of ISO-2022-JP in it? */
bool jis_is_one(const char *p, size_t n);

/*
 * Append p as CP932. false: it has characters that CP932 lacks (JIS X 0212),
 * or what is no ISO-2022-JP; out is then as it was.
 */
bool jis_to_sjis(struct buf *out, const char *p, size_t n);

#endif
