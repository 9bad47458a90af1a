#ifndef POSTIGO_QUOTE_TAIL_H
#define POSTIGO_QUOTE_TAIL_H

/*
 * quote_tail: what stands at the end of a mail and is nobody's words:
 * signatures, "Sent from my phone", legal notices.
 *
 * Not here: closings and names ("Un saludo, Ana"): they are the author's.
 */

#include <stdbool.h>
#include <stddef.h>

struct quote_text;

/* Cut the signature after line from on. Was there one? */
bool quote_cut_signature(struct quote_text *t, size_t from);

/*
 * Cut paragraphs at the end that are legal notices: headed as such, or made
 * of many of the words that only they have together. Was there one?
 */
bool quote_cut_legal(struct quote_text *t, size_t from);

/* Empty lines and rules at the end go. */
void quote_cut_blank(struct quote_text *t);

#endif
