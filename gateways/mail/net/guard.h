#ifndef POSTIGO_MAIL_GUARD_H
#define POSTIGO_MAIL_GUARD_H

/*
 * guard: stands between the stream and libetpan in an IMAP session. It takes
 * the server's octets line by line, ends the stream at what is too long, too
 * much or no reply, hands on what sieve.h lets through, and notes what the
 * server says: how many mails there are, how a request ended and in which
 * words, that it said BYE or asked to go on.
 *
 * Invariant: libetpan is given one line, or a piece of one literal, at a time,
 * so nothing waits in its buffer that was read before it was asked for.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct guard;
struct stream;

#define GUARD_LINE_MAX ((size_t)64 * 1024) /* of a line, without literals */
#define GUARD_LINES_MAX 20000              /* lines of an operation */
#define GUARD_WORDS_MAX 200                /* octets of a line's end kept */

/* s is borrowed and must live longer. */
struct guard *guard_new(struct stream *s);
void guard_free(struct guard **g);

/* As stream_read(): 1 to n octets of what may be seen, or -1: dead. */
ssize_t guard_read(struct guard *g, void *p, size_t n);

/*
 * The next line as the server wrote it, without its end, for requests that
 * libetpan has no part in. NULL: dead. Valid until the next call.
 */
const char *guard_line(struct guard *g);

/* Octets that came and were not asked for yet. */
size_t guard_unread(const struct guard *g);

/*
 * A new operation.
 * lines_max    lines that its reply may have
 * literal_max  octets of a literal in "* n FETCH"; one in "* LIST" may have
 *              1,000
 */
void guard_begin(struct guard *g, size_t lines_max, size_t literal_max);

/* From now on BYE is what we asked for. */
void guard_leaving(struct guard *g);

/* A new folder is being selected: nothing is known of it until told. */
void guard_forget(struct guard *g);

/* What was told of the selected folder. */
uint32_t guard_exists(const struct guard *g);
uint32_t guard_uidvalidity(const struct guard *g);
uint32_t guard_uidnext(const struct guard *g);
uint64_t guard_modseq(const struct guard *g); /* 0: not said */
bool guard_read_only(const struct guard *g);

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
