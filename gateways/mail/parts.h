#ifndef POSTIGO_PARTS_H
#define POSTIGO_PARTS_H

/*
 * parts: the tree of a mail's parts, walked with GMime: texts are gathered,
 * everything else becomes an attachment.
 */

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "daemon/base/buf.h"
#include "gateways/mail/head.h"
#include "gateways/mail/hint.h"

struct parts {
	struct buf text;       /* all plain texts, joined */
	struct buf html;       /* cleaned */
	struct buf html_text;  /* visible text of it */
	struct buf reply;      /* the same without what mail programs quote */
	struct buf spare;      /* text for a mail that has no other */
	struct buf spare_html; /* the same, as markup that is UTF-8 */
	struct buf *octets;    /* of attachments */
	json_t *attachments;
	json_t *warnings;
	struct hint *hint;
	const char
		*charset; /* of texts that name none, NULL: guess; borrowed */
	bool html_present;
	size_t count;
};

/* octets, hint and warnings are borrowed. */
void parts_init(struct parts *p, struct buf *octets, struct hint *hint,
		json_t *warnings);
void parts_release(struct parts *p);

/* Walk raw, whose header is h. */
void parts_walk(struct parts *p, const struct head *h, const char *raw,
		size_t n);

/* Add a code to the warnings unless it is there. */
void parts_warn(json_t *warnings, const char *code);

#endif
