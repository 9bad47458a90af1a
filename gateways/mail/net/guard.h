#ifndef POSTIGO_MAIL_GUARD_H
#define POSTIGO_MAIL_GUARD_H

/*
 * guard: looks at every octet of an IMAP server before libetpan does, and
 * ends the stream at what libetpan cannot bear: depth, length, floods,
 * literals that nobody asked for, NUL. Beside that it notes what libetpan
 * forgets: that mails came, that the server said BYE, that it asked to go on.
 *
 * It reads less than libetpan, never more: where it is in doubt whether
 * "{n}" begins a literal it goes on looking at lines.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct guard;
struct stream;

#define GUARD_LINE_MAX ((size_t)64 * 1024) /* of a line, without literals */
#define GUARD_DEPTH_MAX 16                 /* of ( and [, within a line */
#define GUARD_LINES_MAX 20000              /* lines of an operation */
#define GUARD_WORDS_MAX 200                /* octets of a line's end kept */

/* Watches s from now on. It must not outlive the stream. */
struct guard *guard_new(struct stream *s);
void guard_free(struct guard **g);

/*
 * A new operation.
 * lines_max    lines that its reply may have
 * literal_max  octets of a literal in "* n FETCH"; 0: none is allowed there.
 *              One in "* LIST" may have 1,000.
 */
void guard_begin(struct guard *g, size_t lines_max, size_t literal_max);

/* From now on BYE is what we asked for. */
void guard_leaving(struct guard *g);

/* A new folder is being selected: there are no mails until told. */
void guard_forget(struct guard *g);

/* Mails in the folder, as last told. */
uint32_t guard_exists(const struct guard *g);

/* Grows with each EXISTS that says a larger number: mails came. */
uint64_t guard_news(const struct guard *g);

/* Has the server asked to go on ("+") in this operation? */
bool guard_continued(const struct guard *g);

enum guard_status {
	GUARD_NONE,
	GUARD_OK,
	GUARD_NO,
	GUARD_BAD
};

/* How the operation's last tagged line began, and its words after that. */
enum guard_status guard_status(const struct guard *g);
const char *guard_words(const struct guard *g);

#endif
