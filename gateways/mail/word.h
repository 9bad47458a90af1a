#ifndef POSTIGO_WORD_H
#define POSTIGO_WORD_H

/*
 * word: encoded words of headers (RFC 2047), read as they are found in the
 * wild and written as the standard wants them. Neighbour words of the same
 * charset are joined as octets before they are converted, since characters
 * are often cut between words.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;

/*
 * Append the value of a header field as clean UTF-8 on one line.
 * other  charset for octets that are not UTF-8 and not labelled, or NULL
 */
void word_decode(struct buf *b, const char *other, const char *p, size_t n);

/*
 * Length of the encoded word at p, 0 if there is none. Its commas, brackets
 * and quotes mean nothing to address lists.
 */
size_t word_length(const char *p, size_t n);

/*
 * The charset of the first encoded word in s, into out (size octets); "" if
 * there is none.
 */
void word_charset(const char *s, char *out, size_t size);

#endif
