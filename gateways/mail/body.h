#ifndef POSTIGO_BODY_H
#define POSTIGO_BODY_H

/*
 * body: the texts of a mail, gathered from its parts: plain, HTML, what was
 * signed, files that stand in them.
 */

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct parts;

/* How the parts around a text are put together. */
struct body_place {
	bool alternative; /* one of several forms of one text */
	bool related;
};

/*
 * A text's octets, with its Content-Type as it stands there.
 * html  else it is plain
 */
void body_add(struct parts *p, const char *octets, size_t n, const char *type,
	      bool html, struct body_place at);

/* HTML that is UTF-8 already. */
void body_add_html(struct parts *p, const struct buf *markup,
		   struct body_place at);

/*
 * A text to fall back on: shown if the mail has no other (an invitation, what
 * stands in a winmail.dat).
 */
void body_add_spare(struct parts *p, const char *s, size_t n);

/* The same for a text of a kind that is neither plain nor HTML: enriched (RFC
 * 1896) without its commands, rich text, Markdown, whatever else. */
void body_add_other(struct parts *p, const char *octets, size_t n,
		    const char *type, const char *kind);

/* Last: a mail without a visible text gets what there is to fall back on. */
void body_settle(struct parts *p);

/* Does it have a character that can be seen? */
bool body_has_ink(const struct buf *b);

/* Append text with \n as line ends and without other controls. */
void body_tidy(struct buf *out, const char *p, size_t n);

#endif
