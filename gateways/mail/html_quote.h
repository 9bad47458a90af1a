#ifndef POSTIGO_HTML_QUOTE_H
#define POSTIGO_HTML_QUOTE_H

/*
 * html_quote: the marks by which mail programs tell what they quote and sign
 * in HTML: classes, ids, names, Outlook's line.
 *
 * Not here: a blockquote that nobody marked: people quote on purpose.
 */

#include <libxml/tree.h>

enum html_quote {
	HTML_OWN,       /* nothing is said of it */
	HTML_QUOTE,     /* the element is a quote */
	HTML_REST,      /* it, and all that comes after it in the document */
	HTML_MARKER,    /* our own "reply above this line" */
	HTML_SIGNATURE, /* it is a signature */
};

/* What an element is marked as. */
enum html_quote html_quote_of(const xmlNode *node);

#endif
