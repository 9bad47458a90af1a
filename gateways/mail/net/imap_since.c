/*
 * imap_since: where the mails of a day begin. Spoken by ourselves: libetpan
 * knows no ESEARCH, and a list of all that match would have no ceiling.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemon/base/clock.h"
#include "gateways/mail/net/guard.h"
#include "gateways/mail/net/imap_p.h"
#include "gateways/mail/net/sieve.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)

/* "* ESEARCH (TAG "P1") UID MIN 4711": 4711; without MIN nothing matched. */
static bool
take_min(const char *line, uint32_t *uid_out)
{
	const char *at;
	unsigned long n;

	if (strncasecmp(line, "* ESEARCH", 9) != 0)
		return false;
	at = strcasestr(line, " MIN ");
	if (at == NULL)
		return true;
	at += 5;
	if (!sieve_number(&at, &n) || n > UINT32_MAX)
		return false;
	*uid_out = (uint32_t)n;
	return true;
}

/* "1-Feb-1994", as RFC 3501 writes a date. */
static void
put_date(int64_t ms, char *out, size_t n)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t year;
	int month, day;

	clock_date(ms / DAY_MS, &year, &month, &day);
	(void)snprintf(out, n, "%d-%.3s-%04d", day,
		       months + (size_t)3 * (size_t)(month - 1), (int)year);
}

enum outcome
imap_first_since(struct imap *i, int64_t day_ms, uint32_t *uid_out,
		 bool *said_out, struct err *e)
{
	char date[32], line[96];
	const char *reply;
	enum outcome o = imap_need_folder(i, e);

	*uid_out = 0;
	*said_out = false;
	if (o != OUT_OK || !i->can_esearch)
		return o;
	o = imap_begin_short(i, e);
	if (o != OUT_OK)
		return o;
	put_date(day_ms, date, sizeof(date));
	(void)snprintf(line, sizeof(line),
		       IMAP_TAG " UID SEARCH RETURN (MIN) SINCE %s", date);
	if (imap_raw_say(i, line))
		while ((reply = imap_raw_line(i)) != NULL &&
		       !imap_raw_end(reply))
			if (take_min(reply, uid_out))
				*said_out = true;
	return imap_status(i, "the folder cannot be searched", e);
}
