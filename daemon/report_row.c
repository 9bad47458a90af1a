/*
 * What a row of a report is about, in words: keys are as schema/REPORTS.md
 * says, which programs read.
 */

#include "daemon/report_mail_p.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/base/mem.h"
#include "daemon/report_number.h"

#define NAME_BYTES 1000

/* "1-09": Monday, nine. */
static bool
hour(struct buf *b, const char *key, enum report_language l)
{
	const char *weekday;
	char digit[2] = { key[0], '\0' };

	if (strlen(key) != 4 || key[1] != '-')
		return false;
	weekday = report_text(l, "weekday", digit);
	if (weekday == NULL)
		return false;
	return buf_printf(b, "%s %s:00", weekday, key + 2);
}

/* "2026-11-22" */
static bool
day(struct buf *b, const char *key, enum report_language l)
{
	char iso[32];
	int64_t ms;

	if (snprintf(iso, sizeof(iso), "%sT00:00:00Z", key) >=
		    (int)sizeof(iso) ||
	    !clock_parse(iso, &ms))
		return false;
	number_date(b, l, ms / 1000 / 86400);
	return true;
}

char *
report_row_name(const json_t *report, const json_t *row, enum report_language l)
{
	const char *group = report_str(report, "group");
	const char *title = report_str(row, "title");
	const char *key = report_str(row, "key");
	struct buf b;

	buf_init(&b, NAME_BYTES);
	if (title[0] != '\0')
		(void)buf_puts(&b, title);
	else if (strcmp(group, "agent") == 0 && strcmp(key, "0") == 0)
		(void)buf_puts(&b, report_word_or(l, "mail", "nobody"));
	else if (key[0] == '\0')
		(void)buf_puts(&b, report_word_or(l, "mail", "none"));
	else if (strcmp(group, "version") == 0)
		(void)buf_printf(&b, "%s %s",
				 report_word_or(l, "mail", "version"), key);
	else if (!(strcmp(group, "hour") == 0 && hour(&b, key, l)) &&
		 !(strcmp(group, "day") == 0 && day(&b, key, l)))
		(void)buf_puts(&b, report_word_or(l, "key", key));
	return buf_take(&b);
}
