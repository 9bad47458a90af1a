#include "gateways/mail/html_quote.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

/* A part of a class, an id or a name: programs put something before it when
 * they quote again ("x_gmail_quote"). */
static const struct {
	const char *word;
	enum html_quote is;
} marks[] = {
	{ "postigo-reply-above", HTML_MARKER },
	/* Outlook, desktop and web: the rest of the document */
	{ "divRplyFwdMsg", HTML_REST },
	{ "appendonsend", HTML_REST },
	{ "OutlookMessageHeader", HTML_REST },
	{ "OLK_SRC_BODY_SECTION", HTML_REST },
	/* Outlook on phones and Macs */
	{ "mail-editor-reference-message-container", HTML_QUOTE },
	{ "gmail_quote", HTML_QUOTE },
	{ "yahoo_quoted", HTML_QUOTE },
	{ "ymail_quoted", HTML_QUOTE },
	{ "qtdSeparateBR", HTML_QUOTE },
	{ "protonmail_quote", HTML_QUOTE },
	{ "tutanota_quote", HTML_QUOTE },
	{ "moz-cite-prefix", HTML_QUOTE },
	{ "reply-intro", HTML_QUOTE },
	{ "zmail_extra", HTML_QUOTE },
	{ "mail_quote", HTML_QUOTE },
	{ "replied-to", HTML_QUOTE },
	{ "originalMessage", HTML_QUOTE },
	{ "messageReplySection", HTML_QUOTE },
	{ "front-blockquote", HTML_QUOTE },
	{ "missive_quote", HTML_QUOTE },
	{ "freshdesk_quote", HTML_QUOTE },
	{ "ntes-mailmaster-quote", HTML_QUOTE },
	{ "isReplyContent", HTML_QUOTE },
	{ "WPS_QUOTE", HTML_QUOTE },
	{ "gmail_signature", HTML_SIGNATURE },
	{ "moz-signature", HTML_SIGNATURE },
	{ "protonmail_signature_block", HTML_SIGNATURE },
	{ "messageSignatureSection", HTML_SIGNATURE },
};

/* The value of an attribute; free with xmlFree. NULL: there is none. */
static char *
value(const xmlNode *node, const char *name)
{
	return (char *)xmlGetProp((xmlNode *)node, (const xmlChar *)name);
}

static bool
is(const xmlNode *node, const char *name, const char *want)
{
	char *v = value(node, name);
	bool same = v != NULL && strcasecmp(v, want) == 0;

	xmlFree(v);
	return same;
}

static enum html_quote
by_mark(const xmlNode *node)
{
	static const char *const names[] = { "class", "id", "name" };
	enum html_quote found = HTML_OWN;
	size_t i, k;

	for (k = 0; k < COUNT(names) && found == HTML_OWN; k++) {
		char *v = value(node, names[k]);

		for (i = 0; v != NULL && i < COUNT(marks) && found == HTML_OWN;
		     i++)
			if (strcasestr(v, marks[i].word) != NULL)
				found = marks[i].is;
		xmlFree(v);
	}
	return found;
}

/* Outlook draws a line above what it quotes: its colours and its three points
 * of room are known, their order is not. */
static bool
is_outlook_line(const xmlNode *node)
{
	static const char *const colours[] = { "#E1E1E1", "#B5C4DF",
					       "rgb(225, 225, 225)",
					       "rgb(181, 196, 223)" };
	char *v = value(node, "style");
	const char *top = v != NULL ? strcasestr(v, "border-top") : NULL;
	bool found = false;
	size_t i;

	if (top != NULL &&
	    (strcasestr(v, "3.0pt") != NULL || strcasestr(v, "3pt") != NULL ||
	     strcasestr(top, "1.0pt") != NULL))
		for (i = 0; i < COUNT(colours) && !found; i++) {
			const char *c = strcasestr(top, colours[i]);
			const char *end = strchr(top, ';');

			found = c != NULL && (end == NULL || c < end);
		}
	xmlFree(v);
	return found;
}

enum html_quote
html_quote_of(const xmlNode *node)
{
	enum html_quote found;

	if (node->properties == NULL)
		return HTML_OWN;
	found = by_mark(node);
	if (found != HTML_OWN)
		return found;
	if (is_outlook_line(node))
		return HTML_REST;
	if (strcasecmp((const char *)node->name, "blockquote") == 0 &&
	    is(node, "type", "cite"))
		return HTML_QUOTE;
	/* GMX and web.de; Zimbra */
	if (is(node, "name", "quote") ||
	    is(node, "data-marker", "__QUOTED_TEXT__"))
		return HTML_QUOTE;
	return is(node, "data-marker", "__DIVIDER__") ? HTML_REST : HTML_OWN;
}
