#ifndef POSTIGO_LETTER_H
#define POSTIGO_LETTER_H

/*
 * letter: which letters are the same when case does not count. PCRE2 takes
 * each letter of a class of Unicode's simple case folding for any other of it
 * ("s", "S" and the long "s"); here each class has one letter that stands for
 * all. The table is held against the PCRE2 at hand by a test.
 */

#include <stddef.h>
#include <stdint.h>

/* The letter that stands for cp. */
uint32_t letter_plain(uint32_t cp);

#endif
