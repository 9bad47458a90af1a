#ifndef POSTIGO_RETURNED_H
#define POSTIGO_RETURNED_H

/*
 * returned: bounces in plain words, which carry no report: by their subjects,
 * and from their texts whom they could not reach, why, and which mail it was.
 *
 * Invariant: linear in the text, of which the first RETURNED_TEXT_MAX octets
 * are read.
 */

#include <stdbool.h>
#include <stddef.h>

struct head;
struct hint;

#define RETURNED_TEXT_MAX ((size_t)8 * 1024)

/* Words of a mail system's subject that say it could not deliver. */
bool returned_subject(const char *subject);

/* The same of the text of a mail that a mail system sent. */
bool returned_words(const char *text, size_t n);

/* Recipients by X-Failed-Recipients, else by the words; text ended by NUL. */
void returned_text(struct hint *t, const struct head *h, const char *text,
		   size_t n);

/* Message-IDs that the text quotes of the mail that came back. */
void returned_ids(struct hint *t, const char *text, size_t n);

/* Do subject, or text, say that it goes on trying? */
bool returned_late(const char *subject);
bool returned_delayed(const char *text, size_t n);

#endif
