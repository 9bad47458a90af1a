#ifndef POSTIGO_REPORT_MAIL_P_H
#define POSTIGO_REPORT_MAIL_P_H

/* report_mail_p: what the parts of report_mail share. */

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/report_mail.h"

struct buf;

/* A member that is a text, or "". Borrowed. */
const char *report_str(const json_t *o, const char *name);

/* The instant of a member in UTC seconds; 0 if it is none. */
int64_t report_at(const json_t *report, const char *name);

/* Since and until, in the reader's language. */
void report_mail_range(struct buf *b, const json_t *report,
		       const struct report_mail_for *f);

/* The name of a column, and the unit of its values. */
const char *report_column_name(const json_t *report, size_t i,
			       enum report_language l);
const char *report_unit(const json_t *report, size_t i);

/* A word for a figure or column of the report: its own where it has one
 * ("kept_share"), else the name's. kind: figure, define. NULL: there is none. */
const char *report_own_text(const json_t *report, enum report_language l,
			    const char *kind, const char *name);

/* The same for a figure, or its name as it stands. */
const char *report_figure_name(const json_t *report, enum report_language l,
			       const char *name);

/* What the name at that place of the report's definitions means; NULL: it was
 * said before, or has no words. */
const char *report_definition(const json_t *report, size_t i,
			      enum report_language l);

/* What a row is about: its title, else its key in words; free with mem_free. */
char *report_row_name(const json_t *report, const json_t *row,
		      enum report_language l);

/* The HTML part. */
void report_html(struct buf *b, const json_t *report,
		 const struct report_mail_for *f, const char *subject);

/* A text with its marks escaped, as content or in a quoted attribute. */
void report_escape(struct buf *b, const char *s);

#endif
