#ifndef POSTIGO_QUOTE_ATTR_H
#define POSTIGO_QUOTE_ATTR_H

/*
 * quote_attr: lines that name who wrote what comes below: "On ..., N wrote:"
 * and its kin in many languages, wrapped or not.
 *
 * Invariant: time linear in the text; one such line has at most
 * QUOTE_ATTR_LINES lines and QUOTE_ATTR_MAX octets. Source: how common mail
 * programs write them; the reply-stripping cases of several help desks.
 */

#include <stdbool.h>
#include <stddef.h>

#include "gateways/mail/quote_line.h"

#define QUOTE_ATTR_LINES 7 /* empty ones too */
#define QUOTE_ATTR_MAX 400 /* octets */

/*
 * Does one begin in line i? Ordinary sentences also start with "El" and end
 * with "escribió:", so it needs a date with its hour or an address, or a quote
 * below it, or nothing at all.
 * from_out  octets of line i before it, which are the author's own: 0 but
 *           where somebody wrote on in its line
 * Returns how many lines it has, line i among them; 0: none begins.
 */
size_t quote_attr(const struct quote_text *t, size_t i, size_t *from_out);

/*
 * Lines right above line i that introduce it, in a language that nobody here
 * knows too: a paragraph that ends with a colon and has an address or a date,
 * or fields with colons alone.
 * from  the first line that may be one of them
 * Returns the first of them; i: there are none.
 */
size_t quote_attr_above(const struct quote_text *t, size_t from, size_t i);

#endif
