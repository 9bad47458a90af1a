#ifndef POSTIGO_LETTER_H
#define POSTIGO_LETTER_H

/*
 * letter: the words of an answer as its reader gets them, as text and as
 * HTML: the line to answer above, what the agent wrote, the signature, and
 * what is answered.
 *
 * Invariants: in the text the agent's words stand as they were written; what
 * a customer wrote is never read as Markdown; controls other than tabs and
 * line ends are left out of all of it.
 *
 * The line to answer above, and LETTER_MARK in HTML, are what quote.h cuts
 * first when the customer's answer quotes them.
 */

#include <jansson.h>

struct buf;

#define LETTER_MARK "postigo-reply-above" /* id of its element */
#define LETTER_MARK_ES "-- Responde por encima de esta línea --"
#define LETTER_MARK_EN "-- Reply above this line --"

/*
 * Append the words of an OutDelivery: its members text, signature, quote and
 * language.
 */
void letter_text(const json_t *delivery, struct buf *out);

/* The same as a page of HTML; text and signature are Markdown. */
void letter_html(const json_t *delivery, struct buf *out);

#endif
