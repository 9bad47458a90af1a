/* report_link: where a figure leads. */

#include <stdio.h>
#include <string.h>

#include "daemon/base/buf.h"
#include "daemon/base/clock.h"
#include "daemon/report_p.h"

#define LINK_BYTES                                                             \
	16384 /* seven filters of 100 characters, each octet as %XX */

/* "name=value", and "&" before it unless it is the first, with what is not a letter, digit, - . _ or ~ as %XX. */
static void
add(struct buf *b, const char *name, const char *value)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "abcdefghijklmnopqrstuvwxyz"
				    "0123456789-._~:";

	(void)buf_printf(b, "%s%s=", buf_str(b)[b->len - 1] == '?' ? "" : "&",
			 name);
	for (; *value != '\0'; value++)
		if (strchr(plain, *value) != NULL)
			(void)buf_putc(b, *value);
		else
			(void)buf_printf(b, "%%%02X", (unsigned char)*value);
}

/* A filter, unless the row's key stands for it. */
static void
add_filter(struct buf *b, const char *name, const char *value,
	   const char *group, const char *key)
{
	if (group != NULL && strcmp(group, name) == 0)
		add(b, name, key);
	else if (value != NULL)
		add(b, name, value);
}

static void
add_instant(struct buf *b, const char *name, int64_t at_s)
{
	char iso[32];

	clock_iso_ms(at_s * 1000, iso);
	add(b, name, iso);
}

/* The period, or the day of it that a row is about. */
static void
add_period(struct buf *b, struct report *r, const char *group, const char *key)
{
	int64_t since = r->filter.since_s;
	int64_t until = r->filter.until_s;
	int64_t from;
	int64_t to;
	int year;
	int month;
	int day;

	if (group != NULL && strcmp(group, "day") == 0 &&
	    sscanf(key, "%4d-%2d-%2d", &year, &month, &day) == 3) {
		int64_t days = clock_days(year, month, day);

		from = report_instant(r, days * 86400);
		to = report_instant(r, (days + 1) * 86400);
		since = from > since ? from : since;
		until = to < until ? to : until;
	}
	add_instant(b, "since", since);
	add_instant(b, "until", until);
}

static void
add_filters(struct buf *b, const struct fact_filter *q, const char *group,
	    const char *key)
{
	char agent[32];

	(void)snprintf(agent, sizeof agent, "%lld", (long long)q->agent_id);
	add_filter(b, "clock", q->clock, group, key);
	add_filter(b, "policy", q->policy, group, key);
	add_filter(b, "channel", q->channel, group, key);
	add_filter(b, "queue", q->queue, group, key);
	add_filter(b, "team", q->team, group, key);
	add_filter(b, "reason", q->reason, group, key);
	add_filter(b, "agent", q->agent_id != 0 ? agent : NULL, group, key);
}

/* The ledger has no filter for these. */
static bool
in_ledger(const char *fact, const char *group)
{
	if (strcmp(fact, "breach") != 0 && strcmp(fact, "broken") != 0)
		return false;
	return group == NULL ||
	       (strcmp(group, "hour") != 0 && strcmp(group, "version") != 0);
}

json_t *
report_link(struct report *r, const char *fact, const char *group,
	    const char *key)
{
	struct buf b;
	json_t *link;

	if (fact[0] == '/')
		return json_string(fact);
	buf_init(&b, LINK_BYTES);
	if (in_ledger(fact, group))
		(void)buf_puts(&b, "/reports/breaches?");
	else
		(void)buf_printf(&b, "/incidents?view=all&fact=%s",
				 strcmp(fact, "breach") == 0 ? "broken" : fact);
	add_period(&b, r, group, key);
	add_filters(&b, &r->filter, group, key);
	add_filter(&b, "cause", NULL, group, key);
	add_filter(&b, "version", NULL, group, key);
	if (group != NULL && strcmp(group, "hour") == 0) {
		add(&b, "hour", key);
		add(&b, "zone", r->zone_name);
	}
	link = json_string(buf_str(&b));
	buf_release(&b);
	return link;
}
