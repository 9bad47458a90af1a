#ifndef POSTIGO_REPORT_MAIL_H
#define POSTIGO_REPORT_MAIL_H

/*
 * report_mail: a report as a mail: subject, plain text and HTML. Pure.
 *
 * The HTML has tables and bars of cells, styles in its elements, and nothing
 * that is fetched or run. Text takes the reader's own colour; the bars' can
 * be told from a light and from a dark ground. Every text is escaped.
 */

#include <jansson.h>

#include "daemon/base/err.h"
#include "daemon/report_text.h"

struct zone;

#define REPORT_MAIL_ROWS 60 /* rows shown; the attached file has them all */
#define REPORT_MAIL_BYTES ((size_t)256 * 1024) /* ceiling of each part */

struct report_mail_for {
	enum report_language language;
	const char *name; /* the plan's */
	const char *desk; /* the desk's name; may be empty */
	const char *url;  /* the console's address without a slash at its end;
			   * "": figures have no links */
	const char *zone_name;
	const struct zone *zone;
};

struct report_mail {
	char *subject;
	char *text;
	char *html;
};

/*
 * Make it.
 * report  the result of report.get
 * out     report_mail_release() frees it
 * OUT_PERM  it is over REPORT_MAIL_BYTES
 */
enum outcome report_mail_make(const json_t *report,
			      const struct report_mail_for *f,
			      struct report_mail *out,
			      struct err *e) MUST_CHECK;
void report_mail_release(struct report_mail *m);

/* The report's own figure: the first. NULL: it has none. Borrowed. */
const json_t *report_mail_figure(const json_t *report);

#endif
