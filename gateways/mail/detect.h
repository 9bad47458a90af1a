#ifndef POSTIGO_DETECT_H
#define POSTIGO_DETECT_H

/*
 * detect: the charset of octets that have no label, from their shape: East
 * Asian text comes in pairs of octets of certain ranges, Russian in long runs
 * of high ones.
 */

#include <stddef.h>

/*
 * A name for iconv, static; NULL: nothing is seen, so it is Western. Octets
 * that are UTF-8 or ISO-2022-JP are not asked about.
 */
const char *detect_charset(const char *p, size_t n);

#endif
